//! credentialManagement (CTAP2.3 §6.8).

use ciborium::Value;
use faultkey_authenticator::Status;

use super::token::{ANY, CM, PCMR, Scope};
use super::{Credential, GoesOn, Run, Verdict, must, refuse, wrong};
use crate::action::Manage;
use crate::reply::{field, text};
use crate::request::{self, Param, hash_of};

impl Run<'_, '_> {
    pub(super) fn manage(&mut self, preview: bool, what: &Manage) -> Verdict<()> {
        let (read, write) = if preview { (ANY, ANY) } else { (CM | PCMR, CM) };
        match what {
            Manage::Metadata => {
                self.authorize_unbound(preview, read)?;
                let (listed, all) = (self.listed().len(), self.model.durable.credentials.len());
                let told = (self.reply()?.number(1), self.reply()?.number(2));
                let expected = (Some(listed as u64), Some((self.model.config.max_credentials - all) as u64));
                must(told == expected, &format!("the numbers are {told:?}, not {expected:?}"))
            }
            Manage::Rps => {
                let by_token = self.authorize_unbound(preview, read)?;
                let mut rps: Vec<String> = self.listed().into_iter().map(|credential| credential.rp).collect();
                rps.sort();
                rps.dedup();
                if rps.is_empty() {
                    return refuse(Status::NoCredentials);
                }
                must(self.reply()?.number(5) == Some(rps.len() as u64), "totalRPs is wrong")?;
                self.tell_rp(rps, by_token)
            }
            Manage::NextRp => {
                let goes_on = self.model.volatile.goes_on.take();
                let Some(GoesOn::Rps { rest, since }) = goes_on else { return refuse(Status::NotAllowed) };
                if rest.is_empty() || !self.lasts(since) {
                    return refuse(Status::NotAllowed);
                }
                self.tell_rp(rest, since.by_token)
            }
            Manage::Credentials { .. } => {
                let rp = self.exchange.sent.rp.clone();
                let scope = if preview { Scope::Any } else { Scope::Of(&rp) };
                let by_token = self.authorize(read, scope, false)?;
                let ids: Vec<Vec<u8>> = self.listed().into_iter().filter(|own| own.rp == rp).map(|own| own.id).collect();
                if ids.is_empty() {
                    return refuse(Status::NoCredentials);
                }
                must(self.reply()?.number(9) == Some(ids.len() as u64), "totalCredentials is wrong")?;
                self.tell_credential(ids, by_token)
            }
            Manage::NextCredential => {
                let goes_on = self.model.volatile.goes_on.take();
                let Some(GoesOn::Credentials { rest, since }) = goes_on else { return refuse(Status::NotAllowed) };
                if rest.is_empty() || !self.lasts(since) {
                    return refuse(Status::NotAllowed);
                }
                self.tell_credential(rest, since.by_token)
            }
            Manage::Delete { .. } => {
                let credential = self.named(preview, write)?;
                self.commit(|durable| durable.credentials.retain(|own| own.id != credential.id))?;
                self.granted()
            }
            Manage::Update { .. } if preview => refuse(Status::InvalidSubcommand),
            Manage::Update { name, wrong_user, .. } => {
                let credential = self.named(preview, write)?;
                if *wrong_user {
                    return refuse(Status::InvalidParameter);
                }
                let name = request::new_name(*name).filter(|name| !name.is_empty());
                self.commit(|durable| {
                    for own in durable.credentials.iter_mut().filter(|own| own.id == credential.id) {
                        (own.name, own.display_name) = (name.clone(), None);
                    }
                })?;
                self.granted()
            }
        }
    }

    fn authorize_unbound(&mut self, preview: bool, permissions: u8) -> Verdict<bool> {
        self.authorize(permissions, if preview { Scope::Any } else { Scope::Unbound }, false)
    }

    /// Discoverable credentials.
    fn listed(&self) -> Vec<Credential> {
        self.model.durable.credentials.iter().filter(|credential| credential.discoverable).cloned().collect()
    }

    /// The discoverable credential that is named, if the token is good for it.
    fn named(&mut self, preview: bool, permissions: u8) -> Verdict<Credential> {
        if self.param() == Param::None {
            return refuse(Status::PuatRequired);
        }
        let id = self.exchange.sent.ids.first().cloned().unwrap_or_default();
        let found = self.listed().into_iter().find(|credential| credential.id == id);
        let rp = found.as_ref().map(|credential| credential.rp.clone());
        let scope = match rp.as_deref() {
            _ if preview => Scope::Any,
            None => Scope::Unbound,
            Some(rp) => Scope::Of(rp),
        };
        self.authorize(permissions, scope, false)?;
        found.ok_or(Status::NoCredentials.into())
    }

    /// One of these is told; the order is the authenticator's business.
    fn tell_rp(&mut self, mut rest: Vec<String>, by_token: bool) -> Verdict<()> {
        let reply = self.reply()?;
        let told = reply.member(3).and_then(|rp| text(rp, "id")).unwrap_or_default();
        must(reply.bytes(4)? == hash_of(&told), "rpIDHash is not the RP ID's")?;
        let Some(place) = rest.iter().position(|rp| *rp == told) else {
            return wrong(format!("{told:?} is told, and is not one of {rest:?}"));
        };
        rest.remove(place);
        self.model.volatile.goes_on = Some(GoesOn::Rps { rest, since: self.since(by_token) });
        Ok(())
    }

    fn tell_credential(&mut self, mut rest: Vec<Vec<u8>>, by_token: bool) -> Verdict<()> {
        let reply = self.reply()?;
        let id = reply.member(7).and_then(|descriptor| field(descriptor, "id")).and_then(Value::as_bytes).cloned().unwrap_or_default();
        let Some(place) = rest.iter().position(|own| *own == id) else { return wrong("another credential is told than is asked for") };
        rest.remove(place);
        let Some(credential) = self.listed().into_iter().find(|own| own.id == id) else { return wrong("a deleted credential is told") };
        let user = reply.member(6).cloned().unwrap_or(Value::Map(Vec::new()));
        must(field(&user, "id").and_then(Value::as_bytes) == Some(&credential.user), "the user handle is another one")?;
        let names = (text(&user, "name"), text(&user, "displayName"));
        must(names == (credential.name, credential.display_name), "the user's names are others")?;
        must(reply.member(8).is_some_and(Value::is_map), "there is no public key")?;
        must(reply.number(10) == Some(u64::from(credential.protect)), "credProtect is another one")?;
        must(reply.member(11).and_then(Value::as_bytes) == credential.large_blob_key.as_ref(), "largeBlobKey is another one")?;
        self.model.volatile.goes_on = Some(GoesOn::Credentials { rest, since: self.since(by_token) });
        Ok(())
    }
}
