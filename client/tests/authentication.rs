//! Authentications against a scripted authenticator: what is sent, what comes back, and how each failure shows.

mod support;

use ciborium::Value;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::{Status, Time};
use faultkey_client::{Because, DomExceptionName, Finished, Platform};
use faultkey_transport::{Exchange, Transcript, What};
use serde_json::{Value as Json, json};
use support::*;

fn failure(finished: Finished) -> (DomExceptionName, Because, u64) {
    let exception = finished.result.expect_err("this authentication must fail");
    (exception.name, exception.because, finished.at.as_millis())
}

fn allow(ids: &[&[u8]]) -> Json {
    let list: Vec<_> = ids.iter().map(|id| json!({"type": "public-key", "id": BASE64URL_NOPAD.encode(id)})).collect();
    request_options(json!({"allowCredentials": list}))
}

/// An assertion by the account with this user handle, `count` being how many there are.
fn account(handle: u8, count: Option<u64>) -> Exchange {
    let mut members = assertion_members();
    members[0].1 = map([("id", Value::Bytes(vec![handle; 16])), ("type", "public-key".into())]);
    let name = format!("user {handle}");
    members[3].1 = map([("id", Value::Bytes(vec![handle])), ("name", name.as_str().into()), ("displayName", "U".into())]);
    members.extend(count.map(|count| (5, count.into())));
    reply(&map(members))
}

#[test]
fn an_authentication_from_options_to_response() {
    let finished = get([info([]), prompt(), assertion()], &request_options(json!({"extensions": {"unheardOf": 1}})));
    assert_eq!(finished.at, Time::from_millis(3_000), "the user took two seconds");
    let id = BASE64URL_NOPAD.encode(&CREDENTIAL_ID);
    let client_data = r#"{"type":"webauthn.get","challenge":"AAEC","origin":"https://login.broker.test","crossOrigin":false}"#;
    let expected = json!({
        "id": id,
        "rawId": id,
        "response": {
            "clientDataJSON": BASE64URL_NOPAD.encode(client_data.as_bytes()),
            "authenticatorData": BASE64URL_NOPAD.encode(&asserted_data()),
            "signature": "UVFRUVFRUVE",
            "userHandle": "AQI",
        },
        "authenticatorAttachment": "platform",
        "clientExtensionResults": {},
        "type": "public-key",
    });
    assert_eq!(finished.result.unwrap(), expected);
}

#[test]
fn the_request_says_what_the_options_say() {
    let mut client = client([info([]), assertion()]);
    let options = request_options(json!({
        "allowCredentials": [{"type": "public-key", "id": "AAAA", "transports": ["internal"]}, {"type": "new", "id": "AAAB"}],
        "userVerification": "discouraged",
    }));
    assert!(client.get(&call(), &options).result.is_ok());
    let (command, request) = sent(&mut client, 1);
    assert_eq!(command, 0x02);
    let keys: Vec<_> = request.as_map().unwrap().iter().map(|(key, _)| i128::from(key.as_integer().unwrap())).collect();
    assert_eq!(keys, [1, 2, 3], "no options: user verification is discouraged, presence the default");
    assert_eq!(member(&request, 1).unwrap(), "broker.test".into());
    assert_eq!(member(&request, 2).unwrap().as_bytes().unwrap().len(), 32);
    let allowed = map([("id", Value::Bytes(vec![0, 0, 0])), ("type", "public-key".into())]);
    assert_eq!(member(&request, 3).unwrap(), Value::Array(vec![allowed]));
}

#[test]
fn user_verification_follows_the_options_and_the_device() {
    let sent_options = |requirement: &str, device: &[(&str, bool)]| {
        let mut client = client([info_options(device), assertion()]);
        assert!(client.get(&call(), &request_options(json!({"userVerification": requirement}))).result.is_ok());
        member(&sent(&mut client, 1).1, 5)
    };
    let uv = Some(map([("uv", true.into())]));
    assert_eq!(sent_options("required", &[("uv", true)]), uv);
    assert_eq!(sent_options("preferred", &[("uv", true)]), uv);
    assert_eq!(sent_options("preferred", &[("uv", false)]), None);
    assert_eq!(sent_options("discouraged", &[("uv", true)]), None);
    assert_eq!(sent_options("discouraged", &[("uv", true), ("alwaysUv", true)]), uv);
}

#[test]
fn required_user_verification_needs_an_authenticator_that_can() {
    let options = request_options(json!({"userVerification": "required"}));
    for (device, reason) in [
        (info_options(&[]), "the options require user verification, and it has none built in"),
        (info_options(&[("uv", false)]), "the options require user verification, and nobody is enrolled"),
    ] {
        let failed = failure(get([device, assertion()], &options));
        assert_eq!(failed, (DomExceptionName::NotAllowedError, Because::Unsuitable(reason.into()), 1_000));
    }
}

