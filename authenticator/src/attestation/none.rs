use ciborium::Value;

/// No attestation (WebAuthn-3 §8.7): an empty map.
pub(super) fn statement() -> Value {
    Value::Map(Vec::new())
}
