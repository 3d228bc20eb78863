//! The mapping file: how one relying party's API is spoken to. `docs/adapters.md` explains it.

mod field;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::AdapterError;
use super::template::{Checked, ForAccount, ForDraft, ForOptions, ForReport, ForSession, ForVerify, Template};
use super::tls::{Terms, Tls};
pub(super) use field::{ENVIRONMENT, HeaderText, Headers, Method, Origin, PathTemplate, Pointer, is_app};

/// A mapping file, loaded and checked.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub name: String,
    /// The origin that the client claims; the URL's origin if the file names none.
    pub origin: Option<String>,
    /// The relying party's id, if the file names it; else the client takes what the options say.
    pub rp_id: Option<String>,
    pub(super) tls: Terms,
    pub(super) file: Arc<File>,
}

impl Mapping {
    /// Names of the built-in mappings.
    pub const BUILT_IN: [&'static str; 2] = ["fido-conformance", "embedded"];

    /// The built-in mapping with this name: `fido-conformance`, or `embedded` (the same with the embedded relying party's hooks).
    #[must_use]
    pub fn built_in(name: &str) -> Option<Mapping> {
        let text = match name {
            "fido-conformance" => include_str!("../../mappings/fido-conformance.toml"),
            "embedded" => include_str!("../../mappings/embedded.toml"),
            _ => return None,
        };
        Mapping::parse(text, name).ok()
    }

    /// Reads a mapping file.
    ///
    /// # Errors
    /// With file, line, field and what was expected.
    pub fn load(path: &Path) -> Result<Mapping, AdapterError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| AdapterError::Mapping(format!("the mapping file {shown} cannot be read: {error}")))?;
        Mapping::parse_in(&text, &shown, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads the text of a mapping file; `file` is its name in errors. Files that it names are looked for in the working directory.
    ///
    /// # Errors
    /// With file, line, field and what was expected.
    pub fn parse(text: &str, file: &str) -> Result<Mapping, AdapterError> {
        Mapping::parse_in(text, file, Path::new(""))
    }

    pub(super) fn parse_in(text: &str, file: &str, folder: &Path) -> Result<Mapping, AdapterError> {
        let refuse = |span, problem: &str| AdapterError::Mapping(format!("{file}:{}: {problem}", field::place(text, span)));
        let read: File = toml::from_str(text).map_err(|error| refuse(error.span(), &error.message().trim_end().replace('\n', ", ")))?;
        let origin = read.origin.clone().map(|origin| origin.0);
        let tls = read.tls.as_ref().map_or_else(|| Ok(Terms::default()), |tls| tls.terms(folder));
        let tls = tls.map_err(|(span, problem)| refuse(Some(span), &problem))?;
        Ok(Mapping { name: read.name.clone(), origin, rp_id: read.rp_id.clone(), tls, file: Arc::new(read) })
    }

    /// Whether it says that the server's certificate is not checked.
    #[must_use]
    pub fn is_insecure(&self) -> bool {
        self.tls.insecure
    }

    /// Whether it says where an answer offers ways out; without, [`super::Answer::next`] is empty whatever the answer offers.
    #[must_use]
    pub fn sees_ways_out(&self) -> bool {
        self.file.result.next.is_some()
    }

    /// Whether it says where an answer has a code or a message.
    #[must_use]
    pub fn sees_reasons(&self) -> bool {
        self.file.result.code.is_some() || self.file.result.message.is_some()
    }

    /// Whether the caller chooses what the options say of discoverable credentials, and not the relying party.
    #[must_use]
    pub fn asks_for_resident_key(&self) -> bool {
        let body = self.file.registration.options.call("registration.options").body;
        body.is_some_and(|body| body.uses("resident_key") || body.uses("require_resident_key"))
    }

    /// Whether requests carry a CSRF token.
    #[must_use]
    pub fn sends_csrf_token(&self) -> bool {
        self.file.csrf.is_some()
    }

    /// How long a challenge is good for, where the file says so.
    #[must_use]
    pub fn challenge_lifetime(&self) -> Option<Duration> {
        self.file.challenge.as_ref().map(|challenge| Duration::from_secs(challenge.lifetime))
    }

    /// Optional sections that are not there, and would let more be seen.
    #[must_use]
    pub fn missing_sections(&self) -> Vec<&'static str> {
        let File { session, report, fallback, hooks, .. } = self.file.as_ref();
        let there = [
            ("session", session.is_some()),
            ("report", report.is_some()),
            ("fallback.password", fallback.password.is_some() || fallback.phone.is_some() || fallback.support_reset.is_some()),
            ("hooks.credentials", hooks.credentials.is_some()),
            ("hooks.account", hooks.account.is_some()),
            ("hooks.log", hooks.log.is_some()),
            ("hooks.reset", hooks.reset.is_some()),
        ];
        there.into_iter().filter(|(_, there)| !there).map(|(section, _)| section).collect()
    }

