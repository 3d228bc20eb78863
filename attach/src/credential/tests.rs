use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use super::*;
use ciborium::Value as Cbor;
use faultkey_authenticator::algorithm::{NAMES, PrivateKey};
use faultkey_authenticator::cbor::{int_map, text_map};
use faultkey_authenticator::{Authenticator, CommandSteps, MemoryStore, Step, Time, UserAnswer, cbor, random};
use proptest::prelude::*;

const HASH: [u8; 32] = [0xC1; 32];

/// A key of this algorithm; always the same, since finding primes takes long.
fn private_key(algorithm: i64) -> PrivateKey {
    static MADE: LazyLock<Mutex<BTreeMap<i64, PrivateKey>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap();
    made.entry(algorithm).or_insert_with(|| PrivateKey::generate(algorithm, &mut random::stream(7, "a key")).unwrap()).clone()
}

fn parameters(number: u8, algorithm: i64) -> Value {
    json!({
        "credentialId": BASE64URL_NOPAD.encode(&[number; 16]),
        "isResidentCredential": true,
        "rpId": "broker.test",
        "privateKey": BASE64URL_NOPAD.encode(&pkcs8::write(&private_key(algorithm)).unwrap()),
        "algorithm": algorithm,
        "userHandle": "AQID",
        "userName": "hanako",
        "userDisplayName": "花子",
        "signCount": 41,
        "backupEligibility": false,
        "backupState": false,
    })
}

/// The signature of a log-in with this credential, and what was signed.
fn log_in(store: &SharedStore, config: &Config, id: &CredentialId) -> (Vec<u8>, Vec<u8>) {
    let descriptor = text_map([("id", Cbor::Bytes(id.0.clone())), ("type", Cbor::from("public-key"))]);
    let request = int_map([(1, Cbor::from("broker.test")), (2, Cbor::Bytes(HASH.to_vec())), (3, Cbor::Array(vec![descriptor]))]);
    let mut device = Authenticator::new(config.clone(), Box::new(store.clone()), random::stream(1, "device"));
    let mut step = device.handle(Time::START, &[&[0x02], cbor::write(&request).as_slice()].concat());
    if matches!(step, Step::NeedUser(_)) {
        step = device.answer(Time::START, UserAnswer::Approve);
    }
    let Step::Reply(reply) = step else { panic!("a second prompt") };
    let bytes = reply.to_bytes().unwrap();
    assert_eq!(bytes[0], 0, "{bytes:02X?}");
    let Cbor::Map(members) = cbor::read_strict(&bytes[1..]).unwrap() else { panic!("no map") };
    let member = |number: u8| members.iter().find(|(key, _)| *key == Cbor::from(number)).unwrap().1.as_bytes().unwrap().clone();
    (member(3), [member(2), HASH.to_vec()].concat())
}

#[test]
fn what_is_added_is_listed_as_it_came_and_removed() {
    let mut store = SharedStore::new(MemoryStore::default());
    let config = Config::default();
    for (number, (algorithm, name)) in (1..).zip(NAMES) {
        let parameters = parameters(number, algorithm);
        assert_eq!(add(&mut store, &parameters, &config).unwrap(), parameters["credentialId"].as_str().unwrap());
        let listed = list(&store, &config).unwrap();
        assert_eq!(listed["credentials"].as_array().unwrap().last(), Some(&parameters), "{name}");
    }
    assert_eq!(store.next_sign_count(&CounterScope::Global).unwrap(), 42);
    let text = list(&store, &config).unwrap()["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("AQEBAQEBAQEBAQEBAQEBAQ  broker.test for \"hanako\", discoverable, signature counter 42\n"), "{text}");
    assert_eq!(remove(&mut store, Some("AQEBAQEBAQEBAQEBAQEBAQ")), Ok(1));
    assert_eq!(
        remove(&mut store, Some("AQEBAQEBAQEBAQEBAQEBAQ")).unwrap_err(),
        "there is no credential AQEBAQEBAQEBAQEBAQEBAQ; `faultkey ctl credentials list` shows those that are there"
    );
    assert_eq!(remove(&mut store, None), Ok(NAMES.len() - 1));
    assert_eq!(list(&store, &config).unwrap()["text"], "no credentials");
}

