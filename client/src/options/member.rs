//! Reads members of the options JSON. An error names the member and says what is wrong with it.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use crate::{DomException, DomExceptionName};

pub type Parsed<T> = Result<T, DomException>;

/// An object within the options, and where it stands.
#[derive(Debug)]
pub struct Object<'a> {
    path: String,
    members: &'a Map<String, Value>,
}

fn type_error<T>(path: &str, what: impl std::fmt::Display) -> Parsed<T> {
    Err(DomException::caller(DomExceptionName::TypeError, format!("{path}: {what}. The relying party's options need correcting.")))
}

/// What a value is, for an error message.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => format!("the number {value}"),
        Value::String(text) => {
            let short: String = text.chars().take(40).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            format!("the string {:?}", short + more)
        }
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}

/// ToString (ECMA-262 §7.1.17) of a value that JSON can have.
fn dom_string(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let texts = items.iter().map(|item| if item.is_null() { String::new() } else { dom_string(item) });
            texts.collect::<Vec<_>>().join(",")
        }
        Value::Object(_) => "[object Object]".to_owned(),
        other => other.to_string(),
    }
}

impl<'a> Object<'a> {
    /// The options themselves.
    pub fn root(options: &'a Value) -> Parsed<Self> {
        Self::new("publicKey".into(), options)
    }

    fn new(path: String, value: &'a Value) -> Parsed<Self> {
        match value {
            Value::Object(members) => Ok(Self { path, members }),
            other => type_error(&path, format!("expected an object, found {}", shown(other))),
        }
    }

    fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    fn required(&self, name: &str) -> Parsed<&'a Value> {
        match self.members.get(name) {
            Some(value) => Ok(value),
            None => type_error(&self.path(name), "missing"),
        }
    }

    /// WebIDL turns `null` into an empty dictionary, `false`, or a value that no enumeration knows: for these members, the same as absent.
    fn nullable(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str, value: &'a Value) -> Parsed<&'a str> {
        value.as_str().map_or_else(|| type_error(&self.path(name), format!("expected a string, found {}", shown(value))), Ok)
    }

    pub fn required_object(&self, name: &str) -> Parsed<Object<'a>> {
        Object::new(self.path(name), self.required(name)?)
    }

    pub fn optional_object(&self, name: &str) -> Parsed<Option<Object<'a>>> {
        self.nullable(name).map(|value| Object::new(self.path(name), value)).transpose()
    }

    pub fn required_text(&self, name: &str) -> Parsed<&'a str> {
        self.text(name, self.required(name)?)
    }

    /// A DOMString: Web IDL §3.2.10 makes text of whatever stands there. Names come so from relying parties that meant none, as `[]`.
    pub fn required_dom_string(&self, name: &str) -> Parsed<String> {
        self.required(name).map(dom_string)
    }

    /// `null` is refused: WebIDL would take it for the text "null", which no relying party means.
    pub fn optional_text(&self, name: &str) -> Parsed<Option<&'a str>> {
        self.members.get(name).map(|value| self.text(name, value)).transpose()
    }

    /// The value of an enumeration.
    pub fn optional_keyword(&self, name: &str) -> Parsed<Option<&'a str>> {
        self.nullable(name).map(|value| self.text(name, value)).transpose()
    }

    pub fn optional_bool(&self, name: &str) -> Parsed<Option<bool>> {
        match self.nullable(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(other) => type_error(&self.path(name), format!("expected true or false, found {}", shown(other))),
        }
    }

    /// Bytes as base64url without padding; what is no base64url is an EncodingError (WebAuthn-3 §5.1.8, §5.1.9).
    pub fn required_bytes(&self, name: &str) -> Parsed<Vec<u8>> {
        let text = self.required_text(name)?;
        BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| {
            let why = if text.contains('=') {
                "it has padding (`=`), which must be left off".to_owned()
            } else if text.contains(['+', '/']) {
                "it looks like plain base64; `-` and `_` belong in place of `+` and `/`".to_owned()
            } else {
                format!("found {}", shown(&Value::from(text)))
            };
            let message = format!("{}: not base64url: {why}. The relying party's options need correcting.", self.path(name));
            DomException::caller(DomExceptionName::EncodingError, message)
        })
    }

    /// The same, for a member that may be absent.
    pub fn optional_bytes(&self, name: &str) -> Parsed<Option<Vec<u8>>> {
        self.members.contains_key(name).then(|| self.required_bytes(name)).transpose()
    }

    /// The member is there, whatever it is.
    pub fn has(&self, name: &str) -> bool {
        self.nullable(name).is_some()
    }

    /// Every member, as objects: a record of WebIDL.
    pub fn objects(&self) -> Parsed<Vec<(&'a str, Object<'a>)>> {
        self.members.iter().map(|(name, value)| Ok((name.as_str(), Object::new(self.path(name), value)?))).collect()
    }

    /// An integer, or a string that is one: WebIDL converts it, so browsers accept it (catalogue PF-18).
    pub fn required_integer(&self, name: &str) -> Parsed<i64> {
        let value = self.required(name)?;
        let integer = value.as_i64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
        integer.map_or_else(|| type_error(&self.path(name), format!("expected an integer, found {}", shown(value))), Ok)
    }

    /// Milliseconds.
    pub fn optional_milliseconds(&self, name: &str) -> Parsed<Option<Duration>> {
        let Some(value) = self.nullable(name) else { return Ok(None) };
        let milliseconds = match value {
            Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64())),
            _ => None,
        };
        match milliseconds {
            Some(milliseconds) => Ok(Some(Duration::from_millis(milliseconds))),
            None => type_error(&self.path(name), format!("expected a number of milliseconds, found {}", shown(value))),
        }
    }

    fn list(&self, name: &str, value: &'a Value) -> Parsed<&'a [Value]> {
        match value {
            Value::Array(items) => Ok(items),
            other => type_error(&self.path(name), format!("expected a list, found {}", shown(other))),
        }
    }

    pub fn required_objects(&self, name: &str) -> Parsed<Vec<Object<'a>>> {
        let items = self.list(name, self.required(name)?)?;
        items.iter().enumerate().map(|(index, item)| Object::new(format!("{}[{index}]", self.path(name)), item)).collect()
    }

    pub fn optional_objects(&self, name: &str) -> Parsed<Vec<Object<'a>>> {
        if self.members.contains_key(name) { self.required_objects(name) } else { Ok(Vec::new()) }
    }

    pub fn optional_texts(&self, name: &str) -> Parsed<Vec<&'a str>> {
        let Some(value) = self.members.get(name) else { return Ok(Vec::new()) };
        let items = self.list(name, value)?;
        items.iter().enumerate().map(|(index, item)| self.text(&format!("{name}[{index}]"), item)).collect()
    }

    /// The extension's input, if it is exactly `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.members.get(name) == Some(&Value::Bool(true))
    }
}

/// WebIDL cuts the fraction off.
fn whole(number: Option<f64>) -> Option<u64> {
    let number = number.filter(|number| *number >= 0.0)?;
    // The cast saturates, and NaN is filtered out above.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some(number as u64)
}