    /// Whether it says where an answer carries Signal API hints; without, [`super::Answer::signals`] is empty whatever the answer carries.
    #[must_use]
    pub fn sees_signals(&self) -> bool {
        self.file.result.signal.is_some()
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct File {
    pub name: String,
    pub origin: Option<Origin>,
    pub rp_id: Option<String>,
    /// Sent with every request.
    #[serde(default)]
    pub headers: Headers,
    pub tls: Option<Tls>,
    pub registration: Ceremony,
    pub authentication: Ceremony,
    #[serde(default)]
    pub result: ResultRule,
    pub challenge: Option<Challenge>,
    pub csrf: Option<Csrf>,
    pub session: Option<SessionCheck>,
    pub report: Option<Report>,
    #[serde(default)]
    pub fallback: Fallbacks,
    #[serde(default)]
    pub hooks: Hooks,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ceremony {
    pub options: Options,
    pub verify: Verify,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Challenge {
    /// Seconds.
    pub lifetime: u64,
}

/// The rule that says whether an answer accepts. Without a rule, every 2xx does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "RawAccepted")]
pub(super) struct Accepted {
    /// Any 2xx if not named.
    pub status: Option<u16>,
    pub equals: Option<(Pointer, Value)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccepted {
    status: Option<u16>,
    pointer: Option<Pointer>,
    equals: Option<Value>,
}

impl TryFrom<RawAccepted> for Accepted {
    type Error = String;

    fn try_from(raw: RawAccepted) -> Result<Accepted, String> {
        let equals = match (raw.pointer, raw.equals) {
            (Some(pointer), Some(value)) => Some((pointer, value)),
            (None, None) => None,
            (Some(_), None) => return Err("`pointer` without `equals`, expected the value that an accepting answer has there".to_owned()),
            (None, Some(_)) => return Err("`equals` without `pointer`, expected the JSON pointer to compare at".to_owned()),
        };
        Ok(Accepted { status: raw.status, equals })
    }
}

/// Where an answer says what.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultRule {
    #[serde(default)]
    pub accepted: Accepted,
    pub code: Option<Pointer>,
    pub message: Option<Pointer>,
    pub next: Option<NextList>,
    pub signal: Option<SignalList>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NextList {
    pub list: Pointer,
    /// Within an item.
    pub action: Pointer,
    /// Within an item.
    pub href: Option<Pointer>,
    /// The relying party's own words for the ways out, and ours.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignalList {
    pub list: Pointer,
    /// Within an item.
    pub method: Pointer,
    #[serde(default)]
    pub names: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Csrf {
    pub path: PathTemplate<ForSession>,
    pub from: CsrfSource,
    pub send: CsrfPlace,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CsrfSource {
    Pointer(Pointer),
    Cookie(String),
    Header(String),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CsrfPlace {
    Header(field::HeaderName),
    /// A member of the body, at its top.
    Field(String),
}

/// A request as a section of the file describes it.
pub(super) struct Call<'a> {
    pub section: &'static str,
    pub method: &'a Method,
    pub path: &'a Template,
    pub headers: &'a Headers,
    pub body: Option<&'a Template>,
    pub accepted: Option<&'a Accepted>,
}

/// Sections with a request share these fields; serde cannot flatten and refuse unknown fields at once, hence a macro.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident($method:literal, $place:ident) { $($(#[$attribute:meta])* $field:ident: $type:ty),* })*) => {
        $($(#[$doc])* #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub(super) struct $name {
            #[serde(default = $method)]
            method: Method,
            path: PathTemplate<$place>,
            #[serde(default)]
            headers: Headers,
            body: Option<Checked<$place>>,
            accepted: Option<Accepted>,
            $($(#[$attribute])* pub $field: $type),*
        }

        impl $name {
            pub(super) fn call(&self, section: &'static str) -> Call<'_> {
                Call {
                    section,
                    method: &self.method,
                    path: &self.path.0.0,
                    headers: &self.headers,
                    body: self.body.as_ref().map(|body| &body.0),
                    accepted: self.accepted.as_ref(),
                }
            }
        })*
    };
}

sections! {
    Options("Method::post", ForOptions) { options: Pointer }
    Verify("Method::post", ForVerify) {}
    Report("Method::post", ForReport) {}
    /// Without `equals`, what is there and is neither null nor false means signed in.
    SessionCheck("Method::get", ForSession) { pointer: Option<Pointer>, equals: Option<Value> }
    /// A request about the account.
    Action("Method::post", ForAccount) {}
    CredentialList("Method::get", ForAccount) {
        list: Pointer,
        id: Pointer,
        public_key: Option<Pointer>,
        sign_count: Option<Pointer>,
        backup_eligible: Option<Pointer>
    }
    Account("Method::get", ForAccount) { locked: Option<Pointer>, password_tries_left: Option<Pointer>, sessions: Option<Pointer> }
    Log("Method::get", ForAccount) { list: Pointer, reason: Pointer, text: Option<Pointer> }
    DraftRead("Method::get", ForSession) { pointer: Pointer }
    DraftSave("Method::post", ForDraft) {}
}

impl SessionCheck {
    /// Whether the answer says that the user is signed in; `None`: it has nothing where the pointer leads. A null on the way there says no:
    /// `{"user": null}`, or only `null` where there is no session.
    pub fn is_signed_in(&self, pointer: &Pointer, answer: &Value) -> Option<bool> {
        let Some(value) = answer.pointer(&pointer.0) else {
            let mut above = pointer.0.match_indices('/').map(|(end, _)| pointer.0.get(..end).unwrap_or_default());
            return above.any(|above| answer.pointer(above) == Some(&Value::Null)).then_some(false);
        };
        Some(self.equals.as_ref().map_or(!matches!(value, Value::Null | Value::Bool(false)), |wanted| value == wanted))
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Fallbacks {
    pub password: Option<Action>,
    pub phone: Option<Action>,
    pub support_reset: Option<Action>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Hooks {
    pub prepare: Option<Action>,
    pub reset: Option<Action>,
    pub delete_credential: Option<Action>,
    pub credentials: Option<CredentialList>,
    pub account: Option<Account>,
    pub log: Option<Log>,
    #[serde(default)]
    pub draft: Draft,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    pub read: Option<DraftRead>,
    pub save: Option<DraftSave>,
}

#[cfg(test)]
mod tests;
