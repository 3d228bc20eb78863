//! Who is judged, and what was run: what changes from run to run apart from what does not.

use maud::{Markup, html};

use super::{Target, worded};
use crate::report::text;
use crate::verdict::Run;
use crate::words::{Label, Words};

pub(super) fn header(words: Words, run: &Run, targets: &[Target<'_>]) -> Markup {
    let judged: Vec<&Target<'_>> = targets.iter().filter(|target| !target.run.for_comparison).collect();
    html! {
        header {
            p.kind { (words.label(Label::Report)) }
            h1 {
                @for (index, target) in judged.iter().enumerate() { @if index > 0 { "; " } (worded(words, &target.run.relying_party.name)) }
                @if judged.is_empty() { "faultkey" }
            }
            dl.facts {
                @for target in &judged { (relying_party(words, target)) }
                (circumstances(words, run))
            }
            dl.facts.same aria-label=(words.label(Label::SameEachTime)) {
                (fact(words, Label::FaultkeyVersion, &run.version))
                (fact(words, Label::Seed, &run.seed.to_string()))
            }
            @for target in targets.iter().filter(|target| target.run.for_comparison) {
                p.kind {
                    (words.lead(Label::ForComparison))
                    a href=(format!("#{}", target.place("comparison"))) { (worded(words, &target.run.name)) }
                }
            }
        }
    }
}

fn relying_party(words: Words, target: &Target<'_>) -> Markup {
    let party = &target.run.relying_party;
    html! {
        @if let Some(url) = &party.url { (fact(words, Label::Address, url)) }
        @if let Some(version) = &party.version { (fact(words, Label::RelyingPartyVersion, version)) }
        (fact(words, Label::Accounts, &target.run.accounts.to_string()))
    }
}

fn circumstances(words: Words, run: &Run) -> Markup {
    let about = &run.circumstances;
    html! {
        @if let Some(started) = &about.started {
            div { dt { (words.label(Label::Started)) } dd { time datetime=(text::one_line(started)) { (moment(words, started)) } } }
        }
        @if let Some(milliseconds) = about.milliseconds { (fact(words, Label::Duration, &words.duration(milliseconds))) }
        @if let Some(label) = &about.label { (fact(words, Label::Name, label)) }
        @if let Some(command) = &about.command {
            div { dt { (words.label(Label::Command)) } dd { code translate="no" { (text::one_line(command)) } } }
        }
    }
}

fn fact(words: Words, label: Label, value: &str) -> Markup {
    html! { div { dt { (words.label(label)) } dd { (worded(words, &text::one_line(value))) } } }
}

/// Of `2026-12-01T02:54:10Z` day and time; another form as it is.
fn moment(words: Words, started: &str) -> String {
    let parts = started.split_once('T').and_then(|(day, time)| Some((day, time.strip_suffix('Z')?)));
    match parts {
        Some((day, time)) => text::one_line(&words.moment(day, time.split('.').next().unwrap_or(time))),
        None => text::one_line(started),
    }
}

#[cfg(test)]
mod tests {
    use faultkey_fault_injection::Language;

    use super::*;

    #[test]
    fn moments_are_written_as_the_language_has_them() {
        let of = |language, started| moment(Words::of(language), started);
        assert_eq!(of(Language::English, "2026-12-01T02:54:10Z"), "2026-12-01 02:54:10 UTC");
        assert_eq!(of(Language::Japanese, "2026-12-01T02:54:10.123Z"), "2026/12/01 02:54:10（UTC）");
        assert_eq!(of(Language::English, "yesterday"), "yesterday");
    }
}
