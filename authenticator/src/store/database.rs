//! A sled database, which holds many authenticators.
//!
//! Default tree: `format` -> a magic word and the format's version. Tree `credentials`: owner and credential id -> record. Tree `counters`:
//! owner and scope -> the first value that is not reserved yet (u32, big endian). An owner is a length byte and the authenticator's name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{SledStore, StoreError, holder};

/// The format that is written. Databases of a later one are refused.
const FORMAT: u32 = 1;
const FORMAT_KEY: &[u8] = b"format";
const MAGIC: &[u8] = b"faultkey store ";

/// An open database. Clones are the same database; it closes when the last one and the last store of it are dropped.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    database: sled::Db,
    credentials: sled::Tree,
    counters: sled::Tree,
    /// Authenticators that have a [`SledStore`] now: each at most one, because its counters are in memory.
    open: Mutex<BTreeSet<String>>,
}

impl Database {
    /// Opens the database in the folder `path`; makes it if there is none.
    ///
    /// # Errors
    /// [`StoreError`]: locked by another process, of a newer format, damaged, or not a store at all. Nothing is deleted or repaired then.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_path_buf();
        // Everything is flushed by hand, before a commit is acknowledged.
        let config = sled::Config::new().path(&path).cache_capacity(16 * 1024 * 1024).flush_every_ms(None);
        let database = config.open().map_err(|error| open_error(&path, error))?;
        check_format(&path, &database)?;
        let tree = |name: &str| database.open_tree(name).map_err(|error| open_error(&path, error));
        let (credentials, counters) = (tree("credentials")?, tree("counters")?);
        let shared = Shared { path, database, credentials, counters, open: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The store of the authenticator called `name`: 1 to 255 bytes of anything.
    ///
    /// # Errors
    /// [`StoreError::Name`], and [`StoreError::InUse`] while another store of the same authenticator lives.
    pub fn authenticator(&self, name: &str) -> Result<SledStore, StoreError> {
        SledStore::of(self.clone(), name)
    }

    /// The names of the authenticators that have credentials or counters here, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the database can't be read.
    pub fn authenticators(&self) -> Result<Vec<String>, StoreError> {
        let mut names = BTreeSet::new();
        for tree in [&self.shared.credentials, &self.shared.counters] {
            for key in tree.iter().keys() {
                let key = key.map_err(|error| self.failure("read", &error))?;
                match split_owner(&key) {
                    Some((name, _)) => names.insert(name.to_owned()),
                    None => return Err(self.corrupt(format!("record under key {}", hex(&key)), "belongs to no authenticator".to_owned())),
                };
            }
        }
        Ok(names.into_iter().collect())
    }

    pub(super) fn credentials(&self) -> &sled::Tree {
        &self.shared.credentials
    }

    pub(super) fn counters(&self) -> &sled::Tree {
        &self.shared.counters
    }

    /// Returns when everything written before is durable.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.shared.database.flush().map(|_| ()).map_err(|error| self.failure("write", &error))
    }

    pub(super) fn failure(&self, action: &'static str, error: &sled::Error) -> StoreError {
        StoreError::Io { path: self.path(), action, what: error.to_string() }
    }

    pub(super) fn corrupt(&self, record: String, what: String) -> StoreError {
        StoreError::Corrupt { path: self.path(), record, what }
    }

    pub(super) fn path(&self) -> String {
        self.shared.path.display().to_string()
    }

    pub(super) fn open_names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.shared.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The front of every key of the authenticator `name`.
pub(super) fn owner(name: &str) -> Result<Vec<u8>, StoreError> {
    match u8::try_from(name.len()) {
        Ok(length @ 1..) => Ok([&[length], name.as_bytes()].concat()),
        _ => Err(StoreError::Name { name: name.to_owned() }),
    }
}

/// The owner's name and what follows it.
pub(super) fn split_owner(key: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = key.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((std::str::from_utf8(name).ok()?, rest))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// A fresh database gets the mark of this format; any other must have it.
fn check_format(path: &Path, database: &sled::Db) -> Result<(), StoreError> {
    let failure = |error| open_error(path, error);
    let folder = path.display().to_string();
    let Some(mark) = database.get(FORMAT_KEY).map_err(failure)? else {
        // No mark and no data: fresh, or killed before the mark was durable.
        if !database.is_empty() || database.tree_names().len() > 1 {
            return Err(StoreError::NotAStore { path: folder });
        }
        database.insert(FORMAT_KEY, [MAGIC, &FORMAT.to_be_bytes()].concat()).map_err(failure)?;
        return database.flush().map(|_| ()).map_err(failure);
    };
    let version = mark.strip_prefix(MAGIC).and_then(|version| version.try_into().ok()).map(u32::from_be_bytes);
    match version {
        Some(FORMAT) => Ok(()),
        Some(found) if found > FORMAT => Err(StoreError::NewerFormat { path: folder, found, supported: FORMAT }),
        _ => Err(StoreError::Corrupt { path: folder, record: "the format mark".to_owned(), what: "is not readable".to_owned() }),
    }
}

fn open_error(path: &Path, error: sled::Error) -> StoreError {
    let folder = path.display().to_string();
    match error {
        // sled has no variant for this.
        sled::Error::Io(io) if io.to_string().contains("could not acquire lock") => {
            StoreError::Locked { holder: holder::describe(&path.join("db")), path: folder }
        }
        sled::Error::Io(io) => StoreError::Io { path: folder, action: "open", what: io.to_string() },
        other => StoreError::Corrupt { path: folder, record: "the database".to_owned(), what: format!("can't be opened ({other})") },
    }
}
