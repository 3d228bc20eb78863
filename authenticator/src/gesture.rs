//! The user's gestures: test of user presence, and built-in user verification with its tries.

use std::time::Duration;

use crate::config::Rule;
use crate::device::Device;
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{Change, Prompt, StateKey, Status, StoreError, UserAnswer};

const VERIFICATION_TRIES_LEFT: StateKey = StateKey::of("uv-retries");

/// The answer to a test of user presence by a touch that is held so long: a shorter one is none.
pub(crate) fn long_touch(answer: UserAnswer, least: Duration) -> Result<(), Refusal> {
    match answer {
        UserAnswer::Held(held) if held >= least => Ok(()),
        UserAnswer::Never | UserAnswer::Cancel | UserAnswer::Refuse => Err(declined(answer)),
        _ => Err(Refusal::rule(Status::OperationDenied, "the touch was not held long enough")),
    }
}

/// The answer to a test of user presence.
pub(crate) fn presence(answer: UserAnswer) -> Result<(), Refusal> {
    match answer {
        // A finger that is not enrolled touches the key all the same.
        UserAnswer::Approve | UserAnswer::Held(_) | UserAnswer::WrongFinger | UserAnswer::Sample(_) => Ok(()),
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

    /// `uvRetries` (CTAP2.3 §6.5.2.3). Neither counter comes back with power; this one does with a right finger, a right PIN or a reset.
    pub(crate) fn verification_tries_left(&self) -> Result<u8, StoreError> {
        let most = self.config.verification_tries;
        let stored = self.store.state(&VERIFICATION_TRIES_LEFT)?;
        Ok(stored.and_then(|bytes| bytes.first().copied()).map_or(most, |left| left.min(most)))
    }

    pub(crate) fn set_verification_tries_left(tries: u8) -> Change {
        Change::SetState(VERIFICATION_TRIES_LEFT, vec![tries])
    }

    /// The prompt that begins one attempt of `performBuiltInUv` (CTAP2.3 §6.5.3.1). It costs a try, durably, before the finger is there, so
    /// that cutting the power gives none back.
    pub(crate) fn ask_verification(&mut self, purpose: Purpose) -> Result<Prompt, Refusal> {
        let tries_left = self.verification_tries_left()?;
        // Step 3: a PIN that is blocked blocks the finger too.
        if tries_left > 0 && self.pin()?.is_some() && self.pin_tries_left()? == 0 {
            let _durable = self.store.commit(&[Self::set_verification_tries_left(0)])?;
            return Err(blocked());
        }
        // Step 4
        let Some(left) = tries_left.checked_sub(1) else { return Err(blocked()) };
        let _durable = self.store.commit(&[Self::set_verification_tries_left(left)])?;
        Ok(Prompt::Verification { purpose, tries_left })
    }

    /// The answer to it: whether the user is verified. A user who does nothing has used up the try (§6.5.3.1 steps 5 and 8); who refuses, or
    /// is not needed any more, has shown no finger, and it is given back.
    pub(crate) fn is_verified(&mut self, answer: UserAnswer) -> Result<bool, Refusal> {
        let left = self.verification_tries_left()?;
        match answer {
            UserAnswer::Approve | UserAnswer::Held(_) => {
                self.verifications_since_pin = self.verifications_since_pin.saturating_add(1);
                let _durable = self.store.commit(&[Self::set_verification_tries_left(self.config.verification_tries)])?;
                Ok(true)
            }
            UserAnswer::WrongFinger => {
                self.verifications_since_pin = self.verifications_since_pin.saturating_add(1);
                if left == 0 { Err(blocked()) } else { Ok(false) }
            }
            UserAnswer::Never => Err(declined(answer)),
            UserAnswer::Refuse | UserAnswer::Cancel | UserAnswer::Sample(_) => {
                let _durable = self.store.commit(&[Self::set_verification_tries_left(left.saturating_add(1))])?;
                Err(declined(answer))
            }
        }
    }

    /// The same with the prompt to repeat while tries are left: `internalRetry` is true.
    pub(crate) fn verification(&mut self, answer: UserAnswer, purpose: Purpose) -> Result<Option<Prompt>, Refusal> {
        match self.is_verified(answer)? {
            true => Ok(None),
            false => self.ask_verification(purpose).map(Some),
        }
    }
}

/// `uvRetries` is 0.
fn blocked() -> Refusal {
    Refusal::rule(Status::PinBlocked, "no tries of built-in user verification are left")
}
