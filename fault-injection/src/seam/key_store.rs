//! Around [`Store`]: key-store faults that change what is read, never what is durable.

use faultkey_authenticator::store::CounterScope;
use faultkey_authenticator::{Change, Committed, Credential, CredentialId, Store, StoreError};

/// A store behind the fault layer.
pub struct FaultyStore<S> {
    inner: S,
}

impl<S: Store> Store for FaultyStore<S> {
    fn credentials(&self) -> Result<Vec<Credential>, StoreError> {
        self.inner.credentials()
    }
    fn credential(&self, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
        self.inner.credential(id)
    }
    fn next_sign_count(&mut self, scope: &CounterScope) -> Result<u32, StoreError> {
        self.inner.next_sign_count(scope)
    }
    fn commit(&mut self, changes: &[Change]) -> Result<Committed, StoreError> {
        self.inner.commit(changes)
    }
}
