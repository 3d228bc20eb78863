//! What this client sends, read by a strict decoder that others wrote for firmware: ctap-types, of Solo 2 and Nitrokey 3.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use ctap_types::ctap1;
use ctap_types::ctap2::{Error, Request};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use faultkey_authenticator::config::{BuiltInVerification, Commands, Protection, Version};
use faultkey_authenticator::extension::{Extension, Extensions};
use faultkey_authenticator::pin_uv::PinUvAuthProtocol;
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, Config, Time, UserAnswer, random};
use faultkey_client::{Call, Client, ClientConfig, Mediation, Platform, ScriptedUser, Specified};
use faultkey_transport::{Exchange, InProcess, Transcript, What};
use iso7816::command::CommandView;
use serde_json::{Value as Json, json};
use support::*;

/// The request of a registration with these members in its options.
fn make_credential(more: Json) -> Vec<u8> {
    make_credential_of([info([]), attestation()], more)
}

fn make_credential_of(script: impl IntoIterator<Item = Exchange>, more: Json) -> Vec<u8> {
    let mut client = client(script);
    assert!(client.create(&call(), &creation_options(more)).result.is_ok());
    client.transport_mut().sent.pop().unwrap()
}

/// The request of an authentication with these members in its options.
fn get_assertion(more: Json) -> Vec<u8> {
    let mut client = client([info([]), assertion()]);
    assert!(client.get(&call(), &request_options(more)).result.is_ok());
    client.transport_mut().sent.pop().unwrap()
}

fn list(count: u8, length: usize) -> Json {
    (0..count).map(|number| json!({"type": "public-key", "id": BASE64URL_NOPAD.encode(&vec![number; length])})).collect()
}

#[test]
fn a_registration_is_read_as_it_was_meant() {
    let request = make_credential(json!({
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        "excludeCredentials": list(2, 32),
    }));
    let Ok(Request::MakeCredential(read)) = Request::deserialize(&request) else { panic!("makeCredential") };
    assert_eq!(read.client_data_hash.len(), 32);
    assert_eq!((read.rp.id.as_str(), read.rp.name.as_deref()), ("broker.test", Some("Broker")));
    assert_eq!(
        (&read.user.id[..], read.user.name.as_deref(), read.user.display_name.as_deref()),
        (&[1, 2][..], Some("hanako"), Some("Hanako"))
    );
    let algorithms: Vec<_> = read.pub_key_cred_params.0.iter().map(|algorithm| algorithm.alg()).collect();
    assert_eq!(algorithms, [-7]);
    let excluded: Vec<_> = read.exclude_list.unwrap().iter().map(|entry| (entry.id.to_vec(), entry.key_type.to_owned())).collect();
    assert_eq!(excluded, [(vec![0; 32], "public-key".to_owned()), (vec![1; 32], "public-key".to_owned())]);
    let options = read.options.unwrap();
    assert_eq!((options.rk, options.up, options.uv), (Some(true), None, Some(true)));
    assert!(read.extensions.is_none() && read.pin_auth.is_none() && read.enterprise_attestation.is_none());
}

#[test]
fn an_authentication_is_read_as_it_was_meant() {
    let request = get_assertion(json!({"allowCredentials": list(3, 64)}));
    let Ok(Request::GetAssertion(read)) = Request::deserialize(&request) else { panic!("getAssertion") };
    assert_eq!((read.rp_id, read.client_data_hash.len()), ("broker.test", 32));
    let allowed: Vec<_> = read.allow_list.unwrap().iter().map(|entry| entry.id.to_vec()).collect();
    assert_eq!(allowed, [vec![0; 64], vec![1; 64], vec![2; 64]]);
    assert_eq!(read.options.unwrap().uv, Some(true));
}

#[test]
fn every_well_formed_es256_request_is_read() {
    let chooses_formats = || info([(0x16, ciborium::Value::Array(vec!["packed".into(), "none".into()]))]);
    let requests = [
        make_credential(json!({})),
        make_credential(json!({"pubKeyCredParams": []})),
        make_credential(json!({"pubKeyCredParams": [{"type": "public-key", "alg": -65535}, {"type": "public-key", "alg": -7}]})),
        make_credential(json!({"rp": {"name": ""}, "authenticatorSelection": {"userVerification": "discouraged"}})),
        make_credential(json!({"user": {"id": BASE64URL_NOPAD.encode(&[9; 64]), "name": "花".repeat(40), "displayName": ""}})),
        make_credential(json!({"excludeCredentials": list(16, 255)})),
        make_credential_of([chooses_formats(), attestation()], json!({})),
        make_credential_of([chooses_formats(), attestation()], json!({"attestation": "direct", "attestationFormats": ["packed", "tpm"]})),
        get_assertion(json!({})),
        get_assertion(json!({"userVerification": "discouraged"})),
        get_assertion(json!({"allowCredentials": list(10, 255)})),
        vec![0x04],
        vec![0x08],
    ];
    for request in requests {
        assert!(Request::deserialize(&request).is_ok(), "{}", data_encoding::HEXLOWER.encode(&request));
    }
}

