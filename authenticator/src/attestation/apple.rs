use ciborium::Value;
use sha2::{Digest, Sha256};

use super::attester::extension;
use super::der::{element, octets, sequence};
use super::{AttestationError, Attester, Claim, x5c};
use crate::cbor;

/// Apple's extension with the nonce.
const NONCE: &str = "1.2.840.113635.100.8.2";

/// Apple anonymous attestation (WebAuthn-3 §8.8): a certificate for the credential's own key, with the hash of what else would be signed.
pub(super) fn statement(claim: &Claim, attester: &Attester) -> Result<Value, AttestationError> {
    let nonce = Sha256::digest(claim.to_be_signed());
    let nonce = extension(&attester.subject, NONCE, false, &sequence(&[element(0xA1, &octets(&nonce))]))?;
    let chain = attester.chain_of(claim.key, "apple", &attester.subject, vec![nonce])?;
    Ok(cbor::text_map([("x5c", x5c(chain))]))
}
