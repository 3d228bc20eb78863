use std::time::Duration;

use ciborium::Value;

use crate::bench::{Bench, Members, answer, assertion, descriptors, field, passkey, prompt, registration, verifies};
use crate::cbor::text_map;
use crate::config::{BuiltInVerification, SignCountPolicy};
use crate::step::Purpose;
use crate::{Config, Effect, Event, Flags, Prompt, Status, Step, UserAnswer};

use UserAnswer::{Approve, Cancel, Never, Refuse, WrongFinger};

const MAKE: u8 = 0x01;
const GET: u8 = 0x02;
const INFO: u8 = 0x04;
const NEXT: u8 = 0x08;

fn refused(bench: &mut Bench, members: Members) -> Status {
    answer(bench.send(GET, members)).status
}

fn verified() -> Members {
    assertion().options(&[("uv", true)], 5)
}

fn allowing(ids: &[&[u8]]) -> Members {
    assertion().with(3, descriptors(ids.iter().copied()))
}

#[test]
fn a_log_in_with_verification_is_signed_by_the_registered_key() {
    let mut bench = Bench::new(Config::default());
    let made = bench.approve(MAKE, passkey(1));
    let key = made.data().attested_credential_data.unwrap().public_key;
    let asked = prompt(bench.send(GET, verified()));
    assert_eq!(asked, Prompt::Verification { purpose: Purpose::Authenticate { rp_id: "broker.test".to_owned() }, tries_left: 5 });
    let got = answer(bench.answer(Approve));
    let data = got.data();
    assert_eq!((data.flags.0, data.sign_count), (Flags::UP | Flags::UV, 2));
    assert_eq!(data.rp_id_hash, made.data().rp_id_hash);
    assert_eq!(got.credential_id(), made.credential_id());
    assert_eq!(field(got.member(1).unwrap(), "type"), Some(&Value::from("public-key")));
    assert!(verifies(&key, &data.to_bytes(), got.member(3).unwrap().as_bytes().unwrap()));
    // One account: only the user handle (step 12.3).
    assert_eq!(got.member(4), Some(&text_map([("id", Value::Bytes(vec![1]))])));
    assert_eq!(got.member(5), None);
}

#[test]
fn an_allow_list_is_answered_by_one_of_its_credentials_without_a_count() {
    let mut bench = Bench::plain();
    let plain = bench.approve(MAKE, registration()).credential_id();
    let discoverable = bench.approve(MAKE, registration().options(&[("rk", true)], 7)).credential_id();
    let got = bench.run(GET, allowing(&[&[9; 16], &plain, &discoverable]), &[Approve]);
    assert_eq!((got.credential_id(), got.member(4), got.member(5)), (plain.clone(), None, None));
    let got = bench.run(GET, allowing(&[&discoverable]), &[Approve]);
    assert_eq!(got.member(4), Some(&text_map([("id", Value::Bytes(vec![1]))])));
    // Another relying party's, another type, none of ours.
    assert_eq!(refused(&mut bench, allowing(&[&plain]).with(1, Value::from("other.test"))), Status::NoCredentials);
    let other_type = text_map([("id", Value::Bytes(plain)), ("type", Value::from("other"))]);
    assert_eq!(refused(&mut bench, assertion().with(3, Value::Array(vec![other_type]))), Status::NoCredentials);
    assert_eq!(refused(&mut bench, allowing(&[&[9; 16]])), Status::NoCredentials);
}

#[test]
fn without_a_list_only_discoverable_credentials_are_found() {
    let mut bench = Bench::plain();
    let _ = bench.approve(MAKE, registration());
    assert_eq!(refused(&mut bench, assertion()), Status::NoCredentials);
    // An empty list is no list.
    assert_eq!(refused(&mut bench, allowing(&[])), Status::NoCredentials);
}

#[test]
fn several_accounts_come_newest_first_with_names_for_a_verified_user() {
    let mut bench = Bench::new(Config::default());
    for number in 1..=3 {
        assert_eq!(bench.approve(MAKE, passkey(number)).status, Status::Ok);
    }
    let first = bench.approve(GET, verified());
    assert_eq!(first.member(5), Some(&Value::from(3)));
    assert_eq!(field(first.member(4).unwrap(), "name"), Some(&Value::from("user 3")));
    assert_eq!(field(first.member(4).unwrap(), "displayName"), Some(&Value::from("Taro")));
    for number in [2_u8, 1] {
        let next = answer(bench.bare(NEXT));
        assert_eq!((next.status, next.member(5)), (Status::Ok, None));
        assert_eq!(field(next.member(4).unwrap(), "id"), Some(&Value::Bytes(vec![number])));
        assert_eq!(field(next.member(4).unwrap(), "name"), Some(&Value::from(format!("user {number}"))));
        assert_eq!(next.data().flags.0, Flags::UP | Flags::UV);
    }
    assert_eq!(answer(bench.bare(NEXT)).status, Status::NotAllowed);

    // Presence alone does not show names.
    let first = bench.approve(GET, assertion());
    assert_eq!((first.member(5), first.member(4)), (Some(&Value::from(3)), Some(&text_map([("id", Value::Bytes(vec![3]))]))));
    assert_eq!(answer(bench.bare(NEXT)).member(4), Some(&text_map([("id", Value::Bytes(vec![2]))])));
}

