//! What the relying party answered, read by the mapping's rules.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::exchange::Received;
use super::lost::Lost;
use super::mapping::{Accepted, Pointer, ResultRule};

/// How much of a response arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Arrived {
    #[default]
    Whole,
    /// Nothing at all.
    Nothing(Lost),
    Part(Lost),
}

impl Arrived {
    /// What ended it too early.
    #[must_use]
    pub fn lost(&self) -> Option<&Lost> {
        match self {
            Arrived::Whole => None,
            Arrived::Nothing(lost) | Arrived::Part(lost) => Some(lost),
        }
    }
}

/// What the relying party answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub arrived: Arrived,
    /// A network fault touched this request or its answer.
    pub faulted: bool,
    /// The number of the request in the transcript.
    pub exchange: usize,
    /// 0 if no status line arrived.
    pub status: u16,
    pub content_type: Option<String>,
    pub location: Option<String>,
    /// RFC 9110 §10.2.3, counted from the answer's own date.
    pub retry_after: Option<Duration>,
    /// The methods that there are instead (RFC 9110 §10.2.1).
    pub allow: Option<String>,
    /// The answer asks for credentials of HTTP (RFC 9110 §11.6.1).
    pub www_authenticate: bool,
    /// The body if it is JSON.
    pub json: Option<Value>,
    /// The body as it came.
    pub text: String,
    /// The relying party accepts the ceremony, by the mapping's rule.
    pub accepted: bool,
    /// What the mapping looks for and the answer does not have; then it is not accepted.
    pub unread: Option<Unread>,
    /// Options for the client, at the mapping's pointer.
    pub options: Option<Value>,
    /// The API's error code.
    pub code: Option<String>,
    /// What the user is shown.
    pub message: Option<String>,
    /// Ways out that the answer offers: `retry`, `register-again`, `password`, `phone`, `support`, …
    pub next: Vec<String>,
    /// Signal API hints in the answer, e.g. `unknown-credential`, `all-accepted-credentials`.
    pub signals: Vec<String>,
    /// The answer to the second delivery, if the network delivered the request twice.
    pub second: Option<Box<Answer>>,
}

impl Answer {
    /// The relying party says that it is asked too often: 429 (RFC 6585 §4), or 503 with a time to wait (RFC 9110 §15.6.4).
    #[must_use]
    pub fn rate_limited(&self) -> bool {
        is_rate_limit(self.status, self.retry_after)
    }

    /// Whether the body is a page, by its media type (RFC 9110 §8.3.1).
    #[must_use]
    pub fn is_html(&self) -> bool {
        let media_type = self.content_type.as_deref().and_then(|text| text.split(';').next());
        media_type.is_some_and(|text| text.trim().eq_ignore_ascii_case("text/html"))
    }
}

pub(super) fn is_rate_limit(status: u16, retry_after: Option<Duration>) -> bool {
    status == 429 || (status == 503 && retry_after.is_some())
}

/// A field of the mapping whose pointer found nothing where the mapping says that there is something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub section: &'static str,
    pub field: &'static str,
    /// A JSON pointer; for a CSRF token perhaps the name of a cookie or a header.
    pub pointer: String,
}

impl Unread {
    pub(super) fn new(section: &'static str, field: &'static str, pointer: &Pointer) -> Unread {
        Unread { section, field, pointer: pointer.0.clone() }
    }

    /// What to change in the mapping.
    #[must_use]
    pub fn advice(&self) -> String {
        match self.section {
            CSRF => "Check `path`, and where the token stands: `pointer`, `cookie` or `header`.".to_owned(),
            _ => format!("Set `{}` to the JSON pointer at which the answer has it; \"\" is the whole body.", self.field),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unread { section, field, pointer } = self;
        write!(f, "[{section}] `{field} = \"{pointer}\"` finds nothing in the answer")
    }
}

/// The section of the mapping that says where a CSRF token comes from.
pub(super) const CSRF: &str = "csrf";

/// How a section's answer is read.
pub(super) struct Reading<'a> {
    pub section: &'static str,
    pub rule: &'a ResultRule,
    /// The rule of this request, if it has its own.
    pub accepted: Option<&'a Accepted>,
    /// Where its options stand.
    pub options: Option<&'a Pointer>,
    /// Set when the request was not sent for want of what an earlier answer should have had.
    pub unread: Option<Unread>,
}

