//! One request of an adapter file, made of one that was recorded.

use serde_json::Value;

use super::accepted::Rule;
use super::account::{self, Account};
use super::before::Once;
use super::body::Body;
use super::credential;
use super::csrf::{Csrf, Send};
use super::har::{Exchange, Recording};
use super::leaf::{self, Step, Way, plain};
use super::provenance::{self, Origin, origin_of};
use super::source::Source;
use super::template::{Template, looks_secret};
use super::unknown::Unknown;

/// What `[…before]`, `[…options]` or `[…verify]` says.
#[derive(Clone, Debug)]
pub struct Request {
    pub exchange: usize,
    pub section: String,
    pub once: Option<Once>,
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub content: Content,
    pub accepted: Option<Rule>,
    pub captures: Vec<(String, Source)>,
    /// What is not known of it, besides what its content has.
    pub unknown: Vec<Unknown>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    None,
    Json(Template),
    Form(Vec<(String, Template)>),
    Multipart(Vec<(String, Template)>),
}

impl Content {
    pub fn has(&self, placeholder: &str) -> bool {
        match self {
            Content::None => false,
            Content::Json(template) => template.has(placeholder),
            Content::Form(fields) | Content::Multipart(fields) => fields.iter().any(|(_, field)| field.has(placeholder)),
        }
    }

    pub fn unknown(&self) -> Vec<&Unknown> {
        match self {
            Content::None => Vec::new(),
            Content::Json(template) => template.unknown(),
            Content::Form(fields) | Content::Multipart(fields) => fields.iter().flat_map(|(_, field)| field.unknown()).collect(),
        }
    }
}

/// A value that an earlier answer gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub exchange: usize,
    pub source: Source,
    /// The placeholder's name.
    pub name: String,
}

/// What is known while requests are made.
pub struct Maker<'a> {
    pub recording: &'a Recording,
    pub origins: &'a [String],
    pub account: &'a Account,
    pub csrf: Option<&'a Csrf>,
    /// The names that captures have, also from the other ceremony, and the exchange that uses each.
    pub(super) names: Vec<(usize, Wanted)>,
    /// Wanted by the request that is made.
    pub(super) wanted: Vec<Wanted>,
    /// Variables of the environment that secrets come from.
    pub secrets: Vec<Unknown>,
}

/// What a request is for.
#[derive(Clone, Copy)]
pub enum Errand<'a> {
    Options,
    /// With what stands where of the client's response.
    Verify(&'a [(Way, String)]),
    Other,
}

/// What to do with a value.
pub(super) enum Role {
    Placeholder(String),
    /// The token that `[csrf]` sends.
    Csrf,
    Constant,
    Unknown {
        made_by_page: bool,
    },
}

