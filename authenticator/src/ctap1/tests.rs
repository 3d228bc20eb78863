use ctap_types::ctap1::{authenticate, register};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode, Reader, SliceReader};

use super::*;
use crate::bench::{Bench, answer, assertion, descriptors, registration};
use crate::config::{BuiltInVerification, Protection, SignCountPolicy, Version};
use crate::store::SledStore;
use crate::{AuthenticatorData, CommandSteps, Config, Effect, Status, Store};

const CHALLENGE: [u8; 32] = [0xC4; 32];

fn application() -> [u8; 32] {
    Sha256::digest("broker.test").into()
}

fn config() -> Config {
    let protection = Protection { versions: vec![Version::U2fV2, Version::Fido2_0], ..Protection::default() };
    Config { protection, verification: BuiltInVerification::Absent, ..Config::default() }
}

/// An APDU with extended lengths, as U2F over HID has it.
fn apdu(instruction: u8, p1: u8, data: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(data.len()).unwrap().to_be_bytes();
    [&[0, instruction, p1, 0, 0, high, low][..], data, &[0, 0]].concat()
}

fn authentication(control: u8, application: &[u8; 32], key_handle: &[u8]) -> Vec<u8> {
    let length = u8::try_from(key_handle.len()).unwrap();
    apdu(AUTHENTICATE, control, &[&CHALLENGE[..], application, &[length], key_handle].concat())
}

/// Data and status word of a reply.
fn split(step: ApduStep) -> (Vec<u8>, u16) {
    let ApduStep::Reply(reply) = step else { panic!("no reply, but {step:?}") };
    let (data, word) = reply.split_last_chunk::<2>().unwrap();
    (data.to_vec(), u16::from_be_bytes(*word))
}

fn word(bench: &mut Bench, apdu: &[u8]) -> u16 {
    let (data, word) = split(bench.key.apdu(bench.now, apdu));
    assert!(data.is_empty() || word == 0x9000);
    word
}

/// Sends an APDU, touches the key, and returns the data.
fn touched(bench: &mut Bench, apdu: &[u8]) -> Vec<u8> {
    let step = bench.key.apdu(bench.now, apdu);
    assert!(matches!(step, ApduStep::NeedUser(Prompt::Presence { .. })), "{step:?}");
    let (data, word) = split(bench.key.answer_apdu(bench.now, UserAnswer::Approve));
    assert_eq!(word, 0x9000, "{}", bench.why());
    data
}

/// A registration response, taken apart as U2F raw messages §4.3 lays it out.
struct Registered {
    public_key: Vec<u8>,
    key_handle: Vec<u8>,
    certificate: Vec<u8>,
    signature: Vec<u8>,
}

fn registered(data: &[u8]) -> Registered {
    let (reserved, rest) = data.split_first().unwrap();
    assert_eq!(*reserved, 0x05);
    let (public_key, rest) = rest.split_at(65);
    let (length, rest) = rest.split_first().unwrap();
    let (key_handle, rest) = rest.split_at(usize::from(*length));
    // The certificate says itself how long it is.
    let mut reader = SliceReader::new(rest).unwrap();
    let certificate = reader.tlv_bytes().unwrap();
    let signature = rest[certificate.len()..].to_vec();
    Registered { public_key: public_key.to_vec(), key_handle: key_handle.to_vec(), certificate: certificate.to_vec(), signature }
}

fn register(bench: &mut Bench) -> Registered {
    registered(&touched(bench, &apdu(REGISTER, 0, &[CHALLENGE, application()].concat())))
}

fn verifies(key: &[u8], message: &[u8], der: &[u8]) -> bool {
    VerifyingKey::from_sec1_bytes(key).unwrap().verify(message, &Signature::from_der(der).unwrap()).is_ok()
}

/// Presence, counter and signature of an authentication, which must verify.
fn authenticated(data: &[u8], public_key: &[u8]) -> (u8, u32) {
    let (presence, counter) = (data[0], data[1..5].try_into().map(u32::from_be_bytes).unwrap());
    let message = [&application()[..], &data[..5], &CHALLENGE].concat();
    assert!(verifies(public_key, &message, &data[5..]));
    (presence, counter)
}

