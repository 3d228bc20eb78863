//! Extensions in whole ceremonies: options JSON in, the real authenticator, response JSON out.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::extension::{Extension, Extensions};
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, AuthenticatorData, Config, Time, random};
use faultkey_client::{Because, Call, Client, ClientConfig, DomExceptionName, Platform, ScriptedUser, Specified};
use faultkey_transport::{InProcess, Transcript};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

type Whole = Client<InProcess<Authenticator>, ScriptedUser, Specified>;

fn client(supported: &[Extension]) -> Whole {
    let extensions = Extensions { supported: supported.to_vec(), ..Extensions::default() };
    let transcript = Transcript::new();
    let config = Config { extensions, ..Config::default() };
    let authenticator = Authenticator::new(config, Box::new(MemoryStore::default()), random::stream(7, "keys"));
    let transport = InProcess::new(authenticator, transcript.clone());
    Client::new(ClientConfig::default(), transport, ScriptedUser::approving(Duration::from_secs(1)), Specified, transcript)
}

fn call() -> Call {
    Call::new(Time::START, "https://broker.test")
}

fn creation(user: u8, extensions: Json) -> Json {
    json!({
        "rp": {"name": "Broker"},
        "user": {"id": BASE64URL_NOPAD.encode(&[user; 8]), "name": "taro", "displayName": "Taro"},
        "challenge": "Y2hhbGxlbmdl",
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "authenticatorSelection": {"residentKey": "required"},
        "extensions": extensions,
    })
}

fn request(ids: &[&Json], extensions: Json) -> Json {
    let allowed: Vec<Json> = ids.iter().map(|id| json!({"type": "public-key", "id": id})).collect();
    json!({"challenge": "AAEC", "allowCredentials": allowed, "extensions": extensions})
}

fn create(client: &mut Whole, user: u8, extensions: Json) -> Json {
    client.create(&call(), &creation(user, extensions)).result.unwrap()
}

fn get(client: &mut Whole, ids: &[&Json], extensions: Json) -> Json {
    client.get(&call(), &request(ids, extensions)).result.unwrap()
}

/// What the authenticator said in its data: the extensions' names.
fn named(credential: &Json) -> Vec<String> {
    let bytes = BASE64URL_NOPAD.decode(credential["response"]["authenticatorData"].as_str().unwrap().as_bytes()).unwrap();
    let outputs = AuthenticatorData::parse(&bytes).unwrap().extensions;
    let pairs = outputs.map_or_else(Vec::new, |map| map.into_map().unwrap());
    pairs.into_iter().map(|(name, _)| name.into_text().unwrap()).collect()
}

/// The function's value, computed from the secret in the store.
fn evaluated(client: &mut Whole, number: usize, verified: bool, input: &[u8]) -> String {
    let credentials = client.transport_mut().steps_mut().store().credentials().unwrap();
    let secrets = credentials[number].extensions.cred_random.clone().unwrap();
    let secret = if verified { secrets.with_uv } else { secrets.without_uv };
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).unwrap();
    mac.update(&Sha256::digest([b"WebAuthn PRF\0", input].concat()));
    BASE64URL_NOPAD.encode(&mac.finalize().into_bytes())
}

const HMAC: &[Extension] = &[Extension::HmacSecret];
const HMAC_MC: &[Extension] = &[Extension::HmacSecret, Extension::HmacSecretMc];

#[test]
fn prf_gives_the_credentials_own_function_one_input_or_two() {
    let mut client = client(HMAC);
    let registered = create(&mut client, 1, json!({"prf": {}}));
    assert_eq!(registered["clientExtensionResults"], json!({"prf": {"enabled": true}}));
    let (a, b) = (evaluated(&mut client, 0, true, b"a"), evaluated(&mut client, 0, true, b"b"));
    let one = get(&mut client, &[&registered["id"]], json!({"prf": {"eval": {"first": "YQ"}}}));
    assert_eq!(one["clientExtensionResults"], json!({"prf": {"results": {"first": a}}}));
    let two = get(&mut client, &[], json!({"prf": {"eval": {"first": "YQ", "second": "Yg"}}}));
    assert_eq!(two["clientExtensionResults"], json!({"prf": {"results": {"first": a, "second": b}}}));
    // An unverified user gets another function.
    let mut options = request(&[&registered["id"]], json!({"prf": {"eval": {"first": "YQ"}}}));
    options["userVerification"] = "discouraged".into();
    let unverified = client.get(&call(), &options).result.unwrap();
    let expected = evaluated(&mut client, 0, false, b"a");
    assert_eq!(unverified["clientExtensionResults"]["prf"]["results"]["first"], expected);
    assert_ne!(expected, a);
    // Asked without input: no answer.
    assert_eq!(get(&mut client, &[], json!({"prf": {}}))["clientExtensionResults"], json!({"prf": {}}));
}

