use faultkey_client::DomExceptionName::NotAllowedError;
use faultkey_relying_party::{Lost, Unseen};
use serde_json::json;

use super::*;
use crate::facts::sample::*;

fn half() -> Answer {
    Answer { arrived: Arrived::Part(Lost::Closed), ..answer(200, "", "", "") }
}

fn twice(first: Answer, second: Answer) -> Ceremony {
    refused(Answer { second: Some(Box::new(at(AGAIN, second))), ..first })
}

fn ok() -> Answer {
    answer(200, "", "", "")
}

fn no() -> Answer {
    answer(403, "x", "", "")
}

#[test]
fn names_and_requests() {
    assert_eq!([Kind::Registration, Kind::Authentication].map(Kind::name), ["registration", "authentication"]);
    assert_eq!([Phase::Options, Phase::Verify].map(Phase::name), ["options", "verify"]);
    let requests = |phase| [Kind::Registration, Kind::Authentication].map(|kind| kind.request(phase));
    assert_eq!(requests(Phase::Options), [Request::RegistrationOptions, Request::AuthenticationOptions]);
    assert_eq!(requests(Phase::Verify), [Request::RegistrationVerify, Request::AuthenticationVerify]);
}

#[test]
fn how_it_ended() {
    let ended = |ceremony: Ceremony| (ceremony.ended(), ceremony.failed());
    assert_eq!(ended(signed_in()), (Ended::Accepted, false));
    assert_eq!(ended(good_refusal()), (Ended::Refused, true));
    assert_eq!(ended(refused(lost())), (Ended::Network(Phase::Verify), true));
    assert_eq!(ended(refused(half())), (Ended::Network(Phase::Verify), true), "half an answer is none");
    let threw = thrown(Kind::Authentication, NotAllowedError, ok());
    let Some(Err(exception)) = threw.client.clone() else { panic!("nothing was thrown") };
    assert_eq!(ended(threw), (Ended::Client(exception), true));
    let options = |options| Ceremony { options, client: None, ..ceremony(Kind::Registration) };
    assert_eq!(ended(options(Some(lost()))), (Ended::Network(Phase::Options), true));
    assert_eq!(ended(options(Some(no()))), (Ended::Refused, true));
    assert_eq!(ended(options(None)), (Ended::Refused, true));
}

#[test]
fn of_two_answers_to_one_request_one_that_accepts_is_enough() {
    for (first, second, ended) in [
        (no(), ok(), Ended::Accepted),
        (ok(), no(), Ended::Accepted),
        (no(), no(), Ended::Refused),
        (lost(), ok(), Ended::Accepted),
        (lost(), no(), Ended::Network(Phase::Verify)),
        (no(), half(), Ended::Refused),
    ] {
        assert_eq!(twice(first, second).ended(), ended);
    }
    let answer = |first, second| twice(first, second).answer().map(|answer| answer.exchange);
    assert_eq!(answer(no(), ok()), Some(AGAIN), "the one that accepts is told");
    assert_eq!(answer(ok(), ok()), Some(VERIFY), "of two that accept, the first");
    assert_eq!(answer(no(), no()), Some(VERIFY));
    assert_eq!(answer(lost(), ok()), Some(AGAIN));
}

#[test]
fn where_it_ended_and_what_the_user_is_shown() {
    let at = |ceremony: &Ceremony| (ceremony.request(), ceremony.exchange(), ceremony.shown_at(), ceremony.shown_exchange());
    let verify = Request::AuthenticationVerify;
    assert_eq!(at(&good_refusal()), (verify, Some(VERIFY), verify, Some(VERIFY)));
    let threw = thrown(Kind::Registration, NotAllowedError, no());
    let (options, report) = (Request::RegistrationOptions, Request::FailureReport);
    assert_eq!(at(&threw), (options, Some(OPTIONS), report, Some(REPORTED)));
    assert_eq!(at(&cut(Kind::Authentication, no())), (verify, Some(VERIFY), report, Some(REPORTED)));
    let nowhere = Observation::NotObservable(Unseen::NoSection("report"));
    assert_eq!(at(&Ceremony { reported: Some(nowhere), ..threw }), (options, Some(OPTIONS), report, Some(OPTIONS)));
    assert_eq!(Ceremony { options: None, ..ceremony(Kind::Registration) }.exchange(), None);
}

#[test]
fn what_the_options_said() {
    assert_eq!(ceremony(Kind::Registration).given(), Some(&good_options(Kind::Registration)));
    assert_eq!(Ceremony { options: Some(no()), ..ceremony(Kind::Registration) }.given(), None);
    assert_eq!(Ceremony { options: None, ..ceremony(Kind::Registration) }.given(), None);
}

