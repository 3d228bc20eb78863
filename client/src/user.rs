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

/// A user, real or scripted.
pub trait User {
    /// Answers the authenticator's prompt.
    fn answer(&mut self, prompt: &Prompt) -> Answered;

    /// Chooses one of several accounts: an index, or `None` to cancel.
    fn choose(&mut self, accounts: &[Account]) -> Option<usize>;

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
        Self { usual: Answered { answer, after }, next: VecDeque::new(), choice: Some(0) }
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

impl User for ScriptedUser {
    fn answer(&mut self, _prompt: &Prompt) -> Answered {
        self.next.pop_front().unwrap_or(self.usual)
    }

    fn choose(&mut self, _accounts: &[Account]) -> Option<usize> {
        self.choice
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
