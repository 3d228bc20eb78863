//! The way of one command through the authenticator, in three callable steps.

use std::time::Duration;

use crate::fingerprint::SampleStatus;
use crate::{ApduStep, ChannelId, Outcome, Reply, Request, Status, Time};

/// What the authenticator asks of the person holding it (CTAP2.3 §6.1.2, §6.2.2, §6.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Touch the key: test of user presence.
    Presence { purpose: Purpose },
    /// Finger, face or other built-in verification, which also tests presence.
    Verification { purpose: Purpose, tries_left: u8 },
}

/// Why the user is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Create a credential for this relying party and user name.
    Register { rp_id: String, user_name: Option<String> },
    /// Sign in to this relying party.
    Authenticate { rp_id: String },
    /// Choose this authenticator among several (authenticatorSelection).
    Select,
    /// Erase everything (authenticatorReset).
    Reset,
    /// Put a new finger on the sensor, so often (authenticatorBioEnrollment); the platform may allow another time than the device's own.
    EnrollFingerprint { remaining_samples: u8, timeout: Option<Duration> },
    /// The same, with a touch that is held: the device has `longTouchForReset`.
    ResetByLongTouch,
    /// Give the client a token to act for the user (getPinUvAuthTokenUsingUvWithPermissions).
    IssueToken { rp_id: Option<String> },
}

impl Purpose {
    /// How long the touch must be held, if a short one won't do.
    #[must_use]
    pub fn hold(&self) -> Option<Duration> {
        match self {
            Self::ResetByLongTouch => Some(LONG_TOUCH),
            _ => None,
        }
    }
}

/// What YubiKeys that have `longTouchForReset` ask for (firmware 5.8, and ykman 5.8, which tells the user).
const LONG_TOUCH: Duration = Duration::from_secs(10);

/// What the person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserAnswer {
    /// Touched, or presented a finger that is enrolled.
    Approve,
    /// The same, and kept the finger there so long. [`Purpose::hold`] says when it has to be long.
    Held(Duration),
    /// Said no.
    Refuse,
    /// Presented a finger that is not enrolled. Asked again while tries are left.
    WrongFinger,
    /// Put the finger on the sensor in a way that it has something to say of. Only while a finger is enrolled; else it is a touch.
    Sample(SampleStatus),
    /// Did nothing until the authenticator's own timer ran out.
    Never,
    /// The client sent CTAPHID_CANCEL or its equal.
    Cancel,
}

/// Where a command stands after [`CommandSteps::process`] or [`CommandSteps::resume`].
#[derive(Debug)]
pub enum Progress {
    /// Waits for the user; continue with [`CommandSteps::resume`].
    NeedUser(Prompt),
    /// Decided, not yet signed and written.
    Done(Outcome),
}

/// What the caller does next.
#[derive(Debug)]
pub enum Step {
    /// Send this back.
    Reply(Reply),
    /// Ask the user, then call [`CommandSteps::answer`].
    NeedUser(Prompt),
}

/// A CTAP authenticator as its three steps. [`crate::Authenticator`] is one; a fault layer wraps one and is one.
pub trait CommandSteps {
    /// The command that follows comes on `channel`, and so do all after it until this is called again. Without a call it is
    /// [`ChannelId::ONLY`]. Tokens and sequences of several commands belong to the channel on which they began.
    fn channel(&mut self, _now: Time, _channel: ChannelId) {}

    /// Nobody has `channel` any more: it was taken back, or its host went away. What belongs to it ends; a command that waits is forgotten.
    fn channel_closed(&mut self, _now: Time, _channel: ChannelId) {}

    /// Bytes to a request: the command byte, strict CBOR (CTAP2.3 §8), and the typed parameters.
    ///
    /// # Errors
    /// The status that the client must see, when the bytes are not a request.
    fn decode(&mut self, now: Time, request: &[u8]) -> Result<Request, Status>;

    /// Runs the command's algorithm until it is decided or needs the user. A new request ends one that waits.
    fn process(&mut self, now: Time, request: Request) -> Progress;

    /// Goes on with the command that waits for the user. Nothing waiting is answered with `NOT_ALLOWED`.
    fn resume(&mut self, now: Time, answer: UserAnswer) -> Progress;

    /// Signs and writes what was decided.
    fn encode(&mut self, now: Time, outcome: Outcome) -> Reply;

    /// One CTAP1/U2F command, an APDU of ISO 7816-4. A new command ends one that waits. A device without CTAP1 has no instruction.
    fn apdu(&mut self, _now: Time, _apdu: &[u8]) -> ApduStep {
        ApduStep::unsupported()
    }

    /// The user's answer to the prompt of an APDU.
    fn answer_apdu(&mut self, _now: Time, _answer: UserAnswer) -> ApduStep {
        ApduStep::unsupported()
    }

    /// A PIN is set, and the platform may turn to it when makeCredential or getAssertion can't verify the user otherwise.
    fn can_turn_to_pin(&self) -> bool {
        false
    }

    /// All three steps for one request.
    fn handle(&mut self, now: Time, request: &[u8]) -> Step {
        match self.decode(now, request) {
            Ok(request) => {
                let progress = self.process(now, request);
                self.finish(now, progress)
            }
            Err(status) => {
                let outcome = Outcome::refused(status);
                Step::Reply(self.encode(now, outcome))
            }
        }
    }

    /// The user's answer to the last prompt, through to the reply or the next prompt.
    fn answer(&mut self, now: Time, answer: UserAnswer) -> Step {
        let progress = self.resume(now, answer);
        self.finish(now, progress)
    }

    #[doc(hidden)]
    fn finish(&mut self, now: Time, progress: Progress) -> Step {
        match progress {
            Progress::NeedUser(prompt) => Step::NeedUser(prompt),
            Progress::Done(outcome) => Step::Reply(self.encode(now, outcome)),
        }
    }
}
