//! authenticatorMakeCredential (CTAP2.3 §6.1).
//!
//! A platform that wants a discoverable credential of a protected key must bring a token or ask for `uv` (step 7); without it only
//! non-discoverable ones are made.

mod attestation;

use ciborium::Value;
use sha2::{Digest, Sha256};

use crate::algorithm::PrivateKey;
use crate::attestation::{AttestationFormat, Claim};
use crate::command::get_assertion::Gestures;
use crate::command::{Decision, Pending as Waiting, Turn, get_info, pin_uv_auth};
use crate::config::{Kind, Rule};
use crate::device::Device;
use crate::extension::{self, Registration};
use crate::gesture;
use crate::members::{self, CredentialDescriptor, Members, Options};
use crate::pin_uv::Permissions;
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{
    AttestedCredentialData, AuthenticatorData, Change, Credential, Flags, KeyState, Prompt, Response, Status, Time, UnsignedAttestation,
    UserAnswer, UserEntity,
};

/// The command's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    pub client_data_hash: Vec<u8>,
    pub rp: RelyingParty,
    pub user: UserEntity,
    pub pub_key_cred_params: Vec<CredentialParameters>,
    pub exclude_list: Vec<CredentialDescriptor>,
    pub extensions: Option<Value>,
    pub options: Options,
    pub pin_uv_auth_param: Option<Vec<u8>>,
    pub pin_uv_auth_protocol: Option<u64>,
    pub enterprise_attestation: Option<u64>,
    pub attestation_formats_preference: Option<Vec<String>>,
}

/// PublicKeyCredentialRpEntity.
#[derive(Clone, Debug, PartialEq)]
pub struct RelyingParty {
    pub id: String,
    pub name: Option<String>,
}

/// PublicKeyCredentialParameters: a credential type and a COSE algorithm.
#[derive(Clone, Debug, PartialEq)]
pub struct CredentialParameters {
    pub kind: String,
    pub algorithm: i64,
}

impl Parameters {
    pub(crate) fn read(tree: &Value) -> Result<Self, Refusal> {
        let members = Members::of("makeCredential", tree)?;
        Ok(Self {
            client_data_hash: members.required(0x01, "clientDataHash", members::client_data_hash)?,
            rp: members.required(0x02, "rp", relying_party)?,
            user: members.required(0x03, "user", user)?,
            pub_key_cred_params: members.required(0x04, "pubKeyCredParams", credential_parameters)?,
            exclude_list: members.optional(0x05, "excludeList", members::descriptors)?.unwrap_or_default(),
            extensions: members.optional(0x06, "extensions", members::map)?,
            options: members.optional(0x07, "options", members::options)?.unwrap_or_default(),
            pin_uv_auth_param: members.optional(0x08, "pinUvAuthParam", members::bytes)?,
            pin_uv_auth_protocol: members.optional(0x09, "pinUvAuthProtocol", members::unsigned)?,
            enterprise_attestation: members.optional(0x0A, "enterpriseAttestation", members::unsigned)?,
            attestation_formats_preference: members.optional(0x0B, "attestationFormatsPreference", members::texts)?,
        })
    }
}

impl Parameters {
    /// Members that none of the device's versions has are members that it doesn't know.
    fn forget_later_members(&mut self, device: &Device) {
        let knows = |kind| device.config.protection.knows(kind);
        self.enterprise_attestation = self.enterprise_attestation.filter(|_| knows(Kind::Option("ep")));
        self.attestation_formats_preference = self.attestation_formats_preference.take().filter(|_| knows(Kind::Member(0x16)));
    }
}

fn relying_party(path: String, value: &Value) -> Result<RelyingParty, Refusal> {
    let rp = Members::of(path, value)?;
    Ok(RelyingParty { id: rp.required("id", "", members::text)?, name: rp.optional("name", "", members::text)? })
}

pub(super) fn user(path: String, value: &Value) -> Result<UserEntity, Refusal> {
    let user = Members::of(path.clone(), value)?;
    let id = user.required("id", "", members::bytes)?;
    if !(1..=64).contains(&id.len()) {
        return Err(Refusal::member(Status::InvalidLength, format!("{path}.id"), "is not 1 to 64 bytes long"));
    }
    let name = user.optional("name", "", members::text)?;
    Ok(UserEntity { id, name, display_name: user.optional("displayName", "", members::text)? })
}

