//! What `toJSON()` of a credential returns (WebAuthn-3 §5.1, RegistrationResponseJSON and AuthenticationResponseJSON).

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value, json};

use crate::cose_key::CoseKey;
use crate::ctap_reply::Attestation;
use crate::options::Attachment;

fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// The parts of a successful registration.
pub struct Registration<'a> {
    pub attestation: &'a Attestation,
    pub attestation_object: &'a [u8],
    pub client_data: &'a [u8],
    pub transports: &'a [String],
    pub attachment: Attachment,
    /// Client extension results.
    pub extensions: Map<String, Value>,
}

impl Registration<'_> {
    /// RegistrationResponseJSON; `None` if the public key has no algorithm.
    #[must_use]
    pub fn into_json(self) -> Option<Value> {
        let key = CoseKey::read(&self.attestation.public_key)?;
        let mut response = Map::new();
        response.insert("clientDataJSON".into(), encode(self.client_data).into());
        response.insert("authenticatorData".into(), encode(&self.attestation.authenticator_data).into());
        response.insert("transports".into(), json!(self.transports));
        // Left out for an algorithm that this client doesn't understand.
        if let Some(spki) = key.to_spki() {
            response.insert("publicKey".into(), encode(&spki).into());
        }
        response.insert("publicKeyAlgorithm".into(), key.algorithm.into());
        response.insert("attestationObject".into(), encode(self.attestation_object).into());
        Some(credential(&self.attestation.credential_id, response, self.attachment, self.extensions))
    }
}

/// The parts of a successful authentication.
pub struct Authentication<'a> {
    pub credential_id: &'a [u8],
    pub client_data: &'a [u8],
    pub authenticator_data: &'a [u8],
    pub signature: &'a [u8],
    pub user_handle: Option<&'a [u8]>,
    pub attachment: Attachment,
    /// Client extension results.
    pub extensions: Map<String, Value>,
}

impl Authentication<'_> {
    /// AuthenticationResponseJSON.
    #[must_use]
    pub fn into_json(self) -> Value {
        let mut response = Map::new();
        response.insert("clientDataJSON".into(), encode(self.client_data).into());
        response.insert("authenticatorData".into(), encode(self.authenticator_data).into());
        response.insert("signature".into(), encode(self.signature).into());
        if let Some(user_handle) = self.user_handle {
            response.insert("userHandle".into(), encode(user_handle).into());
        }
        credential(self.credential_id, response, self.attachment, self.extensions)
    }
}

fn credential(id: &[u8], response: Map<String, Value>, attachment: Attachment, extensions: Map<String, Value>) -> Value {
    let id = encode(id);
    json!({
        "id": id,
        "rawId": id,
        "response": response,
        "authenticatorAttachment": attachment.name(),
        "clientExtensionResults": extensions,
        "type": "public-key",
    })
}
