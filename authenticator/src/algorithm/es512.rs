//! ES512 and ESP512: ECDSA on P-521 with SHA-512, deterministic nonces (RFC 6979). COSE algorithms -36 and -52.

/// ES512 in the IANA COSE registry.
pub const ES512: i64 = -36;
/// ESP512: the same, with the curve in its name (RFC 9864).
pub const ESP512: i64 = -52;

// The order has 521 bits: one bit of the first byte.
super::ecdsa::secret_key!(p521, 66, 0x01, "ES512");
