//! Scenarios, a row each; what was played is folded in the row.

use maud::{Markup, html};

use super::{Target, badge, code, marks, sentence, steps, transcript, worded};
use crate::check::Gravity;
use crate::report::{Transcripts, text};
use crate::verdict::{CheckResult, ScenarioResult, Standing};
use crate::words::{Label, Words};

pub(super) fn section(target: &Target<'_>) -> Markup {
    let id = target.place("scenarios");
    let words = target.words;
    html! {
        section aria-labelledby=(id) {
            h2 #(id) { (words.label(Label::Scenarios)) }
            p { (words.scenarios_counted(target.run)) }
            (rows(target))
        }
    }
}

pub(super) fn rows(target: &Target<'_>) -> Markup {
    html! {
        div.rows { @for (scenario, anchor) in target.run.scenarios.iter().zip(&target.scenarios) { (row(target, anchor, scenario)) } }
    }
}

fn row(target: &Target<'_>, anchor: &str, scenario: &ScenarioResult) -> Markup {
    let words = target.words;
    let said: Vec<&str> = [&scenario.words_en, &scenario.words_ja, &scenario.catalogue].into_iter().flatten().map(String::as_str).collect();
    let failed = scenario.standing == Standing::Failed;
    html! {
        details.scenario id=(anchor) data-standing=(marks::class(scenario.standing)) data-words=(text::harmless(&said.join(" "))) {
            summary {
                (badge(words, scenario.standing))
                span.title { (worded(words, scenario.title.get(words.language()))) " " code { (text::harmless(&scenario.id)) } }
                span.on { (text::harmless(&scenario.profile)) }
                span.why { (why(words, scenario)) }
            }
            // What passed is there when it is wanted; what failed also without a script.
            @if failed && !target.run.for_comparison { (played(target, scenario)) } @else { template { (played(target, scenario)) } }
        }
        @if failed && !target.run.for_comparison { p.paper { code { (text::harmless(&scenario.replay)) } } }
    }
}

/// What failed, or why there is no verdict.
fn why(words: Words, scenario: &ScenarioResult) -> Markup {
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

fn played(target: &Target<'_>, scenario: &ScenarioResult) -> Markup {
    let words = target.words;
    html! {
        div.played {
            (users_say(words, scenario))
            (steps::list(words, &scenario.steps))
            p.quiet {
                (basis(words, &scenario.evidence)) (worded(words, scenario.evidence_note.get(words.language())))
                @if !scenario.catalogue.is_empty() {
                    br; (words.lead(Label::Catalogue)) (text::harmless(&scenario.catalogue.join(", ")))
                }
            }
            (code::line(words.label(Label::Replay), &scenario.replay))
            (wires(target, scenario))
        }
    }
}

/// The transcript, where the settings want it. Of what is only there for comparison nobody needs it.
fn wires(target: &Target<'_>, scenario: &ScenarioResult) -> Markup {
    let failed = scenario.standing == Standing::Failed;
    let wanted = match target.transcripts {
        Transcripts::Failed => failed && !target.run.for_comparison,
        Transcripts::All => true,
    };
    html! {
        @if wanted && !scenario.transcript.is_empty() {
            (transcript::section(target.words, &scenario.transcript))
        } @else if failed {
            p.quiet { (target.words.label(Label::TranscriptElsewhere)) }
        }
    }
}

fn users_say(words: Words, scenario: &ScenarioResult) -> Markup {
    html! {
        @if !(scenario.words_en.is_empty() && scenario.words_ja.is_empty()) {
            p.say {
                (words.lead(Label::UsersSay))
                @for (index, said) in scenario.words_en.iter().chain(&scenario.words_ja).enumerate() {
                    @if index > 0 { " " }
                    q lang=[super::foreign(words, said)] { (text::harmless(said)) }
                }
            }
        }
    }
}

/// Whether the failure was seen in the field.
fn basis(words: Words, evidence: &str) -> String {
    use crate::scenario::Evidence;
    let known = [(Evidence::Observed, Label::Observed), (Evidence::Inferred, Label::Inferred)];
    let label = known.into_iter().find(|(name, _)| name.to_string() == evidence).map_or(Label::Basis, |(_, label)| label);
    words.lead(label)
}
