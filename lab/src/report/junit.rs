//! `junit.xml` for CI servers: one test suite for each target, one test case for each scenario on a profile.
//!
//! A scenario that failed is a failure. One without a verdict is skipped, with the reason: JUnit knows no third way, and calling it passed
//! would claim what nobody saw. A finding that no failed scenario shows is a case of its own: a failure, or for a remark a success with
//! output. A target that is only there for comparison fails nothing, and is left out.
//!
//! Class names are dotted, for the tree that CI servers make of them: `faultkey.TARGET.scenarios`, `.findings`, `.run`.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::check::Gravity;
use crate::report::{ReportError, text};
use crate::verdict::{Finding, Run, ScenarioResult, SeenIn, Standing, TargetRun};
use crate::words::Words;

/// The run as JUnit XML.
///
/// # Errors
/// When the XML can't be written: a bug.
pub fn render(run: &Run, words: Words) -> Result<String, ReportError> {
    let mut report = Report::new("faultkey");
    for target in run.targets.iter().filter(|target| !target.for_comparison) {
        report.add_test_suite(suite(words, run, target));
    }
    report.to_string().map_err(|error| ReportError::Render { file: "junit.xml", problem: error.to_string() })
}

fn suite(words: Words, run: &Run, target: &TargetRun) -> TestSuite {
    let mut suite = TestSuite::new(clean(&target.name));
    suite.add_property(("faultkey.version", run.version.as_str()));
    suite.add_property(("faultkey.seed", run.seed.to_string().as_str()));
    for scenario in &target.scenarios {
        let mut case = scenario_case(words, target, scenario);
        if let Some(time) = time(run, target, scenario) {
            case.set_time(time);
        }
        suite.add_test_case(case);
    }
    for finding in target.findings.iter().filter(|finding| !is_told(target, finding)) {
        suite.add_test_case(finding_case(words, target, finding));
    }
    if let Some(incomplete) = target.incomplete {
        let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
        error.set_type("incomplete").set_message(words.incomplete(incomplete));
        let mut case = TestCase::new("incomplete", error);
        case.set_classname(class(target, "run"));
        suite.add_test_case(case);
    }
    if target.rate_limited {
        let mut skipped = TestCaseStatus::skipped();
        skipped.set_message(words.rate_limited());
        let mut case = TestCase::new("rate-limited", skipped);
        case.set_classname(class(target, "run"));
        suite.add_test_case(case);
    }
    suite
}

/// How long the scenario took, where that is known.
fn time(run: &Run, target: &TargetRun, scenario: &ScenarioResult) -> Option<Duration> {
    let of = (&target.name, &scenario.id, &scenario.profile);
    let timing = run.circumstances.timings.iter().find(|timing| (&timing.target, &timing.scenario, &timing.profile) == of)?;
    Some(Duration::from_millis(timing.milliseconds))
}

/// `faultkey.embedded-diagnosing.scenarios`: a dot in the name of the target would make a level of its own.
fn class(target: &TargetRun, group: &str) -> String {
    let words: Vec<&str> = target.name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!("faultkey.{}.{group}", words.join("-").to_lowercase())
}

fn scenario_case(words: Words, target: &TargetRun, scenario: &ScenarioResult) -> TestCase {
    let status = match scenario.standing {
        Standing::Passed => TestCaseStatus::success(),
        Standing::Failed => failed(words, target, scenario),
        Standing::NotSetUp | Standing::DoesNotApply | Standing::NotPlayed | Standing::NotObservable => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(clean(
                &scenario.reason.as_ref().map_or_else(|| words.standing(scenario.standing).to_owned(), |reason| words.reason(reason)),
            ));
            skipped
        }
    };
    let mut case = TestCase::new(clean(&format!("{} on {}", scenario.id, scenario.profile)), status);
    case.set_classname(class(target, "scenarios"));
    case.set_system_out(clean(&format!("replay: {}", scenario.replay)));
    case
}

