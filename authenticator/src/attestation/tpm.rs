use ciborium::Value;
use sha2::{Digest, Sha256};

use super::attester::extension;
use super::der::{element, sequence, set};
use super::{AttestationError, Attester, Claim, x5c};
use crate::algorithm::{PrivateKey, es256};
use crate::cbor;

/// A TPM, as its attestation certificate names it (TPM 2.0 EK profile §3.2.9), and its clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// `id:` and eight hexadecimal digits.
    pub manufacturer: String,
    pub model: String,
    pub version: String,
    /// TPMS_CLOCK_INFO: clock, resetCount, restartCount, safe.
    pub clock: [u8; 17],
    pub firmware: u64,
}

impl Default for Chip {
    /// A manufacturer that every verifier knows: AMD.
    fn default() -> Self {
        Self {
            manufacturer: "id:414D4400".to_owned(),
            model: "faultkey".to_owned(),
            version: "id:00000001".to_owned(),
            // One second, one reset, no restart, and safe.
            clock: [0, 0, 0, 0, 0, 0, 0x03, 0xE8, 0, 0, 0, 1, 0, 0, 0, 0, 1],
            firmware: 1,
        }
    }
}

/// TPM_ALG_RSA, TPM_ALG_SHA256, TPM_ALG_NULL, TPM_ALG_ECC
const RSA: u16 = 0x0001;
const SHA256: u16 = 0x000B;
const NULL: u16 = 0x0010;
const ECC: u16 = 0x0023;

/// TPM attestation (WebAuthn-3 §8.3): the TPM's attestation key certifies (TPM2_Certify) the credential's public area.
pub(super) fn statement(claim: &Claim, attester: &Attester) -> Result<Value, AttestationError> {
    let public_area = public_area(claim.key)?;
    let certified = certify_info(&attester.chip, &public_area, &Sha256::digest(claim.to_be_signed()));
    let signature = attester.sign(&certified)?;
    Ok(cbor::text_map([
        ("alg", Value::from(es256::ES256)),
        ("sig", Value::Bytes(signature)),
        ("ver", Value::from("2.0")),
        ("x5c", x5c(attester.chain("", certificate_extensions(&attester.chip)?)?)),
        ("pubArea", Value::Bytes(public_area)),
        ("certInfo", Value::Bytes(certified)),
    ]))
}

/// TPMT_PUBLIC (TPM 2.0 part 2 §12.2.4).
fn public_area(key: &PrivateKey) -> Result<Vec<u8>, AttestationError> {
    let head = |kind: u16| {
        // objectAttributes: only sign; no authPolicy; neither symmetric algorithm nor scheme.
        let attributes = 0x0004_0000_u32;
        [&kind.to_be_bytes()[..], &SHA256.to_be_bytes(), &attributes.to_be_bytes(), &[0, 0], &NULL.to_be_bytes(), &NULL.to_be_bytes()]
            .concat()
    };
    let elliptic = |curve: u16, point: Vec<u8>| {
        let coordinates = point.get(1..).unwrap_or_default();
        let (x, y) = coordinates.split_at(coordinates.len() / 2);
        [head(ECC), curve.to_be_bytes().to_vec(), NULL.to_be_bytes().to_vec(), sized(x), sized(y)].concat()
    };
    match key {
        PrivateKey::Es256(key) | PrivateKey::Esp256(key) => Ok(elliptic(0x0003, key.public_point()?)),
        PrivateKey::Es384(key) | PrivateKey::Esp384(key) => Ok(elliptic(0x0004, key.public_point()?)),
        PrivateKey::Es512(key) | PrivateKey::Esp512(key) => Ok(elliptic(0x0005, key.public_point()?)),
        PrivateKey::Rsa(key) => {
            let modulus = key.modulus();
            let bits = u16::try_from(modulus.len() * 8).unwrap_or(u16::MAX);
            // The exponent 0 stands for 65,537.
            Ok([head(RSA), bits.to_be_bytes().to_vec(), vec![0; 4], sized(&modulus)].concat())
        }
        other => Err(AttestationError::Algorithm { format: "tpm", algorithm: other.algorithm() }),
    }
}

/// TPMS_ATTEST of type TPM_ST_ATTEST_CERTIFY (TPM 2.0 part 2 §10.12.12).
fn certify_info(chip: &Chip, public_area: &[u8], extra_data: &[u8]) -> Vec<u8> {
    let name = [&SHA256.to_be_bytes()[..], &Sha256::digest(public_area)].concat();
    [
        // TPM_GENERATED_VALUE and the type.
        &[0xFF, 0x54, 0x43, 0x47, 0x80, 0x17][..],
        // No qualifiedSigner.
        &[0, 0],
        &sized(extra_data),
        &chip.clock,
        &chip.firmware.to_be_bytes(),
        &sized(&name),
        // No qualifiedName.
        &[0, 0],
    ]
    .concat()
}

/// A TPM2B: a length of two bytes before the content.
fn sized(content: &[u8]) -> Vec<u8> {
    [&u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes()[..], content].concat()
}

/// WebAuthn-3 §8.3.1: who made the TPM, as an alternative name beside an empty subject, and what the key is for.
fn certificate_extensions(chip: &Chip) -> Result<Vec<x509_cert::ext::Extension>, AttestationError> {
    // 2.23.133.2.1 to 2.23.133.2.3: manufacturer, model, version.
    let attribute = |last: u8, text: &str| sequence(&[element(0x06, &[0x67, 0x81, 0x05, 0x02, last]), element(0x0C, text.as_bytes())]);
    let tpm = set(vec![attribute(1, &chip.manufacturer), attribute(2, &chip.model), attribute(3, &chip.version)]);
    let directory_name = element(0xA4, &sequence(&[tpm]));
    // tcg-kp-AIKCertificate, 2.23.133.8.3.
    let usage = sequence(&[element(0x06, &[0x67, 0x81, 0x05, 0x08, 0x03])]);
    Ok(vec![extension("", "2.5.29.37", false, &usage)?, extension("", "2.5.29.17", true, &sequence(&[directory_name]))?])
}
