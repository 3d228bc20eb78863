//! What a ceremony, a page or a user asks of the relying party.

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
