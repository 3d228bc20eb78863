//! What each line of an adapter file met, by what the clean ceremonies recorded.

use faultkey_relying_party::{Answer, Observation, Unseen};
use faultkey_transport::Entry;
use faultkey_transport::transcript::What;
use serde_json::Value;

use super::line::Line;
use crate::exercise::Foreign;
use crate::exercise::preflight::{offered, rp_id};
use crate::facts::{Attempt, Ceremony, Kind, StepSeen};

/// What a line met. What it says to a person is in [`crate::help`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Met {
    /// Requests to this path, and the first answer.
    Asked {
        request: String,
        times: usize,
        status: u16,
        content_type: Option<String>,
    },
    /// In clean ceremonies nothing is sent there.
    NotAsked,
    /// Options for a registration.
    Creation {
        rp_id: Option<String>,
        algorithms: usize,
        user_verification: Option<String>,
        resident_key: Option<String>,
    },
    /// Options for a log-in.
    Request {
        rp_id: Option<String>,
        allowed: Option<usize>,
        user_verification: Option<String>,
    },
    /// What was sent there, if it can be shown.
    Sent {
        value: Option<String>,
    },
    /// The member or header was left out.
    LeftOut,
    Found,
    /// A later request could do without.
    FoundOrNot,
    /// The answer with this status was accepted by the rule.
    Holds {
        status: u16,
    },
    /// What a refused answer has there.
    Refusal {
        value: Option<String>,
    },
    /// No clean answer was a refusal: a broken signature was not sent, or was accepted.
    NoRefusal,
    /// Whether the user was signed in before the log-in, and after it.
    Session {
        before: Option<bool>,
        after: Option<bool>,
    },
    /// So many passkeys after the registration.
    Passkeys(usize),
    /// Seen, after the registration.
    Seen,
    /// Not seen, and why.
    Unseen(String),
    /// The account's name.
    Account(String),
    /// The RP ID and the origin fit each other.
    Origin {
        claimed: String,
        rp_id: Option<String>,
    },
    /// Holds for all of them.
    ForAll,
    /// What the options' own timeout is, in seconds.
    Lifetime {
        timeout: Option<u64>,
    },
    /// A remark for people.
    Name,
}

/// How much of a value is shown.
const SHOWN: usize = 60;

/// What clean ceremonies left behind, looked at for one line.
struct Page<'a> {
    line: &'a Line,
    attempt: &'a Attempt,
    foreign: &'a Foreign,
}

pub fn met(line: &Line, attempt: &Attempt, foreign: &Foreign) -> Met {
    let page = Page { line, attempt, foreign };
    match line.section.as_str() {
        "" => page.top(),
        "account" => page.account(),
        "headers" => page.header(),
        "encoding" | "tls" => Met::ForAll,
        "result" => page.result(),
        "challenge" => Met::Lifetime { timeout: page.first(Kind::Registration).and_then(Ceremony::given).and_then(timeout) },
        "csrf" if line.field != "path" => Met::Found,
        "session" if line.field != "path" => page.session(),
        section if section.starts_with("hooks.") && line.field != "path" => page.hook(),
        _ => page.request(),
    }
}

fn timeout(options: &Value) -> Option<u64> {
    options.get("timeout")?.as_u64().map(|milliseconds| milliseconds / 1000)
}

