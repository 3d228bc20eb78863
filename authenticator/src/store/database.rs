//! A sled database, which holds many authenticators.
//!
//! Default tree: `format` -> a magic word and the format's version; `changes` -> how many there were (u64, big endian). Tree `credentials`: owner and credential id -> record. Tree `counters`:
//! owner and scope -> the first value that is not reserved yet (u32, big endian). Tree `state`: owner and name -> record. An owner is a length byte and the authenticator's name.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sled::transaction::{ConflictableTransactionError, TransactionError, Transactional};

use super::intact::{self, Witness};
use super::{SledStore, StoreError, holder};

/// The format that is written. Databases of a later one are refused.
const FORMAT: u32 = 1;
const FORMAT_KEY: &[u8] = b"format";
const CHANGES_KEY: &[u8] = b"changes";
const MAGIC: &[u8] = b"faultkey store ";
/// How often a lock without a holder is tried again.
const PATIENCE: u32 = 10_000;

/// An open database. Clones are the same database; it closes when the last one and the last store of it are dropped.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    /// The path that it has in [`open_here`].
    place: PathBuf,
    database: sled::Db,
    credentials: sled::Tree,
    counters: sled::Tree,
    state: sled::Tree,
    /// Authenticators that have a [`SledStore`] now: each at most one, because its counters are in memory.
    open: Mutex<BTreeSet<String>>,
    witness: Mutex<Witness>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        open_here().remove(&self.place);
    }
}