#[test]
fn a_list_without_any_credential_of_its_own_is_not_sent_as_an_empty_one() {
    let reason = Because::Unsuitable("none of the credentials that the options allow can be its own".into());
    let unknown_type = request_options(json!({"allowCredentials": [{"type": "new", "id": "AAAA"}]}));
    assert_eq!(failure(get([info([]), assertion()], &unknown_type)), (DomExceptionName::NotAllowedError, reason.clone(), 1_000));
    let too_long = get([info([(0x08, 16.into())]), assertion()], &allow(&[&[1; 17]]));
    assert_eq!(failure(too_long), (DomExceptionName::NotAllowedError, reason, 1_000));
}

#[test]
fn a_long_allow_list_is_asked_about_in_batches() {
    let mut client = client([info([(0x07, 2.into())]), refusal(Status::NoCredentials), assertion(), prompt(), assertion()]);
    let options = allow(&[&[1; 16], &[2; 16], &[3; 16], &CREDENTIAL_ID]);
    assert!(client.get(&call(), &options).result.is_ok());
    let (_, request) = sent(&mut client, 3);
    assert_eq!(
        member(&request, 3).unwrap(),
        Value::Array(vec![map([("id", Value::Bytes(CREDENTIAL_ID.to_vec())), ("type", "public-key".into())])])
    );
    assert_eq!(member(&request, 5).unwrap(), map([("uv", true.into())]), "the real request asks the user");
}

#[test]
fn the_user_handle_may_be_missing_when_the_credential_was_named() {
    let response = get([info([]), without(assertion_members(), 4)], &allow(&[&CREDENTIAL_ID])).result.unwrap();
    assert_eq!(response["response"].get("userHandle"), None);
    let failed = failure(get([info([]), without(assertion_members(), 4)], &request_options(json!({}))));
    let what = "the getAssertion reply has no user, though the credential is discoverable";
    assert_eq!(failed, (DomExceptionName::UnknownError, Because::BadReply(what.into()), 1_000));
}

#[test]
fn the_credential_may_be_missing_when_only_one_was_named() {
    let response = get([info([]), without(assertion_members(), 1)], &allow(&[&[9; 16]])).result.unwrap();
    assert_eq!(response["id"], BASE64URL_NOPAD.encode(&[9; 16]).as_str());
    let what = "the getAssertion reply doesn't say which credential it used";
    for options in [allow(&[&[9; 16], &[8; 16]]), request_options(json!({}))] {
        let failed = failure(get([info([]), without(assertion_members(), 1)], &options));
        assert_eq!(failed, (DomExceptionName::UnknownError, Because::BadReply(what.into()), 1_000));
    }
}

#[test]
fn the_user_chooses_among_several_accounts() {
    let transcript = Transcript::new();
    let mut client = client_with([info([]), prompt(), account(1, Some(3)), account(2, None), account(3, None)], transcript.clone());
    client.user_mut().set_choice(Some(1));
    let finished = client.get(&call(), &request_options(json!({})));
    assert_eq!(finished.at, Time::from_millis(3_000));
    let response = finished.result.unwrap();
    assert_eq!(response["response"]["userHandle"], "Ag");
    assert_eq!(response["id"], BASE64URL_NOPAD.encode(&[2; 16]).as_str());
    assert_eq!(client.transport_mut().sent[2..], [vec![0x08], vec![0x08]]);
    let what: Vec<_> = transcript.entries().into_iter().map(|entry| entry.what).collect();
    assert!(what.contains(&What::Prompt { text: "choose an account for the sign-in: user 1, user 2, user 3".into() }), "{what:?}");
    assert!(what.contains(&What::Answer { text: "chose user 2".into() }), "{what:?}");
}

#[test]
fn a_user_who_chooses_nothing_cancels() {
    for choice in [None, Some(7)] {
        let mut client = client([info([]), account(1, Some(2)), account(2, None)]);
        client.user_mut().set_choice(choice);
        let failed = failure(client.get(&call(), &request_options(json!({}))));
        assert_eq!(failed, (DomExceptionName::NotAllowedError, Because::User, 1_000));
    }
}

#[test]
fn no_choice_is_needed_when_it_is_made_already() {
    let mut members = assertion_members();
    members.extend([(5, 2.into()), (6, true.into())]);
    let mut selected = client([info([]), reply(&map(members))]);
    assert!(selected.get(&call(), &request_options(json!({}))).result.is_ok());
    assert_eq!(selected.transport_mut().sent.len(), 2, "the user chose on the authenticator");
    let mut named = client([info([]), account(1, Some(2))]);
    assert!(named.get(&call(), &allow(&[&[1; 16], &[2; 16]])).result.is_ok());
    assert_eq!(named.transport_mut().sent.len(), 2, "with an allow list the authenticator answers one");
}

