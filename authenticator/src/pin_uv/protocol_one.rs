//! PIN/UV auth protocol one (CTAP2.3 §6.5.6).

use sha2::{Digest, Sha256};

use super::{aes256_cbc_decrypt, aes256_cbc_encrypt, hmac_sha256};

/// SHA-256 of Z.
pub(super) fn kdf(z: &[u8]) -> Vec<u8> {
    Sha256::digest(z).to_vec()
}

/// AES-256-CBC with an initialisation vector of zeros.
pub(super) fn encrypt(key: &[u8], plaintext: &[u8]) -> Vec<u8> {
    aes256_cbc_encrypt(key, &[0; 16], plaintext)
}

pub(super) fn decrypt(key: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    aes256_cbc_decrypt(key, &[0; 16], ciphertext)
}

/// The first 16 bytes of HMAC-SHA-256.
pub(super) fn authenticate(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = hmac_sha256(key, message);
    mac.truncate(16);
    mac
}
