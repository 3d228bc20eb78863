//! A transfer that a host asks for, and how it ended. Linux calls it a URB.

/// One transfer at one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The host's number for it.
    pub id: u32,
    /// The endpoint's number, without its direction.
    pub endpoint: u8,
    /// The setup packet. Endpoint 0 only.
    pub setup: [u8; 8],
    pub payload: Payload,
}

/// Which way the data goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// To the device.
    Out(Vec<u8>),
    /// To the host, which has room for so many bytes.
    In(usize),
}

/// A transfer that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    pub id: u32,
    pub ending: Ending,
    /// Bytes that went over, either way.
    pub length: usize,
    /// Those that went to the host.
    pub data: Vec<u8>,
}

impl Completion {
    /// An end without data.
    #[must_use]
    pub fn empty(id: u32, ending: Ending) -> Self {
        Self { id, ending, length: 0, data: Vec::new() }
    }
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Done,
    /// The endpoint is stalled, or the control request is not supported (USB 2.0 §8.4.5).
    Stalled,
    /// Nobody answers at the device's address.
    NoAnswer,
    /// The device sent more than the host has room for.
    Overflow,
    /// More transfers wait than the device keeps.
    TooMany,
}