/// With the gravest finding as its message, and all of them below.
fn failed(words: Words, target: &TargetRun, scenario: &ScenarioResult) -> TestCaseStatus {
    let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let findings: Vec<&Finding> = target.findings.iter().filter(|finding| finding.seen.iter().any(|seen| is_at(seen, scenario))).collect();
    if let Some(first) = findings.first().filter(|_| findings.iter().all(|finding| target.is_known(finding))) {
        return known(words, first);
    }
    let reason = scenario.reason.as_ref().map(|reason| words.reason(reason));
    if let Some(first) = findings.first() {
        failure.set_type(first.id.to_string());
    }
    let message = findings.first().map(|first| words.title(first.id.check).to_owned()).or_else(|| reason.clone());
    failure.set_message(clean(&message.unwrap_or_else(|| words.standing(scenario.standing).to_owned())));
    let texts: Vec<String> = reason.into_iter().chain(findings.into_iter().map(|finding| description(words, finding))).collect();
    failure.set_description(clean(&texts.join("\n\n")));
    failure
}

/// What is known fails nothing.
fn known(words: Words, finding: &Finding) -> TestCaseStatus {
    let mut skipped = TestCaseStatus::skipped();
    let why = finding.accepted.as_ref().map_or_else(|| words.in_baseline().to_owned(), |accepted| words.accepted(accepted));
    skipped.set_message(clean(&format!("{}: {why}", finding.id)));
    skipped
}

fn is_at(seen: &SeenIn, scenario: &ScenarioResult) -> bool {
    (&seen.scenario, &seen.profile) == (&scenario.id, &scenario.profile)
}

/// Whether the case of a failed scenario has it.
fn is_told(target: &TargetRun, finding: &Finding) -> bool {
    let mut failed = target.scenarios.iter().filter(|scenario| scenario.standing == Standing::Failed);
    failed.any(|scenario| finding.seen.iter().any(|seen| is_at(seen, scenario)))
}

fn finding_case(words: Words, target: &TargetRun, finding: &Finding) -> TestCase {
    let text = clean(&description(words, finding));
    let id = finding.id.to_string();
    let mut case = if target.is_known(finding) {
        let mut case = TestCase::new(id, known(words, finding));
        case.set_system_out(text);
        case
    } else if finding.gravity < Gravity::Advice {
        let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
        failure.set_type(id.as_str()).set_message(words.title(finding.id.check)).set_description(text);
        TestCase::new(id, failure)
    } else {
        let mut case = TestCase::new(id, TestCaseStatus::success());
        case.set_system_out(text);
        case
    };
    case.set_classname(class(target, "findings"));
    case
}

fn description(words: Words, finding: &Finding) -> String {
    let mut lines = vec![
        format!("{}: {}", words.gravity(finding.gravity), finding.id),
        words.title(finding.id.check).to_owned(),
        format!("found:    {}", words.found(&finding.found)),
    ];
    lines.extend(finding.evidence.as_ref().map(|evidence| format!("evidence: {}", words.evidence(evidence))));
    lines.extend(finding.also.iter().map(|aspect| format!("also:     {}: {}", aspect.id, words.found(&aspect.found))));
    lines.push(format!("change:   {}", words.mend(finding.id.check.mend())));
    lines.push(format!("source:   {}", words.source(finding.id.check)));
    lines.push(format!("seen in:  {}", words.seen(&finding.seen)));
    lines.push(format!("replay:   {}", finding.replay));
    lines.join("\n")
}

