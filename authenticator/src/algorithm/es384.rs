//! ES384 and ESP384: ECDSA on P-384 with SHA-384, deterministic nonces (RFC 6979). COSE algorithms -35 and -51.

use p384::ecdsa::signature::Signer;
use p384::ecdsa::{Signature, SigningKey};
use rand::Rng;

use super::InvalidKey;
use crate::Random;

/// ES384 in the IANA COSE registry.
pub const ES384: i64 = -35;
/// ESP384: the same, with the curve in its name (RFC 9864).
pub const ESP384: i64 = -51;

const INVALID: InvalidKey = InvalidKey("ES384");

/// A P-384 private scalar.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(pub [u8; 48]);

impl SecretKey {
    /// A new key drawn from `random`.
    #[must_use]
    pub fn generate(random: &mut Random) -> Self {
        // All but very few draws are valid scalars.
        loop {
            let mut scalar = [0; 48];
            random.fill_bytes(&mut scalar);
            let key = Self(scalar);
            if key.is_valid() {
                return key;
            }
        }
    }

    /// Whether the scalar is from 1 to the order of the curve; cheap, without the public key.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        p384::SecretKey::from_slice(&self.0).is_ok()
    }

    /// The public key as an uncompressed point (SEC 1 §2.3.3).
    ///
    /// # Errors
    /// [`InvalidKey`] when the scalar is zero or not below the order of the curve.
    pub fn public_point(&self) -> Result<Vec<u8>, InvalidKey> {
        Ok(self.signing_key()?.verifying_key().to_sec1_point(false).as_bytes().to_vec())
    }

    /// The DER signature over `message` (WebAuthn-3 §6.5.5), its nonce by RFC 6979.
    ///
    /// # Errors
    /// As [`SecretKey::public_point`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, InvalidKey> {
        let signature: Signature = self.signing_key()?.try_sign(message).map_err(|_| INVALID)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn signing_key(&self) -> Result<SigningKey, InvalidKey> {
        SigningKey::from_slice(&self.0).map_err(|_| INVALID)
    }
}

/// Never the scalar: debug output ends up in logs.
impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}
