//! What each outcome class demands, what a step may forbid, and what is true of every ceremony.

use faultkey_client::DomExceptionName::{InvalidStateError, NotAllowedError};
use faultkey_relying_party::Answer;

use super::*;
use crate::check::Request;
use crate::facts::sample::*;
use crate::facts::{Ceremony, Kind};
use crate::judge::outcome::{Times, forbidden, invariants};
use crate::scenario::{Forbidden, OutcomeClass, Rule};
use crate::verdict::{AnswerSummary, Found};

const ALL: &str = "retry password phone register-again support";

fn by(expected: &[OutcomeClass], rule: Option<Rule>, ceremony: &Ceremony) -> Vec<Looked> {
    crate::judge::outcome::judge(expected, rule, ceremony, Times::Timeout)
}

fn of(class: OutcomeClass, rule: Option<Rule>, ceremony: &Ceremony) -> Vec<Looked> {
    by(&[class], rule, ceremony)
}

fn thrown_at(kind: Kind, reported: Answer) -> Ceremony {
    Ceremony {
        ways: password_there(),
        ..thrown(kind, if kind == Kind::Registration { InvalidStateError } else { NotAllowedError }, reported)
    }
}

fn only(looks: &[Looked]) -> &Looked {
    let [only] = looks else { panic!("{looks:?}") };
    only
}

#[test]
fn ok_and_tolerate_are_accepted() {
    for class in [OutcomeClass::Ok, OutcomeClass::Tolerate] {
        let good = of(class, None, &signed_in());
        assert_eq!(checked(&good), [CheckId::RetryRefused, CheckId::AcceptedWithoutSession]);
        assert_eq!(failing(&good), []);
        assert_eq!(checked(&of(class, Some(Rule::ShortSignature), &signed_in()))[0], CheckId::ShortSignatureRefused);

        let refusal = of(class, None, &good_refusal());
        let found = Found::Answered { answer: AnswerSummary::of(good_refusal().verify.as_ref().unwrap()) };
        assert_eq!(
            *only(&refusal),
            Looked {
                check: CheckId::RetryRefused,
                request: Request::AuthenticationVerify,
                exchange: Some(VERIFY),
                look: Look::Fails(found)
            }
        );
        let by_rule = of(class, Some(Rule::EmptyExtensions), &good_refusal());
        assert_eq!(failing(&by_rule), [CheckId::EmptyExtensionsRefused]);
    }
}

#[test]
fn an_answer_that_stays_away_is_a_failure_unless_a_fault_keeps_it_away() {
    let mut silent = cut(Kind::Authentication, answer(200, "x", ALL, ""));
    assert_eq!(failing(&of(OutcomeClass::Ok, Some(Rule::EmptyExtensions), &silent)), [CheckId::NoAnswer]);
    silent.fired = vec![fired()];
    let injected = of(OutcomeClass::Ok, None, &silent);
    assert_eq!((only(&injected).check, &only(&injected).look), (CheckId::NoAnswer, &Look::Unseen(Blind::NotReached)));
    let faulted = Ceremony { fired: vec![fired()], ..good_refusal() };
    assert_eq!(failing(&of(OutcomeClass::Ok, None, &faulted)), [CheckId::RetryRefused], "it was refused, whatever fired");
}

#[test]
fn what_a_refusal_is_looked_at_for() {
    let refusal = [CheckId::RefusedWith2xx, CheckId::CredentialChanged, CheckId::CredentialDeleted, CheckId::SessionOnRefusal];
    let further = |class, rule, ceremony: &Ceremony| {
        let looks = of(class, Some(rule), ceremony);
        let checks = checked(&looks);
        assert_eq!(checks[0], rule.accepted().unwrap());
        assert_eq!(looks[0].look, Look::Holds);
        assert_eq!(checks[1..5], refusal);
        checks[5..].to_vec()
    };
    assert_eq!(further(OutcomeClass::SecurityReject, Rule::Origin, &good_refusal()), [CheckId::ReasonNotLogged]);
    assert_eq!(
        further(OutcomeClass::KeyMismatch, Rule::Signature, &good_refusal()),
        [CheckId::NoRegisterAgain, CheckId::KnownSignalledUnknown, CheckId::ReasonNotLogged]
    );
    assert_eq!(further(OutcomeClass::UnknownCredential, Rule::Credential, &good_refusal()), [CheckId::UnknownNotSignalled]);
    assert_eq!(further(OutcomeClass::Policy, Rule::UserVerification, &good_refusal()), [CheckId::NoReason, CheckId::NoFallback]);
    assert_eq!(checked(&of(OutcomeClass::Policy, Some(Rule::BackupEligibility), &good_refusal()))[0], CheckId::RefusedWith2xx);
}

