use ciborium::Value;

use super::{AttestationError, Attester, Claim, x5c};
use crate::algorithm::PrivateKey;
use crate::cbor;

/// FIDO U2F attestation (WebAuthn-3 §8.6): signs what a U2F registration signs, so only a credential on P-256 fits.
pub(super) fn statement(claim: &Claim, attester: &Attester) -> Result<Value, AttestationError> {
    let PrivateKey::Es256(key) = claim.key else {
        return Err(AttestationError::Algorithm { format: "fido-u2f", algorithm: claim.key.algorithm() });
    };
    let data = claim.authenticator_data;
    let credential_id = data.attested_credential_data.as_ref().map(|attested| attested.credential_id.as_slice()).unwrap_or_default();
    let message = [&[0][..], &data.rp_id_hash, claim.client_data_hash, credential_id, &key.public_point()?].concat();
    let certificate = attester.u2f_certificate()?;
    Ok(cbor::text_map([("sig", Value::Bytes(attester.sign(&message)?)), ("x5c", x5c(vec![certificate]))]))
}
