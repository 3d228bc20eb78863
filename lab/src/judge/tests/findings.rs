//! How what failed is told: once, with where it was seen and the request and answer that show it.

use faultkey_relying_party::Observation;
use faultkey_transport::What;
use faultkey_transport::transcript::RequestPurpose;

use super::*;
use crate::check::{FindingId, Gravity, Request};
use crate::facts::sample::*;
use crate::facts::{Ceremony, PartFacts, StepSeen};
use crate::scenario::{OutcomeClass, Rule};
use crate::verdict::{Found, SeenIn};

fn locked() -> Ceremony {
    let mut ceremony = good_refusal();
    ceremony.after.account = account(true, 5);
    ceremony
}

fn seen(scenario: &str, step: usize) -> SeenIn {
    SeenIn { scenario: scenario.to_owned(), profile: "p".to_owned(), step, times: None }
}

fn evidence_at(exchange: Option<usize>, transcript: Vec<faultkey_transport::Entry>) -> Option<crate::verdict::Evidence> {
    let mut facts = run(vec![part("s", vec![played(signed_in())])]);
    let attempt = &mut facts.parts[0].attempts[0];
    attempt.transcript = transcript;
    attempt.broken_off = Some(BrokenOff::StoppedAnswering { step: 0, request: Request::AuthenticationVerify, exchange });
    judge(&facts).findings.remove(0).evidence
}

fn request(body: &str) -> What {
    What::HttpRequest {
        method: "PUT".to_owned(),
        path: "/p".to_owned(),
        headers: Vec::new(),
        body: body.to_owned(),
        purpose: RequestPurpose::Ceremony,
    }
}

fn response(body: &str) -> What {
    What::HttpResponse { status: 418, headers: Vec::new(), body: body.to_owned() }
}

#[test]
fn one_property_seen_in_29_scenarios_is_one_finding_with_29_places() {
    let parts = (1..=29).map(|number| part(&format!("s{number:02}"), vec![played(signed_in()), played(locked())])).collect();
    let judged = judge(&run(parts));
    let [finding] = judged.findings.as_slice() else { panic!("{:?}", judged.findings) };
    assert_eq!(finding.id, FindingId { check: CheckId::AccountLocked, request: Request::AuthenticationVerify });
    assert_eq!((finding.gravity, &finding.found, finding.seen.len()), (Gravity::State, &Found::Locked, 29));
    assert_eq!((&finding.seen[0], &finding.seen[28]), (&seen("s01", 2), &seen("s29", 2)));
    assert_eq!(finding.replay, "faultkey exercise --scenario s01");
}

#[test]
fn a_scenario_is_named_once_for_each_profile_at_its_first_step() {
    let on = |profile: &str, steps| PartFacts { profile: profile.to_owned(), ..part("s", steps) };
    let parts = vec![on("q", vec![played(signed_in()), played(locked()), played(locked())]), on("o", vec![played(locked())])];
    let judged = judge(&run(parts));
    let places: Vec<(&str, usize)> = judged.findings[0].seen.iter().map(|seen| (seen.profile.as_str(), seen.step)).collect();
    assert_eq!(places, [("o", 1), ("q", 2)]);
}

#[test]
fn a_race_is_told_as_n_of_m_times() {
    let mut repeated = part("s", vec![played(locked())]);
    for ceremony in [good_refusal(), locked(), good_refusal()] {
        repeated.attempts.push(attempt(vec![StepSeen::Ceremony(Box::new(ceremony))]));
    }
    let judged = judge(&run(vec![repeated]));
    assert_eq!(judged.findings[0].seen, [SeenIn { times: Some((2, 4)), ..seen("s", 1) }]);
}

#[test]
fn what_the_same_change_mends_is_one_finding_and_the_gravest_leads_whatever_the_order() {
    // KeepCredential: a row is gone in one scenario, and changed in another.
    let gone = || part("gone", vec![played(Ceremony { after: state(false, &[], &["x"]), ..good_refusal() })]);
    let recounted = faultkey_relying_party::StoredCredential { sign_count: Some(9), ..row("k") };
    let changed =
        || part("changed", vec![played(Ceremony { after: state(false, std::slice::from_ref(&recounted), &["x"]), ..good_refusal() })]);
    for parts in [vec![gone(), changed()], vec![changed(), gone()]] {
        let judged = judge(&run(parts));
        let [finding] = judged.findings.as_slice() else { panic!("{:?}", judged.findings) };
        assert_eq!(finding.id.check, CheckId::CredentialDeleted);
        assert_eq!(finding.found, Found::RowsDeleted { ids: vec!["k".to_owned()] });
        assert_eq!(finding.also.len(), 1);
        assert_eq!(finding.also[0].id.check, CheckId::CredentialChanged);
        assert_eq!(finding.also[0].found, Found::RowsChanged { ids: vec!["k".to_owned()] });
        assert_eq!(finding.seen, [seen("changed", 1), seen("gone", 1)]);
        assert_eq!(finding.replay, "faultkey exercise --scenario gone");
    }
}

