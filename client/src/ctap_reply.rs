//! Replies of the authenticator, read without trust: a member that is missing or has the wrong type ends the ceremony, not the process.

use ciborium::Value;
use faultkey_authenticator::{Status, cbor};

/// What is wrong with a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

/// A reply's status and its CBOR, if it has any.
///
/// # Errors
/// When the bytes are no CTAP reply.
pub fn split(reply: &[u8]) -> Result<(Status, Option<Value>), Malformed> {
    let Some((&code, body)) = reply.split_first() else { return Err(Malformed("no bytes at all".into())) };
    let Some(status) = Status::from_code(code) else {
        return Err(Malformed(format!("status 0x{code:02X}, which CTAP doesn't name")));
    };
    if status != Status::Ok || body.is_empty() {
        return Ok((status, None));
    }
    // Any valid encoding is taken, as most platforms do; only what isn't CBOR is refused.
    let (value, length) = cbor::read_lenient(body).map_err(|error| Malformed(format!("not CBOR: {error}")))?;
    if length < body.len() {
        return Err(Malformed(format!("{} bytes after the end of the CBOR", body.len() - length)));
    }
    Ok((status, Some(value)))
}

/// The members of a reply's map, by their numbers.
pub struct Fields<'a> {
    whose: &'static str,
    members: &'a [(Value, Value)],
}

impl<'a> Fields<'a> {
    /// `whose` begins each error message.
    ///
    /// # Errors
    /// When `value` is no map.
    pub fn of(whose: &'static str, value: &'a Value) -> Result<Self, Malformed> {
        let Some(members) = value.as_map() else { return Err(Malformed(format!("{whose} is no map"))) };
        Ok(Self { whose, members })
    }

