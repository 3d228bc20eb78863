//! U2F: keys that speak nothing else, and credentials of theirs on keys of CTAP2, by appid and appidExclude. With the real authenticator.

mod support;

use std::time::Duration;

use ciborium::Value;
use faultkey_authenticator::config::{BuiltInVerification, Protection, Version};
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, AuthenticatorData, Config, Flags, Status, Time, UserAnswer, cbor, random};
use faultkey_client::{Because, Call, Client, ClientConfig, DomException, DomExceptionName, Mediation, Platform, ScriptedUser, Specified};
use faultkey_transport::{Exchange, InProcess, Transcript, Transport};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use support::{bytes, encode, member};

const APP_ID: &str = "https://broker.test/u2f/app-id.json";

/// A key of CTAP2 and U2F that can be made to forget CTAP2: the firmware of another day.
struct Key {
    inner: InProcess<Authenticator>,
    /// It knows no getInfo, and nothing of CTAP2.
    u2f_only: bool,
}

impl Transport for Key {
    fn send(&mut self, now: Time, request: &[u8]) -> Exchange {
        if self.u2f_only { Exchange::Reply(vec![Status::InvalidCommand.code()]) } else { self.inner.send(now, request) }
    }
    fn answer(&mut self, now: Time, answer: UserAnswer) -> Exchange {
        self.inner.answer(now, answer)
    }
    fn apdu(&mut self, now: Time, apdu: &[u8]) -> Exchange {
        self.inner.apdu(now, apdu)
    }
    fn answer_apdu(&mut self, now: Time, answer: UserAnswer) -> Exchange {
        self.inner.answer_apdu(now, answer)
    }
}

type Whole = Client<Key, ScriptedUser, Specified>;

fn client_of(versions: &[Version], u2f_only: bool) -> (Whole, Transcript) {
    let transcript = Transcript::new();
    let protection = Protection { versions: versions.to_vec(), ..Protection::default() };
    let config = Config { protection, verification: BuiltInVerification::Absent, ..Config::default() };
    let authenticator = Authenticator::new(config, Box::new(MemoryStore::default()), random::stream(7, "keys"));
    let key = Key { inner: InProcess::new(authenticator, transcript.clone()), u2f_only };
    let user = ScriptedUser::approving(Duration::from_secs(1));
    (Client::new(ClientConfig::default(), key, user, Specified, transcript.clone()), transcript)
}

/// A key of U2F whose getInfo, if it has one, says so.
fn u2f_key() -> (Whole, Transcript) {
    client_of(&[Version::U2fV2], false)
}

fn both() -> (Whole, Transcript) {
    client_of(&[Version::U2fV2, Version::Fido2_1], false)
}

fn call(seconds: u64) -> Call {
    Call::new(Time::from_millis(seconds * 1_000), "https://broker.test")
}

fn creation(more: Json) -> Json {
    let mut options = json!({
        "rp": {"name": "Broker"},
        "user": {"id": "AQ", "name": "taro", "displayName": "Taro"},
        "challenge": "AAEC",
        "pubKeyCredParams": [{"type": "public-key", "alg": -257}, {"type": "public-key", "alg": -7}],
        "attestation": "direct",
        "extensions": {"credProps": true},
    });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    options
}

fn request(id: &Json, more: Json) -> Json {
    let mut options = json!({"challenge": "AAEC", "allowCredentials": [{"type": "public-key", "id": id}]});
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    options
}

fn failure(result: Result<Json, DomException>) -> (DomExceptionName, Because) {
    let exception = result.unwrap_err();
    (exception.name, exception.because)
}

fn unsuitable(reason: &str) -> (DomExceptionName, Because) {
    (DomExceptionName::NotAllowedError, Because::Unsuitable(reason.into()))
}

/// Registers as pages did before WebAuthn: under the AppID. The key handle, and the public key's point.
fn register_as_of_old(client: &mut Whole) -> (Json, Vec<u8>) {
    let data = [[7; 32], Sha256::digest(APP_ID).into()].concat();
    let apdu = [&[0, 1, 0, 0, 0, 0, 64][..], &data, &[0, 0]].concat();
    let Exchange::NeedUser(_) = client.transport_mut().apdu(Time::START, &apdu) else { panic!("a touch") };
    let Exchange::Reply(answer) = client.transport_mut().answer_apdu(Time::START, UserAnswer::Approve) else { panic!("a reply") };
    let length = usize::from(answer[66]);
    (encode(&answer[67..67 + length]).into(), answer[1..66].to_vec())
}

