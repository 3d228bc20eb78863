//! The rules of judging: whose doing it is, and what is left to the relying party.

use faultkey_authenticator::Status;
use faultkey_client::dom_exception::Because;
use faultkey_client::{DomException, DomExceptionName};
use faultkey_relying_party::{Answer, Fallback, Observation};
use serde_json::{Value, json};

use super::*;
use crate::check::{Gravity, Request};
use crate::facts::sample::*;
use crate::facts::{Ceremony, Kind, Recovery, Replay, ReplayFrom, StepSeen, WayTried};
use crate::scenario::{Action, FactCheck, OutcomeClass, Rule};
use crate::verdict::{Found, Reason, Standing};

fn only_part(judged: &Judged) -> (Standing, Option<Reason>) {
    let [scenario] = judged.scenarios.as_slice() else { panic!("{:?}", judged.scenarios) };
    (scenario.standing, scenario.reason.clone())
}

fn broken_off(broken_off: BrokenOff, played: Vec<Played>) -> RunFacts {
    let mut part = part("s", played);
    part.attempts[0].broken_off = Some(broken_off);
    run(vec![part])
}

/// A clean registration that is refused, with nothing said; then a sign-in with a cause of failure would follow.
fn wordless() -> Ceremony {
    Ceremony { kind: Kind::Registration, ways: Vec::new(), ..refused(answer(401, "login-first", "", "")) }
}

#[test]
fn a_clean_step_that_fails_makes_the_rest_could_not_be_set_up() {
    let steps = vec![expecting(&[OutcomeClass::Ok], None, wordless()), caused("a", good_refusal())];
    let facts = broken_off(BrokenOff::SetUp(0), steps);
    let judged = judge(&facts);
    let (standing, reason) = only_part(&judged);
    assert_eq!(standing, Standing::NotSetUp);
    let Some(Reason::CleanStepFailed { step: 1, found: Found::Answered { answer } }) = reason else { panic!("{reason:?}") };
    assert_eq!(answer.status, 401);
    assert_eq!(leading(&facts), [""; 0], "nothing is found");
    assert_eq!(judged.confusion.causes, [], "no cause is in the matrix");
    assert!(judged.scenarios[0].steps.iter().all(|step| step.standing.is_none()));
}

/// The options list no credential, the device's own is not discoverable: it had nothing to sign in with before the failure either.
#[test]
fn a_retry_that_no_client_could_make_is_told_as_what_makes_it_impossible() {
    let thrown_by = |status: Status, list: Value| {
        let options = Some(options_with(Kind::Authentication, "allowCredentials", list));
        let because = Because::Authenticator(status);
        let client = Some(Err(DomException { name: DomExceptionName::NotAllowedError, message: "no".to_owned(), because }));
        let told = answer(200, "", "retry register-again password", "");
        Ceremony { options, client, ways: password_there(), ..thrown(Kind::Authentication, DomExceptionName::NotAllowedError, told) }
    };
    let sign_in = |list: Value| thrown_by(Status::NoCredentials, list);
    let preferred = json!({ "residentKey": "preferred" });
    let registered = || {
        let options = Some(options_with(Kind::Registration, "authenticatorSelection", preferred.clone()));
        played(Ceremony { options, ..registered() })
    };
    let facts = run(vec![part("s", vec![registered(), expecting(&[OutcomeClass::Ok], None, sign_in(json!([])))])]);
    assert_eq!(leading(&facts), ["usernameless-impossible/registration-options"]);
    let lost = || {
        let (step, StepSeen::Ceremony(ceremony)) = registered() else { panic!("no ceremony") };
        (step, StepSeen::Ceremony(Box::new(Ceremony { verify: Some(at(VERIFY, lost())), ..*ceremony })))
    };
    let facts = run(vec![part("s", vec![lost(), expecting(&[OutcomeClass::Ok], None, sign_in(json!([])))])]);
    assert!(!leading(&facts).contains(&"retry-refused/authentication-options".to_owned()), "{:?}", leading(&facts));
    let recovery = Recovery { as_it_is: Some(sign_in(json!([]))), ways: Vec::new() };
    let recover = Action::Recover(Vec::new());
    let facts = run(vec![part("s", vec![registered(), other(recover, StepSeen::Recovery(Box::new(recovery)))])]);
    assert_eq!(leading(&facts), [""; 0], "what makes it impossible is told where it is seen first: at a sign-in");
    let listed = run(vec![part("s", vec![registered(), expecting(&[OutcomeClass::Ok], None, sign_in(json!([{ "id": "k" }])))])]);
    assert!(leading(&listed).contains(&"retry-refused/authentication-options".to_owned()), "{:?}", leading(&listed));

    let retry_refused = |expect: OutcomeClass, ceremony: Ceremony| {
        let judged = judge(&run(vec![part("s", vec![registered(), expecting(&[expect], None, ceremony)])]));
        let checks = judged.scenarios[0].steps[1].checks.len();
        (judged.findings.iter().any(|finding| finding.ids().any(|id| id.check == CheckId::RetryRefused)), checks > 0)
    };
    let empty = || json!([]);
    assert_eq!(retry_refused(OutcomeClass::Ok, thrown_by(Status::OperationDenied, empty())), (true, true), "the device had one");
    let faulted = Ceremony { fired: vec![fired()], ..sign_in(empty()) };
    assert_eq!(retry_refused(OutcomeClass::Ok, faulted), (true, true), "a fault said so, not the device");
    assert_eq!(retry_refused(OutcomeClass::OpaqueClient, sign_in(empty())), (false, true), "a failure that is expected is judged");
}

