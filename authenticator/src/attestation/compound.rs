use ciborium::Value;

use super::{AttestationError, Attester, Claim, packed, tpm};
use crate::cbor;

/// Compound attestation (WebAuthn-3 §8.9): at least two statements, each with its format, over the same credential.
pub(super) fn statement(claim: &Claim, attester: &Attester) -> Result<Value, AttestationError> {
    let part = |format: &str, statement| cbor::text_map([("fmt", Value::from(format)), ("attStmt", statement)]);
    Ok(Value::Array(vec![part("packed", packed::statement(claim, attester)?), part("tpm", tpm::statement(claim, attester)?)]))
}
