//! The sections of an adapter file that describe a request.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;

use super::field::{HeaderName, Method, Pointer};
use crate::adapter::placeholder::is_name;
use crate::adapter::rule::{OneOrMany, Rule, Rules};
use crate::adapter::source::{PLACES, Source, with_source_fields};
use crate::adapter::template::{Piece, Placeholder, Template, places};

/// What every request has.
#[derive(Clone, Debug)]
pub(in crate::adapter) struct Request {
    pub method: Method,
    pub path: Path,
    pub headers: Headers,
    pub content: Option<Content>,
    pub rules: Rules,
    pub captures: Vec<(String, Source)>,
    /// Redirects are followed.
    pub follow: bool,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub(in crate::adapter) enum Content {
    Json(Template),
    Form(Fields),
    Multipart(Fields),
}

/// A request as a section of the file describes it.
#[derive(Clone, Copy)]
pub(in crate::adapter) struct Call<'a> {
    pub section: &'static str,
    pub request: &'a Request,
}

/// A path on the relying party's server, perhaps with a query; or a placeholder that holds one.
#[derive(Clone, Debug)]
pub(in crate::adapter) struct Path(pub Template);

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let template = Template::deserialize(deserializer)?;
        let alone = |placeholder: &Placeholder| matches!(placeholder, Placeholder::Named(_));
        match &template {
            Template::Text(pieces) => match pieces.as_slice() {
                [Piece::Literal(start), ..] if start.starts_with('/') => Ok(Path(template)),
                [Piece::Placeholder(placeholder)] if alone(placeholder) => Ok(Path(template)),
                _ => Err(de::Error::custom(NO_PATH)),
            },
            _ => Err(de::Error::custom(NO_PATH)),
        }
    }
}

const NO_PATH: &str = "not a path, expected text that starts with `/`, such as \"/webauthn/login\"";

impl JsonSchema for Path {
    fn schema_name() -> Cow<'static, str> {
        "Path".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(/.*|\\{[A-Za-z_][A-Za-z0-9_.-]*\\})$" })
    }
}

/// Headers with placeholders.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(try_from = "BTreeMap<HeaderName, Template>")]
#[schemars(with = "BTreeMap<String, String>")]
pub(in crate::adapter) struct Headers(pub BTreeMap<HeaderName, Template>);

impl TryFrom<BTreeMap<HeaderName, Template>> for Headers {
    type Error = String;

    fn try_from(headers: BTreeMap<HeaderName, Template>) -> Result<Headers, String> {
        for (HeaderName(name), value) in &headers {
            let Template::Text(pieces) = value else { return Err(format!("the header `{name}` is no text")) };
            let plain = |piece: &Piece| match piece {
                Piece::Literal(text) => http::HeaderValue::from_str(text).is_ok(),
                Piece::Placeholder(_) => true,
            };
            if !pieces.iter().all(plain) {
                return Err(format!("the header `{name}` cannot be sent, expected visible ASCII on one line"));
            }
        }
        Ok(Headers(headers))
    }
}

/// Fields of a form, in order.
#[derive(Clone, Debug)]
pub(in crate::adapter) struct Fields(pub Vec<(String, Template)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Template::deserialize(deserializer)? {
            Template::Table(fields) => Ok(Fields(fields)),
            _ => Err(de::Error::custom("no table, expected the form's fields, such as { email = \"{username}\" }")),
        }
    }
}

impl JsonSchema for Fields {
    fn schema_name() -> Cow<'static, str> {
        "Fields".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}

/// Where a request for options has them.
#[derive(Clone, Debug)]
pub(in crate::adapter) enum OptionsPlace {
    At(Source),
    /// The page makes them itself.
    Made(Template),
}

with_source_fields! {
    /// Where the options stand, or what the page makes of the answer.
    #[schemars(rename = "Options")]
    OptionsTable {
        /// The options that the page makes itself, with captured values.
        template: Option<Template>
    }
}

impl<'de> Deserialize<'de> for OptionsPlace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = OptionsPlace;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON pointer such as \"/publicKey\", or a table such as { html = \"script#options\" }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<OptionsPlace, E> {
                Pointer::read(text.to_owned()).map(|pointer| OptionsPlace::At(pointer.into())).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OptionsPlace, A::Error> {
                let mut table = OptionsTable::deserialize(de::value::MapAccessDeserializer::new(map))?;
                match (table.take_source().map_err(de::Error::custom)?, table.template) {
                    (Some(source), None) => Ok(OptionsPlace::At(source)),
                    (None, Some(template)) => Ok(OptionsPlace::Made(template)),
                    (None, None) => Err(de::Error::custom(format!("no place, expected {PLACES}, or `template`"))),
                    (Some(_), Some(_)) => Err(de::Error::custom("a place and `template` at once, expected one of them")),
                }
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for OptionsPlace {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "OptionsPlace".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (pointer, table) = (generator.subschema_for::<Pointer>(), generator.subschema_for::<OptionsTable>());
        json_schema!({ "anyOf": [pointer, table] })
    }
}

/// How often a request before a ceremony is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::adapter) enum Once {
    /// Once for each account: a sign-up.
    Account,
    /// Once in each session: a sign-in.
    Session,
}