#[test]
fn prf_at_creation_needs_hmac_secret_mc() {
    let asked = json!({"prf": {"eval": {"first": "YQ", "second": "Yg"}}});
    let mut able = client(HMAC_MC);
    let registered = create(&mut able, 1, asked.clone());
    let results = json!({"first": evaluated(&mut able, 0, true, b"a"), "second": evaluated(&mut able, 0, true, b"b")});
    assert_eq!(registered["clientExtensionResults"], json!({"prf": {"enabled": true, "results": results}}));
    assert_eq!(named(&registered), ["hmac-secret", "hmac-secret-mc"]);
    assert_eq!(create(&mut client(HMAC), 1, asked.clone())["clientExtensionResults"], json!({"prf": {"enabled": true}}));
    let mut without = client(&[]);
    assert_eq!(create(&mut without, 1, asked.clone())["clientExtensionResults"], json!({"prf": {"enabled": false}}));
    assert_eq!(get(&mut without, &[], asked)["clientExtensionResults"], json!({"prf": {}}));
}

#[test]
fn prf_by_credential_takes_the_input_of_the_credential_that_answers() {
    let mut client = client(HMAC);
    let one = create(&mut client, 1, json!({"prf": {}}))["id"].clone();
    let two = create(&mut client, 2, json!({"prf": {}}))["id"].clone();
    let stranger = json!(BASE64URL_NOPAD.encode(&[9; 32]));
    let by = |entries: &[(&Json, &str)]| {
        let entries: serde_json::Map<_, _> =
            entries.iter().map(|(id, input)| (id.as_str().unwrap().to_owned(), json!({"first": input}))).collect();
        json!({"prf": {"eval": {"first": "Yw"}, "evalByCredential": entries}})
    };
    let results = |asserted: &Json| asserted["clientExtensionResults"]["prf"]["results"]["first"].clone();
    let second = get(&mut client, &[&stranger, &two], by(&[(&stranger, "YQ"), (&two, "Yg")]));
    assert_eq!(second["id"], two);
    assert_eq!(results(&second), evaluated(&mut client, 1, true, b"b"));
    // Not named there: the input for any.
    let first = get(&mut client, &[&one, &stranger], by(&[(&stranger, "YQ")]));
    assert_eq!(results(&first), evaluated(&mut client, 0, true, b"c"));
    let only = get(&mut client, &[&one], by(&[(&one, "YQ")]));
    assert_eq!(results(&only), evaluated(&mut client, 0, true, b"a"));
}

#[test]
fn wrong_prf_inputs_are_the_relying_partys_mistake() {
    let mut client = client(HMAC);
    let id = create(&mut client, 1, json!({"prf": {}}))["id"].clone();
    let by = |key: &str| json!({"prf": {"evalByCredential": {key: {"first": "YQ"}}}});
    let created = client.create(&call(), &creation(2, by("AQ"))).result.unwrap_err();
    assert_eq!((created.name, created.because), (DomExceptionName::NotSupportedError, Because::Caller));
    let mut failure = |ids: &[&Json], extensions| client.get(&call(), &request(ids, extensions)).result.unwrap_err();
    assert_eq!(failure(&[], by(id.as_str().unwrap())).name, DomExceptionName::NotSupportedError);
    for key in ["", "AQ", "not base64url!"] {
        let refused = failure(&[&id], by(key));
        assert_eq!(refused.name, DomExceptionName::SyntaxError);
        assert_eq!(
            refused.message,
            format!("publicKey.extensions.prf.evalByCredential: {key:?} is not the id of a credential in allowCredentials.")
        );
    }
    let missing = failure(&[&id], json!({"prf": {"eval": {"second": "YQ"}}}));
    assert_eq!(
        missing.to_string(),
        "TypeError: publicKey.extensions.prf.eval.first: missing. The relying party's options need correcting."
    );
}

#[test]
fn a_protection_policy_reaches_the_authenticator_and_holds() {
    let mut able = client(&[Extension::CredProtect]);
    let asked = json!({"credentialProtectionPolicy": "userVerificationRequired", "enforceCredentialProtectionPolicy": true});
    let registered = create(&mut able, 1, asked.clone());
    assert_eq!((named(&registered), &registered["clientExtensionResults"]), (vec!["credProtect".to_owned()], &json!({})));
    let mut options = request(&[&registered["id"]], json!({}));
    options["userVerification"] = "discouraged".into();
    assert!(able.get(&call(), &options).result.is_err());
    options["userVerification"] = "required".into();
    assert!(able.get(&call(), &options).result.is_ok());

    let mut without = client(&[]);
    let refused = without.create(&call(), &creation(1, asked)).result.unwrap_err();
    let what = "the options enforce a credential protection policy, and it doesn't have the extension credProtect";
    assert_eq!((refused.name, refused.because), (DomExceptionName::NotAllowedError, Because::Unsuitable(what.into())));
    // Not enforced, or nothing to enforce.
    create(&mut without, 1, json!({"credentialProtectionPolicy": "userVerificationRequired"}));
    let lowest = json!({"credentialProtectionPolicy": "userVerificationOptional", "enforceCredentialProtectionPolicy": true});
    create(&mut without, 2, lowest);
    let wrong = without.create(&call(), &creation(3, json!({"credentialProtectionPolicy": "always"}))).result.unwrap_err();
    assert_eq!(wrong.name, DomExceptionName::TypeError);
}

