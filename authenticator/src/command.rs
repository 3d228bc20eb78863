//! The commands (CTAP2.3 §6). One file each: its parameters, its algorithm, its reply.

pub mod authenticator_config;
pub mod bio_enrollment;
pub mod client_pin;
pub mod credential_management;
#[cfg(test)]
mod ctap_types_oracle;
pub mod get_assertion;
pub(crate) mod get_info;
mod get_next_assertion;
pub mod large_blobs;
pub mod make_credential;
#[cfg(test)]
mod option_table;
mod pin_uv_auth;
mod reset;
mod selection;
pub(crate) mod vendor;
#[cfg(test)]
mod versions;

use std::time::Duration;

use ciborium::Value;

use crate::config::Kind;
use crate::device::Device;
use crate::refusal::Refusal;
use crate::{Command, Committed, Prompt, Response, Time, UserAnswer};

/// Where a command stands: it asks the user, or is decided.
pub(crate) enum Turn {
    Ask(Prompt, Pending),
    Decided(Response),
}

impl Turn {
    /// These members, in canonical order, and no change.
    fn answer(members: Vec<(u8, Value)>) -> Self {
        Self::Decided(Response::Answer(numbered(members)))
    }

    /// These members, in canonical order, and a change that is durable.
    fn stored(committed: Committed, members: Vec<(u8, Value)>) -> Self {
        Self::Decided(Response::Stored(committed, numbered(members)))
    }
}

fn numbered(members: Vec<(u8, Value)>) -> Vec<(Value, Value)> {
    members.into_iter().map(|(number, value)| (Value::from(number), value)).collect()
}

pub(crate) type Decision = Result<Turn, Refusal>;

/// A command that waits for the user.
pub(crate) enum Pending {
    MakeCredential(Box<make_credential::Pending>),
    GetAssertion(Box<get_assertion::Pending>),
    ClientPin(Box<client_pin::Pending>),
    /// The zero-length `pinUvAuthParam` of makeCredential or getAssertion.
    PinProbe,
    Reset,
    Selection,
    BioEnrollment(Box<bio_enrollment::Pending>),
}

impl Pending {
    /// How long it waits for the user, if not as long as the device always does.
    pub fn timeout(&self) -> Option<Duration> {
        match self {
            Self::BioEnrollment(pending) => pending.timeout,
            _ => None,
        }
    }
}

/// Whether the device has the command at all. One that is not there is refused before its parameters are read.
pub(crate) fn is_there(device: &Device, code: u8) -> bool {
    let commands = &device.config.commands;
    let has_sensor = commands.fingerprint_sensor.is_some();
    if !device.config.protection.knows(Kind::Command(code)) {
        return false;
    }
    match code {
        0x06 => !device.protocols().is_empty(),
        0x09 => commands.bio_enrollment && has_sensor,
        0x0A => commands.credential_management,
        0x0C => commands.large_blobs.is_some(),
        0x0D => device.config.protection.authenticator_config,
        0x40 => commands.bio_enrollment_preview && has_sensor,
        0x41 => commands.credential_management_preview,
        // The others are everywhere, or nowhere.
        _ => true,
    }
}

pub(crate) fn start(device: &mut Device, now: Time, command: Command) -> Decision {
    match command {
        Command::MakeCredential(parameters) => make_credential::start(device, now, parameters),
        Command::GetAssertion(parameters) => get_assertion::start(device, now, parameters),
        Command::GetNextAssertion => get_next_assertion::start(device, now),
        Command::GetInfo => get_info::start(device),
        Command::ClientPin(parameters) => client_pin::start(device, now, parameters),
        Command::Reset => reset::start(device, now),
        Command::Selection => selection::start(),
        Command::CredentialManagement(parameters) => credential_management::start(device, now, &parameters),
        Command::BioEnrollment(parameters) => bio_enrollment::start(device, now, &parameters),
        Command::LargeBlobs(parameters) => large_blobs::start(device, now, &parameters),
        Command::Vendor(code) => vendor::start(device, code),
        Command::AuthenticatorConfig(parameters) => authenticator_config::start(device, now, &parameters),
    }
}

pub(crate) fn resume(device: &mut Device, now: Time, pending: Pending, answer: UserAnswer) -> Decision {
    match pending {
        Pending::MakeCredential(pending) => make_credential::resume(device, now, *pending, answer),
        Pending::GetAssertion(pending) => get_assertion::resume(device, now, *pending, answer),
        Pending::ClientPin(pending) => client_pin::resume(device, now, *pending, answer),
        Pending::PinProbe => pin_uv_auth::resume_probe(device, answer),
        Pending::Reset => reset::resume(device, answer),
        Pending::Selection => selection::resume(answer),
        Pending::BioEnrollment(pending) => bio_enrollment::resume(device, *pending, answer),
    }
}

/// Signs what was decided; the members of the reply in canonical order.
pub(crate) fn encode(response: &Response) -> Result<Vec<(Value, Value)>, Refusal> {
    match response {
        Response::MakeCredential(attestation) => make_credential::encode(attestation),
        Response::GetAssertion(assertion) => get_assertion::encode(assertion),
        Response::GetInfo(members) | Response::Answer(members) | Response::Stored(_, members) => Ok(members.clone()),
        Response::Reset(_) | Response::Selection => Ok(Vec::new()),
    }
}
