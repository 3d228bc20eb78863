//! The fields of a mapping file, each checked when it is read, so that TOML's error points at its line.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Deserializer, de};

use super::super::template::{Allowed, Checked, Piece, Template};

macro_rules! from_text {
    ($($name:ident),*) => {
        $(impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $name::read(String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        })*
    };
}

from_text!(Pointer, Method, Origin, HeaderName, HeaderText);

/// A JSON pointer (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Pointer(pub String);

impl Pointer {
    fn read(text: String) -> Result<Self, String> {
        if text.is_empty() || text.starts_with('/') {
            return Ok(Pointer(text));
        }
        Err(format!("`{text}` is no JSON pointer, expected \"\" (the whole body) or text that starts with `/`, such as \"/data/options\""))
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

/// Begins what stands for an environment variable in a header's value.
pub(in super::super) const ENVIRONMENT: &str = "{env:";

/// A header's value. `{env:NAME}` stands for an environment variable; what it holds is sent, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) struct HeaderText {
    /// As the file has it.
    pub shown: String,
    pub sent: http::HeaderValue,
}

impl HeaderText {
    /// Text that the relying party gave. It names no variable, whatever it looks like. `None` when it can't be sent as a header.
    pub(in super::super) fn given(text: &str) -> Option<Self> {
        let sent = http::HeaderValue::from_str(text).ok()?;
        Some(HeaderText { shown: text.replace(ENVIRONMENT, "{ env:"), sent })
    }

    fn read(shown: String) -> Result<Self, String> {
        let mut sent = String::new();
        let mut rest = shown.as_str();
        while let Some((before, after)) = rest.split_once(ENVIRONMENT) {
            let (name, after) = after.split_once('}').ok_or("`{env:` without its `}`, expected {env:NAME}")?;
            let value = std::env::var(name)
                .map_err(|_| format!("the environment variable {name} is not set, expected it to hold this header's secret"))?;
            sent.push_str(before);
            sent.push_str(&value);
            rest = after;
        }
        sent.push_str(rest);
        match http::HeaderValue::from_str(&sent) {
            Ok(sent) => Ok(HeaderText { shown, sent }),
            Err(_) => Err("cannot be sent as a header, expected visible ASCII on one line".to_owned()),
        }
    }
}

impl fmt::Debug for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.fmt(f)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(in super::super) struct Headers(pub BTreeMap<HeaderName, HeaderText>);

/// A path on the relying party's server, perhaps with a query.
#[derive(Clone, Debug)]
pub(in super::super) struct PathTemplate<P>(pub(super) Checked<P>);

impl PathTemplate<super::super::template::ForSession> {
    /// The path: it has no placeholders.
    pub(in super::super) fn text(&self) -> String {
        self.0.0.fill_path(&super::super::template::Values::new())
    }
}

impl<'de, P: Allowed> Deserialize<'de> for PathTemplate<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let checked = Checked::<P>::deserialize(deserializer)?;
        match &checked.0 {
            Template::Text(pieces) if matches!(pieces.first(), Some(Piece::Literal(start)) if start.starts_with('/')) => {
                Ok(PathTemplate(checked))
            }
            _ => Err(de::Error::custom("not a path, expected text that starts with `/`, such as \"/webauthn/login\"")),
        }
    }
}

/// Line and field of an error, e.g. `12, registration.options.path`. TOML's error knows the span; the field is read off the file: the
/// section's header, and the key on the line, unless the span is wider than either side of its `=`, as that of a whole table is.
pub(super) fn place(text: &str, span: Option<Range<usize>>) -> String {
    let span = span.unwrap_or_default();
    let before = text.get(..span.start.min(text.len())).unwrap_or_default();
    let number = before.matches('\n').count();
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let header = |line: &str| {
        let inner = line.trim().strip_prefix('[')?;
        inner.split_once(']').map(|(name, _)| name.trim().to_owned())
    };
    let lines: Vec<&str> = text.lines().collect();
    let here = lines.get(number).copied().unwrap_or_default();
    let mut field: Vec<String> = lines.iter().take(number + 1).rev().find_map(|line| header(line)).into_iter().collect();
    if let Some((key, _)) = here.split_once('=')
        && header(here).is_none()
    {
        let equals = line_start + key.len();
        if span.end <= equals || span.start > equals {
            field.push(key.trim().to_owned());
        }
    }
    format!("{}, {}", number + 1, if field.is_empty() { "the file".to_owned() } else { field.join(".") })
}
