//! The pinUvAuthToken and its state (CTAP2.3 §6.5.2.1, §6.5.3.2), and how a command is authorized with one.

use std::time::Duration;

use rand::Rng;
use sha2::{Digest, Sha256};

use super::{Permissions, PinUvAuthProtocol};
use crate::device::Device;
use crate::refusal::Refusal;
use crate::{Change, ChannelId, Random, StateKey, Status, StoreError, Time};

/// A token that was never used dies after this long: the limit of USB, BLE and internal transports. It is not rolled.
const INITIAL_USAGE_LIMIT: Duration = Duration::from_secs(30);
/// Presence that came with the token is good for this long.
const USER_PRESENT_LIMIT: Duration = Duration::from_secs(30);
/// No token lives longer.
const MAX_USAGE_PERIOD: Duration = Duration::from_secs(600);

/// The persistent token, made with a PIN or a fingerprint and kept until the PIN changes.
const PERSISTENT_TOKEN: StateKey = StateKey::of("persistent-pin-uv-auth-token");

/// What encIdentifier hides (CTAP2.3 §6.4).
const IDENTIFIER: StateKey = StateKey::of("device-identifier");

/// Both protocols take 32 bytes.
pub(crate) type TokenBytes = [u8; 32];

/// The token in use. Issuing one ends every other, of any protocol (CTAP2.3 §6.5.5.7).
#[derive(Clone)]
pub(crate) struct PinUvAuthToken {
    pub protocol: PinUvAuthProtocol,
    /// Whose it is; on another it is none.
    pub channel: ChannelId,
    pub bytes: TokenBytes,
    pub permissions: Permissions,
    pub rp_id: Option<String>,
    pub user_verified: bool,
    /// Has permissions, a relying party and timers, as CTAP 2.1 has it. Before, it is good for everything until power goes.
    pub is_bound: bool,
    user_present: bool,
    issued: Time,
    is_used: bool,
}

/// What authorized a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bearer {
    /// Nothing: the command needed nothing.
    Nobody,
    Token,
    PersistentToken,
}

