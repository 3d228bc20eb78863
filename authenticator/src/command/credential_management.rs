//! authenticatorCredentialManagement (CTAP2.3 §6.8) and its prototype (CTAP2.3 §6.13): discoverable credentials listed, deleted, renamed.

use std::time::Duration;
use std::vec::IntoIter;

use ciborium::Value;
use sha2::{Digest, Sha256};

use crate::command::get_info::Named;
use crate::command::{Decision, Turn, make_credential};
use crate::device::Device;
use crate::members::{self, Members};
use crate::pin_uv::{Bearer, Permissions, RpScope};
use crate::refusal::Refusal;
use crate::{Change, Credential, CredentialId, KeyState, Status, StoreError, Time, UserEntity, cbor};

const GET_CREDS_METADATA: u8 = 0x01;
const ENUMERATE_RPS_BEGIN: u8 = 0x02;
const ENUMERATE_RPS_GET_NEXT_RP: u8 = 0x03;
const ENUMERATE_CREDENTIALS_BEGIN: u8 = 0x04;
const ENUMERATE_CREDENTIALS_GET_NEXT_CREDENTIAL: u8 = 0x05;
const DELETE_CREDENTIAL: u8 = 0x06;
const UPDATE_USER_INFORMATION: u8 = 0x07;

/// Reading takes the persistent token as well.
const READ: Permissions = Permissions::CREDENTIAL_MANAGEMENT.with(Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ);
const WRITE: Permissions = Permissions::CREDENTIAL_MANAGEMENT;

/// The state of a stateful command dies this long after its last use (CTAP2.3 §6).
const TIMER: Duration = Duration::from_secs(30);

/// The command's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// It came as 0x41.
    pub prototype: bool,
    pub subcommand: u64,
    pub subcommand_params: Option<Value>,
    pub pin_uv_auth_protocol: Option<u64>,
    pub pin_uv_auth_param: Option<Vec<u8>>,
}

impl Parameters {
    pub(crate) fn read(tree: &Value, prototype: bool) -> Result<Self, Refusal> {
        let members = Members::of("credentialManagement", tree)?;
        Ok(Self {
            prototype,
            subcommand: members.required(0x01, "subCommand", members::unsigned)?,
            subcommand_params: members.optional(0x02, "subCommandParams", members::map)?,
            pin_uv_auth_protocol: members.optional(0x03, "pinUvAuthProtocol", members::unsigned)?,
            pin_uv_auth_param: members.optional(0x04, "pinUvAuthParam", members::bytes)?,
        })
    }

    /// Goes on with an enumeration, which every other command ends.
    pub(crate) fn goes_on(&self) -> bool {
        [ENUMERATE_RPS_GET_NEXT_RP, ENUMERATE_CREDENTIALS_GET_NEXT_CREDENTIAL].map(u64::from).contains(&self.subcommand)
    }

    /// `subCommandParams`, as a map to read.
    fn params(&self) -> Result<Members<'_>, Refusal> {
        match &self.subcommand_params {
            Some(params) => Members::of("credentialManagement subCommandParams", params),
            None => Err(missing()),
        }
    }
}

/// The relying parties or credentials that are still to be told.
#[derive(Debug)]
pub(crate) enum Enumeration {
    RelyingParties { rest: IntoIter<String>, since: Since },
    Credentials { rest: IntoIter<CredentialId>, since: Since },
}

/// What an enumeration lasts as long as.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
    bearer: Bearer,
    last: Time,
}

impl Since {
    fn lasts(self, device: &mut Device, now: Time) -> bool {
        now - self.last <= TIMER && device.lasts(now, self.bearer)
    }
}

fn missing() -> Refusal {
    Refusal::member(Status::MissingParameter, "credentialManagement member 0x02 (subCommandParams)", "is missing")
}

fn no_credentials() -> Refusal {
    Refusal::rule(Status::NoCredentials, "the authenticator has no such discoverable credential")
}

fn nothing_to_go_on_with() -> Refusal {
    Refusal::rule(Status::NotAllowed, "no enumeration of this kind came just before, or all of it was told")
}

fn told(members: Vec<(u8, Value)>) -> Decision {
    Ok(Turn::answer(members))
}

