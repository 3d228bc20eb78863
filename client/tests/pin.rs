//! The PIN, with the real authenticator: asked for, wrong, blocked, set, changed by force, and in place of a finger.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

mod support;

use std::time::Duration;

use faultkey_authenticator::config::{BuiltInVerification, Protection, Version};
use faultkey_authenticator::extension::{Extension, Extensions};
use faultkey_authenticator::pin_uv::PinUvAuthProtocol;
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, AuthenticatorData, Config, Flags, Status, Time, UserAnswer, random};
use faultkey_client::{Because, Call, Client, ClientConfig, DomException, DomExceptionName, Platform, ScriptedUser, Specified};
use faultkey_transport::{InProcess, Transcript, What};
use serde_json::{Value as Json, json};
use support::bytes;

type Whole = Client<InProcess<Authenticator>, ScriptedUser, Specified>;

const PIN: &str = "Paßwort1";

fn client(protection: Protection, verification: BuiltInVerification) -> (Whole, Transcript) {
    let extensions = Extensions { supported: vec![Extension::CredProtect, Extension::HmacSecret], ..Extensions::default() };
    with(Config { protection, verification, extensions, max_credential_count_in_list: 4, ..Config::default() })
}

fn with(config: Config) -> (Whole, Transcript) {
    let transcript = Transcript::new();
    let authenticator = Authenticator::new(config, Box::new(MemoryStore::default()), random::stream(7, "keys"));
    let transport = InProcess::new(authenticator, transcript.clone());
    let mut user = ScriptedUser::approving(Duration::from_secs(1));
    user.set_pin(Some(PIN));
    (Client::new(ClientConfig::default(), transport, user, Specified, transcript.clone()), transcript)
}

