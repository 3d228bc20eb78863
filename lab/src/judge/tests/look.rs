//! What each look sees, what it does not see, and where.

use std::time::Duration;

use faultkey_client::DomExceptionName::{InvalidStateError, NotAllowedError};
use faultkey_relying_party::{AccountState, Answer, Arrived, Lost, Observation, StoredCredential};

use super::*;
use crate::check::Request;
use crate::facts::sample::*;
use crate::facts::{Ceremony, ChallengeProbe, Kind, State};
use crate::judge::look::*;
use crate::verdict::{AnswerSummary, Found};

const ALL: &str = "retry password phone register-again support";

fn fails(looked: &Looked) -> Option<&Found> {
    match &looked.look {
        Look::Fails(found) => Some(found),
        _ => None,
    }
}

fn holds(looked: &Looked) -> bool {
    looked.look == Look::Holds
}

fn answered(answer: &Answer) -> Found {
    Found::Answered { answer: AnswerSummary::of(answer) }
}

fn not_reached() -> Look {
    Look::Unseen(Blind::NotReached)
}

fn missing_field(section: &str, field: &str) -> Look {
    Look::Unseen(Blind::Field { section: section.to_owned(), field: field.to_owned() })
}

/// After which nothing was reported, so that what the user sees can't be known.
fn silent() -> Ceremony {
    Ceremony { verify: Some(at(VERIFY, lost())), ..ceremony(Kind::Authentication) }
}

fn thrown_out(name: faultkey_client::DomExceptionName, status: u16) -> Ceremony {
    thrown(Kind::Authentication, name, answer(status, "x", ALL, ""))
}

fn with_after(ceremony: Ceremony, change: impl FnOnce(&mut crate::facts::State)) -> Ceremony {
    let mut ceremony = ceremony;
    change(&mut ceremony.after);
    ceremony
}

#[test]
fn a_look_names_the_request_that_ended_the_ceremony_or_that_the_user_is_shown() {
    let refusal = good_refusal();
    assert_eq!(
        at_end(CheckId::NoReason, &refusal, Look::Holds),
        Looked { check: CheckId::NoReason, request: Request::AuthenticationVerify, exchange: Some(VERIFY), look: Look::Holds }
    );
    let thrown = thrown_out(NotAllowedError, 200);
    assert_eq!(
        at_end(CheckId::NoRetry, &thrown, unseen()),
        Looked { check: CheckId::NoRetry, request: Request::AuthenticationOptions, exchange: Some(OPTIONS), look: unseen() }
    );
    assert_eq!(
        at_shown(CheckId::NoRetry, &thrown, unseen()),
        Looked { check: CheckId::NoRetry, request: Request::FailureReport, exchange: Some(REPORTED), look: unseen() }
    );
}

#[test]
fn how_a_ceremony_ended() {
    let threw = ending(&thrown_out(InvalidStateError, 200));
    assert_eq!(threw, Found::ClientThrew { name: "InvalidStateError".to_owned(), message: "no".to_owned() });
    assert_eq!(ending(&silent()), Found::NoAnswer { problem: Lost::Reset.to_string() });
    let half = Answer { arrived: Arrived::Part(Lost::Closed), ..answer(200, "", "", "") };
    assert_eq!(ending(&refused(half)), Found::NoAnswer { problem: Lost::Closed.to_string() });
    let no_options = Ceremony { options: Some(lost()), client: None, ..ceremony(Kind::Authentication) };
    assert_eq!(ending(&no_options), Found::NoAnswer { problem: Lost::Reset.to_string() });
    assert_eq!(ending(&good_refusal()), answered(&answer(403, "a-code", "retry register-again password", "")));
    assert_eq!(ending(&signed_in()), answered(&answer(200, "", "", "")));
    let nothing = Ceremony { options: None, client: None, ..ceremony(Kind::Authentication) };
    assert_eq!(ending(&nothing), Found::NoAnswer { problem: String::new() });
}

#[test]
fn a_refusal_is_told_by_the_status() {
    let of = |status| refused_with_4xx(&refused(Answer { accepted: false, ..answer(status, "x", "", "") }));
    for (status, fine) in [(199, true), (200, false), (299, false), (300, true), (404, true)] {
        assert_eq!(holds(&of(status)), fine, "{status}");
    }
    assert_eq!(fails(&of(200)), Some(&answered(&Answer { accepted: false, ..answer(200, "x", "", "") })));
    assert_eq!(refused_with_4xx(&silent()).look, not_reached());
}

