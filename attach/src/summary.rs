//! One line for a message: what a person who watches wants to know of it.

use ciborium::Value;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use faultkey_authenticator::{Status, cbor};
use faultkey_transport::ctaphid::command;

use crate::escape::escaped;
use crate::text::{counted, quoted};

/// The longest name or id that is shown whole.
const SHORT: usize = 24;

/// A request in one line, e.g. `makeCredential broker.test for "hanako", rk uv`.
#[must_use]
pub fn request(hid_command: u8, message: &[u8]) -> String {
    match hid_command {
        command::CBOR => ctap(message),
        command::MSG => apdu(message),
        command::PING => format!("PING, {}", counted(message.len(), "byte")),
        command::WINK => "WINK".to_owned(),
        command::LOCK => format!("LOCK for {} s", message.first().copied().unwrap_or(0)),
        other => format!("command 0x{other:02X}, {}", counted(message.len(), "byte")),
    }
}

/// The answer to `request` in one line, e.g. `CTAP2_OK, 312 bytes`.
#[must_use]
pub fn reply(hid_command: u8, request: &[u8], reply: &[u8]) -> String {
    match (hid_command, reply.split_first(), reply.last_chunk::<2>()) {
        (command::CBOR, Some((&status, body)), _) => ctap_reply(request.first().copied().unwrap_or(0), status, body),
        (command::MSG, _, Some(word)) => {
            let word = u16::from_be_bytes(*word);
            let meaning = match word {
                0x9000 => "SW_NO_ERROR",
                0x6985 => "SW_CONDITIONS_NOT_SATISFIED, the touch is missing",
                0x6A80 => "SW_WRONG_DATA, not this key's credential",
                0x6700 => "SW_WRONG_LENGTH",
                0x6E00 => "SW_CLA_NOT_SUPPORTED",
                0x6D00 => "SW_INS_NOT_SUPPORTED",
                _ => "status word",
            };
            format!("{meaning} (0x{word:04X})")
        }
        _ => counted(reply.len(), "byte"),
    }
}

fn ctap(message: &[u8]) -> String {
    let Some((&code, body)) = message.split_first() else { return "an empty request".to_owned() };
    let tree = cbor::read_lenient(body).ok().map(|(tree, _)| tree);
    let member = |number| tree.as_ref().and_then(|tree| get(tree, number));
    match code {
        0x01 => {
            let (rp, user) = (member(2), member(3));
            let rp_id = rp.and_then(|rp| named(rp, "id")).and_then(Value::as_text).map_or_else(|| "?".to_owned(), clean);
            let name = user.and_then(|user| named(user, "name")).and_then(Value::as_text);
            let account = name.map(|name| format!(" for {}", quoted(&shorten(name)))).unwrap_or_default();
            format!("makeCredential {rp_id}{account}{}", options(member(7), member(8)))
        }
        0x02 => {
            let rp_id = member(1).and_then(Value::as_text).map_or_else(|| "?".to_owned(), clean);
            let allowed = match member(3).and_then(Value::as_array).map_or(0, Vec::len) {
                0 => " for any credential".to_owned(),
                1 => " for one credential".to_owned(),
                several => format!(" for {several} credentials"),
            };
            format!("getAssertion {rp_id}{allowed}{}", options(member(5), member(6)))
        }
        0x04 => "getInfo".to_owned(),
        0x06 => format!("clientPIN {}", subcommand(&CLIENT_PIN, member(2))),
        0x07 => "reset".to_owned(),
        0x08 => "getNextAssertion".to_owned(),
        0x09 | 0x40 => format!("bioEnrollment {}", subcommand(&BIO_ENROLLMENT, member(2))),
        0x0A | 0x41 => format!("credentialManagement {}", subcommand(&CREDENTIAL_MANAGEMENT, member(1))),
        0x0B => "selection".to_owned(),
        0x0C => "largeBlobs".to_owned(),
        0x0D => format!("config {}", subcommand(&CONFIG, member(1))),
        other => format!("command 0x{other:02X}"),
    }
}

