use ciborium::Value;

use super::*;
use crate::bench::{Answer, Bench, Members, answer, assertion, descriptors, field, passkey, registration, user, verifies};
use crate::cbor::text_map;
use crate::settings::Settings;
use crate::{Config, Flags, MemoryStore, Status, Store, UserAnswer};

use UserAnswer::Approve;

const MAKE: u8 = 0x01;
const GET: u8 = 0x02;
const NEXT: u8 = 0x08;

fn bench() -> Bench {
    Bench::new(Config { extensions: Extensions::full(), ..Config::default() })
}

/// A registration of user `number` that asks for these extensions.
fn making<const N: usize>(number: u8, extensions: [(&str, Value); N]) -> Members {
    passkey(number).with(6, text_map(extensions))
}

fn getting<const N: usize>(extensions: [(&str, Value); N]) -> Members {
    assertion().options(&[("uv", true)], 5).with(4, text_map(extensions))
}

/// What authenticator data answers: names and values.
fn outputs(answer: &Answer) -> Vec<(String, Value)> {
    assert_eq!(answer.status, Status::Ok);
    let data = answer.data();
    assert_eq!((data.flags.has(Flags::ED), &data.trailing[..]), (data.extensions.is_some(), &[][..]));
    let pairs = data.extensions.map_or_else(Vec::new, |map| map.into_map().unwrap());
    pairs.into_iter().map(|(key, value)| (key.into_text().unwrap(), value)).collect()
}

fn output<T: Into<Value>>(name: &str, value: T) -> Vec<(String, Value)> {
    vec![(name.to_owned(), value.into())]
}

#[test]
fn what_the_device_does_not_have_is_ignored_whatever_it_says() {
    let strange = [("credProtect", Value::from("three")), ("hmac-secret", Value::from(7)), ("unheardOf", Value::Null)];
    let mut plain = Bench::new(Config::default());
    let asked = plain.approve(MAKE, making(1, strange.clone()));
    assert_eq!(outputs(&asked), []);
    assert_eq!(outputs(&plain.approve(GET, getting(strange))), []);
    // Byte for byte what a request without extensions brings.
    assert_eq!(asked.tree, Bench::new(Config::default()).approve(MAKE, passkey(1)).tree);
    let mut full = bench();
    assert_eq!(outputs(&full.approve(MAKE, making(1, [("unheardOf", Value::from(true))]))), []);
    assert_eq!(outputs(&full.approve(GET, getting([("unheardOf", Value::from(true))]))), []);
}

#[test]
fn an_empty_map_of_inputs_asks_for_nothing() {
    let mut bench = bench();
    assert_eq!(outputs(&bench.approve(MAKE, making(1, []))), []);
    assert_eq!(outputs(&bench.approve(GET, getting([]))), []);
}

#[test]
fn extensions_do_not_shift_the_keys() {
    let key = |extensions: Members| {
        let mut bench = bench();
        let first = bench.approve(MAKE, extensions).data().attested_credential_data;
        (first, bench.approve(MAKE, passkey(2)).data().attested_credential_data)
    };
    let asked = [("hmac-secret", Value::from(true)), ("largeBlobKey", Value::from(true)), ("credProtect", Value::from(2))];
    assert_eq!(key(passkey(1)), key(making(1, asked)));
}

#[test]
fn several_outputs_stand_in_canonical_order_and_are_signed() {
    let mut bench = bench();
    let asked = [
        ("uvm", Value::from(true)),
        ("credBlob", Value::Bytes(vec![1])),
        ("credProtect", Value::from(2)),
        ("hmac-secret", Value::from(true)),
    ];
    let made = bench.approve(MAKE, making(1, asked));
    let names: Vec<String> = outputs(&made).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["uvm", "credBlob", "credProtect", "hmac-secret"]);
    let data = made.data();
    let key = data.attested_credential_data.clone().unwrap().public_key;
    assert!(verifies(&key, &data.to_bytes(), field(made.member(3).unwrap(), "sig").unwrap().as_bytes().unwrap()));
    let got = bench.approve(GET, getting([("credBlob", Value::from(true)), ("uvm", Value::from(true))]));
    assert!(verifies(&key, &got.data().to_bytes(), got.member(3).unwrap().as_bytes().unwrap()));
}

#[test]
fn cred_protect_hides_a_credential_from_whom_it_says() {
    // Level; found without verification by list, by discovery.
    for (level, by_list, by_discovery) in [(1, true, true), (2, true, false), (3, false, false)] {
        let mut bench = bench();
        let made = bench.approve(MAKE, making(1, [("credProtect", Value::from(level))]));
        assert_eq!(outputs(&made), output("credProtect", level));
        let id = made.credential_id();
        let listed = assertion().with(3, descriptors([&id[..]]));
        for up in [true, false] {
            let found = |found| if found { Status::Ok } else { Status::NoCredentials };
            let status = |bench: &mut Bench, members: &Members| bench.approve(GET, members.clone().options(&[("up", up)], 5)).status;
            assert_eq!(status(&mut bench, &listed), found(by_list), "level {level} with a list, up {up}");
            assert_eq!(status(&mut bench, &assertion()), found(by_discovery), "level {level} without, up {up}");
        }
        assert_eq!(bench.approve(GET, listed.options(&[("uv", true)], 5)).status, Status::Ok);
        assert_eq!(bench.approve(GET, getting([])).status, Status::Ok);
    }
}