#[test]
fn a_registration_is_signed_by_the_key_of_its_certificate_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::over(config(), Box::new(SledStore::open(folder.path(), "key").unwrap()));
    let Registered { public_key, key_handle, certificate, signature } = register(&mut bench);
    let parsed = Certificate::from_der(&certificate).unwrap();
    let attestation_key = parsed.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes();
    let message = [&[0][..], &application(), &CHALLENGE, &key_handle, &public_key].concat();
    assert!(verifies(attestation_key, &message, &signature));
    assert_eq!(parsed.to_der().unwrap(), certificate);
    drop(bench);
    let stored = SledStore::open(folder.path(), "key").unwrap().credentials().unwrap();
    assert_eq!((stored.len(), &stored[0].id.0, stored[0].discoverable), (1, &key_handle, false));
    assert_eq!(stored[0].rp_id_hash(), application());
}

#[test]
fn replies_are_byte_for_byte_what_ctap_types_writes() {
    let mut bench = Bench::new(config());
    let data = touched(&mut bench, &apdu(REGISTER, 0, &[CHALLENGE, application()].concat()));
    let Registered { public_key, key_handle, certificate, signature } = registered(&data);
    // Their builder wants the coordinates in a type of another crate; the public key alone is taken over as it is.
    let mut written = vec![0x05];
    written.extend_from_slice(&public_key);
    written.push(u8::try_from(key_handle.len()).unwrap());
    written.extend([key_handle.as_slice(), &certificate, &signature].concat());
    assert_eq!(written, data);
    assert!(register_fits(&key_handle, &certificate, &signature));
    let data = touched(&mut bench, &authentication(3, &application(), &key_handle));
    let response = authenticate::Response {
        user_presence: data[0],
        count: u32::from_be_bytes(data[1..5].try_into().unwrap()),
        signature: ctap_types::Bytes::try_from(&data[5..]).unwrap(),
    };
    let mut buffer = ctap_types::Vec::<u8, 1_024>::new();
    ctap_types::ctap1::Response::Authenticate(response).serialize(&mut buffer).unwrap();
    assert_eq!(buffer.as_slice(), data);
    let (data, _) = split(bench.key.apdu(bench.now, &apdu(VERSION, 0, &[])));
    let mut buffer = ctap_types::Vec::<u8, 1_024>::new();
    ctap_types::ctap1::Response::Version(*b"U2F_V2").serialize(&mut buffer).unwrap();
    assert_eq!(buffer.as_slice(), data);
}

/// The parts fit into the buffers of firmware.
fn register_fits(key_handle: &[u8], certificate: &[u8], signature: &[u8]) -> bool {
    type Response = register::Response;
    fn of<const N: usize>(_: fn(&Response) -> &ctap_types::Bytes<N>, bytes: &[u8]) -> bool {
        ctap_types::Bytes::<N>::try_from(bytes).is_ok()
    }
    of(|response| &response.key_handle, key_handle)
        && of(|response| &response.attestation_certificate, certificate)
        && of(|response| &response.signature, signature)
}

#[test]
fn authentication_enforces_a_touch_or_does_not_and_counts() {
    let mut bench = Bench::new(config());
    let Registered { public_key, key_handle, .. } = register(&mut bench);
    let first = authenticated(&touched(&mut bench, &authentication(0x03, &application(), &key_handle)), &public_key);
    assert_eq!(first, (1, 1));
    let (data, status) = split(bench.key.apdu(bench.now, &authentication(0x08, &application(), &key_handle)));
    assert_eq!((authenticated(&data, &public_key), status), ((0, 2), 0x9000));
    // Checking signs nothing and counts nothing.
    assert_eq!(word(&mut bench, &authentication(0x07, &application(), &key_handle)), 0x6985);
    assert_eq!(authenticated(&touched(&mut bench, &authentication(0x03, &application(), &key_handle)), &public_key), (1, 3));
    let mut zero = Bench::new(Config { sign_count: SignCountPolicy::Zero, ..config() });
    let Registered { public_key, key_handle, .. } = register(&mut zero);
    assert_eq!(authenticated(&touched(&mut zero, &authentication(0x03, &application(), &key_handle)), &public_key), (1, 0));
}

