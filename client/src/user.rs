//! The person in front of the client, as answers to prompts.

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
}
