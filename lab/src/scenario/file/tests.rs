//! What the writer of a broken file reads, for each kind of mistake.

use std::time::Duration;

use faultkey_authenticator::Event;
use faultkey_relying_party::Fallback;

use super::*;
use crate::scenario::{FactCheck, Forbidden, Hook, UserAct};

const HEAD: &str = r#"id = "a-test"
title = "A test"
profiles = ["iphone"]
evidence = "inferred"
evidence-note = "For this test."

[words]

[[step]]
do = "register"
"#;

/// What a file with these steps after a registration is refused with; they begin on line 12.
fn refused(steps: &str) -> String {
    Scenario::parse("a.toml", &format!("{HEAD}\n{steps}\n")).expect_err("refused").to_string()
}

fn refused_head(from: &str, to: &str) -> String {
    assert!(HEAD.contains(from), "{from}");
    Scenario::parse("a.toml", &HEAD.replace(from, to)).expect_err("refused").to_string()
}

#[test]
fn a_short_file_is_enough() {
    let scenario = Scenario::parse("a.toml", HEAD).unwrap();
    assert_eq!((scenario.id.as_str(), scenario.source.as_str(), scenario.steps.len()), ("a-test", "a-test", 1));
    assert_eq!(scenario.steps[0].expect, [OutcomeClass::Ok], "what is not said is O-OK");
    assert_eq!((scenario.needs_real_wait, scenario.seed), (false, None));
}

#[test]
fn japanese_is_optional_and_what_is_missing_stands_there_in_english() {
    let english = Scenario::parse("a.toml", HEAD).unwrap();
    assert_eq!((english.title.ja.as_str(), english.evidence_note.ja.as_str()), ("A test", "For this test."));
    let both = HEAD
        .replace("title = \"A test\"", "title = \"A test\"\ntitle-ja = \"テスト\"")
        .replace("[words]", "evidence-note-ja = \"テスト用\"\n[cause]\nid = \"c\"\ntitle = \"a cause\"\ntitle-ja = \"原因\"\n[words]");
    let both = Scenario::parse("a.toml", &both).unwrap();
    assert_eq!((both.title.en.as_str(), both.title.ja.as_str()), ("A test", "テスト"));
    assert_eq!((both.evidence_note.en.as_str(), both.evidence_note.ja.as_str()), ("For this test.", "テスト用"));
    assert_eq!(both.cause.unwrap().title, Text::new("a cause".to_owned(), "原因".to_owned()));
    assert_eq!(
        refused_head("title = \"A test\"", "title = \"A test\"\ntitle-ja = \" \""),
        "a.toml:3: field `title-ja`: is empty; expected a sentence for a person"
    );
    assert!(refused_head("title = \"A test\"", "title = \"A test\"\ntitel-ja = \"x\"").contains("a.toml:3: unknown field `titel-ja`"));
}