#[test]
fn what_is_accepted_is_there() {
    assert_eq!(established(&signed_in()), at_end(CheckId::AcceptedWithoutSession, &signed_in(), Look::Holds));
    let without = with_after(signed_in(), |after| after.authenticated = Observation::Seen(false));
    assert_eq!(fails(&established(&without)), Some(&Found::NoSession));
    assert_eq!(established(&with_after(signed_in(), |after| after.authenticated = hidden())).look, unseen());

    assert_eq!(established(&registered()), at_end(CheckId::AcceptedNotStored, &registered(), Look::Holds));
    let other = with_after(registered(), |after| after.credentials = Observation::Seen(vec![row("l"), row("m")]));
    assert_eq!(fails(&established(&other)), Some(&Found::NotStored { rows: 2 }));
    assert_eq!(established(&with_after(registered(), |after| after.credentials = hidden())).look, unseen());
}

#[test]
fn no_session_comes_of_a_refusal() {
    let with_session = |ceremony: Ceremony| with_after(ceremony, |after| after.authenticated = Observation::Seen(true));
    assert!(holds(&no_session(&good_refusal()).unwrap()));
    let session = no_session(&with_session(good_refusal())).unwrap();
    assert_eq!((session.check, fails(&session)), (CheckId::SessionOnRefusal, Some(&Found::SessionExists)));
    assert_eq!(fails(&no_session(&with_session(thrown_out(NotAllowedError, 400))).unwrap()), Some(&Found::SessionExists));
    assert_eq!(no_session(&with_after(good_refusal(), |after| after.authenticated = hidden())).unwrap().look, unseen());
    // It was signed in before, it was accepted, or it may have been accepted and the answer was lost.
    let before = Ceremony { before: state(true, &[row("k")], &[]), ..with_session(good_refusal()) };
    assert_eq!(no_session(&before), None);
    assert_eq!(no_session(&signed_in()), None);
    assert_eq!(no_session(&with_session(silent())), None);
}

#[test]
fn rows_are_kept_and_unchanged() {
    let between = |before: &[StoredCredential], after: &[StoredCredential]| {
        let ceremony = Ceremony { before: state(false, before, &[]), after: state(false, after, &[]), ..good_refusal() };
        (rows_kept(&ceremony), rows_unchanged(&ceremony))
    };
    let (kept, unchanged) = between(&[row("k")], &[row("k"), row("new")]);
    assert!(holds(&kept) && holds(&unchanged));
    assert_eq!((kept.check, unchanged.check), (CheckId::CredentialDeleted, CheckId::CredentialChanged));

    let (kept, unchanged) = between(&[row("k"), row("l")], &[row("l")]);
    assert_eq!(fails(&kept), Some(&Found::RowsDeleted { ids: vec!["k".to_owned()] }));
    assert!(holds(&unchanged), "what is gone is not changed as well");

    let other_key = StoredCredential { public_key: Some("other".to_owned()), ..row("k") };
    let (kept, unchanged) = between(&[row("k"), row("l")], &[other_key, row("l")]);
    assert!(holds(&kept));
    assert_eq!(fails(&unchanged), Some(&Found::RowsChanged { ids: vec!["k".to_owned()] }));

    assert_eq!(rows_kept(&with_after(good_refusal(), |after| after.credentials = hidden())).look, unseen());
    let before = Ceremony { before: crate::facts::State { credentials: hidden(), ..state(false, &[], &[]) }, ..good_refusal() };
    assert_eq!(rows_unchanged(&before).look, unseen());
}

#[test]
fn there_are_no_more_rows_than_registrations_that_were_told() {
    let of = |rows: &[&str], told| {
        let rows: Vec<_> = rows.iter().map(|id| row(id)).collect();
        no_duplicates(&with_after(registered(), |after| after.credentials = Observation::Seen(rows)), told)
    };
    for (rows, told, fine) in
        [(&[][..], 0, true), (&["k"], 0, true), (&["k", "l"], 1, false), (&["k", "l"], 2, true), (&["k", "k"], 2, false)]
    {
        assert_eq!(holds(&of(rows, told)), fine, "{rows:?} {told}");
    }
    assert_eq!(fails(&of(&["k", "l"], 0)), Some(&Found::Rows { rows: 2, registrations: 0 }));
    assert_eq!(no_duplicates(&with_after(registered(), |after| after.credentials = hidden()), 1).look, unseen());
}

