//! The steps of a scenario: what was done, expected, answered and checked.

use maud::{Markup, html};

use super::{badge, sentence, worded};
use crate::report::text;
use crate::verdict::{AnswerSummary, CheckResult, Standing, StepResult};
use crate::words::{Label, Words};

pub(super) fn list(words: Words, steps: &[StepResult]) -> Markup {
    html! { @if !steps.is_empty() { ol.steps aria-label=(words.label(Label::Steps)) { @for step in steps { (self::step(words, step)) } } } }
}

fn step(words: Words, step: &StepResult) -> Markup {
    html! {
        li value=(step.number) {
            p.action {
                b { (worded(words, step.action.get(words.language()))) }
                @if let Some(standing) = step.standing { " " (badge(words, standing)) }
            }
            @if !step.expected.is_empty() {
                p {
                    span.quiet { (words.lead(Label::Expected)) }
                    @for (index, class) in step.expected.iter().enumerate() {
                        @if index > 0 { " " (words.label(Label::Or)) " " }
                        (words.expectation(*class)) " " code { (class.name()) }
                    }
                }
            }
            @for happened in &step.happened { p.fault { (sentence(&words.happened(happened))) } }
            @if let Some(answer) = &step.answer { (answered(words, answer)) }
            (checks(words, &step.checks))
        }
    }
}

fn answered(words: Words, answer: &AnswerSummary) -> Markup {
    html! {
        p {
            span.quiet { (words.lead(Label::Answered)) } (worded(words, &words.answer(answer)))
            @if !answer.next.is_empty() {
                br; span.quiet { (words.lead(Label::Offers)) } code { (text::one_line(&answer.next.join(", "))) }
            }
            @if let Some(logged) = &answer.logged { br; span.quiet { (words.lead(Label::LoggedReason)) } code { (text::one_line(logged)) } }
        }
    }
}

/// What can't be seen is told once, at the end of the page.
fn checks(words: Words, checks: &[CheckResult]) -> Markup {
    let stands = |standing| checks.iter().filter(move |check: &&CheckResult| check.standing == standing);
    let passed = stands(Standing::Passed).count();
    html! {
        @for check in stands(Standing::Failed) {
            p.failed-check {
                (badge(words, Standing::Failed)) " " b { (words.title(check.id.check)) } " "
                @if let Some(found) = &check.found { (sentence(&words.found(found))) " " }
                code { (check.id) }
            }
        }
        @if passed > 0 {
            p.quiet {
                (words.checks_passed(passed))
                @for (index, check) in stands(Standing::Passed).enumerate() { @if index > 0 { ", " } (check.id.check.name()) }
            }
        }
    }
}
