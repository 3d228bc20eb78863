use ciborium::Value;

use crate::algorithm::{InvalidKey, PrivateKey};
use crate::cbor;

/// Packed self attestation (WebAuthn-3 §8.2): the credential's key signs authenticator data and client data hash; no certificate.
pub(super) fn self_statement(key: &PrivateKey, authenticator_data: &[u8], client_data_hash: &[u8]) -> Result<Value, InvalidKey> {
    let signature = key.sign(&[authenticator_data, client_data_hash].concat())?;
    Ok(cbor::text_map([("alg", Value::from(key.algorithm())), ("sig", Value::Bytes(signature))]))
}
