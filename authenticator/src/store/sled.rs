use std::collections::BTreeMap;
use std::path::Path;

use super::database::{self, Database};
use super::record::{self, RecordError};
use super::{Change, Committed, CounterScope, StateKey, Store, StoreError, state};
use crate::{Credential, CredentialId};

/// How many signature counters one durable write reserves. After a crash, at most as many are skipped.
const WINDOW: u32 = 32;

/// The store of one authenticator in a sled database.
pub struct SledStore {
    database: Database,
    name: String,
    /// The front of this authenticator's keys.
    owner: Vec<u8>,
    /// By counter key: what is reserved and not yet given.
    windows: BTreeMap<Vec<u8>, Window>,
}

struct Window {
    next: u32,
    /// The first value that is not reserved.
    end: u32,
}

impl SledStore {
    /// The store of the authenticator called `name` in the database in the folder `path`. For several in one folder see [`Database`].
    ///
    /// # Errors
    /// As [`Database::open`] and [`Database::authenticator`].
    pub fn open(path: impl AsRef<Path>, name: &str) -> Result<Self, StoreError> {
        Database::open(path)?.authenticator(name)
    }

    pub(super) fn of(database: Database, name: &str) -> Result<Self, StoreError> {
        let owner = database::owner(name)?;
        if !database.open_names().insert(name.to_owned()) {
            return Err(StoreError::InUse { path: database.path(), name: name.to_owned() });
        }
        Ok(Self { database, name: name.to_owned(), owner, windows: BTreeMap::new() })
    }

    /// The name of this authenticator.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn key(&self, id: &CredentialId) -> Vec<u8> {
        [self.owner.as_slice(), &id.0].concat()
    }

    fn decode(&self, key: &[u8], record: &[u8]) -> Result<Credential, StoreError> {
        decode(&self.database, &self.name, key, key.get(self.owner.len()..).unwrap_or_default(), record)
    }

    fn state_key(&self, key: &StateKey) -> Result<Vec<u8>, StoreError> {
        match key.as_str().len() {
            1..=255 => Ok([self.owner.as_slice(), key.as_str().as_bytes()].concat()),
            _ => Err(StoreError::StateName { name: key.to_string() }),
        }
    }

    /// Reserves the next window durably, above everything that was ever reserved.
    fn reserve(&self, key: &[u8], scope: &CounterScope) -> Result<Window, StoreError> {
        let next = reserved(&self.database, key, scope)?;
        if next == u32::MAX {
            return Err(StoreError::CounterExhausted { scope: scope.to_string() });
        }
        let end = next.saturating_add(WINDOW);
        self.database.counters().insert(key, &end.to_be_bytes()).map_err(|error| self.database.failure("write", &error))?;
        self.database.flush()?;
        Ok(Window { next, end })
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.database.open_names().remove(&self.name);
    }
}

impl Store for SledStore {
    fn credentials(&self) -> Result<Vec<Credential>, StoreError> {
        let mut credentials = Vec::new();
        for entry in self.database.credentials().scan_prefix(&self.owner) {
            let (key, record) = entry.map_err(|error| self.database.failure("read", &error))?;
            credentials.push(self.decode(&key, &record)?);
        }
        credentials.sort_by_key(|credential| credential.created);
        Ok(credentials)
    }

    fn credential(&self, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
        let key = self.key(id);
        match self.database.credentials().get(&key).map_err(|error| self.database.failure("read", &error))? {
            Some(record) => self.decode(&key, &record).map(Some),
            None => Ok(None),
        }
    }

    fn state(&self, key: &StateKey) -> Result<Option<Vec<u8>>, StoreError> {
        let key = self.state_key(key)?;
        match self.database.state().get(&key).map_err(|error| self.database.failure("read", &error))? {
            Some(record) => {
                decode_state(&self.database, &self.name, &key, key.get(self.owner.len()..).unwrap_or_default(), &record).map(Some)
            }
            None => Ok(None),
        }
    }