fn credential_parameters(path: String, value: &Value) -> Result<Vec<CredentialParameters>, Refusal> {
    let read = |(path, item)| {
        let item = members::members(path, item)?;
        let algorithm = item.required("alg", "", members::algorithm)?;
        Ok(CredentialParameters { algorithm, kind: item.required("type", "", members::text)? })
    };
    members::items(path, value)?.into_iter().map(read).collect::<Result<_, Refusal>>().map_err(|mut refusal| {
        // §6.1.2 step 3.1.1: an element without a required member, for example INVALID_CBOR.
        if refusal.status == Status::MissingParameter {
            refusal.status = Status::InvalidCbor;
        }
        refusal
    })
}

/// The command, waiting for the user.
pub(crate) struct Pending {
    parameters: Parameters,
    algorithm: i64,
    /// What the user did before: by built-in verification, or when the token was issued.
    gestures: Gestures,
    stage: Stage,
}

/// What it waits for.
enum Stage {
    /// Step 11.
    Verification,
    /// Step 12.1.4.1: a credential is excluded, and the user is told so only after a touch.
    Excluded,
    /// Step 14.
    Presence,
}

impl Pending {
    fn purpose(&self) -> Purpose {
        purpose(&self.parameters)
    }

    fn ask(self, prompt: Prompt) -> Decision {
        Ok(Turn::Ask(prompt, Waiting::MakeCredential(Box::new(self))))
    }

    fn ask_presence(self, stage: Stage) -> Decision {
        let prompt = Prompt::Presence { purpose: self.purpose() };
        Self { stage, ..self }.ask(prompt)
    }
}

fn purpose(parameters: &Parameters) -> Purpose {
    Purpose::Register { rp_id: parameters.rp.id.clone(), user_name: parameters.user.name.clone() }
}

/// CTAP2.3 §6.1.2, step by step.
pub(super) fn start(device: &mut Device, now: Time, mut parameters: Parameters) -> Decision {
    parameters.forget_later_members(device);
    // Steps 1 and 2.
    let param = parameters.pin_uv_auth_param.clone();
    if let Some(probe) = pin_uv_auth::check(device, param.as_deref(), parameters.pin_uv_auth_protocol, purpose(&parameters))? {
        return Ok(probe);
    }
    // Step 3: the first algorithm in the relying party's order that the authenticator has.
    let supports = |wanted: &&CredentialParameters| {
        wanted.kind == "public-key" && get_info::algorithms(&device.config.algorithms).any(|algorithm| algorithm == wanted.algorithm)
    };
    let Some(chosen) = parameters.pub_key_cred_params.iter().find(supports) else {
        return Err(Refusal::rule(Status::UnsupportedAlgorithm, "pubKeyCredParams names no algorithm that the authenticator has"));
    };
    let mut pending = Pending { algorithm: chosen.algorithm, gestures: Gestures::NONE, stage: Stage::Verification, parameters };
    let options = pending.parameters.options;
    // Steps 5.2 and 5.3.
    let mut uv = options.uv == Some(true) && param.is_none();
    if uv && !device.is_verification_ready()? {
        return Err(device.lacks_built_in_verification());
    }
    // Step 5.4: getInfo has no `rk` then.
    if options.rk.is_some() && !device.config.discoverable {
        return Err(Refusal::rule(Status::UnsupportedOption, "rk is asked of an authenticator without discoverable credentials"));
    }
    // Step 5.6. CTAP 2.0 §5.1 has no such option here: known, and not valid for this command.
    let is_current = device.keeps(Rule::Ceremonies);
    if options.up == Some(false) || (options.up.is_some() && !is_current) {
        return Err(Refusal::rule(Status::InvalidOption, "a credential is never made without user presence"));
    }
    let settings = device.settings()?;
    let is_protected = device.is_protected_by_verification()?;
    // Step 6
    if settings.always_uv {
        // Step 6.3: for platforms that do not know of alwaysUv.
        uv = param.is_none() && device.is_verification_ready()?;
        if !is_protected || (param.is_none() && !uv) {
            return Err(device.lacks_verification(device.takes_pin(), "alwaysUv is on: nothing is done without user verification"));
        }
    }
    // Steps 7 and 8. CTAP 2.0 §5.1 step 6: a PIN that is set is asked for, and nothing else.
    let needs_verification = match is_current {
        true => is_protected && (options.rk == Some(true) || !device.makes_without_verification(&settings)),
        false => device.pin()?.is_some(),
    };
    if !uv && param.is_none() && needs_verification {
        return Err(device.lacks_verification(device.can_use_pin()?, "this credential needs user verification on this authenticator"));
    }
    // Step 9
    match pending.parameters.enterprise_attestation {
        None => {}
        // Step 9.1
        Some(_) if !settings.enterprise_attestation => {
            return Err(Refusal::rule(Status::InvalidParameter, "enterprise attestation is not there, or not enabled"));
        }
        Some(1 | 2) => {}
        // Step 9.2.1
        Some(_) => return Err(Refusal::rule(Status::InvalidOption, "enterpriseAttestation is neither 1 nor 2")),
    }
    device.check_list_length(pending.parameters.exclude_list.len())?;
    // Steps 10 and 11.
    if let Some(param) = param.filter(|_| is_protected || !is_current) {
        let Parameters { client_data_hash, rp, pin_uv_auth_protocol, .. } = &pending.parameters;
        let token =
            pin_uv_auth::verify(device, now, &param, *pin_uv_auth_protocol, client_data_hash, Permissions::MAKE_CREDENTIAL, &rp.id)?;
        pending.gestures = Gestures { present: token.present, verified: true };
    } else if uv {
        let prompt = device.ask_verification(pending.purpose()).map(Some);
        if let Some(prompt) = device.verification_or_pin(prompt)? {
            return pending.ask(prompt);
        }
    }
    exclude(device, now, pending)
}

