//! One weakness is one finding, at the request that has it.

use std::collections::BTreeSet;

use faultkey_client::DomExceptionName;
use faultkey_relying_party::{Answer, Observation};
use faultkey_transport::transcript::RequestPurpose;
use faultkey_transport::{Entry, What};

use crate::check::Request;
use crate::facts::sample::{answer, ceremony, cut, lost, options, refused, row, state, thrown};
use crate::facts::{Asked, Attempt, BrokenOff, Ceremony, Kind, PartFacts, RunFacts, StepFacts, StepSeen};
use crate::judge::judge;
use crate::scenario::Scenario;

/// The ids of what is found in a scenario of these steps (TOML), which showed this.
fn found(steps: &str, seen: Vec<StepSeen>, broken_off: Option<BrokenOff>) -> BTreeSet<String> {
    let judged = judge(&facts(steps, seen, broken_off));
    judged.findings.iter().flat_map(|finding| finding.ids()).map(|id| id.to_string()).collect()
}

fn facts(steps: &str, seen: Vec<StepSeen>, broken_off: Option<BrokenOff>) -> RunFacts {
    let head = "id = \"s\"\ntitle = \"s\"\nprofiles = [\"iphone\"]\nevidence = \"inferred\"\nevidence-note = \"For this test.\"\n[words]\n";
    let scenario = Scenario::parse("s.toml", &format!("{head}{steps}")).unwrap();
    let steps = seen.into_iter().map(|seen| StepFacts { disturbed: true, fired: Vec::new(), effect: None, seen }).collect();
    let attempts = vec![Attempt { steps, broken_off, ..Attempt::default() }];
    let part = PartFacts { scenario, profile: "iphone".to_owned(), skipped: None, attempts, replay: String::new() };
    RunFacts { challenge_lifetime: None, fresh_each_time: false, parts: vec![part] }
}

fn step(text: &str) -> String {
    format!("[[step]]\n{text}\n")
}

fn set<const N: usize>(ids: [&str; N]) -> BTreeSet<String> {
    ids.into_iter().map(str::to_owned).collect()
}

fn played(ceremony: Ceremony) -> StepSeen {
    StepSeen::Ceremony(Box::new(ceremony))
}

fn accepted(kind: Kind) -> Ceremony {
    let after = state(kind == Kind::Authentication, &[row("k")], &[]);
    // Which device it is was the caller's wish.
    let asked = Asked { resident_key: true };
    Ceremony { verify: Some(answer(200, "", "", "")), after, asked, ..ceremony(kind) }
}

#[test]
fn a_fact_is_told_at_the_request_that_makes_it_so_whenever_it_is_looked_at() {
    let steps =
        [step("do = \"register\""), step("do = \"log-in\""), step("do = \"check\"\ncredentials = 1\nsessions-at-most = 1")].concat();
    let seen = |rows| {
        let several = vec![StepSeen::Credentials(Observation::Seen(rows)), StepSeen::Sessions(Observation::Seen((0, 2)))];
        vec![played(accepted(Kind::Registration)), played(accepted(Kind::Authentication)), StepSeen::Several(several)]
    };
    assert_eq!(found(&steps, seen(0), None), set(["accepted-not-stored/registration-verify", "extra-session/authentication-verify"]));
    assert_eq!(found(&steps, seen(2), None), set(["duplicate-credential/registration-verify", "extra-session/authentication-verify"]));
}

#[test]
fn a_fact_is_shown_by_the_request_that_makes_it_so() {
    let steps =
        [step("do = \"register\""), step("do = \"log-in\""), step("do = \"check\"\ncredentials = 1\nsessions-at-most = 1")].concat();
    let several = vec![StepSeen::Credentials(Observation::Seen(0)), StepSeen::Sessions(Observation::Seen((0, 2)))];
    let at = |exchange, kind| Ceremony { verify: Some(Answer { exchange, ..answer(200, "", "", "") }), ..accepted(kind) };
    let seen = vec![played(at(5, Kind::Registration)), played(at(7, Kind::Authentication)), StepSeen::Several(several)];
    let mut facts = facts(&steps, seen, None);
    let request = |number: usize| {
        let what = What::HttpRequest {
            method: "POST".to_owned(),
            path: format!("/{number}"),
            headers: Vec::new(),
            body: String::new(),
            purpose: RequestPurpose::default(),
        };
        Entry { number, at: 0, what }
    };
    facts.parts[0].attempts[0].transcript = (1..10).map(request).collect();
    let shown: Vec<_> =
        judge(&facts).findings.into_iter().map(|finding| (finding.id.to_string(), finding.evidence.unwrap().path)).collect();
    let expected = [("extra-session/authentication-verify", "/7"), ("accepted-not-stored/registration-verify", "/5")];
    assert_eq!(shown, expected.map(|(id, path)| (id.to_owned(), path.to_owned())));
}