/// The databases that this process has open.
fn open_here() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    static OPEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One name for a folder, however it is written.
fn place(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// Opens, and outwaits a lock that nobody means to hold any more: sled's threads let go of a database a moment after it was dropped.
fn open_let_go(path: &Path, config: &sled::Config) -> Result<sled::Db, sled::Error> {
    for _ in 0..PATIENCE {
        match config.open() {
            Err(error) if is_locked(&error) && !is_held(path) => std::thread::yield_now(),
            opened => return opened,
        }
    }
    config.open()
}

/// Removes the snapshots that sled had begun when it was killed: it takes such a file for the newest snapshot, and then can't open a database
/// that is whole. Under sled's own lock, so that nobody is writing them.
fn remove_unfinished_snapshots(path: &Path) -> io::Result<()> {
    let Ok(file) = File::open(path.join("db")) else { return Ok(()) };
    if file.try_lock().is_err() {
        // Whoever has it open sees to it; opening says who that is.
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        let unfinished = name.to_str().is_some_and(|name| name.starts_with("snap.") && name.ends_with(".generating"));
        if unfinished {
            fs::remove_file(path.join(name))?;
        }
    }
    // Closing the file gives the lock back.
    Ok(())
}

fn is_held(path: &Path) -> bool {
    open_here().contains(&place(path)) || holder::is_another_process(&path.join("db"))
}

fn is_locked(error: &sled::Error) -> bool {
    // sled has no variant for this.
    matches!(error, sled::Error::Io(io) if io.to_string().contains("could not acquire lock"))
}

impl Database {
    /// Opens the database in the folder `path`; makes it if there is none.
    ///
    /// # Errors
    /// [`StoreError`]: locked by another process, of a newer format, damaged, or not a store at all. Nothing but unfinished snapshots is deleted
    /// then, and nothing is repaired.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_path_buf();
        intact::check(&path).map_err(|what| corrupt(&path, "the database", what))?;
        make_folder(&path).map_err(|error| open_error(&path, sled::Error::Io(error)))?;
        remove_unfinished_snapshots(&path).map_err(|error| open_error(&path, sled::Error::Io(error)))?;
        // Everything is flushed by hand, before a commit is acknowledged.
        let config = sled::Config::new().path(&path).cache_capacity(16 * 1024 * 1024).flush_every_ms(None);
        let database = open_let_go(&path, &config).map_err(|error| open_error(&path, error))?;
        if intact::was_a_store(&path) {
            check_changes(&path, &database, &open_witness(&path)?)?;
        }
        check_format(&path, &database)?;
        let witness = open_witness(&path)?;
        let tree = |name: &str| database.open_tree(name).map_err(|error| open_error(&path, error));
        let (credentials, counters, state) = (tree("credentials")?, tree("counters")?, tree("state")?);
        let place = place(&path);
        open_here().insert(place.clone());
        let shared = Shared { path, place, database, credentials, counters, state, open: Mutex::default(), witness: Mutex::new(witness) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The store of the authenticator called `name`: 1 to 255 bytes of anything.
    ///
    /// # Errors
    /// [`StoreError::Name`], and [`StoreError::InUse`] while another store of the same authenticator lives.
    pub fn authenticator(&self, name: &str) -> Result<SledStore, StoreError> {
        SledStore::of(self.clone(), name)
    }

    /// The names of the authenticators that have credentials, counters or state here, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the database can't be read.
    pub fn authenticators(&self) -> Result<Vec<String>, StoreError> {
        let mut names = BTreeSet::new();
        for tree in [&self.shared.credentials, &self.shared.counters, &self.shared.state] {
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

    pub(super) fn state(&self) -> &sled::Tree {
        &self.shared.state
    }

    /// Returns when everything written before is durable, and counts it as a change.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        // One at a time: the count in the database must not fall behind the witness's.
        let mut witness = self.shared.witness.lock().unwrap_or_else(PoisonError::into_inner);
        let database = &self.shared.database;
        let changes = changes(database).map_err(|error| self.failure("read", &error))?.max(witness.changes()).saturating_add(1);
        database.insert(CHANGES_KEY, &changes.to_be_bytes()).map_err(|error| self.failure("write", &error))?;
        database.flush().map_err(|error| self.failure("write", &error))?;
        witness.set(changes).map_err(|error| self.failure("write", &sled::Error::Io(error)))
    }

    /// Changes of credentials and of state, whole or not at all.
    pub(super) fn apply_both(&self, credentials: &sled::Batch, state: &sled::Batch) -> Result<(), StoreError> {
        let both = (self.credentials(), self.state());
        let applied = both.transaction(|(credential_tree, state_tree)| {
            credential_tree.apply_batch(credentials)?;
            state_tree.apply_batch(state)?;
            Ok::<(), ConflictableTransactionError<()>>(())
        });
        applied.map_err(|error| match error {
            TransactionError::Storage(error) => self.failure("write", &error),
            TransactionError::Abort(()) => {
                StoreError::Io { path: self.path(), action: "write", what: "the transaction was aborted".to_owned() }
            }
        })
    }

    pub(super) fn failure(&self, action: &'static str, error: &sled::Error) -> StoreError {
        match error {
            sled::Error::Corruption { .. } => self.corrupt("the database".to_owned(), format!("can't be read ({error})")),
            error => StoreError::Io { path: self.path(), action, what: error.to_string() },
        }
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

/// The folder, for its owner only: private keys are in it.
fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    if path.exists() { Ok(()) } else { builder.create(path) }
}

/// A fresh database gets the mark of this format; any other must have it.
fn check_format(path: &Path, database: &sled::Db) -> Result<(), StoreError> {
    let failure = |error| open_error(path, error);
    let folder = path.display().to_string();
    let Some(mark) = database.get(FORMAT_KEY).map_err(failure)? else {
        if intact::was_a_store(path) {
            return Err(corrupt(path, "the database", "has lost its format mark"));
        }
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
        _ => Err(corrupt(path, "the format mark", "is not readable")),
    }
}

fn open_witness(path: &Path) -> Result<Witness, StoreError> {
    Witness::open(path).map_err(|error| open_error(path, sled::Error::Io(error)))
}

/// sled cuts its log off where it stops being readable, and says nothing.
fn check_changes(path: &Path, database: &sled::Db, witness: &Witness) -> Result<(), StoreError> {
    let changes = changes(database).map_err(|error| open_error(path, error))?;
    if changes >= witness.changes() {
        return Ok(());
    }
    Err(StoreError::LostChanges { path: path.display().to_string(), lost: witness.changes() - changes, witness: intact::WITNESS })
}

fn changes(database: &sled::Db) -> sled::Result<u64> {
    let changes = database.get(CHANGES_KEY)?;
    Ok(changes.and_then(|changes| changes.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes))
}

fn corrupt(path: &Path, record: &str, what: &str) -> StoreError {
    StoreError::Corrupt { path: path.display().to_string(), record: record.to_owned(), what: what.to_owned() }
}

fn open_error(path: &Path, error: sled::Error) -> StoreError {
    let folder = path.display().to_string();
    match error {
        error if is_locked(&error) => StoreError::Locked { holder: holder::describe(&path.join("db")), path: folder },
        sled::Error::Io(io) => StoreError::Io { path: folder, action: "open", what: io.to_string() },
        other => corrupt(path, "the database", &format!("can't be opened ({other})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        (folder, path)
    }

    fn refusal(path: &Path) -> String {
        Database::open(path).err().map(|error| error.to_string()).unwrap_or_default()
    }

    fn mark(path: &Path, mark: &[u8]) {
        let database = sled::open(path).unwrap();
        database.insert(FORMAT_KEY, mark).unwrap();
        database.flush().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, path) = folder();
        drop(Database::open(&path).unwrap());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_kill_while_sled_writes_a_snapshot_leaves_a_store_that_opens() {
        let (_folder, path) = folder();
        let database = Database::open(&path).unwrap();
        let unfinished = path.join("snap.0000000001000000.generating");
        fs::write(&unfinished, "").unwrap();
        // Of a database that is open it may be the snapshot that is being written.
        remove_unfinished_snapshots(&path).unwrap();
        assert!(unfinished.exists());
        drop(database);
        while File::open(path.join("db")).unwrap().try_lock().is_err() {
            std::thread::yield_now();
        }
        drop(Database::open(&path).unwrap());
        assert!(!unfinished.exists());
    }

    #[test]
    fn a_second_opening_says_who_holds_the_database() {
        let (_folder, path) = folder();
        let database = Database::open(&path).unwrap();
        let message = refusal(&path);
        let holder = if cfg!(target_os = "linux") {
            format!("this same process ({}), which opened it before", std::process::id())
        } else {
            "another process".to_owned()
        };
        assert_eq!(
            message,
            format!("the store {} is in use by {holder}; close that program, or choose another folder with --store", path.display())
        );
        drop(database);
        assert!(Database::open(&path).is_ok());
    }

    #[test]
    fn a_newer_format_is_refused_and_left_alone() {
        let (_folder, path) = folder();
        drop(Database::open(&path).unwrap());
        let newer = [MAGIC, &2_u32.to_be_bytes()].concat();
        mark(&path, &newer);
        assert_eq!(
            refusal(&path),
            format!(
                "the store {} has format 2, and this version of faultkey reads up to 1; use a newer faultkey, nothing was changed",
                path.display()
            )
        );
        assert_eq!(sled::open(&path).unwrap().get(FORMAT_KEY).unwrap().unwrap(), newer);
    }

    #[test]
    fn a_mark_that_is_not_one_is_damage() {
        let (_folder, path) = folder();
        mark(&path, b"something");
        assert_eq!(
            refusal(&path),
            format!(
                "the store {} is damaged: the format mark is not readable; nothing was changed: restore a copy, or move the folder away and begin anew",
                path.display()
            )
        );
    }

    #[test]
    fn a_database_that_something_else_made_is_not_taken() {
        let (_folder, path) = folder();
        let foreign = sled::open(&path).unwrap();
        foreign.insert("their", "data").unwrap();
        foreign.flush().unwrap();
        drop(foreign);
        assert_eq!(
            refusal(&path),
            format!(
                "the folder {} holds a sled database that faultkey did not make; choose another folder with --store, nothing was changed",
                path.display()
            )
        );
        let foreign = sled::open(&path).unwrap();
        assert_eq!((foreign.len(), foreign.tree_names().len()), (1, 1));
    }

    #[test]
    fn a_folder_that_cannot_be_one_is_told() {
        let (folder, _) = folder();
        let file = folder.path().join("file");
        std::fs::write(&file, "text").unwrap();
        let message = refusal(&file);
        assert!(message.starts_with(&format!("the store {} can't be used (open: ", file.display())), "{message}");
        assert!(message.ends_with("); check the folder, its permissions and the free space"), "{message}");
    }

    #[test]
    fn overwritten_database_files_are_an_error_and_are_kept() {
        let (_folder, path) = folder();
        drop(Database::open(&path).unwrap());
        for name in ["conf", "db"] {
            let file = path.join(name);
            let good = std::fs::read(&file).unwrap();
            let bad: Vec<u8> = good.iter().map(|byte| byte ^ 0x5a).collect();
            std::fs::write(&file, &bad).unwrap();
            let message = refusal(&path);
            assert!(message.starts_with(&format!("the store {} is damaged: the database can't be ", path.display())), "{name}: {message}");
            assert_eq!(std::fs::read(&file).unwrap(), bad, "{name}");
            std::fs::write(&file, &good).unwrap();
        }
    }

    #[test]
    fn a_database_that_vanished_is_not_begun_anew() {
        let (_folder, path) = folder();
        drop(Database::open(&path).unwrap());
        let folder = path.display();
        let tail = "nothing was changed: restore a copy, or move the folder away and begin anew";
        drop(sled::open(&path).unwrap().remove(FORMAT_KEY).unwrap());
        assert_eq!(refusal(&path), format!("the store {folder} is damaged: the database has lost its format mark; {tail}"));
        std::fs::remove_file(path.join("db")).unwrap();
        assert_eq!(
            refusal(&path),
            format!("the store {folder} is damaged: the database is gone: its file `db` is missing or empty; {tail}")
        );
    }

    #[test]
    fn a_log_that_breaks_off_is_noticed_wherever_it_does() {
        use crate::store::contract::credential;
        use crate::store::{Change, Store};
        let (_folder, path) = folder();
        let mut phone = SledStore::open(&path, "phone").unwrap();
        for number in 1..=20 {
            let _ = phone.commit(&[Change::Put(credential(number))]).unwrap();
        }
        drop(phone);
        let files = ["conf", "db", intact::WITNESS].map(|name| (name, std::fs::read(path.join(name)).unwrap()));
        let used = files[1].1.iter().rposition(|byte| *byte != 0).unwrap();
        for at in (0..used).step_by(used / 25) {
            let (_elsewhere, copy) = folder();
            std::fs::create_dir(&copy).unwrap();
            for (name, contents) in &files {
                let mut contents = contents.clone();
                if *name == "db" {
                    contents[at] ^= 0x55;
                }
                std::fs::write(copy.join(name), contents).unwrap();
            }
            let message = refusal(&copy);
            assert!(message.starts_with(&format!("the store {} is damaged: ", copy.display())), "byte {at}: {message}");
        }
    }

    #[test]
    fn lost_changes_are_counted_and_there_is_a_way_out() {
        let (_folder, path) = folder();
        drop(Database::open(&path).unwrap());
        Witness::open(&path).unwrap().set(7).unwrap();
        assert_eq!(
            refusal(&path),
            format!(
                "the store {} is damaged: its last 7 changes are missing, the database file was cut off or put back; restore a copy of the whole folder, or delete its file faultkey-store.txt to go on with what is left (signature counters may go back then)",
                path.display()
            )
        );
        std::fs::remove_file(path.join(intact::WITNESS)).unwrap();
        assert!(Database::open(&path).is_ok());
    }

    #[test]
    fn records_without_an_owner_are_damage() {
        let (_folder, path) = folder();
        let database = Database::open(path).unwrap();
        database.credentials().insert([9, 1], vec![]).unwrap();
        assert!(database.authenticators().unwrap_err().to_string().contains("record under key 0901 belongs to no authenticator"));
    }
}
