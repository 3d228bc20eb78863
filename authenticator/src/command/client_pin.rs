//! authenticatorClientPIN (CTAP2.3 §6.5.5).

mod pin;
mod token;

use ciborium::Value;

use crate::command::{Decision, Pending as Waiting, Turn};
use crate::config::{BuiltInVerification, Kind, Rule};
use crate::device::Device;
use crate::members::{self, Members};
use crate::pin_uv::{PinUvAuthProtocol, SharedSecret};
use crate::refusal::Refusal;
use crate::{Response, Status, Time, UserAnswer};

pub(crate) use token::Pending;

/// The command's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    pub pin_uv_auth_protocol: Option<u64>,
    pub sub_command: u64,
    pub key_agreement: Option<Value>,
    pub pin_uv_auth_param: Option<Vec<u8>>,
    pub new_pin_enc: Option<Vec<u8>>,
    pub pin_hash_enc: Option<Vec<u8>>,
    pub permissions: Option<u64>,
    pub rp_id: Option<String>,
}

impl Parameters {
    pub(crate) fn read(tree: &Value) -> Result<Self, Refusal> {
        let members = Members::of("clientPIN", tree)?;
        Ok(Self {
            pin_uv_auth_protocol: members.optional(0x01, "pinUvAuthProtocol", members::unsigned)?,
            sub_command: members.required(0x02, "subCommand", members::unsigned)?,
            key_agreement: members.optional(0x03, "keyAgreement", members::map)?,
            pin_uv_auth_param: members.optional(0x04, "pinUvAuthParam", members::bytes)?,
            new_pin_enc: members.optional(0x05, "newPinEnc", members::bytes)?,
            pin_hash_enc: members.optional(0x06, "pinHashEnc", members::bytes)?,
            permissions: members.optional(0x09, "permissions", members::unsigned)?,
            rp_id: members.optional(0x0A, "rpId", members::text)?,
        })
    }

    /// The protocol, which every subcommand with cryptography needs.
    fn protocol(&self, device: &Device) -> Result<PinUvAuthProtocol, Refusal> {
        let Some(number) = self.pin_uv_auth_protocol else { return Err(missing("clientPIN member 0x01 (pinUvAuthProtocol)")) };
        device.protocol(Some(number))
    }

    /// `decapsulate(platform key-agreement key)`.
    fn shared_secret(&self, device: &mut Device, protocol: PinUvAuthProtocol) -> Result<SharedSecret, Refusal> {
        let peer = required(self.key_agreement.as_ref(), "clientPIN member 0x03 (keyAgreement)")?;
        // Whatever is wrong with it, the status is this one.
        device.key_agreement().agree(protocol, peer).map_err(|refusal| Refusal { status: Status::InvalidParameter, ..refusal })
    }
}

fn missing(member: &'static str) -> Refusal {
    Refusal::member(Status::MissingParameter, member, "is missing")
}

fn required<'a, T: ?Sized>(value: Option<&'a T>, member: &'static str) -> Result<&'a T, Refusal> {
    value.ok_or_else(|| missing(member))
}

pub(super) fn start(device: &mut Device, now: Time, parameters: Parameters) -> Decision {
    if device.protocols().is_empty() {
        return Err(Refusal::rule(Status::InvalidCommand, "the authenticator has no PIN and issues no tokens"));
    }
    let protection = &device.config.protection;
    let (pin, tokens) = (protection.client_pin, protection.pin_uv_auth_token);
    let verification = device.config.verification != BuiltInVerification::Absent;
    let is_known = |number| device.config.protection.knows(Kind::Subcommand(0x06, number));
    match parameters.sub_command {
        number if !u8::try_from(number).is_ok_and(is_known) => Err(no_such_subcommand(device)),
        0x01 if pin => pin_retries(device),
        0x02 => key_agreement(device, &parameters),
        0x03 if pin => pin::set(device, &parameters),
        0x04 if pin => pin::change(device, &parameters),
        0x05 if pin => token::with_pin(device, now, &parameters, token::Kind::Superseded),
        0x06 if verification && tokens => token::with_verification(device, parameters),
        0x07 if verification => {
            Ok(Turn::Decided(Response::Answer(vec![(Value::from(0x05), Value::from(device.verification_tries_left()?))])))
        }
        0x09 if pin && tokens => token::with_pin(device, now, &parameters, token::Kind::WithPermissions),
        _ => Err(no_such_subcommand(device)),
    }
}

fn no_such_subcommand(device: &Device) -> Refusal {
    let status = if device.keeps(Rule::LaterStatuses) { Status::InvalidSubcommand } else { Status::InvalidParameter };
    Refusal::rule(status, "the authenticator has no such subcommand of clientPIN")
}

pub(super) fn resume(device: &mut Device, now: Time, pending: Pending, answer: UserAnswer) -> Decision {
    token::resume(device, now, pending, answer)
}

/// `getPINRetries` (CTAP2.3 §6.5.5.2).
fn pin_retries(device: &Device) -> Decision {
    let mut members = vec![(Value::from(0x03), Value::from(device.pin_tries_left()?))];
    // CTAP 2.0 has no such member (§5.5 there).
    if device.needs_power_cycle() && device.keeps(Rule::BoundTokens) {
        members.push((Value::from(0x04), Value::from(true)));
    }
    Ok(Turn::Decided(Response::Answer(members)))
}

/// `getKeyAgreement` (CTAP2.3 §6.5.5.4).
fn key_agreement(device: &mut Device, parameters: &Parameters) -> Decision {
    let _supported = parameters.protocol(device)?;
    Ok(Turn::Decided(Response::Answer(vec![(Value::from(0x01), device.key_agreement().public_key())])))
}

fn ask(prompt: crate::Prompt, pending: Pending) -> Decision {
    Ok(Turn::Ask(prompt, Waiting::ClientPin(Box::new(pending))))
}

#[cfg(test)]
mod tests;