#[test]
fn what_a_rule_forbids_and_is_accepted_fails_by_the_rule() {
    for class in [OutcomeClass::SecurityReject, OutcomeClass::KeyMismatch, OutcomeClass::UnknownCredential, OutcomeClass::Policy] {
        assert_eq!(failing(&of(class, Some(Rule::Signature), &signed_in())), [CheckId::SignatureNotVerified]);
        assert_eq!(of(class, Some(Rule::BackupEligibility), &signed_in()), [], "a matter of choice");
    }
}

#[test]
fn where_the_relying_party_was_not_asked_nothing_is_said_of_it() {
    let thrown = thrown_at(Kind::Authentication, answer(200, "x", ALL, ""));
    for ceremony in [&thrown, &cut(Kind::Authentication, answer(200, "x", ALL, ""))] {
        let looks = of(OutcomeClass::SecurityReject, Some(Rule::Origin), ceremony);
        assert_eq!((only(&looks).check, &only(&looks).look), (CheckId::OriginNotVerified, &Look::Unseen(Blind::NotReached)));
        assert_eq!(only(&of(OutcomeClass::Policy, None, ceremony)).check, CheckId::NoAnswer);
        let risk = of(OutcomeClass::Risk, Some(Rule::SignCount), ceremony);
        assert_eq!((only(&risk).check, &only(&risk).look), (CheckId::SignCountIgnored, &Look::Unseen(Blind::NotReached)));
    }
    for class in [OutcomeClass::OpaqueClient, OutcomeClass::Unsupported] {
        for ceremony in [good_refusal(), signed_in()] {
            assert_eq!(only(&of(class, None, &ceremony)).look, Look::Unseen(Blind::NotReached));
        }
    }
}

#[test]
fn what_only_the_client_knows_counts_against_nobody() {
    let thrown = thrown_at(Kind::Authentication, answer(200, "x", ALL, ""));
    let first = [CheckId::AccountLocked, CheckId::PasswordTryUsed, CheckId::SessionOnRefusal];
    let opaque = of(OutcomeClass::OpaqueClient, None, &thrown);
    assert_eq!(checked(&opaque), [&first[..], &[CheckId::NoRetry, CheckId::NoFallback]].concat());
    let unsupported = of(OutcomeClass::Unsupported, None, &thrown);
    assert_eq!(checked(&unsupported), [&first[..], &[CheckId::NoReason, CheckId::NoFallback]].concat());
    assert_eq!((failing(&opaque), failing(&unsupported)), (vec![], vec![]));
}

#[test]
fn a_new_challenge_without_losing_the_form() {
    let class = OutcomeClass::RetryNewChallenge;
    let looks = of(class, Some(Rule::Challenge), &good_refusal());
    assert_eq!(
        checked(&looks),
        [CheckId::ChallengeNotVerified, CheckId::NoRetry, CheckId::DraftLost, CheckId::SessionOnRefusal, CheckId::NoNewChallenge]
    );
    assert_eq!(failing(&looks), []);
    assert_eq!(checked(&of(class, None, &good_refusal()))[0], CheckId::NoRetry);
    assert_eq!(failing(&of(class, Some(Rule::Challenge), &signed_in())), [CheckId::ChallengeNotVerified]);
    let again = Ceremony { repeated: true, ..signed_in() };
    assert_eq!(failing(&of(class, None, &again)), [CheckId::Replay]);
    assert_eq!(failing(&of(class, Some(Rule::Challenge), &again)), [CheckId::ChallengeNotVerified], "the rule comes first");
    let accepted = of(class, None, &signed_in());
    assert_eq!((only(&accepted).check, &only(&accepted).look), (CheckId::NoAnswer, &Look::Unseen(Blind::NotReached)));
}