#[test]
fn a_foreign_key_handle_or_application_is_wrong_data_before_any_touch() {
    let mut bench = Bench::new(config());
    let Registered { key_handle, .. } = register(&mut bench);
    for control in [0x03, 0x07, 0x08] {
        assert_eq!(word(&mut bench, &authentication(control, &[7; 32], &key_handle)), 0x6A80);
        assert_eq!(word(&mut bench, &authentication(control, &application(), &[7; 32])), 0x6A80);
        assert_eq!(word(&mut bench, &authentication(control, &application(), &[])), 0x6A80);
    }
    bench.key.apply(Effect::KeyInvalidated).unwrap();
    assert_eq!(word(&mut bench, &authentication(0x03, &application(), &key_handle)), 0x6A80);
}

#[test]
fn without_the_touch_nothing_happens() {
    let mut bench = Bench::new(config());
    let registration = apdu(REGISTER, 0, &[CHALLENGE, application()].concat());
    for gesture in [UserAnswer::Refuse, UserAnswer::Never, UserAnswer::Cancel] {
        let step = bench.key.apdu(bench.now, &registration);
        assert!(matches!(step, ApduStep::NeedUser(_)));
        assert_eq!(split(bench.key.answer_apdu(bench.now, gesture)).1, 0x6985);
        // The prompt is over.
        assert_eq!(split(bench.key.answer_apdu(bench.now, UserAnswer::Approve)).1, 0x6985);
    }
    // Too late, another command, a CTAP2 command, power: each ends it.
    let ends: [fn(&mut Bench); 4] = [
        |bench| bench.now += std::time::Duration::from_millis(30_001),
        |bench| drop(bench.key.apdu(bench.now, &[0, VERSION, 0, 0])),
        |bench| drop(bench.bare(0x04)),
        |bench| bench.key.power_cycle(bench.now),
    ];
    for end in ends {
        let _ = bench.key.apdu(bench.now, &registration);
        end(&mut bench);
        assert_eq!(split(bench.key.answer_apdu(bench.now, UserAnswer::Approve)).1, 0x6985);
    }
    assert_eq!(bench.key.store().credentials().unwrap(), []);
}

#[test]
fn each_kind_of_broken_apdu_gets_its_status_word() {
    let mut bench = Bench::new(config());
    let long = |length: usize| apdu(REGISTER, 0, &vec![0; length]);
    let mut lying = authentication(3, &application(), &[1; 20]);
    lying[7 + 64] = 21;
    for (apdu, expected) in [
        (vec![], 0x6700),
        (vec![0, REGISTER, 0], 0x6700),
        (vec![0, REGISTER, 0, 0], 0x6700),
        (long(63), 0x6700),
        (long(65), 0x6700),
        (vec![0, REGISTER, 0, 0, 64, 1, 2], 0x6700),
        (apdu(AUTHENTICATE, 3, &[0; 64]), 0x6700),
        (lying, 0x6700),
        (apdu(VERSION, 0, &[1]), 0x6700),
        (apdu(AUTHENTICATE, 4, &[0; 65]), 0x6A80),
        (apdu(0x04, 0, &[]), 0x6D00),
        (apdu(0x40, 0, &[1]), 0x6D00),
        (vec![0x80, VERSION, 0, 0], 0x6E00),
        (vec![0xFF, VERSION, 0, 0], 0x6E00),
    ] {
        assert_eq!(word(&mut bench, &apdu), expected, "{apdu:02x?}");
    }
}

