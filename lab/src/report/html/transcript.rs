//! What went over every wire, decoded, with each fault's decision inside the message that it touched.

use faultkey_transport::{Entry, transcript::What};
use maud::{Markup, html};

use super::worded;
use crate::report::decode::{self, Body, Decoded, Part};
use crate::report::looks::{self, Stretch};
use crate::report::{text, touched};
use crate::words::{Label, Words};

/// So much of an answer is shown when it only tells the state; `report.json` has the rest.
const LOOK: usize = 160;

pub(super) fn section(words: Words, entries: &[Entry]) -> Markup {
    let decoded = decode::transcript(words, entries);
    let decisions = touched::decisions(entries);
    html! {
        details.transcript {
            summary { (words.label(Label::Transcript)) " (" (entries.len()) ")" }
            template { ol.entries {
                @for stretch in looks::stretches(entries) {
                    @match stretch {
                        Stretch::Looks(range) => (self::looks(words, entries.get(range).unwrap_or_default())),
                        Stretch::Entry(index) => {
                            @if let (Some(entry), Some(decoded), Some(touching)) = (entries.get(index), decoded.get(index), decisions.get(index)) {
                                @let faults: Vec<&Entry> = touching.iter().filter_map(|&decision| entries.get(decision)).collect();
                                // A decision is shown with its message; on its own only when it has none.
                                @if !matches!(entry.what, What::Decision { .. }) || !faults.is_empty() { (self::entry(words, entry, decoded, &faults)) }
                            }
                        }
                    }
                }
            } }
        }
    }
}

/// Several looks at the relying party's state, a line each.
fn looks(words: Words, entries: &[Entry]) -> Markup {
    let (first, last) = (entries.first().map_or(0, |entry| entry.number), entries.last().map_or(0, |entry| entry.number));
    html! {
        li.looks {
            details {
                summary { span.number { "#" (first) "-" (last) } " " span.way { (words.label(Label::Looks)) } }
                ul {
                    @for entry in entries {
                        @match &entry.what {
                            What::HttpRequest { method, path, body, .. } => li { code { (text::harmless(&format!("{method} {path} {body}"))) } },
                            What::HttpResponse { status, body, .. } => li.answer { (status) " " code { (text::harmless(&text::cut(body, LOOK))) } },
                            What::NetworkError { text } => li.answer { (worded(words, text)) },
                            _ => {},
                        }
                    }
                }
            }
        }
    }
}

fn entry(words: Words, entry: &Entry, decoded: &Decoded, faults: &[&Entry]) -> Markup {
    let (class, way) = lane(words, &entry.what);
    html! {
        li class=(if faults.is_empty() { class.to_owned() } else { format!("{class} touched") }) {
            @for fault in faults { (decision(words, fault)) }
            @if matches!(entry.what, What::Decision { .. }) {
            } @else if decoded.parts.is_empty() {
                p.head { (head(words, entry, way, decoded)) }
            } @else {
                details open[!faults.is_empty()] {
                    summary.head { (head(words, entry, way, decoded)) }
                    @for part in &decoded.parts { (self::part(part)) }
                }
            }
        }
    }
}

fn head(words: Words, entry: &Entry, way: &str, decoded: &Decoded) -> Markup {
    html! {
        span.number { "#" (entry.number) } " "
        span.time { (format!("{}.{:03} s", entry.at / 1000, entry.at % 1000)) } " "
        span.way { (way) } " "
        span.title { (worded(words, &decoded.title)) }
    }
}

fn decision(words: Words, entry: &Entry) -> Markup {
    html! {
        @if let What::Decision { fault, layer, text, text_ja, .. } = &entry.what {
            p.fault {
                span.number { "#" (entry.number) } " "
                b { (words.label(Label::Fault)) " " code { (text::harmless(fault)) } } " (" (text::harmless(layer)) "): "
                (worded(words, decode::decided(words, text, text_ja.as_deref())))
            }
        }
    }
}

pub(super) fn part(part: &Part) -> Markup {
    html! {
        @match &part.body {
            Body::Text(lines) => {
                p.part { (text::harmless(&part.title)) }
                pre { (text::harmless(lines)) }
            },
            Body::Fields(fields) => {
                p.part { (text::harmless(&part.title)) }
                dl.fields { @for (name, value) in fields { dt { (text::harmless(name)) } dd { (text::harmless(value)) } } }
            },
            Body::Folded(lines) => details.raw {
                summary { (text::harmless(&part.title)) }
                pre { (text::harmless(lines)) }
            },
        }
    }
}

/// The style of an entry, and who speaks to whom.
fn lane(words: Words, what: &What) -> (&'static str, &'static str) {
    let (class, label) = match what {
        What::CtapRequest { .. } => ("ctap", Label::ToAuthenticator),
        What::CtapReply { .. } => ("ctap", Label::FromAuthenticator),
        What::Prompt { .. } => ("user", Label::AsksUser),
        What::Answer { .. } => ("user", Label::UserAnswers),
        What::ClientData { .. } => ("client", Label::Client),
        What::ClientResult { .. } => ("client", Label::ToPage),
        What::HttpRequest { .. } => ("http", Label::ToRelyingParty),
        What::HttpResponse { .. } => ("http", Label::FromRelyingParty),
        What::NetworkError { .. } => ("http", Label::NetworkError),
        What::Event { .. } => ("event", Label::ToDevice),
        What::Decision { .. } => ("decision", Label::Fault),
        What::Note { .. } => return ("note", ""),
    };
    (class, words.label(label))
}
