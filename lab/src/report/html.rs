//! `index.html`: one file with everything in it, for a screen, for paper and for a screen reader. Nothing is loaded from elsewhere.
//!
//! The verdict of what is judged comes first, then what to do, then the details. What few readers want is in `<template>` elements, which a
//! small script unfolds. Every text goes through maud, which escapes it: much of it was written by a relying party that is under test.

mod anchor;
mod blind;
mod code;
mod filter;
mod findings;
mod head;
mod matrix;
mod scenario;
mod steps;
#[cfg(test)]
mod tests;
mod transcript;
mod verdict;

use faultkey_fault_injection::Language;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::check::Gravity;
use crate::report::{Settings, Transcripts, marks, text};
use crate::verdict::{Run, SeenIn, Standing, TargetRun};
use crate::words::{Label, Words};
use anchor::Anchors;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// The run as one HTML page.
#[must_use]
pub fn render(run: &Run, settings: &Settings) -> String {
    let words = settings.words;
    let targets = targets(run, settings);
    let judged = || targets.iter().filter(|target| !target.run.for_comparison);
    let names: Vec<_> = judged().map(|target| text::one_line(&target.run.name)).collect();
    let page = html! {
        (DOCTYPE)
        html lang=(words.language().tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content="faultkey";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(policy());
                title { (words.page_title(&names.join("; "))) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { (words.label(Label::Skip)) }
                (head::header(words, run, &targets))
                main #main data-copy=(words.label(Label::Copy)) data-copied=(words.label(Label::Copied)) {
                    (verdict::section(words, run, &targets))
                    (matrix::section(words, run, &targets))
                    (filter::form(words))
                    @for target in judged() {
                        (findings::section(target))
                        (scenario::section(target))
                    }
                    @for target in targets.iter().filter(|target| target.run.for_comparison) { (comparison(target)) }
                    (blind::section(words, &targets))
                }
                footer {
                    p.quiet { (words.lead(Label::Marks)) (legend(words)) }
                    p.quiet { (words.label(Label::NeverPassed)) }
                    noscript { p.quiet { (words.label(Label::WithoutScripts)) } }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Were some text to slip through unescaped, it still could not run or load anything: only our own script, known by its hash, runs.
fn policy() -> String {
    let hash = data_encoding::BASE64.encode(&Sha256::digest(SCRIPT.as_bytes()));
    format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

/// A target with the names of its places in the page.
struct Target<'a> {
    run: &'a TargetRun,
    words: Words,
    transcripts: Transcripts,
    /// Before the names of its sections; empty for what is judged.
    prefix: String,
    /// One for each scenario, the same in every run.
    scenarios: Vec<String>,
    /// One for each finding, the same in every run.
    findings: Vec<String>,
}

/// What is judged comes before what is only there to be compared with.
fn targets<'a>(run: &'a Run, settings: &Settings) -> Vec<Target<'a>> {
    let mut anchors = Anchors::default();
    let mut in_order: Vec<&TargetRun> = run.targets.iter().collect();
    in_order.sort_by_key(|target| target.for_comparison);
    let target = |(index, run): (usize, &'a TargetRun)| {
        let prefix = if index == 0 { String::new() } else { format!("{}--", anchors.take(anchor::kebab(&run.name))) };
        let name = |first: &str, second: &str| format!("{prefix}{}--{}", anchor::slug(first), anchor::slug(second));
        let scenarios = run.scenarios.iter().map(|scenario| anchors.take(name(&scenario.id, &scenario.profile))).collect();
        let finding = |finding: &crate::verdict::Finding| name(finding.id.check.name(), finding.id.request.name());
        let findings = run.findings.iter().map(|found| anchors.take(finding(found))).collect();
        Target { run, words: settings.words, transcripts: settings.transcripts, prefix, scenarios, findings }
    };
    in_order.into_iter().enumerate().map(target).collect()
}

impl Target<'_> {
    /// The anchor of the scenario that showed a finding.
    fn anchor(&self, seen: &SeenIn) -> Option<&str> {
        let is_it = |scenario: &crate::verdict::ScenarioResult| (&scenario.id, &scenario.profile) == (&seen.scenario, &seen.profile);
        let number = self.run.scenarios.iter().position(is_it)?;
        self.scenarios.get(number).map(String::as_str)
    }

    /// The id of one of its sections.
    fn place(&self, section: &str) -> String {
        format!("{}{section}", self.prefix)
    }
}

/// What is there to be compared with, folded: it is not judged.
fn comparison(target: &Target<'_>) -> Markup {
    let words = target.words;
    html! {
        details.comparison id=(target.place("comparison")) {
            summary { h2 { (words.lead(Label::ForComparison)) (worded(words, &target.run.name)) } }
            p { (words.findings_counted(target.run)) " " (words.scenarios_counted(target.run)) }
            @for (finding, anchor) in target.run.findings.iter().zip(&target.findings) { (findings::finding(target, finding, anchor)) }
            h3 { (words.label(Label::Scenarios)) }
            (scenario::rows(target))
        }
    }
}

/// A standing as a mark and a word; colour comes on top.
fn badge(words: Words, standing: Standing) -> Markup {
    html! { span class=(format!("badge {}", marks::class(standing))) { (marks::mark(standing)) " " (words.standing(standing)) } }
}

fn gravity_badge(words: Words, gravity: Gravity) -> Markup {
    html! { span class=(format!("badge gravity-{}", gravity.name())) title=(words.gravity_means(gravity)) { (words.gravity(gravity)) } }
}

fn legend(words: Words) -> String {
    Standing::ALL.map(|standing| format!("{} {}", marks::mark(standing), words.standing(standing))).join(", ")
}

/// Text that others wrote: kept from reordering its surroundings, and marked with its language where that is not the page's.
fn worded(words: Words, text: &str) -> Markup {
    let text = text::harmless(text);
    html! { bdi lang=[foreign(words, &text)] { (text) } }
}

/// The language tag of a text that is not in the page's language.
fn foreign(words: Words, text: &str) -> Option<&'static str> {
    let language = if is_japanese(text) { Language::Japanese } else { Language::English };
    let has_words = || text.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word.len() > 1);
    (language != words.language() && (language == Language::Japanese || has_words())).then(|| language.tag())
}

/// A sentence of ours, in which code stands between backticks.
fn sentence(text: &str) -> Markup {
    html! {
        bdi {
            @for (number, part) in text::harmless(text).split('`').enumerate() {
                @if number % 2 == 1 { code { (part) } } @else { (part) }
            }
        }
    }
}

/// Kana, or the ideographs that go with them.
fn is_japanese(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff66}'..='\u{ff9d}'))
}
