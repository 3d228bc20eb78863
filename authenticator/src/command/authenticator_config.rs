//! authenticatorConfig (CTAP2.3 §6.11).

use ciborium::Value;

use crate::command::{Decision, Turn, get_info};
use crate::device::Device;
use crate::members::{self, Members};
use crate::pin_uv::{Permissions, RpScope};
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::{Change, Response, Status, Time, cbor};

const ENABLE_ENTERPRISE_ATTESTATION: u64 = 0x01;
const TOGGLE_ALWAYS_UV: u64 = 0x02;
const SET_MIN_PIN_LENGTH: u64 = 0x03;
const ENABLE_LONG_TOUCH_FOR_RESET: u64 = 0x04;
const VENDOR_PROTOTYPE: u64 = 0xFF;

/// The command's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    pub sub_command: u64,
    pub sub_command_params: Option<Value>,
    pub pin_uv_auth_protocol: Option<u64>,
    pub pin_uv_auth_param: Option<Vec<u8>>,
}

impl Parameters {
    pub(crate) fn read(tree: &Value) -> Result<Self, Refusal> {
        let members = Members::of("authenticatorConfig", tree)?;
        Ok(Self {
            sub_command: members.required(0x01, "subCommand", members::unsigned)?,
            sub_command_params: members.optional(0x02, "subCommandParams", members::map)?,
            pin_uv_auth_protocol: members.optional(0x03, "pinUvAuthProtocol", members::unsigned)?,
            pin_uv_auth_param: members.optional(0x04, "pinUvAuthParam", members::bytes)?,
        })
    }
}

/// The subcommands that a device has, for getInfo member 0x1F too.
pub(super) fn supported(device: &Device) -> Vec<u64> {
    let protection = &device.config.protection;
    let have = [
        (ENABLE_ENTERPRISE_ATTESTATION, protection.enterprise_attestation),
        (TOGGLE_ALWAYS_UV, protection.always_uv.is_some()),
        (SET_MIN_PIN_LENGTH, protection.set_min_pin_length),
        (ENABLE_LONG_TOUCH_FOR_RESET, protection.long_touch_for_reset.is_some()),
        (VENDOR_PROTOTYPE, protection.vendor_prototype_config_commands.is_some()),
    ];
    have.into_iter().filter(|(_, has)| *has).map(|(number, _)| number).collect()
}

pub(super) fn start(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    if !device.config.protection.authenticator_config {
        return Err(Refusal::rule(Status::InvalidCommand, "the authenticator has no authenticatorConfig"));
    }
    // Step 2 names this status. §8.1 has INVALID_SUBCOMMAND for any subcommand that is not there, which pico-fido answers with; OpenSK answers
    // as the command's own algorithm says, and so does this one.
    if !supported(device).contains(&parameters.sub_command) {
        return Err(Refusal::rule(Status::InvalidParameter, "the authenticator has no such subcommand of authenticatorConfig"));
    }
    let settings = device.settings()?;
    // Steps 3 and 4. An authenticator without protection that demands verification can still be freed of the demand.
    let is_protected = device.is_protected_by_verification()?;
    let is_way_out = parameters.sub_command == TOGGLE_ALWAYS_UV && !is_protected;
    if !is_way_out && (is_protected || settings.always_uv) {
        let number = u8::try_from(parameters.sub_command).unwrap_or(u8::MAX);
        let params = parameters.sub_command_params.as_ref().map(cbor::write).unwrap_or_default();
        // The parameters as they came: a request in another form than the canonical one was refused before.
        let message = [&[0xFF; 32][..], &[0x0D, number], &params].concat();
        let (param, protocol) = (parameters.pin_uv_auth_param.as_deref(), parameters.pin_uv_auth_protocol);
        device.check_pin_uv_auth(now, param, protocol, &message, Permissions::AUTHENTICATOR_CONFIG, RpScope::Any)?;
    }
    // Step 5
    match parameters.sub_command {
        ENABLE_ENTERPRISE_ATTESTATION => store(device, &Settings { enterprise_attestation: true, ..settings }),
        TOGGLE_ALWAYS_UV => store(device, &Settings { always_uv: !settings.always_uv, ..settings }),
        ENABLE_LONG_TOUCH_FOR_RESET => store(device, &Settings { long_touch_for_reset: true, ..settings }),
        SET_MIN_PIN_LENGTH => set_min_pin_length(device, parameters, settings),
        _ => vendor_prototype(device, parameters, &settings),
    }
}