/// Reads an answer, and the addresses of the ways out in it.
pub(super) fn read(received: &Received, reading: Reading<'_>) -> (Answer, BTreeMap<String, Option<String>>) {
    let Reading { section, rule, accepted: own, options, mut unread } = reading;
    let json = received.json();
    let at = |pointer: &Option<Pointer>| -> Option<String> { json.as_ref()?.pointer(&pointer.as_ref()?.0).and_then(as_text) };
    // The rule stands in the section itself or, for all, in [result].
    let (place, accepting) = own.map_or(("result", &rule.accepted), |own| (section, own));
    let mut accepted = false;
    if received.arrived == Arrived::Whole && unread.is_none() {
        match is_accepted(received.status, json.as_ref(), accepting) {
            Ok(yes) => accepted = yes,
            Err(pointer) => unread = Some(Unread::new(place, "accepted.pointer", pointer)),
        }
    }
    let mut found = None;
    if let (true, Some(pointer)) = (accepted, options) {
        found = json.as_ref().and_then(|json| json.pointer(&pointer.0)).cloned();
        if found.is_none() {
            (accepted, unread) = (false, Some(Unread::new(section, "options", pointer)));
        }
    }
    let (mut next, mut ways) = (Vec::new(), BTreeMap::new());
    if let Some(rule) = &rule.next {
        for item in items(json.as_ref(), &rule.list) {
            let Some(action) = item.pointer(&rule.action.0).and_then(as_text) else { continue };
            let way = rule.names.get(&action).cloned().unwrap_or(action);
            let href = rule.href.as_ref().and_then(|href| item.pointer(&href.0)).and_then(as_text);
            ways.insert(way.clone(), href);
            next.push(way);
        }
    }
    let signals = rule.signal.as_ref().map(|rule| {
        let methods = items(json.as_ref(), &rule.list).filter_map(|item| item.pointer(&rule.method.0).and_then(as_text));
        methods.map(|method| rule.names.get(&method).cloned().unwrap_or(method)).collect()
    });
    let header = |name: &str| received.header(name).map(str::to_owned);
    let answer = Answer {
        arrived: received.arrived.clone(),
        faulted: received.faulted,
        exchange: received.exchange,
        status: received.status,
        content_type: header("content-type"),
        location: header("location"),
        retry_after: received.retry_after(),
        allow: header("allow"),
        www_authenticate: received.header("www-authenticate").is_some(),
        text: received.text(),
        accepted,
        unread,
        options: found,
        code: at(&rule.code),
        message: at(&rule.message),
        next,
        signals: signals.unwrap_or_default(),
        second: None,
        json,
    };
    (answer, ways)
}

/// # Errors
/// The pointer that finds nothing.
fn is_accepted<'a>(status: u16, json: Option<&Value>, rule: &'a Accepted) -> Result<bool, &'a Pointer> {
    if !rule.status.map_or((200..300).contains(&status), |wanted| status == wanted) {
        return Ok(false);
    }
    match &rule.equals {
        None => Ok(true),
        Some((pointer, wanted)) => json.and_then(|json| json.pointer(&pointer.0)).map(|value| value == wanted).ok_or(pointer),
    }
}

fn items<'a>(json: Option<&'a Value>, list: &Pointer) -> impl Iterator<Item = &'a Value> {
    json.and_then(|json| json.pointer(&list.0)).and_then(Value::as_array).into_iter().flatten()
}

/// A code may be a number. Nothing and empty text are no text.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
