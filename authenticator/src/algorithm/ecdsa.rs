//! What every ECDSA algorithm here has in common. The curves' crates offer the same names, so one definition serves them all.

/// Defines `SecretKey`: a private scalar on the curve of `$curve`, `$length` bytes long. `$mask` keeps the bits of the first byte that the
/// order of the curve has.
macro_rules! secret_key {
    ($curve:ident, $length:literal, $mask:literal, $name:literal) => {
        use $curve::ecdsa::signature::{RandomizedSigner, Signer};
        use $curve::ecdsa::{Signature, SigningKey};

        const INVALID: $crate::algorithm::InvalidKey = $crate::algorithm::InvalidKey($name);

        /// A private scalar, big endian.
        #[derive(Clone, PartialEq, Eq)]
        pub struct SecretKey(pub [u8; $length]);

        impl SecretKey {
            /// A new key drawn from `random`.
            #[must_use]
            pub fn generate(random: &mut $crate::Random) -> Self {
                // Draws that are no valid scalar are drawn again.
                loop {
                    let mut scalar = [0; $length];
                    rand::Rng::fill_bytes(random, &mut scalar);
                    scalar[0] &= $mask;
                    let key = Self(scalar);
                    if key.is_valid() {
                        return key;
                    }
                }
            }

            /// Whether the scalar is from 1 to the order of the curve; cheap, without the public key.
            #[must_use]
            pub fn is_valid(&self) -> bool {
                $curve::SecretKey::from_slice(&self.0).is_ok()
            }

            /// The public key as an uncompressed point (SEC 1 §2.3.3).
            ///
            /// # Errors
            /// [`InvalidKey`](crate::algorithm::InvalidKey) when the scalar is zero or not below the order of the curve.
            pub fn public_point(&self) -> Result<Vec<u8>, $crate::algorithm::InvalidKey> {
                Ok(self.signing_key()?.verifying_key().to_sec1_point(false).as_bytes().to_vec())
            }

            /// The DER signature over `message` (WebAuthn-3 §6.5.5), its nonce by RFC 6979.
            ///
            /// Both its numbers are as long as they can be: a signature with a leading zero byte in one (1 of 128, by chance) is made again with
            /// another nonce (RFC 6979 §3.6). Servers that refuse those are found by the fault `short-signature`, and by nothing else, ever again.
            /// Not for P-521, where the first byte has one bit.
            ///
            /// # Errors
            /// As [`SecretKey::public_point`].
            pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, $crate::algorithm::InvalidKey> {
                let key = self.signing_key()?;
                let mut signature: Signature = key.try_sign(message).map_err(|_| INVALID)?;
                let mut further = $crate::random::stream(0, "further data for the nonce");
                while $mask == 0xff && [signature.r().to_bytes()[0], signature.s().to_bytes()[0]].contains(&0) {
                    signature = key.try_sign_with_rng(&mut further, message).map_err(|_| INVALID)?;
                }
                Ok(signature.to_der().as_bytes().to_vec())
            }

            fn signing_key(&self) -> Result<SigningKey, $crate::algorithm::InvalidKey> {
                SigningKey::from_slice(&self.0).map_err(|_| INVALID)
            }
        }

        /// Never the scalar: debug output ends up in logs.
        impl std::fmt::Debug for SecretKey {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("SecretKey(..)")
            }
        }
    };
}
pub(super) use secret_key;
