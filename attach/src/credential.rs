//! Credentials in the shape of WebDriver's virtual authenticators (WebAuthn-3 §11.6): listed, added and removed while the key is in use.

mod pkcs8;

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::config::SignCountPolicy;
use faultkey_authenticator::extension::ExtensionData;
use faultkey_authenticator::store::CounterScope;
use faultkey_authenticator::{Change, Config, Credential, CredentialId, KeyState, Store, UserEntity};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::SharedStore;
use crate::text::{counted, quoted};

/// Credential Parameters Object (WebAuthn-3 §11.6), and `algorithm`, which its private key does not tell: a COSE number, for the usual one of such a key
/// it may be left out. `userName` and `userDisplayName` may be left out; a large blob can't be taken over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Parameters {
    credential_id: String,
    is_resident_credential: bool,
    rp_id: String,
    /// Null is a key that an event of the device invalidated.
    #[serde(deserialize_with = "Option::deserialize")]
    private_key: Option<String>,
    #[serde(default)]
    algorithm: Option<i64>,
    #[serde(default)]
    user_handle: Option<String>,
    #[serde(default)]
    user_name: Option<String>,
    #[serde(default)]
    user_display_name: Option<String>,
    sign_count: u32,
    #[serde(default)]
    backup_eligibility: bool,
    #[serde(default)]
    backup_state: bool,
}

/// Every credential, oldest first. The private keys are in it: test keys only.
pub(crate) fn list(store: &SharedStore, config: &Config) -> Result<Value, String> {
    let credentials = store.credentials().map_err(|error| error.to_string())?;
    let mut listed = Vec::new();
    let mut lines = Vec::new();
    for credential in &credentials {
        let sign_count =
            scope(config, &credential.id).map_or(Ok(0), |scope| store.sign_count(&scope)).map_err(|error| error.to_string())?;
        let user = &credential.user;
        let (private_key, algorithm, state) = match &credential.key {
            KeyState::Usable(key) => (Some(BASE64URL_NOPAD.encode(&pkcs8::write(key)?)), Some(key.algorithm()), ""),
            KeyState::Invalidated => (None, None, ", its key is invalidated"),
        };
        let kind = if credential.discoverable { "discoverable" } else { "not discoverable" };
        let name = user.name.as_deref().map(|name| format!(" for {}", quoted(name))).unwrap_or_default();
        lines.push(format!("{}  {}{name}, {kind}, signature counter {sign_count}{state}", credential.id, credential.rp_id));
        listed.push(json!({
            "credentialId": credential.id.to_string(),
            "isResidentCredential": credential.discoverable,
            "rpId": credential.rp_id,
            "privateKey": private_key,
            "algorithm": algorithm,
            "userHandle": (!user.id.is_empty()).then(|| BASE64URL_NOPAD.encode(&user.id)),
            "userName": user.name,
            "userDisplayName": user.display_name,
            "signCount": sign_count,
            "backupEligibility": credential.backup_eligible,
            "backupState": credential.backup_state,
        }));
    }
    let text = if lines.is_empty() { "no credentials".to_owned() } else { lines.join("\n") };
    Ok(json!({ "credentials": listed, "text": text }))
}

/// Adds one, and tells its id.
pub(crate) fn add(store: &mut SharedStore, parameters: &Value, config: &Config) -> Result<String, String> {
    let parameters = Parameters::deserialize(parameters).map_err(|error| format!("the credential is not understood: {error}"))?;
    let id = CredentialId(bytes("credentialId", &parameters.credential_id, 16..=1_023)?);
    let user_id = match &parameters.user_handle {
        Some(handle) => bytes("userHandle", handle, 1..=64)?,
        None if parameters.is_resident_credential => return Err("userHandle: a resident credential needs one".to_owned()),
        None => Vec::new(),
    };
    if parameters.rp_id.is_empty() {
        return Err("rpId: expected an RP ID, found empty text".to_owned());
    }
    if parameters.backup_state && !parameters.backup_eligibility {
        return Err("backupState: a credential that is not backup eligible can't be backed up".to_owned());
    }
    let key = match &parameters.private_key {
        Some(text) => {
            let private_key = bytes("privateKey", text, 1..=16_384)?;
            KeyState::Usable(pkcs8::read(&private_key, parameters.algorithm).map_err(|problem| format!("privateKey: {problem}"))?)
        }
        None => KeyState::Invalidated,
    };
    let there = store.credentials().map_err(|error| error.to_string())?;
    if there.iter().any(|credential| credential.id == id) {
        return Err(format!("the credential {id} is there already; remove it first, with `faultkey ctl credentials remove {id}`"));
    }
    if there.len() >= config.max_credentials {
        return Err(format!("the key is full: it has room for {}", counted(config.max_credentials, "credential")));
    }
    let created = there.last().map_or(0, |newest| newest.created + 1);
    let credential = Credential {
        id: id.clone(),
        rp_id: parameters.rp_id,
        user: UserEntity { id: user_id, name: parameters.user_name, display_name: parameters.user_display_name },
        key,
        discoverable: parameters.is_resident_credential,
        backup_eligible: parameters.backup_eligibility,
        backup_state: parameters.backup_state,
        created,
        extensions: ExtensionData::default(),
    };
    // The counter first: a credential must not be there with a counter that its relying party has seen.
    if let Some(scope) = scope(config, &id) {
        store.raise_sign_count(&scope, parameters.sign_count).map_err(|error| error.to_string())?;
    }
    let _durable = store.commit(&[Change::Put(credential)]).map_err(|error| error.to_string())?;
    Ok(id.to_string())
}

/// Removes one, or all; tells how many.
pub(crate) fn remove(store: &mut SharedStore, id: Option<&str>) -> Result<usize, String> {
    let there = store.credentials().map_err(|error| error.to_string())?;
    let (changes, count) = match id {
        None => (vec![Change::Clear], there.len()),
        Some(id) => {
            let found = there.into_iter().find(|credential| credential.id.to_string() == id);
            let found =
                found.ok_or_else(|| format!("there is no credential {id}; `faultkey ctl credentials list` shows those that are there"))?;
            (vec![Change::Delete(found.id)], 1)
        }
    };
    let _durable = store.commit(&changes).map_err(|error| error.to_string())?;
    Ok(count)
}

/// Whose counter a credential has on this device; `None` where it is always zero.
fn scope(config: &Config, id: &CredentialId) -> Option<CounterScope> {
    match config.sign_count {
        SignCountPolicy::Global => Some(CounterScope::Global),
        SignCountPolicy::PerCredential => Some(CounterScope::Credential(id.clone())),
        SignCountPolicy::Zero => None,
    }
}

fn bytes(field: &str, text: &str, length: std::ops::RangeInclusive<usize>) -> Result<Vec<u8>, String> {
    let bytes =
        BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).map_err(|error| format!("{field}: expected base64url: {error}"))?;
    if !length.contains(&bytes.len()) {
        return Err(format!("{field}: expected {} to {} bytes, found {}", length.start(), length.end(), bytes.len()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
