//! CTAP requests and replies: names of commands, statuses and members (CTAP2.3 §6, §8.2).

use ciborium::Value;
use faultkey_authenticator::{Status, cbor};

use super::{Decoded, Part, authenticator_data, diagnostic};
use crate::words::{Label, Words};

type Names = &'static [(i64, &'static str)];

const MAKE_CREDENTIAL: u8 = 0x01;
const GET_ASSERTION: u8 = 0x02;
const GET_INFO: u8 = 0x04;
const GET_NEXT_ASSERTION: u8 = 0x08;

fn command_name(command: u8) -> Option<&'static str> {
    Some(match command {
        MAKE_CREDENTIAL => "authenticatorMakeCredential",
        GET_ASSERTION => "authenticatorGetAssertion",
        GET_INFO => "authenticatorGetInfo",
        0x06 => "authenticatorClientPIN",
        0x07 => "authenticatorReset",
        GET_NEXT_ASSERTION => "authenticatorGetNextAssertion",
        0x09 => "authenticatorBioEnrollment",
        0x0A => "authenticatorCredentialManagement",
        0x0B => "authenticatorSelection",
        0x0C => "authenticatorLargeBlobs",
        0x0D => "authenticatorConfig",
        _ => return None,
    })
}

/// Members of a request's map (CTAP2.3 §6.1, §6.2).
fn request_names(command: u8) -> Names {
    match command {
        MAKE_CREDENTIAL => &[
            (1, "clientDataHash"),
            (2, "rp"),
            (3, "user"),
            (4, "pubKeyCredParams"),
            (5, "excludeList"),
            (6, "extensions"),
            (7, "options"),
            (8, "pinUvAuthParam"),
            (9, "pinUvAuthProtocol"),
            (10, "enterpriseAttestation"),
            (11, "attestationFormatsPreference"),
        ],
        GET_ASSERTION => &[
            (1, "rpId"),
            (2, "clientDataHash"),
            (3, "allowList"),
            (4, "extensions"),
            (5, "options"),
            (6, "pinUvAuthParam"),
            (7, "pinUvAuthProtocol"),
        ],
        _ => &[],
    }
}

/// Members of a reply's map (CTAP2.3 §6.1, §6.2, §6.4).
fn reply_names(command: u8) -> Names {
    match command {
        MAKE_CREDENTIAL => {
            &[(1, "fmt"), (2, "authData"), (3, "attStmt"), (4, "epAtt"), (5, "largeBlobKey"), (6, "unsignedExtensionOutputs")]
        }
        GET_ASSERTION | GET_NEXT_ASSERTION => &[
            (1, "credential"),
            (2, "authData"),
            (3, "signature"),
            (4, "user"),
            (5, "numberOfCredentials"),
            (6, "userSelected"),
            (7, "largeBlobKey"),
            (8, "unsignedExtensionOutputs"),
        ],
        GET_INFO => &[
            (0x01, "versions"),
            (0x02, "extensions"),
            (0x03, "aaguid"),
            (0x04, "options"),
            (0x05, "maxMsgSize"),
            (0x06, "pinUvAuthProtocols"),
            (0x07, "maxCredentialCountInList"),
            (0x08, "maxCredentialIdLength"),
            (0x09, "transports"),
            (0x0A, "algorithms"),
            (0x0B, "maxSerializedLargeBlobArray"),
            (0x0C, "forcePINChange"),
            (0x0D, "minPINLength"),
            (0x0E, "firmwareVersion"),
            (0x0F, "maxCredBlobLength"),
            (0x10, "maxRPIDsForSetMinPINLength"),
            (0x11, "preferredPlatformUvAttempts"),
            (0x12, "uvModality"),
            (0x13, "certifications"),
            (0x14, "remainingDiscoverableCredentials"),
            (0x15, "vendorPrototypeConfigCommands"),
            (0x16, "attestationFormats"),
            (0x17, "uvCountSinceLastPinEntry"),
            (0x18, "longTouchForReset"),
            (0x19, "encIdentifier"),
            (0x1A, "transportsForReset"),
            (0x1B, "pinComplexityPolicy"),
            (0x1C, "pinComplexityPolicyURL"),
            (0x1D, "maxPINLength"),
            (0x1E, "encCredStoreState"),
            (0x1F, "authenticatorConfigCommands"),
        ],
        _ => &[],
    }
}

/// A request: a command byte, then a CBOR map or nothing.
pub(super) fn request(words: Words, bytes: &[u8]) -> Decoded {
    let Some((&command, rest)) = bytes.split_first() else {
        return Decoded { title: words.label(Label::EmptyRequest).into(), parts: Vec::new() };
    };
    Decoded {
        title: named(command_name(command).unwrap_or(words.label(Label::UnknownCommand)), command),
        parts: map(words, rest, request_names(command)).0,
    }
}

