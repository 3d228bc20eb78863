//! Text and JSON with placeholders: what a mapping file writes for paths, headers and bodies.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::mapping::Pointer;

/// The values of placeholders at one request. One that is allowed but has no value leaves its member of a body out.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    own: BTreeMap<&'static str, Value>,
    /// What is shown in the place of a value that is secret.
    hidden: BTreeMap<&'static str, String>,
}

impl Values {
    pub(super) fn insert(&mut self, name: &'static str, value: impl Into<Value>) {
        self.own.insert(name, value.into());
    }

    pub(super) fn has_secrets(&self) -> bool {
        !self.hidden.is_empty()
    }

    pub(super) fn hide(&mut self, name: &'static str, shown: String) {
        self.hidden.insert(name, shown);
    }
}

impl<const N: usize> From<[(&'static str, Value); N]> for Values {
    fn from(values: [(&'static str, Value); N]) -> Values {
        Values { own: values.into(), hidden: BTreeMap::new() }
    }
}

/// What was captured from earlier answers of a session.
pub(super) type Captured = BTreeMap<String, Value>;

/// What placeholders are filled with.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    pub values: &'a Values,
    pub captured: &'a Captured,
    /// For a person: secrets stay hidden.
    pub shown: bool,
}

/// Begins what stands for an environment variable.
pub(super) const ENVIRONMENT: &str = "{env:";

/// Placeholders that a place of the adapter file may use, besides captured names and environment variables.
pub(super) mod places {
    /// The requests for options.
    pub const OPTIONS: &[&str] = &[
        "username",
        "display_name",
        "password",
        "user_verification",
        "resident_key",
        "require_resident_key",
        "attestation",
        "replace",
        "unique",
    ];
    /// The requests that bring the client's response.
    pub const VERIFY: &[&str] = &["credential", "credential_json", "username", "display_name", "password", "unique"];
    /// The report of a failure that only the client saw.
    pub const REPORT: &[&str] =
        &["username", "ceremony", "phase", "error", "message", "platform_authenticator_available", "elapsed", "challenge", "credential_id"];
    /// Fallbacks, hooks and what comes before a ceremony: about an account.
    pub const ACCOUNT: &[&str] = &["username", "display_name", "password", "unique"];
    /// Saving the draft of a form.
    pub const DRAFT: &[&str] = &["draft"];
    /// Where nothing is known but the session.
    pub const SESSION: &[&str] = &[];
    /// The names of accounts.
    pub const ACCOUNT_NAME: &[&str] = &["n", "name"];
    /// Those of a ceremony, whose names captures can't have.
    pub const CEREMONY: [&[&str]; 3] = [OPTIONS, VERIFY, ACCOUNT];
    /// All of them.
    #[cfg(test)]
    pub const ALL: [&[&str]; 7] = [OPTIONS, VERIFY, REPORT, ACCOUNT, DRAFT, SESSION, ACCOUNT_NAME];
}

/// Members of a credential that may be sent alone (WebAuthn-3 §5.1).
const CREDENTIAL_PARTS: [&str; 13] = [
    "id",
    "rawId",
    "type",
    "authenticatorAttachment",
    "clientExtensionResults",
    "response",
    "response.clientDataJSON",
    "response.attestationObject",
    "response.authenticatorData",
    "response.signature",
    "response.userHandle",
    "response.publicKey",
    "response.transports",
];

/// JSON with placeholders.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Template {
    Text(Vec<Piece>),
    Fixed(Value),
    List(Vec<Template>),
    Table(Vec<(String, Template)>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Literal(String),
    Placeholder(Placeholder),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Placeholder {
    /// As it is written, until the whole file has been read.
    Named(String),
    Own(&'static str),
    /// A member of the credential.
    Part(Pointer),
    /// What an earlier answer had.
    Captured(String),
    Environment(Secret),
}

/// An environment variable and what it holds, which is sent and never shown.
#[derive(Clone, PartialEq)]
pub(super) struct Secret {
    variable: String,
    value: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ENVIRONMENT}{}}}", self.variable)
    }
}

/// The name of a member whose own members take its place.
const SPREAD: &str = "...";

/// Why a placeholder can't stand where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misplaced {
    /// The placeholder, as the file has it.
    pub written: String,
    pub problem: String,
}

