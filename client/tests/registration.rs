//! Registrations against a scripted authenticator: what is sent, what comes back, and how each failure shows.

mod support;

use std::time::Duration;

use ciborium::Value;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::{Status, Time, UserAnswer, cbor};
use faultkey_client::{Because, Client, ClientConfig, DomExceptionName, Finished, Platform, ScriptedUser, Specified};
use faultkey_transport::{Exchange, Transcript, What};
use serde_json::{Value as Json, json};
use support::*;

fn failure(finished: Finished) -> (DomExceptionName, Because, u64) {
    let exception = finished.result.expect_err("this registration must fail");
    (exception.name, exception.because, finished.at.as_millis())
}

fn bytes(json: &Json) -> Vec<u8> {
    BASE64URL_NOPAD.decode(json.as_str().unwrap().as_bytes()).unwrap()
}

#[test]
fn a_registration_from_options_to_response() {
    let options = creation_options(json!({"extensions": {"credProps": true, "unheardOf": 1}, "attestation": "direct"}));
    let finished = create([info([]), prompt(), attestation()], &options);
    assert_eq!(finished.at, Time::from_millis(3_000), "the user took two seconds");
    let response = finished.result.unwrap();
    let id = BASE64URL_NOPAD.encode(&CREDENTIAL_ID);
    assert_eq!(response["id"], id.as_str());
    assert_eq!(response["rawId"], id.as_str());
    assert_eq!(response["type"], "public-key");
    assert_eq!(response["authenticatorAttachment"], "platform");
    assert_eq!(response["clientExtensionResults"], json!({"credProps": {"rk": false}}));
    let response = &response["response"];
    assert_eq!(
        String::from_utf8(bytes(&response["clientDataJSON"])).unwrap(),
        r#"{"type":"webauthn.create","challenge":"AAEC","origin":"https://login.broker.test","crossOrigin":false}"#
    );
    assert_eq!(response["transports"], json!(["hybrid", "internal"]), "sorted, each once");
    assert_eq!(bytes(&response["authenticatorData"]), attested_data([7; 16]));
    assert_eq!(response["publicKeyAlgorithm"], -7);
    assert_eq!(bytes(&response["publicKey"]).len(), 91);
    let object = cbor::read_strict(&bytes(&response["attestationObject"])).unwrap();
    assert_eq!(member(&object, "fmt").unwrap(), "packed".into());
    assert_eq!(member(&object, "authData").unwrap(), Value::Bytes(attested_data([7; 16])));
    let members: Vec<_> = response.as_object().unwrap().keys().collect();
    assert_eq!(members, ["clientDataJSON", "authenticatorData", "transports", "publicKey", "publicKeyAlgorithm", "attestationObject"]);
}

#[test]
fn without_attestation_conveyance_the_statement_is_removed() {
    let response = create([info([]), attestation()], &creation_options(json!({}))).result.unwrap();
    let object = cbor::read_strict(&bytes(&response["response"]["attestationObject"])).unwrap();
    assert_eq!((member(&object, "fmt").unwrap(), member(&object, "attStmt").unwrap()), ("none".into(), Value::Map(vec![])));
    assert_eq!(bytes(&response["response"]["authenticatorData"]), attested_data([7; 16]), "the AAGUID stays");
    assert_eq!(response["clientExtensionResults"], json!({}), "credProps was not asked for");
}

#[test]
fn an_unknown_algorithm_has_no_public_key_member() {
    let mut data = attested_data([7; 16]);
    // From alg -7 (0x26) to -11 (0x2A), which is nobody's.
    let at = data.windows(2).position(|pair| pair == [0x03, 0x26]).unwrap();
    data[at + 1] = 0x2A;
    let reply = reply(&map([(0x01, Value::from("none")), (0x02, Value::Bytes(data)), (0x03, Value::Map(vec![]))]));
    let response = create([info([]), reply], &creation_options(json!({}))).result.unwrap();
    assert_eq!(response["response"]["publicKeyAlgorithm"], -11);
    assert_eq!(response["response"].get("publicKey"), None);
}