#[test]
fn the_account_pays_for_nothing() {
    let with = |account| with_after(good_refusal(), |after| after.account = account);
    assert!(holds(&not_locked(&good_refusal())));
    assert_eq!(fails(&not_locked(&with(account(true, 5)))), Some(&Found::Locked));
    assert_eq!(not_locked(&with(hidden())).look, unseen());
    let silent = Observation::Seen(AccountState::default());
    assert_eq!(not_locked(&with(silent.clone())).look, missing_field("hooks.account", "locked"));

    assert!(holds(&tries_unchanged(&with(account(false, 5)))));
    assert!(holds(&tries_unchanged(&with(account(false, 6)))), "a sign-in may give tries back");
    assert_eq!(fails(&tries_unchanged(&with(account(false, 4)))), Some(&Found::PasswordTries { before: 5, after: 4 }));
    assert_eq!(tries_unchanged(&with(hidden())).look, unseen());
    assert_eq!(tries_unchanged(&with(silent)).look, missing_field("hooks.account", "password-tries-left"));
    let mut before = good_refusal();
    before.before.account = hidden();
    assert_eq!(tries_unchanged(&before).look, unseen());
}

#[test]
fn ways_on_are_offered() {
    let of = |next: &str| refused(answer(403, "x", next, ""));
    for (next, retry, again, something) in [
        ("", false, false, false),
        ("retry", true, false, true),
        ("register-again", false, true, true),
        ("password", false, false, true),
        ("phone", false, false, true),
        ("support", false, false, true),
        ("a-newsletter", false, false, false),
    ] {
        let looks = [offers_retry(&of(next)), offers_register_again(&of(next)), offers_something(&of(next))];
        assert_eq!(checked(&looks), [CheckId::NoRetry, CheckId::NoRegisterAgain, CheckId::NoFallback]);
        assert_eq!(looks.each_ref().map(holds), [retry, again, something], "{next}");
    }
    let offered = Found::Offers { ways: vec!["phone".to_owned()], answer: AnswerSummary::of(&answer(403, "x", "phone", "")) };
    assert_eq!(fails(&offers_retry(&of("phone"))), Some(&offered));
    let mut unmapped = of("");
    unmapped.sees.ways = false;
    assert_eq!(offers_retry(&unmapped).look, missing_field("result", "next"));
    assert_eq!(offers_retry(&silent()).look, not_reached());
    let nowhere = Ceremony { reported: Some(hidden()), ..thrown_out(NotAllowedError, 400) };
    assert_eq!(offers_retry(&nowhere).look, unseen());
}

#[test]
fn another_way_to_sign_in_is_offered_and_is_there() {
    let of = |next: &str, ways: &[(&str, Observation<bool>)]| {
        let ways = ways.iter().map(|(way, there)| ((*way).to_owned(), there.clone())).collect();
        fallback(&Ceremony { ways, ..refused(answer(403, "x", next, "")) }).unwrap()
    };
    let (there, gone) = (Observation::Seen(true), Observation::Seen(false));
    for way in OTHER_WAYS {
        assert!(holds(&of(way, &[(way, there.clone())])), "{way}");
    }
    let none = of("retry", &[("retry", there.clone())]);
    assert_eq!((none.check, matches!(none.look, Look::Fails(Found::Offers { .. }))), (CheckId::NoFallback, true));
    let broken = of("password phone", &[("password", gone.clone()), ("phone", gone.clone())]);
    assert_eq!(broken.check, CheckId::FallbackBroken);
    assert_eq!(fails(&broken), Some(&Found::LeadsNowhere { ways: vec!["password".to_owned(), "phone".to_owned()] }));
    assert_eq!(of("password", &[("retry", there.clone()), ("password", gone.clone())]).check, CheckId::FallbackBroken);
    assert!(holds(&of("password phone", &[("password", gone.clone()), ("phone", there)])), "one is enough");
    let blind = of("password phone", &[("password", gone), ("phone", hidden())]);
    assert_eq!((blind.check, blind.look), (CheckId::FallbackBroken, unseen()));
}

