//! What a person reads of a verdict: the one place where its enums become sentences. Nothing compares, cuts or keys on these texts.
//!
//! A language is a module with these functions. English is the only one so far.

pub mod en;
#[cfg(test)]
mod tests;

pub use en::*;

use crate::report::text;
use crate::verdict::AnswerSummary;

/// Columns of a message that stands within a sentence.
const MESSAGE: usize = 160;
/// Columns of a problem that does.
const PROBLEM: usize = 400;

/// By what causes can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Shown,
    Api,
    Logged,
}

impl View {
    pub const ALL: [View; 3] = [View::Shown, View::Api, View::Logged];
}

/// `400 M0902 "This passkey can't be used."`: status, code and message; a code that begins the message is not said twice.
#[must_use]
pub fn answer(answer: &AnswerSummary) -> String {
    let status = answer.status;
    let said = |text: &Option<String>| text.as_deref().map(text::one_line).filter(|text| !text.is_empty());
    let message = said(&answer.message).map(|message| text::cut(&message, MESSAGE));
    match (said(&answer.code), message) {
        (None, None) => status.to_string(),
        (Some(code), None) => format!("{status} {code}"),
        (Some(code), Some(message)) if !message.starts_with(&code) => format!("{status} {code} \"{message}\""),
        (_, Some(message)) => format!("{status} \"{message}\""),
    }
}

/// What others wrote, to stand in a sentence before its full stop.
fn free(text: &str) -> String {
    text::cut(&text::one_line(text), PROBLEM).trim_end_matches(['.', ' ']).to_owned()
}

fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<String> = names.iter().map(|name| text::one_line(name.as_ref())).collect();
    names.join(", ")
}