/// What a command demands of the token's permissions RP ID.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RpScope<'a> {
    /// Not read.
    Any,
    /// The token must have none: commands over every relying party.
    Unbound,
    /// The same, if the token has one.
    Matching(&'a str),
    /// The same by SHA-256, if the token has one.
    MatchingHash(&'a [u8]),
    /// The same, and the token is bound to it from now on: makeCredential and getAssertion.
    Bind(&'a str),
}

impl PinUvAuthToken {
    /// `resetPinUvAuthToken()` and `beginUsingPinUvAuthToken(userIsPresent)`.
    pub fn issue(
        random: &mut Random,
        now: Time,
        (protocol, channel): (PinUvAuthProtocol, ChannelId),
        permissions: Permissions,
        rp_id: Option<String>,
        user_present: bool,
    ) -> Self {
        let mut bytes = [0; 32];
        random.fill_bytes(&mut bytes);
        Self {
            protocol,
            channel,
            bytes,
            permissions,
            rp_id,
            user_verified: true,
            is_bound: true,
            user_present,
            issued: now,
            is_used: false,
        }
    }

    /// `pinUvAuthTokenUsageTimerObserver()`, looked at when it matters instead of running beside.
    fn is_expired(&self, now: Time) -> bool {
        let age = now - self.issued;
        self.is_bound && (age >= MAX_USAGE_PERIOD || (!self.is_used && age >= INITIAL_USAGE_LIMIT))
    }

    /// `getUserPresentFlagValue()`.
    pub fn is_user_present(&self, now: Time) -> bool {
        self.user_present && now - self.issued < USER_PRESENT_LIMIT
    }

    fn is_in_scope(&self, scope: RpScope) -> bool {
        match (scope, &self.rp_id) {
            (RpScope::Any, _) | (_, None) => true,
            (RpScope::Unbound, Some(_)) => false,
            (RpScope::Matching(rp_id) | RpScope::Bind(rp_id), Some(own)) => own == rp_id,
            (RpScope::MatchingHash(hash), Some(own)) => Sha256::digest(own).as_slice() == hash,
        }
    }
}

fn invalid(why: &'static str) -> Refusal {
    Refusal::rule(Status::PinAuthInvalid, why)
}

impl Device {
    /// The protocol with this number, if the device has it (CTAP2.3 §6.1.2 step 2 and its like in every command).
    pub(crate) fn protocol(&self, number: Option<u64>) -> Result<PinUvAuthProtocol, Refusal> {
        let Some(number) = number else {
            return Err(Refusal::rule(Status::MissingParameter, "pinUvAuthParam comes without pinUvAuthProtocol"));
        };
        let supported = PinUvAuthProtocol::from_number(number).filter(|protocol| self.protocols().contains(protocol));
        supported.ok_or_else(|| Refusal::rule(Status::InvalidParameter, "the authenticator does not support this pinUvAuthProtocol"))
    }

    /// The token in use on this channel; one whose time is over is stopped first.
    pub(crate) fn token(&mut self, now: Time) -> Option<&mut PinUvAuthToken> {
        if self.token.as_ref().is_some_and(|token| token.is_expired(now)) {
            self.token = None;
        }
        let channel = self.channel;
        self.token.as_mut().filter(|token| token.channel == channel)
    }

    /// Authorizes a command: `param` must be the token's signature over `message`, the token must have one of `permissions`, and its
    /// permissions RP ID must fit. With `pcmr` among `permissions` the persistent token is taken as well.
    ///
    /// Errors are those of every command that takes pinUvAuthParam: `PUAT_REQUIRED`, `MISSING_PARAMETER`, `INVALID_PARAMETER`,
    /// `PIN_AUTH_INVALID`. Only makeCredential and getAssertion need the flag "user verified", see [`Device::token`].
    pub(crate) fn check_pin_uv_auth(
        &mut self,
        now: Time,
        param: Option<&[u8]>,
        protocol: Option<u64>,
        message: &[u8],
        permissions: Permissions,
        scope: RpScope,
    ) -> Result<Bearer, Refusal> {
        let Some(param) = param else {
            return Err(Refusal::rule(Status::PuatRequired, "the command needs pinUvAuthParam"));
        };
        let protocol = self.protocol(protocol)?;
        if permissions.has_any(Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ)
            && self.persistent_token()?.is_some_and(|token| protocol.verify(&token, message, param))
        {
            return Ok(Bearer::PersistentToken);
        }
        let Some(token) = self.token(now).filter(|token| token.protocol == protocol) else {
            return Err(invalid("no pinUvAuthToken of this protocol is in use on this channel"));
        };
        if !protocol.verify(&token.bytes, message, param) {
            return Err(invalid("pinUvAuthParam is not the token's over this request"));
        }
        if !token.permissions.has_any(permissions) {
            return Err(invalid("the token lacks the permission"));
        }
        if !token.is_in_scope(scope) {
            return Err(invalid("the token is bound to another relying party"));
        }
        token.is_used = true;
        if let (true, RpScope::Bind(rp_id), None) = (token.is_bound, scope, &token.rp_id) {
            token.rp_id = Some(rp_id.to_owned());
        }
        Ok(Bearer::Token)
    }

    /// Whether what authorized the first command of a sequence is still good: the sequence ends with the token (CTAP2.3 §6).
    pub(crate) fn lasts(&mut self, now: Time, bearer: Bearer) -> bool {
        bearer != Bearer::Token || self.token(now).is_some()
    }

    /// After a test of user presence: `clearUserPresentFlag()`, `clearUserVerifiedFlag()`, `clearPinUvAuthTokenPermissionsExceptLbw()`
    /// (CTAP2.3 §6.1.2 step 14.4, §6.2.2 step 9.4).
    pub(crate) fn spend_token(&mut self) {
        let channel = self.channel;
        if let Some(token) = self.token.as_mut().filter(|token| token.channel == channel && token.is_bound) {
            token.user_present = false;
            token.user_verified = false;
            token.permissions = token.permissions.of(Permissions::LARGE_BLOB_WRITE);
        }
    }

    /// The persistent token, if one was ever issued since the PIN was set.
    pub(crate) fn persistent_token(&self) -> Result<Option<TokenBytes>, StoreError> {
        Ok(self.store.state(&PERSISTENT_TOKEN)?.and_then(|bytes| bytes.try_into().ok()))
    }

    /// The persistent token, made durably if there is none yet.
    pub(crate) fn issue_persistent_token(&mut self) -> Result<TokenBytes, StoreError> {
        if let Some(token) = self.persistent_token()? {
            return Ok(token);
        }
        let mut bytes = [0; 32];
        self.apart.fill_bytes(&mut bytes);
        let mut changes = vec![Change::SetState(PERSISTENT_TOKEN, bytes.to_vec())];
        if self.store.state(&IDENTIFIER)?.is_none() {
            let mut identifier = [0; 16];
            self.apart.fill_bytes(&mut identifier);
            changes.push(Change::SetState(IDENTIFIER, identifier.to_vec()));
        }
        let _durable = self.store.commit(&changes)?;
        Ok(bytes)
    }

    /// The device's identifier, which lives until a reset; zeros before the first persistent token.
    pub(crate) fn identifier(&self) -> Result<[u8; 16], StoreError> {
        Ok(self.store.state(&IDENTIFIER)?.and_then(|bytes| bytes.try_into().ok()).unwrap_or_default())
    }

    /// `resetPersistentPinUvAuthToken()`, to be committed with what makes it necessary.
    pub(crate) fn without_persistent_token() -> Change {
        Change::RemoveState(PERSISTENT_TOKEN)
    }
}
