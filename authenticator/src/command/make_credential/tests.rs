use ciborium::Value;

use crate::bench::{Bench, HASH, Members, answer, descriptors, field, parameters, passkey, prompt, registration, user, verifies};
use crate::cbor::text_map;
use crate::config::{BuiltInVerification, Protection, SignCountPolicy};
use crate::step::Purpose;
use crate::{Config, Effect, Event, Flags, Prompt, Status, UserAnswer};

use UserAnswer::{Approve, Cancel, Never, Refuse, WrongFinger};

const MAKE: u8 = 0x01;

fn refused(bench: &mut Bench, members: Members) -> Status {
    answer(bench.send(MAKE, members)).status
}

#[test]
fn a_passkey_is_made_after_verification_and_attests_itself() {
    let mut bench = Bench::new(Config::default());
    let asked = prompt(bench.send(MAKE, passkey(1)));
    let purpose = Purpose::Register { rp_id: "broker.test".to_owned(), user_name: Some("user 1".to_owned()) };
    assert_eq!(asked, Prompt::Verification { purpose, tries_left: 5 });

    let made = answer(bench.answer(Approve));
    assert_eq!(made.status, Status::Ok);
    assert_eq!(made.member(1), Some(&Value::from("packed")));
    let data = made.data();
    assert_eq!(data.flags.0, Flags::UP | Flags::UV | Flags::AT);
    assert_eq!(data.sign_count, 1);
    assert!(data.trailing.is_empty());
    let attested = data.attested_credential_data.clone().unwrap();
    assert_eq!((attested.aaguid, attested.credential_id.len()), (Config::default().aaguid, 32));
    let statement = made.member(3).unwrap();
    assert_eq!(field(statement, "alg"), Some(&Value::from(-7)));
    let signature = field(statement, "sig").unwrap().as_bytes().unwrap();
    assert!(verifies(&attested.public_key, &data.to_bytes(), signature));

    let stored = bench.key.store().credentials().unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].id.0, attested.credential_id);
    assert!(stored[0].discoverable);
    assert_eq!(stored[0].user.display_name.as_deref(), Some("Taro"));
}

#[test]
fn a_plain_credential_needs_a_touch_only() {
    let mut bench = Bench::plain();
    assert!(matches!(prompt(bench.send(MAKE, registration())), Prompt::Presence { purpose: Purpose::Register { .. } }));
    // Any finger is a touch.
    let made = answer(bench.answer(WrongFinger));
    assert_eq!(made.data().flags.0, Flags::UP | Flags::AT);
    assert!(!bench.key.store().credentials().unwrap()[0].discoverable);
}

#[test]
fn attestation_is_left_out_when_so_configured_or_preferred() {
    let mut bench = Bench::new(Config {
        attestation: crate::attestation::AttestationFormat::None.into(),
        verification: BuiltInVerification::Absent,
        ..Config::default()
    });
    let made = bench.approve(MAKE, registration());
    assert_eq!((made.member(1), made.member(3)), (Some(&Value::from("none")), Some(&Value::Map(vec![]))));

    let mut bench = Bench::plain();
    for (preference, format) in [(&["none"][..], "none"), (&["tpm", "packed", "none"], "packed"), (&["tpm"], "packed"), (&[], "packed")] {
        let preference = Value::Array(preference.iter().map(|format| Value::from(*format)).collect());
        let made = bench.approve(MAKE, registration().with(0x0B, preference));
        assert_eq!(made.member(1), Some(&Value::from(format)));
    }
}