#[test]
fn a_failure_among_the_accounts_ends_the_ceremony() {
    let failed = failure(get([info([]), account(1, Some(3)), account(2, None), refusal(Status::NotAllowed)], &request_options(json!({}))));
    assert_eq!(failed, (DomExceptionName::NotAllowedError, Because::Authenticator(Status::NotAllowed), 1_000));
    let failed = failure(get([info([]), account(1, Some(u64::MAX))], &request_options(json!({}))));
    let what = "the getAssertion reply claims 18446744073709551615 credentials";
    assert_eq!(failed, (DomExceptionName::UnknownError, Because::BadReply(what.into()), 1_000));
}

#[test]
fn statuses_become_exceptions() {
    use DomExceptionName::{ConstraintError, NotAllowedError, UnknownError};
    let cases = [
        (Status::NoCredentials, NotAllowedError, 3_000),
        (Status::OperationDenied, NotAllowedError, 3_000),
        (Status::KeepaliveCancel, NotAllowedError, 3_000),
        (Status::UvInvalid, NotAllowedError, 3_000),
        (Status::InvalidOption, ConstraintError, 3_000),
        (Status::InvalidCbor, UnknownError, 3_000),
        (Status::UserActionTimeout, NotAllowedError, 61_000),
    ];
    for (status, name, at) in cases {
        let failed = failure(get([info([]), prompt(), refusal(status)], &request_options(json!({}))));
        assert_eq!(failed, (name, Because::Authenticator(status), at));
    }
    assert_eq!(failure(get([info([])], &request_options(json!({})))), (NotAllowedError, Because::Timeout, 61_000));
}

#[test]
fn a_malformed_reply_is_an_unknown_error_that_says_what_is_wrong() {
    let replace = |number: i64, value: Value| {
        let mut members = assertion_members();
        members.retain(|(present, _)| *present != number);
        members.push((number, value));
        reply(&map(members))
    };
    let cases = [
        (without(assertion_members(), 2), "member authData (0x02) of the getAssertion reply is missing"),
        (without(assertion_members(), 3), "member signature (0x03) of the getAssertion reply is missing"),
        (replace(1, "id".into()), "member credential (0x01) of the getAssertion reply has the wrong type"),
        (replace(2, Value::Bytes(vec![0; 36])), "the authenticator data is cut off after 36 bytes"),
        (replace(4, map([("name", "no id".into())])), "member user (0x04) of the getAssertion reply has the wrong type"),
        (replace(5, (-1).into()), "member numberOfCredentials (0x05) of the getAssertion reply has the wrong type"),
    ];
    for (reply, what) in cases {
        let failed = failure(get([info([]), reply], &request_options(json!({}))));
        assert_eq!(failed, (DomExceptionName::UnknownError, Because::BadReply(what.into()), 1_000));
    }
}

#[test]
fn odd_but_readable_bytes_are_the_relying_partys_to_judge() {
    // Another credential than the ones allowed, flags clear, extra bytes after the authenticator data, members out of order.
    let mut members = assertion_members();
    let mut data = asserted_data();
    data[32] = 0x00;
    data.extend([0xA0, 0xFF]);
    members[1].1 = Value::Bytes(data.clone());
    members.reverse();
    let response = get([info([]), reply(&map(members))], &allow(&[&[9; 16]])).result.unwrap();
    assert_eq!(response["id"], BASE64URL_NOPAD.encode(&CREDENTIAL_ID).as_str());
    assert_eq!(response["response"]["authenticatorData"], BASE64URL_NOPAD.encode(&data).as_str());
}

#[test]
fn the_callers_mistakes_never_reach_the_authenticator() {
    let mut client = client([info([]), assertion()]);
    let exception = client.get(&call(), &request_options(json!({"rpId": "test"}))).result.unwrap_err();
    assert_eq!((exception.name, &exception.because), (DomExceptionName::SecurityError, &Because::Caller));
    assert_eq!(
        exception.message,
        "publicKey.rpId: test is a public suffix, under which unrelated sites live. Choose the registrable domain below it as RP ID."
    );
    assert!(client.transport_mut().sent.is_empty());
}

#[test]
fn asks_whether_a_user_verifying_platform_authenticator_is_there() {
    let available = |device: Vec<Exchange>| client(device).is_user_verifying_platform_authenticator_available();
    assert!(available(vec![info_options(&[("plat", true), ("uv", true)])]));
    assert!(!available(vec![info_options(&[("plat", true), ("uv", false)])]), "nobody is enrolled");
    assert!(!available(vec![info_options(&[("plat", true)])]));
    assert!(!available(vec![info_options(&[("uv", true)])]), "a roaming key");
    assert!(!available(vec![refusal(Status::Other)]));
    assert!(!available(vec![]));
}
