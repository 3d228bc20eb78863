//! Signature algorithms. One file each; the next ones stand beside `es256`.

pub mod es256;

use ciborium::Value;

use crate::Random;

/// COSE identifiers of the algorithms that this crate can sign with.
pub const SUPPORTED: [i64; 1] = [es256::COSE_ALGORITHM];

/// A private key, with its algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateKey {
    Es256(es256::SecretKey),
}

impl PrivateKey {
    /// A new key for the COSE algorithm `algorithm`, drawn from `random`; `None` when the algorithm is not one of [`SUPPORTED`].
    #[must_use]
    pub fn generate(algorithm: i64, random: &mut Random) -> Option<Self> {
        match algorithm {
            es256::COSE_ALGORITHM => Some(Self::Es256(es256::SecretKey::generate(random))),
            _ => None,
        }
    }

    /// The COSE identifier of its algorithm.
    #[must_use]
    pub fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => es256::COSE_ALGORITHM,
        }
    }

    /// Whether its bytes are a key of its algorithm.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        match self {
            Self::Es256(key) => key.is_valid(),
        }
    }

    /// The public key as a COSE_Key, its pairs in canonical order.
    ///
    /// # Errors
    /// [`InvalidKey`] when the private key is not one of its algorithm.
    pub fn cose_public_key(&self) -> Result<Value, InvalidKey> {
        match self {
            Self::Es256(key) => key.cose_public_key(),
        }
    }

    /// The signature over `message`, in the form that WebAuthn asks of its algorithm (WebAuthn-3 §6.5.5).
    ///
    /// # Errors
    /// As [`PrivateKey::cose_public_key`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, InvalidKey> {
        match self {
            Self::Es256(key) => key.sign(message),
        }
    }
}

/// The bytes of a private key are not a key of its algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the private key is not a valid {0} key")]
pub struct InvalidKey(pub &'static str);