pub(super) fn resume(device: &mut Device, now: Time, pending: Pending, answer: UserAnswer) -> Decision {
    match pending.stage {
        Stage::Verification => {
            let verified = device.verification(answer, pending.purpose());
            match device.verification_or_pin(verified)? {
                Some(prompt) => pending.ask(prompt),
                // Verification is evidence of presence as well (step 13).
                None => exclude(device, now, Pending { gestures: Gestures { present: true, verified: true }, ..pending }),
            }
        }
        // Step 12.1.4.2: whether the user touched or not.
        Stage::Excluded if answer == UserAnswer::Cancel => Err(gesture::declined(answer)),
        Stage::Excluded => Err(excluded()),
        Stage::Presence => {
            gesture::presence(answer)?;
            create(device, now, &pending)
        }
    }
}

fn excluded() -> Refusal {
    Refusal::rule(Status::CredentialExcluded, "a credential of the excludeList is on this authenticator")
}

/// Steps 12 to 14.
fn exclude(device: &mut Device, now: Time, pending: Pending) -> Decision {
    for descriptor in pending.parameters.exclude_list.iter().filter(|descriptor| descriptor.kind == "public-key") {
        // A credential whose key is invalidated still has its record, and still excludes (catalogue AK-01 d).
        let found = device.store.credential(&descriptor.id)?;
        let is_excluding = |credential: &Credential| {
            credential.belongs_to(&pending.parameters.rp.id) && credential.extensions.cred_protect.excludes(pending.gestures.verified)
        };
        if found.as_ref().is_some_and(is_excluding) {
            return if pending.gestures.present { Err(excluded()) } else { pending.ask_presence(Stage::Excluded) };
        }
    }
    if pending.gestures.present { create(device, now, &pending) } else { pending.ask_presence(Stage::Presence) }
}