#[test]
fn a_silent_question_is_read_too() {
    let mut client = client([info([(0x07, 2.into())]), assertion(), assertion()]);
    assert!(client.get(&call(), &request_options(json!({"allowCredentials": list(4, 16)}))).result.is_ok());
    let Ok(Request::GetAssertion(read)) = Request::deserialize(&client.transport_mut().sent[1]) else { panic!("getAssertion") };
    let options = read.options.unwrap();
    assert_eq!((options.up, options.uv), (Some(false), None));
}

/// Its limits, where it refuses what is well-formed by the specification. They are the firmware's (fixed buffers), not errors of this client.
#[test]
fn what_it_refuses_it_refuses_for_its_own_limits() {
    let uvm = info([(0x02, ciborium::Value::Array(vec!["uvm".into()]))]);
    let unknown = make_credential_of([uvm, attestation()], json!({"extensions": {"uvm": true}}));
    let Ok(Request::MakeCredential(read)) = Request::deserialize(&unknown) else { panic!("makeCredential") };
    assert!(read.extensions.is_some(), "an extension that it doesn't know is passed over");
    let cases = [
        ("an exclude list of more than 16 entries", make_credential(json!({"excludeCredentials": list(17, 16)}))),
        ("an allow list of more than 10 entries", get_assertion(json!({"allowCredentials": list(11, 16)}))),
    ];
    for (limit, request) in cases {
        assert_eq!(Request::deserialize(&request).err(), Some(Error::InvalidCbor), "{limit}");
    }
}

/// And where it takes less than it was given without saying so.
#[test]
fn what_it_cuts_it_cuts_for_its_own_limits() {
    let request = make_credential(json!({
        "user": {"id": "AQI", "name": "n".repeat(200), "displayName": "Hanako"},
        "pubKeyCredParams": [{"type": "public-key", "alg": -257}, {"type": "public-key", "alg": -7}],
    }));
    let Ok(Request::MakeCredential(read)) = Request::deserialize(&request) else { panic!("makeCredential") };
    assert_eq!(read.user.name.unwrap().len(), 64, "names are cut at 64 bytes");
    assert_eq!(read.pub_key_cred_params.0.len(), 1, "it knows ES256 and EdDSA only");
}

const PIN: &str = "1234";

/// Every ceremony that there is, with a real key of this kind, one after the other; and every request that was sent.
fn everything_sent(config: Config) -> Vec<Vec<u8>> {
    let transcript = Transcript::new();
    let is_configurable = config.protection.authenticator_config && config.protection.protocols.contains(&PinUvAuthProtocol::Two);
    let may_force_a_change = is_configurable && config.protection.pin.is_some();
    let authenticator = Authenticator::new(config, Box::new(MemoryStore::default()), random::stream(7, "keys"));
    let transport = InProcess::new(authenticator, transcript.clone());
    let user = ScriptedUser::approving(Duration::from_secs(1));
    let mut client = Client::new(ClientConfig::default(), transport, user, Specified, transcript.clone());
    client.user_mut().set_pin(Some(PIN));
    let mut at = 0;
    let mut call = || {
        at += 60_000;
        Call::new(Time::from_millis(at), "https://broker.test")
    };
    let create = |extensions: Json, selection: Json, exclude: Json| {
        creation_options(json!({"extensions": extensions, "authenticatorSelection": selection, "excludeCredentials": exclude}))
    };
    let extensions = json!({
        "credentialProtectionPolicy": "userVerificationOptionalWithCredentialIDList", "minPinLength": true, "credProps": true,
        "prf": {"eval": {"first": "YQ", "second": "Yg"}}, "largeBlob": {}, "credBlob": "YmxvYg", "payment": {"isPayment": true},
        "appidExclude": "https://broker.test/app-id",
    });
    let selection = json!({"residentKey": "preferred"});
    let first = client.create(&call(), &create(extensions.clone(), selection.clone(), list(2, 32))).result;
    // Of another account.
    let mut other = create(json!({}), json!({"residentKey": "preferred", "userVerification": "required"}), list(0, 0));
    other["user"]["id"] = "Aw".into();
    let second = client.create(&call(), &other).result;
    let ids: Vec<Json> = [first, second].into_iter().flatten().map(|made| json!({"type": "public-key", "id": made["id"]})).collect();
    assert!(!ids.is_empty(), "a key that makes no credential proves nothing");
    let allowed = json!({"prf": {"eval": {"first": "YQ"}}, "largeBlob": {"write": "YmxvYg"}, "getCredBlob": true, "appid": "https://broker.test/app-id"});
    let requests = [
        request_options(json!({"allowCredentials": [ids[0]], "extensions": allowed})),
        request_options(
            json!({"allowCredentials": ids, "extensions": {"largeBlob": {"read": true}, "appid": "https://broker.test/app-id"}}),
        ),
        request_options(json!({"extensions": {"prf": {"eval": {"first": "YQ"}}, "largeBlob": {"read": true}}})),
    ];
    for options in &requests {
        let _ = client.get(&call(), options);
        let _ = client.get(&Call { mediation: Mediation::Conditional, ..call() }, options);
    }
    let _ = client.create(&call(), &create(json!({}), json!({}), ids.clone().into()));
    if may_force_a_change {
        support::configure_force_pin_change(client.transport_mut(), PIN);
        for pin in [PIN, "654321"] {
            client.user_mut().then_pin(pin);
        }
        assert!(client.create(&call(), &create(extensions, selection, list(0, 0))).result.is_ok());
    }
    client.user_mut().set_usual(UserAnswer::WrongFinger, Duration::from_secs(1));
    let _ = client.get(&call(), &request_options(json!({"userVerification": "required"})));
    let entries = transcript.entries().into_iter();
    let sent = entries.filter_map(|entry| if let What::CtapRequest { bytes } = entry.what { Some(bytes) } else { None });
    // authenticatorConfig is what the key's owner sent.
    sent.map(|bytes| HEXLOWER.decode(bytes.as_bytes()).unwrap()).filter(|request| request[0] != 0x0D).collect()
}