pub(super) fn start(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    let commands = &device.config.commands;
    if !(if parameters.prototype { commands.credential_management_preview } else { commands.credential_management }) {
        return Err(Refusal::rule(Status::InvalidCommand, "the authenticator has no such credential management"));
    }
    match u8::try_from(parameters.subcommand) {
        Ok(GET_CREDS_METADATA) => metadata(device, now, parameters),
        Ok(ENUMERATE_RPS_BEGIN) => relying_parties(device, now, parameters),
        Ok(ENUMERATE_RPS_GET_NEXT_RP) => next_relying_party(device, now),
        Ok(ENUMERATE_CREDENTIALS_BEGIN) => credentials(device, now, parameters),
        Ok(ENUMERATE_CREDENTIALS_GET_NEXT_CREDENTIAL) => next_credential(device, now),
        Ok(DELETE_CREDENTIAL) => delete(device, now, parameters),
        // The prototype ends before this one.
        Ok(UPDATE_USER_INFORMATION) if !parameters.prototype => update(device, now, parameters),
        _ => Err(Refusal::rule(Status::InvalidSubcommand, "credential management has no such subcommand")),
    }
}

/// `credMgmt` and `credentialMgmtPreview`.
pub(super) fn options(device: &Device) -> Vec<Named> {
    let commands = &device.config.commands;
    let options = [("credMgmt", commands.credential_management), ("credentialMgmtPreview", commands.credential_management_preview)];
    options.into_iter().filter(|(_, has)| *has).collect()
}

/// `verify(pinUvAuthToken, subCommand || subCommandParams, pinUvAuthParam)`, permission and permissions RP ID.
fn authorize(device: &mut Device, now: Time, parameters: &Parameters, permissions: Permissions, scope: RpScope) -> Result<Bearer, Refusal> {
    let mut message: Vec<u8> = u8::try_from(parameters.subcommand).into_iter().collect();
    // Canonical CBOR was demanded, so this writes the bytes that came.
    message.extend(parameters.subcommand_params.as_ref().map(cbor::write).unwrap_or_default());
    let (permissions, scope) = if parameters.prototype { (Permissions::WHATEVER_A_PIN_GIVES, RpScope::Any) } else { (permissions, scope) };
    let (param, protocol) = (parameters.pin_uv_auth_param.as_deref(), parameters.pin_uv_auth_protocol);
    device.check_pin_uv_auth(now, param, protocol, &message, permissions, scope)
}

/// Discoverable credentials that can be used, oldest first. One whose key is invalidated has no public key to tell.
fn listed(device: &Device) -> Result<Vec<Credential>, StoreError> {
    let mut credentials = device.store.credentials()?;
    credentials.retain(|credential| credential.discoverable && credential.key != KeyState::Invalidated);
    Ok(credentials)
}

/// §6.8.2
fn metadata(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    authorize(device, now, parameters, READ, RpScope::Unbound)?;
    let existing = listed(device)?.len();
    let remaining = device.config.max_credentials.saturating_sub(device.store.credentials()?.len());
    told(vec![(0x01, cbor::count(existing)), (0x02, cbor::count(remaining))])
}

/// §6.8.3
fn relying_parties(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    let bearer = authorize(device, now, parameters, READ, RpScope::Unbound)?;
    let mut ids: Vec<String> = Vec::new();
    for credential in listed(device)? {
        if !ids.contains(&credential.rp_id) {
            ids.push(credential.rp_id);
        }
    }
    let total = ids.len();
    let mut rest = ids.into_iter();
    let Some(first) = rest.next() else { return Err(no_credentials()) };
    device.between.enumeration = Some(Enumeration::RelyingParties { rest, since: Since { bearer, last: now } });
    let mut members = relying_party(&first);
    members.push((0x05, cbor::count(total)));
    told(members)
}

fn next_relying_party(device: &mut Device, now: Time) -> Decision {
    let Some(Enumeration::RelyingParties { mut rest, since }) = device.between.enumeration.take() else {
        return Err(nothing_to_go_on_with());
    };
    let Some(id) = rest.next().filter(|_| since.lasts(device, now)) else { return Err(nothing_to_go_on_with()) };
    device.between.enumeration = Some(Enumeration::RelyingParties { rest, since: Since { last: now, ..since } });
    told(relying_party(&id))
}

fn relying_party(id: &str) -> Vec<(u8, Value)> {
    let hash = Sha256::digest(id).to_vec();
    vec![(0x03, cbor::text_map([("id", Value::from(id))])), (0x04, Value::Bytes(hash))]
}