/// Steps 15 to 19: the extensions; make the key, store it, and leave the attestation to be signed.
fn create(device: &mut Device, now: Time, pending: &Pending) -> Decision {
    // Step 14.4
    device.spend_token();
    let parameters = &pending.parameters;
    let discoverable = parameters.options.rk == Some(true);
    let stored = device.store.credentials()?;
    // Step 17: the same account's discoverable credential is overwritten.
    let is_replaced =
        |old: &&Credential| discoverable && old.discoverable && old.rp_id == parameters.rp.id && old.user.id == parameters.user.id;
    let replaced: Vec<Change> = stored.iter().filter(is_replaced).map(|old| Change::Delete(old.id.clone())).collect();
    if stored.len() - replaced.len() >= device.config.max_credentials {
        return Err(Refusal::rule(Status::KeyStoreFull, "as many credentials as fit are stored"));
    }
    // Step 15
    let about = Registration { rp_id: &parameters.rp.id, discoverable, verified: pending.gestures.verified };
    let extended = extension::at_registration(device, parameters.extensions.as_ref(), &about)?;
    let Some(key) = PrivateKey::generate(pending.algorithm, &mut device.random) else {
        return Err(Refusal::rule(Status::UnsupportedAlgorithm, "the authenticator can't make a key of this algorithm"));
    };
    let public_key = key.cose_public_key()?;
    let credential = Credential {
        id: device.new_credential_id()?,
        rp_id: parameters.rp.id.clone(),
        user: parameters.user.clone(),
        key: KeyState::Usable(key),
        discoverable,
        backup_eligible: device.config.backup_eligible,
        // BS without BE is not allowed (WebAuthn-3 §6.1.3).
        backup_state: device.config.backup_eligible && device.config.backup_state,
        created: stored.iter().map(|credential| credential.created).max().map_or(1, |newest| newest.saturating_add(1)),
        extensions: extended.data,
    };

    let format = attestation::choose(&device.config.attestation, pending.algorithm, parameters);
    let attester = attestation::attester(&device.config, format, now)?;
    let mut flags = Flags(Flags::UP | Flags::AT);
    flags.set(Flags::UV, pending.gestures.verified);
    flags.set(Flags::BE, credential.backup_eligible);
    flags.set(Flags::BS, credential.backup_state);
    flags.set(Flags::ED, extended.outputs.is_some());
    let authenticator_data = AuthenticatorData {
        rp_id_hash: Sha256::digest(&parameters.rp.id).into(),
        flags,
        sign_count: device.sign_count_of_new()?,
        attested_credential_data: Some(AttestedCredentialData {
            // A U2F key has no model number.
            aaguid: if format == AttestationFormat::FidoU2f { [0; 16] } else { device.config.aaguid },
            credential_id: credential.id.0.clone(),
            public_key,
        }),
        extensions: extended.outputs,
        trailing: Vec::new(),
    };

    let hash = &parameters.client_data_hash;
    attestation::check_size(&device.config, format, attester.as_deref(), &credential, &authenticator_data, hash)?;

    let changes: Vec<Change> = replaced.into_iter().chain([Change::Put(credential.clone())]).collect();
    let stored = device.store.commit(&changes)?;
    Ok(Turn::Decided(Response::MakeCredential(Box::new(UnsignedAttestation {
        authenticator_data,
        client_data_hash: parameters.client_data_hash.clone(),
        format,
        attester,
        credential,
        stored,
    }))))
}

pub(super) fn encode(attestation: &UnsignedAttestation) -> Result<Vec<(Value, Value)>, Refusal> {
    let authenticator_data = attestation.authenticator_data.to_bytes();
    let KeyState::Usable(key) = &attestation.credential.key else {
        return Err(Refusal::rule(Status::Other, "the credential's key is invalidated and can't sign"));
    };
    let claim = Claim { key, authenticator_data: &attestation.authenticator_data, client_data_hash: &attestation.client_data_hash };
    let statement = attestation.format.statement(&claim, attestation.attester.as_deref())?;
    let mut members = members_of_reply(attestation.format, authenticator_data, statement);
    let large_blob_key = attestation.credential.extensions.large_blob_key.as_ref();
    members.extend(large_blob_key.map(|key| (Value::from(0x05), Value::Bytes(key.0.to_vec()))));
    Ok(members)
}

fn members_of_reply(format: AttestationFormat, authenticator_data: Vec<u8>, statement: Value) -> Vec<(Value, Value)> {
    let mut members = vec![
        (Value::from(0x01), Value::from(format.identifier())),
        (Value::from(0x02), Value::Bytes(authenticator_data)),
        (Value::from(0x03), statement),
    ];
    if format == AttestationFormat::Enterprise {
        members.push((Value::from(0x04), Value::from(true)));
    }
    members
}

#[cfg(test)]
mod attestation_tests;
#[cfg(test)]
mod tests;
