//! The account of a scenario, and what hooks tell of its state.

/// The account that a scenario uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestAccount {
    pub username: String,
    pub display_name: String,
    pub password: String,
    /// What is shown in its place, if it is secret.
    pub password_shown: Option<String>,
}

impl TestAccount {
    #[must_use]
    pub fn new(username: &str, display_name: &str, password: &str) -> TestAccount {
        TestAccount {
            username: username.to_owned(),
            display_name: display_name.to_owned(),
            password: password.to_owned(),
            password_shown: None,
        }
    }
}

/// A credential as the relying party stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCredential {
    /// base64url
    pub id: String,
    /// As the hook prints it; compared, not parsed.
    pub public_key: Option<String>,
    pub sign_count: Option<u64>,
    pub backup_eligible: Option<bool>,
}

/// The account's state, as far as a hook tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    pub locked: Option<bool>,
    pub password_tries_left: Option<u64>,
    pub sessions: Option<u64>,
}

/// One line of the relying party's log about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub reason: String,
    pub text: String,
}