impl Placeholder {
    fn resolve(&mut self, allowed: &'static [&'static str], captured: &BTreeSet<String>) -> Result<(), Misplaced> {
        let Placeholder::Named(name) = self else { return Ok(()) };
        let part = name.strip_prefix("credential.").filter(|_| allowed.contains(&"credential"));
        let known = |part: &&str| CREDENTIAL_PARTS.iter().any(|known| part == known || part.starts_with("clientExtensionResults."));
        *self = if let Some(own) = allowed.iter().find(|own| *own == name) {
            Placeholder::Own(own)
        } else if captured.contains(name) {
            Placeholder::Captured(name.clone())
        } else if let Some(pointer) = part.filter(known).and_then(|part| Pointer::read(format!("/{}", part.replace('.', "/"))).ok()) {
            Placeholder::Part(pointer)
        } else {
            let parts = if part.is_some() { &CREDENTIAL_PARTS[..] } else { &[] };
            return Err(Misplaced { written: format!("{{{name}}}"), problem: unknown(name, allowed, parts, captured) });
        };
        Ok(())
    }

    /// Its value, if it has one.
    fn value(&self, filling: Filling<'_>) -> Option<Value> {
        let credential = || filling.values.own.get("credential");
        match self {
            Placeholder::Named(_) => None,
            Placeholder::Own(name) => match filling.values.hidden.get(name).filter(|_| filling.shown) {
                Some(shown) => Some(Value::String(shown.clone())),
                None if *name == "credential_json" => Some(Value::String(credential()?.to_string())),
                None => filling.values.own.get(name).cloned(),
            },
            Placeholder::Part(pointer) => pointer.find(credential()?).cloned(),
            Placeholder::Captured(name) => {
                let value = filling.captured.get(name)?;
                Some(match value.as_str().filter(|_| filling.shown) {
                    // It names no variable, whatever it looks like.
                    Some(text) => Value::String(text.replace(ENVIRONMENT, "{ env:")),
                    None => value.clone(),
                })
            }
            Placeholder::Environment(secret) if filling.shown => Some(Value::String(format!("{ENVIRONMENT}{}}}", secret.variable))),
            Placeholder::Environment(secret) => Some(Value::String(secret.value.clone())),
        }
    }
}

fn unknown(name: &str, allowed: &[&str], parts: &[&str], captured: &BTreeSet<String>) -> String {
    let parts = parts.iter().map(|part| format!("credential.{part}"));
    let known = allowed.iter().map(|name| (*name).to_owned()).chain(parts).chain(captured.iter().cloned());
    let list: Vec<_> = known.map(|name| format!("`{{{name}}}`")).collect();
    match list.as_slice() {
        [] => format!("placeholder `{{{name}}}`, but nothing can be filled in here; for text in braces write `{{{{{name}}}}}`"),
        list => format!("unknown placeholder `{{{name}}}`, expected one of {}", list.join(", ")),
    }
}

impl Template {
    pub(super) fn read(text: &str) -> Result<Template, String> {
        pieces(text).map(Template::Text)
    }

    /// Says what each placeholder stands for.
    pub(super) fn resolve(&mut self, allowed: &'static [&'static str], captured: &BTreeSet<String>) -> Result<(), Misplaced> {
        match self {
            Template::Text(pieces) => {
                let alone = pieces.len() == 1;
                for piece in pieces {
                    let Piece::Placeholder(placeholder) = piece else { continue };
                    placeholder.resolve(allowed, captured)?;
                    if !alone && *placeholder == Placeholder::Own("credential") {
                        let problem =
                            "`{credential}`, an object, within text; expected `{credential_json}`, which is the same as JSON text";
                        return Err(Misplaced { written: "{credential}".to_owned(), problem: problem.to_owned() });
                    }
                }
                Ok(())
            }
            Template::List(items) => items.iter_mut().try_for_each(|item| item.resolve(allowed, captured)),
            Template::Table(members) => members.iter_mut().try_for_each(|(_, member)| member.resolve(allowed, captured)),
            Template::Fixed(_) => Ok(()),
        }
    }

    /// Whether one of its placeholders is such a one.
    pub(super) fn any(&self, is: &impl Fn(&Placeholder) -> bool) -> bool {
        match self {
            Template::Text(pieces) => pieces.iter().any(|piece| matches!(piece, Piece::Placeholder(placeholder) if is(placeholder))),
            Template::List(items) => items.iter().any(|item| item.any(is)),
            Template::Table(members) => members.iter().any(|(_, member)| member.any(is)),
            Template::Fixed(_) => false,
        }
    }

    /// Whether it has this placeholder.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.any(&|placeholder| matches!(placeholder, Placeholder::Own(other) if *other == name))
    }

    /// The JSON. `None` when it is a single placeholder that has no value.
    pub(super) fn fill(&self, filling: Filling<'_>) -> Option<Value> {
        match self {
            // A placeholder alone keeps its type: a boolean stays one, a credential stays an object.
            Template::Text(pieces) => match pieces.as_slice() {
                [Piece::Placeholder(placeholder)] => placeholder.value(filling),
                pieces => Some(Value::String(fill_text(pieces, filling, |text| text))),
            },
            Template::Fixed(value) => Some(value.clone()),
            Template::List(items) => Some(Value::Array(items.iter().filter_map(|item| item.fill(filling)).collect())),
            Template::Table(members) => {
                let mut filled = Map::new();
                for (name, member) in members {
                    match (name.as_str(), member.fill(filling)) {
                        (_, None) => {}
                        // As JavaScript's spread.
                        (SPREAD, Some(Value::Object(spread))) => filled.extend(spread),
                        (_, Some(value)) => {
                            filled.insert(name.clone(), value);
                        }
                    }
                }
                Some(Value::Object(filled))
            }
        }
    }

    /// As text. `None` when one of its placeholders has no value.
    pub(super) fn fill_whole(&self, filling: Filling<'_>) -> Option<String> {
        let lacks = self.any(&|placeholder| placeholder.value(filling).is_none());
        (!lacks).then(|| self.fill(filling).map(|value| text_of(&value))).flatten()
    }

    /// A path: every placeholder's value is percent-encoded, unless it is the whole path.
    pub(super) fn fill_path(&self, filling: Filling<'_>) -> String {
        match self {
            Template::Text(pieces) if self.is_placeholder() => fill_text(pieces, filling, |text| text),
            Template::Text(pieces) => fill_text(pieces, filling, |text| percent_encode(&text)),
            _ => String::new(),
        }
    }

    /// A placeholder and nothing else.
    pub(super) fn is_placeholder(&self) -> bool {
        matches!(self, Template::Text(pieces) if matches!(pieces.as_slice(), [Piece::Placeholder(_)]))
    }

    /// The first captured name that has no value.
    pub(super) fn lacks<'t>(&'t self, captured: &Captured) -> Option<&'t str> {
        match self {
            Template::Text(pieces) => pieces.iter().find_map(|piece| match piece {
                Piece::Placeholder(Placeholder::Captured(name)) if !captured.contains_key(name) => Some(name.as_str()),
                _ => None,
            }),
            _ => None,
        }
    }
}