fn verify(key: &VerifyingKey, asserted: &Json, application: &str) {
    let response = &asserted["response"];
    let data = bytes(&response["authenticatorData"]);
    let message = [data.as_slice(), &Sha256::digest(bytes(&response["clientDataJSON"]))].concat();
    key.verify(&message, &Signature::from_der(&bytes(&response["signature"])).unwrap()).unwrap();
    let data = AuthenticatorData::parse(&data).unwrap();
    assert_eq!(data.rp_id_hash[..], Sha256::digest(application)[..]);
    assert!(data.flags.has(Flags::UP) && !data.flags.has(Flags::UV));
    assert_eq!(response.get("userHandle"), None);
}

#[test]
fn a_u2f_key_registers_and_signs() {
    for (mut client, _) in [u2f_key(), client_of(&[Version::U2fV2], true)] {
        let finished = client.create(&call(0), &creation(json!({})));
        assert_eq!(finished.at, Time::from_millis(1_000), "one touch");
        let registered = finished.result.unwrap();
        assert_eq!(registered["clientExtensionResults"], json!({"credProps": {"rk": false}}));
        assert_eq!(registered["authenticatorAttachment"], "cross-platform");
        let response = &registered["response"];
        assert_eq!(response["publicKeyAlgorithm"], -7);
        let object = cbor::read_strict(&bytes(&response["attestationObject"])).unwrap();
        assert_eq!(member(&object, "fmt"), Some(Value::from("fido-u2f")));
        let statement = member(&object, "attStmt").unwrap();
        let signature = member(&statement, "sig").unwrap().into_bytes().unwrap();

        // WebAuthn-3 §8.6: what the attestation signs, with the key of its certificate.
        let data = AuthenticatorData::parse(&bytes(&response["authenticatorData"])).unwrap();
        let attested = data.attested_credential_data.clone().unwrap();
        assert_eq!(
            (data.sign_count, attested.aaguid, encode(&attested.credential_id)),
            (0, [0; 16], registered["id"].as_str().unwrap().into())
        );
        let spki = bytes(&response["publicKey"]);
        let message = [
            &[0][..],
            &data.rp_id_hash,
            &Sha256::digest(bytes(&response["clientDataJSON"])),
            &attested.credential_id,
            &spki[spki.len() - 65..],
        ];
        let Some(Value::Array(certificates)) = member(&statement, "x5c") else { panic!("x5c") };
        let certificate = <x509_cert::Certificate as x509_cert::der::Decode>::from_der(certificates[0].as_bytes().unwrap()).unwrap();
        let info = certificate.tbs_certificate().subject_public_key_info();
        let attester = VerifyingKey::from_sec1_bytes(info.subject_public_key.as_bytes().unwrap()).unwrap();
        attester.verify(&message.concat(), &Signature::from_der(&signature).unwrap()).unwrap();

        let asserted = client.get(&call(60), &request(&registered["id"], json!({}))).result.unwrap();
        assert_eq!(asserted["id"], registered["id"]);
        verify(&VerifyingKey::from_public_key_der(&spki).unwrap(), &asserted, "broker.test");
    }
}

#[test]
fn what_u2f_can_not_do_is_refused_with_the_reason() {
    let refused = |more: Json| failure(u2f_key().0.create(&call(0), &creation(more)).result);
    let selection = |selection: Json| json!({"authenticatorSelection": selection});
    assert_eq!(
        refused(selection(json!({"residentKey": "required"}))),
        unsuitable("the options require a discoverable credential, and it keeps none")
    );
    assert_eq!(
        refused(selection(json!({"userVerification": "required"}))),
        unsuitable("the options require user verification, and it has none built in")
    );
    assert_eq!(refused(json!({"pubKeyCredParams": [{"type": "public-key", "alg": -8}]})).0, DomExceptionName::NotSupportedError);
    let (mut client, _) = u2f_key();
    let id = client.create(&call(0), &creation(json!({}))).result.unwrap()["id"].clone();
    assert_eq!(
        failure(client.get(&call(60), &json!({"challenge": "AAEC"})).result),
        unsuitable("it is a U2F key, and the options name no credential")
    );
    let stranger = failure(client.get(&call(60), &request(&json!("AAAA"), json!({}))).result);
    assert_eq!(stranger, (DomExceptionName::NotAllowedError, Because::Authenticator(Status::NoCredentials)));
    let conditional = Call { mediation: Mediation::Conditional, ..call(60) };
    assert_eq!(failure(client.get(&conditional, &request(&id, json!({}))).result), (DomExceptionName::NotAllowedError, Because::Timeout));
    // A device that has neither.
    let (mut neither, _) = client_of(&[], true);
    let unknown = (DomExceptionName::UnknownError, Because::Authenticator(Status::InvalidCommand));
    assert_eq!(failure(neither.create(&call(0), &creation(json!({}))).result), unknown);
}

