//! The platform's side of authenticatorClientPIN (CTAP2.3 §6.5.5): key agreement, the PIN that the user types, and the token that it buys.

use ciborium::Value;
use faultkey_authenticator::Status;
use faultkey_authenticator::pin_uv::{KeyAgreementKey, Permissions, PinUvAuthProtocol, SharedSecret};
use faultkey_transport::Transport;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::User;
use crate::authenticator_info::AuthenticatorInfo;
use crate::ctap_reply::{Fields, Malformed};
use crate::ctap_request::client_pin;
use crate::dialog::{Dialog, Ended};
use crate::user::{NewPinRefused, PinPrompt};

const GET_PIN_RETRIES: u8 = 0x01;
const GET_KEY_AGREEMENT: u8 = 0x02;
const SET_PIN: u8 = 0x03;
const CHANGE_PIN: u8 = 0x04;
const GET_PIN_TOKEN: u8 = 0x05;
const GET_TOKEN_USING_UV: u8 = 0x06;
const GET_TOKEN_USING_PIN: u8 = 0x09;

/// A correct authenticator is blocked long before.
const PROMPT_LIMIT: usize = 16;
/// CTAP2.3 §6.5.1: bytes of UTF-8.
const LONGEST_PIN: usize = 63;
const PADDED_PIN: usize = 64;

/// A pinUvAuthToken.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    protocol: PinUvAuthProtocol,
    bytes: Vec<u8>,
}

impl Token {
    /// `pinUvAuthProtocol`
    #[must_use]
    pub fn protocol(&self) -> u64 {
        self.protocol.number()
    }

    /// `pinUvAuthParam` over this message.
    #[must_use]
    pub fn authenticate(&self, message: &[u8]) -> Vec<u8> {
        self.protocol.authenticate(&self.bytes, message)
    }
}

/// Never the bytes: debug output ends up in logs.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({:?})", self.protocol)
    }
}

/// What a token is for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub permissions: Permissions,
    pub rp_id: &'a str,
}

/// A secret agreed on with the authenticator.
pub struct Agreed {
    pub key: KeyAgreementKey,
    pub shared: SharedSecret,
}

/// `encapsulate` (CTAP2.3 §6.5.6), with a new key of the platform.
pub fn agree<T: Transport, U: User>(dialog: &mut Dialog<'_, T, U>, info: &AuthenticatorInfo) -> Result<Agreed, Ended> {
    // The authenticator's favourite; one of CTAP 2.0 names none and means one.
    let protocol = info.pin_uv_auth_protocols.iter().find_map(|number| PinUvAuthProtocol::from_number(*number));
    let protocol = protocol.unwrap_or(PinUvAuthProtocol::One);
    let reply = dialog.ask(&client_pin(protocol.number(), GET_KEY_AGREEMENT, Vec::new()))?;
    let peer = Fields::of("the clientPIN reply", &reply)?.required(0x01, "keyAgreement", |value| value.is_map().then_some(value))?;
    let key = KeyAgreementKey::generate(dialog.random);
    let shared = key.agree(protocol, peer).map_err(|refusal| Malformed(refusal.to_string()))?;
    Ok(Agreed { key, shared })
}

impl Agreed {
    pub fn protocol(&self) -> u64 {
        self.shared.protocol().number()
    }

    fn request(&self, sub_command: u8, mut more: Vec<(u8, Value)>) -> Vec<u8> {
        more.push((0x03, self.key.public_key()));
        client_pin(self.protocol(), sub_command, more)
    }

    /// The request for a token, for these permissions if the authenticator knows of any.
    fn token_request(&self, sub_command: u8, mut more: Vec<(u8, Value)>, scope: Scope<'_>) -> Vec<u8> {
        if sub_command != GET_PIN_TOKEN {
            more.push((0x09, scope.permissions.0.into()));
            more.push((0x0A, scope.rp_id.into()));
        }
        self.request(sub_command, more)
    }