/// The adapter file reads neither code nor message: that is not the relying party's doing.
#[test]
fn answers_that_the_adapter_does_not_read_are_the_same_only_if_all_of_them_is() {
    let generic = |code: Option<&str>, texts: [&str; 3]| {
        let refusal = |text: &str| {
            let refusal = good_refusal();
            let verify =
                refusal.verify.map(|verify| Answer { code: code.map(str::to_owned), message: None, text: text.to_owned(), ..verify });
            Ceremony { verify, ..refusal }
        };
        let steps = ["a", "b", "c"].into_iter().zip(texts).map(|(cause, text)| caused(cause, refusal(text)));
        leading(&run(vec![part("s", steps.collect())])).contains(&"generic-answer/authentication-verify".to_owned())
    };
    assert!(generic(None, ["no", "no", "no"]));
    assert!(generic(Some("M0902"), ["no (1)", "no (2)", "no (3)"]), "the code is what is read");
    assert!(!generic(None, ["no challenge", "no origin", "no"]));
}

#[test]
fn what_failed_before_a_clean_step_could_be_set_up_still_crashes() {
    let crashed = Ceremony { verify: Some(at(VERIFY, answer(500, "", "", ""))), ..wordless() };
    let facts = broken_off(BrokenOff::SetUp(0), vec![expecting(&[OutcomeClass::Ok], None, crashed)]);
    assert_eq!(leading(&facts), ["server-error/registration-verify"]);
    let short = Ceremony { options: Some(options_with(Kind::Registration, "timeout", json!(5_000))), ..wordless() };
    let facts = broken_off(BrokenOff::SetUp(0), vec![expecting(&[OutcomeClass::Ok], None, short)]);
    assert_eq!(leading(&facts), ["timeout-short/registration-options"]);
}

#[test]
fn too_many_requests_is_no_causes_answer_and_no_finding() {
    let limited = || Ceremony { after: state(false, &[row("k")], &[]), ..refused(answer(429, "slow-down", "", "")) };
    let step = || {
        let (step, seen) = caused("a", limited());
        (crate::scenario::Step { expect: vec![OutcomeClass::SecurityReject], rule: Some(Rule::Origin), ..step }, seen)
    };
    let facts = broken_off(BrokenOff::RateLimited { step: 1 }, vec![played(registered()), step()]);
    let judged = judge(&facts);
    assert_eq!(only_part(&judged), (Standing::NotObservable, Some(Reason::RateLimited { step: 2 })));
    assert!(judged.rate_limited);
    assert_eq!((leading(&facts).len(), judged.confusion.causes.len()), (0, 0));
    assert!(!judge(&run(vec![part("s", vec![played(signed_in())])])).rate_limited);
}

#[test]
fn too_many_requests_does_not_hide_a_replay_or_accounts() {
    let limited = || at(AGAIN, answer(429, "", "", ""));
    let looks = |action, seen| {
        let judged = judge(&run(vec![part("s", vec![other(action, seen)])]));
        assert_eq!(judged.findings.len(), 0);
        judged.scenarios[0].steps[0].checks.iter().map(|check| check.blind.clone()).collect::<Vec<_>>()
    };
    let replay =
        Replay { request: Request::AuthenticationVerify, from: ReplayFrom::NoSession, first: answer(200, "", "", ""), again: limited() };
    let of = Action::Replay { of: Kind::Authentication, from: ReplayFrom::NoSession };
    assert_eq!(looks(of, StepSeen::Replay(Box::new(replay))), [Some(Blind::RateLimited)]);
    for (existing, missing) in [(answer(200, "", "", ""), limited()), (limited(), answer(200, "", "", ""))] {
        let seen = StepSeen::Accounts { existing: Box::new(existing), missing: Box::new(missing) };
        assert_eq!(looks(Action::CompareAccounts, seen), [Some(Blind::RateLimited)]);
    }
}