#[test]
fn an_answer_arrived_whole_or_not_at_all() {
    let status = |ceremony: Ceremony| ceremony.answer().map(|answer| answer.status);
    assert_eq!(status(good_refusal()), Some(403));
    assert_eq!(status(ceremony(Kind::Authentication)), Some(200), "to the options request");
    assert_eq!((status(refused(lost())), status(refused(half()))), (None, None));
    assert_eq!(status(Ceremony { options: None, ..ceremony(Kind::Authentication) }), None);
}

#[test]
fn what_is_shown_is_the_report_or_the_last_answer() {
    let status = |ceremony: &Ceremony| ceremony.shown().map(|answer| answer.status);
    assert_eq!(status(&good_refusal()), Ok(403));
    assert_eq!(status(&signed_in()), Ok(200));
    assert_eq!(status(&cut(Kind::Authentication, answer(418, "", "", ""))), Ok(418));
    let hidden = Ceremony { reported: Some(Observation::NotObservable(Unseen::NoSection("report"))), ..refused(lost()) };
    assert_eq!(status(&hidden), Err(Blind::Section { section: "report".to_owned() }));
    assert_eq!(status(&refused(lost())), Err(Blind::NotReached));
    let threw = Ceremony { reported: None, ..thrown(Kind::Authentication, NotAllowedError, no()) };
    assert_eq!(status(&threw), Err(Blind::NotReached));
    let nothing = Ceremony { options: None, client: None, ..ceremony(Kind::Authentication) };
    assert_eq!(status(&nothing), Err(Blind::NotReached));
}

#[test]
fn a_failure_says_something_and_so_does_a_code() {
    assert!(good_refusal().says_something());
    assert!(refused(lost()).says_something());
    assert!(refused(answer(200, "noted", "", "")).says_something());
    assert!(!signed_in().says_something());
}

#[test]
fn every_request_is_told_with_its_answer_in_order() {
    let exchanges = |ceremony: &Ceremony| -> Vec<(Request, usize)> {
        ceremony.requests().into_iter().map(|(request, answer)| (request, answer.exchange)).collect()
    };
    let (options, verify) = (Request::AuthenticationOptions, Request::AuthenticationVerify);
    let full = Ceremony {
        reported: Some(Observation::Seen(at(REPORTED, no()))),
        challenge_probe: probed(no()),
        new_options: Some(at(11, ok())),
        ..twice(no(), no())
    };
    assert_eq!(
        exchanges(&full),
        [(options, OPTIONS), (verify, VERIFY), (verify, AGAIN), (Request::FailureReport, REPORTED), (verify, AGAIN), (options, 11)]
    );
    let repeated = Ceremony { repeated: true, ..refused(no()) };
    assert_eq!(exchanges(&repeated), [(verify, VERIFY)], "its options were those of the first");
    let unseen = Ceremony {
        reported: Some(Observation::NotObservable(Unseen::NoSection("report"))),
        challenge_probe: Some(ChallengeProbe::Inconclusive),
        ..ceremony(Kind::Authentication)
    };
    assert_eq!(exchanges(&unseen), [(options, OPTIONS)]);
}

#[test]
fn what_was_logged_is_the_last_new_line() {
    let logged = |before: &[&str], after: &[&str]| {
        Ceremony { before: state(false, &[], before), after: state(false, &[], after), ..good_refusal() }.logged()
    };
    let reason = |reason: Option<&str>| Observation::Seen(reason.map(str::to_owned));
    assert_eq!(logged(&["old"], &["old", "a", "b"]), reason(Some("b")));
    assert_eq!(logged(&["old"], &["old"]), reason(None));
    let unseen = || Observation::NotObservable(Unseen::NoSection("hooks.log"));
    let mut ceremony = good_refusal();
    ceremony.before.log = Observation::NotObservable(Unseen::NoSection("hooks.log"));
    assert_eq!(ceremony.logged(), unseen());
    ceremony = good_refusal();
    ceremony.after.log = Observation::NotObservable(Unseen::NoSection("hooks.log"));
    assert_eq!(ceremony.logged(), unseen());
    let summary = ceremony.summary().unwrap();
    assert_eq!((summary.status, summary.logged), (403, None));
    assert_eq!(good_refusal().summary().unwrap().logged.as_deref(), Some("a-reason"));
    assert_eq!(refused(lost()).summary(), None);
}

#[test]
fn the_credential_that_was_used() {
    assert_eq!(signed_in().credential_id(), Some("k"));
    assert_eq!(Ceremony { client: Some(Ok(json!({ "id": 7 }))), ..signed_in() }.credential_id(), None);
    assert_eq!(Ceremony { client: None, ..signed_in() }.credential_id(), None);
    assert_eq!(thrown(Kind::Authentication, NotAllowedError, no()).credential_id(), None);
}