#[test]
fn who_got_what_they_wanted_needs_no_other_way() {
    let told = |kind, status| cut(kind, answer(status, "x", "", ""));
    let signed_in_now = |ceremony| with_after(ceremony, |after| after.authenticated = Observation::Seen(true));
    assert_eq!(fallback(&signed_in_now(told(Kind::Authentication, 200))), None);
    assert!(fallback(&signed_in_now(told(Kind::Authentication, 400))).is_some(), "told otherwise");
    assert!(fallback(&told(Kind::Authentication, 200)).is_some(), "not signed in");
    assert_eq!(fallback(&told(Kind::Registration, 200)), None);
    assert!(fallback(&told(Kind::Registration, 404)).is_some(), "told otherwise");
    let nothing = with_after(told(Kind::Registration, 200), |after| after.credentials = Observation::Seen(Vec::new()));
    assert!(fallback(&nothing).is_some(), "not stored");
}

#[test]
fn the_device_is_told_of_unknown_passkeys_and_of_no_others() {
    let of = |signal: &str| refused(answer(404, "x", "", signal));
    let (known, unknown) = (of("all-accepted-credentials"), of("unknown-credential"));
    assert_eq!((signals_unknown(&unknown).check, no_signal(&known).check), (CheckId::UnknownNotSignalled, CheckId::KnownSignalledUnknown));
    assert!(holds(&signals_unknown(&unknown)) && holds(&no_signal(&known)));
    assert_eq!(fails(&signals_unknown(&known)), Some(&Found::Signals { methods: vec!["all-accepted-credentials".to_owned()] }));
    assert_eq!(fails(&no_signal(&unknown)), Some(&Found::Signals { methods: vec!["unknown-credential".to_owned()] }));
    let mut unmapped = of("");
    unmapped.sees.signals = false;
    assert_eq!(no_signal(&unmapped).look, missing_field("result", "signal"));
}

#[test]
fn a_reason_is_a_code_or_a_message() {
    let of = |code: Option<&str>, message: Option<&str>| {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        names_a_reason(&refused(Answer { code: owned(code), message: owned(message), ..answer(403, "", "", "") }))
    };
    assert_eq!(of(Some("c"), None).check, CheckId::NoReason);
    assert!(holds(&of(Some("c"), None)) && holds(&of(None, Some("m"))) && holds(&of(Some(" "), Some("m"))));
    assert!(matches!(fails(&of(None, None)), Some(Found::Answered { .. })));
    assert!(matches!(fails(&of(Some(""), Some(" "))), Some(Found::Answered { .. })));
    let mut unmapped = refused(answer(403, "", "", ""));
    unmapped.sees.reasons = false;
    assert_eq!(names_a_reason(&unmapped).look, missing_field("result", "message"));
}

#[test]
fn a_reason_is_logged() {
    assert_eq!(reason_logged(&good_refusal()), at_end(CheckId::ReasonNotLogged, &good_refusal(), Look::Holds));
    let empty = with_after(good_refusal(), |after| after.log = Observation::Seen(Vec::new()));
    assert_eq!(fails(&reason_logged(&empty)), Some(&Found::NothingLogged));
    assert_eq!(reason_logged(&with_after(good_refusal(), |after| after.log = hidden())).look, unseen());
}

#[test]
fn a_counter_that_went_back_is_refused_or_noted() {
    let logged = Ceremony { after: state(true, &[row("k")], &["went-back"]), ..signed_in() };
    assert!(holds(&sign_count_noted(&logged)) && holds(&sign_count_noted(&good_refusal())));
    let unlogged = with_after(good_refusal(), |after| after.log = hidden());
    assert!(holds(&sign_count_noted(&unlogged)), "it was refused");
    let ignored = sign_count_noted(&signed_in());
    assert_eq!((ignored.check, fails(&ignored)), (CheckId::SignCountIgnored, Some(&answered(&answer(200, "", "", "")))));
    let hidden_log = with_after(signed_in(), |after| after.log = hidden());
    assert!(fails(&sign_count_noted(&hidden_log)).is_some(), "that it was noted is not known");
}

