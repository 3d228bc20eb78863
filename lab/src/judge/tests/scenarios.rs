//! How scenarios, steps and checks stand.

use faultkey_authenticator::Effect;
use faultkey_client::DomExceptionName::NotAllowedError;
use faultkey_fault_injection::Text;
use faultkey_relying_party::Observation;
use serde_json::json;

use super::*;
use crate::facts::sample::*;
use crate::facts::{Ceremony, Kind, PartFacts, Skipped, StepSeen};
use crate::scenario::{Action, Forbidden, Hook, OutcomeClass, Rule, Step};
use crate::verdict::{AnswerSummary, Found, Happened, KeyEffect, Reason, Standing, StepResult};

fn judged(part: PartFacts) -> ScenarioResult {
    judge(&run(vec![part])).scenarios.remove(0)
}

fn stands(steps: Vec<Played>) -> (Standing, Option<Reason>) {
    let result = judged(part("s", steps));
    (result.standing, result.reason)
}

fn good() -> Played {
    expecting(&[OutcomeClass::Ok], None, signed_in())
}

/// Something grave, and only a remark.
fn bad() -> Played {
    expecting(&[OutcomeClass::Ok], None, good_refusal())
}

fn remarkable() -> Played {
    expecting(&[OutcomeClass::Risk], Some(Rule::SignCount), signed_in())
}

/// Nothing of what is expected can be seen.
fn blind() -> Played {
    let thrown = thrown(Kind::Authentication, NotAllowedError, answer(200, "x", "password", ""));
    expecting(&[OutcomeClass::SecurityReject], Some(Rule::Origin), Ceremony { ways: password_there(), ..thrown })
}

#[test]
fn a_result_says_what_was_played() {
    let facts = part("s", vec![good()]);
    let (scenario, transcript) = (facts.scenario.clone(), transcript());
    let result = judged(facts);
    assert_eq!((result.id, result.title, result.profile), (scenario.id, scenario.title, "p".to_owned()));
    assert_eq!((result.words_en, result.words_ja), (scenario.words.en, scenario.words.ja));
    assert_eq!((result.catalogue, result.evidence.as_str()), (scenario.catalogue, "inferred"));
    assert_eq!(result.evidence_note, scenario.evidence_note);
    assert_eq!((result.replay.as_str(), result.transcript), ("faultkey exercise --scenario s", transcript));
    assert_eq!((result.standing, result.reason, result.steps.len()), (Standing::Passed, None, 1));
}

#[test]
fn what_was_not_played_says_why() {
    let skipped = |skipped| {
        let result = judged(PartFacts { skipped: Some(skipped), ..part("s", vec![good()]) });
        assert!(result.steps.is_empty() && result.transcript.is_empty());
        (result.standing, result.reason)
    };
    assert_eq!(skipped(Skipped::NeedsWait), (Standing::NotPlayed, Some(Reason::NeedsWait)));
    assert_eq!(skipped(Skipped::RunEnded), (Standing::NotPlayed, Some(Reason::RunEnded)));
    let problem = || Text::new("no reader", "指紋リーダーがない").into();
    assert_eq!(
        skipped(Skipped::ImpossibleOnProfile(problem())),
        (Standing::DoesNotApply, Some(Reason::ImpossibleOnProfile { problem: problem() }))
    );
    let never = judged(PartFacts { attempts: Vec::new(), ..part("s", vec![good()]) });
    assert_eq!((never.standing, never.reason), (Standing::NotPlayed, Some(Reason::RunEnded)));
}

#[test]
fn a_scenario_fails_when_a_step_fails_and_passes_when_one_passes() {
    assert_eq!(stands(vec![good()]), (Standing::Passed, None));
    assert_eq!(stands(vec![good(), bad(), good()]), (Standing::Failed, None));
    assert_eq!(stands(vec![remarkable()]), (Standing::Passed, None), "a remark fails nothing");
    assert_eq!(stands(vec![good(), blind()]), (Standing::Passed, None));
    assert_eq!(stands(vec![blind()]), (Standing::NotObservable, Some(Reason::NothingSeen)));
    assert_eq!(stands(vec![played(good_refusal())]), (Standing::NotObservable, Some(Reason::NothingSeen)), "nothing was expected");
    // What is true of any ceremony is a finding, not the scenario's.
    let crashed = good_refusal_by(answer(500, "x", "password", ""));
    assert_eq!(stands(vec![good(), played(crashed)]), (Standing::Passed, None));
}