fn store(device: &mut Device, settings: &Settings) -> Decision {
    commit(device, &[settings.set()])
}

fn commit(device: &mut Device, changes: &[Change]) -> Decision {
    let stored = device.store.commit(changes)?;
    Ok(Turn::Decided(Response::Stored(stored, Vec::new())))
}

/// CTAP2.3 §6.11.4.
fn set_min_pin_length(device: &mut Device, parameters: &Parameters, mut settings: Settings) -> Decision {
    let empty = Value::Map(Vec::new());
    let params = Members::of("subCommandParams", parameters.sub_command_params.as_ref().unwrap_or(&empty))?;
    let length = params.optional(0x01, "newMinPINLength", members::unsigned)?.unwrap_or(u64::from(settings.min_pin_length));
    // A list without names changes nothing.
    let rp_ids = params.optional(0x02, "minPinLengthRPIDs", members::texts)?.filter(|rp_ids| !rp_ids.is_empty());
    let force = params.optional(0x03, "forceChangePin", members::boolean)?.unwrap_or(false);
    let complexity = params.optional(0x04, "pinComplexityPolicy", members::boolean)?.unwrap_or(false);
    let protection = &device.config.protection;
    if length < u64::from(settings.min_pin_length) {
        return Err(Refusal::rule(Status::PinPolicyViolation, "minPINLength never falls but by a reset"));
    }
    let Some(length) = u8::try_from(length).ok().filter(|length| *length <= protection.max_pin_length) else {
        return Err(Refusal::rule(Status::PinPolicyViolation, "newMinPINLength is above maxPINLength"));
    };
    if complexity && protection.pin_complexity_policy.is_none() {
        return Err(Refusal::rule(Status::InvalidParameter, "the authenticator has no pinComplexityPolicy"));
    }
    let pin = device.pin()?;
    if force && pin.is_none() {
        return Err(Refusal::rule(Status::PinNotSet, "a PIN that is not set can't be forced to change"));
    }
    if let Some(rp_ids) = rp_ids {
        if rp_ids.len() > protection.max_rp_ids_for_set_min_pin_length {
            return Err(Refusal::rule(Status::KeyStoreFull, "more RP IDs than maxRPIDsForSetMinPINLength"));
        }
        settings.min_pin_length_rp_ids = rp_ids;
    }
    // A stored PIN can't be looked at again: too short is known, too simple has to be assumed.
    let is_new_policy = complexity && !settings.pin_complexity_policy;
    let must_change = force || pin.is_some_and(|pin| pin.code_points < length || is_new_policy);
    settings.min_pin_length = length;
    settings.pin_complexity_policy |= complexity;
    settings.force_pin_change |= must_change;
    let mut changes = vec![settings.set()];
    if must_change {
        changes.push(Device::without_persistent_token());
    }
    let decision = commit(device, &changes)?;
    // Whenever it is forced now, as before too.
    if settings.force_pin_change {
        device.token = None;
    }
    Ok(decision)
}

/// CTAP2.3 §6.11.5: a vendor's commands are known by number and do nothing here.
fn vendor_prototype(device: &mut Device, parameters: &Parameters, settings: &Settings) -> Decision {
    let empty = Value::Map(Vec::new());
    let params = Members::of("subCommandParams", parameters.sub_command_params.as_ref().unwrap_or(&empty))?;
    let id = params.required(0x01, "vendorCommandId", members::unsigned)?;
    let known = device.config.protection.vendor_prototype_config_commands.as_deref().unwrap_or_default();
    if !known.contains(&id) {
        return Err(Refusal::rule(Status::InvalidParameter, "the authenticator has no such vendor command"));
    }
    store(device, settings)
}

/// The options of getInfo that have to do with this command.
pub(super) fn options(device: &Device, settings: &Settings) -> Vec<get_info::Named> {
    let protection = &device.config.protection;
    let mut options = Vec::new();
    if protection.enterprise_attestation {
        options.push(("ep", settings.enterprise_attestation));
    }
    if protection.always_uv.is_some() {
        options.push(("alwaysUv", settings.always_uv));
    }
    if protection.authenticator_config {
        options.push(("authnrCfg", true));
        if protection.uv_authenticator_config {
            options.push(("uvAcfg", true));
        }
    }
    if protection.set_min_pin_length {
        options.push(("setMinPINLength", true));
    }
    options
}

#[cfg(test)]
mod tests;