#[test]
fn the_request_says_what_the_options_say() {
    let mut client = client([info([]), attestation()]);
    let options = creation_options(json!({
        "excludeCredentials": [{"type": "public-key", "id": "AAAA", "transports": ["usb"]}, {"type": "new", "id": "AAAB"}],
        "pubKeyCredParams": [{"type": "public-key", "alg": -8}, {"type": "public-key", "alg": -7}],
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required", "authenticatorAttachment": "platform"},
    }));
    assert!(client.create(&call(), &options).result.is_ok());
    assert_eq!(client.transport_mut().sent.len(), 2);
    assert_eq!(client.transport_mut().sent[0], [0x04], "getInfo first");
    let (command, request) = sent(&mut client, 1);
    assert_eq!(command, 0x01);
    let keys: Vec<_> = request.as_map().unwrap().iter().map(|(key, _)| i128::from(key.as_integer().unwrap())).collect();
    assert_eq!(keys, [1, 2, 3, 4, 5, 7]);
    assert_eq!(member(&request, 2).unwrap(), map([("id", "broker.test".into()), ("name", "Broker".into())]));
    let user = map([("id", Value::Bytes(vec![1, 2])), ("name", "hanako".into()), ("displayName", "Hanako".into())]);
    assert_eq!(member(&request, 3).unwrap(), user);
    let algorithm = |number: i64| map([("alg", number.into()), ("type", "public-key".into())]);
    assert_eq!(member(&request, 4).unwrap(), Value::Array(vec![algorithm(-8), algorithm(-7)]));
    let excluded = map([("id", Value::Bytes(vec![0, 0, 0])), ("type", "public-key".into())]);
    assert_eq!(member(&request, 5).unwrap(), Value::Array(vec![excluded]));
    assert_eq!(member(&request, 7).unwrap(), map([("rk", true.into()), ("uv", true.into())]));
}

/// The `rk` and `uv` options that are sent for this selection, and `credProps.rk`.
fn options_sent(selection: Json, device: &[(&str, bool)]) -> (Vec<String>, bool) {
    let mut client = client([info_options(device), attestation()]);
    let options = creation_options(json!({"authenticatorSelection": selection, "extensions": {"credProps": true}}));
    let response = client.create(&call(), &options).result.unwrap();
    let (_, request) = sent(&mut client, 1);
    let options = member(&request, 7).map_or_else(Vec::new, |options| options.as_map().unwrap().clone());
    assert!(options.iter().all(|(_, value)| *value == Value::Bool(true)), "an option at its default is left out");
    let names = options.iter().map(|(name, _)| name.as_text().unwrap().to_owned()).collect();
    (names, response["clientExtensionResults"]["credProps"]["rk"].as_bool().unwrap())
}

#[test]
fn rk_and_uv_follow_the_selection_and_the_device() {
    let able = [("rk", true), ("uv", true), ("makeCredUvNotRqd", true)];
    let unable = [("rk", false)];
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(options_sent(json!({}), &able), (names(&["uv"]), false), "user verification is preferred by default");
    assert_eq!(options_sent(json!({"residentKey": "preferred", "userVerification": "discouraged"}), &able), (names(&["rk", "uv"]), true));
    assert_eq!(options_sent(json!({"residentKey": "preferred", "userVerification": "preferred"}), &unable), (names(&[]), false));
    assert_eq!(options_sent(json!({"residentKey": "discouraged", "userVerification": "required"}), &able), (names(&["uv"]), false));
    assert_eq!(options_sent(json!({"requireResidentKey": true, "userVerification": "required"}), &able), (names(&["rk", "uv"]), true));
    assert_eq!(options_sent(json!({"userVerification": "preferred"}), &[("uv", false)]), (names(&[]), false), "nobody is enrolled");
}

#[test]
fn discouraged_user_verification_is_asked_for_only_where_the_authenticator_would_refuse_without() {
    let discouraged = |resident_key: &str| json!({"residentKey": resident_key, "userVerification": "discouraged"});
    let verified =
        |resident_key: &str, device: &[(&str, bool)]| options_sent(discouraged(resident_key), device).0.contains(&"uv".to_owned());
    let lenient = [("rk", true), ("uv", true), ("makeCredUvNotRqd", true)];
    assert!(!verified("discouraged", &lenient));
    assert!(verified("required", &lenient), "a discoverable credential");
    assert!(verified("discouraged", &[("rk", true), ("uv", true)]), "no makeCredUvNotRqd");
    assert!(verified("discouraged", &[("uv", true), ("makeCredUvNotRqd", true), ("alwaysUv", true)]));
    assert!(!verified("required", &[("rk", true), ("uv", false)]), "nobody is enrolled, so nothing is protected");
}