#[test]
fn version_is_answered_in_short_and_extended_framing() {
    let mut bench = Bench::new(config());
    for apdu in [&[0, VERSION, 0, 0][..], &[0, VERSION, 0, 0, 0], &[0, VERSION, 0, 0, 0, 0, 0], &[0, VERSION, 0, 0, 0, 0, 0, 0, 0]] {
        assert_eq!(split(bench.key.apdu(bench.now, apdu)), (b"U2F_V2".to_vec(), 0x9000), "{apdu:02x?}");
    }
    // Short framing works for commands with data as well.
    let mut registration = vec![0, REGISTER, 0, 0, 64];
    registration.extend([CHALLENGE, application()].concat());
    assert_eq!(registered(&touched(&mut bench, &registration)).public_key.len(), 65);
}

#[test]
fn ctap2_and_u2f_use_each_others_credentials() {
    let mut bench = Bench::new(config());
    let Registered { public_key, key_handle, .. } = register(&mut bench);
    let reply = bench.approve(0x02, assertion().with(3, descriptors([key_handle.as_slice()])));
    assert_eq!(reply.status, Status::Ok, "{}", bench.why());
    let data = reply.member(2).and_then(ciborium::Value::as_bytes).unwrap().clone();
    let signature = reply.member(3).and_then(ciborium::Value::as_bytes).unwrap();
    assert!(verifies(&public_key, &[data.as_slice(), &crate::bench::HASH].concat(), signature));
    assert_eq!(AuthenticatorData::parse(&data).unwrap().rp_id_hash, application());
    // The excludeList knows it, another relying party does not.
    let excluded = bench.approve(0x01, registration().with(5, descriptors([key_handle.as_slice()])));
    assert_eq!(excluded.status, Status::CredentialExcluded);
    let other = assertion().with(1, ciborium::Value::from("bank.test")).with(3, descriptors([key_handle.as_slice()]));
    assert_eq!(bench.approve(0x02, other).status, Status::NoCredentials);
    // It is not discoverable.
    assert_eq!(bench.approve(0x02, assertion()).status, Status::NoCredentials);
    // The other way round, but not past credProtect.
    let made = bench.approve(0x01, registration());
    let id = made.credential_id();
    let (_, status) = split(bench.key.apdu(bench.now, &authentication(0x08, &application(), &id)));
    assert_eq!(status, 0x9000);
    let credential = bench.key.store().credential(&CredentialId(id.clone())).unwrap().unwrap();
    let extensions = ExtensionData { cred_protect: CredProtect::UserVerificationRequired, ..ExtensionData::default() };
    bench.key.change(&[Change::Put(Credential { extensions, ..credential })]);
    assert_eq!(word(&mut bench, &authentication(0x08, &application(), &id)), 0x6A80);
}

#[test]
fn key_handles_fit_their_length_byte_and_a_full_key_says_so() {
    let mut bench = Bench::new(Config { credential_id_length: 528, max_credentials: 1, ..config() });
    assert_eq!(register(&mut bench).key_handle.len(), 255);
    let step = bench.key.apdu(bench.now, &apdu(REGISTER, 0, &[CHALLENGE, application()].concat()));
    assert!(matches!(step, ApduStep::NeedUser(_)));
    assert_eq!(split(bench.key.answer_apdu(bench.now, UserAnswer::Approve)).1, 0x6A84);
}

#[test]
fn only_a_device_that_says_u2f_has_it_and_not_while_always_uv_is_on() {
    let version = [0, VERSION, 0, 0];
    let mut plain = Bench::new(Config { protection: Protection::default(), ..config() });
    assert_eq!(word(&mut plain, &version), 0x6D00);
    let versions = vec![Version::U2fV2, Version::Fido2_1];
    let mut strict = Bench::new(Config { protection: Protection { always_uv: Some(true), versions, ..Protection::full() }, ..config() });
    for apdu in [version.to_vec(), apdu(REGISTER, 0, &[CHALLENGE, application()].concat())] {
        assert_eq!(word(&mut strict, &apdu), 0x6986);
    }
    let claimed = answer(strict.bare(0x04)).member(1).cloned();
    assert_eq!(claimed, Some(ciborium::Value::Array(vec![ciborium::Value::from("FIDO_2_1")])));
}
