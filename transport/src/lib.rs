//! How bytes reach an authenticator: in process as messages, or as the 64-byte reports of CTAPHID, which a socket carries.

pub mod ctaphid;
pub mod in_process;
pub mod socket;
pub mod transcript;

use faultkey_authenticator::{Prompt, Time, UserAnswer};

pub use in_process::InProcess;
pub use transcript::{Entry, Transcript, What};

/// The client's side of the way to one authenticator.
pub trait Transport {
    /// Sends one CTAP request.
    fn send(&mut self, now: Time, request: &[u8]) -> Exchange;

    /// Passes on what the user did at the last prompt.
    fn answer(&mut self, now: Time, answer: UserAnswer) -> Exchange;
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// A CTAP reply: status byte and CBOR.
    Reply(Vec<u8>),
    /// The authenticator waits for the user.
    NeedUser(Prompt),
    /// Nothing came, and nothing will: the client's own timer has to end this.
    Silence,
}