fn ctap_reply(code: u8, status: u8, body: &[u8]) -> String {
    let name = Status::from_code(status).map_or("unknown status", Status::name);
    if status != 0 {
        return format!("{name} (0x{status:02X})");
    }
    let tree = cbor::read_lenient(body).ok().map(|(tree, _)| tree);
    let credential = match (code, &tree) {
        (0x02 | 0x08, Some(tree)) => get(tree, 1).and_then(|credential| named(credential, "id")).and_then(Value::as_bytes).cloned(),
        // The id stands behind RP ID hash, flags, counter, AAGUID and its own length (WebAuthn-3 §6.1).
        (0x01, Some(tree)) => get(tree, 2).and_then(Value::as_bytes).and_then(|data| {
            let length = usize::from(u16::from_be_bytes([*data.get(53)?, *data.get(54)?]));
            data.get(55..55 + length).map(<[u8]>::to_vec)
        }),
        _ => None,
    };
    match credential {
        Some(id) => format!("{name}, credential {}", shorten(&BASE64URL_NOPAD.encode(&id))),
        None if body.is_empty() => name.to_owned(),
        None => format!("{name}, {}", counted(body.len() + 1, "byte")),
    }
}

fn apdu(message: &[u8]) -> String {
    let application = |from: usize| {
        let hash = message.get(from..from + 32).unwrap_or_default();
        shorten(&HEXLOWER.encode(hash))
    };
    // The parameters begin behind the header and a length of three bytes; a short length has one (ISO 7816-4 §5.1).
    let data = if message.get(4) == Some(&0) { 7 } else { 5 };
    match (message.get(1), message.get(2)) {
        (Some(1), _) => format!("U2F register, application {}", application(data + 32)),
        (Some(2), Some(7)) => format!("U2F authenticate (check only), application {}", application(data + 32)),
        (Some(2), _) => format!("U2F authenticate, application {}", application(data + 32)),
        (Some(3), _) => "U2F version".to_owned(),
        (Some(instruction), _) => format!("APDU with instruction 0x{instruction:02X}"),
        (None, _) => "an APDU that is cut short".to_owned(),
    }
}

const CLIENT_PIN: [&str; 9] = [
    "getPINRetries",
    "getKeyAgreement",
    "setPIN",
    "changePIN",
    "getPinToken",
    "getPinUvAuthTokenUsingUvWithPermissions",
    "getUVRetries",
    "subcommand 8",
    "getPinUvAuthTokenUsingPinWithPermissions",
];
const BIO_ENROLLMENT: [&str; 7] = [
    "enrollBegin",
    "enrollCaptureNextSample",
    "cancelCurrentEnrollment",
    "enumerateEnrollments",
    "setFriendlyName",
    "removeEnrollment",
    "getFingerprintSensorInfo",
];
const CREDENTIAL_MANAGEMENT: [&str; 7] = [
    "getCredsMetadata",
    "enumerateRPsBegin",
    "enumerateRPsGetNextRP",
    "enumerateCredentialsBegin",
    "enumerateCredentialsGetNextCredential",
    "deleteCredential",
    "updateUserInformation",
];
const CONFIG: [&str; 4] = ["enableEnterpriseAttestation", "toggleAlwaysUv", "setMinPINLength", "enableLongTouchForReset"];

fn subcommand(names: &[&str], number: Option<&Value>) -> String {
    let number = number.and_then(Value::as_integer).and_then(|number| usize::try_from(number).ok());
    let name = number.and_then(|number| names.get(number.checked_sub(1)?));
    match (name, number) {
        (Some(name), _) => (*name).to_owned(),
        (None, Some(number)) => format!("subcommand {number}"),
        (None, None) => String::new(),
    }
}

/// The options that are true, `up` when it is false, and whether a PIN or finger stands behind it.
fn options(options: Option<&Value>, param: Option<&Value>) -> String {
    let mut words = Vec::new();
    for (key, value) in options.and_then(Value::as_map).into_iter().flatten() {
        match (key.as_text(), value.as_bool()) {
            (Some("up"), Some(false)) => words.push("no touch".to_owned()),
            (Some("up"), _) | (_, Some(false)) => {}
            (Some(name), Some(true)) => words.push(clean(name)),
            _ => {}
        }
    }
    if param.is_some() {
        words.push("pinUvAuthParam".to_owned());
    }
    if words.is_empty() { String::new() } else { format!(", {}", words.join(" ")) }
}