#[test]
fn attestation_formats_go_to_authenticators_that_choose_among_them() {
    let formats = |options: Json, changes: Vec<(i64, Value)>| {
        let mut client = client([info(changes), attestation()]);
        assert!(client.create(&call(), &creation_options(options)).result.is_ok());
        member(&sent(&mut client, 1).1, 0x0B)
    };
    let chooses = || vec![(0x16, Value::Array(vec!["packed".into(), "none".into()]))];
    assert_eq!(formats(json!({}), chooses()), Some(Value::Array(vec!["none".into()])));
    let direct = json!({"attestation": "direct", "attestationFormats": ["packed"]});
    assert_eq!(formats(direct.clone(), chooses()), Some(Value::Array(vec!["packed".into()])));
    assert_eq!(formats(direct, vec![]), None);
}

#[test]
fn enterprise_attestation_is_asked_of_authenticators_where_it_is_enabled() {
    let asked = |attestation_wish: &str, enabled: Option<bool>, managed: &str| {
        let options: Vec<_> = enabled.map(|enabled| ("ep", enabled)).into_iter().collect();
        let transport = Scripted { script: [info_options(&options), attestation()].into(), ..Scripted::default() };
        let config = ClientConfig { enterprise_rp_ids: vec![managed.to_owned()], ..ClientConfig::default() };
        let user = ScriptedUser::approving(Duration::from_secs(2));
        let mut client = Client::new(config, transport, user, Specified, Transcript::new());
        assert!(client.create(&call(), &creation_options(json!({ "attestation": attestation_wish }))).result.is_ok());
        member(&sent(&mut client, 1).1, 0x0A)
    };
    assert_eq!(asked("enterprise", Some(true), "other.test"), Some(Value::from(1)), "the authenticator's vendor decides");
    assert_eq!(asked("enterprise", Some(true), "broker.test"), Some(Value::from(2)), "this platform's administrator decided");
    assert_eq!(asked("enterprise", Some(false), "broker.test"), None);
    assert_eq!(asked("enterprise", None, "broker.test"), None);
    assert_eq!(asked("direct", Some(true), "broker.test"), None);
}

#[test]
fn an_authenticator_that_can_not_meet_the_options_ends_the_ceremony() {
    let selection = |selection: Json| creation_options(json!({"authenticatorSelection": selection}));
    let key = [("rk", false)];
    let cases = [
        (
            selection(json!({"residentKey": "required"})),
            info_options(&key),
            "the options require a discoverable credential, and it keeps none",
        ),
        (
            selection(json!({"userVerification": "required"})),
            info_options(&key),
            "the options require user verification, and it has none built in",
        ),
        (
            selection(json!({"userVerification": "required"})),
            info_options(&[("uv", false)]),
            "the options require user verification, and nobody is enrolled",
        ),
        (
            selection(json!({"authenticatorAttachment": "platform"})),
            info_options(&key),
            "the options want a platform authenticator, and it is roaming",
        ),
        (
            selection(json!({"authenticatorAttachment": "cross-platform"})),
            info([]),
            "the options want a roaming authenticator, and it is part of the platform",
        ),
        (creation_options(json!({})), info([(0x01, Value::Array(vec!["U2F_V2".into()]))]), "it doesn't speak CTAP2"),
    ];
    for (options, info, reason) in cases {
        let mut client = client([info]);
        let failed = failure(client.create(&call(), &options));
        assert_eq!(failed, (DomExceptionName::NotAllowedError, Because::Unsuitable(reason.into()), 1_000));
        assert_eq!(client.transport_mut().sent.len(), 1, "nothing but getInfo was sent");
    }
}

#[test]
fn only_unsupported_algorithms_are_not_supported() {
    let es256 = || vec![(0x0A, Value::Array(vec![map([("alg", (-7).into()), ("type", "public-key".into())])]))];
    let options = creation_options(json!({"pubKeyCredParams": [{"type": "public-key", "alg": -257}]}));
    let exception = create([info(es256()), attestation()], &options).result.unwrap_err();
    assert_eq!(
        exception.to_string(),
        "NotSupportedError: publicKey.pubKeyCredParams: the authenticator supports none of these algorithms. Offer -7 (ES256) and -257 (RS256) too."
    );
    assert_eq!(exception.because, Because::Unsuitable("it supports none of the options' algorithms".into()));
    // One that fits is enough, and so is an authenticator that doesn't say.
    let both = creation_options(json!({"pubKeyCredParams": [{"type": "public-key", "alg": -257}, {"type": "public-key", "alg": -7}]}));
    assert!(create([info(es256()), attestation()], &both).result.is_ok());
    assert!(create([info([]), attestation()], &options).result.is_ok());
}

