//! The user's gestures: test of user presence, and built-in user verification with its tries.

use crate::config::Rule;
use crate::device::Device;
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{Change, Prompt, StateKey, Status, StoreError, UserAnswer};

/// The answer to a test of user presence.
pub(crate) fn presence(answer: UserAnswer) -> Result<(), Refusal> {
    match answer {
        // A finger that is not enrolled touches the key all the same.
        UserAnswer::Approve | UserAnswer::WrongFinger | UserAnswer::Sample(_) => Ok(()),
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
    /// The same for makeCredential and getAssertion: a failure points to the PIN where one is set, unless the user did nothing or the client
    /// cancelled (CTAP2.3 §6.1.2 step 11.2.3, §6.2.2 step 6.2.3).
    pub(crate) fn verification_or_pin(&self, result: Result<Option<Prompt>, Refusal>) -> Result<Option<Prompt>, Refusal> {
        match result {
            Err(refusal) if matches!(refusal.status, Status::PinBlocked | Status::OperationDenied) && self.can_use_pin()? => {
                Err(Refusal::rule(Status::PuatRequired, "built-in user verification failed, and a PIN is set to turn to"))
            }
            result => result,
        }
    }

    /// What ends a command with an option `uv` that the device can't do as things stand (CTAP2.3 §6.1.2 step 5.3, §6.2.2 step 4.3).
    pub(crate) fn lacks_built_in_verification(&self) -> Refusal {
        // CTAP 2.0 §5.1 step 3 and §5.2 step 5: an option that is known and not supported.
        let status = if self.keeps(Rule::Ceremonies) { Status::InvalidOption } else { Status::UnsupportedOption };
        Refusal::rule(status, "uv is asked of an authenticator without enrolled built-in verification")
    }

    /// What ends a command that needs verification and has none: with a PIN to turn to, the platform is told to get a token.
    pub(crate) fn lacks_verification(&self, pin_helps: bool, why: &'static str) -> Refusal {
        Refusal::rule(if pin_helps { Status::PuatRequired } else { Status::OperationDenied }, why)
    }

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
                self.verifications_since_pin = self.verifications_since_pin.saturating_add(1);
                self.keep_verification_tries(self.config.verification_tries)?;
                Ok(None)
            }
            UserAnswer::WrongFinger => {
                self.verifications_since_pin = self.verifications_since_pin.saturating_add(1);
                self.keep_verification_tries(self.verification_tries_left.saturating_sub(1))?;
                self.ask_verification(purpose).map(Some)
            }
            other => Err(declined(other)),
        }
    }
}

/// `uvRetries`, kept while a PIN is set: then only the PIN is a way out of blocked verification, and no restart.
const VERIFICATION_TRIES_LEFT: StateKey = StateKey::of("uv-retries");

impl Device {
    /// As power finds them.
    pub(crate) fn stored_verification_tries(&self) -> u8 {
        let all = self.config.verification_tries;
        // Without a PIN there is no other way out of blocked verification, so power brings the tries back.
        if !self.pin().is_ok_and(|pin| pin.is_some()) {
            return all;
        }
        let stored = self.store.state(&VERIFICATION_TRIES_LEFT).ok().flatten();
        stored.and_then(|bytes| bytes.first().copied()).map_or(all, |left| left.min(all))
    }

    /// Durable before the finger is answered.
    fn keep_verification_tries(&mut self, left: u8) -> Result<(), StoreError> {
        if left != self.verification_tries_left {
            let _durable = self.store.commit(&[Self::set_verification_tries(left)])?;
            self.verification_tries_left = left;
        }
        Ok(())
    }

    pub(crate) fn set_verification_tries(left: u8) -> Change {
        Change::SetState(VERIFICATION_TRIES_LEFT, vec![left])
    }
}

/// `uvRetries` is 0.
fn blocked() -> Refusal {
    Refusal::rule(Status::PinBlocked, "no tries of built-in user verification are left")
}
