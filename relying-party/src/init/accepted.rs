//! How an answer says that it accepts, and where a refusal has its reasons.

use serde_json::Value;

use super::har::{Exchange, Recording};
use super::leaf::{self, plain};
use super::source::Source;
use super::write::quoted;

/// A rule of an adapter file.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// A redirect to here; `*` stands for anything.
    Location(String),
    Equals(Source, Value),
}

const YES: [&str; 13] = [
    "verified",
    "ok",
    "success",
    "succeeded",
    "successful",
    "authenticated",
    "valid",
    "isvalid",
    "registered",
    "accepted",
    "loggedin",
    "completed",
    "isauthenticated",
];
const STATUS: [&str; 5] = ["status", "result", "state", "outcome", "success"];
const WORDS: [&str; 9] = ["ok", "success", "succeeded", "verified", "authenticated", "complete", "completed", "approved", "registered"];
const MESSAGES: [&str; 8] = ["message", "errormessage", "detail", "errordescription", "description", "error", "title", "msg"];
const CODES: [&str; 7] = ["code", "errorcode", "errorid", "reason", "type", "error", "errortype"];

impl Rule {
    pub fn of(exchange: &Exchange) -> Option<Rule> {
        if let (300..400, Some(location)) = (exchange.status, exchange.location()) {
            let own = location.origin() == exchange.url.origin();
            let path = format!("{}{}", masked(location.path()), if location.query().is_some() { "?*" } else { "" });
            let origin = location.origin().ascii_serialization();
            return Some(Rule::Location(if own { path } else { format!("{origin}{path}") }));
        }
        let mut found: Option<(usize, Source, Value)> = None;
        leaf::walk(exchange.answer_json()?, &mut |way, value| {
            let Some(name) = leaf::name(way).map(plain) else { return };
            let yes = *value == Value::Bool(true) && YES.contains(&name.as_str());
            let word = value.as_str().map(str::to_ascii_lowercase).is_some_and(|text| WORDS.contains(&text.as_str()))
                && STATUS.contains(&name.as_str());
            // A plain yes says more than a word, and what stands further out more than what is within.
            let rank = way.len() * 2 + usize::from(word);
            if (yes || word)
                && found.as_ref().is_none_or(|(other, ..)| rank < *other)
                && let Some(source) = Source::of_way(way)
            {
                found = Some((rank, source, value.clone()));
            }
        });
        found.map(|(_, source, value)| Rule::Equals(source, value))
    }

    pub fn toml(&self) -> String {
        match self {
            Rule::Location(location) => format!("{{ location = {} }}", quoted(location)),
            Rule::Equals(source, value) => {
                let source = source.toml_table();
                let value = value.as_str().map_or_else(|| value.to_string(), quoted);
                format!("{}, equals = {value} }}", source.trim_end_matches(" }"))
            }
        }
    }
}

/// Ids in a path may be any.
pub fn masked(path: &str) -> String {
    let parts = path.split('/').map(|part| if is_id(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// A part of a path that names one account, one session or one thing.
pub fn is_id(part: &str) -> bool {
    let digits = part.chars().filter(char::is_ascii_digit).count();
    let all_digits = digits > 0 && digits == part.len();
    all_digits || (part.len() >= 16 && digits >= 2)
}

/// Where refused answers have their code and their message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasons {
    pub code: Option<Source>,
    pub message: Option<Source>,
}

impl Reasons {
    pub fn of(recording: &Recording, refused: &[usize]) -> Reasons {
        let mut reasons = Reasons::default();
        for exchange in refused.iter().filter_map(|index| recording.exchanges.get(*index)) {
            if let Some(location) = exchange.location() {
                let named = |names: &[&str]| {
                    let name = location.query_pairs().map(|(name, _)| name.into_owned()).find(|name| names.contains(&plain(name).as_str()));
                    name.map(|name| Source::new(super::source::Place::Location).with_query(&name))
                };
                reasons.code = reasons.code.or_else(|| named(&CODES));
                reasons.message = reasons.message.or_else(|| named(&["message", "errordescription", "description"]));
            }
            let Some(json) = exchange.answer_json() else { continue };
            reasons.message =
                reasons.message.or_else(|| first(json, &MESSAGES, &|value| value.as_str().is_some_and(|text| !text.is_empty())));
            let code = |value: &Value| match value {
                Value::String(text) => !text.is_empty() && !text.contains(char::is_whitespace),
                Value::Number(_) => true,
                _ => false,
            };
            let found = first(json, &CODES, &code);
            reasons.code = reasons.code.or(found.filter(|found| reasons.message.as_ref() != Some(found)));
        }
        reasons
    }
}

/// The member with the best name.
fn first(json: &Value, names: &[&str], fits: &dyn Fn(&Value) -> bool) -> Option<Source> {
    let mut found: Option<(usize, Source)> = None;
    leaf::walk(json, &mut |way, value| {
        let Some(rank) = leaf::name(way).and_then(|name| names.iter().position(|known| *known == plain(name))) else { return };
        if fits(value)
            && found.as_ref().is_none_or(|(other, _)| rank < *other)
            && let Some(source) = Source::of_way(way)
        {
            found = Some((rank, source));
        }
    });
    found.map(|(_, source)| source)
}