    /// The member's value as `read` takes it.
    ///
    /// # Errors
    /// When it has another type.
    pub fn optional<T>(&self, number: u8, name: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Result<Option<T>, Malformed> {
        let key = Value::from(number);
        let Some((_, value)) = self.members.iter().find(|(candidate, _)| *candidate == key) else { return Ok(None) };
        match read(value) {
            Some(value) => Ok(Some(value)),
            None => Err(Malformed(format!("member {name} (0x{number:02X}) of {} has the wrong type", self.whose))),
        }
    }

    /// The same, for a member that must be there.
    ///
    /// # Errors
    /// When it is missing, or has another type.
    pub fn required<T>(&self, number: u8, name: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Result<T, Malformed> {
        self.optional(number, name, read)?.ok_or_else(|| Malformed(format!("member {name} (0x{number:02X}) of {} is missing", self.whose)))
    }
}

/// A reply to authenticatorMakeCredential (CTAP2.3 §6.1.2).
#[derive(Clone, Debug, PartialEq)]
pub struct Attestation {
    pub format: String,
    pub statement: Value,
    pub authenticator_data: Vec<u8>,
    pub aaguid: [u8; 16],
    pub credential_id: Vec<u8>,
    /// COSE_Key.
    pub public_key: Value,
    /// The credential got a key to the large-blob array (CTAP2.3 §12.3).
    pub has_large_blob_key: bool,
}

impl Attestation {
    /// Reads the reply's map, and the authenticator data as far as a client must.
    ///
    /// # Errors
    /// What is missing or malformed.
    pub fn read(reply: &Value) -> Result<Self, Malformed> {
        let fields = Fields::of("the makeCredential reply", reply)?;
        let authenticator_data = fields.required(0x02, "authData", Value::as_bytes)?;
        let attested = attested_credential_data(authenticator_data)?;
        Ok(Self {
            format: fields.required(0x01, "fmt", Value::as_text)?.to_owned(),
            // Only `none` may go without its empty statement. A compound one is a list of statements (WebAuthn-3 §8.9).
            statement: fields
                .optional(0x03, "attStmt", |value| (value.is_map() || value.is_array()).then(|| value.clone()))?
                .unwrap_or_else(|| Value::Map(Vec::new())),
            authenticator_data: authenticator_data.clone(),
            aaguid: attested.0,
            credential_id: attested.1.to_vec(),
            public_key: attested.2,
            has_large_blob_key: fields.optional(0x05, "largeBlobKey", Value::as_bytes)?.is_some(),
        })
    }
}

/// AAGUID, credential id and public key (WebAuthn-3 §6.5.1). What follows them is the relying party's to judge.
fn attested_credential_data(bytes: &[u8]) -> Result<([u8; 16], &[u8], Value), Malformed> {
    let cut = || Malformed(format!("the authenticator data is cut off after {} bytes", bytes.len()));
    let (_rp_id_hash, rest) = bytes.split_at_checked(32).ok_or_else(cut)?;
    let (flags_and_count, rest) = rest.split_at_checked(5).ok_or_else(cut)?;
    if flags_and_count.first().is_none_or(|flags| flags & faultkey_authenticator::Flags::AT == 0) {
        return Err(Malformed("the authenticator data has no attested credential data (flag AT is clear)".into()));
    }
    let (aaguid, rest) = rest.split_first_chunk::<16>().ok_or_else(cut)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
    let (credential_id, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(cut)?;
    let (public_key, _) =
        cbor::read_lenient(rest).map_err(|error| Malformed(format!("the public key in the authenticator data is not CBOR: {error}")))?;
    Ok((*aaguid, credential_id, public_key))
}

/// A reply to authenticatorGetAssertion or authenticatorGetNextAssertion (CTAP2.3 §6.2.2, §6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// May be left out when the request's allow list had one entry.
    pub credential_id: Option<Vec<u8>>,
    pub authenticator_data: Vec<u8>,
    pub signature: Vec<u8>,
    pub user: Option<AssertedUser>,
    /// How many accounts there are in all; only the first reply says.
    pub number_of_credentials: Option<u64>,
    /// The user already chose on the authenticator.
    pub user_selected: bool,
    /// The credential's key to the large-blob array (CTAP2.3 §12.3).
    pub large_blob_key: Option<Vec<u8>>,
}

/// Member 0x04 of an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertedUser {
    pub id: Vec<u8>,
    pub name: Option<String>,
    pub display_name: Option<String>,
}

impl Assertion {
    /// Reads the reply's map.
    ///
    /// # Errors
    /// What is missing or malformed.
    pub fn read(reply: &Value) -> Result<Self, Malformed> {
        let fields = Fields::of("the getAssertion reply", reply)?;
        let authenticator_data = fields.required(0x02, "authData", Value::as_bytes)?;
        if authenticator_data.len() < 37 {
            return Err(Malformed(format!("the authenticator data is cut off after {} bytes", authenticator_data.len())));
        }
        Ok(Self {
            credential_id: fields.optional(0x01, "credential", |value| bytes_member(value, "id"))?,
            authenticator_data: authenticator_data.clone(),
            signature: fields.required(0x03, "signature", Value::as_bytes)?.clone(),
            user: fields.optional(0x04, "user", asserted_user)?,
            number_of_credentials: fields.optional(0x05, "numberOfCredentials", |value| u64::try_from(value.as_integer()?).ok())?,
            user_selected: fields.optional(0x06, "userSelected", Value::as_bool)?.unwrap_or(false),
            large_blob_key: fields.optional(0x07, "largeBlobKey", Value::as_bytes)?.cloned(),
        })
    }
}

fn member<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    map.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

fn bytes_member(map: &Value, name: &str) -> Option<Vec<u8>> {
    member(map, name)?.as_bytes().cloned()
}

fn asserted_user(user: &Value) -> Option<AssertedUser> {
    let text = |name| member(user, name).and_then(Value::as_text).map(str::to_owned);
    Some(AssertedUser { id: bytes_member(user, "id")?, name: text("name"), display_name: text("displayName") })
}
