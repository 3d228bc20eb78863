//! Findings, each told once: what is wrong, what was found, and what to change.

use maud::{Markup, html};

use super::{Target, gravity_badge, sentence, worded};
use crate::report::text;
use crate::verdict::{Evidence, Finding};
use crate::words::Words;

pub(super) fn section(target: &Target<'_>) -> Markup {
    let id = format!("{}-findings", super::prefix(target.index));
    let (run, words) = (target.run, target.words);
    html! {
        section.findings aria-labelledby=(id) {
            h2 #(id) { "Findings: " (worded(&run.name)) }
            p { (words.findings_counted(run)) }
            @for finding in &run.findings { (self::finding(target, finding)) }
            @if !run.blind_spots.is_empty() {
                h3 { "Not observable" }
                ul.blind { @for spot in &run.blind_spots { li { (sentence(&words.blind_spot(spot))) } } }
            }
            @if run.rate_limited { p.incomplete { (sentence(words.rate_limited())) } }
        }
    }
}

fn finding(target: &Target<'_>, finding: &Finding) -> Markup {
    let (anchor, words) = (target.finding(finding.id), target.words);
    let check = finding.id.check;
    html! {
        article.finding aria-labelledby=(anchor) {
            h3 #(anchor) { (gravity_badge(words, finding.gravity)) " " (words.title(check)) }
            p.quiet { code { (finding.id) } ", at " (words.request(finding.id.request)) }
            p { (sentence(words.why(check))) }
            dl.story {
                dt { "Found" } dd { (worded(&words.found(&finding.found))) }
                @if let Some(accepted) = &finding.accepted { dt { "Accepted" } dd { (worded(&target.words.accepted(accepted))) } }
                @if finding.elsewhere().next().is_some() {
                    dt { "Also at" }
                    dd { @for (index, id) in finding.elsewhere().enumerate() { @if index > 0 { ", " } code { (id) } } }
                }
                @for aspect in finding.further() {
                    dt { "Also" }
                    dd { (words.title(aspect.id.check)) " " (worded(&words.found(&aspect.found))) " " code { (aspect.id) } }
                }
                @if let Some(evidence) = &finding.evidence { dt { "Evidence" } dd { (self::evidence(words, evidence)) } }
                dt.advice { "Change" } dd.advice { (sentence(words.mend(check.mend()))) }
                dt { "Source" } dd { (check.source()) }
                @if !finding.seen.is_empty() { dt { "Seen in" } dd { (seen(target, finding)) } }
                @if !finding.replay.is_empty() { dt { "Replay" } dd { code.replay { (text::harmless(&finding.replay)) } } }
            }
        }
    }
}

fn evidence(words: Words, evidence: &Evidence) -> Markup {
    let bodies = [("Request", &evidence.body), ("Answer", &evidence.answer)];
    html! {
        code { (text::harmless(&words.evidence(evidence))) }
        @if bodies.iter().any(|(_, body)| !body.is_empty()) {
            details {
                summary { "Request and answer" }
                @for (label, body) in bodies {
                    @if !body.is_empty() { p.part { (label) } pre { (text::harmless(body)) } }
                }
            }
        }
    }
}

fn seen(target: &Target<'_>, finding: &Finding) -> Markup {
    html! {
        ul.seen {
            @for seen in &finding.seen {
                li {
                    @match target.anchor(seen) {
                        Some(anchor) => a href=(format!("#{anchor}")) { (worded(&target.words.seen_in(seen))) },
                        None => (worded(&target.words.seen_in(seen))),
                    }
                }
            }
        }
    }
}