#[test]
fn a_device_that_cannot_do_it_does_not_apply() {
    let thrown = thrown(Kind::Registration, faultkey_client::DomExceptionName::NotAllowedError, answer(200, "x", "", ""));
    let lacks = || "no discoverable credentials".to_owned();
    let facts = broken_off(BrokenOff::Unsuitable { step: 0, lacks: lacks() }, vec![expecting(&[OutcomeClass::Ok], None, thrown)]);
    assert_eq!(only_part(&judge(&facts)), (Standing::DoesNotApply, Some(Reason::DeviceLacks { step: 1, lacks: lacks() })));
    assert_eq!(leading(&facts), [""; 0], "what the user was offered then says nothing");
}

#[test]
fn an_adapter_file_that_does_not_fit_is_not_the_relying_partys_doing() {
    let problem = || "nothing at /options".to_owned();
    let unread = Ceremony { ways: Vec::new(), ..refused(answer(200, "", "", "")) };
    let facts = broken_off(BrokenOff::Adapter { step: 0, problem: problem() }, vec![expecting(&[OutcomeClass::Ok], None, unread)]);
    assert_eq!(only_part(&judge(&facts)), (Standing::NotObservable, Some(Reason::AdapterDoesNotFit { step: 1, problem: problem() })));
    assert_eq!(leading(&facts), [""; 0]);
}

#[test]
fn user_verification_is_judged_by_what_the_options_ask_for() {
    let with = |kind: Kind, wanted: Option<&str>, ceremony: Ceremony| {
        let (member, value) = match kind {
            Kind::Authentication => ("userVerification", json!(wanted)),
            Kind::Registration => ("authenticatorSelection", json!({ "residentKey": "required", "userVerification": wanted })),
        };
        let ceremony = Ceremony { options: Some(options_with(kind, member, value)), ..ceremony };
        let facts = run(vec![part("s", vec![expecting(&[OutcomeClass::Policy], Some(Rule::UserVerification), ceremony)])]);
        (only_part(&judge(&facts)).0, leading(&facts))
    };
    let enforced = |request: &str| vec![format!("user-verification-not-enforced/{request}")];
    assert_eq!(with(Kind::Authentication, Some("required"), signed_in()), (Standing::Failed, enforced("authentication-verify")));
    assert_eq!(with(Kind::Registration, Some("required"), registered()), (Standing::Failed, enforced("registration-verify")));
    for wanted in [Some("preferred"), Some("discouraged"), None] {
        assert_eq!(with(Kind::Authentication, wanted, signed_in()), (Standing::Passed, vec![]), "{wanted:?}");
        assert_eq!(with(Kind::Registration, wanted, registered()), (Standing::Passed, vec![]), "{wanted:?}");
        // A policy of its own: it may refuse, and then as well as any.
        assert_eq!(with(Kind::Authentication, wanted, good_refusal()), (Standing::Passed, vec![]), "{wanted:?}");
    }
    let silent = with(Kind::Authentication, Some("preferred"), good_refusal_by(answer(403, "", "password", "")));
    assert_eq!(silent, (Standing::Failed, vec!["no-reason/authentication-verify".to_owned()]));
}

#[test]
fn another_rule_is_judged_whatever_the_options_say_of_user_verification() {
    let facts = run(vec![part("s", vec![expecting(&[OutcomeClass::SecurityReject], Some(Rule::Origin), signed_in())])]);
    assert_eq!(leading(&facts), ["origin-not-verified/authentication-verify"]);
}

#[test]
fn a_counter_that_went_back_may_be_accepted_with_a_remark_or_refused_but_locks_nobody() {
    let of = |ceremony| {
        let facts = run(vec![part("s", vec![expecting(&[OutcomeClass::Risk], Some(Rule::SignCount), ceremony)])]);
        let judged = judge(&facts);
        (only_part(&judged).0, judged.findings.iter().map(|finding| (finding.id.check, finding.gravity)).collect::<Vec<_>>())
    };
    assert_eq!(of(signed_in()), (Standing::Passed, vec![(CheckId::SignCountIgnored, Gravity::Advice)]));
    assert_eq!(of(good_refusal()), (Standing::Passed, vec![]));
    let mut locked = good_refusal();
    locked.after.account = account(true, 5);
    assert_eq!(of(locked), (Standing::Failed, vec![(CheckId::AccountLocked, Gravity::State)]));
}

#[test]
fn a_refusal_with_200_is_a_remark_and_fails_no_scenario() {
    let mapped = Answer { accepted: false, ..answer(200, "x", "password", "") };
    let step = expecting(&[OutcomeClass::SecurityReject], Some(Rule::Origin), good_refusal_by(mapped));
    let judged = judge(&run(vec![part("s", vec![step])]));
    assert_eq!(only_part(&judged).0, Standing::Passed);
    assert_eq!((judged.findings[0].id.check, judged.findings[0].gravity), (CheckId::RefusedWith2xx, Gravity::Advice));
    let check = judged.scenarios[0].steps[0].checks.iter().find(|check| check.id.check == CheckId::RefusedWith2xx).unwrap();
    assert_eq!(check.standing, Standing::Failed, "and says so");
}