#[test]
fn the_callers_mistakes_never_reach_the_authenticator() {
    let mut client = client([info([]), attestation()]);
    let wrong_rp = creation_options(json!({"rp": {"id": "bank.test", "name": "Bank"}}));
    let exception = client.create(&call(), &wrong_rp).result.unwrap_err();
    assert_eq!((exception.name, exception.because), (DomExceptionName::SecurityError, Because::Caller));
    assert!(
        exception.message.starts_with("publicKey.rp.id: a page on login.broker.test can't use the RP ID bank.test"),
        "{}",
        exception.message
    );
    let exception = client.create(&call(), &json!({})).result.unwrap_err();
    assert_eq!(exception.name, DomExceptionName::TypeError);
    assert!(client.transport_mut().sent.is_empty());
}

#[test]
fn a_native_app_registers_with_its_own_origin() {
    let mut client = client([info([]), attestation()]);
    let mut call = call();
    call.origin = "android:apk-key-hash:VBG4iL0-8mIQBdp3tPO0pwnDhVFZ9Rl5u3gBBZLJhQk".into();
    let response = client.create(&call, &creation_options(json!({}))).result.unwrap();
    let client_data: Json = serde_json::from_slice(&bytes(&response["response"]["clientDataJSON"])).unwrap();
    assert_eq!(client_data["origin"], call.origin.as_str());
}