#[test]
fn nobody_who_touches_it_is_a_timeout() {
    let (mut client, _) = u2f_key();
    for answer in [UserAnswer::Never, UserAnswer::Refuse] {
        client.user_mut().set_usual(answer, Duration::from_secs(20));
        let finished = client.create(&call(0), &creation(json!({"timeout": 60_000})));
        assert_eq!(
            (finished.at, failure(finished.result)),
            (Time::from_millis(60_000), (DomExceptionName::NotAllowedError, Because::Timeout))
        );
    }
}

#[test]
fn a_credential_that_is_excluded_is_so_after_a_touch_and_leaves_nothing_behind() {
    let excluded = (DomExceptionName::InvalidStateError, Because::Authenticator(Status::CredentialExcluded));
    let exclude = |id: &Json| json!([{"type": "public-key", "id": "AAAA"}, {"type": "public-key", "id": id}]);
    for (mut client, _) in [u2f_key(), both()] {
        let by_app_id = json!({"credProps": true, "appidExclude": APP_ID});
        let acted = client.create(&call(0), &creation(json!({"extensions": by_app_id}))).result.unwrap();
        assert_eq!(acted["clientExtensionResults"], json!({"credProps": {"rk": false}, "appidExclude": true}));
        let finished = client.create(&call(60), &creation(json!({"excludeCredentials": exclude(&acted["id"])})));
        assert_eq!((finished.at, failure(finished.result)), (Time::from_millis(61_000), excluded.clone()));

        // One from before WebAuthn is known by the AppID only.
        let (old, _) = register_as_of_old(&mut client);
        let count = |client: &mut Whole| client.transport_mut().inner.steps_mut().store().credentials().unwrap().len();
        assert_eq!(count(&mut client), 2);
        let named = creation(json!({"excludeCredentials": exclude(&old), "extensions": by_app_id}));
        let finished = client.create(&call(120), &named);
        assert_eq!((finished.at, failure(finished.result)), (Time::from_millis(121_000), excluded.clone()));
        assert_eq!(count(&mut client), 2);
        assert!(client.create(&call(180), &creation(json!({"excludeCredentials": exclude(&old)}))).result.is_ok(), "not asked for");
    }
}

#[test]
fn a_credential_from_before_webauthn_signs_under_its_app_id() {
    for (mut client, _) in [u2f_key(), both()] {
        let (old, point) = register_as_of_old(&mut client);
        let new = client.create(&call(0), &creation(json!({}))).result.unwrap();
        let asked = json!({"extensions": {"appid": APP_ID}});
        let asserted = client.get(&call(60), &request(&old, asked.clone())).result.unwrap();
        assert_eq!((&asserted["id"], &asserted["clientExtensionResults"]), (&old, &json!({"appid": true})));
        verify(&VerifyingKey::from_sec1_bytes(&point).unwrap(), &asserted, APP_ID);
        // Where the RP ID does, the AppID is not used.
        let asserted = client.get(&call(120), &request(&new["id"], asked)).result.unwrap();
        assert_eq!(asserted["clientExtensionResults"], json!({"appid": false}));
        verify(&VerifyingKey::from_public_key_der(&bytes(&new["response"]["publicKey"])).unwrap(), &asserted, "broker.test");
        // Without the extension it isn't found.
        let refused = failure(client.get(&call(180), &request(&old, json!({}))).result);
        assert_eq!(refused, (DomExceptionName::NotAllowedError, Because::Authenticator(Status::NoCredentials)));
    }
}

#[test]
fn each_extension_has_its_ceremony_and_its_site() {
    let (mut client, _) = both();
    let create = |client: &mut Whole, extensions: Json| client.create(&call(0), &creation(json!({"extensions": extensions}))).result;
    let text = |result: Result<Json, DomException>| result.unwrap_err().to_string();
    assert_eq!(
        text(create(&mut client, json!({"appid": APP_ID}))),
        "NotSupportedError: publicKey.extensions.appid: is for a log-in; use `appidExclude` when a credential is created."
    );
    assert_eq!(
        text(client.get(&call(0), &request(&json!("AAAA"), json!({"extensions": {"appidExclude": APP_ID}}))).result),
        "NotSupportedError: publicKey.extensions.appidExclude: is for a registration; use `appid` at a log-in."
    );
    let foreign = "https://other.test";
    let why = |member: &str| {
        format!(
            "SecurityError: publicKey.extensions.{member}: https://broker.test can't use the AppID \"https://other.test\". \
             It must be the page's origin, or an https URL of the same site."
        )
    };
    assert_eq!(text(create(&mut client, json!({"appidExclude": foreign}))), why("appidExclude"));
    assert_eq!(text(client.get(&call(0), &request(&json!("AAAA"), json!({"extensions": {"appid": foreign}}))).result), why("appid"));
}
