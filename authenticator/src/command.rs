//! The commands (CTAP2.3 §6). One file each: its parameters, its algorithm, its reply.

pub mod authenticator_config;
pub mod client_pin;
pub mod get_assertion;
pub(crate) mod get_info;
mod get_next_assertion;
pub mod make_credential;
#[cfg(test)]
mod option_table;
mod pin_uv_auth;
mod reset;
mod selection;

use ciborium::Value;

use crate::device::Device;
use crate::refusal::Refusal;
use crate::{Command, Prompt, Response, Time, UserAnswer};

/// Where a command stands: it asks the user, or is decided.
pub(crate) enum Turn {
    Ask(Prompt, Pending),
    Decided(Response),
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
        Command::AuthenticatorConfig(parameters) => authenticator_config::start(device, now, &parameters),
    }
}

pub(crate) fn resume(device: &mut Device, now: Time, pending: Pending, answer: UserAnswer) -> Decision {
    match pending {
        Pending::MakeCredential(pending) => make_credential::resume(device, *pending, answer),
        Pending::GetAssertion(pending) => get_assertion::resume(device, now, *pending, answer),
        Pending::ClientPin(pending) => client_pin::resume(device, now, *pending, answer),
        Pending::PinProbe => pin_uv_auth::resume_probe(device, answer),
        Pending::Reset => reset::resume(device, answer),
        Pending::Selection => selection::resume(answer),
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