#[test]
fn options_are_judged_as_the_specification_says() {
    use BuiltInVerification::{Absent, NotEnrolled, Ready};
    for (verification, discoverable, options, expected) in [
        // Step 5.3
        (Absent, true, &[("uv", true)][..], Some(Status::InvalidOption)),
        (NotEnrolled, true, &[("uv", true)], Some(Status::InvalidOption)),
        (Ready, true, &[("uv", true)], None),
        (Absent, true, &[("uv", false)], None),
        // Step 5.4
        (Absent, false, &[("rk", true)], Some(Status::UnsupportedOption)),
        (Absent, false, &[("rk", false)], Some(Status::UnsupportedOption)),
        (Absent, true, &[("rk", true)], None),
        // Step 5.6
        (Absent, true, &[("up", false)], Some(Status::InvalidOption)),
        (Absent, true, &[("up", true)], None),
        // Step 7: a discoverable credential of a protected authenticator needs verification, another does not (step 10).
        (Ready, true, &[("rk", true)], Some(Status::OperationDenied)),
        (Ready, true, &[("rk", false)], None),
        (NotEnrolled, true, &[("rk", true)], None),
        // Options that are not understood are absent.
        (Absent, true, &[("xx", false)], None),
    ] {
        let mut bench = Bench::new(Config { verification, discoverable, ..Config::default() });
        let step = bench.send(MAKE, registration().options(options, 7));
        match expected {
            Some(status) => assert_eq!(answer(step).status, status, "{verification:?} {options:?}"),
            None => assert!(matches!(step, crate::Step::NeedUser(_)), "{verification:?} {options:?}"),
        }
    }
}

#[test]
fn a_zero_length_pin_parameter_asks_for_a_touch_and_says_that_no_pin_is_set() {
    let probe = || registration().with(8, Value::Bytes(vec![])).with(9, Value::from(1));
    for (gesture, status) in [
        (Approve, Status::PinNotSet),
        (Refuse, Status::OperationDenied),
        (Never, Status::UserActionTimeout),
        (Cancel, Status::KeepaliveCancel),
    ] {
        let protection = Protection { client_pin: true, ..Protection::default() };
        let mut bench = Bench::new(Config { protection, ..Config::default() });
        assert!(matches!(prompt(bench.send(MAKE, probe())), Prompt::Presence { .. }));
        assert_eq!(answer(bench.answer(gesture)).status, status);
        assert_eq!(bench.key.store().credentials().unwrap(), []);
    }
}

#[test]
fn any_other_pin_parameter_is_refused() {
    let mut bench = Bench::new(Config::default());
    let with_param = registration().with(8, Value::Bytes(vec![1; 16]));
    assert_eq!(refused(&mut bench, with_param.clone()), Status::MissingParameter);
    assert_eq!(refused(&mut bench, with_param.with(9, Value::from(2))), Status::InvalidParameter);
    assert_eq!(refused(&mut bench, registration().with(0x0A, Value::from(1))), Status::InvalidParameter);
}

#[test]
fn the_first_supported_algorithm_is_taken_and_all_elements_are_validated() {
    let mut bench = Bench::plain();
    let with = |items: Vec<Value>| registration().with(4, Value::Array(items));
    let made = bench.approve(MAKE, with(vec![parameters(-257), parameters(-7), parameters(-8)]));
    assert_eq!(made.status, Status::Ok);
    assert_eq!(refused(&mut bench, with(vec![])), Status::UnsupportedAlgorithm);
    assert_eq!(refused(&mut bench, with(vec![parameters(-257)])), Status::UnsupportedAlgorithm);
    let unknown_type = text_map([("alg", Value::from(-7)), ("type", Value::from("other"))]);
    assert_eq!(refused(&mut bench, with(vec![unknown_type])), Status::UnsupportedAlgorithm);
    // Step 3.1: an element after the chosen one is still validated.
    let no_algorithm = text_map([("type", Value::from("public-key"))]);
    assert_eq!(refused(&mut bench, with(vec![parameters(-7), no_algorithm])), Status::InvalidCbor);
    assert_eq!(bench.why(), "CTAP2_ERR_INVALID_CBOR (0x12): makeCredential member 0x04 (pubKeyCredParams)[1].alg is missing");
    let wrong_type = text_map([("alg", Value::from("ES256")), ("type", Value::from("public-key"))]);
    assert_eq!(refused(&mut bench, with(vec![wrong_type])), Status::CborUnexpectedType);
    // An authenticator that is configured without ES256 has no algorithm at all now.
    let mut none = Bench::new(Config { algorithms: vec![-257], ..Config::default() });
    assert_eq!(refused(&mut none, registration()), Status::UnsupportedAlgorithm);
}

