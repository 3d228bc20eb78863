use faultkey_client::DomExceptionName::{InvalidStateError, NotAllowedError};

use faultkey_relying_party::{AccountState, Observation, StoredCredential, Unseen};

use super::*;
use crate::exercise::sample::{answer, ceremony, cut, options, refused, row, state, thrown};

const ALL: &str = "retry password phone register-again support";

/// The names of the checks that did not hold.
fn failing(class: OutcomeClass, ceremony: &Ceremony) -> Vec<String> {
    checks(class, ceremony).into_iter().filter(|check| check.judgement != Judgement::Held).map(|check| check.what).collect()
}

#[test]
fn ok() {
    let mut good = refused(answer(200, "", "", ""));
    assert_eq!(failing(OutcomeClass::Ok, &good), ["a session exists"]);
    good.after = state(true, &[row("k")], &[]);
    assert!(failing(OutcomeClass::Ok, &good).is_empty());
    assert_eq!(failing(OutcomeClass::Tolerate, &refused(answer(400, "x", "", ""))), ["accepted", "a session exists"]);

    let mut registration = Ceremony { verify: Some(answer(200, "", "", "")), ..ceremony(Kind::Registration) };
    assert!(failing(OutcomeClass::Ok, &registration).is_empty());
    registration.after = state(false, &[row("other")], &[]);
    assert_eq!(failing(OutcomeClass::Ok, &registration), ["the passkey is stored"]);
}

#[test]
fn security_reject() {
    let mut bad = refused(answer(403, "origin-mismatch", ALL, ""));
    assert!(failing(OutcomeClass::SecurityReject, &bad).is_empty());
    bad.after = state(true, &[StoredCredential { sign_count: Some(9), ..row("k") }], &[]);
    assert_eq!(
        failing(OutcomeClass::SecurityReject, &bad),
        ["no session is minted", "the credential's row is kept unchanged", "a reason is logged"]
    );
    assert_eq!(failing(OutcomeClass::SecurityReject, &refused(answer(500, "", "", ""))), ["refused with a 4xx"]);
}

#[test]
fn key_mismatch() {
    assert!(failing(OutcomeClass::KeyMismatch, &refused(answer(403, "key-mismatch", ALL, ""))).is_empty());
    let mut bad = refused(answer(403, "x", "retry", "unknown-credential"));
    bad.after = state(false, &[], &["x"]);
    assert_eq!(
        failing(OutcomeClass::KeyMismatch, &bad),
        [
            "the credential's row is kept unchanged",
            "registering again is offered",
            "another way is offered",
            "the device is not told that the passkey is unknown"
        ]
    );
}

#[test]
fn unknown_credential() {
    assert!(failing(OutcomeClass::UnknownCredential, &refused(answer(404, "u", "password", "unknown-credential"))).is_empty());
    assert_eq!(
        failing(OutcomeClass::UnknownCredential, &refused(answer(404, "u", "", "all-accepted-credentials"))),
        ["the device is told that the passkey is unknown", "another way is offered"]
    );
}

#[test]
fn opaque_client() {
    let mut seen = thrown(Kind::Authentication, NotAllowedError, answer(200, "passkey-not-usable", ALL, ""));
    assert!(failing(OutcomeClass::OpaqueClient, &seen).is_empty());
    seen.after.account = Observation::Seen(AccountState { locked: Some(true), password_tries_left: Some(4), sessions: Some(0) });
    assert_eq!(failing(OutcomeClass::OpaqueClient, &seen), ["the account is not locked", "no password try is used up"]);
    let opaque = thrown(Kind::Authentication, NotAllowedError, answer(400, "M0902", "", ""));
    assert_eq!(failing(OutcomeClass::OpaqueClient, &opaque), ["a retry is offered", "another way is offered"]);
    // Nowhere to report to: what the page shows then can't be known.
    let unmapped = Ceremony { reported: Some(Observation::NotObservable(Unseen::NoSection("report"))), ..opaque };
    assert_eq!(worst(&checks(OutcomeClass::OpaqueClient, &unmapped)), Judgement::NotObservable);
}

