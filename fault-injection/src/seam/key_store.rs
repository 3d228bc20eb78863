//! Around [`Store`]: key-store faults that change what is read, never what is durable.

use std::ops::ControlFlow;

use faultkey_authenticator::store::CounterScope;
use faultkey_authenticator::{Change, Committed, Credential, CredentialId, KeyState, StateKey, Store, StoreError};
use faultkey_transport::transcript::{MessageKind, Touches};

use crate::Faults;
use crate::fault::Known;
use crate::scene::{Ceremony, Scene};

/// A store behind the fault layer.
pub struct FaultyStore<S> {
    faults: Faults,
    inner: S,
}

impl<S: Store> FaultyStore<S> {
    pub(crate) fn new(faults: Faults, inner: S) -> Self {
        // A store that can't be read says so when the authenticator reads it; there is nothing to know then.
        for credential in inner.credentials().unwrap_or_default() {
            note(&faults, &Change::Put(credential));
        }
        Self { faults, inner }
    }
}

/// Keeps what the fault layer knows of the credentials: which there are, and which of them are dead.
fn note(faults: &Faults, change: &Change) {
    faults.know(|credentials| match change {
        Change::Put(Credential { id, rp_id, user, key, discoverable, created, .. }) => {
            let dead = *key == KeyState::Invalidated;
            let known = Known { rp_id: rp_id.clone(), user: user.clone(), discoverable: *discoverable, dead, created: *created };
            credentials.insert(id.clone(), known);
        }
        Change::Delete(id) => {
            credentials.remove(id);
        }
        Change::Clear => credentials.clear(),
        Change::SetState(..) | Change::RemoveState(_) | Change::ClearState => {}
    });
}

impl<S: Store> Store for FaultyStore<S> {
    fn credentials(&self) -> Result<Vec<Credential>, StoreError> {
        self.inner.credentials()
    }

    fn credential(&self, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
        self.inner.credential(id)
    }

    fn state(&self, key: &StateKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.state(key)
    }

    fn next_sign_count(&mut self, scope: &CounterScope) -> Result<u32, StoreError> {
        let mut count = self.inner.next_sign_count(scope)?;
        let (now, command) = self.faults.scene();
        // A registration starts the relying party's count; only an authentication can show that it went back.
        if let Some(command) = command.filter(|scene| scene.ceremony == Ceremony::Authentication && !scene.silent) {
            let read = |count: &mut u32, lower| {
                *count = lower;
                ControlFlow::Continue(())
            };
            let touches = |_: &u32| Touches::Next(MessageKind::CtapReply);
            self.faults.ask(now, &Scene::seen(&command), touches, &mut count, |fault, _, count| fault.count(*count), read);
        }
        Ok(count)
    }

    fn sign_count(&self, scope: &CounterScope) -> Result<u32, StoreError> {
        self.inner.sign_count(scope)
    }

    fn raise_sign_count(&mut self, scope: &CounterScope, count: u32) -> Result<(), StoreError> {
        self.inner.raise_sign_count(scope, count)
    }

    fn commit(&mut self, changes: &[Change]) -> Result<Committed, StoreError> {
        let committed = self.inner.commit(changes)?;
        for change in changes {
            note(&self.faults, change);
        }
        Ok(committed)
    }
}
