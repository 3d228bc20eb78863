//! CTAPHID (CTAP2.3 §11.2): messages in 64-byte reports, many channels over one device. No I/O and no clock: reports and time go in, reports
//! and events come out.

pub mod channels;
pub mod config;
pub mod engine;
mod event;
pub mod host;
pub mod packet;
mod queue;
#[cfg(test)]
pub(crate) mod tests;
pub mod touch;
pub(crate) mod transaction;

pub use config::{Config, Ctap1, VendorCommand};
pub use engine::Engine;
pub use event::HidEvent;
pub use host::{Heard, Host, Patience, Violation};
pub use packet::{Packet, Report, fragment};
pub use touch::{Gesture, Policy, Presence, Touch, Verification};

use std::fmt;

/// The channel on which a channel is asked for.
pub const BROADCAST: u32 = 0xFFFF_FFFF;
/// Never a channel (CTAP2.3 §11.2.4).
pub const RESERVED: u32 = 0;
/// The version of CTAPHID that INIT answers (CTAP2.3 §11.2.8).
pub const PROTOCOL_VERSION: u8 = 2;

/// The commands (CTAP2.3 §11.2.9), without the bit that marks an initialization packet.
pub mod command {
    pub const PING: u8 = 0x01;
    pub const MSG: u8 = 0x03;
    pub const LOCK: u8 = 0x04;
    pub const INIT: u8 = 0x06;
    pub const WINK: u8 = 0x08;
    pub const CBOR: u8 = 0x10;
    pub const CANCEL: u8 = 0x11;
    pub const KEEPALIVE: u8 = 0x3B;
    pub const ERROR: u8 = 0x3F;
    /// The vendors' range: from here to 0x7F.
    pub const VENDOR_FIRST: u8 = 0x40;
}

/// The capability bits of INIT's answer (CTAP2.3 §11.2.9.1.3).
pub mod capability {
    pub const WINK: u8 = 0x01;
    pub const CBOR: u8 = 0x04;
    /// MSG is *not* implemented.
    pub const NMSG: u8 = 0x08;
}

/// The status byte of KEEPALIVE (CTAP2.3 §11.2.9.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keepalive {
    Processing = 1,
    UserPresenceNeeded = 2,
}

/// The code of an ERROR message (CTAP2.3 §11.2.9.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    InvalidCommand = 0x01,
    InvalidParameter = 0x02,
    InvalidLength = 0x03,
    InvalidSequence = 0x04,
    Timeout = 0x05,
    ChannelBusy = 0x06,
    LockRequired = 0x0A,
    InvalidChannel = 0x0B,
    Other = 0x7F,
}

impl ErrorCode {
    /// The byte on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            ErrorCode::InvalidCommand => "ERR_INVALID_CMD",
            ErrorCode::InvalidParameter => "ERR_INVALID_PAR",
            ErrorCode::InvalidLength => "ERR_INVALID_LEN",
            ErrorCode::InvalidSequence => "ERR_INVALID_SEQ",
            ErrorCode::Timeout => "ERR_MSG_TIMEOUT",
            ErrorCode::ChannelBusy => "ERR_CHANNEL_BUSY",
            ErrorCode::LockRequired => "ERR_LOCK_REQUIRED",
            ErrorCode::InvalidChannel => "ERR_INVALID_CHANNEL",
            ErrorCode::Other => "ERR_OTHER",
        };
        write!(f, "{name} (0x{:02X})", self.code())
    }
}
