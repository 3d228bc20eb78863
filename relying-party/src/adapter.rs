//! How the lab speaks to a relying party: a mapping from ceremonies and hooks to JSON over HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;

use faultkey_fault_injection::Faults;
use faultkey_transport::Transcript;
use serde_json::Value;

use crate::Clock;

/// Where the relying party listens.
#[derive(Clone, Debug)]
pub struct Target {
    /// e.g. `https://staging.example.com` or `http://localhost:3000`.
    pub url: url::Url,
    /// Connect here, without TLS, instead of to the URL's host and port (the embedded relying party).
    pub connect: Option<SocketAddr>,
    /// PEM file with further trusted certificate authorities.
    pub certificate_authority: Option<PathBuf>,
}

/// The account that a scenario uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestAccount {
    pub username: String,
    pub display_name: String,
    pub password: String,
}

/// What a ceremony asks of the relying party, where its API lets the caller say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// `required`, `preferred` or `discouraged`.
    pub user_verification: String,
    /// `required`, `preferred` or `discouraged`.
    pub resident_key: String,
    /// `none` or `direct`.
    pub attestation: String,
    /// Replace the account's passkey instead of adding one, after another authentication.
    pub replace: bool,
}

/// What is known of something that needs a hook or a pointer of the mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation<T> {
    Seen(T),
    /// The mapping offers no way to see it; why.
    NotObservable(String),
}

/// How much of a response arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    Whole,
    /// Nothing at all: the error as the HTTP client tells it.
    Nothing(String),
    /// A part: the error as the HTTP client tells it.
    Part(String),
}

/// What the relying party answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub arrived: Arrived,
    /// 0 if no status line arrived.
    pub status: u16,
    /// The body if it is JSON.
    pub json: Option<Value>,
    /// The body as it came.
    pub text: String,
    /// The relying party accepts the ceremony, by the mapping's rule.
    pub accepted: bool,
    /// Options for the client, at the mapping's pointer.
    pub options: Option<Value>,
    /// The API's error code.
    pub code: Option<String>,
    /// What the user is shown.
    pub message: Option<String>,
    /// Ways out that the answer offers: `retry`, `register-again`, `password`, `phone`, `support`, …
    pub next: Vec<String>,
    /// Signal API hints in the answer, e.g. `unknown-credential`, `all-accepted-credentials`.
    pub signals: Vec<String>,
    /// The answer to the second delivery, if the network delivered the request twice.
    pub second: Option<Box<Answer>>,
}

/// A failure that only the client saw, reported to the relying party as its page or app would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFailure {
    /// `registration` or `authentication`.
    pub ceremony: String,
    /// `options`, `dialog` or `verify`.
    pub phase: String,
    /// A DOMException's name, or `NetworkError`.
    pub error: String,
    pub message: String,
    /// What a page can know besides.
    pub platform_authenticator_available: Option<bool>,
    /// Milliseconds from the call to the failure.
    pub elapsed: u64,
    /// The challenge of the attempt, if options arrived.
    pub challenge: Option<String>,
    /// The id of the credential that create() made, if the failure came after it.
    pub credential_id: Option<String>,
}

/// Another way to prove who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    Password,
    Phone,
    /// The support desk resets the passkey; then password.
    SupportReset,
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

/// Cookies and tokens of one browser session.
#[derive(Clone, Debug, Default)]
pub struct Session {
    _private: (),
}

/// A mapping file, loaded and checked.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub name: String,
    /// The origin that the client claims; the URL's origin if the file names none.
    pub origin: Option<String>,
}

impl Mapping {
    /// The built-in mapping with this name: `fido-conformance`, or `embedded` (the same with the embedded relying party's hooks).
    #[must_use]
    pub fn built_in(_name: &str) -> Option<Mapping> {
        todo!()
    }

    /// Reads a mapping file.
    ///
    /// # Errors
    /// With file, line, field and what was expected.
    pub fn load(_path: &std::path::Path) -> Result<Mapping, AdapterError> {
        todo!()
    }
}