/// Anything that a key may have made.
fn credential() -> impl Strategy<Value = Credential> {
    let text = || proptest::option::of("[a-z花]{0,8}");
    let user = (proptest::collection::vec(any::<u8>(), 1..=64), text(), text());
    let key = proptest::option::weighted(0.95, proptest::sample::select(NAMES.to_vec()));
    (proptest::collection::vec(any::<u8>(), 16..64), user, key, any::<bool>(), 0..3u8).prop_map(
        |(id, (user_id, name, display_name), algorithm, discoverable, backup)| Credential {
            id: CredentialId(id),
            rp_id: "broker.test".to_owned(),
            // A credential of U2F has no user.
            user: UserEntity { id: if discoverable { user_id } else { Vec::new() }, name, display_name },
            key: algorithm.map_or(KeyState::Invalidated, |(algorithm, _)| KeyState::Usable(private_key(algorithm))),
            discoverable,
            backup_eligible: backup > 0,
            backup_state: backup > 1,
            created: 0,
            extensions: ExtensionData::default(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_listed_can_be_added_to_another_key_and_logs_in_there(
        credentials in proptest::collection::vec(credential(), 1..4),
        count in 0..1_000u32,
        sign_count in proptest::sample::select(vec![SignCountPolicy::Global, SignCountPolicy::PerCredential, SignCountPolicy::Zero]),
    ) {
        let config = Config { sign_count, ..Config::default() };
        let mut one = SharedStore::new(MemoryStore::default());
        for (created, credential) in (0..).zip(&credentials) {
            let _durable = one.commit(&[Change::Put(Credential { created, ..credential.clone() })]).unwrap();
            if let Some(scope) = scope(&config, &credential.id) {
                one.raise_sign_count(&scope, count).unwrap();
            }
        }
        let listed = list(&one, &config).unwrap();
        let mut other = SharedStore::new(MemoryStore::default());
        for parameters in listed["credentials"].as_array().unwrap() {
            add(&mut other, parameters, &config).unwrap();
        }
        prop_assert_eq!(&list(&other, &config).unwrap(), &listed);
        for credential in &credentials {
            if let KeyState::Usable(key) = &credential.key {
                // Signatures are always the same for the same key and message.
                let (signature, signed) = log_in(&other, &config, &credential.id);
                prop_assert_eq!(signature, key.sign(&signed).unwrap());
            }
        }
    }
}

#[test]
fn what_can_not_be_is_refused_with_its_field() {
    let config = Config { max_credentials: 1, ..Config::default() };
    let refused = |field: &str, value: Value| {
        let mut parameters = parameters(1, -7);
        parameters[field] = value;
        add(&mut SharedStore::new(MemoryStore::default()), &parameters, &config).unwrap_err()
    };
    for (field, value, message) in [
        ("credentialId", json!("AQ"), "credentialId: expected 16 to 1023 bytes, found 1"),
        ("credentialId", json!("*"), "credentialId: expected base64url: invalid length at 0"),
        ("userHandle", json!(null), "userHandle: a resident credential needs one"),
        ("rpId", json!(""), "rpId: expected an RP ID, found empty text"),
        ("backupState", json!(true), "backupState: a credential that is not backup eligible can't be backed up"),
        ("privateKey", json!("AQID"), "privateKey: expected PKCS#8"),
        ("algorithm", json!(-8), "privateKey: a key of the kind P-256 is not for -8 (EdDSA), but for -7 (ES256), -9 (ESP256)"),
        ("signCount", json!(-1), "the credential is not understood: invalid value"),
        ("largeBlob", json!("AQ"), "the credential is not understood: unknown field `largeBlob`"),
    ] {
        let told = refused(field, value);
        assert!(told.starts_with(message), "{told}");
    }
    // Null is an invalidated key; leaving it out is a mistake.
    let mut without = parameters(1, -7);
    without.as_object_mut().unwrap().remove("privateKey");
    let told = add(&mut SharedStore::new(MemoryStore::default()), &without, &config).unwrap_err();
    assert_eq!(told, "the credential is not understood: missing field `privateKey`");
    let mut store = SharedStore::new(MemoryStore::default());
    add(&mut store, &parameters(1, -7), &config).unwrap();
    let twice = add(&mut store, &parameters(1, -7), &config).unwrap_err();
    assert!(twice.starts_with("the credential AQEBAQEBAQEBAQEBAQEBAQ is there already; remove it first"), "{twice}");
    assert_eq!(add(&mut store, &parameters(2, -7), &config).unwrap_err(), "the key is full: it has room for 1 credential");
}
