//! What happened in the engine, for a trace and for a person who watches.

use faultkey_authenticator::{Prompt, UserAnswer};

use super::ErrorCode;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HidEvent {
    ChannelAllocated {
        channel: u32,
    },
    /// Taken back, because there were too many.
    ChannelRecycled {
        channel: u32,
    },
    /// A whole message arrived.
    Request {
        channel: u32,
        command: u8,
        message: Vec<u8>,
    },
    /// A whole message goes out.
    Reply {
        channel: u32,
        command: u8,
        message: Vec<u8>,
    },
    /// The command is never answered.
    Silence {
        channel: u32,
    },
    /// The user is asked.
    Prompt {
        channel: u32,
        prompt: Prompt,
    },
    /// The user answered, or was absent, or the client gave up.
    Answer {
        channel: u32,
        answer: UserAnswer,
    },
    /// INIT, or the host's going away, ended what was under way.
    Aborted {
        channel: u32,
    },
    /// Show the user which key this is.
    Wink {
        channel: u32,
    },
    Locked {
        channel: u32,
    },
    Unlocked {
        channel: u32,
    },
    Error {
        channel: u32,
        error: ErrorCode,
    },
}
