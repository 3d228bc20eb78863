//! One scenario: the story in sentences, then the evidence for each.

use maud::{Markup, html};

use super::{badge, transcript, worded};
use crate::report::text;
use crate::report::words::{self, Standing};
use crate::verdict::{AnswerSummary, InvariantVerdict, Judgement, ScenarioVerdict, StepVerdict};

pub(super) fn section(anchor: &str, scenario: &ScenarioVerdict) -> Markup {
    html! {
        section.scenario aria-labelledby=(anchor) {
            h3 #(anchor) { (badge(Standing::of(scenario))) " " (worded(&scenario.title)) }
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
            @if let Some(reason) = &scenario.skipped {
                p { b { "Not played: " } (worded(reason)) }
            } @else {
                (story(scenario))
                (steps(&scenario.steps))
                (invariants(&scenario.invariants))
            }
            p { "Play it again: " code.replay { (text::harmless(&scenario.replay)) } }
            @if !scenario.transcript.is_empty() { (transcript::section(&scenario.transcript)) }
        }
    }
}

fn story(scenario: &ScenarioVerdict) -> Markup {
    let answer = scenario.steps.iter().rev().filter(|step| step.cause.is_some()).find_map(|step| step.answer.as_ref());
    html! {
        dl.story {
            (line("The device", &scenario.device_did))
            dt { "The relying party answered" }
            dd { (worded(&scenario.rp_answered)) @if let Some(answer) = answer { (self::answer(answer)) } }
            (line("Its state", &scenario.state))
            (line("A way out", &scenario.way_out))
            (line("Expected", &scenario.expected))
            @if scenario.judgement == Judgement::FellShort {
                dt.advice { "What to change" } dd.advice { (worded(&scenario.advice)) }
            } @else {
                (line("What to change", &scenario.advice))
            }
            (line("Evidence", &format!("{}. {}", scenario.evidence, scenario.evidence_note)))
        }
    }
}

fn line(name: &str, sentence: &str) -> Markup {
    html! { @if !sentence.is_empty() { dt { (name) } dd { (worded(sentence)) } } }
}

/// Status, code, message, ways out and what was logged, each by its name.
fn answer(answer: &AnswerSummary) -> Markup {
    html! {
        ul.answer {
            li { "status " b { (answer.status) } }
            @if let Some(code) = &answer.code { li { "code " b { (worded(code)) } } }
            @if let Some(message) = &answer.message { li { "message " b { (worded(message)) } } }
            li { "offers " @if answer.next.is_empty() { b { "nothing" } } @else { b { (worded(&answer.next.join(", "))) } } }
            li { "logged " @match &answer.logged { Some(logged) => b { (worded(logged)) }, None => span.quiet { "not observable" } } }
        }
    }
}

fn steps(steps: &[StepVerdict]) -> Markup {
    let short = steps.iter().any(|step| step.judgement == Judgement::FellShort);
    html! {
        @if !steps.is_empty() {
            details open[short] {
                summary { "What was checked, step by step" }
                div.wide { table {
                    caption { "Steps, what was expected of each, and what was found" }
                    thead { tr {
                        th scope="col" { "Step" }
                        th scope="col" { "Expected" }
                        th scope="col" { "Answered" }
                        th scope="col" { "Checks" }
                    } }
                    tbody { @for step in steps { (self::step(step)) } }
                } }
            }
        }
    }
}

fn step(step: &StepVerdict) -> Markup {
    html! {
        tr {
            th scope="row" { (step.number) ". " (worded(&step.action)) br; (badge(step.judgement.into())) }
            td {
                @for (index, class) in step.expected.iter().enumerate() {
                    @let (name, means) = words::outcome(*class);
                    @if index > 0 { " or " }
                    code { (name) } ": " (means)
                }
            }
            td { @if let Some(answer) = &step.answer { (worded(&words::answer(answer))) } }
            td { ul.checks { @for check in &step.checks { li { (badge(check.judgement.into())) " " (worded(&check.what)) ": " (worded(&check.found)) } } } }
        }
    }
}

fn invariants(invariants: &[InvariantVerdict]) -> Markup {
    let count = |judgement| invariants.iter().filter(|invariant| invariant.judgement == judgement).count();
    let short = count(Judgement::FellShort);
    html! {
        @if !invariants.is_empty() {
            details open[short > 0] {
                summary {
                    "Invariants: " (count(Judgement::Held)) " held, " (short) " fell short, " (count(Judgement::NotObservable)) " not observable"
                }
                div.wide { table {
                    caption { "What must be true after every fault" }
                    thead { tr { th scope="col" { "Invariant" } th scope="col" { "Judgement" } th scope="col" { "Found" } } }
                    tbody {
                        @for invariant in invariants {
                            tr {
                                th scope="row" { (text::harmless(&invariant.id)) " " (worded(&invariant.title)) }
                                td { (badge(invariant.judgement.into())) }
                                td { (worded(&invariant.found)) }
                            }
                        }
                    }
                } }
            }
        }
    }
}
