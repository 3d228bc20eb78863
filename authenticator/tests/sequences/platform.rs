//! The platforms: each has its channel, its key, the secrets it shares with the authenticator, and the tokens it was given.

use std::sync::OnceLock;

use ciborium::Value;
use faultkey_authenticator::pin_uv::{KeyAgreementKey, PinUvAuthProtocol, SharedSecret};
use faultkey_authenticator::{Random, random};

/// A `pinUvAuthToken` as a platform holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token {
    pub protocol: u8,
    pub bytes: [u8; 32],
}

#[derive(Default)]
pub struct Platform {
    /// Secrets of protocol one and two, and the key of the authenticator that they were made with.
    secrets: [Option<(u32, SharedSecret)>; 2],
    /// Oldest first.
    pub tokens: Vec<Token>,
    /// `templateId` of the enrolment that it began.
    pub enrolling: Vec<u8>,
}

/// The key of every platform: making one for each would only cost time.
fn key() -> &'static (KeyAgreementKey, Value) {
    static KEY: OnceLock<(KeyAgreementKey, Value)> = OnceLock::new();
    KEY.get_or_init(|| {
        let key = KeyAgreementKey::generate(&mut random::stream(0, "sequences: platform"));
        let public = key.public_key();
        (key, public)
    })
}

pub fn public_key() -> Value {
    key().1.clone()
}

pub fn protocol(number: u8) -> PinUvAuthProtocol {
    if number == 1 { PinUvAuthProtocol::One } else { PinUvAuthProtocol::Two }
}

impl Platform {
    /// The secret, and the number of the authenticator's key that it was made with.
    pub fn secret(&self, protocol: u8) -> Option<&(u32, SharedSecret)> {
        self.secrets[usize::from(protocol == 2)].as_ref()
    }

    /// Agrees with the authenticator's key number `epoch`. `known`: another platform did, and the platforms have one key.
    pub fn agree(&mut self, number: u8, epoch: u32, theirs: &Value, known: Option<SharedSecret>) -> Result<(), String> {
        let secret = match known {
            Some(secret) => secret,
            None => key().0.agree(protocol(number), theirs).map_err(|refusal| format!("key agreement: {refusal}"))?,
        };
        self.secrets[usize::from(number == 2)] = Some((epoch, secret));
        Ok(())
    }

    pub fn encrypt(&self, number: u8, random: &mut Random, plaintext: &[u8]) -> Vec<u8> {
        match self.secret(number) {
            Some((_, secret)) => secret.encrypt(random, plaintext),
            // Without a secret there is only noise.
            None => vec![0; plaintext.len() + if number == 2 { 16 } else { 0 }],
        }
    }

    pub fn decrypt(&self, number: u8, ciphertext: &[u8]) -> Option<Vec<u8>> {
        self.secret(number)?.1.decrypt(ciphertext)
    }

    pub fn authenticate(&self, number: u8, message: &[u8]) -> Vec<u8> {
        match self.secret(number) {
            Some((_, secret)) => secret.authenticate(message),
            None => vec![0; if number == 2 { 32 } else { 16 }],
        }
    }
}
