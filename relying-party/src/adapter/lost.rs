//! Why an answer did not arrive, or not whole.

use std::error::Error;
use std::{fmt, io};

use tokio_rustls::rustls;

use super::error::Why;

/// What ended a request before its answer was whole, as the client's side met it; whether a fault did that, [`super::Answer::faulted`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Nothing came for as long as a user would wait.
    TimedOut,
    /// Nothing listens.
    Refused,
    /// The connection was closed in the orderly way, too early.
    Closed,
    Reset,
    /// The answer is longer than any answer of a ceremony.
    TooLong,
    /// A fault kept the name from resolving.
    NameUnresolved,
    /// A TLS alert came instead of a handshake.
    TlsAlert,
    Other(String),
}

impl Lost {
    pub(super) fn of_io(error: &io::Error) -> Lost {
        match error.kind() {
            io::ErrorKind::TimedOut => Lost::TimedOut,
            io::ErrorKind::ConnectionRefused => Lost::Refused,
            io::ErrorKind::UnexpectedEof => Lost::Closed,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => Lost::Reset,
            _ => Lost::Other(error.to_string()),
        }
    }

    pub(super) fn of_handshake(error: &io::Error) -> Lost {
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(rustls::Error::AlertReceived(_)) => Lost::TlsAlert,
            Some(other) => Lost::Other(other.to_string()),
            None => Lost::of_io(error),
        }
    }

    pub(super) fn of_http(error: &hyper::Error) -> Lost {
        let mut cause = error.source();
        while let Some(inner) = cause {
            if let Some(io) = inner.downcast_ref::<io::Error>() {
                return Lost::of_io(io);
            }
            cause = inner.source();
        }
        if error.is_incomplete_message() { Lost::Closed } else { Lost::Other(error.to_string()) }
    }

    /// A relying party that answered before can't be connected to.
    pub(super) fn of_why(why: Why, problem: &str) -> Lost {
        match why {
            Why::NothingListens => Lost::Refused,
            Why::TimedOut => Lost::TimedOut,
            Why::Reset => Lost::Reset,
            _ => Lost::Other(problem.to_owned()),
        }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lost::TimedOut => "no answer in time",
            Lost::Refused => "connection refused",
            Lost::Closed => "connection closed before the answer was complete",
            Lost::Reset => "connection reset",
            Lost::TooLong => "the answer is longer than any answer of a ceremony",
            Lost::NameUnresolved => "the name does not resolve",
            Lost::TlsAlert => "a fatal TLS alert instead of a handshake",
            Lost::Other(text) => text,
        })
    }
}