#[test]
fn of_several_repetitions_the_worst_is_told_with_its_transcript() {
    let seen = |played: Played| played.1;
    let mut facts = part("s", vec![good()]);
    facts.attempts.push(attempt(vec![seen(bad())]));
    facts.attempts[1].transcript = entries([]);
    facts.attempts.push(attempt(vec![seen(good())]));
    let result = judged(facts);
    assert_eq!((result.standing, result.transcript), (Standing::Failed, Vec::new()));
    assert_eq!(result.steps[0].standing, Some(Standing::Failed));

    let mut facts = part("s", vec![bad()]);
    facts.attempts.push(attempt(vec![seen(bad())]));
    facts.attempts[1].transcript = entries([]);
    assert_eq!(judged(facts).transcript, transcript(), "of two alike the first");
}

#[test]
fn what_broke_it_off() {
    let with = |broken_off, step| {
        let mut facts = part("s", vec![good(), step, good()]);
        facts.attempts[0].broken_off = Some(broken_off);
        let result = judged(facts);
        (result.standing, result.reason)
    };
    let refusal = Found::Answered { answer: AnswerSummary::of(good_refusal().verify.as_ref().unwrap()) };
    assert_eq!(with(BrokenOff::SetUp(1), bad()), (Standing::NotSetUp, Some(Reason::CleanStepFailed { step: 2, found: refusal })));
    let unknown = Found::NoAnswer { problem: String::new() };
    assert_eq!(
        with(BrokenOff::SetUp(1), other(Action::Retry, StepSeen::NothingToRepeat)),
        (Standing::NotSetUp, Some(Reason::CleanStepFailed { step: 2, found: unknown }))
    );
    assert_eq!(with(BrokenOff::RunEnded { step: 1 }, bad()), (Standing::NotPlayed, Some(Reason::RunEnded)));
    assert_eq!(with(BrokenOff::RateLimited { step: 1 }, bad()), (Standing::NotObservable, Some(Reason::RateLimited { step: 2 })));
}

#[test]
fn steps_before_the_one_that_broke_it_off_are_judged() {
    let mut facts = part("s", vec![bad(), bad(), bad()]);
    facts.attempts[0].broken_off = Some(BrokenOff::RateLimited { step: 1 });
    let standings: Vec<Option<Standing>> = judged(facts).steps.iter().map(|step| step.standing).collect();
    assert_eq!(standings, [Some(Standing::Failed), None, None]);
}

#[test]
fn a_step_says_what_was_expected_what_happened_and_what_came_back() {
    let (step, seen) = caused("a", good_refusal());
    let step = Step { expect: vec![OutcomeClass::Policy], rule: Some(Rule::Origin), ..step };
    let mut facts = part("s", vec![other(Action::Retry, StepSeen::Nothing), (step, seen)]);
    facts.attempts[0].steps[1].fired = vec![fired()];
    facts.attempts[0].steps[1].effect = Some(Effect::OtherKey);
    let mut steps: Vec<StepResult> = judged(facts).steps;
    let second = steps.remove(1);
    assert_eq!((second.number, second.action.en.as_str(), second.cause.as_deref()), (2, "sign in", Some("a")));
    assert_eq!((second.expected, second.standing), (vec![OutcomeClass::Policy], Some(Standing::Passed)));
    let text = fired().text;
    assert_eq!(
        second.happened,
        [Happened::Event { effect: KeyEffect::OtherKey }, Happened::Fault { fault: "cut-verify".to_owned(), text }]
    );
    assert_eq!(second.answer, good_refusal().summary());
    let first = steps.remove(0);
    assert_eq!((first.number, first.expected, first.standing, first.cause), (1, vec![], None, None));
    assert_eq!((first.happened, first.answer, first.checks.len()), (vec![], None, 0));
}

#[test]
fn what_an_event_did_to_the_keys() {
    let effects = [
        (Effect::Nothing, KeyEffect::Nothing),
        (Effect::KeyInvalidated, KeyEffect::KeyInvalidated),
        (Effect::CredentialGone, KeyEffect::CredentialGone),
        (Effect::OtherKey, KeyEffect::OtherKey),
    ];
    for (effect, told) in effects {
        let mut facts = part("s", vec![good()]);
        facts.attempts[0].steps[0].effect = Some(effect);
        assert_eq!(judged(facts).steps[0].happened, [Happened::Event { effect: told }]);
    }
}