    fn token(&self, reply: &Value) -> Result<Token, Ended> {
        let encrypted = Fields::of("the clientPIN reply", reply)?.required(0x02, "pinUvAuthToken", Value::as_bytes)?;
        let bytes = self.shared.decrypt(encrypted).filter(|bytes| matches!(bytes.len(), 16 | 32));
        let bytes = bytes.ok_or_else(|| Malformed("the pinUvAuthToken is neither 16 nor 32 bytes long".into()))?;
        Ok(Token { protocol: self.shared.protocol(), bytes })
    }
}

/// getPinUvAuthTokenUsingUvWithPermissions (CTAP2.3 §6.5.5.7.3), as often as the authenticator lets the platform try.
pub fn by_verification<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    scope: Scope<'_>,
) -> Result<Token, Ended> {
    let mut tries = info.preferred_platform_uv_attempts.clamp(1, PROMPT_LIMIT);
    loop {
        let agreed = agree(dialog, info)?;
        let result = dialog.ask(&agreed.token_request(GET_TOKEN_USING_UV, Vec::new(), scope));
        tries -= 1;
        match result {
            Err(Ended::Status(Status::UvInvalid)) if tries > 0 => {}
            result => return agreed.token(&result?),
        }
    }
}

/// getPinUvAuthTokenUsingPinWithPermissions, or getPinToken where there are no permissions (CTAP2.3 §6.5.5.7.1, §6.5.5.7.2), with the PIN that
/// the user types. A wrong one is asked for again, until the authenticator takes no more.
pub fn by_pin<T: Transport, U: User>(dialog: &mut Dialog<'_, T, U>, info: &AuthenticatorInfo, scope: Scope<'_>) -> Result<Token, Ended> {
    let mut was_wrong = false;
    for _ in 0..PROMPT_LIMIT {
        let pin = enter(dialog, info, was_wrong)?;
        let token = if info.force_pin_change {
            change(dialog, info, &pin).and_then(|new| with_pin(dialog, info, &new, scope))
        } else {
            with_pin(dialog, info, &pin, scope)
        };
        match token {
            Err(Ended::Status(Status::PinInvalid)) => was_wrong = true,
            token => return token,
        }
    }
    Err(Ended::Malformed(format!("the authenticator took {PROMPT_LIMIT} wrong PINs")))
}

fn with_pin<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    pin: &str,
    scope: Scope<'_>,
) -> Result<Token, Ended> {
    // Anew each time: after a wrong PIN the authenticator has another key (CTAP2.3 §6.5.5.7.2).
    let agreed = agree(dialog, info)?;
    let pin_hash_enc = Value::Bytes(agreed.shared.encrypt(dialog.random, &hash(pin)));
    let sub_command = if info.pin_uv_auth_token { GET_TOKEN_USING_PIN } else { GET_PIN_TOKEN };
    let reply = dialog.ask(&agreed.token_request(sub_command, vec![(0x06, pin_hash_enc)], scope))?;
    agreed.token(&reply)
}

/// A first PIN, chosen by the user, who may decline: `false`.
pub fn set<T: Transport, U: User>(dialog: &mut Dialog<'_, T, U>, info: &AuthenticatorInfo) -> Result<bool, Ended> {
    let store = |dialog: &mut Dialog<'_, T, U>, new: &str| {
        let agreed = agree(dialog, info)?;
        let new_pin_enc = agreed.shared.encrypt(dialog.random, &padded(new));
        let param = agreed.shared.authenticate(&new_pin_enc);
        dialog.send(&agreed.request(SET_PIN, vec![(0x04, Value::Bytes(param)), (0x05, Value::Bytes(new_pin_enc))]))
    };
    match choose(dialog, info, store) {
        Ok(_) => Ok(true),
        Err(Ended::User) => Ok(false),
        Err(ended) => Err(ended),
    }
}

