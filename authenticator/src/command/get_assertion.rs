//! authenticatorGetAssertion (CTAP2.3 §6.2).

use ciborium::Value;

use crate::command::{Decision, Pending as Waiting, Turn, pin_uv_auth};
use crate::config::Rule;
use crate::device::Device;
use crate::extension::Asked;
use crate::gesture;
use crate::members::{self, CredentialDescriptor, Members, Options};
use crate::pin_uv::{Bearer, Permissions};
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{
    AuthenticatorData, Credential, CredentialId, Flags, KeyState, Prompt, Response, Status, Time, UnsignedAssertion, UserAnswer,
    UserEntity, cbor,
};

/// The command's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    pub rp_id: String,
    pub client_data_hash: Vec<u8>,
    /// Empty: absent.
    pub allow_list: Vec<CredentialDescriptor>,
    pub extensions: Option<Value>,
    pub options: Options,
    pub pin_uv_auth_param: Option<Vec<u8>>,
    pub pin_uv_auth_protocol: Option<u64>,
}

impl Parameters {
    pub(crate) fn read(tree: &Value) -> Result<Self, Refusal> {
        let members = Members::of("getAssertion", tree)?;
        Ok(Self {
            rp_id: members.required(0x01, "rpId", members::text)?,
            client_data_hash: members.required(0x02, "clientDataHash", members::client_data_hash)?,
            allow_list: members.optional(0x03, "allowList", members::descriptors)?.unwrap_or_default(),
            extensions: members.optional(0x04, "extensions", members::map)?,
            options: members.optional(0x05, "options", members::options)?.unwrap_or_default(),
            pin_uv_auth_param: members.optional(0x06, "pinUvAuthParam", members::bytes)?,
            pin_uv_auth_protocol: members.optional(0x07, "pinUvAuthProtocol", members::unsigned)?,
        })
    }
}

/// The command, waiting for the user.
pub(crate) struct Pending {
    parameters: Parameters,
    /// What the user did when the token was issued.
    gestures: Gestures,
    stage: Stage,
}

/// What it waits for.
enum Stage {
    /// Step 6.
    Verification,
    /// Step 9.
    Presence,
}

/// What getNextAssertion goes on with (step 12.2.2).
pub(crate) struct Remembered {
    pub client_data_hash: Vec<u8>,
    /// Still to be answered, newest first.
    pub credentials: std::vec::IntoIter<CredentialId>,
    pub gestures: Gestures,
    pub asked: Asked,
    pub bearer: Bearer,
    /// When the last assertion was answered.
    pub last: Time,
}

/// What the user did for an assertion: its UP and UV bits.
#[derive(Clone, Copy)]
pub(crate) struct Gestures {
    pub present: bool,
    pub verified: bool,
}

impl Gestures {
    pub const NONE: Self = Self { present: false, verified: false };
}

