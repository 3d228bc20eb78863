//! A database as JSON and back: behind `faultkey store export` and `faultkey store import`.
//!
//! ```json
//! {
//!   "format": "faultkey-store",
//!   "version": 1,
//!   "authenticators": [{
//!     "name": "phone",
//!     "signCount": 64,
//!     "credentials": [{
//!       "id": "base64url", "rpId": "broker.test",
//!       "user": { "id": "base64url", "name": "taro", "displayName": null },
//!       "key": { "alg": -7, "d": "base64url" },
//!       "discoverable": true, "backupEligible": false, "backupState": false,
//!       "created": 1, "signCount": 0,
//!       "extensions": {
//!         "credProtect": 2, "credRandom": { "withUv": "base64url", "withoutUv": "base64url" },
//!         "credBlob": null, "largeBlobKey": null, "thirdPartyPayment": false
//!       }
//!     }],
//!     "state": { "pin": "base64url" }
//!   }]
//! }
//! ```
//!
//! `key` is null when an event of the device invalidated it; `d` is the private scalar or seed, for RSA its two primes
//! (`PrivateKey::to_bytes`), so the file is as secret as the store. `signCount` is
//! the highest counter that may have gone out, global and per credential; importing goes on above it. `state` is what the
//! authenticator keeps beside its credentials, PIN and settings among it; a file may leave it out. `extensions` is there when an
//! extension left something with the credential.

use std::io::Write;
use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::database::{Database, owner};
use super::sled::{counter_key, decode, decode_state, reserved};
use super::{CounterScope, StoreError, import, record, state};
use crate::extension::ExtensionData;
use crate::{Credential, KeyState};

pub(super) const FORMAT: &str = "faultkey-store";
pub(super) const VERSION: u64 = 1;

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub authenticators: usize,
    pub credentials: usize,
    /// Of these, how many replaced one with the same id.
    pub replaced: usize,
}