#[test]
fn what_stands_and_what_is_no_news_is_told() {
    let told = |status| cut(Kind::Registration, answer(status, "x", "", ""));
    assert!(holds(&told_what_stands(&told(200))));
    let otherwise = told_what_stands(&told(400));
    assert_eq!((otherwise.check, otherwise.request), (CheckId::TellsNotWhatStands, Request::FailureReport));
    assert_eq!(fails(&otherwise), Some(&answered(&answer(400, "x", "", ""))));

    for (status, fine) in [(199, false), (200, true), (299, true), (300, false), (400, false), (409, false)] {
        assert_eq!(holds(&told_as_news(&told(status))), fine, "{status}");
    }
    let own = |status| Ceremony { verify: Some(answer(status, "x", "", "")), ..ceremony(Kind::Registration) };
    assert!(holds(&told_as_news(&own(409))) && !holds(&told_as_news(&own(410))) && !holds(&told_as_news(&own(408))), "409 says just that");
    assert_eq!((told_as_news(&told(400)).check, told_as_news(&silent()).look), (CheckId::NewsToldAsFailure, not_reached()));
    assert_eq!(fails(&told_as_news(&told(400))), Some(&answered(&answer(400, "x", "", ""))));
}

#[test]
fn each_ceremony_has_a_challenge_of_its_own() {
    let then = |new: Answer| new_challenge(&Ceremony { new_options: Some(at(AGAIN, new)), ..good_refusal() }).unwrap();
    let looked = |check, look| Looked { check, request: Request::AuthenticationOptions, exchange: Some(AGAIN), look };
    assert_eq!(then(options(&challenge(9))), looked(CheckId::NoNewChallenge, Look::Holds));
    assert_eq!(then(options(&challenge(2))), looked(CheckId::ChallengeRepeated, Look::Fails(Found::SameChallenge)));
    let busy = answer(409, "busy", "", "");
    let none = Found::NoChallenge { answer: AnswerSummary::of(&busy) };
    assert_eq!(then(busy), looked(CheckId::NoNewChallenge, Look::Fails(none)));
    assert_eq!(then(answer(429, "", "", "")), looked(CheckId::NoNewChallenge, Look::Unseen(Blind::RateLimited)));
    assert_eq!(new_challenge(&Ceremony { new_options: None, ..good_refusal() }), None);
}

#[test]
fn the_draft_survives() {
    assert_eq!(draft_kept(&good_refusal()), at_end(CheckId::DraftLost, &good_refusal(), Look::Holds));
    let lost = with_after(good_refusal(), |after| after.draft = Observation::Seen("ord".to_owned()));
    assert_eq!(fails(&draft_kept(&lost)), Some(&Found::Draft { saved: "order".to_owned(), found: "ord".to_owned() }));
    assert_eq!(draft_kept(&with_after(good_refusal(), |after| after.draft = hidden())).look, unseen());
    let unsaved = Ceremony { draft_saved: None, ..good_refusal() };
    assert_eq!(draft_kept(&unsaved).look, Look::Unseen(Blind::Section { section: "hooks.draft.save".to_owned() }));
}

#[test]
fn a_refused_attempts_challenge_is_used_up() {
    let then = |challenge_probe| challenge_dies(&Ceremony { challenge_probe, ..good_refusal() });
    assert_eq!((then(None), then(Some(ChallengeProbe::Inconclusive))), (None, None));
    let looked =
        |look| Looked { check: CheckId::ChallengeSurvivesRefusal, request: Request::AuthenticationVerify, exchange: Some(AGAIN), look };
    assert_eq!(then(probed(answer(400, "", "", ""))), Some(looked(Look::Holds)));
    let accepted = Found::ChallengeAccepted { answer: AnswerSummary::of(&answer(200, "", "", "")) };
    assert_eq!(then(probed(answer(200, "", "", ""))), Some(looked(Look::Fails(accepted))));
}

#[test]
fn of_two_deliveries_of_one_sign_in_only_one_is_accepted() {
    let (yes, no) = (|| answer(200, "", "", ""), || answer(409, "used", "", ""));
    let twice = |kind, first: Answer, second: Option<Answer>| {
        let second = second.map(|second| Box::new(at(AGAIN, second)));
        let ceremony = Ceremony { verify: Some(at(VERIFY, Answer { second, ..first })), ..ceremony(kind) };
        accepted_once(&ceremony).map(|looked| (looked.check, looked.request, looked.exchange, looked.look))
    };
    let sign_in = |look| Some((CheckId::Replay, Request::AuthenticationVerify, Some(VERIFY), look));
    let both = Found::AcceptedTwice { answer: AnswerSummary::of(&yes()) };
    assert_eq!(twice(Kind::Authentication, yes(), Some(yes())), sign_in(Look::Fails(both)));
    for (first, second) in [(yes(), no()), (no(), yes()), (no(), no())] {
        assert_eq!(twice(Kind::Authentication, first, Some(second)), sign_in(Look::Holds));
    }
    assert_eq!(twice(Kind::Authentication, yes(), None), None);
    assert_eq!(twice(Kind::Registration, yes(), Some(yes())), None, "the same page may be told again what stands");
    assert_eq!(accepted_once(&ceremony(Kind::Authentication)), None);
}

