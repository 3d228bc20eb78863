//! What the relying party answered, read by the mapping's rules.

use std::collections::BTreeMap;

use serde_json::Value;

use super::exchange::Received;
use super::mapping::{Accepted, Pointer, ResultRule};

/// How much of a response arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    Whole,
    /// Nothing at all: the error as the HTTP client tells it.
    Nothing(String),
    /// A part: the error as the HTTP client tells it.
    Part(String),
}

/// What the relying party answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub arrived: Arrived,
    /// 0 if no status line arrived.
    pub status: u16,
    /// The body if it is JSON.
    pub json: Option<Value>,
    /// The body as it came.
    pub text: String,
    /// The relying party accepts the ceremony, by the mapping's rule.
    pub accepted: bool,
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

/// A field of the mapping whose pointer found nothing where the mapping says that there is something.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub field: &'static str,
    pub pointer: String,
}

impl Missing {
    pub(super) fn new(field: &'static str, pointer: &Pointer) -> Missing {
        Missing { field, pointer: pointer.0.clone() }
    }
}

/// Reads an answer. `accepted` is the rule of this request, if it has its own; `options` is where its options stand.
pub(super) fn read(
    received: &Received,
    rule: &ResultRule,
    accepted: Option<&Accepted>,
    options: Option<&Pointer>,
) -> Result<(Answer, BTreeMap<String, Option<String>>), Missing> {
    let json = received.json();
    let at = |pointer: &Option<Pointer>| -> Option<String> { json.as_ref()?.pointer(&pointer.as_ref()?.0).and_then(as_text) };
    let whole = received.arrived == Arrived::Whole;
    let accepted = whole && is_accepted(received.status, json.as_ref(), accepted.unwrap_or(&rule.accepted))?;
    let found = match (accepted, options) {
        (true, Some(pointer)) => {
            let found = json.as_ref().and_then(|json| json.pointer(&pointer.0)).cloned();
            Some(found.ok_or_else(|| Missing::new("options", pointer))?)
        }
        _ => None,
    };
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
    let answer = Answer {
        arrived: received.arrived.clone(),
        status: received.status,
        text: received.text(),
        accepted,
        options: found,
        code: at(&rule.code),
        message: at(&rule.message),
        next,
        signals: signals.unwrap_or_default(),
        second: None,
        json,
    };
    Ok((answer, ways))
}

fn is_accepted(status: u16, json: Option<&Value>, rule: &Accepted) -> Result<bool, Missing> {
    if !rule.status.map_or((200..300).contains(&status), |wanted| status == wanted) {
        return Ok(false);
    }
    match &rule.equals {
        None => Ok(true),
        Some((pointer, wanted)) => match json.and_then(|json| json.pointer(&pointer.0)) {
            Some(value) => Ok(value == wanted),
            None => Err(Missing::new("accepted.pointer", pointer)),
        },
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
