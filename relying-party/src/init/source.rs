//! Where something stands in an answer, as an adapter file says it.

use super::leaf::{self, Step};

/// What [`Place`] finds, and what is taken of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    pub place: Place,
    /// A parameter of the URL that was found.
    pub query: Option<String>,
    /// What was found is JSON text: this pointer in it.
    pub json: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    Pointer(String),
    Header(String),
    Cookie(String),
    Html {
        selector: String,
        attribute: Option<String>,
    },
    /// A regular expression over the whole body, with one group.
    Text(String),
    /// Where a redirect leads; only ever with `query`.
    Location,
}

impl Source {
    pub const fn new(place: Place) -> Source {
        Source { place, query: None, json: None }
    }

    pub fn pointer(pointer: impl Into<String>) -> Source {
        Source::new(Place::Pointer(pointer.into()))
    }

    /// `None` where the way goes through two texts: an adapter file can't say that.
    pub fn of_way(way: &[Step]) -> Option<Source> {
        Source::pointer("").then(way, true)
    }

    /// This source's text is JSON: the way goes on in it.
    pub fn into_json(self, way: &[Step]) -> Option<Source> {
        self.then(way, false)
    }

    fn then(self, way: &[Step], from_json: bool) -> Option<Source> {
        let mut pointers = leaf::pointers(way);
        match (from_json, pointers.len()) {
            (true, 1) => Some(Source::pointer(pointers.remove(0))),
            (true, 2) => Some(Source { json: pointers.pop(), ..Source::pointer(pointers.remove(0)) }),
            (false, 1) => Some(Source { json: pointers.pop(), ..self }),
            _ => None,
        }
    }

    #[must_use]
    pub fn with_query(self, query: &str) -> Source {
        Source { query: Some(query.to_owned()), ..self }
    }

    /// As in a TOML file.
    pub fn toml(&self) -> String {
        let quoted = super::write::quoted;
        let mut fields = match &self.place {
            Place::Pointer(pointer) if self.query.is_none() && self.json.is_none() => return quoted(pointer),
            Place::Pointer(pointer) => vec![format!("pointer = {}", quoted(pointer))],
            Place::Header(name) => vec![format!("header = {}", quoted(name))],
            Place::Cookie(name) => vec![format!("cookie = {}", quoted(name))],
            Place::Html { selector, attribute } => {
                let attribute = attribute.as_ref().map(|name| format!("attribute = {}", quoted(name)));
                [format!("html = {}", quoted(selector))].into_iter().chain(attribute).collect()
            }
            Place::Text(pattern) => vec![format!("text = {}", quoted(pattern))],
            Place::Location => Vec::new(),
        };
        fields.extend(self.query.as_ref().map(|name| format!("query = {}", quoted(name))));
        fields.extend(self.json.as_ref().map(|pointer| format!("json = {}", quoted(pointer))));
        format!("{{ {} }}", fields.join(", "))
    }

    /// Those of it that always are a table.
    pub fn toml_table(&self) -> String {
        match self.toml() {
            text if text.starts_with('{') => text,
            text => format!("{{ pointer = {text} }}"),
        }
    }
}