/// A key of today with a PIN, and one of CTAP 2.0.
fn keys() -> [(&'static str, Protection); 3] {
    let pin = Some(PIN.to_owned());
    let today = Protection { pin: pin.clone(), ..Protection::full() };
    let old = Protection { client_pin: true, pin, protocols: vec![PinUvAuthProtocol::One], ..Protection::default() };
    [("protocol one", Protection { protocols: vec![PinUvAuthProtocol::One], ..today.clone() }), ("today", today), ("2.0", old)]
}

fn today() -> Protection {
    Protection { pin: Some(PIN.into()), ..Protection::full() }
}

fn call(seconds: u64) -> Call {
    Call::new(Time::from_millis(seconds * 1_000), "https://broker.test")
}

fn creation(verification: &str) -> Json {
    json!({
        "rp": {"name": "Broker"},
        "user": {"id": "AQ", "name": "taro", "displayName": "Taro"},
        "challenge": "AAEC",
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": verification},
    })
}

fn request(verification: &str) -> Json {
    json!({"challenge": "AAEC", "userVerification": verification})
}

fn verified(credential: &Json) -> bool {
    AuthenticatorData::parse(&bytes(&credential["response"]["authenticatorData"])).unwrap().flags.has(Flags::UV)
}

fn failure(result: Result<Json, DomException>) -> (DomExceptionName, Because) {
    let exception = result.unwrap_err();
    (exception.name, exception.because)
}

fn refused(status: Status) -> (DomExceptionName, Because) {
    (DomExceptionName::NotAllowedError, Because::Authenticator(status))
}

/// What the client and the key asked the user.
fn prompts(transcript: &Transcript) -> Vec<String> {
    let entries = transcript.entries().into_iter();
    entries.filter_map(|entry| if let What::Prompt { text } = entry.what { Some(text) } else { None }).collect()
}

#[test]
fn the_pin_verifies_the_user_on_every_kind_of_key() {
    for (name, protection) in keys() {
        println!("{name}");
        for verification in ["required", "preferred"] {
            let (mut client, transcript) = client(protection.clone(), BuiltInVerification::Absent);
            let registered = client.create(&call(0), &creation(verification));
            assert_eq!(registered.at, Time::from_millis(2_000), "a second for the PIN, one for the touch");
            assert!(verified(&registered.result.unwrap()), "{name} {verification}");
            assert!(verified(&client.get(&call(60), &request(verification)).result.unwrap()), "{name} {verification}");
            let asked = prompts(&transcript);
            assert_eq!(asked.len(), 4, "{asked:?}");
            assert_eq!((asked[0].as_str(), asked[2].as_str()), ("type the key's PIN (8 tries left)", "type the key's PIN (8 tries left)"));
            let text = serde_json::to_string(&transcript.entries()).unwrap();
            assert!(!text.contains(PIN), "a transcript never shows a PIN");
        }
    }
}

#[test]
fn it_is_not_asked_for_where_verification_is_discouraged_and_the_key_does_not_insist() {
    let (mut client, transcript) = client(today(), BuiltInVerification::Absent);
    let mut options = creation("discouraged");
    options["authenticatorSelection"]["residentKey"] = "discouraged".into();
    let registered = client.create(&call(0), &options).result.unwrap();
    let mut request = request("discouraged");
    request["allowCredentials"] = json!([{"type": "public-key", "id": registered["id"]}]);
    assert!(!verified(&registered) && !verified(&client.get(&call(60), &request).result.unwrap()));
    assert_eq!(prompts(&transcript).iter().filter(|text| text.contains("PIN")).count(), 0);
    // A discoverable credential can't be made without (CTAP2.3 §6.1.2 step 7).
    assert!(verified(&client.create(&call(120), &creation("discouraged")).result.unwrap()));
    // Nor anything where the key always verifies.
    let (mut client, _) = self::client(Protection { always_uv: Some(true), ..today() }, BuiltInVerification::Absent);
    assert!(verified(&client.create(&call(0), &options).result.unwrap()));
}

#[test]
fn a_wrong_pin_is_asked_for_again_and_the_user_is_told_how_many_tries_are_left() {
    let (mut client, transcript) = client(today(), BuiltInVerification::Absent);
    client.user_mut().then_pin("wrong1");
    client.user_mut().then_pin("wrong2");
    assert!(verified(&client.create(&call(0), &creation("required")).result.unwrap()));
    let asked = prompts(&transcript);
    assert_eq!(
        asked[..3],
        [
            "type the key's PIN (8 tries left)",
            "wrong PIN; type the key's PIN again (7 tries left)",
            "wrong PIN; type the key's PIN again (6 tries left)"
        ]
    );
    // The right one brings the tries back.
    assert!(client.get(&call(60), &request("required")).result.is_ok());
    assert_eq!(prompts(&transcript)[4], "type the key's PIN (8 tries left)");
}

#[test]
fn three_wrong_pins_need_a_power_cycle_and_eight_block_for_ever() {
    for (name, protection) in keys() {
        println!("{name}");
        let (mut client, transcript) = client(protection, BuiltInVerification::Absent);
        client.user_mut().set_pin(Some("wrong"));
        for (cycle, expected) in [(0, Status::PinAuthBlocked), (1, Status::PinAuthBlocked), (2, Status::PinBlocked)] {
            assert_eq!(failure(client.create(&call(cycle * 60), &creation("required")).result), refused(expected), "{name} {cycle}");
            if expected == Status::PinAuthBlocked {
                // Without a power cycle nothing more is asked: there is nothing to gain.
                let before = prompts(&transcript).len();
                assert_eq!(
                    failure(client.create(&call(cycle * 60 + 30), &creation("required")).result),
                    refused(expected),
                    "{name} {cycle}"
                );
                assert_eq!(prompts(&transcript).len(), before);
            }
            client.transport_mut().steps_mut().power_cycle(Time::from_millis((cycle * 60 + 45) * 1_000));
        }
        let asked = prompts(&transcript);
        assert_eq!(asked.len(), 8, "{asked:?}");
        assert_eq!(asked[7], "wrong PIN; type the key's PIN again (last try)");
        client.user_mut().set_pin(Some(PIN));
        assert_eq!(failure(client.create(&call(600), &creation("required")).result), refused(Status::PinBlocked));
        assert_eq!(prompts(&transcript).len(), 8, "and nobody is asked for nothing");
    }
}

#[test]
fn a_user_who_cancels_ends_the_ceremony_and_one_who_is_slow_runs_out_of_time() {
    let (mut client, transcript) = client(today(), BuiltInVerification::Absent);
    client.user_mut().set_pin(None);
    assert_eq!(failure(client.create(&call(0), &creation("preferred")).result), (DomExceptionName::NotAllowedError, Because::User));
    assert!(transcript.entries().iter().any(|entry| entry.what == What::Answer { text: "cancelled".into() }));
    client.user_mut().set_pin(Some(PIN));
    client.user_mut().set_usual(UserAnswer::Approve, Duration::from_secs(301));
    let late = client.create(&call(60), &creation("preferred"));
    assert_eq!(late.at, Time::from_millis(360_000));
    assert_eq!(failure(late.result), (DomExceptionName::NotAllowedError, Because::Timeout));
}

#[test]
fn a_key_without_a_pin_gets_one_where_verification_is_required() {
    let fresh = || Protection { pin: None, ..today() };
    let (mut client, transcript) = client(fresh(), BuiltInVerification::Absent);
    client.user_mut().then_pin("1");
    client.user_mut().then_pin(&"9".repeat(64));
    assert!(verified(&client.create(&call(0), &creation("required")).result.unwrap()));
    let choose = "choose a new PIN for the key, of at least 4 characters";
    assert_eq!(
        prompts(&transcript)[..4],
        [
            choose.to_owned(),
            format!("that PIN is too short; {choose}"),
            format!("that PIN is too long; {choose}"),
            "type the key's PIN (8 tries left)".to_owned()
        ]
    );
    assert!(verified(&client.get(&call(60), &request("required")).result.unwrap()));
    // Preferred, it goes without.
    let (mut unset, transcript) = self::client(fresh(), BuiltInVerification::Absent);
    assert!(!verified(&unset.create(&call(0), &creation("preferred")).result.unwrap()));
    assert_eq!(prompts(&transcript).len(), 1);
    // Nor does it work when the user doesn't want one.
    unset.user_mut().set_pin(None);
    let reason = Because::Unsuitable("the options require user verification, and its PIN is not set".into());
    for result in [unset.create(&call(60), &creation("required")), unset.get(&call(90), &request("required"))] {
        assert_eq!(failure(result.result), (DomExceptionName::NotAllowedError, reason.clone()));
    }
}

#[test]
fn the_finger_goes_before_the_pin_and_the_pin_follows_when_the_finger_is_blocked() {
    for (name, protection) in keys() {
        let (mut client, transcript) = client(protection, BuiltInVerification::Ready);
        assert!(verified(&client.create(&call(0), &creation("required")).result.unwrap()));
        assert_eq!(prompts(&transcript).len(), 1, "{name}: a finger and no PIN");
        for _ in 0..5 {
            client.user_mut().then(UserAnswer::WrongFinger, Duration::from_secs(1));
        }
        let asserted = client.get(&call(60), &request("required")).result;
        let asked = prompts(&transcript);
        println!("{name}: {asked:?}");
        assert!(verified(&asserted.unwrap()), "{name}");
        assert!(asked.contains(&"type the key's PIN (8 tries left)".to_owned()), "{name}: {asked:?}");
    }
}

#[test]
fn a_user_without_the_pin_gets_what_the_blocked_finger_got() {
    let (mut client, _) = client(today(), BuiltInVerification::Ready);
    client.user_mut().set_pin(None);
    client.user_mut().set_usual(UserAnswer::WrongFinger, Duration::from_secs(1));
    assert_eq!(failure(client.create(&call(0), &creation("required")).result), refused(Status::PuatRequired));
}

#[test]
fn a_pin_that_must_be_changed_is_changed() {
    let (mut client, transcript) = client(today(), BuiltInVerification::Absent);
    // setMinPINLength with forceChangePin, which needs a token; the same library speaks here for the key's owner.
    support::configure_force_pin_change(client.transport_mut(), PIN);
    for pin in [PIN, "1234", PIN, "new PIN"] {
        client.user_mut().then_pin(pin);
    }
    client.user_mut().set_pin(None);
    let registered = client.create(&call(60), &creation("required"));
    let asked = prompts(&transcript);
    assert!(verified(&registered.result.unwrap()), "{asked:?}");
    let choose = "choose a new PIN for the key, of at least 6 characters";
    let expected = [
        "type the key's PIN (8 tries left)".to_owned(),
        choose.to_owned(),
        format!("that PIN is too short; {choose}"),
        format!("the key's policy forbids that PIN; {choose}"),
    ];
    assert_eq!(asked[..4], expected);
    client.user_mut().set_pin(Some("new PIN"));
    assert!(verified(&client.get(&call(120), &request("required")).result.unwrap()));
}

#[test]
fn a_pin_that_is_no_verification_is_not_asked_for() {
    let protection = Protection { no_mc_ga_permissions_with_client_pin: true, ..today() };
    let (mut client, transcript) = client(protection, BuiltInVerification::Absent);
    let reason = Because::Unsuitable("the options require user verification, and it has none built in".into());
    assert_eq!(failure(client.create(&call(0), &creation("required")).result), (DomExceptionName::NotAllowedError, reason));
    assert!(prompts(&transcript).is_empty());
}

#[test]
fn a_long_exclude_list_finds_a_credential_that_only_a_verified_user_sees() {
    let (mut client, _) = client(today(), BuiltInVerification::Absent);
    let mut options = creation("required");
    options["extensions"] = json!({"credentialProtectionPolicy": "userVerificationRequired"});
    let registered = client.create(&call(0), &options).result.unwrap();
    let mut list: Vec<Json> = (0..9).map(|number| json!({"type": "public-key", "id": support::encode(&[number; 32])})).collect();
    list.push(json!({"type": "public-key", "id": registered["id"]}));
    options["excludeCredentials"] = list.clone().into();
    let expected = (DomExceptionName::InvalidStateError, Because::Authenticator(Status::CredentialExcluded));
    assert_eq!(failure(client.create(&call(60), &options).result), expected);
    // And a long allow list too.
    let mut request = request("required");
    request["allowCredentials"] = list.into();
    assert_eq!(client.get(&call(120), &request).result.unwrap()["id"], registered["id"]);
}

#[test]
fn a_version_that_speaks_of_pins_only_does_the_same_twice() {
    let run = || {
        let protection = Protection { versions: vec![Version::Fido2_1], ..today() };
        let (mut client, transcript) = client(protection, BuiltInVerification::Absent);
        client.create(&call(0), &creation("required")).result.unwrap();
        let mut options = request("required");
        options["extensions"] = json!({"prf": {"eval": {"first": "YQ"}}});
        client.get(&call(60), &options).result.unwrap();
        serde_json::to_string(&transcript.entries()).unwrap()
    };
    assert_eq!(run(), run());
}
