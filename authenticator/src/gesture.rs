//! The user's gestures: test of user presence, and built-in user verification with its tries.

use crate::device::Device;
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{Prompt, Status, UserAnswer};

/// The answer to a test of user presence.
pub(crate) fn presence(answer: UserAnswer) -> Result<(), Refusal> {
    match answer {
        // A finger that is not enrolled touches the key all the same.
        UserAnswer::Approve | UserAnswer::WrongFinger => Ok(()),
        other => Err(declined(other)),
    }
}

/// What ends a command that waits for the user.
///
/// CTAP2.3 §6.1.2 step 14.2.1.2 lets a presence test that times out end with `OPERATION_DENIED`, as a refusal does. Keys in use answer
/// `USER_ACTION_TIMEOUT`, as §6.6 and §6.9 have it, and so does this one: the two causes stay apart.
pub(crate) fn declined(answer: UserAnswer) -> Refusal {
    match answer {
        UserAnswer::Cancel => Refusal::rule(Status::KeepaliveCancel, "the client cancelled the command"),
        UserAnswer::Never => Refusal::rule(Status::UserActionTimeout, "the user did nothing until the time was over"),
        _ => Refusal::rule(Status::OperationDenied, "the user refused"),
    }
}

impl Device {
    /// The prompt that begins `performBuiltInUv(internalRetry = true)` (CTAP2.3 §6.5.3.1).
    pub(crate) fn ask_verification(&self, purpose: Purpose) -> Result<Prompt, Refusal> {
        match self.verification_tries_left {
            0 => Err(blocked()),
            tries_left => Ok(Prompt::Verification { purpose, tries_left }),
        }
    }

    /// The answer to it: verified (`None`), or the prompt to repeat.
    pub(crate) fn verification(&mut self, answer: UserAnswer, purpose: Purpose) -> Result<Option<Prompt>, Refusal> {
        match answer {
            UserAnswer::Approve => {
                self.verification_tries_left = self.config.verification_tries;
                Ok(None)
            }
            UserAnswer::WrongFinger => {
                self.verification_tries_left = self.verification_tries_left.saturating_sub(1);
                self.ask_verification(purpose).map(Some)
            }
            other => Err(declined(other)),
        }
    }
}

/// CTAP2.3 §6.1.2 step 11.2.3, §6.2.2 step 6.2.3: `uvRetries` is 0, and there is no PIN to turn to.
fn blocked() -> Refusal {
    Refusal::rule(Status::PinBlocked, "no tries of built-in user verification are left")
}
