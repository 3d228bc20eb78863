//! What went over every wire, decoded, with each fault's decision inside the message that it touched.

use faultkey_transport::{Entry, transcript::What};
use maud::{Markup, html};

use super::worded;
use crate::report::decode::{self, Body, Decoded, Part};
use crate::report::looks::{self, Stretch};
use crate::report::{text, touched};

/// So much of an answer is shown when it only tells the state; `report.json` has the rest.
const LOOK: usize = 160;

pub(super) fn section(entries: &[Entry]) -> Markup {
    let decoded = decode::transcript(entries);
    let decisions = touched::decisions(entries);
    html! {
        details.transcript {
            summary { "Transcript: " (entries.len()) " entries, decoded" span.paper { " (on paper only when it is unfolded before printing)" } }
            ol.entries {
                @for stretch in looks::stretches(entries) {
                    @match stretch {
                        Stretch::Looks(range) => (self::looks(entries.get(range).unwrap_or_default())),
                        Stretch::Entry(index) => {
                            @if let (Some(entry), Some(decoded), Some(touching)) = (entries.get(index), decoded.get(index), decisions.get(index)) {
                                @let faults: Vec<&Entry> = touching.iter().filter_map(|&decision| entries.get(decision)).collect();
                                // A decision is shown with its message; on its own only when it has none.
                                @if !matches!(entry.what, What::Decision { .. }) || !faults.is_empty() { (self::entry(entry, decoded, &faults)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Several looks at the relying party's state, a line each.
fn looks(entries: &[Entry]) -> Markup {
    let (first, last) = (entries.first().map_or(0, |entry| entry.number), entries.last().map_or(0, |entry| entry.number));
    html! {
        li.looks {
            details {
                summary { span.number { "#" (first) " to #" (last) } " " span.way { "faultkey looks at the relying party's state" } }
                ul {
                    @for entry in entries {
                        @match &entry.what {
                            What::HttpRequest { method, path, body, .. } => li { code { (text::harmless(&format!("{method} {path} {body}"))) } },
                            What::HttpResponse { status, body, .. } => li.answer { (status) " " code { (text::harmless(&text::cut(body, LOOK))) } },
                            What::NetworkError { text } => li.answer { (worded(text)) },
                            _ => {},
                        }
                    }
                }
            }
        }
    }
}

fn entry(entry: &Entry, decoded: &Decoded, faults: &[&Entry]) -> Markup {
    let (class, way) = lane(&entry.what);
    html! {
        li class=(if faults.is_empty() { class.to_owned() } else { format!("{class} touched") }) {
            @for fault in faults { (decision(fault)) }
            @if matches!(entry.what, What::Decision { .. }) {
            } @else if decoded.parts.is_empty() {
                p.head { (head(entry, way, decoded)) }
            } @else {
                details open[!faults.is_empty()] {
                    summary.head { (head(entry, way, decoded)) }
                    @for part in &decoded.parts { (self::part(part)) }
                }
            }
        }
    }
}

fn head(entry: &Entry, way: &str, decoded: &Decoded) -> Markup {
    html! {
        span.number { "#" (entry.number) } " "
        span.time { (format!("{}.{:03} s", entry.at / 1000, entry.at % 1000)) } " "
        span.way { (way) } " "
        span.title { (worded(&decoded.title)) }
    }
}

fn decision(entry: &Entry) -> Markup {
    html! {
        @if let What::Decision { fault, layer, text, .. } = &entry.what {
            p.fault {
                span.number { "#" (entry.number) } " "
                b { "Fault " (text::harmless(fault)) } " (" (text::harmless(layer)) "): " (worded(text))
            }
        }
    }
}

fn part(part: &Part) -> Markup {
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
fn lane(what: &What) -> (&'static str, &'static str) {
    match what {
        What::CtapRequest { .. } => ("ctap", "client to authenticator"),
        What::CtapReply { .. } => ("ctap", "authenticator to client"),
        What::Prompt { .. } => ("user", "authenticator asks the user"),
        What::Answer { .. } => ("user", "the user answers"),
        What::ClientData { .. } => ("client", "client"),
        What::ClientResult { .. } => ("client", "client to page"),
        What::HttpRequest { .. } => ("http", "client to relying party"),
        What::HttpResponse { .. } => ("http", "relying party to client"),
        What::NetworkError { .. } => ("http", "network error"),
        What::Event { .. } => ("event", "happened to the device"),
        What::Decision { .. } => ("decision", "fault"),
        What::Note { .. } => ("note", ""),
    }
}