/// Why an import was refused. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    #[error("the file is not JSON: {0}; export it again, or correct it there")]
    Json(#[from] serde_json::Error),
    /// A field is not what it must be.
    #[error("{place}: {what}; correct the file, nothing was imported")]
    Field { place: String, what: String },
    /// A credential that the store has already.
    #[error(
        "{place}: authenticator {authenticator:?} already has credential {id}; import with --overwrite to replace it, nothing was imported"
    )]
    Exists { place: String, authenticator: String, id: String },
    /// A piece of state that the store has already.
    #[error(
        "{place}: authenticator {authenticator:?} already has the state {piece:?}; import with --overwrite to replace it, nothing was imported"
    )]
    StateExists { place: String, authenticator: String, piece: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One authenticator of a file that was read and found valid.
pub(super) struct ImportedAuthenticator {
    pub name: String,
    pub sign_count: u32,
    pub credentials: Vec<(Credential, u32)>,
    pub state: Vec<(String, Vec<u8>)>,
}

impl Database {
    /// Everything in the database, private keys included.
    ///
    /// # Errors
    /// [`StoreError`] at the first record that can't be read; `check` lists all of them.
    pub fn export(&self) -> Result<Value, StoreError> {
        let mut authenticators = Vec::new();
        for name in self.authenticators()? {
            let prefix = owner(&name)?;
            let mut credentials = Vec::new();
            for entry in self.credentials().scan_prefix(&prefix) {
                let (key, record) = entry.map_err(|error| self.failure("read", &error))?;
                credentials.push(decode(self, &name, &key, key.get(prefix.len()..).unwrap_or_default(), &record)?);
            }
            credentials.sort_by_key(|credential| credential.created);
            let count = |scope: &CounterScope| Ok(reserved(self, &counter_key(&prefix, scope), scope)?.saturating_sub(1));
            let credentials = credentials
                .iter()
                .map(|credential| Ok(to_json(credential, count(&CounterScope::Credential(credential.id.clone()))?)))
                .collect::<Result<Vec<Value>, StoreError>>()?;
            authenticators.push(json!({ "name": name, "signCount": count(&CounterScope::Global)?, "credentials": credentials, "state": self.exported_state(&name)? }));
        }
        Ok(json!({ "format": FORMAT, "version": VERSION, "authenticators": authenticators }))
    }

    fn exported_state(&self, name: &str) -> Result<Value, StoreError> {
        let prefix = owner(name)?;
        let mut pieces = serde_json::Map::new();
        for entry in self.state().scan_prefix(&prefix) {
            let (key, record) = entry.map_err(|error| self.failure("read", &error))?;
            let piece = key.get(prefix.len()..).unwrap_or_default();
            let bytes = decode_state(self, name, &key, piece, &record)?;
            pieces.insert(String::from_utf8_lossy(piece).into_owned(), Value::from(BASE64URL_NOPAD.encode(&bytes)));
        }
        Ok(Value::Object(pieces))
    }

    /// Puts what `file` holds into the database: all of it, or nothing. Counters only rise.
    ///
    /// # Errors
    /// [`ImportError`], with the place in the file. Without `overwrite`, a credential that is there already is one.
    pub fn import(&self, file: &str, overwrite: bool) -> Result<Imported, ImportError> {
        let authenticators = import::read(&serde_json::from_str(file)?)?;
        let mut batch = sled::Batch::default();
        let mut state_batch = sled::Batch::default();
        let mut done = Imported { authenticators: authenticators.len(), ..Imported::default() };
        let mut counters = Vec::new();
        for (a, authenticator) in authenticators.iter().enumerate() {
            // An open store has counters in memory, which an import would not reach.
            if self.open_names().contains(&authenticator.name) {
                return Err(StoreError::InUse { path: self.path(), name: authenticator.name.clone() }.into());
            }
            let prefix = owner(&authenticator.name)?;
            counters.push((counter_key(&prefix, &CounterScope::Global), CounterScope::Global, authenticator.sign_count));
            for (c, (credential, sign_count)) in authenticator.credentials.iter().enumerate() {
                let key = [prefix.as_slice(), &credential.id.0].concat();
                let exists = self.credentials().contains_key(&key).map_err(|error| self.failure("read", &error))?;
                if exists && !overwrite {
                    let place = format!("authenticators[{a}].credentials[{c}].id");
                    return Err(ImportError::Exists { place, authenticator: authenticator.name.clone(), id: credential.id.to_string() });
                }
                done.credentials += 1;
                done.replaced += usize::from(exists);
                let record = record::encode(&key, credential);
                batch.insert(key, record);
                let scope = CounterScope::Credential(credential.id.clone());
                counters.push((counter_key(&prefix, &scope), scope, *sign_count));
            }
            for (piece, bytes) in &authenticator.state {
                let key = [prefix.as_slice(), piece.as_bytes()].concat();
                if !overwrite && self.state().contains_key(&key).map_err(|error| self.failure("read", &error))? {
                    let place = format!("authenticators[{a}].state.{piece}");
                    return Err(ImportError::StateExists { place, authenticator: authenticator.name.clone(), piece: piece.clone() });
                }
                let record = state::encode(&key, bytes);
                state_batch.insert(key, record);
            }
        }
        // Counters first: one that is too high does no harm, one that is too low does.
        for (key, scope, sign_count) in counters {
            if reserved(self, &key, &scope)? <= sign_count {
                let end = sign_count.saturating_add(1).to_be_bytes();
                self.counters().insert(key, &end).map_err(|error| self.failure("write", &error))?;
            }
        }
        self.flush()?;
        self.apply_both(&batch, &state_batch)?;
        self.flush()?;
        Ok(done)
    }
}

fn to_json(credential: &Credential, sign_count: u32) -> Value {
    let base64url = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let key = match &credential.key {
        KeyState::Usable(key) => json!({ "alg": key.algorithm(), "d": base64url(&key.to_bytes()) }),
        KeyState::Invalidated => Value::Null,
    };
    let user = &credential.user;
    let mut exported = json!({
        "id": credential.id.to_string(),
        "rpId": credential.rp_id,
        "user": { "id": base64url(&user.id), "name": user.name, "displayName": user.display_name },
        "key": key,
        "discoverable": credential.discoverable,
        "backupEligible": credential.backup_eligible,
        "backupState": credential.backup_state,
        "created": credential.created,
        "signCount": sign_count,
    });
    if !credential.extensions.is_empty() {
        exported["extensions"] = extensions(&credential.extensions);
    }
    exported
}

fn extensions(kept: &ExtensionData) -> Value {
    let ExtensionData { cred_protect, cred_random, cred_blob, large_blob_key, third_party_payment } = kept;
    let base64url = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    json!({
        "credProtect": cred_protect.level(),
        "credRandom": cred_random.as_ref().map(|random| json!({ "withUv": base64url(&random.with_uv.0), "withoutUv": base64url(&random.without_uv.0) })),
        "credBlob": cred_blob.as_ref().map(|blob| base64url(blob)),
        "largeBlobKey": large_blob_key.as_ref().map(|key| base64url(&key.0)),
        "thirdPartyPayment": third_party_payment,
    })
}

/// Writes a file that holds private keys: only its owner may read it, from its first byte on. An existing file is left alone.
///
/// # Errors
/// [`StoreError::Io`], also when the file exists.
pub fn write_private(path: &Path, contents: &[u8]) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let failure = |error: std::io::Error| StoreError::ExportFile { path: path.display().to_string(), what: error.to_string() };
    let mut file = options.open(path).map_err(failure)?;
    file.write_all(contents).and_then(|()| file.sync_all()).map_err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{credential, every_extension};
    use crate::store::{Change, Store};

    fn database(folder: &Path) -> Database {
        Database::open(folder.join("store")).unwrap()
    }

    fn filled(folder: &Path) -> Database {
        let database = database(folder);
        let mut phone = database.authenticator("phone").unwrap();
        let invalidated = Credential { key: KeyState::Invalidated, ..credential(2) };
        let _ = phone.commit(&[Change::Put(credential(1)), Change::Put(invalidated)]).unwrap();
        assert_eq!(phone.next_sign_count(&CounterScope::Global).unwrap(), 1);
        let mut key = database.authenticator("key").unwrap();
        assert_eq!(key.next_sign_count(&CounterScope::Credential(credential(3).id)).unwrap(), 1);
        let _ = key.commit(&[Change::Put(Credential { extensions: every_extension(), ..credential(3) })]).unwrap();
        database
    }

    #[test]
    fn what_is_exported_is_imported_elsewhere_with_counters_above() {
        let folder = tempfile::tempdir().unwrap();
        let exported = filled(folder.path()).export().unwrap();
        assert_eq!(exported["authenticators"][1]["name"], "phone");
        assert_eq!(exported["authenticators"][1]["signCount"], 32);
        assert_eq!(exported["authenticators"][1]["credentials"][1]["key"], Value::Null);

        let elsewhere = tempfile::tempdir().unwrap();
        let other = database(elsewhere.path());
        let done = other.import(&exported.to_string(), false).unwrap();
        assert_eq!(done, Imported { authenticators: 2, credentials: 3, replaced: 0 });
        assert_eq!(other.export().unwrap(), exported);
        let mut phone = other.authenticator("phone").unwrap();
        assert_eq!(phone.credentials().unwrap()[0], credential(1));
        assert_eq!(phone.next_sign_count(&CounterScope::Global).unwrap(), 33);
        assert_eq!(other.authenticator("key").unwrap().next_sign_count(&CounterScope::Credential(credential(3).id)).unwrap(), 33);
    }

    #[test]
    fn existing_credentials_are_replaced_only_when_asked_and_counters_never_fall() {
        let folder = tempfile::tempdir().unwrap();
        let database = filled(folder.path());
        let mut file = database.export().unwrap();
        file["authenticators"][1]["signCount"] = json!(0);
        let refused = database.import(&file.to_string(), false).unwrap_err().to_string();
        let id = credential(3).id.to_string();
        assert_eq!(
            refused,
            format!(
                "authenticators[0].credentials[0].id: authenticator \"key\" already has credential {id}; import with --overwrite to replace it, nothing was imported"
            )
        );
        assert_eq!(database.import(&file.to_string(), true).unwrap(), Imported { authenticators: 2, credentials: 3, replaced: 3 });
        assert_eq!(database.export().unwrap()["authenticators"][1]["signCount"], 32);
        let _open = database.authenticator("phone").unwrap();
        assert!(database.import(&file.to_string(), true).unwrap_err().to_string().contains("\"phone\""));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_keys_is_for_its_owner_only_and_never_overwrites() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.json");
        write_private(&path, b"{}").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let error = write_private(&path, b"other").unwrap_err().to_string();
        assert!(error.starts_with(&format!("can't write {}: ", path.display())), "{error}");
        assert!(error.ends_with("; choose a file that does not exist yet, in a folder that you may write"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"{}");
    }
}