/// Text as it is, all else as JSON.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn fill_text(pieces: &[Piece], filling: Filling<'_>, encode: impl Fn(String) -> String) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            // A variable's name is for a person.
            Piece::Placeholder(Placeholder::Environment(secret)) if filling.shown => {
                text.push_str(&format!("{ENVIRONMENT}{}}}", secret.variable));
            }
            Piece::Placeholder(placeholder) => {
                if let Some(value) = placeholder.value(filling) {
                    text.push_str(&encode(text_of(&value)));
                }
            }
        }
    }
    text
}

/// RFC 3986 §2.3: everything but the unreserved characters.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Splits at `{name}`. `{{name}}` is text, and so is a brace that does not enclose a name.
fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        literal.push_str(before);
        let escaped = from.strip_prefix("{{").and_then(|after| after.split_once("}}")).map(|(name, _)| name).filter(|name| is_name(name));
        let name = from.strip_prefix('{').and_then(|after| after.split_once('}')).map(|(name, _)| name);
        let variable = name.and_then(|name| name.strip_prefix("env:"));
        if let Some(name) = escaped {
            literal.push_str(&format!("{{{name}}}"));
            rest = from.get(name.len() + 4..).unwrap_or_default();
            continue;
        }
        let placeholder = match (variable, name) {
            (Some(variable), _) => Placeholder::Environment(Secret::read(variable)?),
            (None, Some(name)) if is_name(name) => Placeholder::Named(name.to_owned()),
            _ if from.starts_with(ENVIRONMENT) => return Err("`{env:` without its `}`, expected {env:NAME}".to_owned()),
            _ => {
                literal.push('{');
                rest = from.get(1..).unwrap_or_default();
                continue;
            }
        };
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        pieces.push(Piece::Placeholder(placeholder));
        rest = from.get(name.map_or(0, str::len) + 2..).unwrap_or_default();
    }
    literal.push_str(rest);
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

/// Letters, digits, `_`, `.` and `-`, with a letter or `_` first.
pub(super) fn is_name(text: &str) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(of_name)
}

impl Secret {
    fn read(variable: &str) -> Result<Secret, String> {
        let value = std::env::var(variable)
            .map_err(|_| format!("the environment variable {variable} is not set, expected it to hold a secret for the relying party"))?;
        Ok(Secret { variable: variable.to_owned(), value })
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ByHand)
    }
}

impl JsonSchema for Template {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}

/// Reads a template by hand, so that an error carries the line of the very value.
struct ByHand;

