//! Tokens: how they are got, what they are good for, when they die (CTAP2.3 §6.5.2.1, §6.5.5.7), and built-in verification.

use faultkey_authenticator::config::BuiltInVerification;
use faultkey_authenticator::{Prompt, Status};

use super::{Durable, InUse, Run, STATE_TIMEOUT, Since, Stop, Verdict, declined, must, refuse, wrong};
use crate::action::Answer;
use crate::platform::Token;
use crate::request::{self, Param};

pub const MC: u8 = 0x01;
pub const GA: u8 = 0x02;
pub const CM: u8 = 0x04;
pub const BE: u8 = 0x08;
pub const LBW: u8 = 0x10;
pub const ACFG: u8 = 0x20;
pub const PCMR: u8 = 0x40;
/// The prototypes are older than permissions.
pub const ANY: u8 = 0x3F;

/// Of a token that no platform could read.
const UNKNOWN: [u8; 32] = [0xDD; 32];

const UNUSED: u64 = 30_000;
const PRESENT: u64 = 30_000;
const LIFETIME: u64 = 600_000;

/// What a command asks of the token's RP ID.
pub enum Scope<'a> {
    Any,
    Unbound,
    Of(&'a str),
}

impl Run<'_, '_> {
    pub(super) fn pin_token(&mut self) -> Verdict<()> {
        if !self.model.config.protection.client_pin {
            return refuse(Status::InvalidSubcommand);
        }
        self.may_try()?;
        self.try_pin()?;
        if self.model.durable.settings.force_change {
            return refuse(Status::PinInvalid);
        }
        let permissions = match self.model.config.protection.no_mc_ga_permissions_with_client_pin {
            _ if !self.model.is_2_1() => ANY,
            true => 0,
            false => MC | GA,
        };
        self.issue(permissions, None, false)
    }

    pub(super) fn token_by_pin(&mut self, permissions: u8, rp: Option<u8>) -> Verdict<()> {
        let protection = self.model.config.protection.clone();
        if !protection.client_pin || !protection.pin_uv_auth_token {
            return refuse(Status::InvalidSubcommand);
        }
        self.check_permissions(permissions, rp, protection.no_mc_ga_permissions_with_client_pin, protection.authenticator_config)?;
        self.may_try()?;
        self.try_pin()?;
        if self.model.durable.settings.force_change {
            return refuse(Status::PinPolicyViolation);
        }
        self.issue(permissions & 0x7F, rp, false)
    }

    pub(super) fn token_by_finger(&mut self, permissions: u8, rp: Option<u8>) -> Verdict<()> {
        let protection = self.model.config.protection.clone();
        if self.model.config.verification == BuiltInVerification::Absent || !protection.pin_uv_auth_token {
            return refuse(Status::InvalidSubcommand);
        }
        let may_configure = protection.authenticator_config && protection.uv_authenticator_config;
        self.check_permissions(permissions, rp, false, may_configure)?;
        if !self.model.uv_ready() {
            return refuse(Status::NotAllowed);
        }
        loop {
            match self.finger()? {
                Finger::Verified => return self.issue(permissions & 0x7F, rp, true),
                Finger::Blocked => return refuse(Status::UvBlocked),
                Finger::Declined(Answer::Refuse | Answer::BadSample) => return refuse(Status::UvInvalid),
                Finger::Declined(answer) => return refuse(declined(answer)),
                Finger::Unknown if protection.preferred_platform_uv_attempts.is_none_or(|attempts| attempts <= 1) => {}
                Finger::Unknown if self.model.durable.uv_tries == 0 => return refuse(Status::UvBlocked),
                Finger::Unknown => return refuse(Status::UvInvalid),
            }
        }
    }

