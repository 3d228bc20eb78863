//! getAssertion and getNextAssertion (CTAP2.3 §6.2.2, §6.3).

use ciborium::Value;
use faultkey_authenticator::{Extension, Status};

use super::token::{GA, Scope};
use super::{Credential, GoesOn, Run, Verdict, must, refuse, wrong};
use crate::action::Assert;
use crate::reply::{field, text};
use crate::request::{Param, hash_of};

/// What was asked, for this assertion and the next ones.
#[derive(Clone, Debug)]
pub struct Asked {
    verified: bool,
    present: bool,
    several: bool,
    blob: bool,
    large_blob_key: bool,
    /// The protocol of hmac-secret.
    hmac_secret: Option<u8>,
}

impl Run<'_, '_> {
    pub(super) fn assert(&mut self, assert: &Assert) -> Verdict<()> {
        self.probe()?;
        let rp = self.exchange.sent.rp.clone();
        let (is_protected, ready) = (self.model.is_protected(), self.model.uv_ready());
        let has_param = self.param() != Param::None;
        let is_silent = assert.up == Some(false);
        let mut by_finger = assert.uv == Some(true) && !has_param;
        let is_2_1 = self.model.is_2_1();
        if by_finger && !ready {
            return refuse(if is_2_1 { Status::InvalidOption } else { Status::UnsupportedOption });
        }
        if assert.rk.is_some() {
            return refuse(if is_2_1 { Status::UnsupportedOption } else { Status::InvalidOption });
        }
        if assert.allow.len() > self.model.config.max_credential_count_in_list {
            return refuse(Status::LimitExceeded);
        }
        if self.model.durable.settings.always_uv && !is_silent {
            if !is_protected || (!has_param && !ready) {
                return self.lacks_verification(self.model.takes_pin());
            }
            by_finger = !has_param;
        }
        let (mut verified, mut present) = (false, false);
        if has_param && (is_protected || !is_2_1) {
            let is_verified = self.is_token_verified();
            self.authorize(GA, Scope::Of(&rp), true)?;
            if !is_verified {
                return refuse(Status::PinAuthInvalid);
            }
            (verified, present) = (true, self.is_token_present() && !is_silent);
        } else if by_finger {
            self.verify_by_finger()?;
            (verified, present) = (true, true);
        }
        let is_found = !self.applicable(&rp, verified).is_empty();
        if !by_finger && !is_silent && !present {
            // Who has no credential is not bothered. In CTAP 2.0 nobody learns that before a touch.
            if !is_found && is_2_1 {
                return refuse(Status::NoCredentials);
            }
            self.touch()?;
            present = true;
        }
        if present && (is_found || by_finger) {
            self.spend_token();
        }
        self.answer(assert, &rp, verified, present)
    }

    /// Step 7: credentials that may be used, newest first; with an allowList only those that it names.
    fn applicable(&self, rp: &str, verified: bool) -> Vec<Credential> {
        let allowed = &self.exchange.sent.ids;
        let mut found: Vec<Credential> = self.model.durable.credentials.iter().rev().cloned().collect();
        found.retain(|credential| {
            let is_named = if allowed.is_empty() { credential.discoverable } else { allowed.contains(&credential.id) };
            let is_open = match credential.protect {
                3 => verified,
                2 => verified || !allowed.is_empty(),
                _ => true,
            };
            credential.rp == rp && is_named && is_open
        });
        found
    }

    fn answer(&mut self, assert: &Assert, rp: &str, verified: bool, present: bool) -> Verdict<()> {
        let found = self.applicable(rp, verified);
        if found.is_empty() {
            return refuse(Status::NoCredentials);
        }
        let has = |extension| self.model.config.extensions.has(extension);
        let hmac_secret = assert.hmac_secret.filter(|_| has(Extension::HmacSecret));
        let large_blob_key = assert.large_blob_key.filter(|_| has(Extension::LargeBlobKey));
        let blob = assert.blob && has(Extension::CredBlob);
        if hmac_secret.is_some() && !present {
            return refuse(Status::UnsupportedOption);
        }
        if hmac_secret.is_some() && !self.is_secret_good() {
            return refuse(Status::PinAuthInvalid);
        }
        if large_blob_key == Some(false) {
            return refuse(Status::InvalidOption);
        }
        let several = assert.allow.is_empty() && found.len() > 1;
        let hmac_secret = hmac_secret.map(|secret| secret.protocol);
        let asked = Asked { verified, present, several, blob, large_blob_key: large_blob_key == Some(true), hmac_secret };
        let told = self.reply()?.number(5);
        must(told == several.then_some(found.len() as u64), &format!("numberOfCredentials is {told:?} of {}", found.len()))?;
        // With an allowList the choice is the authenticator's.
        let choice = if assert.allow.is_empty() { &found[..1] } else { &found[..] };
        self.check_assertion(choice, &asked)?;
        if several {
            let rest = found.iter().skip(1).map(|credential| credential.id.clone()).collect();
            let since = self.since(verified && self.param() != Param::None);
            self.model.volatile.goes_on = Some(GoesOn::Assertions { rest, asked, since });
        }
        Ok(())
    }

