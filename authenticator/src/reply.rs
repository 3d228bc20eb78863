//! A reply as an ordered list of pairs until it is written, so that nonsense can be sent on purpose.

use ciborium::Value;

use crate::{Status, cbor};

/// One answer to one command.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A status byte, and on success the pairs of the answer's map.
    Message(Message),
    /// Nothing is ever sent. A healthy authenticator never does this.
    Silence,
}

/// The parts of a reply that is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The first byte.
    pub status: u8,
    /// The members of the CBOR map, written in this order, unsorted and with duplicates if they are so here. Empty: no map at all.
    pub members: Vec<(Value, Value)>,
    /// Bytes after the map. Empty but for faults.
    pub trailing: Vec<u8>,
}

impl Reply {
    /// A reply that is a status byte alone.
    #[must_use]
    pub fn status(status: Status) -> Self {
        Self::members(status, Vec::new())
    }

    /// A successful reply with `members`, which the caller has put into canonical order.
    #[must_use]
    pub fn success(members: Vec<(Value, Value)>) -> Self {
        Self::members(Status::Ok, members)
    }

    fn members(status: Status, members: Vec<(Value, Value)>) -> Self {
        Self::Message(Message { status: status.code(), members, trailing: Vec::new() })
    }

    /// The bytes on the wire; `None` for silence.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let Reply::Message(message) = self else { return None };
        let mut bytes = vec![message.status];
        if !message.members.is_empty() {
            bytes.extend(cbor::write(&Value::Map(message.members.clone())));
        }
        bytes.extend_from_slice(&message.trailing);
        Some(bytes)
    }
}
