//! PIN/UV auth protocols (CTAP2.3 §6.5.4) and what stands on them: key agreement, tokens, permissions, the PIN.

pub(crate) mod complexity;
pub mod key_agreement;
pub mod permissions;
mod pin;
mod protocol_one;
mod protocol_two;
mod token;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

pub use key_agreement::KeyAgreementKey;
pub use permissions::Permissions;
pub(crate) use pin::{Pin, TRIES, TRIES_PER_POWER_CYCLE};
pub(crate) use token::{Bearer, PinUvAuthToken, RpScope};

use crate::Random;

/// A PIN/UV auth protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PinUvAuthProtocol {
    One,
    Two,
}

impl PinUvAuthProtocol {
    /// Its number in messages.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// The protocol of a number in a message.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        [Self::One, Self::Two].into_iter().find(|protocol| protocol.number() == number)
    }

    /// `authenticate(key, message)`, with a token or a shared secret as key.
    #[must_use]
    pub fn authenticate(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        match self {
            Self::One => protocol_one::authenticate(key, message),
            Self::Two => protocol_two::authenticate(key, message),
        }
    }

    /// `verify(key, message, signature)`, in constant time.
    #[must_use]
    pub fn verify(self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        self.authenticate(key, message).ct_eq(signature).into()
    }
}

/// What both sides of a key agreement hold: `kdf(Z)`.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedSecret {
    protocol: PinUvAuthProtocol,
    bytes: Vec<u8>,
}

impl SharedSecret {
    /// From the x coordinate of the agreed point, or from bytes that a test vector gives.
    #[must_use]
    pub fn derive(protocol: PinUvAuthProtocol, z: &[u8]) -> Self {
        let bytes = match protocol {
            PinUvAuthProtocol::One => protocol_one::kdf(z),
            PinUvAuthProtocol::Two => protocol_two::kdf(z),
        };
        Self { protocol, bytes }
    }

    /// The secret with these bytes: 32 for protocol one, 64 for two.
    #[must_use]
    pub fn of(protocol: PinUvAuthProtocol, bytes: &[u8]) -> Self {
        Self { protocol, bytes: bytes.to_vec() }
    }

    #[must_use]
    pub fn protocol(&self) -> PinUvAuthProtocol {
        self.protocol
    }

    /// `encrypt(key, demPlaintext)`: whole blocks of 16 bytes; protocol two draws its initialisation vector from `random`.
    #[must_use]
    pub fn encrypt(&self, random: &mut Random, plaintext: &[u8]) -> Vec<u8> {
        match self.protocol {
            PinUvAuthProtocol::One => protocol_one::encrypt(&self.bytes, plaintext),
            PinUvAuthProtocol::Two => protocol_two::encrypt(&self.bytes, random, plaintext),
        }
    }

    /// The same with a given initialisation vector, which protocol one does without: for test vectors.
    #[must_use]
    pub fn encrypt_with(&self, iv: &[u8; 16], plaintext: &[u8]) -> Vec<u8> {
        match self.protocol {
            PinUvAuthProtocol::One => protocol_one::encrypt(&self.bytes, plaintext),
            PinUvAuthProtocol::Two => protocol_two::encrypt_with(&self.bytes, iv, plaintext),
        }
    }

    /// `decrypt(key, ciphertext)`; `None` when the length can't be that of a ciphertext.
    #[must_use]
    pub fn decrypt(&self, ciphertext: &[u8]) -> Option<Vec<u8>> {
        match self.protocol {
            PinUvAuthProtocol::One => protocol_one::decrypt(&self.bytes, ciphertext),
            PinUvAuthProtocol::Two => protocol_two::decrypt(&self.bytes, ciphertext),
        }
    }

    /// `authenticate(key, message)`.
    #[must_use]
    pub fn authenticate(&self, message: &[u8]) -> Vec<u8> {
        self.protocol.authenticate(&self.bytes, message)
    }

    /// `verify(key, message, signature)`, in constant time.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.protocol.verify(&self.bytes, message, signature)
    }
}

/// Never the bytes: debug output ends up in logs.
impl std::fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SharedSecret({:?})", self.protocol)
    }
}

/// HMAC-SHA-256. A key of any length is one.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// AES-CBC without padding. `None` when `text` is not whole blocks or the key has another length.
fn cbc_encrypt<C: aes::cipher::BlockCipherEncrypt + aes::cipher::KeyInit>(key: &[u8], iv: &[u8], text: &[u8]) -> Option<Vec<u8>>
where
    cbc::Encryptor<C>: aes::cipher::KeyIvInit + aes::cipher::BlockModeEncrypt,
{
    use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::NoPadding};
    if !text.len().is_multiple_of(16) {
        return None;
    }
    Some(cbc::Encryptor::<C>::new_from_slices(key, iv).ok()?.encrypt_padded_vec::<NoPadding>(text))
}

fn aes256_cbc_encrypt(key: &[u8], iv: &[u8; 16], text: &[u8]) -> Vec<u8> {
    cbc_encrypt::<aes::Aes256>(key, iv, text).unwrap_or_default()
}

/// AES-128-CBC over whole blocks, for the encrypted members of getInfo (CTAP2.3 §6.4).
pub(crate) fn aes128_cbc_encrypt(key: &[u8; 16], iv: &[u8; 16], text: &[u8]) -> Vec<u8> {
    cbc_encrypt::<aes::Aes128>(key, iv, text).unwrap_or_default()
}

fn aes256_cbc_decrypt(key: &[u8], iv: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::NoPadding};
    if text.is_empty() || !text.len().is_multiple_of(16) {
        return None;
    }
    cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<NoPadding>(text).ok()
}

#[cfg(test)]
mod tests;
