//! Findings, each told once: what is wrong, what was found, and what to change.

use faultkey_transport::Secrets;
use faultkey_transport::transcript::{RequestPurpose, What};
use maud::{Markup, html};
use url::Url;

use super::{Target, code, gravity_badge, sentence, transcript};
use crate::report::{decode, text};
use crate::verdict::{Evidence, Finding, SeenIn};
use crate::words::{Label, Noun, Words};

/// So many scenarios are named before the rest is folded.
const SEEN: usize = 5;

pub(super) fn section(target: &Target<'_>) -> Markup {
    let id = target.place("findings");
    let (run, words) = (target.run, target.words);
    html! {
        section aria-labelledby=(id) {
            h2 #(id) { (words.label(Label::Findings)) }
            p { (words.findings_counted(run)) }
            @for (finding, anchor) in run.findings.iter().zip(&target.findings) { (self::finding(target, finding, anchor)) }
        }
    }
}

pub(super) fn finding(target: &Target<'_>, finding: &Finding, anchor: &str) -> Markup {
    let words = target.words;
    let check = finding.id.check;
    html! {
        article.finding id=(anchor) data-gravity=(finding.gravity.name()) {
            h3 {
                (gravity_badge(words, finding.gravity)) " "
                @if target.run.is_new(finding) { span.badge.new { (words.label(Label::New)) } " " }
                @if finding.accepted.is_some() { span.badge.accepted { (words.label(Label::Accepted)) } " " }
                (words.title(check))
            }
            p.quiet { (words.at_request(finding.id.request)) " " code { (finding.id) } }
            dl.story {
                dt { (words.label(Label::Why)) } dd { (sentence(words.why(check))) }
                dt { (words.label(Label::Found)) } dd { (sentence(&words.found(&finding.found))) }
                @if let Some(accepted) = &finding.accepted { dt { (words.label(Label::Accepted)) } dd { (sentence(&words.accepted(accepted))) } }
                dt { (words.label(Label::Change)) } dd.change { (sentence(words.mend(check.mend()))) }
                (also(words, finding))
                dt { (words.label(Label::Source)) } dd { (words.source(check)) }
                @if !finding.seen.is_empty() { dt { (words.label(Label::SeenIn)) } dd { (seen(target, finding)) } }
                @if let Some(evidence) = &finding.evidence { dt { (words.label(Label::RequestAndAnswer)) } dd { (self::evidence(words, evidence)) } }
                @if !finding.replay.is_empty() {
                    dt { (words.label(Label::Replay)) } dd { (code::line(words.label(Label::Replay), &finding.replay)) }
                }
                @if let Some(line) = finding.evidence.as_ref().and_then(|evidence| curl(target, evidence)) {
                    dt { (words.label(Label::Curl)) } dd { (code::line("curl", &line)) }
                }
            }
        }
    }
}

/// The same check elsewhere, and what else the same change mends.
fn also(words: Words, finding: &Finding) -> Markup {
    html! {
        @if finding.elsewhere().next().is_some() {
            dt { (words.label(Label::AlsoAt)) }
            dd { ul { @for id in finding.elsewhere() { li { (words.at_request(id.request)) " " code { (id) } } } } }
        }
        @if finding.further().next().is_some() {
            dt { (words.label(Label::AlsoShown)) }
            dd {
                ul {
                    @for aspect in finding.further() {
                        li { b { (words.title(aspect.id.check)) } " " (sentence(&words.found(&aspect.found))) " " code { (aspect.id) } }
                    }
                }
            }
        }
    }
}

fn evidence(words: Words, evidence: &Evidence) -> Markup {
    let summary = html! { code { (text::harmless(&words.evidence(evidence))) } };
    let sides = [
        (Label::Request, &evidence.headers[..], &evidence.body, evidence.body_cut_of),
        (Label::Answer, &[], &evidence.answer, evidence.answer_cut_of),
    ];
    if sides.iter().all(|(_, headers, body, _)| headers.is_empty() && body.is_empty()) {
        return summary;
    }
    html! {
        details {
            summary { (summary) }
            @for (label, headers, body, cut_of) in sides {
                @let parts = decode::http(words, headers, body);
                @if !parts.is_empty() {
                    p.side { (words.label(label)) }
                    div.beside { @for part in &parts { div { (transcript::part(part)) } } }
                    @if let Some(bytes) = cut_of { p.quiet { (words.cut_here(bytes)) } }
                }
            }
        }
    }
}

/// The request as a line for a shell; `None` for a relying party that is gone, or where the body was cut.
fn curl(target: &Target<'_>, evidence: &Evidence) -> Option<String> {
    if evidence.body_cut_of.is_some() {
        return None;
    }
    let url: Url = target.run.relying_party.url.as_deref()?.parse().ok()?;
    let request = What::HttpRequest {
        method: evidence.method.clone(),
        path: evidence.path.clone(),
        headers: evidence.headers.clone(),
        body: evidence.body.clone(),
        purpose: RequestPurpose::Ceremony,
    };
    faultkey_relying_party::curl(&url, &request, &Secrets::default())
}

fn seen(target: &Target<'_>, finding: &Finding) -> Markup {
    let (first, rest) = finding.seen.split_at(finding.seen.len().min(SEEN));
    html! {
        ul { @for seen in first { (place(target, seen)) } }
        @if !rest.is_empty() {
            details {
                summary { (target.words.counted(finding.seen.len() as u64, Noun::Scenario)) }
                ul { @for seen in rest { (place(target, seen)) } }
            }
        }
    }
}

fn place(target: &Target<'_>, seen: &SeenIn) -> Markup {
    let text = target.words.seen_in(seen);
    html! {
        li {
            @match target.anchor(seen) {
                Some(anchor) => a href=(format!("#{anchor}")) { (sentence(&text)) },
                None => (sentence(&text)),
            }
        }
    }
}
