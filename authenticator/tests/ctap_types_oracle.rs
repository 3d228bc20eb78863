//! ctap-types, the model that Trussed firmware runs on, as an independent judge: it agrees on the numbers, and decodes what we send.
//!
//! What it can't judge, because of its own limits: the BE and BS flags (it knows no such bits, so the credentials here are device-bound),
//! credential ids and messages beyond its fixed buffers (authenticator data of 676 bytes, names of 64), transports other than `usb` and
//! `nfc`, user names longer than 64 bytes, and getInfo member 0x16 holding formats other than `none` and `packed`.

use ciborium::Value;
use ctap_types::ctap2::{self, AttestationStatement, AttestationStatementFormat};
use faultkey_authenticator::{
    Authenticator, AuthenticatorData, CommandSteps, Config, MemoryStore, Status, Step, Time, UserAnswer, cbor, random,
};

fn key() -> Authenticator {
    Authenticator::new(Config::default(), Box::<MemoryStore>::default(), random::stream(1, "oracle"))
}

/// Sends a command, approves what is asked, and returns the body of the successful reply.
fn run(key: &mut Authenticator, code: u8, parameters: Option<&Value>) -> Vec<u8> {
    let mut request = vec![code];
    request.extend(parameters.map(cbor::write).unwrap_or_default());
    let mut step = key.handle(Time::START, &request);
    while let Step::NeedUser(_) = step {
        step = key.answer(Time::START, UserAnswer::Approve);
    }
    let Step::Reply(reply) = step else { unreachable!() };
    let bytes = reply.to_bytes().unwrap();
    assert_eq!(bytes[0], 0, "{:?}", key.last_refusal());
    bytes[1..].to_vec()
}

fn registration(user: u8) -> Value {
    let text = |text: &str| Value::from(text);
    cbor::int_map([
        (1, Value::Bytes(vec![7; 32])),
        (2, cbor::text_map([("id", text("broker.test"))])),
        (3, cbor::text_map([("id", Value::Bytes(vec![user])), ("name", text("taro")), ("displayName", text("Taro"))])),
        (4, Value::Array(vec![cbor::text_map([("alg", Value::from(-7)), ("type", text("public-key"))])])),
        (7, cbor::text_map([("rk", Value::from(true)), ("uv", Value::from(true))])),
    ])
}

fn assertion() -> Value {
    let options = cbor::text_map([("uv", Value::from(true))]);
    cbor::int_map([(1, Value::from("broker.test")), (2, Value::Bytes(vec![7; 32])), (5, options)])
}

#[test]
fn status_codes_are_the_same_numbers() {
    use ctap2::Error;
    let theirs = [
        (Status::Ok, Error::Success),
        (Status::InvalidCommand, Error::InvalidCommand),
        (Status::InvalidParameter, Error::InvalidParameter),
        (Status::InvalidLength, Error::InvalidLength),
        (Status::InvalidSeq, Error::InvalidSeq),
        (Status::CborUnexpectedType, Error::CborUnexpectedType),
        (Status::InvalidCbor, Error::InvalidCbor),
        (Status::MissingParameter, Error::MissingParameter),
        (Status::LimitExceeded, Error::LimitExceeded),
        (Status::FpDatabaseFull, Error::FingerprintDatabaseFull),
        (Status::LargeBlobStorageFull, Error::LargeBlobStorageFull),
        (Status::CredentialExcluded, Error::CredentialExcluded),
        (Status::Processing, Error::Processing),
        (Status::InvalidCredential, Error::InvalidCredential),
        (Status::UserActionPending, Error::UserActionPending),
        (Status::OperationPending, Error::OperationPending),
        (Status::NoOperations, Error::NoOperations),
        (Status::UnsupportedAlgorithm, Error::UnsupportedAlgorithm),
        (Status::OperationDenied, Error::OperationDenied),
        (Status::KeyStoreFull, Error::KeyStoreFull),
        (Status::UnsupportedOption, Error::UnsupportedOption),
        (Status::InvalidOption, Error::InvalidOption),
        (Status::KeepaliveCancel, Error::KeepaliveCancel),
        (Status::NoCredentials, Error::NoCredentials),
        (Status::UserActionTimeout, Error::UserActionTimeout),
        (Status::NotAllowed, Error::NotAllowed),
        (Status::PinInvalid, Error::PinInvalid),
        (Status::PinBlocked, Error::PinBlocked),
        (Status::PinAuthInvalid, Error::PinAuthInvalid),
        (Status::PinAuthBlocked, Error::PinAuthBlocked),
        (Status::PinNotSet, Error::PinNotSet),
        (Status::PuatRequired, Error::PinRequired),
        (Status::PinPolicyViolation, Error::PinPolicyViolation),
        (Status::RequestTooLarge, Error::RequestTooLarge),
        (Status::ActionTimeout, Error::ActionTimeout),
        (Status::UpRequired, Error::UpRequired),
        (Status::UvBlocked, Error::UvBlocked),
        (Status::IntegrityFailure, Error::IntegrityFailure),
        (Status::InvalidSubcommand, Error::InvalidSubcommand),
        (Status::UvInvalid, Error::UvInvalid),
        (Status::UnauthorizedPermission, Error::UnauthorizedPermission),
        (Status::Other, Error::Other),
    ];
    assert_eq!(theirs.len(), Status::ALL.len());
    for (ours, theirs) in theirs {
        assert_eq!(ours.code(), theirs as u8, "{ours}");
    }
}