fn check(wanted: FactCheck, seen: StepSeen) -> RunFacts {
    let sign_in = Ceremony { asked: crate::facts::Asked { resident_key: true }, ..signed_in() };
    run(vec![part("s", vec![played(registered()), played(sign_in), other(Action::Check(vec![wanted]), StepSeen::Several(vec![seen]))])])
}

#[test]
fn sessions_are_compared_with_before() {
    let of = |most, before, after| leading(&check(FactCheck::SessionsAtMost(most), StepSeen::Sessions(Observation::Seen((before, after)))));
    let extra = ["extra-session/authentication-verify"];
    assert_eq!(of(1, 4, 5), [""; 0]);
    assert_eq!(of(1, 4, 6), extra);
    assert_eq!(of(0, 4, 4), [""; 0]);
    assert_eq!(of(0, 4, 5), extra);
    assert_eq!(of(0, 4, 1), [""; 0], "fewer are fine");
    let judged = judge(&check(FactCheck::SessionsAtMost(1), StepSeen::Sessions(Observation::Seen((4, 6)))));
    assert_eq!(judged.findings[0].found, Found::Sessions { before: 4, after: 6 });
    assert_eq!(judged.findings[0].evidence.as_ref().map(|evidence| evidence.entry), Some(VERIFY));
}

#[test]
fn rows_are_as_many_as_the_scenario_says() {
    let of = |wanted, rows| judge(&check(FactCheck::Credentials(wanted), StepSeen::Credentials(Observation::Seen(rows)))).findings;
    assert!(of(1, 1).is_empty());
    let [more, fewer] = [of(1, 2).remove(0), of(1, 0).remove(0)];
    assert_eq!(
        (more.id.to_string(), more.found),
        ("duplicate-credential/registration-verify".to_owned(), Found::Rows { rows: 2, registrations: 1 })
    );
    assert_eq!((fewer.id.to_string(), fewer.found), ("accepted-not-stored/registration-verify".to_owned(), Found::NotStored { rows: 0 }));
}

#[test]
fn the_evidence_of_a_fact_is_the_last_ceremony_that_could_make_it_so() {
    let at_exchange = |exchange, ceremony: Ceremony| {
        let verify = ceremony.verify.map(|verify| at(exchange, verify));
        played(Ceremony { verify, ..ceremony })
    };
    let entry = |wanted, seen| {
        let steps = vec![
            at_exchange(OPTIONS, registered()),
            at_exchange(VERIFY, registered()),
            at_exchange(REPORTED, signed_in()),
            at_exchange(AGAIN, signed_in()),
            other(Action::Check(vec![wanted]), seen),
            at_exchange(OPTIONS, signed_in()),
        ];
        let mut judged = judge(&run(vec![part("s", steps)]));
        judged.findings.retain(|finding| matches!(finding.id.check, CheckId::DuplicateCredential | CheckId::ExtraSession));
        judged.findings.remove(0).evidence.map(|evidence| evidence.entry)
    };
    assert_eq!(entry(FactCheck::Credentials(1), StepSeen::Credentials(Observation::Seen(2))), Some(VERIFY));
    assert_eq!(entry(FactCheck::SessionsAtMost(1), StepSeen::Sessions(Observation::Seen((0, 2)))), Some(AGAIN));
}

#[test]
fn reasons_are_as_many_as_causes_that_failed() {
    let of = |least, reasons: &[Option<&str>]| {
        let reasons = reasons.iter().map(|reason| reason.map(str::to_owned)).collect();
        let judged = judge(&check(FactCheck::DistinctReasons(least), StepSeen::Reasons(Observation::Seen(reasons))));
        judged.findings.into_iter().map(|finding| (finding.id.to_string(), finding.found)).collect::<Vec<_>>()
    };
    let id = "reason-not-logged/authentication-verify".to_owned();
    let shared = |reasons, failures| [(id.clone(), Found::ReasonsShared { reasons, failures })];
    assert_eq!(of(2, &[Some("a"), Some("b"), Some("b")]), []);
    assert_eq!(of(3, &[Some("a"), Some("b"), Some("b")]), shared(2, 3));
    assert_eq!(of(2, &[Some("a"), None]), shared(1, 2));
    assert_eq!(of(2, &[None, None]), [(id.clone(), Found::NothingLogged)]);
    assert_eq!(of(3, &[Some("a"), Some("b")]), [], "the third was accepted");
}

