//! Signature algorithms. One file each; the next ones stand beside `es256`.

pub mod es256;

/// A private key, with its algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateKey {
    Es256(es256::SecretKey),
}
