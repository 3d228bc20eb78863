//! Typed reading of a request's members, with the place of each mistake.

use ciborium::Value;

use crate::refusal::Refusal;
use crate::{CredentialId, Status};

/// A CBOR map in a request and its name for messages. Unknown keys are ignored (CTAP2.3 §8).
pub(crate) struct Members<'a> {
    name: String,
    pairs: &'a [(Value, Value)],
}

/// What names a member: an integer in messages, text in the structures within.
pub(crate) trait Key: Copy {
    fn matches(self, key: &Value) -> bool;
    fn path(self, map: &str, label: &str) -> String;
}

impl Key for u8 {
    fn matches(self, key: &Value) -> bool {
        *key == Value::from(self)
    }
    fn path(self, map: &str, label: &str) -> String {
        format!("{map} member 0x{self:02X} ({label})")
    }
}

/// A member of a COSE_Key, which may be negative.
#[derive(Clone, Copy)]
pub(crate) struct Cose(pub i64);

impl Key for Cose {
    fn matches(self, key: &Value) -> bool {
        *key == Value::from(self.0)
    }
    fn path(self, map: &str, label: &str) -> String {
        format!("{map} member {} ({label})", self.0)
    }
}

impl Key for &str {
    fn matches(self, key: &Value) -> bool {
        key.as_text() == Some(self)
    }
    fn path(self, map: &str, _label: &str) -> String {
        format!("{map}.{self}")
    }
}

/// A credential named by the client (WebAuthn-3 §5.8.3); transports are hints for clients and not read.
#[derive(Clone, Debug, PartialEq)]
pub struct CredentialDescriptor {
    pub kind: String,
    pub id: CredentialId,
}

/// The `options` of a request. `None`: absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub rk: Option<bool>,
    pub up: Option<bool>,
    pub uv: Option<bool>,
}

impl<'a> Members<'a> {
    /// The pairs of `value`, which must be a map.
    pub(crate) fn of(name: impl Into<String>, value: &'a Value) -> Result<Self, Refusal> {
        let name = name.into();
        match value {
            Value::Map(pairs) => Ok(Self { name, pairs }),
            _ => Err(unexpected(name, "is not a map")),
        }
    }

    /// The member `key`, called `label` in the specification, read with `read`; `None` when it is absent.
    pub(crate) fn optional<T>(
        &self,
        key: impl Key,
        label: &str,
        read: fn(String, &'a Value) -> Result<T, Refusal>,
    ) -> Result<Option<T>, Refusal> {
        match self.pairs.iter().find(|(name, _)| key.matches(name)) {
            Some((_, value)) => read(key.path(&self.name, label), value).map(Some),
            None => Ok(None),
        }
    }

    /// The same, but absence is refused with `MISSING_PARAMETER` (CTAP2.3 §8).
    pub(crate) fn required<T>(&self, key: impl Key, label: &str, read: fn(String, &'a Value) -> Result<T, Refusal>) -> Result<T, Refusal> {
        match self.optional(key, label, read)? {
            Some(value) => Ok(value),
            None => Err(Refusal::member(Status::MissingParameter, key.path(&self.name, label), "is missing")),
        }
    }
}

fn unexpected(path: String, what: &'static str) -> Refusal {
    Refusal::member(Status::CborUnexpectedType, path, what)
}

pub(crate) fn bytes(path: String, value: &Value) -> Result<Vec<u8>, Refusal> {
    value.as_bytes().cloned().ok_or_else(|| unexpected(path, "is not a byte string"))
}

pub(crate) fn text(path: String, value: &Value) -> Result<String, Refusal> {
    value.as_text().map(str::to_owned).ok_or_else(|| unexpected(path, "is not text"))
}

pub(crate) fn unsigned(path: String, value: &Value) -> Result<u64, Refusal> {
    value.as_integer().and_then(|integer| integer.try_into().ok()).ok_or_else(|| unexpected(path, "is not an unsigned integer"))
}

/// A COSE algorithm identifier. One that no i64 holds is certainly unknown here, so it is read as 0, which COSE reserves.
pub(crate) fn algorithm(path: String, value: &Value) -> Result<i64, Refusal> {
    value.as_integer().map(|integer| integer.try_into().unwrap_or(0)).ok_or_else(|| unexpected(path, "is not an integer"))
}

pub(crate) fn boolean(path: String, value: &Value) -> Result<bool, Refusal> {
    value.as_bool().ok_or_else(|| unexpected(path, "is not true or false"))
}

pub(crate) fn map(path: String, value: &Value) -> Result<Value, Refusal> {
    if value.is_map() { Ok(value.clone()) } else { Err(unexpected(path, "is not a map")) }
}

pub(crate) fn members(path: String, value: &Value) -> Result<Members<'_>, Refusal> {
    Members::of(path, value)
}

/// The items of an array, each with its place.
pub(crate) fn items(path: String, value: &Value) -> Result<Vec<(String, &Value)>, Refusal> {
    match value {
        Value::Array(items) => Ok(items.iter().enumerate().map(|(index, item)| (format!("{path}[{index}]"), item)).collect()),
        _ => Err(unexpected(path, "is not an array")),
    }
}

pub(crate) fn texts(path: String, value: &Value) -> Result<Vec<String>, Refusal> {
    items(path, value)?.into_iter().map(|(path, item)| text(path, item)).collect()
}

pub(crate) fn descriptors(path: String, value: &Value) -> Result<Vec<CredentialDescriptor>, Refusal> {
    items(path, value)?
        .into_iter()
        .map(|(path, item)| {
            let descriptor = Members::of(path, item)?;
            let id = CredentialId(descriptor.required("id", "", bytes)?);
            Ok(CredentialDescriptor { id, kind: descriptor.required("type", "", text)? })
        })
        .collect()
}

pub(crate) fn options(path: String, value: &Value) -> Result<Options, Refusal> {
    let options = Members::of(path, value)?;
    Ok(Options {
        rk: options.optional("rk", "", boolean)?,
        up: options.optional("up", "", boolean)?,
        uv: options.optional("uv", "", boolean)?,
    })
}

/// SHA-256 of the client data.
pub(crate) fn client_data_hash(path: String, value: &Value) -> Result<Vec<u8>, Refusal> {
    let hash = bytes(path.clone(), value)?;
    if hash.len() == 32 { Ok(hash) } else { Err(Refusal::member(Status::InvalidLength, path, "is not 32 bytes long")) }
}