#[test]
fn facts_that_cannot_be_seen_are_blind_spots() {
    for (wanted, seen, expected) in [
        (FactCheck::SessionsAtMost(1), StepSeen::Sessions(hidden()), CheckId::ExtraSession),
        (FactCheck::Credentials(1), StepSeen::Credentials(hidden()), CheckId::AcceptedNotStored),
        (FactCheck::DistinctReasons(1), StepSeen::Reasons(hidden()), CheckId::ReasonNotLogged),
    ] {
        let judged = judge(&check(wanted, seen));
        assert_eq!((judged.findings.len(), &judged.blind_spots[0].checks), (0, &vec![expected]));
        assert_eq!(judged.scenarios[0].steps[2].standing, Some(Standing::NotObservable));
    }
    let other = judge(&check(FactCheck::Credentials(1), StepSeen::Sessions(Observation::Seen((0, 9)))));
    assert_eq!((other.findings.len(), other.scenarios[0].steps[2].checks.len()), (0, 0), "another fact than the one that was asked for");
}

#[test]
fn one_fact_needs_no_list() {
    let step = other(Action::Check(vec![FactCheck::Credentials(1)]), StepSeen::Credentials(Observation::Seen(2)));
    let judged = judge(&run(vec![part("s", vec![step])]));
    assert_eq!(judged.findings[0].id.to_string(), "duplicate-credential/registration-verify");
    assert_eq!(judged.findings[0].evidence, None, "no ceremony came before");
}

#[test]
fn a_fault_that_never_fired_proves_nothing() {
    let with = |fired| {
        let arm = other(Action::Clear(None), StepSeen::Nothing);
        let sign_in = expecting(&[OutcomeClass::SecurityReject], Some(Rule::Origin), signed_in());
        let mut part = part("s", vec![arm, sign_in]);
        part.attempts[0].armed = vec![armed(0, fired)];
        run(vec![part])
    };
    let idle = judge(&with(Vec::new()));
    assert_eq!(only_part(&idle), (Standing::NotObservable, Some(Reason::FaultDidNotFire { fault: "cut-verify".to_owned() })));
    assert_eq!(leading(&with(Vec::new())), [""; 0], "the sign-in was clean");
    assert_eq!(leading(&with(vec![fired()])), ["origin-not-verified/authentication-verify"]);
    assert_eq!(only_part(&judge(&with(vec![fired()]))).0, Standing::Failed);
}

#[test]
fn a_step_is_judged_by_the_fault_that_was_armed_last_before_it() {
    let of = |armings: Vec<crate::facts::ArmedFacts>| {
        let steps = vec![
            other(Action::Clear(None), StepSeen::Nothing),
            other(Action::Clear(None), StepSeen::Nothing),
            expecting(&[OutcomeClass::SecurityReject], Some(Rule::Origin), signed_in()),
        ];
        let mut part = part("s", steps);
        part.attempts[0].armed = armings;
        !leading(&run(vec![part])).is_empty()
    };
    assert!(of(vec![]));
    assert!(of(vec![armed(0, vec![]), armed(1, vec![fired()])]));
    assert!(!of(vec![armed(0, vec![fired()]), armed(1, vec![])]));
    assert!(of(vec![armed(0, vec![fired()]), armed(2, vec![])]), "armed in the step itself, or after it");
    assert!(of(vec![armed(0, vec![fired()]), armed(3, vec![])]));
}

#[test]
fn what_is_true_of_any_ceremony_is_judged_though_the_fault_never_fired() {
    let mut crashed =
        part("s", vec![other(Action::Clear(None), StepSeen::Nothing), played(good_refusal_by(answer(500, "x", "password", "")))]);
    crashed.attempts[0].armed = vec![armed(0, Vec::new())];
    assert_eq!(leading(&run(vec![crashed])), ["server-error/authentication-verify"]);
}

#[test]
fn a_relying_party_that_stopped_answering_is_found_at_the_request_after_which_it_did() {
    let gone = || BrokenOff::StoppedAnswering { step: 1, request: Request::AuthenticationOptions, exchange: Some(AGAIN) };
    let lost = Answer { faulted: false, ..lost() };
    let steps = vec![played(registered()), played(Ceremony { verify: Some(at(VERIFY, lost)), ..good_refusal() }), played(good_refusal())];
    let facts = broken_off(gone(), steps);
    let judged = judge(&facts);
    assert_eq!(only_part(&judged), (Standing::Failed, Some(Reason::StoppedAnswering { step: 2 })));
    assert_eq!(judged.findings[0].id.to_string(), "stopped-answering/authentication-options");
    assert_eq!(judged.findings[0].evidence.as_ref().map(|evidence| evidence.path.as_str()), Some("/again"));
    assert_eq!((judged.findings[0].seen[0].step, &judged.findings[0].found), (2, &Found::StoppedAnswering));
    assert_eq!(leading(&facts), ["stopped-answering/authentication-options"], "nothing else is told of it");
}

