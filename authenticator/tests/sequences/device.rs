//! The authenticator under test, over a store that outlives it, counts its commits, and can fail as if power had been cut.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use faultkey_authenticator::store::CounterScope;
use faultkey_authenticator::{
    Authenticator, Change, Committed, Config, Credential, CredentialId, MemoryStore, SledStore, StateKey, Store, StoreError, Time, random,
};

/// What stands behind the store.
enum Backing {
    Memory(MemoryStore),
    Sled(tempfile::TempDir, Option<SledStore>),
}

impl Backing {
    fn store(&mut self) -> &mut dyn Store {
        match self {
            Self::Memory(store) => store,
            Self::Sled(folder, store) => {
                store.get_or_insert_with(|| SledStore::open(folder.path(), "sequence").expect("the store of the sequence opens"))
            }
        }
    }
}

struct Shared {
    backing: Backing,
    commits: u32,
    /// Commits until power fails.
    left: Option<u32>,
}

/// The store, shared by the authenticator and the test.
#[derive(Clone)]
struct Handle(Arc<Mutex<Shared>>);

impl Handle {
    /// A sequence that panicked is told as one; its lock is of no more use to anybody.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn power_failed() -> StoreError {
    StoreError::Io { path: "sequence".to_owned(), action: "write", what: "power failed".to_owned() }
}

impl Store for Handle {
    fn credentials(&self) -> Result<Vec<Credential>, StoreError> {
        self.lock().backing.store().credentials()
    }
    fn credential(&self, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
        self.lock().backing.store().credential(id)
    }
    fn state(&self, key: &StateKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.lock().backing.store().state(key)
    }
    fn next_sign_count(&mut self, scope: &CounterScope) -> Result<u32, StoreError> {
        self.lock().backing.store().next_sign_count(scope)
    }
    fn sign_count(&self, scope: &CounterScope) -> Result<u32, StoreError> {
        self.lock().backing.store().sign_count(scope)
    }
    fn raise_sign_count(&mut self, scope: &CounterScope, count: u32) -> Result<(), StoreError> {
        self.lock().backing.store().raise_sign_count(scope, count)
    }
    fn commit(&mut self, changes: &[Change]) -> Result<Committed, StoreError> {
        let mut shared = self.lock();
        match &mut shared.left {
            Some(0) => return Err(power_failed()),
            Some(left) => *left -= 1,
            None => {}
        }
        shared.commits += 1;
        shared.backing.store().commit(changes)
    }
}

/// The device: configuration, store, and the authenticator that runs on them.
pub struct Device {
    config: Config,
    handle: Handle,
    authenticator: Option<Authenticator>,
    starts: u64,
}

impl Device {
    pub fn new(config: &Config, on_sled: bool) -> Self {
        let backing = match on_sled {
            true => Backing::Sled(tempfile::tempdir().expect("a folder for the store"), None),
            false => Backing::Memory(MemoryStore::default()),
        };
        let handle = Handle(Arc::new(Mutex::new(Shared { backing, commits: 0, left: None })));
        let mut device = Self { config: config.clone(), handle, authenticator: None, starts: 0 };
        device.start();
        device
    }

    fn start(&mut self) {
        self.starts += 1;
        let random = random::stream(self.starts, "sequences: device");
        self.authenticator = Some(Authenticator::new(self.config.clone(), Box::new(self.handle.clone()), random));
    }

    pub fn key(&mut self) -> &mut Authenticator {
        self.authenticator.as_mut().expect("a device is started when it is made")
    }

    /// Unplugged and plugged in. `anew`: nothing but the store is left.
    pub fn power_cycle(&mut self, now: Time, anew: bool) {
        self.handle.lock().left = None;
        if anew {
            self.authenticator = None;
            if let Backing::Sled(_, store) = &mut self.handle.lock().backing {
                *store = None;
            }
            self.start();
        }
        self.key().power_cycle(now);
    }

    /// Power fails at the commit number `at` from here.
    pub fn let_power_fail(&mut self, at: u32) {
        self.handle.lock().left = Some(at);
    }

    pub fn commits(&self) -> u32 {
        self.handle.lock().commits
    }

    pub fn credentials(&self) -> Vec<Credential> {
        self.handle.credentials().expect("the store can be read")
    }

    /// Another authenticator over a copy of what is durable now: what a power cycle at this moment would leave.
    pub fn shadow(&self) -> Option<Authenticator> {
        let shared = self.handle.lock();
        let Backing::Memory(store) = &shared.backing else { return None };
        let random = random::stream(0, "sequences: shadow");
        Some(Authenticator::new(self.config.clone(), Box::new(store.clone()), random))
    }
}