#[test]
fn a_row_that_is_there_twice_was_made_by_a_registration_though_a_sign_in_shows_it() {
    let twice = Ceremony { after: state(true, &[row("k"), row("k")], &[]), ..accepted(Kind::Authentication) };
    let steps = [step("do = \"register\""), step("do = \"log-in\"")].concat();
    let seen = vec![played(accepted(Kind::Registration)), played(twice)];
    assert_eq!(found(&steps, seen, None), set(["duplicate-credential/registration-verify"]));
}

#[test]
fn only_failures_need_different_reasons() {
    let reasons = |reasons: &[Option<&str>]| {
        let reasons = reasons.iter().map(|reason| reason.map(str::to_owned)).collect();
        found(
            &step("do = \"check\"\ndistinct-reasons = 7"),
            vec![StepSeen::Several(vec![StepSeen::Reasons(Observation::Seen(reasons))])],
            None,
        )
    };
    assert_eq!(reasons(&[Some("a"), Some("b")]), set([]), "five were accepted, and that is judged elsewhere");
    assert_eq!(reasons(&[Some("a"), Some("a")]), set(["reason-not-logged/authentication-verify"]));
    assert_eq!(reasons(&[Some("a"), None]), set(["reason-not-logged/authentication-verify"]));
    assert_eq!(reasons(&[]), set([]));
}

#[test]
fn after_a_registration_that_was_refused_no_client_can_sign_in() {
    let tolerate = |verb: &str| step(&format!("do = \"{verb}\"\nexpect = [\"O-TOLERATE\"]\nrule = \"empty-extensions\""));
    let steps = [tolerate("register"), tolerate("log-in")].concat();
    let explained = || answer(400, "unreadable", "retry password", "");
    let there = || vec![("password".to_owned(), Observation::Seen(true))];
    let refuse = || {
        let empty = state(false, &[], &["unreadable"]);
        Ceremony { verify: Some(explained()), after: empty, ways: there(), ..ceremony(Kind::Registration) }
    };
    let none = || Ceremony {
        ways: there(),
        ..thrown(Kind::Authentication, DomExceptionName::NotAllowedError, answer(200, "none", "retry password", ""))
    };
    let refused_then = |authentication| vec![played(refuse()), played(authentication)];
    assert_eq!(found(&steps, refused_then(none()), None), set(["empty-extensions-refused/registration-verify"]));

    let accepted_then = vec![played(accepted(Kind::Registration)), played(none())];
    assert_eq!(found(&steps, accepted_then, None), set(["empty-extensions-refused/authentication-options"]));
    let either = [tolerate("register"), tolerate("register"), tolerate("log-in")].concat();
    let kept =
        vec![played(accepted(Kind::Registration)), played(Ceremony { options: Some(options("second")), ..refuse() }), played(none())];
    let both = set(["empty-extensions-refused/registration-verify", "empty-extensions-refused/authentication-options"]);
    assert_eq!(found(&either, kept, None), both, "the first one's passkey is there");
    let refused_too = Ceremony { kind: Kind::Authentication, before: state(false, &[], &[]), ..refuse() };
    let both = set(["empty-extensions-refused/registration-verify", "empty-extensions-refused/authentication-verify"]);
    assert_eq!(found(&steps, refused_then(refused_too), None), both, "the relying party was asked");
    let again = Ceremony { kind: Kind::Registration, options: Some(options("second")), ..none() };
    let both = set(["empty-extensions-refused/registration-verify", "empty-extensions-refused/registration-options"]);
    assert_eq!(found(&[tolerate("register"), tolerate("register")].concat(), refused_then(again), None), both, "any client can register");
    let started_over = [tolerate("register"), step("do = \"start-over\""), tolerate("log-in")].concat();
    let seen = vec![played(refuse()), StepSeen::Nothing, played(none())];
    let both = set(["empty-extensions-refused/registration-verify", "empty-extensions-refused/authentication-options"]);
    assert_eq!(found(&started_over, seen, None), both, "another account never registered");
}