#[test]
fn an_expired_challenge_that_is_accepted_has_its_own_mend() {
    use crate::check::Mend;
    let expired = expecting(&[OutcomeClass::RetryNewChallenge], Some(Rule::ChallengeExpiry), signed_in());
    let judged = judge(&run(vec![part("s", vec![expired])]));
    assert_eq!(judged.findings[0].id.check.mend(), Mend::ExpireChallenge);
    assert_eq!((judged.findings[0].gravity, only_part(&judged).0), (Gravity::Advice, Standing::Passed), "a timeout is a hint");
    assert_ne!(CheckId::SessionOnRefusal.mend(), Mend::ExpireChallenge);
    let expired = expecting(&[OutcomeClass::RetryNewChallenge], Some(Rule::ChallengeExpiry), signed_in());
    let lifetime = Some(std::time::Duration::from_secs(60));
    let judged = judge(&RunFacts { challenge_lifetime: lifetime, ..run(vec![part("s", vec![expired])]) });
    assert_eq!((judged.findings[0].gravity, only_part(&judged).0), (Gravity::Security, Standing::Failed), "its own lifetime is none");
}

#[test]
fn an_answer_is_accepted_once() {
    let of = |request, from, again| {
        let replay = Replay { request, from, first: answer(200, "", "", ""), again: at(AGAIN, again) };
        let judged = judge(&run(vec![part("s", vec![other(Action::Retry, StepSeen::Replay(Box::new(replay)))])]));
        judged.findings.into_iter().map(|finding| (finding.id.to_string(), finding.found)).collect::<Vec<_>>()
    };
    use ReplayFrom::{AnotherSession, NoSession, SameCookies};
    let (sign_in, register) = (Request::AuthenticationVerify, Request::RegistrationVerify);
    let accepted = || answer(200, "", "", "");
    let found = |request: &str, from| {
        let answer = crate::verdict::AnswerSummary::of(&accepted());
        vec![(format!("replay/{request}"), Found::AcceptedAgain { from, answer })]
    };
    for from in [NoSession, AnotherSession, SameCookies] {
        assert_eq!(of(sign_in, from, accepted()), found("authentication-verify", from));
        assert_eq!(of(sign_in, from, answer(400, "used", "", "")), []);
    }
    assert_eq!(of(register, NoSession, accepted()), found("registration-verify", NoSession));
    assert_eq!(of(register, AnotherSession, accepted()), found("registration-verify", AnotherSession));
    assert_eq!(of(register, SameCookies, accepted()), [], "the same session may be told again what stands");
    assert_eq!(of(sign_in, NoSession, answer(500, "", "", ""))[0].0, "server-error/authentication-verify");
}

#[test]
fn a_name_with_an_account_gets_the_same_status_and_shape_as_one_without() {
    let body = |json| Answer { json: Some(json), ..options(&challenge(1)) };
    let of = |missing| {
        let existing = body(json!({ "challenge": "a", "allowCredentials": [{ "type": "public-key", "id": "x" }] }));
        let seen = StepSeen::Accounts { existing: Box::new(existing), missing: Box::new(at(VERIFY, missing)) };
        let judged = judge(&run(vec![part("s", vec![other(Action::CompareAccounts, seen)])]));
        judged.findings.into_iter().map(|finding| (finding.id.to_string(), finding.found)).collect::<Vec<_>>()
    };
    let id = || "account-enumeration/authentication-options".to_owned();
    assert_eq!(of(body(json!({ "allowCredentials": [{ "id": "y", "type": "decoy" }], "challenge": "b" }))), []);
    let shapes = Found::Shapes {
        existing: "{allowCredentials: [{id: text, type: text}], challenge: text}".to_owned(),
        missing: "{allowCredentials: [], challenge: text}".to_owned(),
    };
    assert_eq!(of(body(json!({ "challenge": "b", "allowCredentials": [] }))), [(id(), shapes)]);
    assert_eq!(of(answer(404, "", "", "")), [(id(), Found::Statuses { existing: 200, missing: 404 })]);
    let server = of(answer(500, "", "", ""));
    assert_eq!(server[0].0, "server-error/authentication-options");
}

#[test]
fn shapes_of_answers() {
    let of = |value| crate::judge::shape::of(&value);
    assert_eq!(
        of(json!({ "b": [1, "x"], "a": null, "c": true, "d": [], "e": { "f": 1.5 } })),
        "{a: null, b: [number], c: boolean, d: [], e: {f: number}}"
    );
}

