//! What a placeholder of an adapter file stands for, and where it may stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::mapping::Pointer;
use crate::environment;

/// The values of placeholders at one request. One that is allowed but has no value leaves its member of a body out.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    own: BTreeMap<&'static str, Value>,
    /// What is shown in the place of a value that is secret.
    hidden: BTreeMap<&'static str, String>,
}

impl Values {
    pub(super) fn insert(&mut self, name: &'static str, value: impl Into<Value>) {
        self.own.insert(name, value.into());
    }

    /// Names of people, as far as they are no secret.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        ["username", "display_name"].into_iter().filter_map(|name| self.own.get(name)?.as_str())
    }

    pub(super) fn has_secrets(&self) -> bool {
        !self.hidden.is_empty()
    }

    pub(super) fn hide(&mut self, name: &'static str, shown: String) {
        self.hidden.insert(name, shown);
    }
}

impl<const N: usize> From<[(&'static str, Value); N]> for Values {
    fn from(values: [(&'static str, Value); N]) -> Values {
        Values { own: values.into(), hidden: BTreeMap::new() }
    }
}

/// What was captured from earlier answers of a session.
pub(super) type Captured = BTreeMap<String, Value>;

/// What placeholders are filled with.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    pub values: &'a Values,
    pub captured: &'a Captured,
    /// For a person: secrets stay hidden.
    pub shown: bool,
}

/// Begins what stands for an environment variable.
pub(super) use crate::environment::OPEN as ENVIRONMENT;

/// Placeholders that a place of the adapter file may use, besides captured names and environment variables.
pub(super) mod places {
    /// The requests for options.
    pub const OPTIONS: &[&str] = &[
        "username",
        "display_name",
        "password",
        "user_verification",
        "resident_key",
        "require_resident_key",
        "attestation",
        "replace",
        "unique",
    ];
    /// The requests that bring the client's response.
    pub const VERIFY: &[&str] = &["credential", "credential_json", "username", "display_name", "password", "unique"];
    /// The report of a failure that only the client saw.
    pub const REPORT: &[&str] =
        &["username", "ceremony", "phase", "error", "message", "platform_authenticator_available", "elapsed", "challenge", "credential_id"];
    /// Fallbacks, hooks and what comes before a ceremony: about an account.
    pub const ACCOUNT: &[&str] = &["username", "display_name", "password", "unique"];
    /// Saving the draft of a form.
    pub const DRAFT: &[&str] = &["draft"];
    /// Where nothing is known but the session.
    pub const SESSION: &[&str] = &[];
    /// The names of accounts.
    pub const ACCOUNT_NAME: &[&str] = &["n", "name"];
    /// Those of a ceremony, whose names captures can't have.
    pub const CEREMONY: [&[&str]; 3] = [OPTIONS, VERIFY, ACCOUNT];
    /// All of them.
    #[cfg(test)]
    pub const ALL: [&[&str]; 7] = [OPTIONS, VERIFY, REPORT, ACCOUNT, DRAFT, SESSION, ACCOUNT_NAME];
}

/// Members of a credential that may be sent alone (WebAuthn-3 §5.1).
const CREDENTIAL_PARTS: [&str; 13] = [
    "id",
    "rawId",
    "type",
    "authenticatorAttachment",
    "clientExtensionResults",
    "response",
    "response.clientDataJSON",
    "response.attestationObject",
    "response.authenticatorData",
    "response.signature",
    "response.userHandle",
    "response.publicKey",
    "response.transports",
];

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Placeholder {
    /// As it is written, until the whole file has been read.
    Named(String),
    Own(&'static str),
    /// A member of the credential.
    Part(Pointer),
    /// What an earlier answer had.
    Captured(String),
    Environment(Secret),
}

/// An environment variable and what it holds, which is sent and never shown.
#[derive(Clone, PartialEq)]
pub(super) struct Secret {
    pub variable: String,
    pub value: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ENVIRONMENT}{}}}", self.variable)
    }
}

/// Why a placeholder can't stand where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misplaced {
    /// The placeholder, as the file has it.
    pub written: String,
    pub problem: String,
}

impl Placeholder {
    pub(super) fn resolve(&mut self, allowed: &'static [&'static str], captured: &BTreeSet<String>) -> Result<(), Misplaced> {
        let Placeholder::Named(name) = self else { return Ok(()) };
        let part = name.strip_prefix("credential.").filter(|_| allowed.contains(&"credential"));
        let known = |part: &&str| CREDENTIAL_PARTS.iter().any(|known| part == known || part.starts_with("clientExtensionResults."));
        *self = if let Some(own) = allowed.iter().find(|own| *own == name) {
            Placeholder::Own(own)
        } else if captured.contains(name) {
            Placeholder::Captured(name.clone())
        } else if let Some(pointer) = part.filter(known).and_then(|part| Pointer::read(format!("/{}", part.replace('.', "/"))).ok()) {
            Placeholder::Part(pointer)
        } else {
            let parts = if part.is_some() { &CREDENTIAL_PARTS[..] } else { &[] };
            return Err(Misplaced { written: format!("{{{name}}}"), problem: unknown(name, allowed, parts, captured) });
        };
        Ok(())
    }

    /// Its value, if it has one.
    pub(super) fn value(&self, filling: Filling<'_>) -> Option<Value> {
        let credential = || filling.values.own.get("credential");
        match self {
            Placeholder::Named(_) => None,
            Placeholder::Own(name) => match filling.values.hidden.get(name).filter(|_| filling.shown) {
                Some(shown) => Some(Value::String(shown.clone())),
                None if *name == "credential_json" => Some(Value::String(credential()?.to_string())),
                None => filling.values.own.get(name).cloned(),
            },
            Placeholder::Part(pointer) => pointer.find(credential()?).cloned(),
            Placeholder::Captured(name) => {
                let value = filling.captured.get(name)?;
                Some(match value.as_str().filter(|_| filling.shown) {
                    // It names no variable, whatever it looks like.
                    Some(text) => Value::String(text.replace(ENVIRONMENT, "{ env:")),
                    None => value.clone(),
                })
            }
            Placeholder::Environment(secret) if filling.shown => Some(Value::String(format!("{ENVIRONMENT}{}}}", secret.variable))),
            Placeholder::Environment(secret) => Some(Value::String(secret.value.clone())),
        }
    }
}

fn unknown(name: &str, allowed: &[&str], parts: &[&str], captured: &BTreeSet<String>) -> String {
    let parts = parts.iter().map(|part| format!("credential.{part}"));
    let known = allowed.iter().map(|name| (*name).to_owned()).chain(parts).chain(captured.iter().cloned());
    let list: Vec<_> = known.map(|name| format!("`{{{name}}}`")).collect();
    match list.as_slice() {
        [] => format!("placeholder `{{{name}}}`, but nothing can be filled in here; for text in braces write `{{{{{name}}}}}`"),
        list => format!("unknown placeholder `{{{name}}}`, expected one of {}", list.join(", ")),
    }
}

/// Letters, digits, `_`, `.` and `-`, with a letter or `_` first.
pub(super) fn is_name(text: &str) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(of_name)
}

impl Secret {
    pub(super) fn read(variable: &str) -> Result<Secret, String> {
        Ok(Secret { variable: variable.to_owned(), value: environment::value(variable)? })
    }
}
