//! Whole ceremonies: this client, the transport in process, and the real authenticator over a memory store.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::attestation::AttestationFormat;
use faultkey_authenticator::config::BuiltInVerification;
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, AuthenticatorData, Config, Flags, Status, Time, UserAnswer, cbor, random};
use faultkey_client::{Because, Call, Client, ClientConfig, DomException, DomExceptionName, Platform, ScriptedUser, Specified};
use faultkey_transport::{InProcess, Transcript};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

type Whole = Client<InProcess<Authenticator>, ScriptedUser, Specified>;

fn client(config: Config) -> (Whole, Transcript) {
    let transcript = Transcript::new();
    let authenticator = Authenticator::new(config, Box::new(MemoryStore::default()), random::stream(7, "keys"));
    let transport = InProcess::new(authenticator, transcript.clone());
    let user = ScriptedUser::approving(Duration::from_secs(1));
    (Client::new(ClientConfig::default(), transport, user, Specified, transcript.clone()), transcript)
}

fn phone() -> Config {
    Config { platform: true, transports: vec!["internal".into(), "hybrid".into()], ..Config::default() }
}

fn call(seconds: u64) -> Call {
    Call::new(Time::from_millis(seconds * 1_000), "https://broker.test")
}

fn creation(user: u8, selection: Json) -> Json {
    json!({
        "rp": {"name": "Broker"},
        "user": {"id": BASE64URL_NOPAD.encode(&[user; 8]), "name": format!("user {user}"), "displayName": format!("User {user}")},
        "challenge": "Y2hhbGxlbmdl",
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
        "authenticatorSelection": selection,
        "extensions": {"credProps": true},
    })
}

fn bytes(json: &Json) -> Vec<u8> {
    BASE64URL_NOPAD.decode(json.as_str().unwrap().as_bytes()).unwrap()
}

/// What a relying party would check of an assertion: the signature over authenticator data and client data, by the key from registration.
fn verify(registered: &Json, asserted: &Json) -> AuthenticatorData {
    let key = VerifyingKey::from_public_key_der(&bytes(&registered["response"]["publicKey"])).unwrap();
    let response = &asserted["response"];
    let data = bytes(&response["authenticatorData"]);
    let message = [data.as_slice(), &Sha256::digest(bytes(&response["clientDataJSON"]))].concat();
    key.verify(&message, &Signature::from_der(&bytes(&response["signature"])).unwrap()).unwrap();
    let data = AuthenticatorData::parse(&data).unwrap();
    assert_eq!(data.rp_id_hash[..], Sha256::digest("broker.test")[..]);
    data
}

fn failure(result: Result<Json, DomException>) -> (DomExceptionName, Because) {
    let exception = result.unwrap_err();
    (exception.name, exception.because)
}

#[test]
fn registers_and_authenticates_in_every_way() {
    for resident_key in ["required", "preferred", "discouraged"] {
        for user_verification in ["required", "preferred", "discouraged"] {
            for config in [phone(), Config::default()] {
                let platform = config.platform;
                let (mut client, _) = client(config);
                let selection = json!({"residentKey": resident_key, "userVerification": user_verification});
                let registered = client.create(&call(0), &creation(1, selection)).result.unwrap();
                assert_eq!(registered["authenticatorAttachment"], if platform { "platform" } else { "cross-platform" });
                let discoverable = resident_key != "discouraged";
                assert_eq!(registered["clientExtensionResults"]["credProps"]["rk"], discoverable);
                let mut options = json!({"challenge": "AAEC", "userVerification": user_verification});
                if !discoverable {
                    options["allowCredentials"] = json!([{"type": "public-key", "id": registered["id"]}]);
                }
                let asserted = client.get(&call(60), &options).result.unwrap();
                assert_eq!(asserted["id"], registered["id"]);
                let data = verify(&registered, &asserted);
                assert_eq!(data.flags.has(Flags::UV), user_verification != "discouraged");
                if discoverable {
                    assert_eq!(bytes(&asserted["response"]["userHandle"]), [1; 8]);
                }
            }
        }
    }
}

#[test]
fn the_attestation_object_holds_the_same_authenticator_data() {
    let (mut client, _) = client(phone());
    let mut options = creation(1, json!({}));
    options["attestation"] = "direct".into();
    let registered = client.create(&call(0), &options).result.unwrap();
    let response = &registered["response"];
    let object = cbor::read_strict(&bytes(&response["attestationObject"])).unwrap();
    let members = object.as_map().unwrap();
    assert_eq!(members[0].1.as_text(), Some("packed"));
    assert_eq!(members[2].1.as_bytes(), Some(&bytes(&response["authenticatorData"])));
    assert_eq!(response["transports"], json!(["hybrid", "internal"]));
}

#[test]
fn an_account_that_is_registered_is_not_registered_twice() {
    let (mut client, _) = client(phone());
    let registered = client.create(&call(0), &creation(1, json!({}))).result.unwrap();
    let mut options = creation(1, json!({}));
    options["excludeCredentials"] = json!([{"type": "public-key", "id": registered["id"]}]);
    let refused = failure(client.create(&call(60), &options).result);
    assert_eq!(refused, (DomExceptionName::InvalidStateError, Because::Authenticator(Status::CredentialExcluded)));
    let mut many: Vec<_> = (0..40).map(|number| json!({"type": "public-key", "id": BASE64URL_NOPAD.encode(&[number; 32])})).collect();
    many.push(json!({"type": "public-key", "id": registered["id"]}));
    options["excludeCredentials"] = many.into();
    assert_eq!(failure(client.create(&call(120), &options).result).0, DomExceptionName::InvalidStateError, "in batches too");
}