fn way(way: Fallback, answered: Observation<Answer>, authentication: Option<Ceremony>) -> WayTried {
    let registration = authentication.is_some().then(registered);
    WayTried { way, answer: answered, removal: None, registration, authentication }
}

fn recovered(as_it_is: Option<Ceremony>, ways: Vec<WayTried>) -> Judged {
    let recovery = StepSeen::Recovery(Box::new(Recovery { as_it_is, ways }));
    judge(&run(vec![part("s", vec![other(Action::Recover(Vec::new()), recovery)])]))
}

fn found(judged: &Judged) -> Vec<(String, Found)> {
    judged.findings.iter().map(|finding| (finding.id.to_string(), finding.found.clone())).collect()
}

#[test]
fn the_first_way_that_works_is_enough_and_so_is_the_passkey_that_still_works() {
    let ok = || Observation::Seen(at(OPTIONS, answer(200, "", "", "")));
    let no = || Observation::Seen(at(REPORTED, answer(403, "wrong", "", "")));
    let as_it_is = recovered(Some(signed_in()), vec![way(Fallback::Password, no(), None)]);
    assert_eq!((found(&as_it_is), only_part(&as_it_is).0), (vec![], Standing::Passed));
    let second = recovered(None, vec![way(Fallback::Password, no(), None), way(Fallback::Phone, ok(), Some(signed_in()))]);
    assert_eq!((found(&second), only_part(&second).0), (vec![], Standing::Passed));
    let after_refusal = recovered(Some(good_refusal()), vec![way(Fallback::Phone, ok(), Some(signed_in()))]);
    assert_eq!(found(&after_refusal), []);
    let step = &second.scenarios[0].steps[0].checks[0];
    assert_eq!(step.id.to_string(), "no-recovery/fallback");
    let step = &as_it_is.scenarios[0].steps[0].checks[0];
    assert_eq!(step.id.to_string(), "no-recovery/authentication-verify");
}

#[test]
fn no_way_back_is_a_finding_with_the_ways_that_were_tried() {
    let refusal = || at(REPORTED, answer(403, "wrong", "", ""));
    let hidden_way = || way(Fallback::Phone, hidden(), None);
    let tried = |ways: &[&str], answer: &Answer| Found::WaysTried {
        ways: ways.iter().map(|way| (*way).to_owned()).collect(),
        answer: Some(crate::verdict::AnswerSummary::of(answer)),
    };
    let none = recovered(
        None,
        vec![
            way(Fallback::Password, Observation::Seen(at(OPTIONS, answer(401, "", "", ""))), None),
            hidden_way(),
            way(Fallback::SupportReset, Observation::Seen(refusal()), None),
        ],
    );
    assert_eq!(found(&none), [("no-recovery/fallback".to_owned(), tried(&["password", "support-reset"], &refusal()))]);
    assert_eq!(none.findings[0].evidence.as_ref().map(|evidence| evidence.path.as_str()), Some("/report"));
    assert_eq!(only_part(&none).0, Standing::Failed);
    let useless = recovered(None, vec![way(Fallback::Password, Observation::Seen(answer(200, "", "", "")), Some(good_refusal()))]);
    let after = Found::WaysTried { ways: vec!["password".to_owned()], answer: good_refusal().summary() };
    assert_eq!(found(&useless)[0].1, after, "the new passkey does not work either, and that is what is shown");
}

#[test]
fn a_dead_passkey_that_only_the_user_can_remove_is_no_finding_unless_the_adapter_says_how() {
    let ok = || Observation::Seen(answer(200, "", "", ""));
    let blocked = |removal| WayTried { removal, ..way(Fallback::Password, ok(), None) };
    let unknown = recovered(None, vec![blocked(Some(hidden()))]);
    assert_eq!((found(&unknown).len(), &unknown.blind_spots[0].checks), (0, &vec![CheckId::NoRecovery]));
    let removed = recovered(None, vec![blocked(Some(Observation::Seen(())))]);
    assert_eq!(found(&removed)[0].0, "no-recovery/fallback", "it was removed, and there is still no way");
}

