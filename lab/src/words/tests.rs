//! Every value has a text of its own that is fit to be read.

mod english;
mod ja;

use std::collections::BTreeSet;

use faultkey_fault_injection::Text;

use super::en::*;
use super::*;
use crate::check::{CheckId, Gravity, Mend, Request};
use crate::confusion::{Cause, CauseAnswer, ConfusionMatrix};
use crate::facts::ReplayFrom;
use crate::report::sample;
use crate::scenario::OutcomeClass;
use crate::verdict::{Blind, BlindSpot, Evidence, Found, Happened, Incomplete, KeyEffect, Reason, SeenIn, Standing};

/// Words that Rust prints, or that a sentence glued together leaves.
const NEVER: [&str; 14] = ["{", "}", "Some(", "None", "[]", "Ok(", "Err(", "::", "\\\"", "..", " .", " ,", "  ", "::<"];

fn is_fit(text: &str) {
    assert!(!text.is_empty());
    for never in NEVER {
        assert!(!text.contains(never), "{never:?} in: {text}");
    }
}

fn is_sentence(text: &str) {
    is_fit(text);
    assert!(text.ends_with('.'), "no full stop: {text}");
    let first = text.chars().next().unwrap();
    assert!(first.is_uppercase() || first.is_ascii_digit() || first == '`', "no capital letter: {text}");
}

fn are_distinct(texts: &[&str]) {
    let mut seen = BTreeSet::new();
    for text in texts {
        assert!(seen.insert(text), "said twice: {text}");
    }
}