#[test]
fn a_remark_and_a_grave_finding_with_one_mend_are_one_and_the_grave_one_leads() {
    // ConsumeChallenge: the challenge survives a refusal, and an accepted answer is accepted again.
    let survives = part("survives", vec![played(Ceremony { challenge_probe: probed(answer(200, "", "", "")), ..good_refusal() })]);
    let replay = crate::facts::Replay {
        request: Request::AuthenticationVerify,
        from: crate::facts::ReplayFrom::NoSession,
        first: answer(200, "", "", ""),
        again: at(AGAIN, answer(200, "", "", "")),
    };
    let replayed = part("replayed", vec![other(crate::scenario::Action::Retry, StepSeen::Replay(Box::new(replay)))]);
    let facts = run(vec![survives, replayed]);
    assert_eq!(leading(&facts), ["replay/authentication-verify"]);
    assert_eq!(ids(&facts), ["challenge-survives-refusal/authentication-verify", "replay/authentication-verify"]);
    let judged = judge(&facts);
    assert_eq!(judged.findings[0].seen, [seen("replayed", 1), seen("survives", 1)]);
}

#[test]
fn what_the_same_request_and_answer_show_is_one_finding() {
    let both = || {
        let mut ceremony = locked();
        ceremony.after.authenticated = Observation::Seen(true);
        part("both", vec![played(ceremony)])
    };
    let judged = judge(&run(vec![both()]));
    let [finding] = judged.findings.as_slice() else { panic!("{:?}", judged.findings) };
    assert_eq!(finding.id.check, CheckId::SessionOnRefusal);
    assert_eq!(finding.also.iter().map(|aspect| aspect.id.check).collect::<Vec<_>>(), [CheckId::AccountLocked]);
    assert_eq!(finding.seen, [seen("both", 1)], "the scenario is named once");
}

#[test]
fn what_is_also_seen_elsewhere_is_told_for_itself_with_evidence_of_its_own_in_any_order() {
    let both = || {
        let mut ceremony = locked();
        ceremony.after.authenticated = Observation::Seen(true);
        part("both", vec![played(ceremony)])
    };
    let alone = || part("alone", vec![played(locked())]);
    for parts in [vec![both(), alone()], vec![alone(), both()]] {
        let judged = judge(&run(parts));
        let told: Vec<(CheckId, &str)> = judged.findings.iter().map(|finding| (finding.id.check, finding.replay.as_str())).collect();
        let scenario = |id| format!("faultkey exercise --scenario {id}");
        assert_eq!(told, [(CheckId::SessionOnRefusal, &*scenario("both")), (CheckId::AccountLocked, &*scenario("alone"))]);
        assert_eq!(judged.findings[1].seen, [seen("alone", 1), seen("both", 1)]);
    }
}

#[test]
fn other_requests_other_attempts_and_no_request_are_other_evidence() {
    let mut elsewhere = locked();
    elsewhere.options = Some(options_with(crate::facts::Kind::Authentication, "timeout", serde_json::json!(1)));
    let facts = run(vec![part("s", vec![played(elsewhere)])]);
    assert_eq!(leading(&facts), ["account-locked/authentication-verify", "timeout-short/authentication-options"]);

    let mut repeated = part("s", vec![played(locked())]);
    let mut session = good_refusal();
    session.after.authenticated = Observation::Seen(true);
    repeated.attempts.push(attempt(vec![StepSeen::Ceremony(Box::new(session))]));
    let facts = run(vec![repeated]);
    assert_eq!(leading(&facts), ["session-on-refusal/authentication-verify", "account-locked/authentication-verify"]);

    let mut gone = part("s", vec![played(signed_in())]);
    gone.attempts[0].broken_off = Some(BrokenOff::StoppedAnswering { step: 0, request: Request::AuthenticationVerify, exchange: None });
    let unsaid = Ceremony { verify: None, options: None, client: None, ways: Vec::new(), ..locked() };
    let facts = run(vec![gone, part("t", vec![played(unsaid)])]);
    assert_eq!(leading(&facts), ["stopped-answering/authentication-verify", "account-locked/authentication-options"]);
}

#[test]
fn ids_and_their_order_are_those_of_any_order_of_scenarios() {
    let parts = || {
        let mut session = locked();
        session.after.authenticated = Observation::Seen(true);
        let wayless = good_refusal_by(answer(403, "x", "retry", ""));
        let failed = Ceremony { verify: Some(at(VERIFY, answer(500, "x", "retry", ""))), ..good_refusal() };
        vec![
            part("a", vec![played(session)]),
            part("b", vec![played(locked()), played(wayless)]),
            part("c", vec![played(failed)]),
            part("d", vec![expecting(&[OutcomeClass::SecurityReject], Some(Rule::Origin), signed_in())]),
        ]
    };
    let expected = [
        "session-on-refusal/authentication-verify",
        "origin-not-verified/authentication-verify",
        "server-error/authentication-verify",
        "account-locked/authentication-verify",
    ];
    let first = leading(&run(parts()));
    assert_eq!(first[..4], expected);
    for turn in 0..4 {
        let mut turned = parts();
        turned.rotate_left(turn);
        assert_eq!(leading(&run(turned)), first);
        let mut reversed = parts();
        reversed.rotate_left(turn);
        reversed.reverse();
        assert_eq!(leading(&run(reversed)), first);
    }
}