#[test]
fn a_new_passkey_that_no_sign_in_asks_for_is_told_as_that_and_not_as_no_way_back() {
    let mut registration = registered();
    registration.options = registration.options.map(|answer| {
        let options = answer.options.clone().map(|mut options| {
            options["authenticatorSelection"] = json!({ "residentKey": "preferred" });
            options
        });
        Answer { options, ..answer }
    });
    let unfound = || {
        let mut authentication = thrown(Kind::Authentication, DomExceptionName::NotAllowedError, answer(200, "", "", ""));
        authentication.options = Some(given(json!({ "challenge": challenge(9), "rpId": "broker.test" })));
        let because = Because::Authenticator(Status::NoCredentials);
        authentication.client = authentication.client.map(|client| client.map_err(|exception| DomException { because, ..exception }));
        authentication
    };
    let ways = |registration: Ceremony| {
        let ok = Observation::Seen(answer(200, "", "", ""));
        let way = WayTried { registration: Some(registration), ..way(Fallback::Password, ok, Some(unfound())) };
        found(&recovered(None, vec![way])).into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert!(!ways(registration).contains(&"no-recovery/fallback".to_owned()));
    assert!(ways(registered()).contains(&"no-recovery/fallback".to_owned()), "a discoverable one was required, and is not found");
}

#[test]
fn a_user_who_need_not_be_verified_makes_no_verdict() {
    let accepted = |wanted: &str| {
        let mut ceremony = Ceremony { fired: vec![fired()], ..signed_in() };
        ceremony.options = Some(options_with(Kind::Authentication, "userVerification", json!(wanted)));
        let step = caused("user-verification-missing", ceremony);
        let mut part = part("s", vec![step]);
        part.scenario.steps[0].rule = Some(Rule::UserVerification);
        part.scenario.steps[0].expect = vec![OutcomeClass::Policy];
        only_part(&judge(&run(vec![part])))
    };
    assert_eq!(accepted("preferred"), (Standing::DoesNotApply, Some(Reason::VerificationNotRequired)));
    assert_eq!(accepted("required").0, Standing::Failed);
}

#[test]
fn where_no_way_is_known_the_passkey_itself_counts() {
    let refusal = recovered(Some(good_refusal()), vec![way(Fallback::Phone, hidden(), None)]);
    assert_eq!(found(&refusal)[0].0, "retry-refused/authentication-verify");
    assert!(matches!(found(&refusal)[0].1, Found::Answered { .. }));
    let blind = recovered(None, vec![way(Fallback::Phone, hidden(), None)]);
    assert_eq!((found(&blind).len(), &blind.blind_spots[0].checks), (0, &vec![CheckId::NoRecovery]));
    assert_eq!(only_part(&blind), (Standing::NotObservable, Some(Reason::NothingSeen)));
    let nothing = recovered(None, Vec::new());
    assert_eq!((found(&nothing).len(), nothing.blind_spots.len()), (0, 0));
}

#[test]
fn what_was_played_to_get_back_is_looked_at_too() {
    let failed = || Ceremony { verify: Some(at(VERIFY, answer(500, "", "", ""))), ..signed_in() };
    let ok = || Observation::Seen(answer(200, "", "", ""));
    let server_error = |request: &str| format!("server-error/{request}");
    let found_in =
        |judged: &Judged| judged.findings.iter().flat_map(crate::verdict::Finding::ids).map(|id| id.to_string()).collect::<Vec<_>>();
    assert!(found_in(&recovered(Some(failed()), vec![])).contains(&server_error("authentication-verify")));
    assert!(found_in(&recovered(None, vec![way(Fallback::Phone, ok(), Some(failed()))])).contains(&server_error("authentication-verify")));
    let registration = Ceremony { kind: Kind::Registration, ..failed() };
    let broken = WayTried { registration: Some(registration), ..way(Fallback::Phone, ok(), Some(signed_in())) };
    assert_eq!(found_in(&recovered(None, vec![broken])), [server_error("registration-verify")]);
}

#[test]
fn a_way_that_the_scenario_says_the_user_takes() {
    let of = |answered| {
        let seen = StepSeen::Fallback { way: Fallback::Phone, answer: Box::new(answered) };
        judge(&run(vec![part("s", vec![other(Action::FallBack(Fallback::Phone), seen)])]))
    };
    let refusal = at(REPORTED, answer(403, "x", "", ""));
    let refused = of(Observation::Seen(refusal.clone()));
    let answer_found = Found::Answered { answer: crate::verdict::AnswerSummary::of(&refusal) };
    assert_eq!(found(&refused), [("no-recovery/fallback".to_owned(), answer_found)]);
    assert_eq!(refused.findings[0].evidence.as_ref().map(|evidence| evidence.entry), Some(REPORTED));
    let accepted = of(Observation::Seen(answer(200, "", "", "")));
    assert_eq!((found(&accepted).len(), only_part(&accepted).0), (0, Standing::Passed));
    let blind = of(hidden());
    assert_eq!((found(&blind).len(), &blind.blind_spots[0].checks), (0, &vec![CheckId::NoRecovery]));
}

#[test]
fn parts_are_judged_each_for_itself_but_challenges_over_the_whole_run() {
    let parts = || ["a", "b"].map(|id| part(id, vec![played(signed_in())])).into();
    let facts = RunFacts { fresh_each_time: false, ..run(parts()) };
    assert_eq!(leading(&facts), ["challenge-repeated/authentication-options"]);
    assert_eq!(leading(&run(parts())), [""; 0], "a relying party of its own for each");
}