#[test]
fn a_frame_of_another_origin_is_told_to_the_relying_party() {
    let mut client = client([info([]), attestation()]);
    let mut call = call();
    call.cross_origin = true;
    call.top_origin = Some("https://portal.test".into());
    let response = client.create(&call, &creation_options(json!({}))).result.unwrap();
    let text = String::from_utf8(bytes(&response["response"]["clientDataJSON"])).unwrap();
    assert!(text.ends_with(r#""crossOrigin":true,"topOrigin":"https://portal.test"}"#), "{text}");
}

#[test]
fn statuses_become_exceptions_at_the_moment_they_arrive() {
    use DomExceptionName::{ConstraintError, InvalidStateError, NotAllowedError, UnknownError};
    let cases = [
        (Status::CredentialExcluded, InvalidStateError),
        (Status::UnsupportedAlgorithm, NotAllowedError),
        (Status::OperationDenied, NotAllowedError),
        (Status::KeyStoreFull, NotAllowedError),
        (Status::UnsupportedOption, ConstraintError),
        (Status::KeepaliveCancel, NotAllowedError),
        (Status::UvBlocked, NotAllowedError),
        (Status::PuatRequired, NotAllowedError),
        (Status::RequestTooLarge, UnknownError),
        (Status::Other, UnknownError),
    ];
    for (status, name) in cases {
        let finished = create([info([]), prompt(), refusal(status)], &creation_options(json!({})));
        assert_eq!(failure(finished), (name, Because::Authenticator(status), 3_000));
    }
}

#[test]
fn a_full_key_store_is_tried_again_without_a_place_if_that_is_only_preferred() {
    let preferred = creation_options(json!({"authenticatorSelection": {"residentKey": "preferred"}, "extensions": {"credProps": true}}));
    let mut first = client([info([]), refusal(Status::KeyStoreFull), attestation()]);
    let response = first.create(&call(), &preferred).result.unwrap();
    assert_eq!(response["clientExtensionResults"], json!({"credProps": {"rk": false}}));
    assert_eq!(member(&sent(&mut first, 1).1, 7).unwrap(), map([("rk", true.into()), ("uv", true.into())]));
    assert_eq!(member(&sent(&mut first, 2).1, 7).unwrap(), map([("uv", true.into())]));
    let required = creation_options(json!({"authenticatorSelection": {"residentKey": "required"}}));
    let failed = failure(create([info([]), refusal(Status::KeyStoreFull), attestation()], &required));
    assert_eq!(failed, (DomExceptionName::NotAllowedError, Because::Authenticator(Status::KeyStoreFull), 1_000));
}

#[test]
fn an_authenticators_timeout_shows_only_when_the_clients_timer_runs_out() {
    for status in [Status::UserActionTimeout, Status::ActionTimeout] {
        let finished = create([info([]), prompt(), refusal(status)], &creation_options(json!({})));
        assert_eq!(failure(finished), (DomExceptionName::NotAllowedError, Because::Authenticator(status), 61_000));
    }
}

#[test]
fn silence_lasts_until_the_clients_timer_runs_out() {
    let timed_out = |at| (DomExceptionName::NotAllowedError, Because::Timeout, at);
    assert_eq!(failure(create([], &creation_options(json!({})))), timed_out(61_000));
    assert_eq!(failure(create([info([])], &creation_options(json!({})))), timed_out(61_000));
    assert_eq!(failure(create([info([]), prompt(), Exchange::Silence], &creation_options(json!({})))), timed_out(61_000));
    assert_eq!(failure(create([], &creation_options(json!({"timeout": null})))), timed_out(301_000));
    assert_eq!(failure(create([], &creation_options(json!({"timeout": 60})))), timed_out(11_000));
    assert_eq!(failure(create([], &creation_options(json!({"timeout": 86_400_000})))), timed_out(601_000));
}

#[test]
fn a_user_who_is_slower_than_the_timer_is_too_late() {
    let mut client = client([info([]), prompt(), attestation()]);
    client.user_mut().then(UserAnswer::Approve, Duration::from_secs(60));
    let failed = failure(client.create(&call(), &creation_options(json!({}))));
    assert_eq!(failed, (DomExceptionName::NotAllowedError, Because::Timeout, 61_000));
    assert_eq!(client.transport_mut().answers, [(Time::from_millis(61_000), UserAnswer::Cancel)], "the authenticator is told to stop");
}

#[test]
fn prompts_add_up_on_the_clients_timer() {
    let mut client = client([info([]), prompt(), prompt(), attestation()]);
    client.user_mut().then(UserAnswer::WrongFinger, Duration::from_secs(20));
    client.user_mut().then(UserAnswer::Approve, Duration::from_secs(39));
    let finished = client.create(&call(), &creation_options(json!({})));
    assert!(finished.result.is_ok());
    assert_eq!(finished.at, Time::from_millis(60_000));
    let answers = [(Time::from_millis(21_000), UserAnswer::WrongFinger), (Time::from_millis(60_000), UserAnswer::Approve)];
    assert_eq!(client.transport_mut().answers, answers);
}

#[test]
fn an_authenticator_that_never_stops_asking_is_stopped() {
    let mut client = client(std::iter::once(info([])).chain(std::iter::repeat_n(prompt(), 2_000)));
    client.user_mut().set_usual(UserAnswer::WrongFinger, Duration::ZERO);
    let (name, because, _) = failure(client.create(&call(), &creation_options(json!({}))));
    assert_eq!(name, DomExceptionName::UnknownError);
    assert_eq!(because, Because::BadReply("the authenticator asked the user 1000 times".into()));
}

#[test]
fn a_malformed_reply_is_an_unknown_error_that_says_what_is_wrong() {
    let replace = |number: i64, value: Value| {
        let mut members = attestation_members();
        members.retain(|(present, _)| *present != number);
        members.push((number, value));
        reply(&map(members))
    };
    let mut no_attested_data = attested_data([7; 16]);
    no_attested_data[32] &= !0x40;
    let mut trailing = vec![0x00, 0xA0];
    trailing.extend([0xFF, 0xFF]);
    let no_key = attested_data([7; 16])[..71].to_vec();
    let mut key_without_algorithm = no_key.clone();
    key_without_algorithm.push(0xA0);
    let cases = [
        (Exchange::Reply(vec![]), "no bytes at all"),
        (Exchange::Reply(vec![0x99]), "status 0x99, which CTAP doesn't name"),
        (Exchange::Reply(vec![0x00]), "success without the CBOR that belongs to it"),
        (Exchange::Reply(trailing), "2 bytes after the end of the CBOR"),
        (reply(&Value::Array(vec![])), "the makeCredential reply is no map"),
        (without(attestation_members(), 1), "member fmt (0x01) of the makeCredential reply is missing"),
        (without(attestation_members(), 2), "member authData (0x02) of the makeCredential reply is missing"),
        (replace(1, 7.into()), "member fmt (0x01) of the makeCredential reply has the wrong type"),
        (replace(2, "text".into()), "member authData (0x02) of the makeCredential reply has the wrong type"),
        (replace(3, Value::Null), "member attStmt (0x03) of the makeCredential reply has the wrong type"),
        (replace(2, Value::Bytes(attested_data([7; 16])[..36].to_vec())), "the authenticator data is cut off after 36 bytes"),
        (replace(2, Value::Bytes(attested_data([7; 16])[..60].to_vec())), "the authenticator data is cut off after 60 bytes"),
        (replace(2, Value::Bytes(no_attested_data)), "the authenticator data has no attested credential data (flag AT is clear)"),
        (replace(2, Value::Bytes(key_without_algorithm)), "the public key is no COSE key with an algorithm"),
    ];
    for (reply, what) in cases {
        let failed = failure(create([info([]), reply], &creation_options(json!({}))));
        assert_eq!(failed, (DomExceptionName::UnknownError, Because::BadReply(what.into()), 1_000));
    }
    let (_, because, _) = failure(create([info([]), Exchange::Reply(vec![0x00, 0xA1])], &creation_options(json!({}))));
    assert!(matches!(&because, Because::BadReply(what) if what.starts_with("not CBOR: byte ")), "{because:?}");
    let (_, because, _) = failure(create([info([]), replace(2, Value::Bytes(no_key))], &creation_options(json!({}))));
    assert!(
        matches!(&because, Because::BadReply(what) if what.starts_with("the public key in the authenticator data is not CBOR: byte ")),
        "{because:?}"
    );
}

#[test]
fn a_malformed_get_info_ends_the_ceremony_too() {
    let cases = [
        (without(phone(), 1), "member versions (0x01) of the getInfo reply is missing"),
        (without(phone(), 3), "member aaguid (0x03) of the getInfo reply is missing"),
        (info([(0x09, "usb".into())]), "member transports (0x09) of the getInfo reply has the wrong type"),
    ];
    for (info, what) in cases {
        let failed = failure(create([info], &creation_options(json!({}))));
        assert_eq!(failed, (DomExceptionName::UnknownError, Because::BadReply(what.into()), 1_000));
    }
}

#[test]
fn a_long_exclude_list_is_asked_about_in_batches() {
    let list: Vec<_> = ["AAAA", "AAAB", "AAAC", "AAAAAAAA"].iter().map(|id| json!({"type": "public-key", "id": id})).collect();
    let options = creation_options(json!({"excludeCredentials": list}));
    let small = || info([(0x07, 2.into()), (0x08, 3.into())]);
    let mut found = client([small(), refusal(Status::NoCredentials), assertion(), refusal(Status::CredentialExcluded)]);
    assert_eq!(failure(found.create(&call(), &options)).0, DomExceptionName::InvalidStateError);
    let (command, silent) = sent(&mut found, 1);
    assert_eq!(command, 0x02);
    assert_eq!(member(&silent, 5).unwrap(), map([("up", false.into())]), "without the user");
    assert_eq!(member(&silent, 3).unwrap().as_array().unwrap().len(), 2);
    assert_eq!(member(&sent(&mut found, 2).1, 3).unwrap().as_array().unwrap().len(), 1, "the id of six bytes is too long to be its own");
    let excluded = member(&sent(&mut found, 3).1, 5).unwrap();
    assert_eq!(excluded.as_array().unwrap(), &[map([("id", Value::Bytes(CREDENTIAL_ID.to_vec())), ("type", "public-key".into())])]);
    let mut none = client([small(), refusal(Status::NoCredentials), refusal(Status::NoCredentials), attestation()]);
    assert!(none.create(&call(), &options).result.is_ok());
    assert_eq!(member(&sent(&mut none, 3).1, 5), None);
}

#[test]
fn the_transcript_has_the_client_data_and_the_result() {
    let transcript = Transcript::new();
    let mut client = client_with([info([]), attestation(), info([]), refusal(Status::OperationDenied)], transcript.clone());
    let _ = client.create(&call(), &creation_options(json!({})));
    let _ = client.create(&call(), &creation_options(json!({})));
    let client_data = What::ClientData {
        ceremony: "registration".into(),
        json: r#"{"type":"webauthn.create","challenge":"AAEC","origin":"https://login.broker.test","crossOrigin":false}"#.into(),
    };
    let result = |text: &str| What::ClientResult { ceremony: "registration".into(), result: text.into() };
    let refused = "NotAllowedError: The request was not allowed, or nobody answered it in time.";
    let what: Vec<_> = transcript.entries().into_iter().map(|entry| entry.what).collect();
    assert_eq!(what, [client_data.clone(), result("ok"), client_data, result(refused)]);
}
