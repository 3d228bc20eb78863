//! Client data (WebAuthn-3 §5.8.1): what is hashed, and sent to the relying party.

use serde::Serialize;

/// Which ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ClientData {
    /// `webauthn.create`
    Create,
    /// `webauthn.get`
    Get,
}

/// The members of CollectedClientData, before they are serialized. A fault may change any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedClientData {
    /// `webauthn.create` or `webauthn.get`.
    pub kind: String,
    /// base64url, as the options had it.
    pub challenge: String,
    pub origin: String,
    pub cross_origin: bool,
    pub top_origin: Option<String>,
}

/// Makes the client data's bytes. [`client_data::Specified`](Specified) does as the specification says; a fault layer wraps it.
pub trait ClientDataCollector {
    fn collect(&mut self, now: faultkey_authenticator::Time, ceremony: ClientData, data: CollectedClientData) -> Vec<u8>;
}

/// The specification's own serialization (WebAuthn-3 §5.8.1.1).
#[derive(Clone, Copy, Debug, Default)]
pub struct Specified;