impl Page<'_> {
    fn ceremonies(&self) -> impl Iterator<Item = &Ceremony> {
        self.attempt.steps.iter().filter_map(|step| match &step.seen {
            StepSeen::Ceremony(ceremony) => Some(ceremony.as_ref()),
            _ => None,
        })
    }

    fn first(&self, kind: Kind) -> Option<&Ceremony> {
        self.ceremonies().find(|ceremony| ceremony.kind == kind)
    }

    fn top(&self) -> Met {
        match self.line.field.as_str() {
            "origin" | "rp-id" => Met::Origin {
                claimed: self.foreign.mapping.origin.clone().unwrap_or_else(|| self.foreign.target.url.origin().ascii_serialization()),
                rp_id: self.first(Kind::Registration).and_then(Ceremony::given).and_then(rp_id).map(str::to_owned),
            },
            _ => Met::Name,
        }
    }

    fn account(&self) -> Met {
        let registration = self.first(Kind::Registration).and_then(Ceremony::given);
        let name = registration.and_then(|options| options.pointer("/user/name")?.as_str());
        match (self.line.field.as_str(), name) {
            ("name" | "longest" | "list", Some(name)) => Met::Account(name.to_owned()),
            _ => Met::ForAll,
        }
    }

    /// Sent with every request, unless it has no value yet.
    fn header(&self) -> Met {
        let name = self.line.field.to_ascii_lowercase();
        let mut requests = requests(&self.attempt.transcript).peekable();
        if requests.peek().is_none() {
            return Met::NotAsked;
        }
        let value = requests.find_map(|(_, headers)| headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone()));
        value.map_or(Met::LeftOut, |value| Met::Sent { value: Some(shortened(&value)) })
    }

    /// Code and message of the answer to a broken signature.
    fn result(&self) -> Met {
        let refused = self.ceremonies().filter_map(|ceremony| ceremony.verify.as_ref()).find(|answer| !answer.accepted);
        let field = self.line.field.as_str();
        match (field, refused) {
            ("accepted", _) => self.first(Kind::Authentication).and_then(|ceremony| ceremony.verify.as_ref()).map_or(Met::NotAsked, holds),
            (_, None) => Met::NoRefusal,
            ("refused", Some(answer)) => Met::Holds { status: answer.status },
            ("code", Some(answer)) => Met::Refusal { value: answer.code.as_deref().map(shortened) },
            ("message", Some(answer)) => Met::Refusal { value: answer.message.as_deref().map(shortened) },
            ("next", Some(answer)) => Met::Refusal { value: some_of(&answer.next) },
            (_, Some(answer)) => Met::Refusal { value: some_of(&answer.signals) },
        }
    }

    fn session(&self) -> Met {
        let seen = |observation: &Observation<bool>| match observation {
            Observation::Seen(yes) => Ok(*yes),
            Observation::NotObservable(unseen) => Err(unseen.clone()),
        };
        let Some(ceremony) = self.first(Kind::Authentication) else { return Met::NotAsked };
        match (seen(&ceremony.before.authenticated), seen(&ceremony.after.authenticated)) {
            (Err(unseen), _) | (_, Err(unseen)) => Met::Unseen(why(&unseen)),
            (before, after) => Met::Session { before: before.ok(), after: after.ok() },
        }
    }

    fn hook(&self) -> Met {
        let Some(ceremony) = self.first(Kind::Registration) else { return Met::NotAsked };
        let state = &ceremony.after;
        let seen = |unseen: Option<&Unseen>| unseen.map_or(Met::Seen, |unseen| Met::Unseen(why(unseen)));
        fn unseen<T>(observation: &Observation<T>) -> Option<&Unseen> {
            match observation {
                Observation::Seen(_) => None,
                Observation::NotObservable(unseen) => Some(unseen),
            }
        }
        match self.line.section.as_str() {
            "hooks.credentials" => match &state.credentials {
                Observation::Seen(list) => Met::Passkeys(list.len()),
                Observation::NotObservable(unseen) => Met::Unseen(why(unseen)),
            },
            "hooks.account" => seen(unseen(&state.account)),
            "hooks.log" => seen(unseen(&state.log)),
            "hooks.draft.read" | "hooks.draft.save" => seen(unseen(&state.draft)),
            _ => self.request(),
        }
    }

    /// A line of a section that describes a request.
    fn request(&self) -> Met {
        let Some(index) = self.exchange() else { return Met::NotAsked };
        let Some(What::HttpRequest { method, path, headers, body, .. }) = self.attempt.transcript.get(index).map(|entry| &entry.what)
        else {
            return Met::NotAsked;
        };
        let answered = self.attempt.transcript.iter().skip(index).find_map(|entry| match &entry.what {
            What::HttpResponse { status, headers, .. } => {
                Some((*status, headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.clone())))
            }
            _ => None,
        });
        let (status, content_type) = answered.unwrap_or((0, None));
        let (field, member) = self.line.field.split_once('.').unwrap_or((&self.line.field, ""));
        match field {
            "path" | "method" => Met::Asked { request: format!("{method} {path}"), times: self.matching().count(), status, content_type },
            "options" => self.options(),
            "capture" if self.line.value.contains("optional = true") => Met::FoundOrNot,
            "capture" => Met::Found,
            "accepted" | "refused" => self.ceremony_answer().map_or(Met::Holds { status }, holds),
            "headers" => {
                let name = member.to_ascii_lowercase();
                let value = headers.iter().find(|(other, _)| *other == name).map(|(_, value)| shortened(value));
                value.map_or(Met::LeftOut, |value| Met::Sent { value: Some(value) })
            }
            "body" if member.is_empty() => Met::Sent { value: None },
            "body" => match serde_json::from_str::<Value>(body).ok().as_ref().map(|body| body.get(member).cloned()) {
                Some(Some(value)) => Met::Sent { value: shown(&value) },
                Some(None) => Met::LeftOut,
                None => Met::Sent { value: None },
            },
            "form" => {
                let found = url::form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == member);
                found.map_or(Met::LeftOut, |(_, value)| Met::Sent { value: shown(&Value::String(value.into_owned())) })
            }
            "multipart" => Met::Sent { value: None },
            _ => Met::ForAll,
        }
    }

    fn options(&self) -> Met {
        let (kind, request) = self.kind();
        let (Some(kind), "options") = (kind, request) else { return Met::Found };
        let Some(given) = self.first(kind).and_then(Ceremony::given) else { return Met::NotAsked };
        let text = |pointer: &str| given.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        match kind {
            Kind::Registration => Met::Creation {
                rp_id: rp_id(given).map(str::to_owned),
                algorithms: offered(given).len(),
                user_verification: text("/authenticatorSelection/userVerification"),
                resident_key: text("/authenticatorSelection/residentKey"),
            },
            Kind::Authentication => Met::Request {
                rp_id: rp_id(given).map(str::to_owned),
                allowed: given.get("allowCredentials").and_then(Value::as_array).map(Vec::len),
                user_verification: text("/userVerification"),
            },
        }
    }

    /// The ceremony and the request that the section is about.
    fn kind(&self) -> (Option<Kind>, &str) {
        match self.line.section.split_once('.') {
            Some(("registration", request)) => (Some(Kind::Registration), request),
            Some(("authentication", request)) => (Some(Kind::Authentication), request),
            _ => (None, ""),
        }
    }

    fn ceremony_answer(&self) -> Option<&Answer> {
        let (kind, request) = self.kind();
        let ceremony = self.first(kind?)?;
        match request {
            "options" => ceremony.options.as_ref(),
            "verify" => ceremony.verify.as_ref(),
            _ => None,
        }
    }

    /// Index of the request in the transcript. Those of a ceremony are known; others are known by their path.
    fn exchange(&self) -> Option<usize> {
        match self.ceremony_answer() {
            Some(answer) => self.attempt.transcript.iter().position(|entry| entry.number == answer.exchange),
            None => self.matching().next(),
        }
    }

    fn matching(&self) -> impl Iterator<Item = usize> {
        let base = self.foreign.target.url.path().trim_end_matches('/');
        let request = self.line.request.clone();
        let entries = self.attempt.transcript.iter().enumerate();
        entries.filter_map(move |(index, entry)| {
            let (What::HttpRequest { method, path, .. }, Some((own, template))) = (&entry.what, &request) else { return None };
            let path = path.strip_prefix(base).unwrap_or(path);
            (method == own && fits(template, path)).then_some(index)
        })
    }
}

