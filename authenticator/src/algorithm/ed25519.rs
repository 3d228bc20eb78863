//! EdDSA on Ed25519 (RFC 8032). COSE algorithms -8, whose curve WebAuthn fixes, and -19, which names it (RFC 9864).

use ed25519_dalek::{Signer, SigningKey};
use rand::Rng;

use crate::Random;

/// EdDSA in the IANA COSE registry; Ed25519 in WebAuthn (WebAuthn-3 §5.8.5).
pub const EDDSA: i64 = -8;
/// Ed25519 in the IANA COSE registry.
pub const ED25519: i64 = -19;

/// The 32-byte secret of RFC 8032 §5.1.5. Any bytes are a key.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(pub [u8; 32]);

impl SecretKey {
    /// A new key drawn from `random`.
    #[must_use]
    pub fn generate(random: &mut Random) -> Self {
        let mut seed = [0; 32];
        random.fill_bytes(&mut seed);
        Self(seed)
    }

    /// The public key, 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        SigningKey::from_bytes(&self.0).verifying_key().to_bytes()
    }

    /// The signature over `message`, 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        SigningKey::from_bytes(&self.0).sign(message).to_bytes().to_vec()
    }
}

/// Never the secret: debug output ends up in logs.
impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}