impl<'de> Visitor<'de> for ByHand {
    type Value = Template;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, a boolean, an array or a table")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Template, E> {
        Template::read(text).map_err(E::custom)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Template, E> {
        Ok(Template::Fixed(value.into()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Template, E> {
        Ok(Template::Fixed(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Template, E> {
        Ok(Template::Fixed(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Template, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Template::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Template, A::Error> {
        let mut table = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            table.push((name, members.next_value()?));
        }
        Ok(Template::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(text: &str) -> Template {
        let mut template = toml::from_str::<BTreeMap<String, Template>>(text).unwrap().remove("body").unwrap();
        template.resolve(places::OPTIONS, &BTreeSet::from(["state".to_owned()])).unwrap();
        template
    }

    fn filling<'a>(values: &'a Values, captured: &'a Captured) -> Filling<'a> {
        Filling { values, captured, shown: false }
    }

    #[test]
    fn placeholders_keep_their_type_when_alone_and_become_text_within_text() {
        let template = template(
            r#"body = { user = { name = "{username}", note = "for {username}, {replace}" }, replace = "{replace}", n = 1, list = ["{attestation}"], s = "{state}" }"#,
        );
        let values = Values::from([("username", json!("mika")), ("replace", json!(true)), ("attestation", json!("none"))]);
        let captured = Captured::from([("state".to_owned(), json!(7))]);
        assert_eq!(
            template.fill(filling(&values, &captured)).unwrap(),
            json!({"user": {"name": "mika", "note": "for mika, true"}, "replace": true, "n": 1, "list": ["none"], "s": 7})
        );
    }

    #[test]
    fn a_member_without_a_value_is_left_out() {
        let template = template(r#"body = { username = "{username}", userVerification = "{user_verification}", s = "{state}" }"#);
        let values = Values::from([("user_verification", json!("required"))]);
        assert_eq!(template.fill(filling(&values, &Captured::new())).unwrap(), json!({"userVerification": "required"}));
    }

    #[test]
    fn a_path_is_percent_encoded() {
        let template = template(r#"body = "/accounts/{username}/passkeys?x={}""#);
        let values = Values::from([("username", json!("a b/ü@x"))]);
        assert_eq!(template.fill_path(filling(&values, &Captured::new())), "/accounts/a%20b%2F%C3%BC%40x/passkeys?x={}");
    }

    #[test]
    fn members_are_spread() {
        let mut template = toml::from_str::<BTreeMap<String, Template>>(r#"body = { name = "key", "..." = "{credential}" }"#).unwrap();
        let template = template.get_mut("body").unwrap();
        template.resolve(places::VERIFY, &BTreeSet::new()).unwrap();
        let values = Values::from([("credential", json!({"id": "AQ", "type": "public-key"}))]);
        let filled = template.fill(filling(&values, &Captured::new())).unwrap();
        assert_eq!(filled, json!({"name": "key", "id": "AQ", "type": "public-key"}));
    }

    #[test]
    fn doubled_braces_are_text() {
        let template = template(r#"body = "{{username}} { id } {username} {{}""#);
        let values = Values::from([("username", json!("mika"))]);
        assert_eq!(template.fill(filling(&values, &Captured::new())).unwrap(), json!("{username} { id } mika {{}"));
    }

    #[test]
    fn a_secret_is_sent_and_not_shown() {
        let template = template(r#"body = { key = "k {env:CARGO_PKG_NAME}" }"#);
        let (values, captured) = (Values::default(), Captured::new());
        let fill = |shown| template.fill(Filling { values: &values, captured: &captured, shown }).unwrap();
        assert_eq!((fill(false), fill(true)), (json!({"key": "k faultkey-relying-party"}), json!({"key": "k {env:CARGO_PKG_NAME}"})));
        assert!(!format!("{template:?}").contains("faultkey-relying-party"));
    }

    #[test]
    fn an_unknown_placeholder_is_refused_with_those_that_there_are() {
        let refused = |text: &str, allowed, captured: &[&str]| {
            let captured = captured.iter().map(|name| (*name).to_owned()).collect();
            Template::read(text).unwrap().resolve(allowed, &captured).unwrap_err().problem
        };
        assert_eq!(
            refused("{usernam}", places::SESSION, &[]),
            "placeholder `{usernam}`, but nothing can be filled in here; for text in braces write `{{usernam}}`"
        );
        assert_eq!(
            refused("{Username}", places::ACCOUNT, &["state"]),
            "unknown placeholder `{Username}`, expected one of `{username}`, `{display_name}`, `{password}`, `{unique}`, `{state}`"
        );
        assert!(refused("{credential.response.signatur}", places::VERIFY, &[]).contains("`{credential.response.signature}`"));
        assert_eq!(
            refused("{credential} ", places::VERIFY, &[]),
            "`{credential}`, an object, within text; expected `{credential_json}`, which is the same as JSON text"
        );
    }
}
