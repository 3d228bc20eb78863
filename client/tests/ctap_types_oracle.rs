//! What this client sends, read by a strict decoder that others wrote for firmware: ctap-types, of Solo 2 and Nitrokey 3.

mod support;

use ctap_types::ctap2::{Error, Request};
use data_encoding::BASE64URL_NOPAD;
use faultkey_client::Platform;
use faultkey_transport::Exchange;
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