#[test]
fn the_user_chooses_among_accounts() {
    let (mut client, _) = client(phone());
    let registered: Vec<_> = (1..=3)
        .map(|user| client.create(&call(u64::from(user) * 60), &creation(user, json!({"residentKey": "required"}))).result.unwrap())
        .collect();
    // The newest comes first (CTAP2.3 §6.2.2).
    for (choice, account) in [(0, 2), (1, 1), (2, 0)] {
        client.user_mut().set_choice(Some(choice));
        let asserted = client.get(&call(600), &json!({"challenge": "AAEC"})).result.unwrap();
        assert_eq!(asserted["id"], registered[account]["id"]);
        verify(&registered[account], &asserted);
    }
    client.user_mut().set_choice(None);
    assert_eq!(failure(client.get(&call(700), &json!({"challenge": "AAEC"})).result), (DomExceptionName::NotAllowedError, Because::User));
}

#[test]
fn a_long_allow_list_finds_its_credential() {
    let (mut client, _) = client(phone());
    let registered = client.create(&call(0), &creation(1, json!({}))).result.unwrap();
    let mut allowed: Vec<_> = (0..40).map(|number| json!({"type": "public-key", "id": BASE64URL_NOPAD.encode(&[number; 32])})).collect();
    let stranger = json!({"challenge": "AAEC", "allowCredentials": allowed});
    let refused = failure(client.get(&call(60), &stranger).result);
    assert_eq!(refused.0, DomExceptionName::NotAllowedError);
    allowed.push(json!({"type": "public-key", "id": registered["id"]}));
    let asserted = client.get(&call(120), &json!({"challenge": "AAEC", "allowCredentials": allowed})).result.unwrap();
    verify(&registered, &asserted);
}

#[test]
fn what_the_user_does_shows_as_it_does_in_a_browser() {
    let (mut client, _) = client(phone());
    let mut at = 0;
    let mut answer = |answer: UserAnswer, after: u64| {
        at += 1_000;
        client.user_mut().set_usual(answer, Duration::from_secs(after));
        let finished = client.create(&call(at), &creation(1, json!({})));
        (failure(finished.result), (finished.at - Time::from_millis(at * 1_000)).as_secs())
    };
    let refused = |status| (DomExceptionName::NotAllowedError, Because::Authenticator(status));
    assert_eq!(answer(UserAnswer::Refuse, 3), (refused(Status::OperationDenied), 3));
    assert_eq!(answer(UserAnswer::Cancel, 3), (refused(Status::KeepaliveCancel), 3));
    assert_eq!(answer(UserAnswer::Never, 30), (refused(Status::UserActionTimeout), 300), "the client's own timer decides");
    assert_eq!(answer(UserAnswer::Approve, 31), (refused(Status::UserActionTimeout), 300), "later than the authenticator waits");
    assert_eq!(answer(UserAnswer::Approve, 400), ((DomExceptionName::NotAllowedError, Because::Timeout), 300));
}

#[test]
fn a_key_without_user_verification() {
    let (mut client, _) = client(Config { verification: BuiltInVerification::Absent, ..Config::default() });
    assert!(!client.is_user_verifying_platform_authenticator_available());
    assert!(client.create(&call(0), &creation(1, json!({"userVerification": "preferred"}))).result.is_ok());
    let refused = failure(client.create(&call(60), &creation(1, json!({"userVerification": "required"}))).result);
    let reason = Because::Unsuitable("the options require user verification, and it has none built in".into());
    assert_eq!(refused, (DomExceptionName::NotAllowedError, reason));
}

#[test]
fn nothing_registered_is_not_allowed() {
    let (mut client, _) = client(phone());
    assert!(client.is_user_verifying_platform_authenticator_available());
    let refused = failure(client.get(&call(0), &json!({"challenge": "AAEC"})).result);
    assert_eq!(refused, (DomExceptionName::NotAllowedError, Because::Authenticator(Status::NoCredentials)));
}

#[test]
fn the_same_seed_gives_the_same_transcript() {
    let run = || {
        let (mut client, transcript) = client(phone());
        let registered = client.create(&call(0), &creation(1, json!({"residentKey": "required"}))).result.unwrap();
        let asserted = client.get(&call(60), &json!({"challenge": "AAEC"})).result.unwrap();
        verify(&registered, &asserted);
        serde_json::to_string(&transcript.entries()).unwrap()
    };
    assert_eq!(run(), run());
}

#[test]
fn a_compound_attestation_reaches_the_relying_party() {
    let (mut client, _) = client(Config { attestation: AttestationFormat::Compound.into(), ..Config::default() });
    let mut options = creation(1, json!({}));
    options["attestation"] = json!("direct");
    let registered = client.create(&call(0), &options).result.unwrap();
    let (object, _) = cbor::read_lenient(&bytes(&registered["response"]["attestationObject"])).unwrap();
    let member =
        |map: &ciborium::Value, name: &str| map.as_map().unwrap().iter().find(|(key, _)| key.as_text() == Some(name)).unwrap().1.clone();
    assert_eq!(member(&object, "fmt").as_text(), Some("compound"));
    let formats: Vec<_> =
        member(&object, "attStmt").as_array().unwrap().iter().map(|one| member(one, "fmt").as_text().unwrap().to_owned()).collect();
    assert_eq!(formats, ["packed", "tpm"]);
}
