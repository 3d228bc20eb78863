//! Text and JSON with placeholders: what a mapping file writes for paths, headers and bodies.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The values of placeholders at one request. One that is allowed but has no value leaves its member of a body out.
pub(super) type Values = BTreeMap<&'static str, Value>;

/// Which placeholders a place of the mapping file may use.
pub(super) trait Allowed {
    const NAMES: &'static [&'static str];
}

macro_rules! places {
    ($($(#[$doc:meta])* $place:ident: [$($name:literal),*];)*) => {
        $($(#[$doc])* #[derive(Clone, Copy, Debug)] pub(super) struct $place;
        impl Allowed for $place { const NAMES: &'static [&'static str] = &[$($name),*]; })*
    };
}

places! {
    /// The requests for options.
    ForOptions: ["username", "display_name", "user_verification", "resident_key", "require_resident_key", "attestation", "replace"];
    /// The requests that bring the client's response.
    ForVerify: ["credential", "username", "display_name"];
    /// The report of a failure that only the client saw.
    ForReport: [
        "username", "ceremony", "phase", "error", "message", "platform_authenticator_available", "elapsed", "challenge", "credential_id"
    ];
    /// Fallbacks and hooks, which are about an account.
    ForAccount: ["username", "display_name", "password"];
    /// Saving the draft of a form.
    ForDraft: ["draft"];
    /// Where nothing is known but the session.
    ForSession: [];
}

/// A template whose placeholders were checked against a place when it was read.
pub(super) struct Checked<P>(pub(super) Template, PhantomData<P>);

impl<P> Clone for Checked<P> {
    fn clone(&self) -> Self {
        Checked(self.0.clone(), PhantomData)
    }
}

impl<P> fmt::Debug for Checked<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de, P: Allowed> de::Deserialize<'de> for Checked<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Checked(Seed(P::NAMES).deserialize(deserializer)?, PhantomData))
    }
}

/// JSON with placeholders.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Template {
    Text(Vec<Piece>),
    Fixed(Value),
    List(Vec<Template>),
    Table(Vec<(String, Template)>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    Placeholder(&'static str),
}

impl Template {
    /// Whether it has this placeholder.
    pub(super) fn uses(&self, name: &str) -> bool {
        let in_pieces = |pieces: &[Piece]| pieces.iter().any(|piece| matches!(piece, Piece::Placeholder(other) if *other == name));
        match self {
            Template::Text(pieces) => in_pieces(pieces),
            Template::List(items) => items.iter().any(|item| item.uses(name)),
            Template::Table(members) => members.iter().any(|(_, member)| member.uses(name)),
            Template::Fixed(_) => false,
        }
    }

    /// The JSON. `None` when it is a single placeholder that has no value.
    pub(super) fn fill(&self, values: &Values) -> Option<Value> {
        match self {
            // A placeholder alone keeps its type: a boolean stays one, a credential stays an object.
            Template::Text(pieces) => match pieces.as_slice() {
                [Piece::Placeholder(name)] => values.get(name).cloned(),
                pieces => Some(Value::String(fill_text(pieces, values, |text| text))),
            },
            Template::Fixed(value) => Some(value.clone()),
            Template::List(items) => Some(Value::Array(items.iter().filter_map(|item| item.fill(values)).collect())),
            Template::Table(members) => {
                let filled = members.iter().filter_map(|(name, member)| Some((name.clone(), member.fill(values)?)));
                Some(Value::Object(filled.collect::<Map<_, _>>()))
            }
        }
    }

    /// A path: every placeholder's value is percent-encoded.
    pub(super) fn fill_path(&self, values: &Values) -> String {
        match self {
            Template::Text(pieces) => fill_text(pieces, values, |text| percent_encode(&text)),
            _ => String::new(),
        }
    }
}

fn fill_text(pieces: &[Piece], values: &Values, encode: impl Fn(String) -> String) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Placeholder(name) => match values.get(name) {
                Some(Value::String(value)) => text.push_str(&encode(value.clone())),
                Some(value) => text.push_str(&encode(value.to_string())),
                None => {}
            },
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

/// Splits at `{name}`. A brace that does not enclose a name (letters and `_`) is text.
fn pieces(text: &str, allowed: &'static [&'static str]) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        literal.push_str(before);
        let name = from.strip_prefix('{').and_then(|after| after.split_once('}')).map(|(name, _)| name);
        match name.filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')) {
            Some(name) => {
                let known = allowed.iter().find(|known| **known == name).ok_or_else(|| unknown(name, allowed))?;
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Placeholder(known));
                rest = from.get(name.len() + 2..).unwrap_or_default();
            }
            None => {
                literal.push('{');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

fn unknown(name: &str, allowed: &[&str]) -> String {
    match allowed {
        [] => format!("placeholder `{{{name}}}`, but nothing can be filled in here"),
        allowed => {
            let list: Vec<_> = allowed.iter().map(|name| format!("`{{{name}}}`")).collect();
            format!("unknown placeholder `{{{name}}}`, expected one of {}", list.join(", "))
        }
    }
}

/// Reads a template by hand, so that an error carries the line of the very value.
struct Seed(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Template;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Template, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Template;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, a boolean, an array or a table")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Template, E> {
        pieces(text, self.0).map(Template::Text).map_err(E::custom)
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
        while let Some(item) = items.next_element_seed(Seed(self.0))? {
            list.push(item);
        }
        Ok(Template::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Template, A::Error> {
        let mut table = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            table.push((name, members.next_value_seed(Seed(self.0))?));
        }
        Ok(Template::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(text: &str) -> Template {
        toml::from_str::<BTreeMap<String, Checked<ForOptions>>>(text).unwrap().remove("body").unwrap().0
    }

    #[test]
    fn placeholders_keep_their_type_when_alone_and_become_text_within_text() {
        let template = template(
            r#"body = { user = { name = "{username}", note = "for {username}, {replace}" }, replace = "{replace}", n = 1, list = ["{attestation}"] }"#,
        );
        let values = Values::from([("username", json!("mika")), ("replace", json!(true)), ("attestation", json!("none"))]);
        assert_eq!(
            template.fill(&values).unwrap(),
            json!({"user": {"name": "mika", "note": "for mika, true"}, "replace": true, "n": 1, "list": ["none"]})
        );
    }

    #[test]
    fn a_member_without_a_value_is_left_out() {
        let template = template(r#"body = { username = "{username}", userVerification = "{user_verification}" }"#);
        let values = Values::from([("user_verification", json!("required"))]);
        assert_eq!(template.fill(&values).unwrap(), json!({"userVerification": "required"}));
    }

    #[test]
    fn a_path_is_percent_encoded() {
        let template = template(r#"body = "/accounts/{username}/passkeys?x={}""#);
        let values = Values::from([("username", json!("a b/ü@x"))]);
        assert_eq!(template.fill_path(&values), "/accounts/a%20b%2F%C3%BC%40x/passkeys?x={}");
    }

    #[test]
    fn an_unknown_placeholder_is_refused_with_those_that_there_are() {
        assert_eq!(pieces("{usernam}", ForSession::NAMES).unwrap_err(), "placeholder `{usernam}`, but nothing can be filled in here");
        assert_eq!(
            pieces("{usernam}", ForAccount::NAMES).unwrap_err(),
            "unknown placeholder `{usernam}`, expected one of `{username}`, `{display_name}`, `{password}`"
        );
    }
}