    fn check_permissions(&self, permissions: u8, rp: Option<u8>, no_mc_ga: bool, may_configure: bool) -> Verdict<()> {
        let (protection, commands) = (&self.model.config.protection, &self.model.config.commands);
        if permissions == 0 {
            return refuse(Status::InvalidParameter);
        }
        if permissions & (MC | GA) != 0 && rp.is_none() {
            return refuse(Status::MissingParameter);
        }
        let has_bio = commands.bio_enrollment && commands.fingerprint_sensor.is_some();
        let not_given = [
            (MC | GA, no_mc_ga),
            (CM, !commands.credential_management),
            (BE, !has_bio),
            (LBW, commands.large_blobs.is_none()),
            (ACFG, !may_configure),
            // Alone or not at all.
            (PCMR, !protection.persistent_token || permissions & 0x7F != PCMR),
        ];
        if not_given.iter().any(|(bits, not_given)| *not_given && permissions & bits != 0) {
            return refuse(Status::UnauthorizedPermission);
        }
        Ok(())
    }

    fn issue(&mut self, permissions: u8, rp: Option<u8>, present: bool) -> Verdict<()> {
        let persistent = self.model.durable.persistent_token;
        if permissions == PCMR && persistent.is_none() {
            // Its bytes are learned below.
            self.commit(|durable: &mut Durable| durable.persistent_token = Some(UNKNOWN))?;
        }
        let Some(protocol) = self.exchange.sent.command.secret().map(|secret| secret.protocol) else { return wrong("no protocol") };
        let encrypted = self.reply()?.bytes(2)?.to_vec();
        let bytes = self.exchange.platform.decrypt(protocol, &encrypted).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        // A secret that is not the authenticator's can't read it, and it is nobody's then.
        let bytes = if self.is_secret_good() { bytes.ok_or_else(|| "the token is not 32 bytes long".to_owned())? } else { UNKNOWN };
        let token = Token { protocol, bytes };
        if permissions == PCMR {
            let is_same = persistent.is_none_or(|former| former == UNKNOWN || former == bytes);
            if self.is_secret_good() {
                self.model.durable.persistent_token = Some(bytes);
                must(is_same, "the persistent token is another one")?;
            }
        } else {
            let rp = rp.map(|number| request::rp(number).to_owned());
            let (issued, channel) = (self.now, self.exchange.channel);
            self.model.volatile.token = Some(InUse { token, channel, permissions, rp, verified: true, present, issued, used: false });
        }
        if self.is_secret_good() {
            self.exchange.platform.tokens.push(token);
        }
        Ok(())
    }

    fn token(&mut self) -> Option<&mut InUse> {
        let now = self.now;
        let is_bound = self.model.is_2_1();
        let is_over = |token: &InUse| is_bound && (now - token.issued >= LIFETIME || !token.used && now - token.issued >= UNUSED);
        if self.model.volatile.token.as_ref().is_some_and(is_over) {
            self.model.volatile.token = None;
        }
        let channel = self.exchange.channel;
        self.model.volatile.token.as_mut().filter(|token| token.channel == channel)
    }

    /// What goes on after its first command still may.
    pub(super) fn lasts(&mut self, since: Since) -> bool {
        self.now - since.last <= STATE_TIMEOUT && (!since.by_token || self.token().is_some())
    }

    /// It went on now.
    pub(super) fn since(&self, by_token: bool) -> Since {
        Since { last: self.now, by_token }
    }

    /// The user's verification that the token stands for is not used up.
    pub(super) fn is_token_verified(&mut self) -> bool {
        self.token().is_none_or(|token| token.verified)
    }

    /// The finger that got the token counts as a touch.
    pub(super) fn is_token_present(&mut self) -> bool {
        let now = self.now;
        self.token().is_some_and(|token| token.present && now - token.issued < PRESENT)
    }

    /// After a test of user presence a token is good for writing large blobs only.
    pub(super) fn spend_token(&mut self) {
        if !self.model.is_2_1() {
            return;
        }
        let channel = self.exchange.channel;
        if let Some(token) = self.model.volatile.token.as_mut().filter(|token| token.channel == channel) {
            token.present = false;
            token.verified = false;
            token.permissions &= LBW;
        }
    }

    /// `pinUvAuthParam` and `pinUvAuthProtocol`, as far as they can be judged without a token.
    pub(super) fn check_protocol(&self) -> Verdict<()> {
        match self.param() {
            Param::NoProtocol => refuse(Status::MissingParameter),
            Param::None => Ok(()),
            _ if !self.model.has_protocols() => refuse(Status::InvalidParameter),
            Param::UnknownProtocol => refuse(Status::InvalidParameter),
            _ => Ok(()),
        }
    }