#[test]
fn of_a_ceremony_during_which_the_relying_party_stopped_that_is_all_that_is_told() {
    let gone = Answer { faulted: false, ..lost() };
    let died = Ceremony { verify: Some(gone.clone()), reported: Some(Observation::Seen(gone)), ..ceremony(Kind::Authentication) };
    let broken_off = BrokenOff::StoppedAnswering { step: 0, request: Request::AuthenticationVerify, exchange: Some(1) };
    assert_eq!(found(&step("do = \"log-in\""), vec![played(died)], Some(broken_off)), set(["stopped-answering/authentication-verify"]));
}

#[test]
fn a_registration_that_is_accepted_may_replace_the_passkey() {
    let forbid = "forbid = [\"credential-deleted\", \"credential-changed\"]";
    let replaced = |kind| Ceremony { before: state(false, &[row("old")], &[]), ..accepted(kind) };
    let registered = found(&step(&format!("do = \"register\"\n{forbid}")), vec![played(replaced(Kind::Registration))], None);
    assert_eq!(registered, set([]));
    let signed_in = found(&step(&format!("do = \"log-in\"\n{forbid}")), vec![played(replaced(Kind::Authentication))], None);
    assert_eq!(signed_in, set(["credential-deleted/authentication-verify"]));
    let text = "do = \"register\"\nexpect = [\"O-RETRY-NEW-CHALLENGE\"]\nforbid = [\"credential-deleted\"]";
    let there = vec![("password".to_owned(), Observation::Seen(true))];
    let told = answer(200, "interrupted", "retry password", "");
    let lost =
        Ceremony { after: state(false, &[], &[]), ways: there, new_options: Some(options("second")), ..cut(Kind::Registration, told) };
    assert_eq!(found(&step(text), vec![played(lost)], None), set(["credential-deleted/registration-verify"]));
}

#[test]
fn a_registration_that_stands_is_not_told_as_lost() {
    let steps = step("do = \"register\"\nexpect = [\"O-RECONCILE\", \"O-ALREADY\", \"O-RETRY-NEW-CHALLENGE\"]");
    let there = || vec![("password".to_owned(), Observation::Seen(true))];
    let told = |accepted| Answer { accepted, ..answer(200, "interrupted", "retry password", "") };
    let new = || Some(options("second"));
    let stored = |accepted| Ceremony { ways: there(), new_options: new(), ..cut(Kind::Registration, told(accepted)) };
    let seen = |ceremony| found(&steps, vec![played(ceremony)], None);
    assert_eq!(seen(stored(true)), set([]));
    assert_eq!(seen(stored(false)), set(["tells-not-what-stands/failure-report"]));
    assert_eq!(seen(Ceremony { after: state(false, &[], &[]), ..stored(false) }), set([]), "it is lost");
    assert_eq!(seen(Ceremony { client: None, ..stored(false) }), set([]), "what was made is not what is stored");

    let text = "do = \"log-in\"\nexpect = [\"O-RETRY-NEW-CHALLENGE\"]";
    let signed_in = Ceremony { kind: Kind::Authentication, after: state(true, &[row("k")], &[]), ..stored(false) };
    assert_eq!(found(&step(text), vec![played(signed_in)], None), set([]), "whoever comes without the new cookie is not signed in");
    let text = "do = \"register\"\nexpect = [\"O-SECURITY-REJECT\"]\nrule = \"form\"";
    let taken = Ceremony { kind: Kind::Registration, ways: there(), ..refused(answer(400, "taken", "password", "")) };
    assert_eq!(found(&step(text), vec![played(taken)], None), set([]), "it stood before");
}
