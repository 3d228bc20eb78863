//! The fields of a mapping file, each checked when it is read, so that TOML's error points at its line.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

macro_rules! from_text {
    ($($name:ident: $schema:tt),*) => {
        $(impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $name::read(String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })*
    };
}

from_text!(
    Pointer: { "type": "string", "pattern": "^(/.*)?$", "description": "A JSON pointer (RFC 6901); \"\" is the whole body." },
    Method: { "enum": ["GET", "POST", "PUT", "PATCH", "DELETE"] },
    Origin: { "type": "string", "description": "Scheme and host, such as https://example.com, or an app's or extension's origin." },
    HeaderName: { "type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" }
);

/// A JSON pointer (RFC 6901), split when it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Pointer {
    pub text: String,
    tokens: Vec<String>,
}

impl Pointer {
    pub(in super::super) fn read(text: String) -> Result<Self, String> {
        let mut tokens = text.split('/');
        if tokens.next() != Some("") {
            return Err(format!(
                "`{text}` is no JSON pointer, expected \"\" (the whole body) or text that starts with `/`, such as \"/data/options\""
            ));
        }
        // RFC 6901 §4: this order.
        let tokens = tokens.map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
        Ok(Pointer { text, tokens })
    }

    pub(in super::super) fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.tokens.iter().try_fold(value, |value, token| match value {
            Value::Object(members) => members.get(token),
            Value::Array(items) if token == "0" || !token.starts_with(['0', '+']) => items.get(token.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Method(pub http::Method);

impl Method {
    fn read(text: String) -> Result<Self, String> {
        match text.as_str() {
            "GET" | "POST" | "PUT" | "PATCH" | "DELETE" => {
                http::Method::from_bytes(text.as_bytes()).map(Method).map_err(|error| error.to_string())
            }
            _ => Err(format!("unknown method `{text}`, expected one of `GET`, `POST`, `PUT`, `PATCH`, `DELETE`")),
        }
    }

    pub(super) fn get() -> Method {
        Method(http::Method::GET)
    }

    pub(super) fn post() -> Method {
        Method(http::Method::POST)
    }
}

/// What the client writes into `origin`: a web origin, a native app's, an extension's or that of an app in a web view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Origin(pub String);

impl Origin {
    fn read(text: String) -> Result<Self, String> {
        let is_web = url::Url::parse(&text).is_ok_and(|url| url.origin().ascii_serialization() == text);
        if is_web || is_app(&text) || has_own_scheme(&text) {
            return Ok(Origin(text));
        }
        Err(format!("`{text}` is no origin, expected scheme and host without a path, such as \"https://example.com\""))
    }
}

/// A platform names an app by its signing certificate or its identifier.
pub(in super::super) fn is_app(origin: &str) -> bool {
    let prefixes = ["android:apk-key-hash:", "android:apk-key-hash-sha256:", "ios:bundle-id:"];
    prefixes.iter().any(|prefix| origin.strip_prefix(prefix).is_some_and(|name| !name.is_empty()))
}

/// Scheme and host of a browser's extension or an app's web view, as in `chrome-extension://…` or `capacitor://localhost`. Such an origin is
/// opaque to the URL standard, so that the text itself is what counts.
fn has_own_scheme(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    !url.origin().is_tuple() && url.host_str().is_some_and(|host| !host.is_empty() && text == format!("{}://{host}{port}", url.scheme()))
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct HeaderName(pub String);

impl HeaderName {
    fn read(text: String) -> Result<Self, String> {
        match http::HeaderName::from_bytes(text.as_bytes()) {
            Ok(name) => Ok(HeaderName(name.as_str().to_owned())),
            Err(_) => Err(format!("`{text}` is no header name, expected letters, digits and `-`")),
        }
    }
}