    /// The command is authorized by a token with one of these permissions. Some with `bind` binds the token to a relying party.
    ///
    /// True: it was the token in use, not the persistent one.
    pub(super) fn authorize(&mut self, permissions: u8, scope: Scope, bind: bool) -> Verdict<bool> {
        if self.param() == Param::None {
            return refuse(Status::PuatRequired);
        }
        self.check_protocol()?;
        let Param::Signed(presented) = self.param() else { return refuse(Status::PinAuthInvalid) };
        if permissions & PCMR != 0 && self.model.durable.persistent_token == Some(presented.bytes) {
            return Ok(false);
        }
        let bind = bind && self.model.is_2_1();
        let Some(token) = self.token().filter(|token| token.token == presented) else { return refuse(Status::PinAuthInvalid) };
        let is_in_scope = match (&scope, &token.rp) {
            (Scope::Any, _) | (_, None) => true,
            (Scope::Unbound, Some(_)) => false,
            (Scope::Of(rp), Some(own)) => own == rp,
        };
        if token.permissions & permissions == 0 || !is_in_scope {
            return refuse(Status::PinAuthInvalid);
        }
        token.used = true;
        if let (true, Scope::Of(rp), None) = (bind, scope, &token.rp) {
            token.rp = Some(rp.to_owned());
        }
        Ok(true)
    }

    /// One finger on the sensor.
    pub(super) fn finger(&mut self) -> Verdict<Finger> {
        let tries = self.model.durable.uv_tries;
        let is_pin_blocked = self.model.durable.pin.is_some() && self.model.durable.pin_tries == 0;
        if tries > 0 && is_pin_blocked {
            self.commit(|durable| durable.uv_tries = 0)?;
        }
        if tries == 0 || is_pin_blocked {
            return Ok(Finger::Blocked);
        }
        // It costs a try before the finger is there.
        self.commit(|durable| durable.uv_tries -= 1)?;
        let answer = self.ask(None)?;
        let most = self.model.config.verification_tries;
        match self.prompt() {
            Some(Prompt::Verification { tries_left, .. }) => must(*tries_left == tries, "the prompt tells other tries than are left")?,
            _ => return wrong("the user was asked for a touch, not for a finger"),
        }
        Ok(match answer {
            Answer::Approve => {
                self.model.volatile.verifications += 1;
                self.commit(|durable| durable.uv_tries = most)?;
                Finger::Verified
            }
            Answer::WrongFinger => {
                self.model.volatile.verifications += 1;
                if tries == 1 { Finger::Blocked } else { Finger::Unknown }
            }
            // Who does nothing has used it up; any other gets it back.
            Answer::Never => Finger::Declined(answer),
            other => {
                self.commit(|durable| durable.uv_tries += 1)?;
                Finger::Declined(other)
            }
        })
    }

    /// Built-in verification within makeCredential or getAssertion. A failure sends the platform to the PIN, if there is one.
    pub(super) fn verify_by_finger(&mut self) -> Verdict<()> {
        let to_pin = |status: Status, has_pin: bool| Stop::from(if has_pin { Status::PuatRequired } else { status });
        let has_pin = self.model.takes_pin() && self.model.durable.pin.is_some();
        loop {
            match self.finger()? {
                Finger::Verified => return Ok(()),
                Finger::Unknown => {}
                Finger::Blocked => return Err(to_pin(Status::PinBlocked, has_pin)),
                Finger::Declined(answer @ (Answer::Cancel | Answer::Never)) => return refuse(declined(answer)),
                Finger::Declined(_) => return Err(to_pin(Status::OperationDenied, has_pin)),
            }
        }
    }

    pub(super) fn uv_retries(&mut self) -> Verdict<()> {
        if self.model.config.verification == BuiltInVerification::Absent {
            return refuse(Status::InvalidSubcommand);
        }
        let tries = self.reply()?.number(5);
        must(tries == Some(u64::from(self.model.durable.uv_tries)), &format!("uvRetries is {tries:?}"))
    }
}

/// What a finger on the sensor brought.
pub enum Finger {
    Verified,
    Unknown,
    Blocked,
    Declined(Answer),
}
