use ciborium::Value;

use super::attester::extension;
use super::der::{element, enumerated, octets, sequence, set, unsigned};
use super::{AttestationError, Attester, Claim, x5c};
use crate::algorithm::PrivateKey;
use crate::cbor;

/// Android's extension with the key description.
const KEY_DESCRIPTION: &str = "1.3.6.1.4.1.11129.2.1.17";

/// What Android's keystore says of itself (Android's key attestation schema).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyDescription {
    pub attestation_version: u32,
    /// 0: software, 1: trusted environment, 2: StrongBox. Of the attestation and of the key.
    pub security_level: u32,
    pub keymint_version: u32,
    /// The trusted environment says that the key is for signing and was generated in it (WebAuthn-3 §8.4); without, it says nothing.
    pub with_authorizations: bool,
}

impl Default for KeyDescription {
    /// KeyMint 3 in a trusted environment.
    fn default() -> Self {
        Self { attestation_version: 300, security_level: 1, keymint_version: 300, with_authorizations: true }
    }
}

impl KeyDescription {
    fn to_der(self, key: &PrivateKey, challenge: &[u8]) -> Vec<u8> {
        // KM_ALGORITHM_RSA is 1, KM_ALGORITHM_EC 3.
        let algorithm = if matches!(key, PrivateKey::Rsa(_)) { 1 } else { 3 };
        let trusted = match self.with_authorizations {
            true => vec![
                // [1] purpose: KM_PURPOSE_SIGN
                element(0xA1, &set(vec![unsigned(2)])),
                // [2] algorithm
                element(0xA2, &unsigned(algorithm)),
                // [702] origin: KM_ORIGIN_GENERATED; a tag of three bytes.
                [&[0xBF, 0x85][..], &element(0x3E, &unsigned(0))].concat(),
            ],
            false => Vec::new(),
        };
        sequence(&[
            unsigned(self.attestation_version),
            enumerated(self.security_level),
            unsigned(self.keymint_version),
            enumerated(self.security_level),
            octets(challenge),
            octets(&[]),
            sequence(&[]),
            sequence(&trusted),
        ])
    }
}

/// Android key attestation (WebAuthn-3 §8.4): the credential's key signs, and has a certificate with the client data hash as challenge.
pub(super) fn statement(claim: &Claim, attester: &Attester) -> Result<Value, AttestationError> {
    let description = attester.key_description.to_der(claim.key, claim.client_data_hash);
    let description = extension(&attester.subject, KEY_DESCRIPTION, false, &description)?;
    let mut chain = attester.chain_of(claim.key, "android-key", &attester.subject, vec![description])?;
    if attester.android_sends_root {
        chain.push(attester.authority.root().to_vec());
    }
    let signature = claim.key.sign(&claim.to_be_signed())?;
    Ok(cbor::text_map([("alg", Value::from(claim.key.algorithm())), ("sig", Value::Bytes(signature)), ("x5c", x5c(chain))]))
}
