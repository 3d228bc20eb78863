//! largeBlob in whole ceremonies, with the real authenticator: with and without a PIN, in few fragments and in many.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

mod support;

use std::time::Duration;

use ciborium::Value;
use faultkey_authenticator::config::{BuiltInVerification, Commands, Protection};
use faultkey_authenticator::extension::{Extension, Extensions};
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, Config, Status, Time, UserAnswer, random};
use faultkey_client::{AbortSignal, Because, Call, Client, ClientConfig, DomExceptionName, Platform, ScriptedUser, Specified};
use faultkey_transport::{InProcess, Transcript, What};
use serde_json::{Value as Json, json};
use support::{attestation, creation_options, encode, info, map, member, refusal, sent};

type Whole = Client<InProcess<Authenticator>, ScriptedUser, Specified>;

const PIN: &str = "1234";

fn config(protection: Protection, verification: BuiltInVerification) -> Config {
    let extensions = Extensions { supported: vec![Extension::LargeBlobKey], ..Extensions::default() };
    Config {
        protection,
        verification,
        extensions,
        commands: Commands { large_blobs: Some(4_096), ..Commands::default() },
        ..Config::default()
    }
}

/// A key that verifies nobody, one with a PIN, one with a finger, and one with both.
fn keys() -> [(&'static str, Config); 4] {
    let pin = || Protection { pin: Some(PIN.into()), ..Protection::full() };
    let finger_only = Protection { client_pin: false, ..Protection::full() };
    [
        ("nothing", config(Protection::default(), BuiltInVerification::Absent)),
        ("PIN", config(pin(), BuiltInVerification::Absent)),
        ("finger", config(finger_only, BuiltInVerification::Ready)),
        ("both", config(pin(), BuiltInVerification::Ready)),
    ]
}

fn client(config: Config) -> (Whole, Transcript) {
    let transcript = Transcript::new();
    let authenticator = Authenticator::new(config, Box::new(MemoryStore::default()), random::stream(7, "keys"));
    let mut user = ScriptedUser::approving(Duration::from_secs(1));
    user.set_pin(Some(PIN));
    let transport = InProcess::new(authenticator, transcript.clone());
    (Client::new(ClientConfig::default(), transport, user, Specified, transcript.clone()), transcript)
}

fn call() -> Call {
    Call::new(Time::START, "https://broker.test")
}

fn creation(user: u8, large_blob: Json) -> Json {
    json!({
        "rp": {"name": "Broker"},
        "user": {"id": encode(&[user]), "name": "taro", "displayName": "Taro"},
        "challenge": "AAEC",
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "authenticatorSelection": {"residentKey": "required"},
        "extensions": {"largeBlob": large_blob},
    })
}

fn create(client: &mut Whole, user: u8) -> Json {
    let registered = client.create(&call(), &creation(user, json!({"support": "required"}))).result.unwrap();
    assert_eq!(registered["clientExtensionResults"], json!({"largeBlob": {"supported": true}}));
    registered["id"].clone()
}

fn request(ids: &[&Json], large_blob: Json) -> Json {
    let allowed: Vec<Json> = ids.iter().map(|id| json!({"type": "public-key", "id": id})).collect();
    json!({"challenge": "AAEC", "allowCredentials": allowed, "userVerification": "discouraged", "extensions": {"largeBlob": large_blob}})
}

fn get(client: &mut Whole, id: &Json, large_blob: Json) -> Json {
    client.get(&call(), &request(&[id], large_blob)).result.unwrap()["clientExtensionResults"]["largeBlob"].clone()
}

fn write(client: &mut Whole, id: &Json, blob: &[u8]) -> Json {
    get(client, id, json!({"write": encode(blob)}))
}

fn read(client: &mut Whole, id: &Json) -> Json {
    get(client, id, json!({"read": true}))
}

/// What the key's large-blob commands were.
fn commands(transcript: &Transcript) -> usize {
    let entries = transcript.entries().into_iter();
    entries.filter(|entry| matches!(&entry.what, What::CtapRequest { bytes } if bytes.starts_with("0c"))).count()
}

#[test]
fn a_blob_is_written_read_and_replaced_whatever_protects_the_key() {
    for (name, config) in keys() {
        println!("{name}");
        let (mut client, _) = client(config);
        let (one, two) = (create(&mut client, 1), create(&mut client, 2));
        assert_eq!(read(&mut client, &one), json!({}), "{name}: nothing yet");
        assert_eq!(write(&mut client, &one, b"first"), json!({"written": true}), "{name}");
        assert_eq!(write(&mut client, &two, b"second"), json!({"written": true}), "{name}");
        assert_eq!(read(&mut client, &one), json!({"blob": encode(b"first")}), "{name}");
        assert_eq!(write(&mut client, &one, b"third"), json!({"written": true}), "{name}");
        assert_eq!(read(&mut client, &one), json!({"blob": encode(b"third")}), "{name}");
        assert_eq!(read(&mut client, &two), json!({"blob": encode(b"second")}), "{name}");
        assert_eq!(write(&mut client, &two, b""), json!({"written": true}));
        assert_eq!(read(&mut client, &two), json!({"blob": ""}));
        // Without an allow list too, where a blob is read.
        let mut options = request(&[], json!({"read": true}));
        options["allowCredentials"] = json!([]);
        client.user_mut().set_choice(Some(1));
        let asserted = client.get(&call(), &options).result.unwrap();
        assert_eq!((&asserted["id"], &asserted["clientExtensionResults"]["largeBlob"]), (&one, &json!({"blob": encode(b"third")})));
    }
}

#[test]
fn a_long_blob_goes_in_fragments() {
    for (name, mut config) in keys() {
        config.max_message_size = 1_024;
        let (mut client, transcript) = client(config);
        let id = create(&mut client, 1);
        // Nothing that compression makes short.
        let blob: Vec<u8> = (0..2_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()).step_by(3).collect();
        assert_eq!(write(&mut client, &id, &blob), json!({"written": true}), "{name}");
        // The empty array, and then 960 bytes at a time.
        assert_eq!(commands(&transcript), 1 + 3, "{name}");
        assert_eq!(read(&mut client, &id), json!({"blob": encode(&blob)}), "{name}");
        assert_eq!(commands(&transcript), 4 + 3, "{name}");
        // More than the key has room for.
        let large: Vec<u8> = blob.iter().copied().chain(blob.iter().map(|byte| !byte)).collect();
        assert_eq!(write(&mut client, &id, &large), json!({"written": false}), "{name}");
        assert_eq!(read(&mut client, &id), json!({"blob": encode(&blob)}), "{name}: all or nothing");
    }
}

#[test]
fn a_key_without_large_blobs_is_no_key_for_those_that_require_them() {
    let without = || client(Config::default()).0;
    let required = without().create(&call(), &creation(1, json!({"support": "required"}))).result.unwrap_err();
    let reason = Because::Unsuitable("the options require a large blob, and it keeps none".into());
    assert_eq!((required.name, required.because), (DomExceptionName::NotAllowedError, reason));
    let mut client = without();
    for asked in [json!({}), json!({"support": "preferred"}), json!({"support": "whatever"})] {
        let registered = client.create(&call(), &creation(1, asked)).result.unwrap();
        assert_eq!(registered["clientExtensionResults"], json!({"largeBlob": {"supported": false}}));
        assert_eq!(read(&mut client, &registered["id"]), json!({}));
        assert_eq!(write(&mut client, &registered["id"], b"blob"), json!({"written": false}));
    }
}

#[test]
fn only_a_discoverable_credential_has_one() {
    let (mut client, _) = client(keys()[0].1.clone());
    let mut options = creation(1, json!({"support": "preferred"}));
    options["authenticatorSelection"]["residentKey"] = "discouraged".into();
    let registered = client.create(&call(), &options).result.unwrap();
    assert_eq!(registered["clientExtensionResults"], json!({"largeBlob": {"supported": false}}));
    options["extensions"]["largeBlob"]["support"] = "required".into();
    let refused = client.create(&call(), &options).result.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "ConstraintError: publicKey.extensions.largeBlob.support: \"required\" needs a discoverable credential. Set \
         authenticatorSelection.residentKey to \"required\"."
    );
}