#[test]
fn cred_protect_keeps_an_exclude_list_from_telling_what_is_there() {
    for (level, unverified) in [(1, Status::CredentialExcluded), (2, Status::CredentialExcluded), (3, Status::Ok)] {
        let mut bench = bench();
        let id = bench.approve(MAKE, making(1, [("credProtect", Value::from(level))])).credential_id();
        let again = registration().with(3, user(2)).with(5, descriptors([&id[..]]));
        assert_eq!(bench.approve(MAKE, again.clone()).status, unverified, "level {level}");
        assert_eq!(bench.approve(MAKE, again.options(&[("uv", true)], 7)).status, Status::CredentialExcluded);
    }
}

#[test]
fn cred_protect_of_other_numbers_and_types_is_refused() {
    let mut bench = bench();
    for (value, status) in [
        (Value::from(0), Status::InvalidOption),
        (Value::from(4), Status::InvalidOption),
        (Value::from(-1), Status::CborUnexpectedType),
        (Value::from(true), Status::CborUnexpectedType),
    ] {
        assert_eq!(bench.approve(MAKE, making(1, [("credProtect", value)])).status, status);
    }
    assert_eq!(bench.key.store().credentials().unwrap(), []);
}

#[test]
fn a_device_that_protects_by_itself_says_so_unasked_and_never_gives_less() {
    let policy = CredProtect::UserVerificationOptionalWithCredentialIdList;
    let extensions = Extensions { default_cred_protect: policy, ..Extensions::full() };
    let mut bench = Bench::new(Config { extensions, ..Config::default() });
    assert_eq!(outputs(&bench.approve(MAKE, passkey(1))), output("credProtect", 2));
    assert_eq!(outputs(&bench.approve(MAKE, making(2, [("credProtect", Value::from(1))]))), output("credProtect", 2));
    assert_eq!(outputs(&bench.approve(MAKE, making(3, [("credProtect", Value::from(3))]))), output("credProtect", 3));
    assert_eq!(bench.approve(GET, assertion()).status, Status::NoCredentials);
}

#[test]
fn a_cred_blob_comes_back_as_it_was() {
    let mut bench = bench();
    let made = bench.approve(MAKE, making(1, [("credBlob", Value::Bytes(vec![7; 32]))]));
    assert_eq!(outputs(&made), output("credBlob", true));
    let asked = [("credBlob", Value::from(true))];
    assert_eq!(outputs(&bench.approve(GET, getting(asked.clone()))), output("credBlob", Value::Bytes(vec![7; 32])));
    assert_eq!(outputs(&bench.approve(GET, getting([("credBlob", Value::from(false))]))), []);
    // Too long, or not discoverable: registered, and said not to be kept.
    let long = bench.approve(MAKE, making(2, [("credBlob", Value::Bytes(vec![7; 33]))]));
    assert_eq!(outputs(&long), output("credBlob", false));
    let plain = bench.approve(MAKE, making(3, [("credBlob", Value::Bytes(vec![7]))]).options(&[("uv", true)], 7));
    assert_eq!(outputs(&plain), output("credBlob", false));
    // Nothing kept is no bytes, also for the next of several accounts.
    assert_eq!(outputs(&bench.approve(GET, getting(asked))), output("credBlob", Value::Bytes(vec![])));
    assert_eq!(outputs(&answer(bench.bare(NEXT))), output("credBlob", Value::Bytes(vec![7; 32])));
}

#[test]
fn a_large_blob_key_is_the_credentials_own() {
    let mut bench = bench();
    let asked = [("largeBlobKey", Value::from(true))];
    let one = bench.approve(MAKE, making(1, asked.clone()));
    assert_eq!(outputs(&one), []);
    let key = one.member(5).unwrap().as_bytes().unwrap().clone();
    assert_eq!(key.len(), 32);
    let two = bench.approve(MAKE, making(2, asked.clone()));
    assert_ne!(two.member(5), one.member(5));
    assert_eq!(bench.approve(MAKE, passkey(3)).member(5), None);

    let got = bench.approve(GET, getting(asked.clone()));
    assert_eq!((got.member(7), outputs(&got)), (None, vec![]));
    assert_eq!(answer(bench.bare(NEXT)).member(7), two.member(5));
    assert_eq!(answer(bench.bare(NEXT)).member(7), one.member(5));
    assert_eq!(bench.approve(GET, getting([]).with(3, descriptors([&one.credential_id()[..]]))).member(7), None);

    for (value, status) in [(Value::from(false), Status::InvalidOption), (Value::from("true"), Status::CborUnexpectedType)] {
        let asked = [("largeBlobKey", value)];
        assert_eq!(bench.approve(MAKE, making(4, asked.clone())).status, status);
        assert_eq!(bench.approve(GET, getting(asked)).status, status);
    }
    assert_eq!(bench.approve(MAKE, making(4, asked).options(&[("uv", true)], 7)).status, Status::InvalidOption);
    assert_eq!(bench.key.store().credentials().unwrap().len(), 3);
}

