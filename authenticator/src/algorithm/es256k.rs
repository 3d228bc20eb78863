//! ES256K: ECDSA on secp256k1 with SHA-256, deterministic nonces (RFC 6979). COSE algorithm -47 (RFC 8812).

/// ES256K in the IANA COSE registry.
pub const ES256K: i64 = -47;

super::ecdsa::secret_key!(k256, 32, 0xff, "ES256K");