#[test]
fn a_full_key_makes_a_credential_without_place_and_without_blob_unless_one_is_required() {
    let attempt = |support: &str| {
        let able =
            info([(0x02, vec![Value::from("largeBlobKey")].into()), (0x04, map([("rk", true.into()), ("largeBlobs", true.into())]))]);
        let mut client = support::client([able, refusal(Status::KeyStoreFull), attestation()]);
        let mut options = creation_options(json!({"authenticatorSelection": {"residentKey": "preferred"}}));
        options["extensions"] = json!({"largeBlob": {"support": support}});
        let result = client.create(&support::call(), &options).result;
        let requests: Vec<_> = (1..client.transport_mut().sent.len()).map(|index| sent(&mut client, index).1).collect();
        (result, requests)
    };
    let (made, requests) = attempt("preferred");
    assert_eq!(made.unwrap()["clientExtensionResults"], json!({"largeBlob": {"supported": false}}));
    let asked: Vec<_> = requests.iter().map(|request| (member(request, 6), member(request, 7))).collect();
    assert_eq!(asked, [(Some(map([("largeBlobKey", true.into())])), Some(map([("rk", true.into())]))), (None, None)]);
    let (refused, requests) = attempt("required");
    assert_eq!((refused.unwrap_err().because, requests.len()), (Because::Authenticator(Status::KeyStoreFull), 1));
}