#[test]
fn the_next_assertion_lives_thirty_seconds_from_the_last_and_dies_with_any_other_command() {
    let mut bench = Bench::new(Config::default());
    for number in 1..=4 {
        let _ = bench.approve(MAKE, passkey(number));
    }
    let next = |bench: &mut Bench| answer(bench.bare(NEXT)).status;
    assert_eq!(next(&mut bench), Status::NotAllowed);
    let _ = bench.approve(GET, verified());
    bench.now += Duration::from_secs(30);
    assert_eq!(next(&mut bench), Status::Ok);
    bench.now += Duration::from_secs(30);
    assert_eq!(next(&mut bench), Status::Ok);
    bench.now += Duration::from_millis(30_001);
    assert_eq!(next(&mut bench), Status::NotAllowed);

    let _ = bench.approve(GET, verified());
    assert_eq!(answer(bench.bare(INFO)).status, Status::Ok);
    assert_eq!(next(&mut bench), Status::NotAllowed);
    let _ = bench.approve(GET, verified());
    assert_eq!(answer(bench.bare(0x6F)).status, Status::InvalidCommand);
    assert_eq!(next(&mut bench), Status::NotAllowed);
    let _ = bench.approve(GET, verified());
    bench.key.power_cycle(bench.now);
    assert_eq!(next(&mut bench), Status::NotAllowed);
    let _ = bench.approve(GET, verified());
    bench.key.apply(Effect::KeyInvalidated).unwrap();
    assert_eq!(next(&mut bench), Status::NotAllowed);
}

#[test]
fn a_silent_probe_asks_nobody_and_clears_the_up_flag() {
    let mut bench = Bench::new(Config::default());
    let id = bench.approve(MAKE, passkey(1)).credential_id();
    let silent = |ids: &[&[u8]]| allowing(ids).options(&[("up", false)], 5);
    let got = bench.run(GET, silent(&[&id]), &[]);
    assert_eq!((got.status, got.data().flags.0), (Status::Ok, 0));
    assert_eq!(refused(&mut bench, silent(&[&[9; 16]])), Status::NoCredentials);
    // Step 8: verification shows presence, whatever `up` says.
    let got = bench.run(GET, allowing(&[&id]).options(&[("up", false), ("uv", true)], 5), &[Approve]);
    assert_eq!(got.data().flags.0, Flags::UP | Flags::UV);
}

#[test]
fn options_and_parameters_are_judged_as_the_specification_says() {
    let mut bench = Bench::plain();
    let id = bench.approve(MAKE, registration()).credential_id();
    assert_eq!(refused(&mut bench, verified()), Status::InvalidOption);
    for rk in [true, false] {
        assert_eq!(refused(&mut bench, assertion().options(&[("rk", rk)], 5)), Status::UnsupportedOption);
    }
    // A key that can't have a PIN has nothing to say of one (step 1).
    assert_eq!(refused(&mut bench, assertion().with(6, Value::Bytes(vec![]))), Status::MissingParameter);
    assert_eq!(refused(&mut bench, assertion().with(6, Value::Bytes(vec![1]))), Status::MissingParameter);
    assert_eq!(refused(&mut bench, assertion().with(6, Value::Bytes(vec![1])).with(7, Value::from(1))), Status::InvalidParameter);
    let ids = vec![&id[..]; 17];
    assert_eq!(refused(&mut bench, allowing(&ids)), Status::LimitExceeded);
    assert_eq!(bench.approve(GET, allowing(&ids[..16])).status, Status::Ok);
    assert_eq!(refused(&mut bench, assertion().without(1)), Status::MissingParameter);
    assert_eq!(bench.why(), "CTAP2_ERR_MISSING_PARAMETER (0x14): getAssertion member 0x01 (rpId) is missing");
    assert_eq!(refused(&mut bench, assertion().with(3, Value::from(1))), Status::CborUnexpectedType);
    let mut not_enrolled = Bench::new(Config { verification: BuiltInVerification::NotEnrolled, ..Config::default() });
    assert_eq!(refused(&mut not_enrolled, verified()), Status::InvalidOption);
}

