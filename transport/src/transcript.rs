//! What went over every wire of a run, in order: messages, what the user did, what happened to the device, what each fault decided.

use std::sync::{Arc, Mutex, PoisonError};

use faultkey_authenticator::{Prompt, Time, UserAnswer};
use serde::{Deserialize, Serialize};

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Counted from 1 within the transcript.
    pub number: usize,
    /// Milliseconds of the run's time.
    pub at: u64,
    #[serde(flatten)]
    pub what: What,
}

/// What an entry records. Bytes are hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum What {
    /// From the client to the authenticator.
    CtapRequest { bytes: String },
    /// From the authenticator to the client.
    CtapReply { bytes: String },
    /// The authenticator asked the user.
    Prompt { text: String },
    /// The user answered.
    Answer { text: String },
    /// What the client hashed and the relying party gets (UTF-8, or hex if it is not).
    ClientData { ceremony: String, json: String },
    /// From the client's side to the relying party. `body` is UTF-8 text.
    HttpRequest { method: String, path: String, headers: Vec<(String, String)>, body: String },
    /// From the relying party.
    HttpResponse { status: u16, headers: Vec<(String, String)>, body: String },
    /// No response came, or half of one.
    NetworkError { text: String },
    /// What a call of the client ended with: `ok`, or a DOMException's name and message.
    ClientResult { ceremony: String, result: String },
    /// Something happened to the device.
    Event { name: String, effect: String },
    /// A fault decided about the message with the number `touches` (the entry before it if the message is not yet written).
    Decision { fault: String, layer: String, text: String },
    /// A remark by the scenario: which step starts.
    Note { text: String },
}

/// A shared, growing list of entries. Clones write to the same list.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Transcript {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an entry and returns its number.
    pub fn record(&self, now: Time, what: What) -> usize {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let number = entries.len() + 1;
        entries.push(Entry { number, at: now.as_millis(), what });
        number
    }

    /// A copy of what is recorded so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn ctap_request(&self, now: Time, bytes: &[u8]) {
        self.record(now, What::CtapRequest { bytes: hex(bytes) });
    }

    pub(crate) fn ctap_reply(&self, now: Time, bytes: &[u8]) {
        self.record(now, What::CtapReply { bytes: hex(bytes) });
    }

    pub(crate) fn prompt(&self, now: Time, prompt: &Prompt) {
        self.record(now, What::Prompt { text: format!("{prompt:?}") });
    }

    pub(crate) fn answer(&self, now: Time, answer: UserAnswer) {
        self.record(now, What::Answer { text: format!("{answer:?}") });
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
