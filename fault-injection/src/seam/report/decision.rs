//! What a report fault decides.

use std::time::Duration;

use faultkey_transport::LineEvent;
use faultkey_transport::ctaphid::{ErrorCode, Keepalive, Report};

/// Which way a report goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ToKey,
    ToHost,
}

impl Direction {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Direction::ToKey => "to-key",
            Direction::ToHost => "to-host",
        }
    }
}

/// What becomes of one report, and of the connection at that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportDecision {
    Pass,
    /// It never arrives.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// It arrives after the next one of its direction.
    Swap,
    /// It, and what comes after it, arrives so much later.
    Delay(Duration),
    /// Another report arrives in its place. Faults after this one see the other.
    Replace(Box<Report>),
    /// Only to the key: it never arrives, and the host gets this error on its channel.
    Refuse(ErrorCode),
    /// The key holds it back, and says with keepalives that it is at work; `None`: for ever. A report to the host is held with the rest of its message.
    Work {
        status: Keepalive,
        lasts: Option<Duration>,
    },
    /// This happens to the connection, before the report passes or after it. With an unplug or a reset before it, it is lost.
    Line {
        event: LineEvent,
        after: bool,
    },
}