fn requests(transcript: &[Entry]) -> impl Iterator<Item = (&str, &Vec<(String, String)>)> {
    transcript.iter().filter_map(|entry| match &entry.what {
        What::HttpRequest { path, headers, .. } => Some((path.as_str(), headers)),
        _ => None,
    })
}

fn holds(answer: &Answer) -> Met {
    Met::Holds { status: answer.status }
}

fn some_of(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| shortened(&list.join(", ")))
}

/// On one line; faultkey's own errors have a request and an answer in them.
fn why(unseen: &Unseen) -> String {
    unseen.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Texts and numbers; a client's response is too long to be of use.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Object(_) | Value::Array(_) => None,
        Value::String(text) if text.trim_start().starts_with('{') => None,
        Value::String(text) => Some(shortened(text)),
        other => Some(other.to_string()),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start}…")
}

/// Whether a path is one that the template makes: a placeholder stands for anything.
fn fits(template: &str, path: &str) -> bool {
    let mut pieces: Vec<&str> = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        pieces.push(before);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    pieces.push(rest);
    let (Some((first, middle)), Some(last)) = (pieces.split_first(), pieces.last()) else { return false };
    if pieces.len() == 1 {
        return path == template;
    }
    let Some(mut remaining) = path.strip_prefix(first) else { return false };
    for piece in middle.iter().take(middle.len().saturating_sub(1)) {
        let Some((_, after)) = remaining.split_once(piece) else { return false };
        remaining = after;
    }
    remaining.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_by_what_stands_between_its_placeholders() {
        assert!(fits("/a/{username}/b?x={y}", "/a/mika/b?x=1"));
        assert!(!fits("/a/{username}/b", "/a/mika/c"));
        assert!(fits("/a", "/a"));
        assert!(!fits("/a", "/a/b"));
        assert!(fits("{action}", "/anything"));
    }
}