#[test]
fn a_check_says_what_was_found_or_why_it_was_not_seen() {
    let mut ceremony = good_refusal();
    ceremony.after.authenticated = Observation::Seen(true);
    ceremony.after.log = hidden();
    let result = judged(part("s", vec![expecting(&[OutcomeClass::SecurityReject], Some(Rule::Origin), ceremony)]));
    let check = |wanted| {
        let check = result.steps[0].checks.iter().find(|check| check.id.check == wanted).unwrap();
        (check.id.to_string(), check.standing, check.found.clone(), check.blind.clone())
    };
    let id = |check: CheckId| format!("{}/authentication-verify", check.name());
    assert_eq!(check(CheckId::OriginNotVerified), (id(CheckId::OriginNotVerified), Standing::Passed, None, None));
    assert_eq!(check(CheckId::SessionOnRefusal), (id(CheckId::SessionOnRefusal), Standing::Failed, Some(Found::SessionExists), None));
    let section = Blind::Section { section: "hooks.some".to_owned() };
    assert_eq!(check(CheckId::ReasonNotLogged), (id(CheckId::ReasonNotLogged), Standing::NotObservable, None, Some(section)));
}

#[test]
fn what_a_step_forbids_is_looked_at_once() {
    let with = |forbid: &[Forbidden], ceremony| {
        let (step, seen) = expecting(&[OutcomeClass::SecurityReject], Some(Rule::Origin), ceremony);
        judged(part("s", vec![(Step { forbid: forbid.to_vec(), ..step }, seen)])).steps.remove(0)
    };
    let checks = |step: &StepResult| step.checks.iter().map(|check| check.id.check).collect::<Vec<_>>();
    let plain = checks(&with(&[], good_refusal()));
    assert_eq!(checks(&with(&[Forbidden::Session, Forbidden::CredentialDeleted], good_refusal())), plain);
    let more = with(&[Forbidden::Locked, Forbidden::GenericCode, Forbidden::ServerError], good_refusal());
    assert_eq!(checks(&more), [&plain[..], &[CheckId::AccountLocked]].concat());
    let mut locked = good_refusal();
    locked.after.account = account(true, 5);
    assert_eq!(with(&[], locked).standing, Some(Standing::Passed));
    let mut locked = good_refusal();
    locked.after.account = account(true, 5);
    assert_eq!(with(&[Forbidden::Locked], locked).standing, Some(Standing::Failed));
}

/// A registration that leaves so many rows.
fn leaving(rows: &[&str]) -> Ceremony {
    let rows: Vec<_> = rows.iter().map(|id| row(id)).collect();
    Ceremony { after: state(false, &rows, &[]), ..registered() }
}

#[test]
fn rows_are_compared_with_the_registrations_that_were_told() {
    let duplicates = |steps| leading(&run(vec![part("s", steps)])).iter().any(|id| id.starts_with("duplicate-credential/"));
    let two = || leaving(&["k", "l"]);
    assert!(duplicates(vec![played(two())]));
    assert!(!duplicates(vec![played(registered()), played(two())]));
    assert!(duplicates(vec![played(registered()), played(Ceremony { repeated: true, ..two() })]), "a repetition makes no second");
    let told_otherwise = || Ceremony { reported: Some(Observation::Seen(at(REPORTED, answer(400, "x", "password", "")))), ..registered() };
    assert!(duplicates(vec![played(told_otherwise()), played(two())]), "the user was told that it had failed");
    let redirected = || Ceremony { verify: Some(at(VERIFY, answer(302, "", "", ""))), ..registered() };
    assert!(duplicates(vec![played(redirected()), played(two())]), "that was no acceptance");
    let sign_in = Ceremony { after: state(true, &[row("k"), row("l")], &[]), ..signed_in() };
    assert!(duplicates(vec![played(signed_in()), played(registered()), played(sign_in)]), "a sign-in is no registration");
    for action in [Action::StartOver, Action::Hook(Hook::Reset), Action::Hook(Hook::DeleteCredential)] {
        assert!(duplicates(vec![played(registered()), other(action, StepSeen::Nothing), played(two())]), "counted anew");
    }
    assert!(!duplicates(vec![played(registered()), other(Action::Retry, StepSeen::Nothing), played(two())]));
}

#[test]
fn without_the_hook_nothing_was_changed_and_nothing_is_blamed() {
    let old_passkey = || {
        expecting(
            &[OutcomeClass::UnknownCredential],
            Some(Rule::Credential),
            Ceremony { after: state(true, &[row("k")], &[]), ..signed_in() },
        )
    };
    let reset = |seen| other(Action::Hook(Hook::Reset), StepSeen::Hook(seen));
    let steps = |seen| vec![played(registered()), reset(seen), old_passkey()];
    let id = "unknown-credential-accepted/authentication-verify";
    assert_eq!(stands(steps(Observation::Seen(()))).0, Standing::Failed);
    assert!(leading(&run(vec![part("s", steps(Observation::Seen(())))])).contains(&id.to_owned()));

    let without = run(vec![part("s", steps(hidden()))]);
    assert_eq!(stands(steps(hidden())), (Standing::NotObservable, Some(Reason::NothingSeen)));
    assert_eq!(leading(&without), [""; 0], "the row that is still there is no duplicate, either");
    let spots = judge(&without).blind_spots;
    let expected = Blind::Section { section: "hooks.some".to_owned() };
    assert!(spots.iter().any(|spot| spot.blind == expected && spot.checks.contains(&CheckId::UnknownCredentialAccepted)), "{spots:?}");

    let mut on_another = steps(hidden());
    on_another.extend([other(Action::StartOver, StepSeen::Nothing), bad()]);
    assert_eq!(stands(on_another).0, Standing::Failed, "the new account needs no hook");
}