#[test]
fn a_registration_decodes() {
    let body = run(&mut key(), 0x01, Some(&registration(1)));
    let response: ctap2::make_credential::Response = cbor_smol::cbor_deserialize(&body).unwrap();
    assert_eq!(response.fmt, AttestationStatementFormat::Packed);
    let Some(AttestationStatement::Packed(packed)) = response.att_stmt else { panic!("no packed statement") };
    assert_eq!((packed.alg, packed.x5c.is_none()), (-7, true));
    let data = AuthenticatorData::parse(&response.auth_data).unwrap();
    assert_eq!(data.sign_count, 1);
    // The public key in it, by their COSE model, which they use in member 8 of a credential management reply.
    let attested = data.attested_credential_data.unwrap();
    let reply = cbor::write(&cbor::int_map([(8, attested.public_key)]));
    let reply: ctap2::credential_management::Response = cbor_smol::cbor_deserialize(&reply).unwrap();
    assert!(format!("{:?}", reply.public_key).starts_with("Some(P256Key("), "{:?}", reply.public_key);
}

#[test]
fn assertions_decode() {
    let mut key = key();
    run(&mut key, 0x01, Some(&registration(1)));
    run(&mut key, 0x01, Some(&registration(2)));
    let body = run(&mut key, 0x02, Some(&assertion()));
    let first: ctap2::get_assertion::Response = cbor_smol::cbor_deserialize(&body).unwrap();
    assert_eq!(first.number_of_credentials, Some(2));
    assert_eq!(first.credential.id.len(), 32);
    let user = first.user.unwrap();
    assert_eq!((user.id.as_slice(), user.name.as_deref(), user.display_name.as_deref()), (&[2][..], Some("taro"), Some("Taro")));
    let body = run(&mut key, 0x08, None);
    let next: ctap2::get_assertion::Response = cbor_smol::cbor_deserialize(&body).unwrap();
    assert_eq!((next.number_of_credentials, next.user.unwrap().id.as_slice()), (None, &[1][..]));
}

#[test]
fn get_info_decodes() {
    let body = run(&mut key(), 0x04, None);
    let info: ctap2::get_info::Response = cbor_smol::cbor_deserialize(&body).unwrap();
    assert_eq!(info.versions.as_slice(), [ctap2::get_info::Version::Fido2_0, ctap2::get_info::Version::Fido2_1]);
    assert_eq!(info.aaguid.as_slice(), Config::default().aaguid);
    let options = info.options.unwrap();
    assert_eq!((options.rk, options.up, options.uv, options.plat), (true, true, Some(true), Some(false)));
    assert_eq!((options.client_pin, options.make_cred_uv_not_rqd), (None, Some(true)));
    assert_eq!((info.max_msg_size, info.max_creds_in_list, info.max_cred_id_length), (Some(7_609), Some(16), Some(32)));
    assert_eq!(info.remaining_discoverable_credentials, Some(100));
}
