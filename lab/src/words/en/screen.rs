//! The report for a terminal, and what is said while a run goes on.

use crate::report::text::one_line;
use crate::verdict::{Finding, TargetRun};
use crate::words::{ScreenLabel, View};

use super::run::plural;
use super::{findings_counted, gravity, scenarios_counted, title};

/// A label, or a sentence that always stands alone.
#[must_use]
pub const fn screen_label(label: ScreenLabel) -> &'static str {
    match label {
        ScreenLabel::Matrix => {
            "Which failures look alike to the user? In this matrix causes go down and answers across: # shares its answer with other causes, o does not."
        }
        ScreenLabel::ToldApart(View::Shown) => "told apart: shown to user",
        ScreenLabel::ToldApart(View::Api) => "            said by the API",
        ScreenLabel::ToldApart(View::Logged) => "            logged by the RP",
        ScreenLabel::LargestGroup => "largest group",
        ScreenLabel::AllAnswersDiffer => "none: all answers differ",
        ScreenLabel::NoErrorShown => "no error was shown",
        ScreenLabel::Scenario => "scenario",
        ScreenLabel::WhatFailed => "what failed",
        ScreenLabel::NotObservable => "Not observable:",
        ScreenLabel::Accepted => "Accepted",
        ScreenLabel::Found => "Found",
        ScreenLabel::Evidence => "Evidence",
        ScreenLabel::AlsoAt => "Also at",
        ScreenLabel::Also => "Also",
        ScreenLabel::Change => "Change",
        ScreenLabel::SeenIn => "Seen in",
        ScreenLabel::Replay => "Replay",
    }
}

/// A heading.
#[must_use]
pub fn findings_of(target: &str) -> String {
    format!("Findings of {}", one_line(target))
}

/// A heading.
#[must_use]
pub fn answers_of(target: &str) -> String {
    format!("Answers of {}", one_line(target))
}

/// `1. security: replay/authentication-verify`
#[must_use]
pub fn finding_head(number: usize, finding: &Finding) -> String {
    format!("{number}. {}: {}", gravity(finding.gravity), finding.id)
}

/// A finding on one line.
#[must_use]
pub fn finding_in_short(finding: &Finding) -> String {
    format!("{}: {} ({})", gravity(finding.gravity), title(finding.id.check), finding.id)
}

/// `replay/authentication-verify: The same response was accepted again.`
#[must_use]
pub fn named(name: &str, said: &str) -> String {
    format!("{name}: {said}")
}

/// `14 causes under A: M0902`, of at least two causes.
#[must_use]
pub fn group_under(causes: usize, letter: &str, answer: &str) -> String {
    format!("{} under {letter}: {}", plural(causes as u64, "cause"), one_line(answer))
}

/// After a scenario's id.
#[must_use]
pub fn on_profile(profile: &str) -> String {
    format!("on {}", one_line(profile))
}

/// A target's findings and scenarios in numbers.
#[must_use]
pub fn target_in_numbers(target: &TargetRun) -> String {
    format!("{}: {} {}", one_line(&target.name), findings_counted(target), scenarios_counted(target))
}

/// The last line.
#[must_use]
pub fn version_and_seed(version: &str, seed: u64) -> String {
    format!("faultkey {}, seed {seed}", one_line(version))
}

/// Where the page is.
#[must_use]
pub fn report_at(path: &str) -> String {
    format!("report: {path}")
}

/// While a run goes on.
#[must_use]
pub fn playing(target: &str, scenario: &str, profile: &str) -> String {
    format!("{}: {} {}", one_line(target), one_line(scenario), on_profile(profile))
}

/// While a run goes on.
#[must_use]
pub fn waiting_for(target: &str, seconds: u64) -> String {
    format!("{} stopped answering; waiting up to {seconds} s for it to come back", one_line(target))
}

/// While a run goes on.
#[must_use]
pub fn waiting_for_clock(seconds: u64) -> String {
    format!("waiting {seconds} s for the relying party's clock")
}