#[test]
fn options_are_compared_with_the_registration_before_them() {
    let preferred = options_with(Kind::Registration, "authenticatorSelection", json!({ "residentKey": "preferred" }));
    let register = || Ceremony { options: Some(preferred.clone()), ..registered() };
    let unlisted = || Ceremony { options: Some(options_with(Kind::Authentication, "allowCredentials", json!([]))), ..signed_in() };
    let found = |steps: Vec<Ceremony>| leading(&run(vec![part("s", steps.into_iter().map(played).collect())]));
    assert_eq!(found(vec![register(), unlisted()]), ["usernameless-impossible/registration-options"]);
    assert_eq!(found(vec![unlisted(), register()]), [""; 0]);
    let first_again = StepSeen::OptionsAgain(Box::new(at(AGAIN, options(&challenge(9)))));
    let judged = judge(&run(vec![part("s", vec![other(Action::OptionsAgain, first_again)])]));
    assert_eq!(judged.findings.len(), 0, "nothing was registered");
}

#[test]
fn options_that_are_asked_for_again_are_counted_and_looked_at() {
    let again = |answer| StepSeen::OptionsAgain(Box::new(at(AGAIN, answer)));
    let found = |steps| leading(&run(vec![part("s", steps)]));
    let twice = || other(Action::OptionsAgain, again(options(&challenge(4))));
    assert_eq!(found(vec![twice(), twice()]), ["challenge-repeated/registration-options"]);
    assert_eq!(found(vec![other(Action::OptionsAgain, again(answer(500, "", "", "")))]), ["server-error/registration-options"]);
    let new = |number| Ceremony { new_options: Some(at(AGAIN, options(&challenge(number)))), ..good_refusal() };
    let with = |number, ceremony| {
        let options = Some(options_with(Kind::Authentication, "challenge", json!(challenge(number))));
        played(Ceremony { options, ..ceremony })
    };
    assert_eq!(found(vec![with(11, new(12)), with(11, new(13))]), ["challenge-repeated/authentication-options"]);
    let repetition = Ceremony { repeated: true, ..new(13) };
    assert_eq!(found(vec![with(11, new(12)), with(11, repetition)]), [""; 0], "a repetition has the first options");
    assert_eq!(found(vec![with(11, new(12)), with(12, new(13))]), ["challenge-repeated/authentication-options"], "new ones count, too");
}

#[test]
fn after_registrations_that_were_all_refused_no_sign_in_is_judged() {
    let refusal = || played(Ceremony { kind: Kind::Registration, ..good_refusal() });
    let none = || {
        let thrown = thrown(Kind::Authentication, NotAllowedError, answer(200, "x", "retry password", ""));
        expecting(&[OutcomeClass::Ok], None, Ceremony { ways: password_there(), ..thrown })
    };
    let last = |steps: Vec<Played>| judged(part("s", steps)).steps.pop().unwrap().standing;
    assert_eq!(last(vec![refusal(), none()]), None);
    assert_eq!(last(vec![refusal(), refusal(), none()]), None);
    assert_eq!(last(vec![refusal(), none(), none()]), None, "sign-ins between are no registrations");
    assert_eq!(last(vec![none()]), Some(Standing::Failed), "nothing was registered, and it was not refused");
    assert_eq!(last(vec![played(registered()), refusal(), none()]), Some(Standing::Failed));
    assert_eq!(last(vec![refusal(), played(registered()), none()]), Some(Standing::Failed));
    assert_eq!(last(vec![refusal(), other(Action::StartOver, StepSeen::Nothing), none()]), Some(Standing::Failed), "another account");
    assert_eq!(last(vec![refusal(), other(Action::Retry, StepSeen::Nothing), none()]), None);
    assert_eq!(last(vec![refusal(), bad()]), Some(Standing::Failed), "the relying party was asked");
    assert_eq!(
        last(vec![
            refusal(),
            expecting(&[OutcomeClass::Ok], None, thrown(Kind::Registration, NotAllowedError, answer(200, "x", "retry password", "")))
        ]),
        Some(Standing::Failed)
    );
}