/// A reply: a status byte, then a CBOR map or nothing.
pub(super) fn reply(words: Words, command: Option<u8>, bytes: &[u8]) -> Decoded {
    let Some((&status, rest)) = bytes.split_first() else {
        return Decoded { title: words.label(Label::EmptyReply).into(), parts: Vec::new() };
    };
    let command = command.unwrap_or_default();
    let mut title = named(Status::from_code(status).map_or(words.label(Label::UnknownStatus), Status::name), status);
    if let Some(name) = command_name(command) {
        title = words.reply_to(&title, name);
    }
    let (mut parts, tree) = map(words, rest, reply_names(command));
    if matches!(command, MAKE_CREDENTIAL | GET_ASSERTION | GET_NEXT_ASSERTION)
        && let Some(data) = tree.as_ref().and_then(|tree| member(tree, |key| matches!(key, Value::Integer(n) if i128::from(*n) == 2)))
    {
        parts.push(authenticator_data::part(words, "authData", data));
    }
    Decoded { title, parts }
}

/// The bytes of the first member whose key is wanted.
pub(super) fn member(tree: &Value, wanted: impl Fn(&Value) -> bool) -> Option<&[u8]> {
    tree.as_map()?.iter().find(|(key, _)| wanted(key))?.1.as_bytes().map(Vec::as_slice)
}

fn named(name: &str, byte: u8) -> String {
    format!("{name} (0x{byte:02X})")
}

fn map(words: Words, bytes: &[u8], names: Names) -> (Vec<Part>, Option<Value>) {
    if bytes.is_empty() {
        return (Vec::new(), None);
    }
    match cbor::read_lenient(bytes) {
        Ok((tree, taken)) => {
            let mut parts = vec![Part::text("CBOR", diagnostic::write(&tree, names))];
            let trailing = bytes.get(taken..).unwrap_or_default();
            if !trailing.is_empty() {
                parts.push(Part::text(words.label(Label::AfterTheMap), diagnostic::bytes(trailing)));
            }
            (parts, Some(tree))
        }
        Err(error) => (vec![Part::text(words.label(Label::NotCbor), format!("{error}\n{}", diagnostic::bytes(bytes)))], None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Body;
    use super::*;
    use crate::report::sample::{authenticator_data, cbor, int, text};

    #[test]
    fn a_request_in_diagnostic_notation_with_member_names() {
        let bytes = cbor(
            &[0x02],
            vec![
                (int(1), text("broker.test")),
                (int(2), Value::Bytes(vec![0x5A; 4])),
                (int(5), Value::Map(vec![(text("uv"), Value::Bool(true))])),
            ],
        );
        let decoded = request(Words::default(), &bytes);
        assert_eq!(decoded.title, "authenticatorGetAssertion (0x02)");
        assert_eq!(
            decoded.parts,
            [Part::text("CBOR", "{\n  1 /rpId/: \"broker.test\",\n  2 /clientDataHash/: h'5a5a5a5a',\n  5 /options/: {\"uv\": true}\n}")]
        );
    }

    #[test]
    fn a_reply_shows_its_authenticator_data() {
        let bytes = cbor(&[0], vec![(int(1), text("none")), (int(2), Value::Bytes(authenticator_data(0x45, 7, true)))]);
        let decoded = reply(Words::default(), Some(MAKE_CREDENTIAL), &bytes);
        assert_eq!(decoded.title, "CTAP2_OK (0x00) to authenticatorMakeCredential");
        let [_, Part { title, body: Body::Fields(fields) }] = decoded.parts.as_slice() else { panic!("{decoded:?}") };
        assert_eq!(title, "authData");
        assert!(fields.contains(&("signature counter".into(), "7".into())), "{fields:?}");
    }

    #[test]
    fn trailing_bytes_and_broken_cbor_are_shown() {
        let mut bytes = cbor(&[0], vec![(int(1), int(2))]);
        bytes.extend([0xFF, 0xEE]);
        assert_eq!(
            reply(Words::default(), None, &bytes).parts,
            [Part::text("CBOR", "{1: 2}"), Part::text("bytes after the map", "h'ffee'")]
        );
        let [Part { title, body: Body::Text(text) }] = &reply(Words::default(), Some(4), &[0, 0xA1]).parts[..] else { panic!("one part") };
        assert_eq!(title, "not CBOR");
        assert!(text.starts_with("byte ") && text.ends_with("\nh'a1'"), "{text}");
        assert_eq!(reply(Words::default(), Some(2), &[0xEE]).title, "unknown status (0xEE) to authenticatorGetAssertion");
        assert_eq!(request(Words::default(), &[]).title, "empty request");
    }
}
