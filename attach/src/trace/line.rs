//! One line of a trace.

use serde::{Deserialize, Serialize};

/// The format's version, in each trace's first line. A field that is added does not raise it; one that goes or changes its meaning does.
pub const VERSION: u32 = 1;

/// One line: a JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Counted from 1.
    pub number: u64,
    /// Milliseconds since the run began.
    pub at: u64,
    #[serde(flatten)]
    pub what: What,
}

/// What a line says; its `kind`. Bytes and channels are hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum What {
    /// The first line.
    Trace {
        version: u32,
        program: String,
        vendor_id: u16,
        product_id: u16,
        product: String,
        serial: String,
    },
    /// The key has power, for the nth time with its store.
    Plugged {
        power_up: u64,
    },
    Unplugged {},
    /// One report on the wire, as the host sends or gets it. `direction` is `to-key` or `to-host`.
    Report {
        direction: String,
        channel: String,
        packet: String,
        bytes: String,
    },
    /// A whole message as the key has it, with what CTAP says in it. `exchange` is the same in a request and its reply.
    Message {
        direction: String,
        exchange: u64,
        channel: String,
        command: String,
        title: String,
        decoded: Vec<Part>,
        bytes: String,
    },
    /// The request is never answered.
    Silence {
        exchange: u64,
        channel: String,
    },
    /// The host gave the request up, or went away.
    Aborted {
        exchange: u64,
        channel: String,
    },
    /// The user is asked.
    Prompt {
        text: String,
    },
    /// The user answered, was absent, or the client cancelled.
    Answer {
        text: String,
    },
    Wink {},
    /// The key answers with CTAPHID_ERROR.
    Error {
        channel: String,
        code: u8,
        text: String,
    },
    /// A fault decided.
    Decision {
        fault: String,
        layer: String,
        text: String,
    },
    /// Something happened to the device, and what that did to its keys.
    Event {
        event: String,
        effect: String,
    },
    /// Anything else that was changed: faults armed, a policy, credentials.
    Note {
        text: String,
    },
}

/// A decoded piece of a message: CBOR in diagnostic notation (RFC 8949 §8), or `name: value` lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub title: String,
    pub text: String,
}

impl Line {
    /// The line without its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and numbers only: there is nothing that could fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a line.
    ///
    /// # Errors
    /// When it is no line of a trace.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}