#[test]
fn every_kind_of_step_is_read() {
    let text = format!(
        "{HEAD}{}",
        r#"
[[step]]
do = "register"
replace = true
user-verification = "required"
resident-key = "discouraged"
attestation = "direct"
user = "wrong-finger"
expect = ["O-ALREADY", "O-OK"]
forbid = ["locked", "generic-code"]
cause = { id = "c", title = "a cause" }
[[step]]
do = "log-in"
usernameless = true
[[step]]
do = "retry"
[[step]]
do = "event"
event = "os-updated"
[[step]]
do = "arm"
with = { fault = "cut-verify", at = "n5", trigger = { nth = 2 } }
[[step]]
do = "clear"
fault = "cut-verify"
[[step]]
do = "clear"
[[step]]
do = "advance"
seconds = 90
[[step]]
do = "hook"
hook = "delete-credential"
[[step]]
do = "fall-back"
way = "phone"
[[step]]
do = "recover"
[[step]]
do = "start-over"
[[step]]
do = "check"
credentials = 1
sessions-at-most = 2
distinct-reasons = 3
"#
    );
    let steps = Scenario::parse("a.toml", &text).unwrap().steps;
    let Action::Register { replace: true, user_verification, resident_key, attestation, user: UserAct::WrongFinger } = &steps[1].action
    else {
        panic!("{:?}", steps[1])
    };
    assert_eq!((user_verification.as_str(), resident_key.as_str(), attestation.as_str()), ("required", "discouraged", "direct"));
    assert_eq!(steps[1].expect, [OutcomeClass::Already, OutcomeClass::Ok]);
    assert_eq!(steps[1].forbid, [Forbidden::Locked, Forbidden::GenericCode]);
    assert_eq!(steps[1].cause.as_ref().map(|cause| cause.id.as_str()), Some("c"));
    assert_eq!(steps[1].line, 12);
    assert!(matches!(&steps[2].action, Action::LogIn { usernameless: true, user_verification, .. } if user_verification == "preferred"));
    assert!(matches!(steps[3].action, Action::Retry));
    assert!(matches!(steps[4].action, Action::Event(Event::OsUpdated)));
    assert!(matches!(&steps[5].action, Action::Arm(spec) if spec.name == "cut-verify"));
    assert!(matches!(&steps[6].action, Action::Clear(Some(name)) if name == "cut-verify"));
    assert!(matches!(steps[7].action, Action::Clear(None)));
    assert!(matches!(steps[8].action, Action::Advance(time) if time == Duration::from_secs(90)));
    assert!(matches!(steps[9].action, Action::Hook(Hook::DeleteCredential)));
    assert!(matches!(steps[10].action, Action::FallBack(Fallback::Phone)));
    assert!(matches!(&steps[11].action, Action::Recover(ways) if ways.len() == 3));
    assert!(matches!(steps[12].action, Action::StartOver));
    let facts = [FactCheck::DistinctReasons(3), FactCheck::Credentials(1), FactCheck::SessionsAtMost(2)];
    assert!(matches!(&steps[13].action, Action::Check(read) if *read == facts));
}

#[test]
fn the_cause_belongs_to_the_first_step_that_goes_wrong() {
    let text = format!("{HEAD}\n[[step]]\ndo = \"log-in\"\nexpect = [\"O-RISK\"]\nrule = \"sign-count\"\n[[step]]\ndo = \"log-in\"\nexpect = [\"O-RISK\"]\nrule = \"sign-count\"\n")
        .replace("[words]", "[cause]\nid = \"c\"\ntitle = \"a cause\"\n[words]");
    let causes: Vec<bool> = Scenario::parse("a.toml", &text).unwrap().steps.iter().map(|step| step.cause.is_some()).collect();
    assert_eq!(causes, [false, true, false]);
}

#[test]
fn a_class_that_needs_a_rule_names_it_and_a_repetition_is_bounded() {
    let error = refused("[[step]]\ndo = \"log-in\"\nexpect = [\"O-SECURITY-REJECT\"]");
    assert!(
        error.starts_with(
            "a.toml:12: step 2 (`log-in`), field `rule`: is missing: `expect` has O-SECURITY-REJECT, which needs the rule that the answer breaks or keeps; expected one of `signature`, "
        ),
        "{error}"
    );
    let error = refused("[[step]]\ndo = \"log-in\"\nexpect = [\"O-POLICY\"]\nrule = \"uv\"");
    assert!(error.starts_with("a.toml:15: step 2 (`log-in`), field `rule`: `uv` is not known; expected one of `signature`, "), "{error}");
    assert_eq!(refused_head("title = ", "repeat = 0\ntitle = "), "a.toml:2: field `repeat`: is 0; expected 1 to 100");
}

#[test]
fn replay_names_its_request_and_its_cookies() {
    let steps = |field: &str| format!("[[step]]\ndo = \"replay\"\n{field}");
    assert_eq!(
        refused(&steps("cookies = \"none\"")),
        "a.toml:12: step 2 (`replay`), field `of`: is missing; expected e.g. `of = \"authentication\"`"
    );
    assert_eq!(
        refused(&steps("of = \"authentication\"\ncookies = \"mine\"")),
        "a.toml:15: step 2 (`replay`), field `cookies`: `mine` is not known, did you mean `none`?; expected one of `none`, `another-session`, `same`"
    );
}