#[test]
fn an_expired_challenge_has_a_lifetime_or_only_a_timeout() {
    let judged = |rule, times| crate::judge::outcome::judge(&[OutcomeClass::RetryNewChallenge], Some(rule), &signed_in(), times);
    assert_eq!(failing(&judged(Rule::ChallengeExpiry, Times::Lifetime)), [CheckId::ChallengeOutlivesLifetime]);
    assert_eq!(failing(&judged(Rule::ChallengeExpiry, Times::Timeout)), [CheckId::ChallengeOutlivesTimeout]);
    assert_eq!(failing(&judged(Rule::Challenge, Times::Timeout)), [CheckId::ChallengeNotVerified]);
}

#[test]
fn whoever_asks_again_is_told_the_truth() {
    let told = |kind, status| cut(kind, answer(status, "x", "", ""));
    assert_eq!(checked(&of(OutcomeClass::Reconcile, None, &told(Kind::Authentication, 200))), [CheckId::TellsNotWhatStands]);
    let registration = of(OutcomeClass::Reconcile, None, &told(Kind::Registration, 200));
    assert_eq!(checked(&registration), [CheckId::TellsNotWhatStands, CheckId::AcceptedNotStored]);
    assert_eq!(failing(&registration), []);
    let nothing = Ceremony { after: state(false, &[], &[]), ..told(Kind::Registration, 200) };
    assert_eq!(failing(&of(OutcomeClass::Reconcile, None, &nothing)), [CheckId::AcceptedNotStored]);
    let otherwise = of(OutcomeClass::Reconcile, None, &told(Kind::Registration, 400));
    assert_eq!((checked(&otherwise), failing(&otherwise)), (vec![CheckId::TellsNotWhatStands], vec![CheckId::TellsNotWhatStands]));
}

#[test]
fn a_passkey_that_is_there_already_is_told_as_such() {
    let class = OutcomeClass::Already;
    let all = [CheckId::NewsToldAsFailure, CheckId::CredentialChanged, CheckId::CredentialDeleted, CheckId::NoFallback];
    let thrown = thrown_at(Kind::Registration, answer(200, "already-registered", ALL, ""));
    assert_eq!((checked(&of(class, None, &thrown)), failing(&of(class, None, &thrown))), (all.to_vec(), vec![]));
    let refusal = Ceremony { kind: Kind::Registration, ..good_refusal() };
    assert_eq!(
        (checked(&of(class, None, &refusal)), failing(&of(class, None, &refusal))),
        (all.to_vec(), vec![CheckId::NewsToldAsFailure])
    );
    for other in [registered(), cut(Kind::Registration, answer(200, "", ALL, "")), good_refusal()] {
        assert_eq!(only(&of(class, None, &other)).look, Look::Unseen(Blind::NotReached));
    }
}

#[test]
fn a_sign_of_a_clone_may_be_accepted_or_refused_but_nobody_is_locked_out() {
    let all = [CheckId::AccountLocked, CheckId::CredentialDeleted, CheckId::SignCountIgnored];
    for ceremony in [good_refusal(), Ceremony { after: state(true, &[row("k")], &["noted"]), ..signed_in() }] {
        let looks = of(OutcomeClass::Risk, Some(Rule::SignCount), &ceremony);
        assert_eq!((checked(&looks), failing(&looks)), (all.to_vec(), vec![]));
    }
}

