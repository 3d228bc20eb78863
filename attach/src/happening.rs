//! What happens at a key, for whoever watches: the view, a trace, somebody who waits for it.

use faultkey_authenticator::{Effect, Event, Prompt, Time, UserAnswer};
use faultkey_transport::ctaphid::Report;

use crate::user::Reason;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Happening {
    /// The key is on the bus, for the `power_up`th time with its store.
    Plugged {
        power_up: u64,
    },
    Unplugged,
    /// A report came from the host.
    ReportIn(Report),
    /// A report goes to the host.
    ReportOut(Report),
    /// A whole message came. `number` counts the exchanges of this key, from 1.
    Request {
        number: u64,
        channel: u32,
        command: u8,
        message: Vec<u8>,
        text: String,
    },
    /// The answer to the request with this number.
    Reply {
        number: u64,
        channel: u32,
        command: u8,
        message: Vec<u8>,
        text: String,
    },
    /// The request with this number is never answered.
    Silence {
        number: u64,
        channel: u32,
    },
    /// The host gave up, or went away, while the request with this number was under way.
    Aborted {
        number: u64,
        channel: u32,
    },
    /// The user is asked. With a reason, somebody has to do something.
    Prompt {
        prompt: Prompt,
        waits: Option<Reason>,
    },
    /// The user answered, or was absent, or the host gave up.
    Answer {
        answer: UserAnswer,
    },
    /// The host wants to show which key this is.
    Wink,
    /// A message of CTAPHID's own went wrong.
    HidError {
        channel: u32,
        code: u8,
        text: String,
    },
    /// A fault decided.
    Fault {
        fault: String,
        text: String,
    },
    /// Something happened to the device, and what that did to its keys.
    Event {
        event: Event,
        effect: Effect,
    },
    /// The set of armed faults, a policy or the credentials were changed; for a person.
    Note {
        text: String,
    },
}

impl Happening {
    /// The name in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Happening::Plugged { .. } => "plugged",
            Happening::Unplugged => "unplugged",
            Happening::ReportIn(_) => "report-in",
            Happening::ReportOut(_) => "report-out",
            Happening::Request { .. } => "request",
            Happening::Reply { .. } => "reply",
            Happening::Silence { .. } => "silence",
            Happening::Aborted { .. } => "aborted",
            Happening::Prompt { .. } => "prompt",
            Happening::Answer { .. } => "answer",
            Happening::Wink => "wink",
            Happening::HidError { .. } => "hid-error",
            Happening::Fault { .. } => "fault",
            Happening::Event { .. } => "event",
            Happening::Note { .. } => "note",
        }
    }
}

/// Somebody who watches a key. Called while the key works, so it must be quick.
pub trait Watcher: Send {
    fn happened(&mut self, now: Time, happening: &Happening);
}

impl<F: FnMut(Time, &Happening) + Send> Watcher for F {
    fn happened(&mut self, now: Time, happening: &Happening) {
        self(now, happening);
    }
}

/// What an event did, for a person.
#[must_use]
pub const fn effect_text(effect: Effect) -> &'static str {
    match effect {
        Effect::Nothing => "the keys survive",
        Effect::KeyInvalidated => "the private keys are unusable from now on, their records stay",
        Effect::CredentialGone => "every credential is gone from the device",
        Effect::OtherKey => "another key pair under each credential id",
    }
}
