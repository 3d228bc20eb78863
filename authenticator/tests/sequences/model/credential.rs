//! makeCredential (CTAP2.3 §6.1.2).

use ciborium::Value;
use faultkey_authenticator::config::SignCountPolicy;
use faultkey_authenticator::{AuthenticatorData, Extension, Flags, Status};

use super::token::{MC, Scope};
use super::{Run, Stop, Verdict, must, refuse};
use crate::action::{Answer, Make};
use crate::reply::field;
use crate::request::{self, Param, hash_of};

#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    pub id: Vec<u8>,
    /// Of U2F credentials the authenticator knows only the hash.
    pub rp: String,
    pub is_u2f: bool,
    pub user: Vec<u8>,
    pub name: Option<String>,
    pub display_name: Option<String>,
    pub discoverable: bool,
    pub protect: u8,
    pub hmac_secret: bool,
    pub blob: Option<Vec<u8>>,
    pub large_blob_key: Option<Vec<u8>>,
    pub algorithm: i64,
}

impl Run<'_, '_> {
    /// Step 1: `pinUvAuthParam` without bytes asks for a touch, and whether a PIN is set.
    pub(super) fn probe(&mut self) -> Verdict<()> {
        if self.param() != Param::Empty || !self.model.can_have_pin() {
            return match self.check_protocol() {
                Err(Stop::Status(Status::InvalidParameter)) if !self.model.is_2_1() => refuse(Status::PinAuthInvalid),
                checked => checked,
            };
        }
        self.touch()?;
        refuse(if self.model.durable.pin.is_some() { Status::PinInvalid } else { Status::PinNotSet })
    }

    /// Verification is demanded and can't be had without a token.
    pub(super) fn lacks_verification<T>(&self, pin_helps: bool) -> Verdict<T> {
        refuse(if pin_helps { Status::PuatRequired } else { Status::OperationDenied })
    }

    pub(super) fn make(&mut self, make: &Make) -> Verdict<()> {
        self.probe()?;
        let rp = self.exchange.sent.rp.clone();
        let settings = self.model.durable.settings.clone();
        let (is_protected, ready) = (self.model.is_protected(), self.model.uv_ready());
        let has_param = self.param() != Param::None;
        let is_2_1 = self.model.is_2_1();
        if !self.model.config.algorithms.contains(&make.algorithm) {
            return refuse(Status::UnsupportedAlgorithm);
        }
        let mut by_finger = make.uv == Some(true) && !has_param;
        if by_finger && !ready {
            return refuse(if is_2_1 { Status::InvalidOption } else { Status::UnsupportedOption });
        }
        if make.rk.is_some() && !self.model.config.discoverable {
            return refuse(Status::UnsupportedOption);
        }
        if make.up == Some(false) || (make.up.is_some() && !is_2_1) {
            return refuse(Status::InvalidOption);
        }
        let takes_pin = self.model.takes_pin();
        if settings.always_uv {
            by_finger = !has_param && ready;
            if !is_protected || (!has_param && !by_finger) {
                return self.lacks_verification(takes_pin);
            }
        }
        let needs = match is_2_1 {
            true => is_protected && (make.rk == Some(true) || !self.model.makes_without_verification()),
            false => self.model.durable.pin.is_some(),
        };
        if !has_param && !by_finger && needs {
            return self.lacks_verification(takes_pin && self.model.durable.pin.is_some());
        }
        if let Some(enterprise) = make.enterprise.filter(|_| is_2_1) {
            if !settings.enterprise {
                return refuse(Status::InvalidParameter);
            }
            if ![1, 2].contains(&enterprise) {
                return refuse(Status::InvalidOption);
            }
        }
        if make.exclude.len() > self.model.config.max_credential_count_in_list {
            return refuse(Status::LimitExceeded);
        }
        let (mut verified, mut present) = (false, false);
        if has_param && (is_protected || !is_2_1) {
            let is_verified = self.is_token_verified();
            self.authorize(MC, Scope::Of(&rp), true)?;
            if !is_verified {
                return refuse(Status::PinAuthInvalid);
            }
            (verified, present) = (true, self.is_token_present());
        } else if by_finger {
            self.verify_by_finger()?;
            (verified, present) = (true, true);
        }
        let ids = &self.exchange.sent.ids;
        let is_excluded = self
            .model
            .durable
            .credentials
            .iter()
            .any(|credential| ids.contains(&credential.id) && credential.rp == rp && (verified || credential.protect < 3));
        if is_excluded {
            if !present && self.ask(None)? == Answer::Cancel {
                return refuse(Status::KeepaliveCancel);
            }
            return refuse(Status::CredentialExcluded);
        }
        if !present {
            self.touch()?;
        }
        self.spend_token();
        self.create(make, &rp, verified)
    }

