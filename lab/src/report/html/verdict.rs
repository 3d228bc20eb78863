//! The first screen: three numbers, and what to fix first.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::{Target, gravity_badge, sentence, worded};
use crate::check::Gravity;
use crate::verdict::{Finding, Run, Standing, TargetRun};
use crate::words::{Label, Words};

/// So many findings are a plan for a day.
const FIRST: usize = 5;

/// Those that say nothing of the relying party.
const WITHOUT_VERDICT: [Standing; 4] = [Standing::DoesNotApply, Standing::NotSetUp, Standing::NotObservable, Standing::NotPlayed];

pub(super) fn section(words: Words, run: &Run, targets: &[Target<'_>]) -> Markup {
    let judged: Vec<&Target<'_>> = targets.iter().filter(|target| !target.run.for_comparison).collect();
    html! {
        section aria-labelledby="verdict" {
            h2.unseen #verdict { (words.label(Label::Verdict)) }
            @for target in &judged {
                @if judged.len() > 1 { p { b { (worded(words, &target.run.name)) } } }
                @if let Some(incomplete) = target.run.incomplete { p.incomplete { (words.incomplete(incomplete)) } }
                (numbers(words, target.run))
                @if let Some(compared) = &target.run.baseline { p { (words.differences_counted(compared)) } }
            }
            @for note in &run.accept_notes { p.incomplete { (sentence(&words.accept_note(note))) } }
        }
        @if judged.iter().any(|target| target.run.findings.iter().any(is_open)) {
            section aria-labelledby="fix-first" {
                h2 #fix-first { (words.label(Label::FixFirst)) }
                @for target in &judged { (fix_first(target)) }
            }
        }
    }
}

/// What is accepted is known, and waits.
fn is_open(finding: &Finding) -> bool {
    finding.accepted.is_none()
}

fn numbers(words: Words, run: &TargetRun) -> Markup {
    let of_gravity = |gravity: &Gravity| run.findings.iter().filter(|finding| is_open(finding) && finding.gravity == *gravity).count();
    let accepted = run.findings.iter().filter(|finding| !is_open(finding)).count();
    let hidden: BTreeSet<_> = run.blind_spots.iter().flat_map(|spot| &spot.checks).collect();
    let without: usize = WITHOUT_VERDICT.iter().map(|standing| run.count(*standing)).sum();
    let grave = Gravity::ALL.iter().any(|gravity| *gravity < Gravity::Advice && of_gravity(gravity) > 0);
    html! {
        ul.numbers {
            li class=(if grave { "bad" } else { "good" }) {
                span.what { (words.label(Label::Findings)) }
                b { (run.findings.len() - accepted) }
                span.detail {
                    @for (index, gravity) in Gravity::ALL.iter().filter(|gravity| of_gravity(gravity) > 0).enumerate() {
                        @if index > 0 { br; }
                        (words.of_gravity(of_gravity(gravity), *gravity))
                    }
                    @if accepted > 0 { @if accepted < run.findings.len() { br; } (words.accepted_counted(accepted)) }
                    @if run.findings.is_empty() { (words.scenarios_counted(run)) }
                }
            }
            li class=(if hidden.is_empty() { "none" } else { "unseen-spots" }) {
                span.what { (words.label(Label::BlindSpots)) }
                b { (run.blind_spots.len()) }
                span.detail {
                    @if run.blind_spots.is_empty() {
                        (words.label(Label::NoBlindSpots))
                    } @else {
                        a href="#not-observable" { (words.hidden_checks(hidden.len())) }
                    }
                }
            }
            li.none {
                span.what { (words.label(Label::WithoutVerdict)) }
                b { (without) " " small { (words.of_all(run.scenarios.len())) } }
                span.detail {
                    @for (index, standing) in WITHOUT_VERDICT.iter().filter(|standing| run.count(**standing) > 0).enumerate() {
                        @if index > 0 { br; }
                        (words.of_standing(run.count(*standing), *standing))
                    }
                }
            }
        }
    }
}

fn fix_first(target: &Target<'_>) -> Markup {
    let (run, words) = (target.run, target.words);
    let open = run.findings.iter().zip(&target.findings).filter(|(finding, _)| is_open(finding));
    html! {
        ol.fix-first {
            @for (finding, anchor) in open.clone().take(FIRST) {
                li {
                    (gravity_badge(words, finding.gravity)) " "
                    a href=(format!("#{anchor}")) { (words.title(finding.id.check)) } " "
                    span.quiet { (words.at_request(finding.id.request)) }
                }
            }
        }
        @if run.findings.len() > FIRST {
            p { a href=(format!("#{}", target.place("findings"))) { (words.all_findings(run.findings.len())) } }
        }
    }
}