#[test]
fn members_are_checked_and_each_mistake_is_named() {
    let mut bench = Bench::plain();
    let text = |text: &str| Value::from(text);
    let bad_user = |id: Vec<u8>| text_map([("id", Value::Bytes(id))]);
    for (members, status, why) in [
        (registration().without(1), Status::MissingParameter, "makeCredential member 0x01 (clientDataHash) is missing"),
        (registration().without(4), Status::MissingParameter, "makeCredential member 0x04 (pubKeyCredParams) is missing"),
        (registration().with(1, text("x")), Status::CborUnexpectedType, "makeCredential member 0x01 (clientDataHash) is not a byte string"),
        (
            registration().with(1, Value::Bytes(vec![1])),
            Status::InvalidLength,
            "makeCredential member 0x01 (clientDataHash) is not 32 bytes long",
        ),
        (registration().with(2, text_map([])), Status::MissingParameter, "makeCredential member 0x02 (rp).id is missing"),
        (registration().with(2, text("x")), Status::CborUnexpectedType, "makeCredential member 0x02 (rp) is not a map"),
        (
            registration().with(2, text_map([("id", Value::Float(1.5))])),
            Status::CborUnexpectedType,
            "makeCredential member 0x02 (rp).id is not text",
        ),
        (registration().with(3, bad_user(vec![])), Status::InvalidLength, "makeCredential member 0x03 (user).id is not 1 to 64 bytes long"),
        (
            registration().with(3, bad_user(vec![0; 65])),
            Status::InvalidLength,
            "makeCredential member 0x03 (user).id is not 1 to 64 bytes long",
        ),
        (registration().with(5, text_map([])), Status::CborUnexpectedType, "makeCredential member 0x05 (excludeList) is not an array"),
        (
            registration().with(5, Value::Array(vec![text_map([("id", Value::Bytes(vec![]))])])),
            Status::MissingParameter,
            "makeCredential member 0x05 (excludeList)[0].type is missing",
        ),
        (registration().with(6, Value::Null), Status::CborUnexpectedType, "makeCredential member 0x06 (extensions) is not a map"),
        (
            registration().with(7, text_map([("rk", Value::from(1))])),
            Status::CborUnexpectedType,
            "makeCredential member 0x07 (options).rk is not true or false",
        ),
        (
            registration().with(9, Value::from(-1)),
            Status::CborUnexpectedType,
            "makeCredential member 0x09 (pinUvAuthProtocol) is not an unsigned integer",
        ),
    ] {
        assert_eq!(refused(&mut bench, members), status, "{why}");
        assert_eq!(bench.why(), format!("{status}: {why}"));
    }
    // Keys that are not known are ignored, whatever is under them.
    let unknown = registration().with(0x42, Value::Float(1.0)).with(6, text_map([("unheardOf", Value::from(true))]));
    let made = bench.approve(MAKE, unknown);
    assert_eq!((made.status, made.data().flags.has(Flags::ED)), (Status::Ok, false));
}

#[test]
fn an_excluded_credential_is_told_only_after_a_touch() {
    let mut bench = Bench::plain();
    let id = bench.approve(MAKE, registration()).credential_id();
    let excluding = |id: &[u8]| registration().with(5, descriptors([&[9; 16][..], id]));
    for gesture in [Approve, Refuse, Never] {
        assert_eq!(bench.run(MAKE, excluding(&id), &[gesture]).status, Status::CredentialExcluded);
    }
    assert_eq!(bench.run(MAKE, excluding(&id), &[Cancel]).status, Status::KeepaliveCancel);
    // Its record stays when its key is invalidated.
    bench.key.apply(Effect::KeyInvalidated).unwrap();
    assert_eq!(bench.run(MAKE, excluding(&id), &[Approve]).status, Status::CredentialExcluded);
    // Of another relying party, or another type, or gone: not excluded.
    let elsewhere = excluding(&id).with(2, text_map([("id", Value::from("other.test"))]));
    assert_eq!(bench.run(MAKE, elsewhere, &[Approve]).status, Status::Ok);
    let other_type = text_map([("id", Value::Bytes(id.clone())), ("type", Value::from("other"))]);
    assert_eq!(bench.run(MAKE, registration().with(5, Value::Array(vec![other_type])), &[Approve]).status, Status::Ok);
    bench.key.apply(Effect::CredentialGone).unwrap();
    assert_eq!(bench.run(MAKE, excluding(&id), &[Approve]).status, Status::Ok);
}