fn all_mends() -> Vec<Mend> {
    CheckId::ALL.iter().map(|check| check.mend()).collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn every_check_says_what_is_wrong_and_what_that_means() {
    let titles: Vec<&str> = CheckId::ALL.iter().map(|check| title(*check)).collect();
    let whys: Vec<&str> = CheckId::ALL.iter().map(|check| why(*check)).collect();
    titles.iter().chain(&whys).for_each(|text| is_sentence(text));
    are_distinct(&titles.iter().chain(&whys).copied().collect::<Vec<_>>());
    for title in titles {
        assert!(title.len() <= 90, "too long for a title: {title}");
    }
}

#[test]
fn a_remark_says_where_the_choice_is_left() {
    for check in CheckId::ALL.iter().filter(|check| check.gravity() == Gravity::Advice) {
        assert!(why(*check).contains("WebAuthn "), "{}", why(*check));
    }
}

#[test]
fn every_mend_is_one_sentence_of_its_own() {
    let mends: Vec<&str> = all_mends().into_iter().map(mend).collect();
    mends.iter().for_each(|text| is_sentence(text));
    are_distinct(&mends);
    // The derived order is the order of declaration: the last one is reached, so none is left out.
    assert_eq!(all_mends().len(), Mend::HideTraces as usize + 1, "a mend that no check has");
}

#[test]
fn labels_and_meanings_are_there() {
    let standings = Standing::ALL.map(standing);
    let gravities = Gravity::ALL.map(gravity);
    let requests = Request::ALL.map(request);
    let sessions = [ReplayFrom::NoSession, ReplayFrom::AnotherSession, ReplayFrom::SameCookies].map(replay_from);
    let views = View::ALL.map(view);
    for labels in [&standings[..], &gravities, &requests, &sessions, &views] {
        labels.iter().for_each(|text| is_fit(text));
        are_distinct(labels);
    }
    let incompletes = [Incomplete::Interrupted, Incomplete::Terminated, Incomplete::TimeLimit, Incomplete::Gone].map(incomplete);
    let meanings = Gravity::ALL.map(gravity_means);
    let expectations = OutcomeClass::ALL.map(expectation);
    for sentences in [&incompletes[..], &meanings, &expectations, &[rate_limited()]] {
        sentences.iter().for_each(|text| is_sentence(text));
        are_distinct(sentences);
    }
}

fn refused() -> AnswerSummary {
    let text = |text: &str| Some(text.to_owned());
    AnswerSummary {
        status: 400,
        accepted: false,
        code: text("M0902"),
        message: text("Authentication error"),
        next: Vec::new(),
        logged: None,
    }
}

fn accepted() -> AnswerSummary {
    AnswerSummary { status: 200, accepted: true, code: None, message: None, next: Vec::new(), logged: None }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn no_two_causes_share_a_text() {
    let scenarios = crate::scenario::all().unwrap();
    for language in Language::ALL {
        let causes: std::collections::BTreeMap<&str, &str> = scenarios
            .iter()
            .filter_map(|scenario| scenario.cause.as_ref())
            .map(|cause| (cause.id.as_str(), cause.title.get(language).as_str()))
            .collect();
        assert!(causes.len() > 10);
        are_distinct(&causes.into_values().collect::<Vec<_>>());
        are_distinct(&scenarios.iter().map(|scenario| scenario.title.get(language).as_str()).collect::<Vec<_>>());
    }
}

/// Every kind of finding, in each of its forms.
fn all_found() -> Vec<(Found, &'static str)> {
    let text = |text: &str| text.to_owned();
    vec![
        (Found::Answered { answer: accepted() }, "The relying party accepted this: 200."),
        (Found::Answered { answer: refused() }, "The relying party refused this: 400 M0902 \"Authentication error\"."),
        (
            Found::ClientThrew { name: text("NotAllowedError"), message: text("The user refused.") },
            "The client threw NotAllowedError: The user refused.",
        ),
        (Found::ClientThrew { name: text("NotAllowedError"), message: text("") }, "The client threw NotAllowedError."),
        (Found::NoAnswer { problem: text("connection reset") }, "No complete answer came: connection reset."),
        (Found::NoAnswer { problem: text("") }, "No complete answer came."),
        (Found::StoppedAnswering, "It had answered until this request, and has not accepted a connection since."),
        (Found::SessionExists, "The user is signed in, although the ceremony failed."),
        (Found::NoSession, "The user is not signed in, although the answer says so."),
        (Found::Sessions { before: 0, after: 1 }, "The account had 0 sessions before and has 1 session now."),
        (Found::Sessions { before: 1, after: 3 }, "The account had 1 session before and has 3 sessions now."),
        (Found::Locked, "The account is locked."),
        (Found::PasswordTries { before: 2, after: 1 }, "The account had 2 password tries left before and has 1 password try left now."),
        (Found::RowsDeleted { ids: names(&["a"]) }, "The stored credential a is gone."),
        (Found::RowsDeleted { ids: names(&["a", "b"]) }, "2 stored credentials are gone: a, b."),
        (
            Found::RowsChanged { ids: names(&["a"]) },
            "The stored credential a has another public key, sign count or backup eligibility than before.",
        ),
        (
            Found::RowsChanged { ids: names(&["a", "b"]) },
            "2 stored credentials have another public key, sign count or backup eligibility than before: a, b.",
        ),
        (Found::Rows { rows: 2, registrations: 1 }, "The account has 2 credentials after 1 registration."),
        (Found::NotStored { rows: 0 }, "The account has no credential."),
        (Found::NotStored { rows: 1 }, "The account has 1 credential, and the registered one is missing."),
        (Found::Draft { saved: text("order"), found: text(" ") }, "The user had entered \"order\", and it is gone."),
        (Found::Draft { saved: text("order"), found: text("or") }, "The user had entered \"order\", and it has become \"or\"."),
        (Found::Offers { ways: Vec::new(), answer: refused() }, "The answer offers no way to go on: 400 M0902 \"Authentication error\"."),
        (Found::Offers { ways: names(&["retry", "phone"]), answer: accepted() }, "The answer offers only retry, phone: 200."),
        (Found::LeadsNowhere { ways: names(&["phone"]) }, "The answer offers phone, which does not work."),
        (Found::LeadsNowhere { ways: names(&["phone", "support"]) }, "The answer offers phone, support, none of which works."),
        (Found::Signals { methods: Vec::new() }, "The answer carries no signal for the client."),
        (Found::Signals { methods: names(&["unknown-credential"]) }, "The answer carries the signal unknown-credential."),
        (Found::Signals { methods: names(&["a", "b"]) }, "The answer carries the signals a, b."),
        (Found::SameChallenge, "The new options have the same challenge as those of the failed attempt."),
        (Found::NoChallenge { answer: refused() }, "The request for new options got no challenge: 400 M0902 \"Authentication error\"."),
        (Found::ChallengeBytes { bytes: 1 }, "The challenge has 1 byte."),
        (Found::ChallengeRepeated { options: 3, challenges: 1 }, "3 requests for options got only 1 challenge."),
        (Found::ChallengeRepeated { options: 3, challenges: 2 }, "3 requests for options got only 2 different challenges."),
        (
            Found::AcceptedAgain { from: ReplayFrom::NoSession, answer: accepted() },
            "The same response was accepted again without any cookies: 200.",
        ),
        (
            Found::AcceptedAgain { from: ReplayFrom::AnotherSession, answer: accepted() },
            "The same response was accepted again in another session: 200.",
        ),
        (
            Found::AcceptedAgain { from: ReplayFrom::SameCookies, answer: accepted() },
            "The same response was accepted again with the same cookies: 200.",
        ),
        (
            Found::AcceptedTwice { answer: accepted() },
            "The same response, delivered twice at the same moment, was accepted both times: 200.",
        ),
        (Found::ChallengeAccepted { answer: accepted() }, "A new signature over the challenge of the refused attempt was accepted: 200."),
        (Found::NothingLogged, "The log has no entry for the failure."),
        (Found::ReasonsShared { reasons: 1, failures: 7 }, "7 failures with different causes were logged with only 1 reason."),
        (Found::SharedAnswer { causes: names(&["a", "b", "c"]), of: 9, answer: accepted() }, "3 of 9 causes get 200: a, b, c."),
        (
            Found::SharedAnswer { causes: names(&["a", "b", "c", "d", "e", "f"]), of: 9, answer: accepted() },
            "6 of 9 causes get 200: a, b, c, d, e and 1 more.",
        ),
        (Found::Statuses { existing: 200, missing: 404 }, "A name with an account gets the status 200, and a name without one gets 404."),
        (
            Found::Shapes { existing: text("x"), missing: text("y") },
            "A name with an account gets options of the shape x, and a name without one gets y.",
        ),
        (Found::Timeout { milliseconds: 1 }, "The timeout in the options is 1 millisecond."),
        (Found::Timeout { milliseconds: 30_000 }, "The timeout in the options is 30000 milliseconds."),
        (Found::UserIdBytes { bytes: 65 }, "The user handle has 65 bytes."),
        (Found::UserIdHolds { name: text("mika") }, "The user handle contains the name \"mika\"."),
        (Found::NotExcluded { registered: text("a"), excluded: 0 }, "The account has the credential a, and the options exclude none."),
        (Found::NotExcluded { registered: text("a"), excluded: 1 }, "The options exclude 1 credential, and not the registered one, a."),
        (
            Found::NoAllowCredentials { resident_key: Some(text("preferred")) },
            "Registration asked for residentKey \"preferred\", and the authentication options have no allowCredentials.",
        ),
        (
            Found::NoAllowCredentials { resident_key: None },
            "Registration did not ask for a discoverable credential, and the authentication options have no allowCredentials.",
        ),
        (Found::Trace { marker: text("panicked at") }, "The answer contains \"panicked at\"."),
        (Found::WaysTried { ways: Vec::new(), answer: None }, "No way back could be tried."),
        (Found::WaysTried { ways: Vec::new(), answer: Some(accepted()) }, "No way back could be tried; the last answer was 200."),
        (Found::WaysTried { ways: names(&["phone"]), answer: None }, "The way back by phone did not lead to a working passkey."),
        (
            Found::WaysTried { ways: names(&["phone"]), answer: Some(accepted()) },
            "The way back by phone did not lead to a working passkey; the last answer was 200.",
        ),
        (
            Found::WaysTried { ways: names(&["phone", "password"]), answer: None },
            "None of these ways back led to a working passkey: phone, password.",
        ),
        (
            Found::WaysTried { ways: names(&["phone", "password"]), answer: Some(accepted()) },
            "None of these ways back led to a working passkey: phone, password; the last answer was 200.",
        ),
    ]
}

#[test]
fn what_was_found_is_a_whole_sentence() {
    let all = all_found();
    for (what, expected) in &all {
        assert_eq!(found(what), *expected);
        assert!(expected.ends_with('.'), "{expected}");
        assert!(!expected.contains('{'), "{expected}");
    }
    are_distinct(&all.iter().map(|(_, text)| *text).collect::<Vec<_>>());
}

fn all_reasons() -> Vec<(Reason, &'static str)> {
    let step = 3;
    let text = |text: &str| text.to_owned();
    vec![
        (
            Reason::ImpossibleOnProfile { problem: Text::new("it has no reader.", "指紋リーダーがない").into() },
            "Does not apply on this profile: it has no reader.",
        ),
        (Reason::NeedsWait, "Not played: it has to wait for the relying party's clock; `--wait` plays it."),
        (Reason::RunEnded, "Not played: the run had ended before."),
        (
            Reason::CleanStepFailed { step, found: Found::NoSession },
            "Could not be set up: step 3 has no fault in it and was not accepted. The user is not signed in, although the answer says so.",
        ),
        (
            Reason::DeviceLacks { step, lacks: text("a reader") },
            "Does not apply on this profile: step 3 needs a reader, which the device lacks.",
        ),
        (Reason::RateLimited { step }, "Not observable: at step 3 the relying party limited the rate of requests."),
        (
            Reason::AdapterDoesNotFit { step, problem: text("no pointer") },
            "Not observable: at step 3 the adapter file does not fit the answer: no pointer.",
        ),
        (Reason::StoppedAnswering { step }, "Failed: at step 3 the relying party stopped answering."),
        (Reason::FaultDidNotFire { fault: text("cut-verify") }, "Not observable: the fault `cut-verify` did not fire."),
        (Reason::NothingSeen, "Not observable: the adapter file shows nothing of what the scenario expects."),
        (Reason::VerificationNotRequired, "Does not apply: the options do not require user verification."),
    ]
}

#[test]
fn reasons_say_what_kind_of_result_there_is() {
    for (what, expected) in all_reasons() {
        assert_eq!(reason(&what), expected);
        is_sentence(expected);
    }
    assert_eq!(reason_of(1, &Reason::RunEnded), "Not played: the run had ended before. (1 scenario)");
    assert_eq!(reason_of(2, &Reason::RunEnded), "Not played: the run had ended before. (2 scenarios)");
}

fn all_blind() -> [Blind; 8] {
    let section = || "hooks.account".to_owned();
    [
        Blind::Section { section: section() },
        Blind::Field { section: section(), field: "locked".to_owned() },
        Blind::HookFailed { section: section(), problem: "404".to_owned() },
        Blind::HookFailed { section: String::new(), problem: "404".to_owned() },
        Blind::NotReached,
        Blind::RateLimited,
        Blind::FaultDidNotFire,
        Blind::NothingToCompare,
    ]
}

#[test]
fn a_blind_spot_says_what_to_add_and_what_that_shows() {
    let spot = |blind: &Blind, checks: &[CheckId]| blind_spot(&BlindSpot { blind: blind.clone(), checks: checks.to_vec() });
    let (one, two) = (&[CheckId::AccountLocked][..], &[CheckId::AccountLocked, CheckId::DraftLost][..]);
    let all = all_blind();
    assert_eq!(spot(&all[0], one), "Add `[hooks.account]` to the adapter file, and 1 check becomes visible: account-locked.");
    assert_eq!(spot(&all[0], two), "Add `[hooks.account]` to the adapter file, and 2 checks become visible: account-locked, draft-lost.");
    assert_eq!(spot(&all[1], one), "Add `locked` to `[hooks.account]` in the adapter file, and 1 check becomes visible: account-locked.");
    let spots: Vec<String> = all.iter().map(|blind| spot(blind, one)).collect();
    let reasons: Vec<String> = all.iter().map(blind).collect();
    let texts: Vec<&str> = spots.iter().chain(&reasons).map(String::as_str).collect();
    texts.iter().for_each(|text| is_sentence(text));
    are_distinct(&texts);
}

fn all_happened() -> [Happened; 5] {
    let event = |effect| Happened::Event { effect };
    [
        event(KeyEffect::Nothing),
        event(KeyEffect::KeyInvalidated),
        event(KeyEffect::CredentialGone),
        event(KeyEffect::OtherKey),
        Happened::Fault { fault: "sig-bitflip".to_owned(), text: Text::new("flips bit 7", "ビット7を反転").into() },
    ]
}

#[test]
fn what_happened_is_a_sentence() {
    let texts: Vec<String> = all_happened().iter().map(happened).collect();
    assert_eq!(texts[4], "The fault `sig-bitflip` fired: flips bit 7.");
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    texts.iter().for_each(|text| is_sentence(text));
    are_distinct(&texts);
}

#[test]
fn an_answer_names_its_code_once() {
    let with = |code: Option<&str>, message: Option<&str>| {
        let text = |text: Option<&str>| text.map(str::to_owned);
        answer(&AnswerSummary { code: text(code), message: text(message), ..refused() })
    };
    assert_eq!(with(Some("M0902"), Some("M0902 パスキー認証エラー")), "400 \"M0902 パスキー認証エラー\"");
    assert_eq!(with(Some("M0902"), Some("another\nkey")), "400 M0902 \"another key\"");
    assert_eq!(with(None, Some("another key")), "400 \"another key\"");
    assert_eq!(with(Some("M0902"), None), "400 M0902");
    assert_eq!(with(Some(" "), Some("")), "400");
    assert_eq!(with(None, Some(&"x".repeat(500))).len(), "400 \"\"".len() + MESSAGE);
}

#[test]
fn numbers_have_their_forms() {
    assert_eq!([0, 1, 2].map(|count| counted(count, Noun::Check)), ["0 checks", "1 check", "2 checks"]);
    let run = sample::foreign();
    let mut target = run.targets[0].clone();
    assert_eq!(findings_counted(&target), "3 findings (1 security, 1 no way out, 1 remark).");
    assert_eq!(
        scenarios_counted(&target),
        "14 scenarios: 8 passed, 2 failed, 1 could not be set up, 1 not observable, 1 does not apply, 1 not played."
    );
    target.findings.push(target.findings[2].clone());
    assert_eq!(findings_counted(&target), "4 findings (1 security, 1 no way out, 2 remarks).");
    target.findings.truncate(1);
    assert_eq!(findings_counted(&target), "1 finding (1 security).");
    target.findings.clear();
    assert_eq!(findings_counted(&target), "No findings.");
    target.scenarios.truncate(1);
    assert_eq!(scenarios_counted(&target), "1 scenario: 1 passed.");
    for standing in Standing::ALL {
        target.scenarios[0].standing = standing;
        is_sentence(&scenarios_counted(&target));
    }
    target.scenarios.push(target.scenarios[0].clone());
    for scenario in &mut target.scenarios {
        scenario.standing = Standing::DoesNotApply;
    }
    assert_eq!(scenarios_counted(&target), "2 scenarios: 2 do not apply.");
    target.scenarios.clear();
    assert_eq!(scenarios_counted(&target), "No scenarios.");
    for (finding, expected) in sample::both().targets[0].findings.iter().zip(["no way out", "unclear"]) {
        assert_eq!(gravity(finding.gravity), expected);
    }
}

#[test]
fn where_a_finding_was_seen() {
    let at = |step, times| SeenIn { scenario: "double-tap".to_owned(), profile: "iphone".to_owned(), step, times };
    assert_eq!(seen(&[at(4, Some((2, 6)))]), "1 scenario: double-tap on iphone (step 4, in 2 of 6 attempts).");
    assert_eq!(seen(&[at(1, None), at(2, None)]), "2 scenarios: double-tap on iphone (step 1), double-tap on iphone (step 2).");
    assert!(seen(&vec![at(1, None); 5]).ends_with("(step 1), double-tap on iphone (step 1) and 2 more."));
    let mut shown = Evidence {
        entry: 1,
        method: "POST".to_owned(),
        path: "/login".to_owned(),
        body: String::new(),
        status: Some(500),
        ..Evidence::default()
    };
    assert_eq!(evidence(&shown), "POST /login -> 500");
    shown.status = None;
    assert_eq!(evidence(&shown), "POST /login -> no answer");
}

fn grouping(shown: &[(&str, Option<&str>)]) -> Grouping {
    let text = |text: &str| Text::new(text.to_owned(), text.to_owned());
    let cause = |id: &str| Cause { id: id.to_owned(), title: text(id), scenario: String::new() };
    let all: Vec<CauseAnswer> = shown
        .iter()
        .map(|(id, shown)| CauseAnswer { cause: cause(id), shown: shown.map(str::to_owned), api: None, logged: None })
        .collect();
    ConfusionMatrix::build(&all).shown
}

#[test]
fn the_picture_in_sentences() {
    let same = grouping(&[("a", Some("M0902")), ("b", Some("M0902"))]);
    assert_eq!(told_apart(&same, View::Shown), "Tells 0 of 1 pair of causes apart by what the user is shown.");
    assert_eq!(largest_group(&same).unwrap(), "The largest group holds 2 causes under \"M0902\".");
    let other = grouping(&[("a", Some("x")), ("b", Some("y")), ("c", Some("z"))]);
    assert_eq!(told_apart(&other, View::Api), "Tells 3 of 3 pairs of causes apart by what the API says.");
    assert_eq!(told_apart(&other, View::Logged), "Tells 3 of 3 pairs of causes apart by what the relying party logs.");
    assert_eq!(largest_group(&other).unwrap(), "No two causes share an answer.");
    let unseen = grouping(&[("a", None), ("b", None)]);
    let sentences = View::ALL.map(|view| told_apart(&unseen, view));
    assert_eq!(sentences[0], "What the user is shown for different causes cannot be compared.");
    sentences.iter().for_each(|text| is_sentence(text));
    are_distinct(&sentences.each_ref().map(String::as_str));
    assert_eq!(largest_group(&unseen), None);
}

#[test]
fn the_manual_is_the_table() {
    let page = include_str!("../../../docs/checks.md");
    let why = "write it again: cargo run -p faultkey-lab --example checks > docs/checks.md";
    assert!(page == manual(), "{why}");
}

#[test]
fn every_label_is_there_in_both_languages() {
    let is_japanese = |text: &str| !text.is_ascii();
    // Names, and what a Japanese engineer writes so.
    let as_they_are = [Label::FaultkeyVersion, Label::Address];
    for label in Label::ALL {
        let [en, ja] = Language::ALL.map(|language| Words::of(language).label(*label));
        is_fit(en);
        assert!(en.is_ascii(), "{en}");
        assert!(is_japanese(ja) || as_they_are.contains(label), "{label:?}: {ja}");
        assert!(three_english_words(ja).is_none() && !ja.contains([':', ',']), "{label:?}: {ja}");
    }
}

/// A run of three English words, which no Japanese text has.
fn three_english_words(text: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = text.split(' ').collect();
    let is_english = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic());
    words.windows(3).find(|run| run.iter().all(is_english)).map(<[&str]>::to_vec)
}

#[test]
fn what_steps_do_is_told_in_japanese() {
    let ja = Words::of(Language::Japanese);
    for scenario in crate::scenario::all().unwrap() {
        for step in &scenario.steps {
            let (en, ja) = (Words::default().action(&step.action), ja.action(&step.action));
            assert_eq!(en, step.action.to_string());
            assert!(!ja.is_ascii() && three_english_words(&ja).is_none(), "{ja}");
        }
    }
}

#[test]
fn the_page_counts_and_measures() {
    let [en, ja] = Language::ALL.map(Words::of);
    assert_eq!((en.duration(3_456), ja.duration(3_456)), ("3.4 s".to_owned(), "3.4秒".to_owned()));
    assert_eq!((en.duration(125_999), ja.duration(60_000)), ("2 min 5 s".to_owned(), "1分0秒".to_owned()));
    assert_eq!((en.share(3, 190), ja.share(3, 190)), ("3 of 190".to_owned(), "190組中3組".to_owned()));
    assert_eq!(
        (en.causes_and_answers(1, 2), ja.causes_and_answers(1, 2)),
        ("1 cause, 2 answers".to_owned(), "原因1件、応答2種類".to_owned())
    );
    assert_eq!((en.checks_passed(1), ja.checks_passed(1)), ("1 check passed: ".to_owned(), "検査1件が合格：".to_owned()));
    for words in [en, ja] {
        for template in [words.findings_shown(), words.scenarios_shown()] {
            assert!(template.contains("{shown}") && template.contains("{all}"), "the script fills this in: {template}");
        }
    }
}