#[test]
fn gestures_end_the_command_as_they_should() {
    for (gesture, status) in [(Refuse, Status::OperationDenied), (Never, Status::UserActionTimeout), (Cancel, Status::KeepaliveCancel)] {
        let mut bench = Bench::new(Config::default());
        let _ = bench.approve(MAKE, passkey(1));
        assert_eq!(bench.run(GET, assertion(), &[gesture]).status, status);
        assert_eq!(bench.run(GET, verified(), &[WrongFinger, gesture]).status, status);
    }
    let mut bench = Bench::new(Config { verification_tries: 2, ..Config::default() });
    let _ = bench.approve(MAKE, passkey(1));
    assert_eq!(bench.run(GET, verified(), &[WrongFinger, WrongFinger]).status, Status::PinBlocked);
    // Without verification, a touch still does.
    assert_eq!(bench.run(GET, assertion(), &[Approve]).status, Status::Ok);
}

#[test]
fn counters_follow_the_policy_and_survive_events() {
    for (sign_count, expected) in
        [(SignCountPolicy::Global, [3, 4, 5]), (SignCountPolicy::PerCredential, [1, 1, 2]), (SignCountPolicy::Zero, [0, 0, 0])]
    {
        let mut bench = Bench::new(Config { sign_count, verification: BuiltInVerification::Absent, ..Config::default() });
        let one = bench.approve(MAKE, registration()).credential_id();
        let two = bench.approve(MAKE, registration()).credential_id();
        let mut count = |id: &[u8]| bench.approve(GET, allowing(&[id])).data().sign_count;
        let mut counts = vec![count(&one), count(&two)];
        bench.key.apply(Effect::OtherKey).unwrap();
        counts.push(bench.approve(GET, allowing(&[&two])).data().sign_count);
        assert_eq!(counts, expected, "{sign_count:?}");
    }
}

#[test]
fn an_invalidated_key_is_not_found_and_nobody_is_asked() {
    let mut bench = Bench::new(Config::default());
    let id = bench.approve(MAKE, passkey(1)).credential_id();
    bench.key.apply(Effect::KeyInvalidated).unwrap();
    assert_eq!(refused(&mut bench, assertion()), Status::NoCredentials);
    assert_eq!(refused(&mut bench, allowing(&[&id])), Status::NoCredentials);
    // For ever: another key does not come by itself.
    bench.key.apply(Effect::OtherKey).unwrap();
    assert_eq!(refused(&mut bench, allowing(&[&id])), Status::NoCredentials);
}

#[test]
fn an_event_between_prompt_and_answer_is_seen() {
    let mut bench = Bench::new(Config::default());
    let _ = bench.approve(MAKE, passkey(1));
    let _ = prompt(bench.send(GET, assertion()));
    bench.key.apply(Effect::CredentialGone).unwrap();
    assert_eq!(answer(bench.answer(Approve)).status, Status::NoCredentials);
}

#[test]
fn another_key_signs_for_the_same_id_after_a_silent_regeneration() {
    let mut bench = Bench::new(Config { on_event: [(Event::OsUpdated, Effect::OtherKey)].into(), ..Config::default() });
    let made = bench.approve(MAKE, passkey(1));
    let key = made.data().attested_credential_data.unwrap().public_key;
    assert_eq!(bench.key.happen(Event::OsUpdated).unwrap(), Effect::OtherKey);
    let got = bench.approve(GET, verified());
    assert_eq!((got.status, got.credential_id()), (Status::Ok, made.credential_id()));
    assert!(!verifies(&key, &got.data().to_bytes(), got.member(3).unwrap().as_bytes().unwrap()));
}

#[test]
fn backup_flags_are_the_credentials_own() {
    let mut bench = Bench::new(Config { backup_eligible: true, backup_state: true, ..Config::default() });
    let _ = bench.approve(MAKE, passkey(1));
    assert_eq!(bench.approve(GET, verified()).data().flags.0, Flags::UP | Flags::UV | Flags::BE | Flags::BS);
}

#[test]
fn a_new_request_ends_the_one_that_waits() {
    let mut bench = Bench::new(Config::default());
    let _ = bench.approve(MAKE, passkey(1));
    let _ = prompt(bench.send(GET, assertion()));
    assert_eq!(answer(bench.bare(INFO)).status, Status::Ok);
    assert_eq!(answer(bench.answer(Approve)).status, Status::NotAllowed);
    assert_eq!(bench.why(), "CTAP2_ERR_NOT_ALLOWED (0x30): no command waits for the user");
    let _ = prompt(bench.send(GET, assertion()));
    bench.key.power_cycle(bench.now);
    assert!(matches!(bench.answer(Approve), Step::Reply(_)));
}