/// Why the relying party could not be spoken to. Never a verdict about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// The mapping file is wrong.
    #[error("{0}")]
    Mapping(String),
    /// The mapping does not fit what the relying party answered: the pointer that found nothing, and the response that was met.
    #[error("{0}")]
    Mismatch(String),
    /// Not reachable, with no fault in the way.
    #[error("{0}")]
    Unreachable(String),
}

/// A relying party behind its mapping.
pub struct Adapter {
    _private: (),
}

impl Adapter {
    /// # Errors
    /// When the target's certificate authority can't be read or the URL can't be used.
    pub fn new(_mapping: Mapping, _target: Target, _faults: Faults, _transcript: Transcript, _clock: Clock) -> Result<Self, AdapterError> {
        todo!()
    }

    /// The origin that the client claims.
    #[must_use]
    pub fn origin(&self) -> &str {
        todo!()
    }

    /// A session without cookies.
    #[must_use]
    pub fn session(&self) -> Session {
        todo!()
    }

    pub async fn registration_options(&self, _session: &mut Session, _account: &TestAccount, _wish: &Wish) -> Result<Answer, AdapterError> {
        todo!()
    }

    pub async fn registration_result(
        &self,
        _session: &mut Session,
        _account: &TestAccount,
        _credential: &Value,
    ) -> Result<Answer, AdapterError> {
        todo!()
    }

    /// `account` is `None` for a log-in without a user name.
    pub async fn authentication_options(
        &self,
        _session: &mut Session,
        _account: Option<&TestAccount>,
        _wish: &Wish,
    ) -> Result<Answer, AdapterError> {
        todo!()
    }

    pub async fn authentication_result(
        &self,
        _session: &mut Session,
        _account: &TestAccount,
        _credential: &Value,
    ) -> Result<Answer, AdapterError> {
        todo!()
    }

    /// Tells the relying party of a failure that only the client saw, and gets what the user is shown.
    pub async fn report(
        &self,
        _session: &mut Session,
        _account: &TestAccount,
        _failure: &ClientFailure,
    ) -> Result<Observation<Answer>, AdapterError> {
        todo!()
    }

    pub async fn fall_back(
        &self,
        _session: &mut Session,
        _account: &TestAccount,
        _way: Fallback,
    ) -> Result<Observation<Answer>, AdapterError> {
        todo!()
    }

    /// Whether a way out that an answer offered (its name as in [`Answer::next`]) is really there: one step from the error page.
    pub async fn way_out_exists(&self, _session: &mut Session, _way: &str) -> Result<Observation<bool>, AdapterError> {
        todo!()
    }

    pub async fn is_authenticated(&self, _session: &mut Session) -> Result<Observation<bool>, AdapterError> {
        todo!()
    }

    /// Creates the account if the relying party needs that, with no passkey.
    pub async fn prepare(&self, _account: &TestAccount) -> Result<Observation<()>, AdapterError> {
        todo!()
    }

    pub async fn credentials(&self, _account: &TestAccount) -> Result<Observation<Vec<StoredCredential>>, AdapterError> {
        todo!()
    }

    pub async fn account_state(&self, _account: &TestAccount) -> Result<Observation<AccountState>, AdapterError> {
        todo!()
    }

    pub async fn log(&self, _account: &TestAccount) -> Result<Observation<Vec<LogLine>>, AdapterError> {
        todo!()
    }

    /// The support desk's reset: every passkey of the account is forgotten.
    pub async fn reset(&self, _account: &TestAccount) -> Result<Observation<()>, AdapterError> {
        todo!()
    }

    /// The user's unsaved form (an order being placed), as the relying party holds it for this session; for invariant I9.
    pub async fn draft(&self, _session: &mut Session) -> Result<Observation<String>, AdapterError> {
        todo!()
    }

    /// Saves the user's unsaved form, before a ceremony; for invariant I9.
    pub async fn save_draft(&self, _session: &mut Session, _draft: &str) -> Result<Observation<()>, AdapterError> {
        todo!()
    }

    /// Deletes the relying party's row of one credential (base64url id), or of all of the account's, behind the user's back (catalogue RP-01).
    pub async fn delete_credential(&self, _account: &TestAccount, _id: Option<&str>) -> Result<Observation<()>, AdapterError> {
        todo!()
    }
}