#[test]
fn an_answer_is_whole_no_5xx_and_no_stack_trace() {
    let of = |answer: Answer| answer_looks(Request::Fallback, &at(9, answer));
    let fine = of(answer(400, "x", "", ""));
    assert_eq!(checked(&fine), [CheckId::NoAnswer, CheckId::ServerError, CheckId::StackTrace]);
    assert!(fine.iter().all(|looked| holds(looked) && looked.request == Request::Fallback && looked.exchange == Some(9)));

    let unfaulted = |arrived| Answer { arrived, ..answer(0, "", "", "") };
    let reset = of(unfaulted(Arrived::Nothing(Lost::Reset)));
    assert_eq!(failing(&reset), [CheckId::NoAnswer]);
    assert_eq!(fails(&reset[0]), Some(&Found::NoAnswer { problem: Lost::Reset.to_string() }));
    assert_eq!(failing(&of(unfaulted(Arrived::Part(Lost::Closed)))), [CheckId::NoAnswer]);
    assert_eq!(failing(&of(lost())), [], "a fault was in the way");

    for (status, fails) in [(499, false), (500, true), (503, true), (599, true)] {
        assert_eq!(failing(&of(answer(status, "", "", ""))), if fails { vec![CheckId::ServerError] } else { vec![] }, "{status}");
    }
    assert_eq!(fails(&of(answer(500, "", "", ""))[1]), Some(&answered(&answer(500, "", "", ""))));
    let paced = Answer { retry_after: Some(Duration::from_secs(1)), ..answer(503, "", "", "") };
    assert_eq!(failing(&of(paced)), [], "a limit on the rate is no failure");

    let traced = of(Answer { text: "<pre>    at Object.<anonymous> (a.js)".to_owned(), ..answer(400, "x", "", "") });
    assert_eq!(fails(&traced[2]), Some(&Found::Trace { marker: "at Object.".to_owned() }));
}

#[test]
fn every_answer_of_a_ceremony_is_looked_at() {
    let looks = answers(&Ceremony { challenge_probe: probed(answer(500, "", "", "")), ..good_refusal() });
    let requests: Vec<Request> = looks.iter().step_by(3).map(|looked| looked.request).collect();
    assert_eq!(
        requests,
        [Request::AuthenticationOptions, Request::AuthenticationVerify, Request::AuthenticationVerify, Request::AuthenticationOptions]
    );
    assert_eq!(failing(&looks), [CheckId::ServerError]);
}

#[test]
fn a_stranger_gets_no_options_for_another_passkey_of_the_account() {
    let refused_options = || at(AGAIN, answer(400, "", "", ""));
    let lost_answer = |authenticated: Observation<bool>| Ceremony {
        kind: Kind::Registration,
        verify: Some(lost()),
        new_options: Some(refused_options()),
        before: State { authenticated, ..signed_in().before },
        ..signed_in()
    };
    let look = |ceremony: &Ceremony| new_challenge(ceremony).unwrap().look;
    assert_eq!(look(&lost_answer(Observation::Seen(false))), Look::Unseen(Blind::NotReached));
    assert_eq!(look(&lost_answer(hidden())), Look::Unseen(Blind::NotReached));
    assert!(matches!(look(&lost_answer(Observation::Seen(true))), Look::Fails(_)), "the account's own user asks");
    let log_in = Ceremony { kind: Kind::Authentication, ..lost_answer(Observation::Seen(false)) };
    assert!(matches!(look(&log_in), Look::Fails(_)));

    let told = |status| {
        told_as_news(&Ceremony {
            options: Some(answer(status, "", "", "")),
            verify: None,
            client: None,
            reported: None,
            ..lost_answer(Observation::Seen(false))
        })
        .look
    };
    assert_eq!(told(400), Look::Unseen(Blind::NotReached));
    assert!(matches!(told(500), Look::Fails(_)));
}