#[test]
fn no_toml() {
    assert_eq!(refused_head("title = ", "title "), "a.toml:2: key with no value, expected `=`");
}

#[test]
fn a_field_that_is_missing_or_unknown() {
    assert_eq!(refused_head("title = \"A test\"\n", ""), "a.toml:1: missing field `title`");
    let error = refused_head("title = ", "titel = ");
    assert!(error.starts_with("a.toml:2: unknown field `titel`, expected one of `id`, `title`, "), "{error}");
    let error = refused("[[step]]\ndo = \"log-in\"\nexpects = [\"O-OK\"]");
    assert!(error.starts_with("a.toml:14: unknown field `expects`, expected one of `do`, `expect`, "), "{error}");
}

#[test]
fn a_field_of_another_type() {
    assert_eq!(refused_head("\"A test\"", "7"), "a.toml:2: invalid type: integer `7`, expected a string");
    assert_eq!(refused("[[step]]\ndo = \"advance\"\nseconds = -1"), "a.toml:14: invalid value: integer `-1`, expected u64");
}

#[test]
fn an_id_with_spaces_and_an_empty_title() {
    assert_eq!(
        refused_head("a-test", "A test"),
        "a.toml:1: field `id`: \"A test\" is no id; expected lower-case letters, digits and hyphens, e.g. `m0902-counter-restored`"
    );
    assert_eq!(refused_head("\"A test\"", "\" \""), "a.toml:2: field `title`: is empty; expected a sentence for a person");
}

#[test]
fn evidence_that_is_neither() {
    assert_eq!(refused_head("\"inferred\"", "\"proven\""), "a.toml:4: unknown variant `proven`, expected `observed` or `inferred`");
}

#[test]
fn a_profile_that_does_not_exist_and_none() {
    assert_eq!(
        refused_head("iphone", "iphon"),
        "a.toml:3: field `profiles`: there is no profile `iphon`, did you mean `iphone`? (`faultkey profiles` lists them)"
    );
    let error = refused_head("[\"iphone\"]", "[]");
    assert!(error.starts_with("a.toml:3: field `profiles`: names no profile; expected one or more of `"), "{error}");
}

#[test]
fn no_step() {
    assert_eq!(
        refused_head("[[step]]\ndo = \"register\"\n", ""),
        "a.toml:1: field `step`: there is no step; expected `[[step]]` tables, each with `do = \"…\"`"
    );
}

#[test]
fn a_verb_that_does_not_exist() {
    assert_eq!(
        refused("[[step]]\ndo = \"login\""),
        "a.toml:13: step 2 (`login`), field `do`: `login` is not known, did you mean `log-in`?; expected one of `register`, `log-in`, `retry`, `replay`, \
         `compare-accounts`, `options-again`, `event`, `arm`, `clear`, `advance`, `hook`, `fall-back`, `recover`, `start-over`, `check`"
    );
}

#[test]
fn a_field_of_another_verb() {
    assert_eq!(
        refused("[[step]]\ndo = \"event\"\nevent = \"os-updated\"\nexpect = [\"O-OK\"]"),
        "a.toml:15: step 2 (`event`), field `expect`: does not go with `do = \"event\"`; expected `event`"
    );
    assert_eq!(
        refused("[[step]]\ndo = \"start-over\"\nuser = \"approve\""),
        "a.toml:14: step 2 (`start-over`), field `user`: does not go with `do = \"start-over\"`; expected no other field"
    );
}

#[test]
fn a_field_that_the_verb_needs() {
    assert_eq!(
        refused("[[step]]\ndo = \"event\""),
        "a.toml:12: step 2 (`event`), field `event`: is missing; expected e.g. `event = \"fingerprint-enrolled\"`"
    );
    assert_eq!(
        refused("[[step]]\ndo = \"check\""),
        "a.toml:12: step 2 (`check`), field `credentials`: is missing; expected `credentials`, `sessions-at-most` or `distinct-reasons`"
    );
}