#[test]
fn of_several_classes_the_one_that_fits_best_counts() {
    use OutcomeClass::{Ok, OpaqueClient, Policy, Reconcile, Risk, SecurityReject};
    // The one as whose it ended, whatever else fails in it.
    let unsigned = Ceremony { after: state(false, &[row("k")], &[]), ..signed_in() };
    assert_eq!(failing(&by(&[OpaqueClient, Ok], None, &unsigned)), [CheckId::AcceptedWithoutSession]);
    assert_eq!(failing(&by(&[Ok, OpaqueClient], None, &unsigned)), [CheckId::AcceptedWithoutSession]);
    assert_eq!(
        checked(&by(&[Policy, Ok], Some(Rule::UserVerification), &signed_in())),
        [CheckId::RetryRefused, CheckId::AcceptedWithoutSession]
    );
    // Of two that fit, the one that finds less: nothing is less than a remark, which is less than what leaves no way out.
    let unlogged = Ceremony { after: state(false, &[row("k")], &[]), ..good_refusal() };
    for order in [[SecurityReject, Policy], [Policy, SecurityReject]] {
        assert_eq!(failing(&by(&order, Some(Rule::Origin), &unlogged)), []);
    }
    let wayless = Ceremony { ways: Vec::new(), ..good_refusal_by(answer(403, "x", "", "")) };
    let unsignalled = [OutcomeClass::UnknownCredential, Policy];
    assert_eq!(failing(&by(&unsignalled, Some(Rule::Credential), &wayless)), [CheckId::UnknownNotSignalled]);
    let reversed = [Policy, OutcomeClass::UnknownCredential];
    assert_eq!(failing(&by(&reversed, Some(Rule::Credential), &wayless)), [CheckId::UnknownNotSignalled]);
    // Of two in which nothing fails, the one of which more is seen.
    let mut blind = good_refusal();
    blind.after.log = hidden();
    for order in [[SecurityReject, Policy], [Policy, SecurityReject]] {
        assert!(checked(&by(&order, Some(Rule::Origin), &blind)).contains(&CheckId::NoReason));
    }
    // Of none that fit, the one with the least grave failure.
    let lost = cut(Kind::Authentication, answer(400, "x", "", ""));
    for order in [[Reconcile, Ok], [Ok, Reconcile]] {
        assert_eq!(failing(&by(&order, None, &lost)), [CheckId::TellsNotWhatStands]);
    }
    // What was told to stand is as O-RECONCILE demands, though it does not stand; what was told otherwise is not.
    let untrue = Ceremony { after: state(false, &[], &[]), ..cut(Kind::Registration, answer(200, "x", "", "")) };
    assert_eq!(failing(&by(&[Reconcile, OpaqueClient], None, &untrue)), [CheckId::AcceptedNotStored]);
    let retry = OutcomeClass::RetryNewChallenge;
    let otherwise = cut(Kind::Authentication, answer(400, "x", "password", ""));
    assert_eq!(failing(&by(&[Reconcile, retry], None, &otherwise)), [CheckId::NoRetry]);
    assert_eq!(by(&[], None, &signed_in()), []);
    assert_eq!(checked(&by(&[Risk], None, &signed_in())).len(), 3);
}

#[test]
fn what_a_step_forbids() {
    let check =
        |what, ceremony: &Ceremony| forbidden(what, ceremony, 1).map(|looked| (looked.check, matches!(looked.look, Look::Fails(_))));
    let changed = crate::facts::State {
        account: account(true, 4),
        ..state(true, &[faultkey_relying_party::StoredCredential { sign_count: None, ..row("k") }, row("l")], &[])
    };
    let signalling = answer(500, "x", "password", "unknown-credential");
    let before = state(false, &[row("k"), row("gone")], &[]);
    let bad = Ceremony { before, after: changed, ..good_refusal_by(signalling) };
    for (what, wanted) in [
        (Forbidden::Locked, CheckId::AccountLocked),
        (Forbidden::PasswordTryUsed, CheckId::PasswordTryUsed),
        (Forbidden::CredentialDeleted, CheckId::CredentialDeleted),
        (Forbidden::CredentialChanged, CheckId::CredentialChanged),
        (Forbidden::DuplicateCredential, CheckId::DuplicateCredential),
        (Forbidden::Session, CheckId::SessionOnRefusal),
        (Forbidden::SignalUnknownCredential, CheckId::KnownSignalledUnknown),
    ] {
        assert_eq!(check(what, &bad), Some((wanted, true)), "{}", what.name());
        assert_eq!(check(what, &good_refusal()), Some((wanted, false)), "{}", what.name());
    }
    assert_eq!(check(Forbidden::ServerError, &bad), Some((CheckId::ServerError, true)));
    let silent = Ceremony { verify: Some(Answer { faulted: false, ..lost() }), ..good_refusal() };
    assert_eq!((check(Forbidden::ServerError, &good_refusal()), check(Forbidden::ServerError, &silent)), (None, None));
    assert_eq!(check(Forbidden::GenericCode, &bad), None, "that is judged over the whole run");
    assert_eq!(check(Forbidden::Session, &signed_in()), None);
}

