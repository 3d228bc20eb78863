//! User verification: how the authenticator learns that the user is the right one (CTAP2.3 §6.1.2, §6.2.2, §6.5.5.7).

use ciborium::Value;
use faultkey_authenticator::Status;
use faultkey_authenticator::pin_uv::Permissions;
use faultkey_transport::Transport;

use crate::User;
use crate::authenticator_info::AuthenticatorInfo;
use crate::dialog::{Dialog, Ended};
use crate::options::Requirement;
use crate::pin::{self, Scope, Token};

/// The way that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The user isn't verified.
    Not,
    /// By what is built in: the `uv` option.
    BuiltIn,
    /// By a token that was got before.
    Token(Token),
}

impl Verification {
    #[must_use]
    pub fn token(&self) -> Option<&Token> {
        match self {
            Self::Token(token) => Some(token),
            Self::Not | Self::BuiltIn => None,
        }
    }
}

/// What is wanted of it.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    pub requirement: Requirement,
    /// The authenticator would refuse, or do less than is wanted, without.
    pub needed: bool,
    pub scope: Scope<'a>,
}

/// Takes the first way that this authenticator has: what is built in, then the PIN, then a PIN that the user sets for it.
pub fn obtain<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    wish: &Wish<'_>,
) -> Result<Verification, Ended> {
    if wish.requirement == Requirement::Discouraged && !wish.needed {
        return Ok(Verification::Not);
    }
    if info.verifies_users() {
        // Where the `uv` option does, it is taken: it asks the user once, and an authenticator of CTAP 2.0 has nothing else.
        let needs_token = wish.scope.permissions.has_any(Permissions::LARGE_BLOB_WRITE) && info.pin_uv_auth_token;
        if !needs_token {
            return Ok(Verification::BuiltIn);
        }
        match pin::by_verification(dialog, info, wish.scope) {
            Err(Ended::Status(Status::UvInvalid | Status::UvBlocked)) if info.takes_pin() => {}
            token => return token.map(Verification::Token),
        }
    }
    if info.takes_pin() {
        return pin::by_pin(dialog, info, wish.scope).map(Verification::Token);
    }
    let must = wish.requirement == Requirement::Required || info.always_verifies;
    if must && info.may_set_pin() && pin::set(dialog, info)? {
        return pin::by_pin(dialog, info, wish.scope).map(Verification::Token);
    }
    match wish.requirement {
        Requirement::Required => Err(Ended::Unsuitable("the options require user verification, and its PIN is not set".into())),
        Requirement::Preferred | Requirement::Discouraged => Ok(Verification::Not),
    }
}

/// Sends a request that depends on the verification. Where built-in verification is blocked and there is a PIN, the PIN takes its place
/// (CTAP2.3 §6.1.2 and §6.2.2: PUAT_REQUIRED); a user who gives none leaves it at what the authenticator said.
pub fn ask<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    scope: Scope<'_>,
    verification: &mut Verification,
    request: impl Fn(&Verification) -> Vec<u8>,
) -> Result<Value, Ended> {
    let refused = match dialog.ask(&request(verification)) {
        Err(Ended::Status(status)) => status,
        other => return other,
    };
    let may_go_on = verification.token().is_none() && info.takes_pin();
    if !may_go_on || !matches!(refused, Status::PuatRequired | Status::UvBlocked) {
        return Err(Ended::Status(refused));
    }
    match pin::by_pin(dialog, info, scope) {
        Ok(token) => *verification = Verification::Token(token),
        Err(Ended::User) => return Err(Ended::Status(refused)),
        Err(ended) => return Err(ended),
    }
    dialog.ask(&request(verification))
}
