//! ES384 and ESP384: ECDSA on P-384 with SHA-384, deterministic nonces (RFC 6979). COSE algorithms -35 and -51.

/// ES384 in the IANA COSE registry.
pub const ES384: i64 = -35;
/// ESP384: the same, with the curve in its name (RFC 9864).
pub const ESP384: i64 = -51;

super::ecdsa::secret_key!(p384, 48, 0xff, "ES384");