/// Another PIN, which the authenticator demands (`forcePINChange`).
fn change<T: Transport, U: User>(dialog: &mut Dialog<'_, T, U>, info: &AuthenticatorInfo, old: &str) -> Result<String, Ended> {
    choose(dialog, info, |dialog: &mut Dialog<'_, T, U>, new| {
        let agreed = agree(dialog, info)?;
        let new_pin_enc = agreed.shared.encrypt(dialog.random, &padded(new));
        let pin_hash_enc = agreed.shared.encrypt(dialog.random, &hash(old));
        let param = agreed.shared.authenticate(&[new_pin_enc.as_slice(), &pin_hash_enc].concat());
        let more = vec![(0x04, Value::Bytes(param)), (0x05, Value::Bytes(new_pin_enc)), (0x06, Value::Bytes(pin_hash_enc))];
        dialog.send(&agreed.request(CHANGE_PIN, more))
    })
}

/// Asks for the PIN, and says how many tries are left (getPINRetries, CTAP2.3 §6.5.5.2).
fn enter<T: Transport, U: User>(dialog: &mut Dialog<'_, T, U>, info: &AuthenticatorInfo, was_wrong: bool) -> Result<String, Ended> {
    let protocol = info.pin_uv_auth_protocols.first().copied().unwrap_or(1);
    let reply = dialog.ask(&client_pin(protocol, GET_PIN_RETRIES, Vec::new()))?;
    let fields = Fields::of("the clientPIN reply", &reply)?;
    let tries_left = fields.required(0x03, "pinRetries", |value| value.as_integer().and_then(|tries| u8::try_from(tries).ok()))?;
    if tries_left == 0 {
        return Err(Ended::Status(Status::PinBlocked));
    }
    if fields.optional(0x04, "powerCycleState", Value::as_bool)? == Some(true) {
        return Err(Ended::Status(Status::PinAuthBlocked));
    }
    type_in(dialog, PinPrompt::Enter { tries_left, was_wrong })
}

/// Asks for a new PIN until `store` has stored one, and gives it back.
fn choose<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    mut store: impl FnMut(&mut Dialog<'_, T, U>, &str) -> Result<Option<Value>, Ended>,
) -> Result<String, Ended> {
    let min_length = info.min_pin_length;
    let mut refused = None;
    for _ in 0..PROMPT_LIMIT {
        let pin = type_in(dialog, PinPrompt::Choose { min_length, refused })?;
        refused = match () {
            () if pin.chars().count() < min_length => Some(NewPinRefused::TooShort),
            () if pin.len() > LONGEST_PIN => Some(NewPinRefused::TooLong),
            () => match store(dialog, &pin) {
                Ok(_) => return Ok(pin),
                Err(Ended::Status(Status::PinPolicyViolation)) => Some(NewPinRefused::ByThePolicy),
                Err(ended) => return Err(ended),
            },
        };
    }
    Err(Ended::User)
}

/// What the user types, in Normalization Form C (CTAP2.3 §6.5.1). The transcript says that it was typed, and never what.
fn type_in<T: Transport, U: User>(dialog: &mut Dialog<'_, T, U>, prompt: PinPrompt) -> Result<String, Ended> {
    dialog.asks(prompt.to_string());
    let Some(typed) = dialog.user.pin(&prompt) else {
        dialog.answered("cancelled");
        return Err(Ended::User);
    };
    dialog.pass(typed.after)?;
    dialog.answered("typed a PIN");
    Ok(typed.pin.nfc().collect())
}

/// `LEFT(SHA-256(PIN), 16)`
fn hash(pin: &str) -> Vec<u8> {
    Sha256::digest(pin).iter().take(16).copied().collect()
}

fn padded(pin: &str) -> Vec<u8> {
    let mut bytes = pin.as_bytes().to_vec();
    bytes.resize(PADDED_PIN, 0);
    bytes
}
