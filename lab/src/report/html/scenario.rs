//! One scenario: what was played, how each step stands, and for one that failed what went over the wires.

use maud::{Markup, html};

use super::{badge, sentence, transcript, worded};
use crate::check::Gravity;
use crate::report::text;
use crate::verdict::{CheckResult, ScenarioResult, Standing, StepResult};
use crate::words::{Noun, Words};

pub(super) fn section(words: Words, anchor: &str, scenario: &ScenarioResult) -> Markup {
    let failed = scenario.standing == Standing::Failed;
    html! {
        section.scenario aria-labelledby=(anchor) {
            h3 #(anchor) { (badge(words, scenario.standing)) " " (worded(scenario.title.get(words.language()))) }
            p.quiet {
                code { (text::harmless(&scenario.id)) } " on " (text::harmless(&scenario.profile))
                @if !scenario.catalogue.is_empty() { "; catalogue " (text::harmless(&scenario.catalogue.join(", "))) }
            }
            @if !(scenario.words_en.is_empty() && scenario.words_ja.is_empty()) {
                p {
                    "Users say: "
                    @for (index, words) in scenario.words_en.iter().enumerate() { @if index > 0 { ", " } q { (text::harmless(words)) } }
                    @for words in &scenario.words_ja { " " q lang="ja" { (text::harmless(words)) } }
                }
            }
            @if let Some(reason) = &scenario.reason { p { (sentence(&words.reason(reason))) } }
            (steps(words, &scenario.steps, failed))
            p.quiet { "Evidence: " (worded(&format!("{}. {}", scenario.evidence, scenario.evidence_note.get(words.language())))) }
            p { "Replay: " code.replay { (text::harmless(&scenario.replay)) } }
            @if failed && !scenario.transcript.is_empty() { (transcript::section(&scenario.transcript)) }
        }
    }
}

/// What failed, or why there is no verdict, for a row of the table.
pub(super) fn failed(words: Words, scenario: &ScenarioResult) -> Markup {
    let mut ids: Vec<String> = Vec::new();
    for check in scenario.steps.iter().flat_map(|step| &step.checks).filter(|check| fails(check)) {
        let id = check.id.to_string();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    html! {
        @if let Some(reason) = &scenario.reason {
            (sentence(&words.reason(reason)))
        } @else {
            @for (index, id) in ids.iter().enumerate() { @if index > 0 { br; } code { (id) } }
        }
    }
}

fn fails(check: &CheckResult) -> bool {
    check.standing == Standing::Failed && check.id.check.gravity() < Gravity::Advice
}

fn steps(words: Words, steps: &[StepResult], open: bool) -> Markup {
    html! {
        @if !steps.is_empty() {
            details open[open] {
                summary { (words.counted(steps.len() as u64, Noun::Step)) }
                div.wide { table {
                    caption { "Steps, what was expected of the relying party at each, and what was checked" }
                    thead { tr {
                        th scope="col" { "Step" }
                        th scope="col" { "Expected" }
                        th scope="col" { "Answered" }
                        th scope="col" { "Checks" }
                    } }
                    tbody { @for step in steps { (self::step(words, step)) } }
                } }
            }
        }
    }
}

fn step(words: Words, step: &StepResult) -> Markup {
    html! {
        tr {
            th scope="row" {
                (step.number) ". " (worded(&step.action))
                @if let Some(standing) = step.standing { br; (badge(words, standing)) }
            }
            td {
                @for (index, class) in step.expected.iter().enumerate() {
                    @if index > 0 { " Or: " }
                    code { (class.name()) } ": " (words.expectation(*class))
                }
            }
            td {
                @if let Some(answer) = &step.answer {
                    (worded(&words.answer(answer)))
                    @if !answer.next.is_empty() { br; span.quiet { "offers " (worded(&text::one_line(&answer.next.join(", ")))) } }
                    @if let Some(logged) = &answer.logged { br; span.quiet { "logged " (worded(&text::one_line(logged))) } }
                }
                @for happened in &step.happened { p.fault { (sentence(&words.happened(happened))) } }
            }
            // What can't be seen is told once, with the findings.
            td { ul.checks { @for check in step.checks.iter().filter(|check| check.standing != Standing::NotObservable) { (self::check(words, check)) } } }
        }
    }
}

fn check(words: Words, check: &CheckResult) -> Markup {
    html! {
        li {
            (badge(words, check.standing)) " " code { (check.id) }
            @if let Some(found) = &check.found { ": " (words.title(check.id.check)) " " (worded(&words.found(found))) }
        }
    }
}