    pub(super) fn next_assertion(&mut self) -> Verdict<()> {
        let Some(GoesOn::Assertions { mut rest, asked, since }) = self.model.volatile.goes_on.take() else {
            return refuse(Status::NotAllowed);
        };
        if rest.is_empty() || !self.lasts(since) {
            return refuse(Status::NotAllowed);
        }
        let id = rest.remove(0);
        let Some(credential) = self.model.durable.credentials.iter().find(|credential| credential.id == id).cloned() else {
            return refuse(Status::NotAllowed);
        };
        must(self.reply()?.number(5).is_none(), "numberOfCredentials comes a second time")?;
        self.check_assertion(&[credential], &asked)?;
        let since = self.since(since.by_token);
        self.model.volatile.goes_on = Some(GoesOn::Assertions { rest, asked, since });
        Ok(())
    }

    /// The reply is the assertion of one of these, as far as a relying party sees it.
    fn check_assertion(&mut self, choice: &[Credential], asked: &Asked) -> Verdict<()> {
        let reply = self.reply()?;
        let id = reply.member(1).and_then(|descriptor| field(descriptor, "id")).and_then(Value::as_bytes).cloned().unwrap_or_default();
        let Some(credential) = choice.iter().find(|credential| credential.id == id) else {
            return wrong("the assertion is another credential's");
        };
        let data = reply.authenticator_data()?;
        self.check_data(&data, &hash_of(&credential.rp), asked.present, asked.verified)?;
        must(!reply.bytes(3)?.is_empty(), "there is no signature")?;
        let user = reply.member(4);
        must(user.is_some() == credential.discoverable, "the user is told of a credential that is not discoverable, or not told")?;
        if let Some(user) = user {
            must(field(user, "id").and_then(Value::as_bytes) == Some(&credential.user), "the user handle is another one")?;
            let names = (text(user, "name"), text(user, "displayName"));
            let expected = (credential.name.clone(), credential.display_name.clone());
            // Names only to a verified user, who has to choose.
            let expected = if asked.verified && asked.several { expected } else { (None, None) };
            must(names == expected, "the user's names are wrong, or shown without verification")?;
        }
        let key = reply.member(7).and_then(Value::as_bytes);
        must(key == credential.large_blob_key.as_ref().filter(|_| asked.large_blob_key), "largeBlobKey is wrong")?;
        let outputs = data.extensions.clone().unwrap_or(Value::Map(Vec::new()));
        let blob = asked.blob.then(|| Value::Bytes(credential.blob.clone().unwrap_or_default()));
        must(field(&outputs, "credBlob").cloned() == blob, "the output of credBlob is wrong")?;
        let secret = field(&outputs, "hmac-secret").and_then(Value::as_bytes).cloned();
        must(
            secret.is_some() == (asked.hmac_secret.is_some() && credential.hmac_secret),
            "the output of hmac-secret is missing, or unasked",
        )?;
        if let (Some(secret), Some(protocol)) = (secret, asked.hmac_secret) {
            self.check_secret(&id, asked.verified, protocol, &secret)?;
        }
        self.counted(&id, data.sign_count)
    }

    /// One credential and one salt make one secret, another with verification than without.
    fn check_secret(&mut self, id: &[u8], verified: bool, protocol: u8, encrypted: &[u8]) -> Verdict<()> {
        let secret = self.exchange.platform.decrypt(protocol, encrypted).unwrap_or_default();
        must(secret.len() == 32, "the output of hmac-secret does not decrypt to 32 bytes")?;
        let secrets = &mut self.model.secrets;
        must(secrets.get(&(id.to_vec(), !verified)) != Some(&secret), "hmac-secret is the same with verification and without")?;
        let former = secrets.entry((id.to_vec(), verified)).or_insert_with(|| secret.clone());
        must(*former == secret, "hmac-secret is another one than before")
    }
}
