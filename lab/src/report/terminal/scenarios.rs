//! How the scenarios of a target stand: in numbers, and in a table those that failed or could not be set up.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use super::{BOLD, Screen, indented, item, paint};
use crate::check::Gravity;
use crate::report::{marks, text};
use crate::verdict::{Reason, ScenarioResult, Standing, TargetRun};
use crate::words::Words;

pub(super) fn section(target: &TargetRun, screen: Screen) -> String {
    let title = text::wrap(&text::one_line(&target.name), screen.width);
    let title: Vec<String> = title.iter().map(|line| paint(line, BOLD, screen)).collect();
    let mut out = title.join("\n") + "\n";
    if let Some(incomplete) = target.incomplete {
        out.push_str(&indented("", screen.words.incomplete(incomplete), screen));
    }
    out.push_str(&indented("", &screen.words.scenarios_counted(target), screen));
    for (reason, scenarios) in reasons(target) {
        out.push_str(&item(&screen.words.reason_of(scenarios, reason), screen));
    }
    let rows: Vec<&ScenarioResult> = target.scenarios.iter().filter(|scenario| has_row(scenario)).collect();
    // What is only there for comparison has its findings named below, and the rest in the page.
    if !rows.is_empty() && !target.for_comparison {
        out.push_str(&table(&rows, screen));
    }
    out
}

fn has_row(scenario: &ScenarioResult) -> bool {
    matches!(scenario.standing, Standing::Failed | Standing::NotSetUp)
}

/// Why scenarios have no verdict, where whoever runs them can do something about it and it is not told elsewhere; each reason once.
fn reasons(target: &TargetRun) -> Vec<(&Reason, usize)> {
    let mut reasons: Vec<(&Reason, usize)> = Vec::new();
    for scenario in target.scenarios.iter().filter(|scenario| !has_row(scenario)) {
        let Some(reason) = scenario.reason.as_ref().filter(|reason| can_be_helped(reason)) else { continue };
        match reasons.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, scenarios)) => *scenarios += 1,
            None => reasons.push((reason, 1)),
        }
    }
    reasons
}

const fn can_be_helped(reason: &Reason) -> bool {
    match reason {
        Reason::NeedsWait | Reason::AdapterDoesNotFit { .. } | Reason::FaultDidNotFire { .. } => true,
        // A row, a number, a blind spot, the hint about the rate, or that the run is incomplete.
        Reason::CleanStepFailed { .. }
        | Reason::StoppedAnswering { .. }
        | Reason::ImpossibleOnProfile { .. }
        | Reason::DeviceLacks { .. }
        | Reason::NothingSeen
        | Reason::VerificationNotRequired
        | Reason::RateLimited { .. }
        | Reason::RunEnded => false,
    }
}

fn table(rows: &[&ScenarioResult], screen: Screen) -> String {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(screen.width).unwrap_or(u16::MAX));
    if screen.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(vec!["", "scenario", "what failed"]);
    for scenario in rows {
        let colour = if scenario.standing == Standing::Failed { Color::Red } else { Color::Yellow };
        let mark = Cell::new(marks::mark(scenario.standing)).fg(colour).add_attribute(Attribute::Bold);
        let (id, profile) = (text::one_line(&scenario.id), text::one_line(&scenario.profile));
        let name = format!("{id}\n  on {profile}");
        table.add_row(vec![mark.set_alignment(CellAlignment::Center), Cell::new(name), Cell::new(failed(screen.words, scenario))]);
    }
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// The ids of what failed, or why there is no verdict.
fn failed(words: Words, scenario: &ScenarioResult) -> String {
    if let Some(reason) = &scenario.reason {
        return words.reason(reason);
    }
    let mut ids: Vec<String> = Vec::new();
    for check in scenario.steps.iter().flat_map(|step| &step.checks) {
        let fails = check.standing == Standing::Failed && check.id.check.gravity() < Gravity::Advice;
        let id = check.id.to_string();
        if fails && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_reason_that_can_be_helped_is_told_once() {
        let mut target = sample::foreign().targets.remove(0);
        let plain = Screen { width: 200, colour: false, words: Words::default() };
        assert_eq!(reasons(&target), [(&Reason::NeedsWait, 1)]);
        let does_not_fit = Reason::AdapterDoesNotFit { step: 1, problem: "no list at /rows".into() };
        for index in [0, 1] {
            target.scenarios[index].standing = Standing::NotObservable;
            target.scenarios[index].reason = Some(does_not_fit.clone());
        }
        let out = section(&target, plain);
        let line = "* Not observable: at step 1 the adapter file does not fit the answer: no list at /rows. (2 scenarios)\n";
        assert_eq!(out.matches(line).count(), 1, "{out}");
        assert!(!out.contains("discoverable credentials"), "{out}");
    }

    #[test]
    fn a_scenario_that_stopped_the_relying_party_says_so_in_its_row() {
        let mut target = sample::foreign().targets.remove(0);
        target.scenarios[0].standing = Standing::Failed;
        target.scenarios[0].reason = Some(Reason::StoppedAnswering { step: 3 });
        let out = section(&target, Screen { width: 200, colour: false, words: Words::default() });
        assert!(out.contains("Failed: at step 3 the relying party stopped answering."), "{out}");
    }

    #[test]
    fn a_remark_is_nothing_that_failed() {
        let mut scenario = sample::foreign().targets[0].scenarios[2].clone();
        let mut remark = scenario.steps[2].checks[0].clone();
        (remark.standing, remark.id.check) = (Standing::Failed, crate::check::CheckId::RefusedWith2xx);
        scenario.steps[2].checks.push(remark);
        assert_eq!(failed(Words::default(), &scenario), "no-register-again/authentication-verify");
    }
}
