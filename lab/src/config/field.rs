//! The values of the file, each checked when it is read, so that TOML's error points at its line.

use std::time::Duration;

use faultkey_relying_party::environment::{self, Piece};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use url::Url;

use crate::check::{CheckId, FindingId, Gravity, Request};
use crate::date::Date;
use crate::scenario::names::did_you_mean;
use crate::verdict::FailOn;

/// `500ms`, `2s`, `30m`.
///
/// # Errors
/// With what was expected.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let wrong = || format!("`{text}` is no time; expected a whole number with `ms`, `s` or `m`, e.g. `500ms`");
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(&String::deserialize(deserializer)?).map(Some).map_err(de::Error::custom)
}

pub(super) fn time_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9]+(ms|s|m)$" })
}

/// Text with `{env:NAME}` filled in.
pub(super) fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    fill(&String::deserialize(deserializer)?, str::to_owned).map(Some).map_err(de::Error::custom)
}

pub(super) fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    url_of(&String::deserialize(deserializer)?).map(Some).map_err(de::Error::custom)
}

/// A URL whose password, if it has one, stands in an environment variable.
fn url_of(text: &str) -> Result<Url, String> {
    let (scheme, rest) = text.split_once("://").ok_or_else(|| no_url(text, "it has no scheme"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => {
            if has_plain_password(user)? {
                return Err("a password stands in the file, where others can read it; write {env:NAME} in its place, and set that \
                            environment variable"
                    .to_owned());
            }
            (format!("{}@", fill(user, encoded)?), host)
        }
        None => (String::new(), authority),
    };
    let whole = format!("{scheme}://{user}{}", fill(&format!("{host}{path}"), str::to_owned)?);
    // The text as the file has it: what was filled in is not shown.
    let url: Url = whole.parse().map_err(|error: url::ParseError| no_url(text, &error.to_string()))?;
    if url.has_host() { Ok(url) } else { Err(no_url(text, "it has no host")) }
}

fn no_url(text: &str, problem: &str) -> String {
    format!("`{text}` is no URL ({problem}), expected one such as \"https://staging.shop.example\"")
}

fn has_plain_password(user: &str) -> Result<bool, String> {
    let plain = environment::pieces(user)?.into_iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text),
        Piece::Variable(_) => None,
    });
    Ok(plain.collect::<String>().split_once(':').is_some_and(|(_, password)| !password.is_empty()))
}

fn fill(text: &str, written: impl Fn(&str) -> String) -> Result<String, String> {
    let pieces = environment::pieces(text)?.into_iter().map(|piece| match piece {
        Piece::Text(text) => Ok(text.to_owned()),
        Piece::Variable(variable) => environment::value(variable).map(|value| written(&value)),
    });
    pieces.collect()
}

/// As user information has it (RFC 3986 §2.3): all but unreserved characters by their bytes.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "FailOn")]
pub(super) enum FailOnName {
    Security,
    State,
    NoWayOut,
    Unclear,
    Advice,
    Never,
}

pub(super) fn fail_on<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<FailOn>, D::Error> {
    let at_least = FailOn::AtLeast;
    Ok(Some(match FailOnName::deserialize(deserializer)? {
        FailOnName::Security => at_least(Gravity::Security),
        FailOnName::State => at_least(Gravity::State),
        FailOnName::NoWayOut => at_least(Gravity::NoWayOut),
        FailOnName::Unclear => at_least(Gravity::Unclear),
        FailOnName::Advice => at_least(Gravity::Advice),
        FailOnName::Never => FailOn::Never,
    }))
}

/// The id of a finding.
pub(crate) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FindingId, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error: String| de::Error::custom(near(&text).unwrap_or(error)))
}

/// What is wrong with a mistyped id.
fn near(text: &str) -> Option<String> {
    let (check, request) = text.split_once('/')?;
    if !CheckId::ALL.iter().any(|known| known.name() == check) {
        let suggestion = did_you_mean(check, CheckId::ALL.iter().map(|check| check.name()));
        return Some(format!("there is no check `{check}`{suggestion} (docs/checks.md lists them)"));
    }
    let suggestion = did_you_mean(request, Request::ALL.iter().map(|request| request.name()));
    Some(format!("there is no request `{request}`{suggestion} (docs/checks.md lists them)"))
}

pub(crate) fn id_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[a-z0-9-]+/[a-z-]+$" })
}

/// Text for people that must not be left out.
pub(crate) fn reason<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() {
        return Err(de::Error::custom("is empty, expected why the finding is accepted, e.g. the number of a ticket"));
    }
    Ok(text)
}

/// TOML's own date.
pub(crate) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::Datetime(toml::value::Datetime { date: Some(date), time: None, offset: None }) => Ok(Some(date.into())),
        _ => Err(de::Error::custom("is no date, expected one without quotes and without a time, such as 2027-01-31")),
    }
}

pub(crate) fn date_schema(_: &mut SchemaGenerator) -> Schema {
    // Validators of TOML have dates as dates, or as text.
    json_schema!({ "description": "The last day on which it counts, such as 2027-01-31." })
}