pub(crate) fn get(tree: &Value, number: i64) -> Option<&Value> {
    tree.as_map()?.iter().find(|(key, _)| *key == Value::from(number)).map(|(_, value)| value)
}

pub(crate) fn named<'a>(tree: &'a Value, name: &str) -> Option<&'a Value> {
    tree.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

fn clean(text: &str) -> String {
    escaped(text).into_owned()
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= SHORT { text.to_owned() } else { format!("{}…", text.chars().take(SHORT).collect::<String>()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(code: u8, members: Vec<(i64, Value)>) -> Vec<u8> {
        let map = members.into_iter().map(|(key, value)| (Value::from(key), value)).collect();
        [&[code][..], &cbor::write(&Value::Map(map))].concat()
    }

    fn text_map(members: Vec<(&str, Value)>) -> Value {
        Value::Map(members.into_iter().map(|(key, value)| (Value::from(key), value)).collect())
    }

    #[test]
    fn requests_read_like_sentences() {
        let make = message(
            1,
            vec![
                (2, text_map(vec![("id", "broker.test".into())])),
                (3, text_map(vec![("id", Value::Bytes(vec![1])), ("name", "hanako".into())])),
                (7, text_map(vec![("rk", true.into()), ("uv", true.into())])),
            ],
        );
        let get = message(
            2,
            vec![
                (1, "a\u{1b}b".into()),
                (3, Value::Array(vec![Value::Null, Value::Null])),
                (5, text_map(vec![("up", false.into())])),
                (6, Value::Bytes(vec![1])),
            ],
        );
        for (command, bytes, expected) in [
            (0x10, make, "makeCredential broker.test for \"hanako\", rk uv"),
            (0x10, get, "getAssertion a\\u{1b}b for 2 credentials, no touch pinUvAuthParam"),
            (0x10, vec![4], "getInfo"),
            (0x10, message(6, vec![(2, 9.into())]), "clientPIN getPinUvAuthTokenUsingPinWithPermissions"),
            (0x10, message(0x0A, vec![(1, 6.into())]), "credentialManagement deleteCredential"),
            (0x10, message(0x0D, vec![(1, 255.into())]), "config subcommand 255"),
            (0x10, vec![], "an empty request"),
            (0x03, vec![0, 3, 0, 0], "U2F version"),
            (0x01, vec![1, 2], "PING, 2 bytes"),
        ] {
            assert_eq!(request(command, &bytes), expected);
        }
    }

    #[test]
    fn replies_name_their_status() {
        let assertion = message(0, vec![(1, text_map(vec![("id", Value::Bytes(vec![0xFB; 3]))]))]);
        for (asked, answer, expected) in [
            (vec![2], assertion, "CTAP2_OK, credential -_v7"),
            (vec![2], vec![0x2E], "CTAP2_ERR_NO_CREDENTIALS (0x2E)"),
            (vec![0x0B], vec![0], "CTAP2_OK"),
            (vec![4], vec![0, 0xA0], "CTAP2_OK, 2 bytes"),
        ] {
            assert_eq!(reply(command::CBOR, &asked, &answer), expected);
        }
        assert_eq!(reply(command::MSG, &[], &[0x69, 0x85]), "SW_CONDITIONS_NOT_SATISFIED, the touch is missing (0x6985)");
    }

    proptest! {
        #[test]
        fn any_bytes_are_summed_up_in_one_line(command in any::<u8>(), asked in proptest::collection::vec(any::<u8>(), 0..200), answer in proptest::collection::vec(any::<u8>(), 0..200)) {
            for line in [request(command, &asked), reply(command, &asked, &answer)] {
                prop_assert!(!line.contains(char::is_control), "{line:?}");
            }
        }
    }
}
