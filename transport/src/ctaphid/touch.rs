//! Who answers when the authenticator asks for its user.

use std::time::Duration;

use faultkey_authenticator::{Prompt, Time, UserAnswer};

/// The user in front of the key.
pub trait Touch {
    /// The authenticator asks. Called again when the prompt comes again.
    fn asked(&mut self, now: Time, prompt: &Prompt) -> Gesture;
}

/// What the user is going to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// This, so long after the prompt. A zero is at once.
    Answer { answer: UserAnswer, after: Duration },
    /// Nothing until [`super::Engine::user`] says it, or the authenticator's timer runs out.
    Wait,
}

/// A user who always does the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub presence: Presence,
    pub verification: Verification,
}

/// When the user comes to the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    #[default]
    AtOnce,
    After(Duration),
    /// Not by itself.
    Wait,
}

/// Which finger the user has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// One that is enrolled.
    #[default]
    Ok,
    /// One that is not.
    Fail,
}

impl Touch for Policy {
    fn asked(&mut self, _now: Time, prompt: &Prompt) -> Gesture {
        let answer = match (prompt, self.verification) {
            (Prompt::Verification { .. }, Verification::Fail) => UserAnswer::WrongFinger,
            _ => UserAnswer::Approve,
        };
        let hold = match prompt {
            Prompt::Presence { purpose } | Prompt::Verification { purpose, .. } => purpose.hold(),
        };
        let answer = hold.map_or(answer, UserAnswer::Held);
        let hold = hold.unwrap_or_default();
        match self.presence {
            Presence::AtOnce => Gesture::Answer { answer, after: hold },
            Presence::After(after) => Gesture::Answer { answer, after: after + hold },
            Presence::Wait => Gesture::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultkey_authenticator::step::Purpose;

    #[test]
    fn a_policy_answers_presence_and_verification() {
        let presence = Prompt::Presence { purpose: Purpose::Select };
        let verification = Prompt::Verification { purpose: Purpose::Select, tries_left: 3 };
        let second = Duration::from_secs(1);
        let mut policy = Policy { presence: Presence::After(second), verification: Verification::Fail };
        assert_eq!(policy.asked(Time::START, &presence), Gesture::Answer { answer: UserAnswer::Approve, after: second });
        assert_eq!(policy.asked(Time::START, &verification), Gesture::Answer { answer: UserAnswer::WrongFinger, after: second });
        policy = Policy::default();
        assert_eq!(policy.asked(Time::START, &verification), Gesture::Answer { answer: UserAnswer::Approve, after: Duration::ZERO });
        let reset = Prompt::Presence { purpose: Purpose::ResetByLongTouch };
        let hold = Duration::from_secs(10);
        assert_eq!(policy.asked(Time::START, &reset), Gesture::Answer { answer: UserAnswer::Held(hold), after: hold });
        policy.presence = Presence::Wait;
        assert_eq!(policy.asked(Time::START, &presence), Gesture::Wait);
    }
}
