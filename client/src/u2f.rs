//! Ceremonies over CTAP1/U2F, with a key that has nothing else (CTAP2.3 §7.2, §7.3; FIDO U2F raw message formats v1.2).

use ciborium::Value;
use faultkey_authenticator::{Flags, Status, cbor};
use faultkey_transport::Transport;
use sha2::{Digest, Sha256};

use crate::User;
use crate::ctap_reply::{Assertion, Attestation, Malformed};
use crate::dialog::{Dialog, Ended};

const REGISTER: u8 = 0x01;
const AUTHENTICATE: u8 = 0x02;
const VERSION: u8 = 0x03;

/// Control bytes of AUTHENTICATE.
const CHECK_ONLY: u8 = 0x07;
const ENFORCE_PRESENCE: u8 = 0x03;

const NO_ERROR: u16 = 0x9000;
const CONDITIONS_NOT_SATISFIED: u16 = 0x6985;
const WRONG_DATA: u16 = 0x6A80;
/// Some keys answer so to a key handle that isn't theirs.
const WRONG_LENGTH: u16 = 0x6700;

/// A key handle's length is one byte.
const LONGEST_KEY_HANDLE: usize = 255;

/// The client data hash of a touch that signs nothing for anybody.
const NO_CLIENT_DATA: [u8; 32] = [0; 32];

/// In the extended length encoding, as CTAPHID has it.
fn apdu(instruction: u8, control: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x00, instruction, control, 0x00, 0x00];
    if !data.is_empty() {
        // At most 32 + 32 + 1 + 255 bytes.
        bytes.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(data);
    }
    bytes.extend([0x00, 0x00]);
    bytes
}

fn unexpected(command: &str, word: u16) -> Ended {
    Ended::Malformed(format!("status word 0x{word:04X} for U2F {command}"))
}

/// The device speaks U2F.
pub fn is_there<T: Transport, U: User>(dialog: &mut Dialog<'_, T, U>) -> Result<bool, Ended> {
    let (data, word) = dialog.send_apdu(&apdu(VERSION, 0, &[]))?;
    Ok(word == NO_ERROR && data == b"U2F_V2")
}

fn hash(application: &str) -> [u8; 32] {
    Sha256::digest(application).into()
}

/// The first of `ids` that is the key's under one of the applications (RP ID or AppID), and that application.
fn find<'a, T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    applications: &[&'a str],
    ids: &[Vec<u8>],
) -> Result<Option<(&'a str, Vec<u8>)>, Ended> {
    for id in ids.iter().filter(|id| id.len() <= LONGEST_KEY_HANDLE) {
        for application in applications {
            match dialog.send_apdu(&authenticate_apdu(CHECK_ONLY, &NO_CLIENT_DATA, application, id))?.1 {
                CONDITIONS_NOT_SATISFIED => return Ok(Some((*application, id.clone()))),
                WRONG_DATA | WRONG_LENGTH => {}
                word => return Err(unexpected("AUTHENTICATE (check only)", word)),
            }
        }
    }
    Ok(None)
}

fn authenticate_apdu(control: u8, client_data_hash: &[u8], application: &str, id: &[u8]) -> Vec<u8> {
    // `find` lets no id through that is longer.
    let length = [u8::try_from(id.len()).unwrap_or(u8::MAX)];
    apdu(AUTHENTICATE, control, &[client_data_hash, &hash(application), &length, id].concat())
}

/// A command that needs a touch. A key that nobody touches says so at once, and is asked again until the timer runs out: no sooner is it over.
fn touched<T: Transport, U: User>(dialog: &mut Dialog<'_, T, U>, command: &str, apdu: &[u8]) -> Result<Vec<u8>, Ended> {
    match dialog.send_apdu(apdu)? {
        (data, NO_ERROR) => Ok(data),
        (_, CONDITIONS_NOT_SATISFIED) => Err(dialog.run_out()),
        (_, word) => Err(unexpected(command, word)),
    }
}

/// Registers, unless the key has one of `exclude` under one of the applications; the first is the RP ID (CTAP2.3 §7.2).
pub fn register<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    client_data_hash: &[u8],
    rp_id: &str,
    app_id: Option<&str>,
    exclude: &[Vec<u8>],
) -> Result<Attestation, Ended> {
    let applications: Vec<&str> = [rp_id].into_iter().chain(app_id).collect();
    if let Some((application, id)) = find(dialog, &applications, exclude)? {
        // The user consents first; a signature over nothing needs a touch and leaves nothing behind.
        touched(dialog, "AUTHENTICATE", &authenticate_apdu(ENFORCE_PRESENCE, &NO_CLIENT_DATA, application, &id))?;
        return Err(Ended::Status(Status::CredentialExcluded));
    }
    let answer = touched(dialog, "REGISTER", &apdu(REGISTER, 0, &[client_data_hash, &hash(rp_id)].concat()))?;
    Ok(attestation(rp_id, &answer).ok_or_else(|| Malformed("the answer to U2F REGISTER is malformed".into()))?)
}