    fn create(&mut self, make: &Make, rp: &str, verified: bool) -> Verdict<()> {
        let extensions = self.model.config.extensions.clone();
        let discoverable = make.rk == Some(true);
        let user = request::user_id(make.user);
        let is_replaced = |old: &Credential| discoverable && old.discoverable && old.rp == rp && old.user == user;
        let mut refusals = Vec::new();
        let stays = self.model.durable.credentials.iter().filter(|old| !is_replaced(old)).count();
        if stays >= self.model.config.max_credentials {
            refusals.push(Status::KeyStoreFull);
        }
        let protect = make.protect.filter(|_| extensions.has(Extension::CredProtect));
        let large_blob_key = make.large_blob_key.filter(|_| extensions.has(Extension::LargeBlobKey));
        if protect.is_some_and(|level| !(1..=3).contains(&level))
            || large_blob_key == Some(false)
            || (large_blob_key == Some(true) && !discoverable)
        {
            refusals.push(Status::InvalidOption);
        }
        if !refusals.is_empty() {
            return Err(Stop::OneOf(refusals));
        }
        let blob = make.blob.filter(|_| extensions.has(Extension::CredBlob));
        let is_blob_kept = blob.is_some_and(|length| discoverable && usize::from(length) <= extensions.max_cred_blob_length);
        let mut credential = Credential {
            id: Vec::new(),
            rp: rp.to_owned(),
            is_u2f: false,
            user: user.clone(),
            name: Some(format!("user {}", make.user)),
            display_name: Some("Taro".to_owned()),
            discoverable,
            protect: protect.unwrap_or(1),
            hmac_secret: make.hmac_secret && extensions.has(Extension::HmacSecret),
            blob: blob.filter(|_| is_blob_kept).map(|length| vec![length; usize::from(length)]),
            large_blob_key: None,
            algorithm: make.algorithm,
        };
        // All of it in one commit, or nothing.
        self.commit(|durable| {
            durable.credentials.retain(|old| !is_replaced(old));
            durable.credentials.push(credential.clone());
        })?;
        let data = self.reply()?.authenticator_data()?;
        let Some(attested) = data.attested_credential_data.clone() else { return super::wrong("there is no attested credential data") };
        credential.id = attested.credential_id;
        let policy = self.model.config.sign_count;
        if policy == SignCountPolicy::Global {
            self.counted(&credential.id, data.sign_count)?;
        } else {
            must(data.sign_count == 0, "the counter of a new credential is not zero")?;
        }
        self.check_data(&data, &hash_of(rp), true, verified)?;
        let key = self.reply()?.member(5).and_then(Value::as_bytes).cloned();
        must(key.is_some() == (large_blob_key == Some(true)), "largeBlobKey is there unasked, or missing")?;
        credential.large_blob_key = key;
        let outputs = data.extensions.unwrap_or(Value::Map(Vec::new()));
        let output = |name: &str| field(&outputs, name).cloned();
        let may_know = (0..self.model.durable.settings.min_pin_length_rps).any(|number| request::rp(number) == rp);
        let is_told = make.blob.is_some() && extensions.has(Extension::MinPinLength) && may_know;
        must(output("credProtect") == protect.map(Value::from), "the output of credProtect is wrong")?;
        must(output("hmac-secret") == credential.hmac_secret.then(|| Value::from(true)), "the output of hmac-secret is wrong")?;
        must(output("credBlob") == blob.map(|_| Value::from(is_blob_kept)), "the output of credBlob is wrong")?;
        let length = self.model.durable.settings.min_pin_length;
        must(output("minPinLength") == is_told.then(|| Value::from(length)), "the output of minPinLength is wrong")?;
        if let Some(stored) = self.model.durable.credentials.last_mut() {
            *stored = credential;
        }
        Ok(())
    }

    /// RP ID hash and flags.
    pub(super) fn check_data(&self, data: &AuthenticatorData, rp: &[u8; 32], present: bool, verified: bool) -> Verdict<()> {
        must(data.rp_id_hash == *rp, "the RP ID hash is another relying party's")?;
        must(data.flags.has(Flags::UP) == present, "the UP bit is wrong")?;
        must(data.flags.has(Flags::UV) == verified, "the UV bit is wrong")?;
        must(data.flags.has(Flags::ED) == data.extensions.is_some(), "the ED bit is wrong")?;
        must(!data.flags.has(Flags::BE) && !data.flags.has(Flags::BS), "a device-bound key says that it is backed up")?;
        must(data.trailing.is_empty(), "bytes follow the authenticator data")
    }
}
