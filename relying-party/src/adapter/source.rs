//! Where something stands in an answer.

use std::borrow::Cow;
use std::fmt;

use regex_lite::Regex;
use schemars::JsonSchema;
use scraper::{Html, Selector};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

use super::Session;
use super::exchange::Received;
use super::mapping::{HeaderName, Pointer};

/// A place in an answer: a JSON pointer, or a table that says where else to look.
#[derive(Clone, Debug)]
pub(super) struct Source {
    place: Place,
    /// A named query parameter of the URL that was found.
    query: Option<String>,
    /// The first group of what was found.
    matching: Option<Regex>,
    /// What was found is JSON text, and this is looked for in it.
    json: Option<Pointer>,
    /// Finding nothing is no error.
    pub optional: bool,
    /// In `capture`: it goes out as a credential later.
    pub credential: bool,
    /// As a person wrote it.
    shown: String,
}

#[derive(Clone, Debug)]
enum Place {
    Pointer(Pointer),
    Header(HeaderName),
    Cookie(String),
    Html {
        selector: Selector,
        attribute: Option<String>,
    },
    Text(Regex),
    /// Where a redirect leads, or led.
    Location,
}

/// Tables in which a place of an answer is named share these fields; serde can't flatten and refuse unknown fields at once, hence a macro.
macro_rules! with_source_fields {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty),* }) => {
        #[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        $(#[$meta])*
        pub(super) struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// A JSON pointer into the body (RFC 6901).
            pub pointer: Option<$crate::adapter::mapping::Pointer>,
            /// A header's name.
            pub header: Option<$crate::adapter::mapping::HeaderName>,
            /// A cookie's name.
            pub cookie: Option<String>,
            /// A CSS selector; the first element that it fits.
            pub html: Option<$crate::adapter::source::CssSelector>,
            /// With `html`: the attribute; without, the element's text.
            pub attribute: Option<String>,
            /// A regular expression over the whole body: its first group.
            pub text: Option<$crate::adapter::source::Pattern>,
            /// A query parameter of the URL that was found; alone, of the URL to which the answer redirects.
            pub query: Option<String>,
            /// A regular expression over what was found: its first group.
            #[serde(rename = "match")]
            pub matching: Option<$crate::adapter::source::Pattern>,
            /// What was found is JSON text: a pointer into it.
            pub json: Option<$crate::adapter::mapping::Pointer>
        }

        impl $name {
            /// Where to look; `None`: it names no place.
            pub(super) fn take_source(&mut self) -> Result<Option<$crate::adapter::source::Source>, String> {
                $crate::adapter::source::Fields {
                    pointer: self.pointer.take(),
                    header: self.header.take(),
                    cookie: self.cookie.take(),
                    html: self.html.take(),
                    attribute: self.attribute.take(),
                    text: self.text.take(),
                    query: self.query.take(),
                    matching: self.matching.take(),
                    json: self.json.take(),
                }
                .source()
            }
        }
    };
}
pub(super) use with_source_fields;

with_source_fields! {
    /// A place in an answer, written as a table.
    SourceTable {
        /// In `capture`: finding nothing is no error.
        #[serde(default)]
        optional: bool
    }
}

/// What a table says of a place.
pub(super) struct Fields {
    pub pointer: Option<Pointer>,
    pub header: Option<HeaderName>,
    pub cookie: Option<String>,
    pub html: Option<CssSelector>,
    pub attribute: Option<String>,
    pub text: Option<Pattern>,
    pub query: Option<String>,
    pub matching: Option<Pattern>,
    pub json: Option<Pointer>,
}

/// A regular expression.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(with = "String")]
pub(super) struct Pattern(pub Regex);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Regex::new(&text).map(Pattern).map_err(|error| de::Error::custom(format!("`{text}` is no regular expression: {error}")))
    }
}

/// A CSS selector.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(with = "String")]
pub(super) struct CssSelector(pub Selector);

impl<'de> Deserialize<'de> for CssSelector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || format!("`{text}` is no CSS selector, expected one such as \"input[name=csrf_token]\"");
        Selector::parse(&text).map(CssSelector).map_err(|_| de::Error::custom(wrong()))
    }
}