/// Sections with a request share these fields; serde can't flatten and refuse unknown fields at once, hence a macro.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident = $table:ident($method:literal) { $($(#[$attribute:meta])* $field:ident: $type:ty),* })*) => {
        $($(#[$doc])*
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        struct $table {
            #[serde(default = $method)]
            method: Method,
            /// Starts with `/`; or a placeholder alone that holds a captured URL.
            path: Path,
            /// Besides the headers for all requests. One whose placeholder has no value is left out.
            #[serde(default)]
            headers: Headers,
            /// JSON. A member whose placeholder has no value is left out.
            body: Option<Template>,
            /// Fields that are sent as application/x-www-form-urlencoded.
            form: Option<Fields>,
            /// Fields that are sent as multipart/form-data.
            multipart: Option<Fields>,
            /// A rule, or a list of rules of which one has to hold.
            accepted: Option<OneOrMany<Rule>>,
            /// A rule, or a list: if one holds, the answer is a refusal whatever `accepted` says.
            refused: Option<OneOrMany<Rule>>,
            /// Names of placeholders, and where in the answer their values stand.
            #[serde(default)]
            capture: BTreeMap<String, Source>,
            /// Redirects on the same server are followed, ten at most.
            #[serde(default)]
            follow: bool,
            $($(#[$attribute])* $field: $type),*
        }

        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub(in crate::adapter) struct $name {
            pub request: Request,
            $(pub $field: $type),*
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let table = $table::deserialize(deserializer)?;
                let content = content(table.body, table.form, table.multipart).map_err(de::Error::custom)?;
                let request = Request {
                    method: table.method,
                    path: table.path,
                    headers: table.headers,
                    content,
                    rules: Rules { accepted: table.accepted, refused: table.refused },
                    captures: captures(table.capture).map_err(de::Error::custom)?,
                    follow: table.follow,
                };
                Ok($name { request, $($field: table.$field),* })
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                $table::json_schema(generator)
            }
        }

        impl $name {
            pub(in crate::adapter) fn call(&self, section: &'static str) -> Call<'_> {
                Call { section, request: &self.request }
            }
        })*
    };
}

fn content(body: Option<Template>, form: Option<Fields>, multipart: Option<Fields>) -> Result<Option<Content>, String> {
    match (body, form, multipart) {
        (body, None, None) => Ok(body.map(Content::Json)),
        (None, form, None) => Ok(form.map(Content::Form)),
        (None, None, multipart) => Ok(multipart.map(Content::Multipart)),
        _ => Err("more than one of `body`, `form` and `multipart`, expected one".to_owned()),
    }
}

fn captures(table: BTreeMap<String, Source>) -> Result<Vec<(String, Source)>, String> {
    for name in table.keys() {
        if !is_name(name) {
            return Err(format!("`{name}` is no name for a placeholder, expected letters, digits, `_`, `.` and `-`"));
        }
        if places::CEREMONY.iter().any(|place| place.contains(&name.as_str())) || name.starts_with("credential.") {
            return Err(format!("`{name}` is the name of a placeholder that there is already, expected another name"));
        }
    }
    Ok(table.into_iter().collect())
}

sections! {
    /// The request for options.
    OptionsRequest = OptionsRequestTable("Method::post") {
        /// Where the options stand in the answer.
        options: OptionsPlace
    }
    /// A request that brings the client's response, tells of a failure, or is about an account.
    Action = ActionTable("Method::post") {}
    /// A request before the options of a ceremony, in the same session.
    Before = BeforeTable("Method::post") {
        /// Without it, before every ceremony.
        once: Option<Once>,
        /// Only where `[session]` says that nobody is signed in.
        #[serde(default)]
        unless_signed_in: bool
    }
    /// Whether the session is signed in. Without `pointer` or rules, every 2xx says yes.
    SessionCheck = SessionCheckTable("Method::get") {
        /// Where the answer says so.
        pointer: Option<Pointer>,
        /// What stands there then; without it, anything that is neither null nor false.
        equals: Option<Value>
    }
    /// The account's passkeys as the relying party stores them.
    CredentialList = CredentialListTable("Method::get") {
        list: Pointer,
        /// Within an item; base64url.
        id: Pointer,
        public_key: Option<Pointer>,
        sign_count: Option<Pointer>,
        backup_eligible: Option<Pointer>
    }
    /// The account's state.
    Account = AccountTable("Method::get") { locked: Option<Pointer>, password_tries_left: Option<Pointer>, sessions: Option<Pointer> }
    /// The relying party's log about the account, oldest first.
    Log = LogTable("Method::get") { list: Pointer, reason: Pointer, text: Option<Pointer> }
    /// A form that the user is filling in, kept with the session.
    DraftRead = DraftReadTable("Method::get") { pointer: Pointer }
}

impl SessionCheck {
    /// Whether what stands at the pointer says that the user is signed in. Null and nothing say no.
    pub(in crate::adapter) fn is_signed_in(&self, pointer: &Pointer, answer: Option<&Value>) -> bool {
        let value = answer.and_then(|answer| pointer.find(answer)).unwrap_or(&Value::Null);
        self.equals.as_ref().map_or(!matches!(value, Value::Null | Value::Bool(false)), |wanted| value == wanted)
    }
}
