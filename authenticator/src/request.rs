//! A request: what came, byte for byte, beside the typed view.

use ciborium::Value;

use crate::command::{
    authenticator_config, bio_enrollment, client_pin, credential_management, get_assertion, large_blobs, make_credential, vendor,
};
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
    ClientPin(client_pin::Parameters),
    Reset,
    Selection,
    CredentialManagement(credential_management::Parameters),
    BioEnrollment(bio_enrollment::Parameters),
    LargeBlobs(large_blobs::Parameters),
    /// A command of the vendor's range; what follows the code is the vendor's business.
    Vendor(u8),
    AuthenticatorConfig(authenticator_config::Parameters),
}

impl Request {
    /// Reads a request of at most `max_message_size` bytes (CTAP2.3 §6, §8).
    ///
    /// # Errors
    /// The status that the client must see, and why.
    pub fn decode(raw: &[u8], max_message_size: usize) -> Result<Self, Refusal> {
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
            0x06 => {
                let tree = parameters(body)?;
                (Command::ClientPin(client_pin::Parameters::read(&tree)?), Some(tree))
            }
            0x07 => (without_parameters(body, Command::Reset)?, None),
            0x08 => (without_parameters(body, Command::GetNextAssertion)?, None),
            0x09 | 0x40 => {
                let tree = parameters(body)?;
                (Command::BioEnrollment(bio_enrollment::Parameters::read(&tree, *code == 0x40)?), Some(tree))
            }
            0x0A | 0x41 => {
                let tree = parameters(body)?;
                (Command::CredentialManagement(credential_management::Parameters::read(&tree, *code == 0x41)?), Some(tree))
            }
            0x0B => (without_parameters(body, Command::Selection)?, None),
            0x0C => {
                let tree = parameters(body)?;
                (Command::LargeBlobs(large_blobs::Parameters::read(&tree)?), Some(tree))
            }
            0x0D => {
                let tree = parameters(body)?;
                (Command::AuthenticatorConfig(authenticator_config::Parameters::read(&tree)?), Some(tree))
            }
            code if vendor::RANGE.contains(code) => (Command::Vendor(*code), None),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::registration;
    use proptest::prelude::*;

    fn refusal(raw: &[u8]) -> String {
        Request::decode(raw, 1_024).unwrap_err().to_string()
    }

    #[test]
    fn each_kind_of_broken_request_gets_its_status_and_reason() {
        for (raw, message) in [
            (&[][..], "CTAP1_ERR_INVALID_LENGTH (0x03): the request is empty"),
            (&[0x01; 1_025], "CTAP2_ERR_REQUEST_TOO_LARGE (0x39): the request is longer than maxMsgSize"),
            (&[0xC0], "CTAP1_ERR_INVALID_COMMAND (0x01): the authenticator has no such command"),
            (&[0x04, 0xA0], "CTAP1_ERR_INVALID_LENGTH (0x03): the command takes no parameters, but bytes follow it"),
            (&[0x01], "CTAP2_ERR_MISSING_PARAMETER (0x14): the command needs parameters and has none"),
            (&[0x02, 0x80], "CTAP2_ERR_CBOR_UNEXPECTED_TYPE (0x11): getAssertion is not a map"),
            (&[0x02, 0xA0], "CTAP2_ERR_MISSING_PARAMETER (0x14): getAssertion member 0x01 (rpId) is missing"),
            (
                &[0x02, 0xA2, 0x01, 0x61, 0x61, 0x01, 0x61, 0x61],
                "CTAP2_ERR_INVALID_CBOR (0x12): the request's CBOR is refused at byte 4: a map key for the second time",
            ),
            (
                &[0x02, 0xA2, 0x02, 0x40, 0x01, 0x61, 0x61],
                "CTAP2_ERR_INVALID_CBOR (0x12): the request's CBOR is refused at byte 3: a map key out of canonical order",
            ),
            (&[0x02, 0xBF, 0xFF], "CTAP2_ERR_INVALID_CBOR (0x12): the request's CBOR is refused at byte 0: indefinite length"),
            (
                &[0x02, 0xA1, 0x18, 0x01, 0x61, 0x61],
                "CTAP2_ERR_INVALID_CBOR (0x12): the request's CBOR is refused at byte 1: an integer or length that is not in its shortest form",
            ),
            (
                &[0x02, 0xA1, 0x01, 0x61, 0x61, 0x00],
                "CTAP2_ERR_INVALID_CBOR (0x12): the request's CBOR is refused at byte 4: bytes after the end of the message",
            ),
            (
                &[0x02, 0xA1, 0x03, 0x81, 0x81, 0x81, 0x80],
                "CTAP2_ERR_INVALID_CBOR (0x12): the request's CBOR is refused at byte 5: nested deeper than four levels",
            ),
            (&[0x02, 0xA1, 0x01, 0xF7], "CTAP2_ERR_INVALID_CBOR (0x12): the request's CBOR is refused at byte 2: undefined"),
            (&[0x02, 0xA1, 0x01, 0xF9, 0x3E, 0x00], "CTAP2_ERR_CBOR_UNEXPECTED_TYPE (0x11): getAssertion member 0x01 (rpId) is not text"),
        ] {
            assert_eq!(refusal(raw), message, "{raw:02x?}");
        }
    }

    #[test]
    fn what_came_is_kept_beside_the_typed_view() {
        let tree = Value::Map(registration().0);
        let raw = [&[0x01][..], &cbor::write(&tree)].concat();
        let request = Request::decode(&raw, 1_024).unwrap();
        assert_eq!((request.raw, request.tree), (raw, Some(tree)));
        assert!(matches!(request.command, Command::MakeCredential(parameters) if parameters.rp.name.as_deref() == Some("Broker")));
    }

    proptest! {
        #[test]
        fn decoding_never_panics(raw in proptest::collection::vec(any::<u8>(), 0..100), code in 0_u8..12) {
            let _ = Request::decode(&raw, 1_024);
            let _ = Request::decode(&[&[code], raw.as_slice()].concat(), 1_024);
        }

        #[test]
        fn a_flipped_byte_in_a_request_is_read_or_refused(position in 0_usize..200, value in any::<u8>()) {
            let mut raw = [&[0x01][..], &cbor::write(&Value::Map(registration().0))].concat();
            let position = position % raw.len();
            raw[position] = value;
            let _ = Request::decode(&raw, 1_024);
        }
    }
}
