//! A refusal: why, about whom, and what the client should tell the passkey provider.

use data_encoding::BASE64URL_NOPAD;
use faultkey_fault_injection::Text;
use serde_json::{Value, json};

use super::challenge::Ceremony;
use super::reason::Reason;

/// A hint for the Signal API (WebAuthn-3 §5.1.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// This id is in nobody's account. The provider may delete the passkey for good, so it is said on a clean miss only.
    UnknownCredential { id: Vec<u8> },
    /// These are all that the user has. Others are hidden, which can be undone.
    AllAcceptedCredentials { user_handle: Vec<u8>, ids: Vec<Vec<u8>> },
}

impl Signal {
    pub(super) fn to_json(&self, rp_id: &str) -> Value {
        let base64url = |bytes: &Vec<u8>| BASE64URL_NOPAD.encode(bytes);
        match self {
            Signal::UnknownCredential { id } => {
                json!({ "method": "unknown-credential", "rpId": rp_id, "credentialId": base64url(id) })
            }
            Signal::AllAcceptedCredentials { user_handle, ids } => json!({
                "method": "all-accepted-credentials",
                "rpId": rp_id,
                "userId": base64url(user_handle),
                "allAcceptedCredentialIds": ids.iter().map(base64url).collect::<Vec<_>>(),
            }),
        }
    }
}

/// Why something was refused.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) reason: Reason,
    /// What really happened, for the log.
    pub(super) detail: String,
    /// Whose log.
    pub(super) username: Option<String>,
    /// Which ceremony is to be tried again.
    pub(super) ceremony: Ceremony,
    pub(super) signals: Vec<Signal>,
    /// What is wrong with the request's form, in Japanese; `detail` has it in English. The developer of the page is told.
    pub(super) form: Option<String>,
}

impl Refusal {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { reason, detail, username: None, ceremony: Ceremony::Authentication, signals: Vec::new(), form: None }
    }

    /// The request's form is wrong; `what` says which member, and how.
    pub(super) fn malformed(what: Text) -> Self {
        Self { form: Some(what.ja), ..Self::new(Reason::MalformedRequest, what.en) }
    }

    pub(super) fn about(mut self, username: Option<&str>) -> Self {
        if self.username.is_none() {
            self.username = username.map(str::to_owned);
        }
        self
    }

    pub(super) fn during(mut self, ceremony: Ceremony) -> Self {
        self.ceremony = ceremony;
        self
    }

    pub(super) fn signalling(mut self, signal: Signal) -> Self {
        self.signals.push(signal);
        self
    }
}