/// CTAP2.3 §6.2.2, step by step.
pub(super) fn start(device: &mut Device, now: Time, parameters: Parameters) -> Decision {
    let purpose = Purpose::Authenticate { rp_id: parameters.rp_id.clone() };
    // Steps 1 and 2.
    let param = parameters.pin_uv_auth_param.clone();
    if let Some(probe) = pin_uv_auth::check(device, param.as_deref(), parameters.pin_uv_auth_protocol, purpose.clone())? {
        return Ok(probe);
    }
    // Steps 4.2 and 4.3.
    let mut uv = parameters.options.uv == Some(true) && param.is_none();
    if uv && !device.is_verification_ready()? {
        return Err(device.lacks_built_in_verification());
    }
    // Step 4.4
    let is_current = device.keeps(Rule::Ceremonies);
    if parameters.options.rk.is_some() {
        // CTAP 2.0 §5.2 step 5: known, and not valid for this command.
        let status = if is_current { Status::UnsupportedOption } else { Status::InvalidOption };
        return Err(Refusal::rule(status, "rk is no option of getAssertion"));
    }
    device.check_list_length(parameters.allow_list.len())?;
    let is_protected = device.is_protected_by_verification()?;
    // Step 5: a silent request is left alone.
    if device.settings()?.always_uv && parameters.options.up != Some(false) {
        let is_ready = device.is_verification_ready()?;
        if !is_protected || (param.is_none() && !uv && !is_ready) {
            return Err(device.lacks_verification(device.takes_pin(), "alwaysUv is on: nothing is done without user verification"));
        }
        // Step 5.4: for platforms that do not know of alwaysUv.
        uv = param.is_none();
    }
    // Step 6
    let mut gestures = Gestures::NONE;
    // CTAP 2.0 §5.2 step 2: a token is looked at whether there is a PIN or not.
    if let Some(param) = param.filter(|_| is_protected || !is_current) {
        let Parameters { client_data_hash, rp_id, pin_uv_auth_protocol, .. } = &parameters;
        let token = pin_uv_auth::verify(device, now, &param, *pin_uv_auth_protocol, client_data_hash, Permissions::GET_ASSERTION, rp_id)?;
        gestures = Gestures { present: token.present, verified: true };
    } else if uv {
        let prompt = device.ask_verification(purpose.clone()).map(Some);
        if let Some(prompt) = device.verification_or_pin(prompt)? {
            return Ok(Turn::Ask(prompt, Waiting::GetAssertion(Box::new(Pending { parameters, gestures, stage: Stage::Verification }))));
        }
    }
    // Step 7 comes before step 9: without a credential the user is not asked. In CTAP 2.0 (§5.2 steps 7 and 8) nobody learns that there is
    // none before a touch.
    if is_current || parameters.options.up == Some(false) {
        locate(device, &parameters, gestures.verified)?;
    }
    if parameters.options.up == Some(false) {
        return select(device, now, &parameters, Gestures { present: false, ..gestures });
    }
    // Step 9.1: the finger that got the token counts.
    if gestures.present {
        device.spend_token();
        return select(device, now, &parameters, gestures);
    }
    Ok(Turn::Ask(Prompt::Presence { purpose }, Waiting::GetAssertion(Box::new(Pending { parameters, gestures, stage: Stage::Presence }))))
}

pub(super) fn resume(device: &mut Device, now: Time, pending: Pending, answer: UserAnswer) -> Decision {
    let Pending { parameters, gestures, stage } = pending;
    match stage {
        Stage::Verification => {
            let purpose = Purpose::Authenticate { rp_id: parameters.rp_id.clone() };
            let verified = device.verification(answer, purpose);
            match device.verification_or_pin(verified)? {
                Some(prompt) => Ok(Turn::Ask(prompt, Waiting::GetAssertion(Box::new(Pending { parameters, gestures, stage })))),
                // Step 8: verification is evidence of presence as well.
                None => {
                    // Step 9.4
                    device.spend_token();
                    select(device, now, &parameters, Gestures { present: true, verified: true })
                }
            }
        }
        Stage::Presence => {
            gesture::presence(answer)?;
            device.spend_token();
            select(device, now, &parameters, Gestures { present: true, ..gestures })
        }
    }
}

/// Step 7: the applicable credentials. With an allowList in its order, else discoverable ones, newest first (step 12.2.1). A credential whose
/// key is invalidated can't be used, so it is not found (catalogue AK-01 a).
fn locate(device: &Device, parameters: &Parameters, verified: bool) -> Result<Vec<Credential>, Refusal> {
    let has_list = !parameters.allow_list.is_empty();
    let is_applicable = |credential: &Credential| {
        credential.belongs_to(&parameters.rp_id)
            && credential.key != KeyState::Invalidated
            && credential.extensions.cred_protect.allows_assertion(verified, has_list)
    };
    let mut applicable = Vec::new();
    if parameters.allow_list.is_empty() {
        let stored = device.store.credentials()?.into_iter().rev();
        applicable.extend(stored.filter(|credential| credential.discoverable && is_applicable(credential)));
    } else {
        for descriptor in parameters.allow_list.iter().filter(|descriptor| descriptor.kind == "public-key") {
            applicable.extend(device.store.credential(&descriptor.id)?.filter(is_applicable));
        }
    }
    // Step 7.6
    if applicable.is_empty() {
        return Err(Refusal::rule(Status::NoCredentials, "the authenticator has no usable credential for this request"));
    }
    Ok(applicable)
}