#[test]
fn evidence_is_the_request_that_shows_it_with_its_answer() {
    let note = || What::Note { text: "step 2".to_owned() };
    let lines = || entries([request("first"), response("one"), note(), request("second"), note(), response("two"), request("third")]);
    let of = |exchange| {
        let evidence = evidence_at(exchange, lines())?;
        Some((evidence.entry, evidence.method, evidence.path, evidence.body, evidence.status, evidence.answer))
    };
    let told = |entry, body: &str, status, answer: &str| {
        Some((entry, "PUT".to_owned(), "/p".to_owned(), body.to_owned(), status, answer.to_owned()))
    };
    assert_eq!(of(Some(4)), told(4, "second", Some(418), "two"));
    assert_eq!(of(Some(1)), told(1, "first", Some(418), "one"));
    assert_eq!(of(Some(7)), told(7, "third", None, ""), "no answer came");
    assert_eq!((of(Some(2)), of(Some(99)), of(None)), (None, None, None));
    let lost = entries([request("first"), What::NetworkError { text: "reset".to_owned() }, response("late")]);
    assert_eq!(evidence_at(Some(1), lost).map(|evidence| (evidence.status, evidence.answer)), Some((None, "reset".to_owned())));
    let unanswered = entries([request("first"), request("second"), response("two")]);
    assert_eq!(evidence_at(Some(1), unanswered).map(|evidence| (evidence.status, evidence.answer)), Some((None, String::new())));
}

#[test]
fn evidence_is_cut_by_characters() {
    let of = |length| {
        let text = "é".repeat(length);
        let evidence = evidence_at(Some(1), entries([request(&text), response(&text)])).unwrap();
        assert_eq!((&evidence.body, evidence.body_cut_of), (&evidence.answer, evidence.answer_cut_of));
        (evidence.body, evidence.body_cut_of)
    };
    assert_eq!(of(8_000), ("é".repeat(8_000), None));
    assert_eq!(of(8_001), ("é".repeat(8_000), Some(16_002)));
}

#[test]
fn blind_spots_are_told_once_with_all_their_checks() {
    let mut blind = good_refusal();
    blind.after.credentials = hidden();
    blind.after.account = Observation::Seen(faultkey_relying_party::AccountState { locked: None, ..Default::default() });
    blind.sees.ways = false;
    let facts = || run(vec![part("a", vec![played(good_refusal_of(&blind))]), part("b", vec![played(good_refusal_of(&blind))])]);
    let judged = judge(&facts());
    assert_eq!(ids(&facts()), [""; 0]);
    let spots: Vec<(Blind, Vec<CheckId>)> = judged.blind_spots.into_iter().map(|spot| (spot.blind, spot.checks)).collect();
    let field = |section: &str, field: &str| Blind::Field { section: section.to_owned(), field: field.to_owned() };
    assert_eq!(
        spots,
        [
            (
                Blind::Section { section: "hooks.some".to_owned() },
                vec![CheckId::DuplicateCredential, CheckId::CredentialDeleted, CheckId::CredentialChanged]
            ),
            (field("hooks.account", "locked"), vec![CheckId::AccountLocked]),
            (field("hooks.account", "password-tries-left"), vec![CheckId::PasswordTryUsed]),
            (field("result", "next"), vec![CheckId::NoFallback]),
        ]
    );
}

/// A refusal of which just as little can be seen.
fn good_refusal_of(like: &Ceremony) -> Ceremony {
    Ceremony { sees: like.sees, after: like.after.clone(), ..good_refusal() }
}

#[test]
fn a_hook_that_fails_is_a_blind_spot_and_what_was_not_reached_is_none() {
    let mut failed = good_refusal();
    let way = faultkey_relying_party::Unseen::NoAddress { way: "password".to_owned() };
    failed.ways = vec![("password".to_owned(), Observation::NotObservable(way.clone()))];
    let judged = judge(&run(vec![part("a", vec![played(failed)])]));
    let [spot] = judged.blind_spots.as_slice() else { panic!("{:?}", judged.blind_spots) };
    assert_eq!(spot.blind, Blind::HookFailed { section: String::new(), problem: way.to_string() });
    assert_eq!(spot.checks, [CheckId::FallbackBroken]);

    let lost = Ceremony { verify: Some(at(VERIFY, lost())), ..good_refusal() };
    let again = Some(at(AGAIN, answer(429, "", "", "")));
    let limited = expecting(&[OutcomeClass::RetryNewChallenge], Some(Rule::Challenge), Ceremony { new_options: again, ..good_refusal() });
    let judged = judge(&run(vec![part("a", vec![expecting(&[OutcomeClass::SecurityReject], Some(Rule::Origin), lost), limited])]));
    assert_eq!((judged.blind_spots.len(), judged.findings.len()), (0, 0));
}