/// A request's kind: its command, and the subcommand of clientPIN.
fn kind(request: &[u8]) -> String {
    match request {
        [0x00, instruction, control, ..] => format!("U2F {instruction:02x} {control:02x}"),
        [0x06, body @ ..] => {
            let body = faultkey_authenticator::cbor::read_strict(body).unwrap();
            format!("clientPIN {:?}", member(&body, 2).unwrap().as_integer().map(i128::from).unwrap())
        }
        [0x0C, body @ ..] => {
            let body = faultkey_authenticator::cbor::read_strict(body).unwrap();
            format!("largeBlobs {}", if member(&body, 1).is_some() { "get" } else { "set" })
        }
        [command, ..] => format!("command {command:02x}"),
        [] => "nothing".to_owned(),
    }
}

fn is_read(request: &[u8]) -> bool {
    match request {
        [0x00, ..] => CommandView::try_from(request).is_ok_and(|view| ctap1::Request::try_from(view).is_ok()),
        _ => Request::deserialize(request).is_ok(),
    }
}

#[test]
fn every_request_of_every_ceremony_is_read() {
    let known = [
        Extension::CredProtect,
        Extension::CredBlob,
        Extension::LargeBlobKey,
        Extension::MinPinLength,
        Extension::HmacSecret,
        Extension::HmacSecretMc,
        Extension::ThirdPartyPayment,
    ];
    let config = |protection: Protection, verification: BuiltInVerification| Config {
        protection,
        verification,
        extensions: Extensions { supported: known.to_vec(), ..Extensions::default() },
        commands: Commands { large_blobs: Some(4_096), ..Commands::default() },
        max_credential_count_in_list: 4,
        max_message_size: 1_200,
        ..Config::default()
    };
    let pin = || Protection { pin: Some(PIN.into()), ..Protection::full() };
    let old = Protection { client_pin: true, pin: Some(PIN.into()), protocols: vec![PinUvAuthProtocol::One], ..Protection::default() };
    let plain = |versions: &[Version]| Config {
        protection: Protection { versions: versions.to_vec(), ..Protection::default() },
        verification: BuiltInVerification::Absent,
        ..Config::default()
    };
    let keys = [
        config(pin(), BuiltInVerification::Absent),
        config(pin(), BuiltInVerification::Ready),
        config(Protection { protocols: vec![PinUvAuthProtocol::One], ..pin() }, BuiltInVerification::Absent),
        config(Protection::full(), BuiltInVerification::Absent),
        Config { extensions: Extensions::default(), ..config(old, BuiltInVerification::Ready) },
        plain(&[Version::Fido2_0]),
        plain(&[Version::U2fV2]),
    ];
    let mut table: BTreeMap<String, usize> = BTreeMap::new();
    for config in keys {
        for request in everything_sent(config) {
            assert!(is_read(&request), "{}: {}", kind(&request), HEXLOWER.encode(&request));
            *table.entry(kind(&request)).or_default() += 1;
        }
    }
    for (kind, count) in &table {
        println!("{kind:<16} {count:>4} read");
    }
    let kinds: Vec<_> = table.keys().map(String::as_str).collect();
    let expected = [
        "U2F 01 00",
        "U2F 02 03",
        "U2F 02 07",
        "U2F 03 00",
        "clientPIN 1",
        "clientPIN 2",
        "clientPIN 3",
        "clientPIN 4",
        "clientPIN 5",
        "clientPIN 6",
        "clientPIN 9",
        "command 01",
        "command 02",
        "command 04",
        "command 08",
        "largeBlobs get",
        "largeBlobs set",
    ];
    assert_eq!(kinds, expected, "each kind of request was sent at least once");
}
