//! Why the relying party could not be spoken to, or not be understood.

use std::fmt;
use std::io;

use faultkey_fault_injection::ConnectError;
use tokio_rustls::rustls::{self, CertificateError};

use super::answer::{Arrived, Unread};
use super::tls::SelfSignedCertificate;

/// Why the relying party could not be spoken to. Never a verdict about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// The adapter file is wrong.
    #[error("{0}")]
    Mapping(String),
    /// The URL or the certificate authority that was named for the relying party can't be used.
    #[error("{0}")]
    Target(String),
    /// A request needs what no answer of its session has had.
    #[error("{0}")]
    NotCaptured(String),
    /// Every account of the adapter's list has been used.
    #[error("{0}")]
    NoAccountLeft(String),
    /// An armed network fault can't happen to this relying party.
    #[error("{0}")]
    Impossible(String),
    /// A hook that changes the relying party's state does not fit what it answers.
    #[error("{0}")]
    Mismatch(Box<Mismatch>),
    /// Not reachable, with no fault in the way.
    #[error("{0}")]
    Unreachable(Box<Unreachable>),
}

/// The adapter does not fit what the relying party answered: what was asked, and the answer that was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The adapter's name.
    pub mapping: String,
    pub section: &'static str,
    pub what: Misfit,
    /// Method, URL and the first characters of the body.
    pub request: String,
    /// The number of the request in the transcript.
    pub exchange: usize,
    pub arrived: Arrived,
    /// 0 if no status line arrived.
    pub status: u16,
    pub content_type: Option<String>,
    /// The first characters.
    pub body: String,
}

/// How an answer differs from what the adapter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Where the adapter looks, there is nothing.
    Unread(Unread),
    /// A request that must be accepted was not.
    Refused,
}

impl Mismatch {
    /// The field whose pointer found nothing.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match &self.what {
            Misfit::Unread(unread) => Some(&unread.field),
            Misfit::Refused => None,
        }
    }

    /// The place where nothing was found, as the adapter file has it.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        match &self.what {
            Misfit::Unread(unread) => Some(&unread.place),
            Misfit::Refused => None,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { mapping, section, request, .. } = self;
        write!(f, "the adapter `{mapping}` does not fit the relying party: ")?;
        match &self.what {
            Misfit::Unread(unread) => write!(f, "{unread}")?,
            Misfit::Refused => write!(f, "[{section}] was refused, expected a status of 2xx, or what `accepted` says")?,
        }
        write!(f, "\n  request: {request}\n  answer:  ")?;
        match &self.arrived {
            Arrived::Nothing(lost) => write!(f, "{lost}")?,
            Arrived::Whole | Arrived::Part(_) => {
                let kind = self.content_type.as_deref().unwrap_or("no content type");
                let body = if self.body.is_empty() { "(no body)" } else { self.body.as_str() };
                write!(f, "status {}, {kind}\n           {body}", self.status)?;
            }
        }
        match &self.what {
            Misfit::Unread(unread) => write!(f, "\n  {}", unread.advice()),
            Misfit::Refused => write!(f, "\n  Check `method`, `path` and `body`."),
        }
    }
}

/// Not reachable, with no fault in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Where it was looked for, without user name and password.
    pub url: String,
    pub why: Why,
    /// What was tried and what came of it.
    pub problem: String,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    NameUnresolved,
    /// The connection is refused.
    NothingListens,
    TimedOut,
    Reset,
    /// https to a server that answers in plain text.
    TlsToPlain,
    /// http to a server that speaks TLS.
    PlainToTls,
    /// No trusted authority vouches for the certificate.
    UnknownIssuer,
    /// The certificate vouches for itself, and is not trusted.
    SelfSigned,
    CertificateNotForName,
    /// Or not yet valid.
    CertificateExpired,
    /// The certificate is an authority's (basicConstraints CA, RFC 5280 §4.2.1.9), which no server may show as its own, and it was not named.
    CaUsedAsEndEntity,
    /// A proxy on the way is not found, takes no connection or says nothing.
    ProxyUnreachable,
    /// A proxy on the way refused. The relying party was not asked.
    ProxyRefused {
        status: u16,
    },
    /// The server asks for a certificate of the client, and there is none to show.
    ClientCertificateWanted,
    OtherTls(String),
    Other(String),
}

impl Why {
    pub(super) fn of(error: &ConnectError) -> Why {
        use rustls::Error as Tls;
        match &error.tls {
            // RFC 8446 §5.1: the bytes are no TLS record.
            Some(Tls::InvalidMessage(_)) => Why::TlsToPlain,
            Some(Tls::InvalidCertificate(certificate)) => Why::of_certificate(certificate),
            Some(tls) => Why::OtherTls(tls.to_string()),
            None => match error.kind {
                io::ErrorKind::ConnectionRefused => Why::NothingListens,
                io::ErrorKind::TimedOut => Why::TimedOut,
                io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::UnexpectedEof => Why::Reset,
                _ => Why::Other(error.to_string()),
            },
        }
    }

    /// It is none of the relying party's doing, whether or not it answered before.
    pub(super) const fn is_a_proxys(&self) -> bool {
        matches!(self, Why::ProxyUnreachable | Why::ProxyRefused { .. })
    }

    fn of_certificate(error: &CertificateError) -> Why {
        match error {
            CertificateError::UnknownIssuer => Why::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Why::CertificateNotForName,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Why::CertificateExpired,
            CertificateError::Other(other) if other.0.is::<SelfSignedCertificate>() => Why::SelfSigned,
            CertificateError::Other(other) if matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) => {
                Why::CaUsedAsEndEntity
            }
            other => Why::OtherTls(other.to_string()),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Why::NameUnresolved => "Is the host's name right?",
            Why::TlsToPlain => "It answers without TLS there: write http:// instead of https://.",
            Why::PlainToTls => "It speaks TLS there: write https:// instead of http://.",
            Why::UnknownIssuer => "Name the certificate authority of a test server with --ca.",
            Why::SelfSigned | Why::CaUsedAsEndEntity => "Name the certificate itself with --ca.",
            Why::CertificateNotForName => "Use a host name that the server's certificate is for.",
            Why::CertificateExpired => "Renew the server's certificate, or set the clock right.",
            Why::ProxyUnreachable => {
                "Correct the variable that names the proxy, or name the relying party's host in NO_PROXY if it is reached without one."
            }
            Why::ProxyRefused { status: 407 } => {
                "It is the proxy that refused: it wants a user and a password. Write them into the variable: http://USER:PASSWORD@HOST:PORT."
            }
            Why::ProxyRefused { .. } => {
                "It is the proxy that refused, not the relying party. Ask whoever runs it, or name the relying party's host in NO_PROXY."
            }
            Why::ClientCertificateWanted => {
                "Name the client's certificate and key in the adapter file: `[tls] client-certificate` and `client-key`."
            }
            Why::NothingListens | Why::TimedOut | Why::Reset | Why::OtherTls(_) | Why::Other(_) => {
                "Is the relying party running, and is the URL right?"
            }
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the relying party at {} cannot be reached: {}. {}", self.url, self.problem, self.why.advice())
    }
}
