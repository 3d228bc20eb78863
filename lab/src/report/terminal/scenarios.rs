//! How the scenarios of a target stand: in numbers, and one by one those that failed or could not be set up.

use super::{BOLD, Detail, Screen, indented, item, paint};
use crate::check::Gravity;
use crate::report::{marks, text};
use crate::verdict::{Reason, ScenarioResult, Standing, TargetRun};
use crate::words::{ScreenLabel, Words};

pub(super) fn section(target: &TargetRun, screen: Screen) -> String {
    let title = text::wrap(&text::one_line(&target.name), screen.text_width());
    let title: Vec<String> = title.iter().map(|line| paint(line, BOLD, screen)).collect();
    let mut out = title.join("\n") + "\n";
    if let Some(incomplete) = target.incomplete {
        out.push_str(&indented("", screen.words.incomplete(incomplete), screen));
    }
    out.push_str(&indented("", &screen.words.scenarios_counted(target), screen));
    for (reason, scenarios) in reasons(target) {
        out.push_str(&item(&screen.words.reason_of(scenarios, reason), screen));
    }
    let (rows, others): (Vec<&ScenarioResult>, Vec<&ScenarioResult>) = target.scenarios.iter().partition(|scenario| has_row(scenario));
    if screen.detail == Detail::EveryScenario {
        others.iter().for_each(|scenario| out.push_str(&line(scenario, screen)));
    }
    // What is only there for comparison has its findings named below, and the rest in the page.
    if !rows.is_empty() && !target.for_comparison {
        out.push_str(&if screen.plain { rows.iter().map(|scenario| line(scenario, screen)).collect() } else { table(&rows, screen) });
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

/// `failed  interrupted-double-tap  on pixel-chrome  replay/authentication-verify`: two blanks between fields.
fn line(scenario: &ScenarioResult, screen: Screen) -> String {
    let (id, profile) = (text::one_line(&scenario.id), screen.words.on_profile(&scenario.profile));
    let mut fields = vec![screen.words.standing(scenario.standing).to_owned(), id, profile];
    let why = failed(screen.words, scenario).join(", ");
    if !why.is_empty() {
        fields.push(why);
    }
    fields.join("  ") + "\n"
}

/// Columns: a mark, what was played, what failed of it. No rules are drawn.
fn table(rows: &[&ScenarioResult], screen: Screen) -> String {
    const MARK: usize = 4;
    const GAP: usize = 2;
    let label = |label| screen.words.screen_label(label).to_owned();
    let mut cells = vec![(String::new(), vec![label(ScreenLabel::Scenario)], vec![label(ScreenLabel::WhatFailed)])];
    for scenario in rows {
        let played = vec![text::one_line(&scenario.id), screen.words.on_profile(&scenario.profile)];
        let code = if scenario.standing == Standing::Failed { "1;31" } else { "1;33" };
        cells.push((paint(marks::mark(scenario.standing), code, screen), played, failed(screen.words, scenario)));
    }
    let widest = cells.iter().flat_map(|(_, played, _)| played).map(|line| text::columns(line)).max().unwrap_or(0);
    let played_width = widest.min(screen.width * 3 / 5);
    let why_width = screen.width.saturating_sub(MARK + played_width + GAP);
    let mut out = String::new();
    for (mark, played, why) in cells {
        let played: Vec<String> = played.iter().flat_map(|line| text::wrap(line, played_width)).collect();
        let why: Vec<String> = why.iter().flat_map(|line| text::wrap(line, why_width)).collect();
        for index in 0..played.len().max(why.len()) {
            let at = |lines: &[String]| lines.get(index).cloned().unwrap_or_default();
            // Painted text is wider than it looks.
            let mark = if index == 0 && !mark.is_empty() { format!("{mark}  ") } else { " ".repeat(MARK) };
            let line = format!("{mark}{}{}{}", text::fit(&at(&played), played_width), " ".repeat(GAP), at(&why));
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

/// The ids of what failed, or why there is no verdict.
fn failed(words: Words, scenario: &ScenarioResult) -> Vec<String> {
    if let Some(reason) = &scenario.reason {
        return vec![words.reason(reason)];
    }
    let mut ids: Vec<String> = Vec::new();
    for check in scenario.steps.iter().flat_map(|step| &step.checks) {
        let fails = check.standing == Standing::Failed && check.id.check.gravity() < Gravity::Advice;
        let id = check.id.to_string();
        if fails && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_reason_that_can_be_helped_is_told_once() {
        let mut target = sample::foreign().targets.remove(0);
        let plain = Screen { width: 200, ..Screen::default() };
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
        let out = section(&target, Screen { width: 200, ..Screen::default() });
        assert!(out.contains("Failed: at step 3 the relying party stopped answering."), "{out}");
    }

    #[test]
    fn a_remark_is_nothing_that_failed() {
        let mut scenario = sample::foreign().targets[0].scenarios[2].clone();
        let mut remark = scenario.steps[2].checks[0].clone();
        (remark.standing, remark.id.check) = (Standing::Failed, crate::check::CheckId::RefusedWith2xx);
        scenario.steps[2].checks.push(remark);
        assert_eq!(failed(Words::default(), &scenario), ["no-register-again/authentication-verify"]);
    }

    #[test]
    fn a_pipe_gets_a_line_for_each_scenario_that_failed_and_no_table() {
        let target = sample::foreign().targets.remove(0);
        let out = section(&target, Screen { width: 80, plain: true, ..Screen::default() });
        let line = "failed  m0902-key-swapped-same-id  on P03  no-register-again/authentication-verify\n";
        assert!(out.contains(line), "{out}");
        assert!(out.contains("could not be set up  m0902-counter-restored  on P19  Could not be set up: step 1"), "{out}");
        assert!(!out.contains("passed  m0902"), "{out}");
    }

    #[test]
    fn every_scenario_has_a_line_where_it_is_asked_for() {
        let target = sample::foreign().targets.remove(0);
        let out = section(&target, Screen { plain: true, detail: Detail::EveryScenario, ..Screen::default() });
        let lines = |standing: &str| out.lines().filter(|line| line.starts_with(&format!("{standing}  "))).count();
        assert_eq!((lines("passed"), lines("failed"), lines("not played")), (8, 2, 1), "{out}");
    }
}
