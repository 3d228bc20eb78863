//! ES256: ECDSA on P-256 with SHA-256, deterministic nonces (RFC 6979). COSE algorithm -7.

/// A P-256 private scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKey(pub [u8; 32]);
