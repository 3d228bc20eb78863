//! A key's store, shared by the authenticator and by whoever controls the key. It outlives the authenticator's power cycles.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use faultkey_authenticator::store::CounterScope;
use faultkey_authenticator::{Change, Committed, Credential, CredentialId, StateKey, Store, StoreError};

/// Clones are the same store.
#[derive(Clone)]
pub struct SharedStore {
    inner: Arc<Mutex<Box<dyn Store>>>,
}

impl SharedStore {
    #[must_use]
    pub fn new(store: impl Store + 'static) -> Self {
        Self { inner: Arc::new(Mutex::new(Box::new(store))) }
    }

    fn lock(&self) -> MutexGuard<'_, Box<dyn Store>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for SharedStore {
    fn credentials(&self) -> Result<Vec<Credential>, StoreError> {
        self.lock().credentials()
    }

    fn credential(&self, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
        self.lock().credential(id)
    }

    fn state(&self, key: &StateKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.lock().state(key)
    }

    fn next_sign_count(&mut self, scope: &CounterScope) -> Result<u32, StoreError> {
        self.lock().next_sign_count(scope)
    }

    fn sign_count(&self, scope: &CounterScope) -> Result<u32, StoreError> {
        self.lock().sign_count(scope)
    }

    fn raise_sign_count(&mut self, scope: &CounterScope, count: u32) -> Result<(), StoreError> {
        self.lock().raise_sign_count(scope, count)
    }

    fn commit(&mut self, changes: &[Change]) -> Result<Committed, StoreError> {
        self.lock().commit(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultkey_authenticator::MemoryStore;

    #[test]
    fn clones_see_each_others_changes() {
        let mut one = SharedStore::new(MemoryStore::default());
        let other = one.clone();
        let key = StateKey::of("x");
        let _durable = one.commit(&[Change::SetState(key.clone(), vec![7])]).unwrap();
        assert_eq!(other.state(&key).unwrap(), Some(vec![7]));
        assert_eq!(other.clone().next_sign_count(&CounterScope::Global).unwrap(), 1);
        assert_eq!(one.next_sign_count(&CounterScope::Global).unwrap(), 2);
    }
}