/// XML 1.0 can't carry most control characters, not even escaped; they are written out.
fn clean(text: &str) -> String {
    text::harmless(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::verdict::Incomplete;

    fn suite_of(run: &Run) -> TestSuite {
        let report = Report::deserialize_from_str(&render(run, Words::default()).unwrap()).unwrap();
        let [suite] = report.test_suites.as_slice() else { panic!("one suite, not {}", report.test_suites.len()) };
        suite.clone()
    }

    fn case<'a>(suite: &'a TestSuite, name: &str) -> &'a TestCase {
        suite.test_cases.iter().find(|case| case.name.as_str() == name).unwrap_or_else(|| panic!("no case {name}"))
    }

    fn told(case: &TestCase) -> (NonSuccessKind, String, String) {
        let TestCaseStatus::NonSuccess { kind, message, description, .. } = &case.status else { panic!("{:?}", case.status) };
        let text = |text: &Option<quick_junit::XmlString>| text.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default();
        (*kind, text(message), text(description))
    }

    #[test]
    fn a_target_for_comparison_is_not_there() {
        let suite = suite_of(&sample::both());
        assert_eq!(suite.name.as_str(), "embedded, diagnosing");
        assert_eq!((suite.test_cases.len(), suite.failures, suite.errors), (14, 0, 0));
        assert!(
            suite
                .test_cases
                .iter()
                .all(|case| case.classname.as_ref().is_some_and(|name| name.as_str() == "faultkey.embedded-diagnosing.scenarios"))
        );
    }

    #[test]
    fn a_failed_scenario_has_its_findings() {
        let suite = suite_of(&sample::foreign());
        let case = case(&suite, "m0902-key-swapped-same-id on P03");
        assert_eq!(case.classname.as_ref().unwrap().as_str(), "faultkey.http-localhost-8081-py-webauthn.scenarios");
        let (kind, message, description) = told(case);
        assert_eq!(kind, NonSuccessKind::Failure);
        assert_eq!(message, Words::default().title(crate::check::CheckId::NoRegisterAgain));
        for line in [
            "no way out: no-register-again/authentication-verify",
            "found:    The answer offers no way to go on: 400 key-mismatch \"",
            "evidence: POST /assertion/result -> 400",
            "change:   Offer to register a new passkey after another way of signing in.",
            "source:   Policy: a passkey that no longer works can be replaced",
            "seen in:  2 scenarios: m0902-be-flip-after-sync on P09 (step 3), m0902-key-swapped-same-id on P03 (step 3).",
            "replay:   faultkey exercise --scenario m0902-key-swapped-same-id --profile P03 --seed 42",
        ] {
            assert!(description.contains(line), "{line}: {description}");
        }
    }

    #[test]
    fn what_has_no_verdict_is_skipped_with_the_reason() {
        let suite = suite_of(&sample::foreign());
        for (name, reason) in [
            ("m0902-lock-screen-removed on P01", "Not observable: the adapter file shows nothing of what the scenario expects."),
            ("m0902-challenge-expired-slow-finger on P05", "Not played: it has to wait for the relying party's clock; `--wait` plays it."),
            (
                "m0902-counter-restored on P19",
                "Could not be set up: step 1 has no fault in it and was not accepted. The relying party refused this: 401.",
            ),
            ("m0902-uv-not-set on P17", "Does not apply on this profile: step 1 needs discoverable credentials, which the device lacks."),
        ] {
            let TestCaseStatus::Skipped { message, .. } = &case(&suite, name).status else { panic!("{name} is not skipped") };
            assert_eq!(message.as_ref().unwrap().as_str(), reason);
        }
    }

    #[test]
    fn findings_that_no_failed_scenario_shows_are_cases_of_their_own() {
        let mut run = sample::foreign();
        let suite = suite_of(&run);
        let findings = |suite: &TestSuite| -> Vec<String> {
            let of_findings = |case: &&TestCase| case.classname.as_ref().is_some_and(|name| name.as_str().ends_with(".findings"));
            suite.test_cases.iter().filter(of_findings).map(|case| case.name.as_str().to_owned()).collect()
        };
        assert_eq!(findings(&suite), ["replay/authentication-verify", "account-enumeration/authentication-options"]);
        let (kind, message, _) = told(case(&suite, "replay/authentication-verify"));
        assert_eq!((kind, message.as_str()), (NonSuccessKind::Failure, "An answer that was accepted once is accepted again."));
        let remark = case(&suite, "account-enumeration/authentication-options");
        assert!(matches!(remark.status, TestCaseStatus::Success { .. }));
        assert!(remark.system_out.as_ref().unwrap().as_str().contains("found:    A name with an account gets the status 200"));
        // One that a failed scenario shows is told there.
        run.targets[0].findings[0].seen.push(SeenIn {
            scenario: "m0902-be-flip-after-sync".into(),
            profile: "P09".into(),
            step: 3,
            times: None,
        });
        assert_eq!(findings(&suite_of(&run)), ["account-enumeration/authentication-options"]);
    }

    #[test]
    fn what_is_known_is_skipped_and_says_why() {
        use crate::accept::Accepted;
        use crate::compare::{Snapshot, against};
        let skipped = |run: &Run, name: &str| {
            let TestCaseStatus::Skipped { message, .. } = case(&suite_of(run), name).status.clone() else {
                panic!("{name} is not skipped")
            };
            message.unwrap().as_str().to_owned()
        };
        let mut run = sample::foreign();
        run.targets[0].findings[0].accepted = Some(Accepted { reason: "SHOP-1".into(), until: None });
        assert_eq!(skipped(&run, "replay/authentication-verify"), "replay/authentication-verify: SHOP-1.");
        assert_eq!(suite_of(&run).failures, suite_of(&sample::foreign()).failures - 1);
        let baseline = Snapshot::of(&sample::foreign());
        against(&mut run, &baseline);
        assert_eq!(suite_of(&run).failures, 0);
        assert_eq!(
            skipped(&run, "m0902-key-swapped-same-id on P03"),
            format!("no-register-again/authentication-verify: {}", Words::default().in_baseline())
        );
        run.targets[0].findings[1].id.request = crate::check::Request::Fallback;
        against(&mut run, &baseline);
        assert!(suite_of(&run).failures > 0, "one that the baseline has not");
    }

    #[test]
    fn an_incomplete_run_is_an_error() {
        let mut run = sample::foreign();
        assert_eq!(suite_of(&run).errors, 0);
        run.targets[0].incomplete = Some(Incomplete::TimeLimit);
        let suite = suite_of(&run);
        assert_eq!(suite.errors, 1);
        let (kind, message, _) = told(case(&suite, "incomplete"));
        assert_eq!((kind, message.as_str()), (NonSuccessKind::Error, "This run is incomplete: its time limit was reached."));
    }

    #[test]
    fn cases_have_the_times_that_are_known() {
        let mut run = sample::foreign();
        let timing = |scenario: &str, profile: &str| crate::verdict::Timing {
            target: run.targets[0].name.clone(),
            scenario: scenario.into(),
            profile: profile.into(),
            milliseconds: 1_250,
        };
        run.circumstances.timings = vec![timing("m0902-key-swapped-same-id", "P01"), timing("m0902-key-swapped-same-id", "P03")];
        let suite = suite_of(&run);
        let timed: Vec<_> = suite.test_cases.iter().filter_map(|case| Some((case.name.as_str(), case.time?))).collect();
        assert_eq!(timed, [("m0902-key-swapped-same-id on P03", Duration::from_millis(1_250))]);
    }

    #[test]
    fn requests_that_were_refused_for_their_rate_are_told() {
        let mut run = sample::foreign();
        run.targets[0].rate_limited = false;
        assert!(suite_of(&run).test_cases.iter().all(|case| case.name.as_str() != "rate-limited"));
        run.targets[0].rate_limited = true;
        let suite = suite_of(&run);
        let limited = case(&suite, "rate-limited");
        assert!(limited.classname.as_ref().unwrap().as_str().ends_with(".run"));
        assert!(
            matches!(&limited.status, TestCaseStatus::Skipped { message: Some(message), .. } if message.as_str() == Words::default().rate_limited())
        );
    }

    #[test]
    fn hostile_text_is_escaped_and_control_characters_are_written_out() {
        const EVIL: &str = "</failure>\u{0}\u{1b}[31m]]>&\u{fffe}<x a=\"'\">";
        let mut run = sample::foreign();
        sample::poison(&mut run, EVIL);
        let xml = render(&run, Words::default()).unwrap();
        assert!(xml.chars().all(|c| !c.is_control() || c == '\n'), "{xml}");
        let suite = suite_of(&run);
        assert_eq!(suite.name.as_str(), "http://localhost:8081 (py_webauthn)</failure>\\u{0}\\u{1b}[31m]]>&\u{fffd}<x a=\"'\">");
        assert_eq!(suite.test_cases.len(), suite_of(&sample::foreign()).test_cases.len());
    }
}