#[test]
fn verification_counts_as_the_touch_of_an_excluded_credential() {
    let mut bench = Bench::new(Config::default());
    let id = bench.approve(MAKE, passkey(1)).credential_id();
    assert_eq!(bench.run(MAKE, passkey(1).with(5, descriptors([&id[..]])), &[Approve]).status, Status::CredentialExcluded);
}

#[test]
fn a_list_longer_than_the_limit_is_refused() {
    let mut bench = Bench::plain();
    let ids = vec![[1_u8; 16]; 17];
    let list = |count: usize| registration().with(5, descriptors(ids[..count].iter().map(|id| &id[..])));
    assert_eq!(bench.approve(MAKE, list(16)).status, Status::Ok);
    assert_eq!(refused(&mut bench, list(17)), Status::LimitExceeded);
}

#[test]
fn the_same_account_overwrites_its_passkey_and_only_that() {
    let mut bench = Bench::new(Config::default());
    let first = bench.approve(MAKE, passkey(1)).credential_id();
    let other_user = bench.approve(MAKE, passkey(2)).credential_id();
    let elsewhere = bench.approve(MAKE, passkey(1).with(2, text_map([("id", Value::from("other.test"))]))).credential_id();
    let plain = bench.approve(MAKE, registration()).credential_id();
    let second = bench.approve(MAKE, passkey(1)).credential_id();
    let stored: Vec<Vec<u8>> = bench.key.store().credentials().unwrap().into_iter().map(|credential| credential.id.0).collect();
    assert_eq!(stored, [other_user, elsewhere, plain, second]);
    assert!(!stored.contains(&first));
}

#[test]
fn a_full_store_takes_no_more_but_an_overwrite() {
    let mut bench = Bench::new(Config { max_credentials: 1, ..Config::default() });
    assert_eq!(bench.approve(MAKE, passkey(1)).status, Status::Ok);
    assert_eq!(bench.approve(MAKE, passkey(2)).status, Status::KeyStoreFull);
    assert_eq!(bench.approve(MAKE, passkey(1)).status, Status::Ok);
    assert_eq!(bench.key.store().credentials().unwrap().len(), 1);
}

#[test]
fn gestures_end_the_command_as_they_should() {
    for (gesture, status) in [(Refuse, Status::OperationDenied), (Never, Status::UserActionTimeout), (Cancel, Status::KeepaliveCancel)] {
        let mut bench = Bench::plain();
        assert_eq!(bench.run(MAKE, registration(), &[gesture]).status, status);
        let mut bench = Bench::new(Config::default());
        assert_eq!(bench.run(MAKE, passkey(1), &[WrongFinger, gesture]).status, status);
        assert_eq!(bench.key.store().credentials().unwrap(), []);
    }
}

#[test]
fn wrong_fingers_use_up_the_tries_and_then_verification_is_blocked() {
    let mut bench = Bench::new(Config { verification_tries: 3, ..Config::default() });
    let tries = |asked| match asked {
        Prompt::Verification { tries_left, .. } => tries_left,
        Prompt::Presence { .. } => panic!("a touch"),
    };
    assert_eq!(tries(prompt(bench.send(MAKE, passkey(1)))), 3);
    assert_eq!(tries(prompt(bench.answer(WrongFinger))), 2);
    // A right finger brings all tries back.
    assert_eq!(answer(bench.answer(Approve)).status, Status::Ok);
    assert_eq!(tries(prompt(bench.send(MAKE, passkey(2)))), 3);
    for left in [2, 1] {
        assert_eq!(tries(prompt(bench.answer(WrongFinger))), left);
    }
    // CTAP2.3 §6.1.2 step 11.2.3: no tries are left.
    assert_eq!(answer(bench.answer(WrongFinger)).status, Status::PinBlocked);
    assert_eq!(refused(&mut bench, passkey(2)), Status::PinBlocked);
    // Power brings none back (§6.5.2.3); without a PIN, only a reset does.
    bench.key.power_cycle(bench.now);
    assert_eq!(refused(&mut bench, passkey(2)), Status::PinBlocked);
    let _ = prompt(bench.bare(0x07));
    assert_eq!(answer(bench.answer(Approve)).status, Status::Ok);
    assert_eq!(bench.approve(MAKE, passkey(2)).status, Status::Ok);
}