#[test]
fn an_event_an_outcome_and_a_forbidden_outcome_that_do_not_exist() {
    let error = refused("[[step]]\ndo = \"event\"\nevent = \"fingerprint-enroled\"");
    let expected = "a.toml:14: step 2 (`event`), field `event`: `fingerprint-enroled` is not known, did you mean `fingerprint-enrolled`?; expected one of `";
    assert!(error.starts_with(expected), "{error}");
    let error = refused("[[step]]\ndo = \"log-in\"\nexpect = [\n  \"O-OK\",\n  \"O-UNKNOWN\",\n]");
    assert!(
        error.starts_with("a.toml:16: step 2 (`log-in`), field `expect`: `O-UNKNOWN` is not known; expected one of `O-OK`, "),
        "{error}"
    );
    let error = refused("[[step]]\ndo = \"log-in\"\nforbid = [\"lockd\"]");
    let expected = "a.toml:14: step 2 (`log-in`), field `forbid`: `lockd` is not known, did you mean `locked`?; expected one of `locked`, ";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_fault_that_does_not_exist() {
    assert_eq!(
        refused("[[step]]\ndo = \"arm\"\nwith = { fault = \"cut-verfy\" }"),
        "a.toml:12: step 2 (`arm`), field `with`: there is no fault named `cut-verfy`, did you mean `cut-verify`?; `faultkey faults` lists them"
    );
}

#[test]
fn a_wrong_parameter_and_a_wrong_envelope() {
    let error = refused("[[step]]\ndo = \"arm\"\nwith = { fault = \"cut-verify\", at = \"n9\" }");
    assert!(error.starts_with("a.toml:12: step 2 (`arm`), field `with`: fault `cut-verify`, parameter `at`: "), "{error}");
    let error = refused("[[step]]\ndo = \"arm\"\nwith = { fault = \"cut-verify\", schedule = \"twice\" }");
    assert!(error.starts_with("a.toml:14: step 2 (`arm`), field `with`: fault `cut-verify`, field `schedule`: expected "), "{error}");
}

#[test]
fn a_fault_that_is_impossible_on_the_profile() {
    let refusal = "step 2 (`arm`), field `with`: fault `sign-count-rollback` cannot happen on the profile `iphone`: its signature counter is always zero";
    let steps = "[[step]]\ndo = \"arm\"\nwith = { fault = \"sign-count-rollback\" }";
    assert_eq!(refused(steps), format!("a.toml:12: {refusal}"));

    let possible = Scenario::parse("a.toml", &format!("{}\n{steps}", HEAD.replace("iphone", "yubikey-5"))).unwrap();
    assert_eq!(possible.check_profile("iphone").unwrap_err().to_string(), format!("a-test:12: {refusal}"));
    possible.check_profile("android-device-bound").unwrap();
}

#[test]
fn the_manuals_example_is_a_scenario() {
    let manual = include_str!("../../../../docs/scenarios.md");
    let example = manual.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example in docs/scenarios.md");
    let scenario = Scenario::parse("docs/scenarios.md", example).unwrap();
    assert_eq!(scenario.steps.len(), 6);
    for verb in step_file::VERBS.map(|(verb, _)| verb) {
        assert!(manual.contains(&format!("`{verb}`")), "the manual says nothing of `{verb}`");
    }
    for (rule, _) in crate::scenario::Rule::ALL {
        assert!(manual.contains(&format!("`{rule}`")), "the manual says nothing of `{rule}`");
    }
    for forbidden in Forbidden::ALL {
        assert!(manual.contains(&format!("`{}`", forbidden.name())), "the manual says nothing of `{}`", forbidden.name());
    }
    for class in crate::scenario::OutcomeClass::ALL.map(crate::scenario::OutcomeClass::name) {
        assert!(manual.contains(&format!("`{class}`")), "the manual says nothing of `{class}`");
    }
}