#[test]
fn a_registration_replaces_what_it_may_replace() {
    let before = || state(false, &[row("old")], &[]);
    let replaced = Ceremony { before: before(), ..registered() };
    for what in [Forbidden::CredentialDeleted, Forbidden::CredentialChanged] {
        assert_eq!(forbidden(what, &replaced, 1), None);
        assert!(forbidden(what, &Ceremony { before: before(), ..signed_in() }, 1).is_some());
        assert!(forbidden(what, &Ceremony { kind: Kind::Registration, ..good_refusal() }, 1).is_some());
    }
    assert!(forbidden(Forbidden::Locked, &replaced, 1).is_some());
}

#[test]
fn what_is_true_of_every_ceremony() {
    let beyond_answers = |ceremony: &Ceremony| {
        let answers = crate::judge::look::answers(ceremony).len();
        checked(&invariants(ceremony, 1)[answers..])
    };
    let account = [CheckId::AccountLocked, CheckId::PasswordTryUsed];
    let rows = [CheckId::CredentialChanged, CheckId::CredentialDeleted];
    let user = [CheckId::DraftLost, CheckId::NoFallback];
    let one = |check| vec![check];
    assert_eq!(beyond_answers(&signed_in()), [CheckId::DuplicateCredential]);
    let touched = Ceremony { fired: vec![fired()], ..signed_in() };
    assert_eq!(beyond_answers(&touched), [one(CheckId::DuplicateCredential), account.to_vec()].concat());
    let refusal = [one(CheckId::SessionOnRefusal), one(CheckId::DuplicateCredential), account.to_vec(), user.to_vec()].concat();
    assert_eq!(beyond_answers(&good_refusal()), [refusal.clone(), rows.to_vec()].concat());
    let thrown = thrown_at(Kind::Authentication, answer(200, "x", ALL, ""));
    assert_eq!(beyond_answers(&thrown), [refusal.clone(), rows.to_vec()].concat());
    let registration = Ceremony { kind: Kind::Registration, ..good_refusal() };
    assert_eq!(beyond_answers(&registration), refusal, "a registration may change rows, and fail");
    let lost = Ceremony { ways: password_there(), ..cut(Kind::Authentication, answer(200, "x", ALL, "")) };
    assert_eq!(beyond_answers(&lost), refusal[1..], "it may have been accepted");
    let probed = Ceremony { challenge_probe: probed(answer(400, "", "", "")), ..good_refusal() };
    assert_eq!(beyond_answers(&probed)[1], CheckId::ChallengeSurvivesRefusal);
    let delivered = Some(Box::new(at(AGAIN, answer(409, "used", "", ""))));
    let verify = signed_in().verify.map(|verify| Answer { second: delivered, ..verify });
    assert!(checked(&invariants(&Ceremony { verify, ..signed_in() }, 1)).contains(&CheckId::Replay));
    let twice = Ceremony { after: state(true, &[row("k"), row("l")], &[]), ..signed_in() };
    assert_eq!((failing(&invariants(&twice, 2)), failing(&invariants(&twice, 1))), (vec![], vec![CheckId::DuplicateCredential]));
}

#[test]
fn a_registration_that_stands_is_told_as_such() {
    let told = |status| Ceremony { ways: password_there(), ..cut(Kind::Registration, answer(status, "x", "password", "")) };
    let checks = |ceremony: &Ceremony| checked(&invariants(ceremony, 1)).contains(&CheckId::TellsNotWhatStands);
    assert!(checks(&told(200)) && checks(&told(400)));
    assert_eq!(failing(&invariants(&told(400), 1)), [CheckId::TellsNotWhatStands]);
    let not_stored = Ceremony { after: state(false, &[], &[]), ..told(400) };
    let no_options = Ceremony { options: Some(lost()), verify: None, ..told(400) };
    let refusal = Ceremony { kind: Kind::Registration, ..good_refusal() };
    for other in [not_stored, no_options, refusal, Ceremony { kind: Kind::Authentication, ..told(400) }] {
        assert!(!checks(&other), "{other:?}");
    }
}