#[test]
fn a_late_answer_is_a_timeout() {
    let mut bench = Bench::plain();
    let timeout = bench.key.config().user_action_timeout;
    let _ = prompt(bench.send(MAKE, registration()));
    bench.now += timeout;
    assert_eq!(answer(bench.answer(Approve)).status, Status::Ok);
    let _ = prompt(bench.send(MAKE, registration()));
    bench.now += timeout + std::time::Duration::from_millis(1);
    assert_eq!(answer(bench.answer(Approve)).status, Status::UserActionTimeout);
}

#[test]
fn backup_flags_come_from_the_device_and_never_bs_alone() {
    for (eligible, state, flags) in [(false, false, 0), (true, false, Flags::BE), (true, true, Flags::BE | Flags::BS), (false, true, 0)] {
        let mut bench = Bench::new(Config {
            backup_eligible: eligible,
            backup_state: state,
            verification: BuiltInVerification::Absent,
            ..Config::default()
        });
        assert_eq!(bench.approve(MAKE, registration()).data().flags.0, Flags::UP | Flags::AT | flags);
    }
}

#[test]
fn counters_follow_the_policy() {
    for (sign_count, expected) in
        [(SignCountPolicy::Global, [1, 2]), (SignCountPolicy::PerCredential, [0, 0]), (SignCountPolicy::Zero, [0, 0])]
    {
        let mut bench = Bench::new(Config { sign_count, verification: BuiltInVerification::Absent, ..Config::default() });
        let counts = [1, 2].map(|_| bench.approve(MAKE, registration()).data().sign_count);
        assert_eq!(counts, expected, "{sign_count:?}");
    }
}

#[test]
fn credential_ids_have_the_configured_length_within_what_webauthn_allows() {
    for (configured, length) in [(16, 16), (64, 64), (1_023, 1_023), (1, 16), (5_000, 1_023)] {
        let mut bench =
            Bench::new(Config { credential_id_length: configured, verification: BuiltInVerification::Absent, ..Config::default() });
        assert_eq!(bench.approve(MAKE, registration()).credential_id().len(), length);
    }
}

#[test]
fn the_same_chance_gives_the_same_bytes() {
    let run = || {
        let mut bench = Bench::plain();
        let _ = bench.send(MAKE, registration());
        let crate::Step::Reply(reply) = bench.answer(Approve) else { panic!("no reply") };
        reply.to_bytes()
    };
    assert_eq!(run(), run());
}

#[test]
fn what_was_changed_before_encoding_is_validly_signed() {
    use crate::{CommandSteps, Outcome, Progress, Response};
    let mut bench = Bench::plain();
    let _ = prompt(bench.send(MAKE, registration()));
    let Progress::Done(Outcome { result: Ok(Response::MakeCredential(mut attestation)) }) = bench.key.resume(bench.now, Approve) else {
        panic!("not made")
    };
    attestation.authenticator_data.flags.set(Flags::UV, true);
    attestation.authenticator_data.sign_count = 7;
    attestation.client_data_hash = HASH.to_vec();
    let reply = bench.key.encode(bench.now, Outcome::granted(Response::MakeCredential(attestation)));
    let made = answer(crate::Step::Reply(reply));
    let data = made.data();
    assert_eq!((data.sign_count, data.flags.has(Flags::UV)), (7, true));
    let key = data.attested_credential_data.clone().unwrap().public_key;
    assert!(verifies(&key, &data.to_bytes(), field(made.member(3).unwrap(), "sig").unwrap().as_bytes().unwrap()));
}

#[test]
fn a_reset_makes_room_and_excludes_nothing() {
    let mut bench = Bench::new(Config { max_credentials: 1, ..Config::default() });
    let id = bench.approve(MAKE, passkey(1)).credential_id();
    assert_eq!(bench.key.happen(Event::Reset).unwrap(), Effect::CredentialGone);
    let made = bench.approve(MAKE, passkey(1).with(5, descriptors([&id[..]])).with(3, user(2)));
    assert_eq!(made.status, Status::Ok);
}
