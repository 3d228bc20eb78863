//! CBOR: a strict reader (CTAP2.3 §8) and a writer that writes what it is given, in the order it is given.

use ciborium::Value;

/// Writes `value` with the shortest integers and lengths, map pairs in the order they stand.
#[must_use]
pub fn write(_value: &Value) -> Vec<u8> {
    todo!()
}

/// Sorts the pairs of every map in `value` into CTAP2 canonical order (CTAP2.3 §8).
pub fn sort(_value: &mut Value) {
    todo!()
}

/// Reads one value in CTAP2 canonical form that fills `bytes` to the end.
///
/// # Errors
/// What is not canonical, and at which byte.
pub fn read_strict(_bytes: &[u8]) -> Result<Value, CborError> {
    todo!()
}

/// Reads one value from the front of `bytes` in any valid encoding; returns it with the bytes it took. For transcripts, and for parsing what
/// an RP or a faulty authenticator sent.
///
/// # Errors
/// Where the bytes stop being CBOR.
pub fn read_lenient(_bytes: &[u8]) -> Result<(Value, usize), CborError> {
    todo!()
}

/// CBOR that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {what}")]
pub struct CborError {
    /// Where, counted from the start of the CBOR.
    pub offset: usize,
    /// What is wrong there.
    pub what: &'static str,
}