#[test]
fn the_same_seed_gives_the_same_results() {
    let run = || {
        let mut client = client(HMAC_MC);
        let registered = create(&mut client, 1, json!({"prf": {"eval": {"first": "YQ"}}, "minPinLength": true}));
        (get(&mut client, &[], json!({"prf": {"eval": {"first": "YQ"}}})), registered)
    };
    assert_eq!(run(), run());
}

#[test]
fn a_cred_blob_is_kept_and_given_back() {
    let mut able = client(&[Extension::CredBlob]);
    let registered = create(&mut able, 1, json!({"credBlob": "YmxvYg"}));
    assert_eq!(registered["clientExtensionResults"], json!({"credBlob": true}));
    assert_eq!(get(&mut able, &[], json!({"getCredBlob": true}))["clientExtensionResults"], json!({"getCredBlob": "YmxvYg"}));
    assert_eq!(get(&mut able, &[], json!({"getCredBlob": false}))["clientExtensionResults"], json!({}));
    // Longer than maxCredBlobLength, which is 32: not sent, not kept.
    let long = BASE64URL_NOPAD.encode(&[1; 33]);
    let registered = create(&mut able, 2, json!({"credBlob": long}));
    assert_eq!((&registered["clientExtensionResults"], named(&registered)), (&json!({"credBlob": false}), vec![]));
    assert_eq!(get(&mut able, &[&registered["id"]], json!({"getCredBlob": true}))["clientExtensionResults"], json!({"getCredBlob": ""}));
    let mut without = client(&[]);
    assert_eq!(create(&mut without, 1, json!({"credBlob": "YmxvYg"}))["clientExtensionResults"], json!({"credBlob": false}));
    assert_eq!(get(&mut without, &[], json!({"getCredBlob": true}))["clientExtensionResults"], json!({}));
    let wrong = able.create(&call(), &creation(3, json!({"credBlob": "no base64url!"}))).result.unwrap_err();
    assert_eq!(wrong.name, DomExceptionName::EncodingError);
}

#[test]
fn uvm_says_how_the_user_was_verified() {
    let mut able = client(&[Extension::Uvm]);
    // FIDO registry of predefined values: a fingerprint (2), in a secure element (8), matched on chip (4).
    let finger = json!({"uvm": [[2, 8, 4]]});
    assert_eq!(create(&mut able, 1, json!({"uvm": true}))["clientExtensionResults"], finger);
    assert_eq!(get(&mut able, &[], json!({"uvm": true}))["clientExtensionResults"], finger);
    assert_eq!(get(&mut able, &[], json!({"uvm": false}))["clientExtensionResults"], json!({}));
    let mut without = client(&[]);
    assert_eq!(create(&mut without, 1, json!({"uvm": true}))["clientExtensionResults"], json!({}));
}

#[test]
fn a_payment_credential_is_one_of_third_party_payments() {
    let mut able = client(&[Extension::ThirdPartyPayment]);
    create(&mut able, 1, json!({"payment": {"isPayment": true}}));
    create(&mut able, 2, json!({"payment": {"isPayment": false}}));
    let credentials = able.transport_mut().steps_mut().store().credentials().unwrap();
    assert_eq!(credentials.iter().map(|credential| credential.extensions.third_party_payment).collect::<Vec<_>>(), [true, false]);
    let refused = able.get(&call(), &request(&[], json!({"payment": {"isPayment": true}}))).result.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "NotAllowedError: publicKey.extensions.payment: is for a registration; a payment is started by a PaymentRequest."
    );
}

#[test]
fn policies_of_the_pin_are_asked_for_and_told_to_those_who_may_know() {
    let mut client = client(&[Extension::MinPinLength, Extension::PinComplexityPolicy]);
    let registered = create(&mut client, 1, json!({"minPinLength": true, "pinComplexityPolicy": true}));
    // Not among the RP IDs of setMinPINLength: no output, and no error.
    assert_eq!((named(&registered), &registered["clientExtensionResults"]), (vec![], &json!({})));
}
