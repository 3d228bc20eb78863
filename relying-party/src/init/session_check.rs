//! A request that says whether the user is signed in: one that is answered otherwise after a log-in than before.

use serde_json::Value;

use super::har::{Exchange, Recording};
use super::leaf::{self, Step, plain};
use super::source::Source;

#[derive(Clone, Debug, PartialEq)]
pub struct SessionCheck {
    pub exchange: usize,
    /// Where the answer says so; without it, its status does.
    pub source: Option<Source>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Yes(SessionCheck),
    /// Seen only while signed in.
    OnlyAfter(usize),
    No,
}

/// Paths that are made for the question.
const NAMES: [&str; 10] = ["me", "session", "whoami", "user", "profile", "account", "currentuser", "userinfo", "status", "self"];

/// `signed_in`: the exchange after which the user is signed in.
pub fn find(recording: &Recording, origins: &[String], signed_in: usize) -> Found {
    let gets = || {
        let all = recording.exchanges.iter().enumerate();
        all.filter(|(_, exchange)| exchange.is_get() && origins.contains(&exchange.origin()) && exchange.status != 0 && !is_asset(exchange))
    };
    // Before the first that signs anybody in, or after a sign-out.
    let first_change = recording.exchanges.iter().position(|exchange| !exchange.is_get() && origins.contains(&exchange.origin()));
    let signed_out = recording.exchanges.iter().take(signed_in).rposition(is_sign_out);
    let is_before =
        |index: usize| first_change.is_none_or(|first| index < first) || signed_out.is_some_and(|out| (out..=signed_in).contains(&index));
    let mut found: Vec<(usize, SessionCheck)> = Vec::new();
    let mut only_after = None;
    for (index, after) in gets().filter(|(index, _)| *index > signed_in) {
        let same = |other: &Exchange| other.url.path() == after.url.path() && other.url.query() == after.url.query();
        let named =
            after.url.path_segments().and_then(|mut parts| parts.next_back()).is_some_and(|part| NAMES.contains(&plain(part).as_str()));
        let befores: Vec<&Exchange> =
            gets().filter(|(other, exchange)| is_before(*other) && same(exchange)).map(|(_, exchange)| exchange).collect();
        if befores.is_empty() {
            if named && (200..300).contains(&after.status) && after.answer_json().is_some() {
                only_after.get_or_insert(index);
            }
            continue;
        }
        if let Some(check) = befores.iter().find_map(|before| differs(index, before, after)) {
            let rank = usize::from(check.source.is_none()) + 2 * usize::from(!named) + 4 * usize::from(after.answer_json().is_none());
            found.push((rank, check));
        }
    }
    match (found.into_iter().min_by_key(|(rank, _)| *rank), only_after) {
        (Some((_, check)), _) => Found::Yes(check),
        (None, Some(index)) => Found::OnlyAfter(index),
        (None, None) => Found::No,
    }
}

fn differs(exchange: usize, before: &Exchange, after: &Exchange) -> Option<SessionCheck> {
    let accepts = |exchange: &Exchange| (200..300).contains(&exchange.status);
    match (accepts(before), accepts(after)) {
        (false, true) if before.status < 500 => Some(SessionCheck { exchange, source: None }),
        (true, true) => {
            let source = appeared(before.answer_json().unwrap_or(&Value::Null), after.answer_json()?)?;
            Some(SessionCheck { exchange, source: Some(source) })
        }
        _ => None,
    }
}

/// What is neither null nor false now and was one of these before, or not there. What says so most plainly is first: a yes, then what is outermost.
fn appeared(before: &Value, after: &Value) -> Option<Source> {
    let mut found: Option<((bool, usize), Vec<Step>)> = None;
    let there = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
    leaf::walk(after, &mut |way, value| {
        let was = leaf::at(before, way).is_some_and(|value| there(&value));
        let rank = (*value != Value::Bool(true), way.len());
        if there(value) && !was && !way.contains(&Step::Text) && found.as_ref().is_none_or(|(other, _)| rank < *other) {
            found = Some((rank, way.to_vec()));
        }
    });
    Source::of_way(&found?.1)
}

fn is_asset(exchange: &Exchange) -> bool {
    matches!(exchange.asked_by.as_deref(), Some("script" | "stylesheet" | "image" | "font" | "media" | "manifest"))
}

pub fn is_sign_out(exchange: &Exchange) -> bool {
    let path = plain(exchange.url.path());
    ["logout", "signout", "logoff"].iter().any(|word| path.contains(word)) || (exchange.method == "DELETE" && path.ends_with("session"))
}
