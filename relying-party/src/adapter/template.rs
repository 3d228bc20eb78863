//! Text and JSON with placeholders: what an adapter file writes for paths, headers and bodies.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

pub(super) use super::placeholder::{Captured, ENVIRONMENT, Filling, Misplaced, Placeholder, Values, places};
use super::placeholder::{Secret, is_name};

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

/// The name of a member whose own members take its place.
const SPREAD: &str = "...";

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

    /// Every placeholder.
    pub(super) fn each(&self, visit: &mut dyn FnMut(&Placeholder)) {
        match self {
            Template::Text(pieces) => pieces.iter().for_each(|piece| {
                if let Piece::Placeholder(placeholder) = piece {
                    visit(placeholder);
                }
            }),
            Template::List(items) => items.iter().for_each(|item| item.each(visit)),
            Template::Table(members) => members.iter().for_each(|(_, member)| member.each(visit)),
            Template::Fixed(_) => {}
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
    use std::collections::BTreeMap;

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
