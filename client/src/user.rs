//! The person in front of the client, as answers to prompts.

use std::collections::VecDeque;
use std::time::Duration;

use faultkey_authenticator::{Prompt, UserAnswer};

/// An account among which the user chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub user_handle: Vec<u8>,
    pub name: Option<String>,
    pub display_name: Option<String>,
}

/// What the user did, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    pub answer: UserAnswer,
    pub after: Duration,
}

/// What the client asks, when it asks for the key's PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinPrompt {
    /// The PIN that is set.
    Enter {
        /// Until the PIN is blocked for ever.
        tries_left: u8,
        /// The one before was.
        was_wrong: bool,
    },
    /// A new one, for a key that has none, or demands another.
    Choose {
        /// In code points.
        min_length: usize,
        /// Why the one before was not taken.
        refused: Option<NewPinRefused>,
    },
}

/// Why a new PIN is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewPinRefused {
    TooShort,
    /// More than 63 bytes of UTF-8.
    TooLong,
    /// The key has a policy (CTAP2.3 §6.5.1).
    ByThePolicy,
}

impl std::fmt::Display for PinPrompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Enter { tries_left, was_wrong } => {
                f.write_str(if *was_wrong { "wrong PIN; type the key's PIN again" } else { "type the key's PIN" })?;
                match tries_left {
                    1 => f.write_str(" (last try)"),
                    tries => write!(f, " ({tries} tries left)"),
                }
            }
            Self::Choose { min_length, refused } => {
                let before = match refused {
                    None => "",
                    Some(NewPinRefused::TooShort) => "that PIN is too short; ",
                    Some(NewPinRefused::TooLong) => "that PIN is too long; ",
                    Some(NewPinRefused::ByThePolicy) => "the key's policy forbids that PIN; ",
                };
                write!(f, "{before}choose a new PIN for the key, of at least {min_length} characters")
            }
        }
    }
}

/// A PIN that was typed, and how long it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    pub pin: String,
    pub after: Duration,
}

/// A user, real or scripted.
pub trait User {
    /// Answers the authenticator's prompt.
    fn answer(&mut self, prompt: &Prompt) -> Answered;

    /// Chooses one of several accounts: an index, or `None` to cancel.
    fn choose(&mut self, accounts: &[Account]) -> Option<usize>;

    /// Types the key's PIN, or a new one; `None` cancels. A user who knows nothing of PINs cancels.
    fn pin(&mut self, _prompt: &PinPrompt) -> Option<Typed> {
        None
    }

    /// Takes one of the accounts that are offered in the page's form field (conditional mediation), or leaves them: `None`.
    fn autofill(&mut self, accounts: &[Account]) -> Option<usize> {
        self.choose(accounts)
    }

    /// Has agreed that a passkey is made for this RP ID without being asked, after a log-in with a password (conditional mediation).
    fn agrees_to_upgrade(&mut self, _rp_id: &str) -> bool {
        false
    }
}

/// A user who does what a script says: the next answer of a queue, or else the usual one.
#[derive(Clone, Debug)]
pub struct ScriptedUser {
    usual: Answered,
    next: VecDeque<Answered>,
    choice: Option<usize>,
    pins: VecDeque<String>,
    usual_pin: Option<String>,
}

impl ScriptedUser {
    /// Approves each prompt after `after`, and takes the first account.
    #[must_use]
    pub fn approving(after: Duration) -> Self {
        Self::always(UserAnswer::Approve, after)
    }

    /// Gives each prompt the same answer, and takes the first account.
    #[must_use]
    pub fn always(answer: UserAnswer, after: Duration) -> Self {
        Self { usual: Answered { answer, after }, next: VecDeque::new(), choice: Some(0), pins: VecDeque::new(), usual_pin: None }
    }

    /// Changes the answer that is given when the queue is empty.
    pub fn set_usual(&mut self, answer: UserAnswer, after: Duration) {
        self.usual = Answered { answer, after };
    }

    /// Puts an answer at the end of the queue; each is given once.
    pub fn then(&mut self, answer: UserAnswer, after: Duration) {
        self.next.push_back(Answered { answer, after });
    }

    /// The usual answer again, and no queue.
    pub fn forget_queue(&mut self) {
        self.next.clear();
    }

    /// Which account to take from now on; `None` cancels.
    pub fn set_choice(&mut self, choice: Option<usize>) {
        self.choice = choice;
    }
}

impl ScriptedUser {
    /// The PIN that is typed whenever one is asked for, in the usual time; `None` cancels, as at first.
    pub fn set_pin(&mut self, pin: Option<&str>) {
        self.usual_pin = pin.map(str::to_owned);
    }

    /// A PIN that is typed once, before the usual one.
    pub fn then_pin(&mut self, pin: &str) {
        self.pins.push_back(pin.to_owned());
    }
}

impl User for ScriptedUser {
    fn answer(&mut self, _prompt: &Prompt) -> Answered {
        self.next.pop_front().unwrap_or(self.usual)
    }

    fn choose(&mut self, _accounts: &[Account]) -> Option<usize> {
        self.choice
    }

    fn pin(&mut self, _prompt: &PinPrompt) -> Option<Typed> {
        let pin = self.pins.pop_front().or_else(|| self.usual_pin.clone())?;
        Some(Typed { pin, after: self.usual.after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultkey_authenticator::step::Purpose;

    #[test]
    fn gives_queued_answers_once_then_the_usual_one() {
        let prompt = Prompt::Presence { purpose: Purpose::Select };
        let mut user = ScriptedUser::approving(Duration::from_secs(2));
        user.then(UserAnswer::WrongFinger, Duration::from_secs(1));
        user.then(UserAnswer::Refuse, Duration::from_secs(3));
        let answers: Vec<_> = (0..3).map(|_| user.answer(&prompt)).map(|answered| (answered.answer, answered.after.as_secs())).collect();
        assert_eq!(answers, [(UserAnswer::WrongFinger, 1), (UserAnswer::Refuse, 3), (UserAnswer::Approve, 2)]);
    }

    #[test]
    fn forgets_the_queue() {
        let prompt = Prompt::Presence { purpose: Purpose::Select };
        let mut user = ScriptedUser::approving(Duration::ZERO);
        user.then(UserAnswer::Refuse, Duration::ZERO);
        user.forget_queue();
        assert_eq!(user.answer(&prompt).answer, UserAnswer::Approve);
        user.set_usual(UserAnswer::Never, Duration::from_secs(30));
        assert_eq!(user.answer(&prompt), Answered { answer: UserAnswer::Never, after: Duration::from_secs(30) });
    }

    #[test]
    fn chooses_as_told() {
        let mut user = ScriptedUser::approving(Duration::ZERO);
        assert_eq!(user.choose(&[]), Some(0));
        user.set_choice(Some(2));
        assert_eq!(user.choose(&[]), Some(2));
        user.set_choice(None);
        assert_eq!(user.choose(&[]), None);
    }
}
