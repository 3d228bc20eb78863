//! A request: what came, byte for byte, beside the typed view.

use ciborium::Value;

use crate::command::{get_assertion, make_credential};
use crate::refusal::Refusal;
use crate::{Status, cbor};

/// One decoded request. The wire model keeps what came: raw bytes and the CBOR tree.
#[derive(Clone, Debug)]
pub struct Request {
    pub raw: Vec<u8>,
    pub tree: Option<Value>,
    pub command: Command,
}

/// The typed view of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    MakeCredential(make_credential::Parameters),
    GetAssertion(get_assertion::Parameters),
    GetNextAssertion,
    GetInfo,
    Reset,
    Selection,
}

impl Request {
    /// Reads a request of at most `max_message_size` bytes (CTAP2.3 §6, §8).
    pub(crate) fn decode(raw: &[u8], max_message_size: usize) -> Result<Self, Refusal> {
        if raw.len() > max_message_size {
            return Err(Refusal::rule(Status::RequestTooLarge, "the request is longer than maxMsgSize"));
        }
        let Some((code, body)) = raw.split_first() else {
            return Err(Refusal::rule(Status::InvalidLength, "the request is empty"));
        };
        let (command, tree) = match code {
            0x01 => {
                let tree = parameters(body)?;
                (Command::MakeCredential(make_credential::Parameters::read(&tree)?), Some(tree))
            }
            0x02 => {
                let tree = parameters(body)?;
                (Command::GetAssertion(get_assertion::Parameters::read(&tree)?), Some(tree))
            }
            0x04 => (without_parameters(body, Command::GetInfo)?, None),
            0x07 => (without_parameters(body, Command::Reset)?, None),
            0x08 => (without_parameters(body, Command::GetNextAssertion)?, None),
            0x0B => (without_parameters(body, Command::Selection)?, None),
            _ => return Err(Refusal::rule(Status::InvalidCommand, "the authenticator has no such command")),
        };
        Ok(Self { raw: raw.to_vec(), tree, command })
    }
}

fn parameters(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Err(Refusal::rule(Status::MissingParameter, "the command needs parameters and has none"));
    }
    Ok(cbor::read_strict(body)?)
}

fn without_parameters(body: &[u8], command: Command) -> Result<Command, Refusal> {
    if body.is_empty() {
        Ok(command)
    } else {
        Err(Refusal::rule(Status::InvalidLength, "the command takes no parameters, but bytes follow it"))
    }
}
