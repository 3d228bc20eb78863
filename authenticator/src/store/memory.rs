use std::collections::BTreeMap;

use super::{Change, Committed, CounterScope, StateKey, Store, StoreError};
use crate::{Credential, CredentialId};

/// A store in memory. What is committed lives as long as the store.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    credentials: BTreeMap<CredentialId, Credential>,
    global_count: u32,
    counts: BTreeMap<CredentialId, u32>,
    state: BTreeMap<StateKey, Vec<u8>>,
}

impl Store for MemoryStore {
    fn credentials(&self) -> Result<Vec<Credential>, StoreError> {
        let mut credentials: Vec<Credential> = self.credentials.values().cloned().collect();
        credentials.sort_by_key(|credential| credential.created);
        Ok(credentials)
    }

    fn credential(&self, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
        Ok(self.credentials.get(id).cloned())
    }

    fn state(&self, key: &StateKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state.get(key).cloned())
    }

    fn next_sign_count(&mut self, scope: &CounterScope) -> Result<u32, StoreError> {
        let count = match scope {
            CounterScope::Global => &mut self.global_count,
            CounterScope::Credential(id) => self.counts.entry(id.clone()).or_default(),
        };
        *count = count.checked_add(1).ok_or_else(|| StoreError::CounterExhausted { scope: scope.to_string() })?;
        Ok(*count)
    }

    fn sign_count(&self, scope: &CounterScope) -> Result<u32, StoreError> {
        Ok(match scope {
            CounterScope::Global => self.global_count,
            CounterScope::Credential(id) => self.counts.get(id).copied().unwrap_or(0),
        })
    }

    fn raise_sign_count(&mut self, scope: &CounterScope, count: u32) -> Result<(), StoreError> {
        let counter = match scope {
            CounterScope::Global => &mut self.global_count,
            CounterScope::Credential(id) => self.counts.entry(id.clone()).or_default(),
        };
        *counter = count.max(*counter);
        Ok(())
    }

    fn commit(&mut self, changes: &[Change]) -> Result<Committed, StoreError> {
        for change in changes {
            match change {
                Change::Put(credential) => {
                    self.credentials.insert(credential.id.clone(), credential.clone());
                }
                Change::Delete(id) => {
                    self.credentials.remove(id);
                }
                // Counters stay: an authenticator's counter never goes back.
                Change::Clear => self.credentials.clear(),
                Change::SetState(key, bytes) => {
                    self.state.insert(key.clone(), bytes.clone());
                }
                Change::RemoveState(key) => {
                    self.state.remove(key);
                }
                Change::ClearState => self.state.clear(),
            }
        }
        Ok(Committed { _made_by_a_commit: () })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract;

    #[test]
    fn keeps_the_contract_of_a_store() {
        contract::check(&mut MemoryStore::default());
    }

    #[test]
    fn a_counter_at_its_end_is_an_error() {
        let mut store = MemoryStore { global_count: u32::MAX, ..MemoryStore::default() };
        let error = store.next_sign_count(&CounterScope::Global).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the signature counter of the authenticator has reached its last value, 4294967295; reset the authenticator under another name"
        );
    }
}
