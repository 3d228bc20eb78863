//! Ed448 (RFC 8032), pure and with an empty context. COSE algorithm -53 (RFC 9864).

use ed448_goldilocks::SigningKey;
use rand::Rng;

use super::InvalidKey;
use crate::Random;

/// Ed448 in the IANA COSE registry.
pub const ED448: i64 = -53;

/// The 57-byte secret of RFC 8032 §5.2.5.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(pub [u8; 57]);

impl SecretKey {
    /// A new key drawn from `random`.
    #[must_use]
    pub fn generate(random: &mut Random) -> Self {
        let mut seed = [0; 57];
        random.fill_bytes(&mut seed);
        Self(seed)
    }

    /// The public key, 57 bytes.
    ///
    /// # Errors
    /// [`InvalidKey`] when the library refuses the secret.
    pub fn public_key(&self) -> Result<[u8; 57], InvalidKey> {
        Ok(self.signing_key()?.verifying_key().to_bytes())
    }

    /// The signature over `message`, 114 bytes.
    ///
    /// # Errors
    /// As [`SecretKey::public_key`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, InvalidKey> {
        Ok(self.signing_key()?.sign_raw(message).to_bytes().to_vec())
    }

    fn signing_key(&self) -> Result<SigningKey, InvalidKey> {
        SigningKey::try_from(self.0.as_slice()).map_err(|_| InvalidKey("Ed448"))
    }
}

/// Never the secret: debug output ends up in logs.
impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}