#[test]
fn wrong_inputs_are_the_relying_partys_mistake() {
    let (mut client, _) = client(keys()[0].1.clone());
    let id = create(&mut client, 1);
    let create_refused = |client: &mut Whole, asked| client.create(&call(), &creation(1, asked)).result.unwrap_err().to_string();
    for asked in [json!({"read": true}), json!({"write": "AA"})] {
        let why = "NotSupportedError: publicKey.extensions.largeBlob: `read` and `write` are for a log-in; there is no credential yet.";
        assert_eq!(create_refused(&mut client, asked), why);
    }
    let mut refused = |ids: &[&Json], asked| client.get(&call(), &request(ids, asked)).result.unwrap_err().to_string();
    let name = "NotSupportedError: publicKey.extensions.largeBlob";
    assert_eq!(refused(&[&id], json!({"support": "required"})), format!("{name}.support: is for a registration."));
    assert_eq!(refused(&[&id], json!({"read": true, "write": "AA"})), format!("{name}: `read` and `write` exclude each other."));
    let exactly = |count| format!("{name}.write: needs exactly one credential in allowCredentials, which has {count}.");
    assert_eq!(refused(&[], json!({"write": "AA"})), exactly(0));
    assert_eq!(refused(&[&id, &id], json!({"write": "AA"})), exactly(2));
}

#[test]
fn a_user_who_gives_no_pin_is_not_signed_in_and_nothing_is_written() {
    let (mut client, transcript) = client(keys()[1].1.clone());
    let id = create(&mut client, 1);
    client.user_mut().set_pin(None);
    let refused = client.get(&call(), &request(&[&id], json!({"write": "AA"}))).result.unwrap_err();
    assert_eq!((refused.name, refused.because), (DomExceptionName::NotAllowedError, Because::User));
    assert_eq!(commands(&transcript), 0);
    // Reading needs no PIN.
    assert_eq!(read(&mut client, &id), json!({}));
}

#[test]
fn a_finger_that_fails_makes_way_for_the_pin() {
    let (mut client, transcript) = client(keys()[3].1.clone());
    let id = create(&mut client, 1);
    // The platform lets the user try three times (preferredPlatformUvAttempts).
    for _ in 0..3 {
        client.user_mut().then(UserAnswer::WrongFinger, Duration::from_secs(1));
    }
    assert_eq!(write(&mut client, &id, b"blob"), json!({"written": true}));
    let prompts = transcript.entries().into_iter().filter_map(|entry| match entry.what {
        What::Prompt { text } => Some(text),
        _ => None,
    });
    let prompts: Vec<_> = prompts.skip(1).collect();
    assert_eq!(prompts[..3].iter().filter(|text| text.contains("let the client act for you")).count(), 3, "{prompts:?}");
    assert_eq!(prompts[3], "type the key's PIN (8 tries left)");
}

#[test]
fn an_abort_ends_it() {
    let (mut client, _) = client(keys()[0].1.clone());
    let id = create(&mut client, 1);
    let call = Call { signal: Some(AbortSignal::at(Time::from_millis(1_000))), ..call() };
    let aborted = client.get(&call, &request(&[&id], json!({"write": "AA"}))).result.unwrap_err();
    assert_eq!(aborted.name, DomExceptionName::AbortError);
}

#[test]
fn the_same_seed_gives_the_same_array() {
    let run = || {
        let (mut client, transcript) = client(keys()[1].1.clone());
        let id = create(&mut client, 1);
        write(&mut client, &id, b"blob");
        serde_json::to_string(&transcript.entries()).unwrap()
    };
    assert_eq!(run(), run());
}
