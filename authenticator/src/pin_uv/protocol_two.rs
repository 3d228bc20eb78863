//! PIN/UV auth protocol two (CTAP2.3 §6.5.7).

use hkdf::Hkdf;
use rand::Rng;
use sha2::Sha256;

use super::{aes256_cbc_decrypt, aes256_cbc_encrypt, hmac_sha256};
use crate::Random;

/// Where the key for encryption begins in the shared secret; before it stands the one for authentication.
const AES_KEY: usize = 32;

/// Two keys of 32 bytes: one for HMAC, one for AES.
pub(super) fn kdf(z: &[u8]) -> Vec<u8> {
    let hkdf = Hkdf::<Sha256>::new(Some(&[0; 32]), z);
    let mut secret = vec![0; 64];
    for (info, key) in [&b"CTAP2 HMAC key"[..], b"CTAP2 AES key"].into_iter().zip(secret.chunks_mut(AES_KEY)) {
        // 32 bytes are far below what HKDF can give.
        let _ = hkdf.expand(info, key);
    }
    secret
}

/// AES-256-CBC; the random initialisation vector goes before the ciphertext.
pub(super) fn encrypt(secret: &[u8], random: &mut Random, plaintext: &[u8]) -> Vec<u8> {
    let mut iv = [0; 16];
    random.fill_bytes(&mut iv);
    encrypt_with(secret, &iv, plaintext)
}

pub(super) fn encrypt_with(secret: &[u8], iv: &[u8; 16], plaintext: &[u8]) -> Vec<u8> {
    let key = secret.get(AES_KEY..).unwrap_or_default();
    [&iv[..], &aes256_cbc_encrypt(key, iv, plaintext)].concat()
}

pub(super) fn decrypt(secret: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    let (iv, ciphertext) = ciphertext.split_first_chunk::<16>()?;
    aes256_cbc_decrypt(secret.get(AES_KEY..)?, iv, ciphertext)
}

/// HMAC-SHA-256 with the first 32 bytes of the key: all of a token, the first half of a shared secret.
pub(super) fn authenticate(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac_sha256(key.get(..AES_KEY).unwrap_or(key), message)
}