    fn next_sign_count(&mut self, scope: &CounterScope) -> Result<u32, StoreError> {
        let key = counter_key(&self.owner, scope);
        let window = match self.windows.get(&key) {
            Some(window) if window.next < window.end => Window { next: window.next, end: window.end },
            _ => self.reserve(&key, scope)?,
        };
        self.windows.insert(key, Window { next: window.next + 1, end: window.end });
        Ok(window.next)
    }

    fn sign_count(&self, scope: &CounterScope) -> Result<u32, StoreError> {
        let key = counter_key(&self.owner, scope);
        let next = match self.windows.get(&key) {
            Some(window) => window.next,
            None => reserved(&self.database, &key, scope)?,
        };
        Ok(next.saturating_sub(1))
    }

    fn raise_sign_count(&mut self, scope: &CounterScope, count: u32) -> Result<(), StoreError> {
        if self.sign_count(scope)? >= count {
            return Ok(());
        }
        let key = counter_key(&self.owner, scope);
        // What is reserved may reach further already; the rest of the window is skipped.
        let next = count.saturating_add(1).max(reserved(&self.database, &key, scope)?);
        self.database.counters().insert(&key, &next.to_be_bytes()).map_err(|error| self.database.failure("write", &error))?;
        self.database.flush()?;
        self.windows.remove(&key);
        Ok(())
    }

    fn commit(&mut self, changes: &[Change]) -> Result<Committed, StoreError> {
        let failure = |error: sled::Error| self.database.failure("write", &error);
        let mut batch = sled::Batch::default();
        let mut state_batch = sled::Batch::default();
        let mut touches_state = false;
        for change in changes {
            match change {
                Change::Put(credential) => {
                    let key = self.key(&credential.id);
                    let record = record::encode(&key, credential);
                    batch.insert(key, record);
                }
                Change::Delete(id) => batch.remove(self.key(id)),
                Change::Clear => {
                    // A batch applies in no order of its own but keeps the last word for each key, so start it anew.
                    batch = sled::Batch::default();
                    for key in self.database.credentials().scan_prefix(&self.owner).keys() {
                        batch.remove(key.map_err(failure)?);
                    }
                }
                Change::SetState(key, bytes) => {
                    let key = self.state_key(key)?;
                    let record = state::encode(&key, bytes);
                    state_batch.insert(key, record);
                    touches_state = true;
                }
                Change::RemoveState(key) => {
                    state_batch.remove(self.state_key(key)?);
                    touches_state = true;
                }
                Change::ClearState => {
                    state_batch = sled::Batch::default();
                    for key in self.database.state().scan_prefix(&self.owner).keys() {
                        state_batch.remove(key.map_err(failure)?);
                    }
                    touches_state = true;
                }
            }
        }
        if touches_state {
            self.database.apply_both(&batch, &state_batch)?;
        } else {
            self.database.credentials().apply_batch(batch).map_err(failure)?;
        }
        self.database.flush()?;
        Ok(Committed { _made_by_a_commit: () })
    }
}

/// The key of a counter: the owner, then nothing for the global one, or the credential's id.
pub(super) fn counter_key(owner: &[u8], scope: &CounterScope) -> Vec<u8> {
    match scope {
        CounterScope::Global => owner.to_vec(),
        CounterScope::Credential(id) => [owner, &id.0].concat(),
    }
}

/// The first counter value of `scope` that is not reserved; 1 when none ever was.
pub(super) fn reserved(database: &Database, key: &[u8], scope: &CounterScope) -> Result<u32, StoreError> {
    match database.counters().get(key).map_err(|error| database.failure("read", &error))? {
        None => Ok(1),
        Some(bytes) => match bytes.as_ref().try_into() {
            Ok(bytes) => Ok(u32::from_be_bytes(bytes)),
            Err(_) => Err(database.corrupt(format!("the signature counter of {scope}"), format!("has {} bytes instead of 4", bytes.len()))),
        },
    }
}