/// §6.8.4
fn credentials(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    present(parameters)?;
    let hash = parameters.params()?.required(0x01, "rpIDHash", members::bytes)?;
    let bearer = authorize(device, now, parameters, READ, RpScope::MatchingHash(&hash))?;
    let mut credentials = listed(device)?;
    credentials.retain(|credential| Sha256::digest(&credential.rp_id).as_slice() == hash);
    let total = credentials.len();
    let mut rest = credentials.into_iter();
    let Some(first) = rest.next() else { return Err(no_credentials()) };
    let rest = rest.map(|credential| credential.id).collect::<Vec<_>>().into_iter();
    device.between.enumeration = Some(Enumeration::Credentials { rest, since: Since { bearer, last: now } });
    let mut members = credential(&first)?;
    let place = members.iter().take_while(|(number, _)| *number < 0x09).count();
    members.insert(place, (0x09, cbor::count(total)));
    told(members)
}

fn next_credential(device: &mut Device, now: Time) -> Decision {
    let Some(Enumeration::Credentials { mut rest, since }) = device.between.enumeration.take() else {
        return Err(nothing_to_go_on_with());
    };
    let Some(id) = rest.next().filter(|_| since.lasts(device, now)) else { return Err(nothing_to_go_on_with()) };
    // It was there a moment ago; an event of the device may have come between.
    let Some(next) = device.store.credential(&id)? else { return Err(nothing_to_go_on_with()) };
    device.between.enumeration = Some(Enumeration::Credentials { rest, since: Since { last: now, ..since } });
    told(credential(&next)?)
}

/// What is told of a credential, without `totalCredentials`.
fn credential(credential: &Credential) -> Result<Vec<(u8, Value)>, Refusal> {
    let KeyState::Usable(key) = &credential.key else { return Err(nothing_to_go_on_with()) };
    let descriptor = cbor::text_map([("id", Value::Bytes(credential.id.0.clone())), ("type", Value::from("public-key"))]);
    let mut members = vec![(0x06, user(&credential.user)), (0x07, descriptor), (0x08, key.cose_public_key()?)];
    let kept = &credential.extensions;
    // The lowest policy is what a device without the extension has.
    members.push((0x0A, Value::from(kept.cred_protect.level())));
    members.extend(kept.large_blob_key.as_ref().map(|key| (0x0B, Value::Bytes(key.0.to_vec()))));
    if kept.third_party_payment {
        members.push((0x0C, Value::from(true)));
    }
    Ok(members)
}

fn user(user: &UserEntity) -> Value {
    let mut pairs = vec![(Value::from("id"), Value::Bytes(user.id.clone()))];
    pairs.extend(user.name.as_ref().map(|name| (Value::from("name"), Value::from(name.as_str()))));
    pairs.extend(user.display_name.as_ref().map(|name| (Value::from("displayName"), Value::from(name.as_str()))));
    Value::Map(pairs)
}

/// Without pinUvAuthParam nothing else is looked at.
fn present(parameters: &Parameters) -> Result<(), Refusal> {
    match parameters.pin_uv_auth_param {
        Some(_) => Ok(()),
        None => Err(Refusal::rule(Status::PuatRequired, "the command needs pinUvAuthParam")),
    }
}

/// The credential that `credentialID` names, once the token is seen to be good for its relying party.
fn named(device: &mut Device, now: Time, parameters: &Parameters) -> Result<Credential, Refusal> {
    let descriptor = parameters.params()?.required(0x02, "credentialID", members::members)?;
    let id = CredentialId(descriptor.required("id", "", members::bytes)?);
    let found = device.store.credential(&id)?.filter(|credential| credential.discoverable);
    // A token that is bound to a relying party does not learn that another's credential is not there.
    let scope = found.as_ref().map_or(RpScope::Unbound, |credential| RpScope::Matching(&credential.rp_id));
    authorize(device, now, parameters, WRITE, scope)?;
    found.ok_or_else(no_credentials)
}

/// §6.8.5. A credential whose key is invalidated can be deleted like any other.
fn delete(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    present(parameters)?;
    let credential = named(device, now, parameters)?;
    change(device, Change::Delete(credential.id))
}

/// §6.8.6
fn update(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    present(parameters)?;
    let user = parameters.params()?.required(0x03, "user", make_credential::user)?;
    let credential = named(device, now, parameters)?;
    if credential.user.id != user.id {
        return Err(Refusal::rule(Status::InvalidParameter, "the user handle is another one than the credential's"));
    }
    // A name that is absent or empty is removed.
    let kept = |name: Option<String>| name.filter(|name| !name.is_empty());
    let user = UserEntity { id: user.id, name: kept(user.name), display_name: kept(user.display_name) };
    change(device, Change::Put(Credential { user, ..credential }))
}

fn change(device: &mut Device, change: Change) -> Decision {
    let stored = device.store.commit(&[change])?;
    Ok(Turn::stored(stored, Vec::new()))
}

#[cfg(test)]
mod tests;