#[test]
fn pin_policies_are_told_to_named_relying_parties_only() {
    let asked = [("minPinLength", Value::from(true)), ("pinComplexityPolicy", Value::from(true))];
    for (rp_ids, told) in [(vec!["broker.test"], true), (vec!["other.test"], false), (vec![], false)] {
        let settings = Settings {
            min_pin_length: 6,
            min_pin_length_rp_ids: rp_ids.into_iter().map(str::to_owned).collect(),
            force_pin_change: false,
            pin_complexity_policy: true,
            always_uv: false,
            enterprise_attestation: false,
            long_touch_for_reset: false,
        };
        let mut store = MemoryStore::default();
        let _ = store.commit(&[settings.set()]).unwrap();
        let mut bench = Bench::over(Config { extensions: Extensions::full(), ..Config::default() }, Box::new(store));
        let expected = [("minPinLength".to_owned(), Value::from(6)), ("pinComplexityPolicy".to_owned(), Value::from(true))];
        assert_eq!(outputs(&bench.approve(MAKE, making(1, asked.clone()))), if told { expected.to_vec() } else { vec![] });
        assert_eq!(outputs(&bench.approve(MAKE, making(2, [("minPinLength", Value::from(false))]))), []);
    }
    let wrong = bench().approve(MAKE, making(1, [("minPinLength", Value::from(4))]));
    assert_eq!(wrong.status, Status::CborUnexpectedType);
}

#[test]
fn payment_by_third_parties_is_asked_at_registration_and_told_at_log_in() {
    let asked = [("thirdPartyPayment", Value::from(true))];
    for enabled in [true, false] {
        let mut bench = bench();
        let made = bench.approve(MAKE, making(1, [("thirdPartyPayment", Value::from(enabled))]));
        assert_eq!(outputs(&made), []);
        assert_eq!(outputs(&bench.approve(GET, getting(asked.clone()))), output("thirdPartyPayment", enabled));
        assert_eq!(outputs(&bench.approve(GET, getting([]))), []);
    }
}

#[test]
fn uvm_tells_how_the_user_was_tested() {
    let asked = || text_map([("uvm", Value::from(true))]);
    let factor = |method: u32, key: u32, matcher: u32| {
        output("uvm", Value::Array(vec![Value::Array([method, key, matcher].map(Value::from).to_vec())]))
    };
    for (platform, key, matcher) in [(false, 8, 4), (true, 4, 2)] {
        let mut bench = Bench::new(Config { platform, extensions: Extensions::full(), ..Config::default() });
        assert_eq!(outputs(&bench.approve(MAKE, passkey(1).with(6, asked()))), factor(2, key, matcher));
        assert_eq!(outputs(&bench.approve(GET, assertion().with(4, asked()))), factor(1, key, matcher));
    }
}

#[test]
fn the_list_of_get_info_is_the_configurations() {
    let info = answer(bench().bare(0x04));
    let names: Vec<Value> = Extension::ALL.iter().map(|extension| Value::from(extension.identifier())).collect();
    assert_eq!((info.member(2), info.member(0x0F)), (Some(&Value::Array(names)), Some(&Value::from(32))));
    let info = answer(Bench::new(Config::default()).bare(0x04));
    assert_eq!((info.member(2), info.member(0x0F)), (None, None));
}

#[test]
fn names_in_files_are_those_of_messages() {
    for extension in Extension::ALL {
        assert_eq!(serde_json::to_value(extension).unwrap(), extension.identifier());
    }
    let policies = CredProtect::ALL.map(|policy| serde_json::to_value(policy).unwrap());
    assert_eq!(policies, ["userVerificationOptional", "userVerificationOptionalWithCredentialIDList", "userVerificationRequired"]);
}

#[test]
fn a_refused_extension_stores_nothing_and_asks_no_more() {
    let mut bench = bench();
    let refused = bench.run(MAKE, making(1, [("largeBlobKey", Value::from(false))]), &[Approve]);
    assert_eq!(refused.status, Status::InvalidOption);
    assert_eq!(bench.why(), "CTAP2_ERR_INVALID_OPTION (0x2C): extensions.largeBlobKey is false, which it may not be");
    assert_eq!(bench.key.store().credentials().unwrap(), []);
}