/// Steps 10 to 13: the extensions; choose, remember the rest, and leave the assertion to be signed.
fn select(device: &mut Device, now: Time, parameters: &Parameters, gestures: Gestures) -> Decision {
    let mut applicable = locate(device, parameters, gestures.verified)?.into_iter();
    let asked = Asked::read(device, parameters.extensions.as_ref(), gestures.present)?;
    // Step 11.2: with an allowList there is no numberOfCredentials and nothing to go on with.
    let number = if parameters.allow_list.is_empty() { applicable.len() } else { 1 };
    let Some(credential) = applicable.next() else {
        return Err(Refusal::rule(Status::NoCredentials, "the authenticator has no usable credential for this request"));
    };
    let assertion = assertion(device, credential, parameters.client_data_hash.clone(), gestures, &asked, number)?;
    if number > 1 {
        let rest: Vec<CredentialId> = applicable.map(|credential| credential.id).collect();
        let client_data_hash = parameters.client_data_hash.clone();
        // With a token, it is the token that verified the user.
        let bearer = if gestures.verified && parameters.pin_uv_auth_param.is_some() { Bearer::Token } else { Bearer::Nobody };
        device.remembered = Some(Remembered { client_data_hash, credentials: rest.into_iter(), gestures, asked, bearer, last: now });
    }
    let number_of_credentials = (number > 1).then_some(number);
    Ok(Turn::Decided(Response::GetAssertion(Box::new(UnsignedAssertion { number_of_credentials, ..assertion }))))
}

/// The assertion of one credential out of `number`.
pub(super) fn assertion(
    device: &mut Device,
    credential: Credential,
    client_data_hash: Vec<u8>,
    gestures: Gestures,
    asked: &Asked,
    number: usize,
) -> Result<UnsignedAssertion, Refusal> {
    let answered = asked.answer(device, &credential, gestures.verified);
    let mut flags = Flags::default();
    flags.set(Flags::UP, gestures.present);
    flags.set(Flags::UV, gestures.verified);
    flags.set(Flags::BE, credential.backup_eligible);
    flags.set(Flags::BS, credential.backup_state);
    flags.set(Flags::ED, answered.outputs.is_some());
    let authenticator_data = AuthenticatorData {
        rp_id_hash: credential.rp_id_hash(),
        flags,
        sign_count: device.sign_count_of(&credential.id)?,
        attested_credential_data: None,
        extensions: answered.outputs,
        trailing: Vec::new(),
    };
    // Step 12.3: names only to a verified user, and only to choose by.
    let user = credential.discoverable.then(|| match gestures.verified && number > 1 {
        true => credential.user.clone(),
        false => UserEntity { id: credential.user.id.clone(), name: None, display_name: None },
    });
    Ok(UnsignedAssertion {
        authenticator_data,
        client_data_hash,
        credential,
        user,
        number_of_credentials: None,
        large_blob_key: answered.large_blob_key,
    })
}

pub(super) fn encode(assertion: &UnsignedAssertion) -> Result<Vec<(Value, Value)>, Refusal> {
    let KeyState::Usable(key) = &assertion.credential.key else {
        return Err(Refusal::rule(Status::Other, "the credential's key is invalidated and can't sign"));
    };
    let authenticator_data = assertion.authenticator_data.to_bytes();
    let signature = key.sign(&[authenticator_data.as_slice(), &assertion.client_data_hash].concat())?;
    let credential = cbor::text_map([("id", Value::Bytes(assertion.credential.id.0.clone())), ("type", Value::from("public-key"))]);
    let mut members = vec![
        (Value::from(0x01), credential),
        (Value::from(0x02), Value::Bytes(authenticator_data)),
        (Value::from(0x03), Value::Bytes(signature)),
    ];
    if let Some(user) = &assertion.user {
        let mut pairs = vec![(Value::from("id"), Value::Bytes(user.id.clone()))];
        pairs.extend(user.name.as_ref().map(|name| (Value::from("name"), Value::from(name.as_str()))));
        pairs.extend(user.display_name.as_ref().map(|name| (Value::from("displayName"), Value::from(name.as_str()))));
        members.push((Value::from(0x04), Value::Map(pairs)));
    }
    members.extend(assertion.number_of_credentials.map(|number| (Value::from(0x05), cbor::count(number))));
    members.extend(assertion.large_blob_key.as_ref().map(|key| (Value::from(0x07), Value::Bytes(key.0.to_vec()))));
    Ok(members)
}

#[cfg(test)]
mod tests;