/// As makeCredential would have answered (CTAP2.3 §7.2).
fn attestation(rp_id: &str, answer: &[u8]) -> Option<Attestation> {
    let (&reserved, rest) = answer.split_first()?;
    let (point, rest) = rest.split_first_chunk::<65>()?;
    let (&length, rest) = rest.split_first()?;
    let (key_handle, rest) = rest.split_at_checked(usize::from(length))?;
    let (certificate, signature) = rest.split_at_checked(der_length(rest)?)?;
    let (&form, coordinates) = point.split_first()?;
    if (reserved, form) != (0x05, 0x04) || signature.is_empty() {
        return None;
    }
    let (x, y) = coordinates.split_at_checked(32)?;
    let public_key =
        cbor::int_map([(1, 2.into()), (3, (-7).into()), (-1, 1.into()), (-2, Value::Bytes(x.to_vec())), (-3, Value::Bytes(y.to_vec()))]);
    let flags = [Flags::UP | Flags::AT];
    let counter = [0; 4];
    let aaguid = [0; 16];
    let key_handle_length = u16::from(length).to_be_bytes();
    let statement =
        cbor::text_map([("sig", Value::Bytes(signature.to_vec())), ("x5c", Value::Array(vec![Value::Bytes(certificate.to_vec())]))]);
    Some(Attestation {
        format: "fido-u2f".into(),
        statement,
        authenticator_data: [&hash(rp_id)[..], &flags, &counter, &aaguid, &key_handle_length, key_handle, &cbor::write(&public_key)]
            .concat(),
        aaguid,
        credential_id: key_handle.to_vec(),
        public_key,
        has_large_blob_key: false,
    })
}

/// How long the DER element is with which `bytes` begins.
fn der_length(bytes: &[u8]) -> Option<usize> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (header, content) = match first {
        0x00..=0x7F => (2, usize::from(first)),
        0x81 => (3, usize::from(*rest.first()?)),
        0x82 => (4, usize::from(u16::from_be_bytes(*rest.first_chunk()?))),
        _ => return None,
    };
    (tag == 0x30).then_some(header + content)
}

/// Signs with the first of `allow` that is the key's, under the RP ID or else the AppID; and which of the two it was (CTAP2.3 §7.3).
pub fn authenticate<'a, T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    client_data_hash: &[u8],
    rp_id: &'a str,
    app_id: Option<&'a str>,
    allow: &[Vec<u8>],
) -> Result<(Assertion, &'a str), Ended> {
    let applications: Vec<&str> = [rp_id].into_iter().chain(app_id).collect();
    let Some((application, id)) = find(dialog, &applications, allow)? else { return Err(Ended::Status(Status::NoCredentials)) };
    let answer = touched(dialog, "AUTHENTICATE", &authenticate_apdu(ENFORCE_PRESENCE, client_data_hash, application, &id))?;
    let Some((presence_and_counter, signature)) = answer.split_first_chunk::<5>().filter(|(_, signature)| !signature.is_empty()) else {
        return Err(Ended::Malformed("the answer to U2F AUTHENTICATE is malformed".into()));
    };
    let [presence, counter @ ..] = presence_and_counter;
    let assertion = Assertion {
        credential_id: Some(id),
        authenticator_data: [&hash(application)[..], &[presence & Flags::UP], counter].concat(),
        signature: signature.to_vec(),
        user: None,
        number_of_credentials: None,
        user_selected: false,
        large_blob_key: None,
    };
    Ok((assertion, application))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apdus_have_the_extended_length_encoding() {
        assert_eq!(apdu(VERSION, 0, &[]), [0, 3, 0, 0, 0, 0, 0]);
        assert_eq!(apdu(REGISTER, 0, &[0xAA; 2]), [0, 1, 0, 0, 0, 0, 2, 0xAA, 0xAA, 0, 0]);
        let request = authenticate_apdu(CHECK_ONLY, &[1; 32], "broker.test", &[2; 255]);
        assert_eq!(request[..7], [0, 2, 7, 0, 0, 1, 0x40]);
        assert_eq!((request[71], request.len()), (255, 7 + 65 + 255 + 2));
    }

    #[test]
    fn an_answer_cut_off_anywhere_is_malformed() {
        let mut answer = vec![0x05, 0x04];
        answer.extend([0xAA; 64]);
        answer.extend([2, 0x1D, 0x1E]);
        answer.extend([0x30, 0x03, 1, 2, 3]);
        let end = answer.len();
        answer.push(0x51);
        let read = attestation("broker.test", &answer).unwrap();
        assert_eq!((read.credential_id.as_slice(), read.format.as_str()), (&[0x1D, 0x1E][..], "fido-u2f"));
        assert_eq!(
            Attestation::read(&cbor::int_map([
                (1, "fido-u2f".into()),
                (2, Value::Bytes(read.authenticator_data.clone())),
                (3, read.statement.clone())
            ]))
            .unwrap(),
            read
        );
        for length in 0..=end {
            assert_eq!(attestation("broker.test", &answer[..length]), None, "{length}");
        }
        for (at, byte) in [(0, 0x06), (1, 0x03), (69, 0x31), (70, 0x83)] {
            let mut other = answer.clone();
            other[at] = byte;
            assert_eq!(attestation("broker.test", &other), None);
        }
        assert_eq!((der_length(&[0x30, 0x81, 0x90]), der_length(&[0x30, 0x82, 1, 2])), (Some(0x93), Some(0x106)));
    }
}