impl<'a> Maker<'a> {
    pub const fn new(recording: &'a Recording, origins: &'a [String], account: &'a Account, csrf: Option<&'a Csrf>) -> Maker<'a> {
        Maker { recording, origins, account, csrf, names: Vec::new(), wanted: Vec::new(), secrets: Vec::new() }
    }

    /// The request, and the values of earlier answers that it needs.
    pub fn request(&mut self, index: usize, section: &str, errand: Errand<'_>) -> (Request, Vec<Wanted>) {
        let exchange = &self.recording.exchanges[index];
        self.wanted.clear();
        let mut unknown = Vec::new();
        let path = self.path(index, section, &mut unknown);
        let content = self.content(index, section, errand, &mut unknown);
        let headers = self.headers(index);
        let request = Request {
            exchange: index,
            section: section.to_owned(),
            once: None,
            method: exchange.method.clone(),
            path,
            headers,
            content,
            accepted: None,
            captures: Vec::new(),
            unknown,
        };
        (request, std::mem::take(&mut self.wanted))
    }

    pub(super) fn exchange(&self, index: usize) -> &'a Exchange {
        &self.recording.exchanges[index]
    }

    fn content(&mut self, index: usize, section: &str, errand: Errand<'_>, unknown: &mut Vec<Unknown>) -> Content {
        let exchange = self.exchange(index);
        if exchange.is_get() {
            return Content::None;
        }
        let Some(tree) = exchange.body.tree() else {
            if exchange.body == Body::Other {
                unknown.push(Unknown::Content { section: section.to_owned(), request: exchange.named() });
            }
            return Content::None;
        };
        let template = self.template(index, section, errand, &mut Vec::new(), &tree);
        let is_csrf = |name: &str| matches!(self.csrf.map(|csrf| &csrf.send), Some(Send::Field(field)) if field == name);
        let fields = |template: Template| match template {
            Template::Table(members) => members.into_iter().filter(|(name, _)| !is_csrf(name)).collect(),
            _ => Vec::new(),
        };
        match &exchange.body {
            Body::Form(_) => Content::Form(fields(template)),
            Body::Multipart(_) => Content::Multipart(fields(template)),
            _ => match template {
                Template::Table(_) => Content::Json(Template::Table(fields(template))),
                other => Content::Json(other),
            },
        }
    }

    fn template(&mut self, index: usize, section: &str, errand: Errand<'_>, way: &mut Way, value: &Value) -> Template {
        if let Errand::Verify(places) = errand
            && let Some((_, placeholder)) = places.iter().find(|(place, _)| place == way)
        {
            return Template::Text(placeholder.clone());
        }
        let spread = match errand {
            Errand::Verify(places) => places.iter().find(|(place, _)| {
                matches!(place.split_last(), Some((Step::Member(name), parent)) if name == credential::SPREAD && parent == way.as_slice())
            }),
            _ => None,
        };
        let mut inner = |maker: &mut Self, step: Step, value: &Value| {
            way.push(step);
            let template = maker.template(index, section, errand, way, value);
            way.pop();
            template
        };
        match value {
            Value::Object(members) => {
                let others = members.iter().filter(|(name, _)| spread.is_none() || !credential::is_own(name));
                let mut table: Vec<_> =
                    others.map(|(name, member)| (name.clone(), inner(self, Step::Member(name.clone()), member))).collect();
                table.extend(spread.map(|(_, placeholder)| (credential::SPREAD.to_owned(), Template::Text(placeholder.clone()))));
                Template::Table(table)
            }
            Value::Array(items) => {
                Template::List(items.iter().enumerate().map(|(item, value)| inner(self, Step::Item(item), value)).collect())
            }
            Value::String(text) => match leaf::json_text(text) {
                Some(json) => Template::Json(Box::new(inner(self, Step::Text, &json))),
                None => self.leaf(index, section, errand, way, value, text),
            },
            Value::Number(number) => self.leaf(index, section, errand, way, value, &number.to_string()),
            Value::Bool(_) | Value::Null => match (errand, leaf::name(way).and_then(|name| account::wish(name, value))) {
                (Errand::Options, Some(wish)) => Template::Text(wish.to_owned()),
                _ => Template::Fixed(value.clone()),
            },
        }
    }

    fn leaf(&mut self, index: usize, section: &str, errand: Errand<'_>, way: &[Step], value: &Value, text: &str) -> Template {
        let name = leaf::name(way).unwrap_or_default();
        if let (Errand::Options, Some(wish)) = (errand, account::wish(name, value)) {
            return Template::Text(wish.to_owned());
        }
        if !matches!(errand, Errand::Other)
            && let Some(label) = self.account.label(name, text)
        {
            return Template::Text(label);
        }
        match self.role(index, name, text) {
            Role::Placeholder(placeholder) => Template::Text(placeholder),
            // Left out of the body by its caller.
            Role::Csrf => Template::Fixed(Value::Null),
            Role::Constant if value.is_string() => Template::literal(text),
            Role::Constant => Template::Fixed(value.clone()),
            Role::Unknown { made_by_page } => {
                let shown = text.chars().count() <= 32 && !looks_secret(name, text);
                Template::Left(Unknown::Member {
                    section: section.to_owned(),
                    member: name.to_owned(),
                    value: shown.then(|| value.to_string()),
                    made_by_page,
                })
            }
        }
    }

    pub(super) fn role(&mut self, index: usize, name: &str, text: &str) -> Role {
        if text.is_empty() {
            return Role::Constant;
        }
        if matches!(self.csrf.map(|csrf| &csrf.send), Some(Send::Field(field)) if field == name) {
            return Role::Csrf;
        }
        let typed = text.parse::<f64>().is_err();
        if let Some(placeholder) = self.account.placeholder(name, text).filter(|_| typed || self.account.is_username(text)) {
            return Role::Placeholder(placeholder);
        }
        let origin = origin_of(self.recording, self.origins, index, name, text);
        match origin {
            // Text of a page, such as that of a button.
            Origin::Answer { .. } if text.contains(char::is_whitespace) => Role::Constant,
            Origin::Answer { exchange, source, name: given } => Role::Placeholder(self.capture(index, exchange, source, name, &given)),
            Origin::Client | Origin::Nowhere if self.is_constant(index, name, text) => Role::Constant,
            Origin::Client | Origin::Nowhere => Role::Unknown { made_by_page: origin == Origin::Client || looks_made(text) },
        }
    }

    /// The placeholder for a value of an earlier answer.
    pub(super) fn capture(&mut self, user: usize, exchange: usize, source: Source, name: &str, given: &str) -> String {
        let named = |text: &str| {
            let safe: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect();
            Some(safe).filter(|safe| safe.starts_with(|c: char| c.is_ascii_alphabetic()) && !RESERVED.contains(&safe.as_str()))
        };
        let stem = named(name).or_else(|| named(given)).unwrap_or_else(|| "value".to_owned());
        let mut name = stem.clone();
        let mut number = 1;
        // Captures of the same name take each other's place, the last one counts.
        let overtakes = |first: usize, second: usize, user: usize| first < second && second < user;
        let clashes = |name: &str, (other_user, other): &(usize, Wanted)| {
            other.name == name
                && match other.exchange == exchange {
                    true => other.source != source,
                    false => overtakes(exchange, other.exchange, user) || overtakes(other.exchange, exchange, *other_user),
                }
        };
        while self.names.iter().any(|other| clashes(&name, other)) {
            number += 1;
            name = format!("{stem}{number}");
        }
        self.want(user, Wanted { exchange, source, name: name.clone() });
        format!("{{{name}}}")
    }

    pub(super) fn want(&mut self, user: usize, wanted: Wanted) {
        if !self.wanted.contains(&wanted) {
            self.wanted.push(wanted.clone());
        }
        self.names.push((user, wanted));
    }

    fn is_constant(&self, index: usize, name: &str, text: &str) -> bool {
        let number = text.parse::<i64>().is_ok_and(|number| number.abs() < 100_000) && !plain(name).ends_with("id");
        let words = text.len() <= 32 && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '/' | ' '));
        let graphql = plain(name) == "query" && (text.contains('{') || text.starts_with("mutation"));
        let named = CONSTANT_NAMES.contains(&plain(name).as_str()) && words && !looks_secret(name, text);
        let secret = looks_secret(name, text) && text.len() > 3;
        let written = !secret && text.len() <= 64 && provenance::is_in_a_script(self.recording, index, text);
        number || graphql || named || written || WORDS.contains(&text)
    }
}

/// Placeholders that mean something else.
const RESERVED: [&str; 21] = [
    "unique",
    "username",
    "display_name",
    "password",
    "user_verification",
    "resident_key",
    "require_resident_key",
    "attestation",
    "replace",
    "credential",
    "credential_json",
    "ceremony",
    "phase",
    "error",
    "message",
    "elapsed",
    "challenge",
    "credential_id",
    "draft",
    "n",
    "name",
];

const CONSTANT_NAMES: [&str; 24] = [
    "type",
    "method",
    "action",
    "intent",
    "flow",
    "mode",
    "operation",
    "operationname",
    "granttype",
    "responsetype",
    "scope",
    "provider",
    "strategy",
    "connection",
    "realm",
    "purpose",
    "step",
    "usage",
    "kind",
    "locale",
    "lang",
    "language",
    "factor",
    "authenticatorattachment",
];

/// Words of WebAuthn.
const WORDS: [&str; 10] =
    ["public-key", "platform", "cross-platform", "none", "direct", "indirect", "enterprise", "required", "preferred", "discouraged"];

fn looks_made(text: &str) -> bool {
    text.len() >= 20 && !text.contains(char::is_whitespace)
}