#[test]
fn retry_new_challenge() {
    let mut expired = refused(answer(400, "challenge-expired", "retry", ""));
    expired.new_options = Some(options("second"));
    assert!(failing(OutcomeClass::RetryNewChallenge, &expired).is_empty());
    expired.new_options = Some(options("first"));
    expired.after.draft = Observation::Seen(String::new());
    assert_eq!(failing(OutcomeClass::RetryNewChallenge, &expired), ["a new challenge is given", "the unsaved order survives"]);
    expired.new_options = Some(answer(409, "busy", "", ""));
    expired.verify = Some(answer(200, "", "", ""));
    expired.sees.ways = false;
    assert_eq!(
        failing(OutcomeClass::RetryNewChallenge, &expired),
        ["not accepted", "a retry is offered", "a new challenge is given", "the unsaved order survives"]
    );
}

#[test]
fn reconcile() {
    let mut told = cut(Kind::Authentication, answer(200, "interrupted-log-in", "", ""));
    told.after = state(true, &[row("k")], &["reconciled"]);
    assert!(failing(OutcomeClass::Reconcile, &told).is_empty());
    let mut opaque = cut(Kind::Authentication, answer(400, "M0902", "", ""));
    opaque.after = state(true, &[row("k")], &["M0902"]);
    assert_eq!(failing(OutcomeClass::Reconcile, &opaque), ["the user is told that it had worked"]);
    let mut twice = cut(Kind::Registration, answer(200, "", "", ""));
    twice.after = state(false, &[row("k"), row("l")], &[]);
    assert_eq!(failing(OutcomeClass::Reconcile, &twice), ["one credential is stored"]);
}

#[test]
fn already() {
    let told = thrown(Kind::Registration, InvalidStateError, answer(200, "already-registered", ALL, ""));
    assert!(failing(OutcomeClass::Already, &told).is_empty());
    let fine = thrown(Kind::Registration, InvalidStateError, answer(200, "you-are-fine", "", ""));
    assert_eq!(failing(OutcomeClass::Already, &fine), ["a way on is offered, should the passkey not work"]);
    let made = Ceremony { verify: Some(answer(200, "", "password", "")), ..ceremony(Kind::Registration) };
    assert_eq!(failing(OutcomeClass::Already, &made), ["no second passkey is made"]);
}

#[test]
fn policy_and_unsupported() {
    assert!(failing(OutcomeClass::Policy, &refused(answer(403, "user-verification-missing", "retry", ""))).is_empty());
    assert_eq!(failing(OutcomeClass::Policy, &refused(answer(403, "", "", ""))), ["a reason is named", "an alternative is offered"]);
    let named = thrown(Kind::Authentication, NotAllowedError, answer(200, "no-platform-verification", "password", ""));
    assert!(failing(OutcomeClass::Unsupported, &named).is_empty());
    let silent = thrown(Kind::Authentication, NotAllowedError, answer(200, "", "retry", ""));
    assert_eq!(failing(OutcomeClass::Unsupported, &silent), ["a reason is named", "another way is offered"]);
}

#[test]
fn risk() {
    let mut accepted = refused(answer(200, "sign-count-went-back", "", ""));
    accepted.after = state(true, &[row("k")], &["sign-count-went-back"]);
    assert!(failing(OutcomeClass::Risk, &accepted).is_empty());
    assert!(failing(OutcomeClass::Risk, &refused(answer(403, "step-up", "password", ""))).is_empty());
    let mut locked = refused(answer(403, "clone", "", ""));
    locked.after = state(false, &[], &[]);
    locked.after.account = Observation::Seen(AccountState { locked: Some(true), ..Default::default() });
    assert_eq!(
        failing(OutcomeClass::Risk, &locked),
        ["accepted or stepped up", "the account is not locked", "a reason is logged", "the credential's row is kept"]
    );
}

#[test]
fn the_class_that_fits_best_counts() {
    let mut accepted = refused(answer(200, "", "", ""));
    accepted.after = state(true, &[row("k")], &[]);
    let found = judge(&[OutcomeClass::Policy, OutcomeClass::Ok], &accepted);
    assert_eq!(worst(&found), Judgement::Held);
    assert_eq!(found[0].what, "accepted");
}
