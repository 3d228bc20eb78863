//! `junit.xml` for CI servers: one test suite for each target, one test case for each scenario on a profile.
//!
//! A scenario that fell short is a failure. One that was not played is skipped. One whose judgement is "not observable" is skipped too, with
//! a message that starts with `not observable:`: JUnit knows no third way, and calling it passed would claim what nobody saw. A scenario that
//! held with a side check unseen is a success, and its output lists what was not seen.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::report::words::{self, Standing};
use crate::report::{ReportError, text};
use crate::verdict::{Judgement, Run, ScenarioVerdict, TargetRun};

/// The run as JUnit XML.
///
/// # Errors
/// When the XML can't be written: a bug.
pub fn render(run: &Run) -> Result<String, ReportError> {
    let mut report = Report::new("faultkey");
    for target in &run.targets {
        report.add_test_suite(suite(run, target));
    }
    report.to_string().map_err(|error| ReportError::Render { file: "junit.xml", problem: error.to_string() })
}

fn suite(run: &Run, target: &TargetRun) -> TestSuite {
    let mut suite = TestSuite::new(clean(&target.name));
    suite.add_property(("faultkey.version", run.version.as_str()));
    suite.add_property(("faultkey.seed", run.seed.to_string().as_str()));
    for scenario in &target.scenarios {
        suite.add_test_case(case(target, scenario));
    }
    suite
}

fn case(target: &TargetRun, scenario: &ScenarioVerdict) -> TestCase {
    let status = match Standing::of(scenario) {
        Standing::Held => TestCaseStatus::success(),
        Standing::Skipped => skipped(scenario.skipped.as_deref().unwrap_or_default()),
        Standing::NotObservable => skipped(&format!("not observable: {}", words::not_observed(scenario))),
        Standing::FellShort => {
            let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failure.set_type("fell-short").set_message(clean(&scenario.advice)).set_description(clean(&description(scenario)));
            failure
        }
    };
    let mut case = TestCase::new(clean(&format!("{} on {}", scenario.id, scenario.profile)), status);
    case.set_classname(clean(&target.name));
    if scenario.skipped.is_none() {
        let unseen = words::not_observed(scenario);
        let unseen = if scenario.judgement == Judgement::Held && has_unseen(scenario) {
            format!("\nnot observable: {unseen}")
        } else {
            String::new()
        };
        case.set_system_out(clean(&format!("replay: {}{unseen}", scenario.replay)));
    }
    case
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(clean(reason));
    status
}

fn has_unseen(scenario: &ScenarioVerdict) -> bool {
    let checks = scenario.steps.iter().flat_map(|step| &step.checks).map(|check| check.judgement);
    checks.chain(scenario.invariants.iter().map(|i| i.judgement)).any(|judgement| judgement == Judgement::NotObservable)
}

/// The story, then each check and invariant that fell short.
fn description(scenario: &ScenarioVerdict) -> String {
    let mut lines = vec![
        format!("device:   {}", scenario.device_did),
        format!("answered: {}", scenario.rp_answered),
        format!("expected: {}", scenario.expected),
        format!("state:    {}", scenario.state),
        format!("way out:  {}", scenario.way_out),
        format!("change:   {}", scenario.advice),
    ];
    for step in &scenario.steps {
        for check in step.checks.iter().filter(|check| check.judgement == Judgement::FellShort) {
            lines.push(format!("step {} ({}): {}: {}", step.number, step.action, check.what, check.found));
        }
    }
    for invariant in scenario.invariants.iter().filter(|i| i.judgement == Judgement::FellShort) {
        lines.push(format!("{} {}: {}", invariant.id, invariant.title, invariant.found));
    }
    lines.push(format!("replay:   {}", scenario.replay));
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

    #[test]
    fn one_suite_for_each_target_and_one_case_for_each_scenario() {
        let xml = render(&sample::both()).unwrap();
        let report = Report::deserialize_from_str(&xml).unwrap();
        assert_eq!((report.tests, report.failures), (28, 14));
        let suite = &report.test_suites[0];
        assert_eq!((suite.name.as_str(), suite.tests, suite.failures), ("embedded, opaque", 14, 14));
        assert_eq!(suite.test_cases[2].name.as_str(), "m0902-key-swapped-same-id on P03");
        let TestCaseStatus::NonSuccess { message, description, .. } = &suite.test_cases[2].status else { panic!("a failure") };
        assert_eq!(
            message.as_ref().unwrap().as_str(),
            "Answer a wrong key with a reason of its own, and offer to register again after another log-in."
        );
        let description = description.as_ref().unwrap().as_str();
        assert!(description.contains("step 3 (log in): a way out in one step: the answer offers none"), "{description}");
        assert!(
            description.contains("replay:   faultkey exercise --scenario m0902-key-swapped-same-id --profile P03 --seed 42"),
            "{description}"
        );
    }

    #[test]
    fn not_observable_is_skipped_never_passed() {
        let report = Report::deserialize_from_str(&render(&sample::foreign()).unwrap()).unwrap();
        let suite = &report.test_suites[0];
        assert_eq!((suite.tests, suite.failures, suite.disabled), (14, 2, 5));
        let TestCaseStatus::Skipped { message, .. } = &suite.test_cases[3].status else { panic!("skipped") };
        assert_eq!(message.as_ref().unwrap().as_str(), "not observable: no account enumeration (one account only was tried)");
        let TestCaseStatus::Skipped { message, .. } = &suite.test_cases[5].status else { panic!("skipped") };
        assert_eq!(message.as_ref().unwrap().as_str(), "needs 5 minutes of real time; play it with --slow");
        assert!(suite.test_cases[0].system_out.as_ref().unwrap().as_str().contains("\nnot observable: no account enumeration"));
    }

    #[test]
    fn hostile_text_stays_valid_xml() {
        let mut run = sample::both();
        run.targets[0].scenarios[0].advice = "</failure>\u{0}\u{1b}[31m]]>&\u{ffff}<x a=\"'\">".into();
        run.targets[0].name = "<suite \u{b}".into();
        let xml = render(&run).unwrap();
        assert!(xml.chars().all(|c| !c.is_control() || c == '\n'), "{xml}");
        let report = Report::deserialize_from_str(&xml).unwrap();
        let TestCaseStatus::NonSuccess { message, .. } = &report.test_suites[0].test_cases[0].status else { panic!("a failure") };
        assert_eq!(message.as_ref().unwrap().as_str(), "</failure>\\u{0}\\u{1b}[31m]]>&\u{fffd}<x a=\"'\">");
    }
}