impl Fields {
    /// `None`: it names no place.
    pub(super) fn source(self) -> Result<Option<Source>, String> {
        let Fields { pointer, header, cookie, html, attribute, text, query, matching, json } = self;
        if attribute.is_some() && html.is_none() {
            return Err("`attribute` without `html`, expected the CSS selector of the element".to_owned());
        }
        let mut places: Vec<(&str, String, Place)> = Vec::new();
        places.extend(pointer.map(|pointer| ("pointer", pointer.text.clone(), Place::Pointer(pointer))));
        places.extend(header.map(|name| ("header", name.0.clone(), Place::Header(name))));
        places.extend(cookie.map(|name| ("cookie", name.clone(), Place::Cookie(name))));
        places.extend(html.map(|CssSelector(selector)| {
            use scraper::selector::ToCss;
            let shown = selector.to_css_string();
            ("html", shown, Place::Html { selector, attribute: attribute.clone() })
        }));
        places.extend(text.map(|Pattern(regex)| ("text", regex.as_str().to_owned(), Place::Text(regex))));
        if places.len() > 1 {
            let names: Vec<_> = places.iter().map(|(name, ..)| format!("`{name}`")).collect();
            return Err(format!("{} at once, expected one place to look at", names.join(" and ")));
        }
        let Some((name, shown, place)) = places.pop().or_else(|| Some(("query", query.clone()?, Place::Location))) else {
            return match matching.is_some() || json.is_some() {
                true => Err(format!("`match` or `json` without a place, expected {PLACES}")),
                false => Ok(None),
            };
        };
        let mut shown = if name == "pointer" { format!("\"{shown}\"") } else { format!("{{ {name} = \"{shown}\" }}") };
        for (name, value) in [("attribute", attribute.as_deref()), ("json", json.as_ref().map(|json| json.text.as_str()))] {
            if let Some(value) = value {
                shown.push_str(&format!(" with {name} = \"{value}\""));
            }
        }
        Ok(Some(Source { place, query, matching: matching.map(|pattern| pattern.0), json, optional: false, credential: false, shown }))
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Source;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON pointer such as \"/data/state\", or a table such as { header = \"X-State\" }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Source, E> {
                Pointer::read(text.to_owned()).map(Source::from).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Source, A::Error> {
                let mut table = SourceTable::deserialize(MapAccessDeserializer::new(map))?;
                let source = table.take_source().map_err(de::Error::custom)?;
                let source = source.ok_or_else(|| de::Error::custom(format!("no place, expected {PLACES}")))?;
                Ok(Source { optional: table.optional, ..source })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Source {
    fn schema_name() -> Cow<'static, str> {
        "Source".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (pointer, table) = (generator.subschema_for::<Pointer>(), generator.subschema_for::<SourceTable>());
        schemars::json_schema!({
            "description": "Where something stands in an answer: a JSON pointer, or a table that says where else to look.",
            "anyOf": [pointer, table]
        })
    }
}

impl From<Pointer> for Source {
    fn from(pointer: Pointer) -> Source {
        let shown = format!("\"{}\"", pointer.text);
        Source { place: Place::Pointer(pointer), query: None, matching: None, json: None, optional: false, credential: false, shown }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// For errors.
pub(super) const PLACES: &str = "one of `pointer`, `header`, `cookie`, `html`, `text`, `query`";

/// An answer to look at.
pub(super) struct Looking<'a> {
    pub received: &'a Received,
    /// The body, if it is JSON.
    pub json: Option<&'a Value>,
    /// With the answer's cookies.
    pub session: &'a Session,
}

impl Looking<'_> {
    /// The URL to which the answer redirects, or to which redirects have led.
    pub(super) fn location(&self) -> Option<Url> {
        let own = self.received.url.as_ref()?;
        match self.received.header("location") {
            Some(location) => own.join(location).ok(),
            None => self.received.followed.then(|| own.clone()),
        }
    }
}

impl Source {
    /// What stands there. `null` is nothing.
    pub(super) fn find(&self, looking: &Looking<'_>) -> Option<Value> {
        let mut found = match &self.place {
            Place::Pointer(pointer) => pointer.find(looking.json?)?.clone(),
            Place::Header(name) => Value::String(looking.received.header(&name.0)?.to_owned()),
            Place::Cookie(name) => Value::String(looking.session.cookie(looking.received.url.as_ref()?, name)?),
            Place::Html { selector, attribute } => {
                let page = Html::parse_document(&looking.received.text());
                let element = page.select(selector).next()?;
                Value::String(match attribute {
                    Some(attribute) => element.attr(attribute)?.to_owned(),
                    None => element.text().collect::<String>().trim().to_owned(),
                })
            }
            Place::Text(regex) => Value::String(first_group(regex, &looking.received.text())?),
            Place::Location => Value::String(looking.location()?.into()),
        };
        if let Some(name) = &self.query {
            let text = as_text(&found)?;
            let base = looking.received.url.as_ref();
            let url = base.map_or_else(|| Url::parse(&text).ok(), |base| base.join(&text).ok())?;
            let (_, value) = url.query_pairs().find(|(other, _)| other == name)?;
            found = Value::String(value.into_owned());
        }
        if let Some(regex) = &self.matching {
            found = Value::String(first_group(regex, &as_text(&found)?)?);
        }
        if let Some(pointer) = &self.json {
            let whole: Value = serde_json::from_str(found.as_str()?).ok()?;
            found = pointer.find(&whole)?.clone();
        }
        Some(found).filter(|found| !found.is_null())
    }

    /// The JSON pointer, where it is nothing else.
    pub(super) fn pointer(&self) -> Option<&Pointer> {
        match (&self.place, &self.query, &self.matching, &self.json) {
            (Place::Pointer(pointer), None, None, None) => Some(pointer),
            _ => None,
        }
    }
}

/// The first group, or the whole match of an expression without one.
fn first_group(regex: &Regex, text: &str) -> Option<String> {
    let captures = regex.captures(text)?;
    captures.get(1).or_else(|| captures.get(0)).map(|group| group.as_str().to_owned())
}

/// A code may be a number. Nothing and empty text are no text.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
