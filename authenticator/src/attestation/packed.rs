use ciborium::Value;

use super::attester::{Attester, extension};
use super::der::octets;
use super::{AttestationError, Claim, x5c};
use crate::algorithm::{PrivateKey, es256};
use crate::{authenticator_data, cbor, random};

/// id-fido-gen-ce-aaguid: the model (WebAuthn-3 §8.2.1).
const AAGUID: &str = "1.3.6.1.4.1.45724.1.1.4";
/// id-fido-gen-ce-sernum: the one device (WebAuthn-3 §8.2.2).
const SERIAL_NUMBER: &str = "1.3.6.1.4.1.45724.1.1.2";

/// Packed self attestation (WebAuthn-3 §8.2): the credential's key signs authenticator data and client data hash; no certificate.
pub(super) fn self_statement(claim: &Claim) -> Result<Value, AttestationError> {
    let signature = claim.key.sign(&claim.to_be_signed())?;
    Ok(cbor::text_map([("alg", Value::from(claim.key.algorithm())), ("sig", Value::Bytes(signature))]))
}

/// Packed attestation with a certificate (WebAuthn-3 §8.2): the model's key signs.
pub(super) fn statement(claim: &Claim, attester: &Attester) -> Result<Value, AttestationError> {
    let mut extensions = Vec::new();
    if let Some(aaguid) = &attester.aaguid {
        extensions.push(extension(&attester.subject, AAGUID, false, &octets(aaguid))?);
    }
    signed(claim, &attester.key, attester.chain(&attester.subject, extensions)?)
}

/// The same with a key and a certificate of this one device (WebAuthn-3 §8.2.2).
pub(super) fn enterprise_statement(claim: &Claim, attester: &Attester) -> Result<Value, AttestationError> {
    let aaguid = attester.aaguid.unwrap_or_default();
    let serial = attester.issuance.device_serial;
    let device = format!("{} {serial}", authenticator_data::format_aaguid(&aaguid));
    let key = es256::SecretKey::generate(&mut random::stream(attester.issuance.seed, &format!("enterprise key of {device}")));
    let subject = format!("C=AA,OU=Authenticator Attestation,O=faultkey test keys,CN=faultkey {device}");
    let extensions = vec![
        extension(&subject, AAGUID, false, &octets(&aaguid))?,
        extension(&subject, SERIAL_NUMBER, false, &octets(&serial.to_be_bytes()))?,
    ];
    let chain = attester.chain_of(&PrivateKey::Es256(key.clone()), "packed", &subject, extensions)?;
    signed(claim, &key, chain)
}

fn signed(claim: &Claim, key: &es256::SecretKey, chain: Vec<Vec<u8>>) -> Result<Value, AttestationError> {
    let signature = key.sign(&claim.to_be_signed())?;
    Ok(cbor::text_map([("alg", Value::from(es256::ES256)), ("sig", Value::Bytes(signature)), ("x5c", x5c(chain))]))
}