/// The credential of one record, or an error that names it.
pub(super) fn decode(database: &Database, name: &str, key: &[u8], id: &[u8], record: &[u8]) -> Result<Credential, StoreError> {
    let id = CredentialId(id.to_vec());
    record::decode(key, id.clone(), record).map_err(|error| match error {
        RecordError::Newer(found) => {
            StoreError::NewerFormat { path: database.path(), found: u32::from(found), supported: u32::from(record::VERSION) }
        }
        RecordError::Damaged(what) => database.corrupt(format!("the record of credential {id} of authenticator {name:?}"), what),
    })
}

/// The bytes of one record of state, or an error that names it.
pub(super) fn decode_state(database: &Database, owner: &str, key: &[u8], name: &[u8], record: &[u8]) -> Result<Vec<u8>, StoreError> {
    let name = String::from_utf8_lossy(name);
    state::decode(key, record).map_err(|error| match error {
        RecordError::Newer(found) => {
            StoreError::NewerFormat { path: database.path(), found: u32::from(found), supported: u32::from(state::VERSION) }
        }
        RecordError::Damaged(what) => database.corrupt(format!("the state {name:?} of authenticator {owner:?}"), what),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{self, credential};

    fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        (folder, path)
    }

    #[test]
    fn keeps_the_contract_of_a_store() {
        let (_folder, path) = folder();
        contract::check(&mut SledStore::open(path, "phone").unwrap());
    }

    #[test]
    fn what_is_committed_is_there_after_a_reopen() {
        let (_folder, path) = folder();
        let mut store = SledStore::open(&path, "phone").unwrap();
        let _ = store.commit(&[Change::Put(credential(1)), Change::Put(credential(2))]).unwrap();
        let _ = store.commit(&[Change::Delete(credential(1).id)]).unwrap();
        drop(store);
        assert_eq!(SledStore::open(&path, "phone").unwrap().credentials().unwrap(), [credential(2)]);
    }

    #[test]
    fn state_is_there_after_a_reopen_and_a_damaged_piece_is_named() {
        let (_folder, path) = folder();
        let pin = StateKey::of("pin");
        let mut store = SledStore::open(&path, "phone").unwrap();
        let _ = store.commit(&[Change::Put(credential(1)), Change::SetState(pin.clone(), vec![8])]).unwrap();
        drop(store);
        let store = SledStore::open(&path, "phone").unwrap();
        assert_eq!((store.state(&pin).unwrap(), store.credentials().unwrap()), (Some(vec![8]), vec![credential(1)]));
        assert_eq!(store.database.authenticators().unwrap(), ["phone"]);
        let other = store.database.authenticator("phone2").unwrap();
        assert_eq!(other.state(&pin).unwrap(), None);
        store.database.state().insert(store.state_key(&pin).unwrap(), vec![1, 2, 3]).unwrap();
        let message = format!(
            "the store {} is damaged: the state \"pin\" of authenticator \"phone\" is cut short: 3 bytes; nothing was changed: restore a copy, or move the folder away and begin anew",
            path.display()
        );
        assert_eq!(store.state(&pin).unwrap_err().to_string(), message);
        assert_eq!(store.database.check().unwrap().problems[0].to_string(), message);
    }

    #[test]
    fn counters_continue_above_what_was_reserved() {
        let (_folder, path) = folder();
        let one = CounterScope::Credential(credential(1).id);
        let mut store = SledStore::open(&path, "phone").unwrap();
        let first: Vec<u32> = (0..WINDOW + 1).map(|_| store.next_sign_count(&CounterScope::Global).unwrap()).collect();
        assert_eq!(first, (1..=WINDOW + 1).collect::<Vec<u32>>());
        assert_eq!(store.next_sign_count(&one).unwrap(), 1);
        drop(store);
        let mut store = SledStore::open(&path, "phone").unwrap();
        assert_eq!(store.next_sign_count(&CounterScope::Global).unwrap(), 2 * WINDOW + 1);
        assert_eq!(store.next_sign_count(&one).unwrap(), WINDOW + 1);
    }

    #[test]
    fn a_window_is_durable_before_its_first_value_is_given() {
        let (_folder, path) = folder();
        let mut store = SledStore::open(path, "phone").unwrap();
        assert_eq!(store.next_sign_count(&CounterScope::Global).unwrap(), 1);
        let key = counter_key(&store.owner, &CounterScope::Global);
        assert_eq!(reserved(&store.database, &key, &CounterScope::Global).unwrap(), WINDOW + 1);
        store.database.counters().insert(&key, &u32::MAX.to_be_bytes()).unwrap();
        store.windows.clear();
        assert!(matches!(store.next_sign_count(&CounterScope::Global), Err(StoreError::CounterExhausted { .. })));
    }

    #[test]
    fn authenticators_of_one_database_do_not_see_each_other() {
        let (_folder, path) = folder();
        let database = Database::open(path).unwrap();
        let mut phone = database.authenticator("phone").unwrap();
        let mut phone2 = database.authenticator("phone2").unwrap();
        let _ = phone.commit(&[Change::Put(credential(1))]).unwrap();
        let _ = phone2.commit(&[Change::Put(credential(2))]).unwrap();
        assert_eq!((phone.next_sign_count(&CounterScope::Global).unwrap(), phone2.next_sign_count(&CounterScope::Global).unwrap()), (1, 1));
        let _ = phone.commit(&[Change::Clear]).unwrap();
        assert_eq!(phone.credentials().unwrap(), []);
        assert_eq!(phone2.credentials().unwrap(), [credential(2)]);
        assert_eq!(database.authenticators().unwrap(), ["phone", "phone2"]);
    }

    #[test]
    fn one_authenticator_is_open_once_and_needs_a_name() {
        let (_folder, path) = folder();
        let database = Database::open(&path).unwrap();
        let phone = database.authenticator("phone").unwrap();
        let refusal = |name: &str| database.authenticator(name).err().unwrap().to_string();
        let shown = path.display();
        assert_eq!(
            refusal("phone"),
            format!("the authenticator \"phone\" of the store {shown} is already open in this process; close it first")
        );
        drop(phone);
        assert!(database.authenticator("phone").is_ok());
        assert_eq!(refusal(""), "\"\" can't name an authenticator: 1 to 255 bytes are needed");
        assert!(matches!(database.authenticator(&"x".repeat(256)), Err(StoreError::Name { .. })));
    }

    #[test]
    fn a_damaged_record_is_named_and_stays() {
        let (_folder, path) = folder();
        let mut store = SledStore::open(&path, "phone").unwrap();
        let _ = store.commit(&[Change::Put(credential(1))]).unwrap();
        let key = store.key(&credential(1).id);
        let mut record = store.database.credentials().get(&key).unwrap().unwrap().to_vec();
        let last = record.len() - 1;
        record[last] ^= 1;
        store.database.credentials().insert(&key, record.as_slice()).unwrap();
        let message = format!(
            "the store {} is damaged: the record of credential {} of authenticator \"phone\" does not have the checksum that it carries; nothing was changed: restore a copy, or move the folder away and begin anew",
            path.display(),
            credential(1).id
        );
        assert_eq!(store.credentials().unwrap_err().to_string(), message);
        assert_eq!(store.credential(&credential(1).id).unwrap_err().to_string(), message);
        assert_eq!(store.database.credentials().get(&key).unwrap().unwrap(), record);
    }

    #[test]
    fn a_record_of_a_newer_version_is_refused() {
        let (_folder, path) = folder();
        let mut store = SledStore::open(&path, "phone").unwrap();
        let _ = store.commit(&[Change::Put(credential(1))]).unwrap();
        let key = store.key(&credential(1).id);
        store.database.credentials().insert(key, vec![record::VERSION + 1, 0, 0]).unwrap();
        assert!(matches!(store.credentials(), Err(StoreError::NewerFormat { found: 4, supported: 3, .. })));
    }
}
