//! Where credentials live. Two implementations: sled for keeping, memory for speed. A fault layer wraps either.

mod check;
#[cfg(test)]
pub(crate) mod contract;
mod database;
mod exchange;
mod holder;
mod import;
mod intact;
mod memory;
mod record;
mod sled;
mod state;

pub use self::sled::SledStore;
pub use check::{AuthenticatorReport, Report};
pub use database::Database;
pub use exchange::{ImportError, Imported, write_private};
pub use memory::MemoryStore;
pub use state::StateKey;

use crate::{Credential, CredentialId};

/// Proof that a change is durable. Only a store of this crate can make one; a reply that acknowledges a change needs it.
///
/// ```compile_fail
/// let forged = faultkey_authenticator::Committed { _made_by_a_commit: () };
/// ```
#[derive(Debug)]
pub struct Committed {
    _made_by_a_commit: (),
}

/// One change to the store. A slice of them is committed whole or not at all.
// Changes are few, and live as long as a commit.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub enum Change {
    /// Inserts or replaces the record of `credential.id`.
    Put(Credential),
    /// Deletes the record, if there is one.
    Delete(CredentialId),
    /// Deletes every credential of this authenticator. Counters are kept: they never go back.
    Clear,
    /// Inserts or replaces a piece of state beside the credentials.
    SetState(StateKey, Vec<u8>),
    /// Deletes a piece of state, if there is one.
    RemoveState(StateKey),
    /// Deletes every piece of state of this authenticator.
    ClearState,
}

/// Whose signature counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CounterScope {
    /// One counter for the whole authenticator.
    Global,
    /// One for each credential.
    Credential(CredentialId),
}

impl std::fmt::Display for CounterScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CounterScope::Global => write!(f, "the authenticator"),
            CounterScope::Credential(id) => write!(f, "credential {id}"),
        }
    }
}

/// The durable state of one authenticator.
pub trait Store: Send {
    /// Every credential, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the record can't be read.
    fn credentials(&self) -> Result<Vec<Credential>, StoreError>;

    /// The credential with this id.
    ///
    /// # Errors
    /// [`StoreError`] when the record can't be read.
    fn credential(&self, id: &CredentialId) -> Result<Option<Credential>, StoreError>;

    /// The piece of state called `key`.
    ///
    /// # Errors
    /// [`StoreError`] when the record can't be read.
    fn state(&self, key: &StateKey) -> Result<Option<Vec<u8>>, StoreError>;

    /// The next signature counter: strictly greater than any that this store ever gave for `scope`, crashes included
    /// (values are reserved in windows, so a crash leaves a gap).
    ///
    /// # Errors
    /// [`StoreError`] when a new window can't be made durable.
    fn next_sign_count(&mut self, scope: &CounterScope) -> Result<u32, StoreError>;

    /// The last signature counter that was given for `scope`; 0 before the first. After a restart it may be one that was only reserved.
    ///
    /// # Errors
    /// [`StoreError`] when the record can't be read.
    fn sign_count(&self, scope: &CounterScope) -> Result<u32, StoreError>;

    /// Every counter that is given for `scope` from now on is greater than `count`. Durable when this returns; never lowers anything.
    ///
    /// # Errors
    /// [`StoreError`] when nothing was changed.
    fn raise_sign_count(&mut self, scope: &CounterScope, count: u32) -> Result<(), StoreError>;

    /// Makes all `changes` durable, or none of them.
    ///
    /// # Errors
    /// [`StoreError`] when nothing was changed.
    fn commit(&mut self, changes: &[Change]) -> Result<Committed, StoreError>;
}

/// Why a store can't be opened, read or changed. Nothing is ever deleted because of one of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has the database open.
    #[error("the store {path} is in use by {holder}; close that program, or choose another folder with --store")]
    Locked { path: String, holder: String },
    /// A record can't be read.
    #[error("the store {path} is damaged: {record} {what}; nothing was changed: restore a copy, or move the folder away and begin anew")]
    Corrupt { path: String, record: String, what: String },
    /// Changes that were durable are not there any more.
    #[error(
        "the store {path} is damaged: its last {lost} changes are missing, the database file was cut off or put back; restore a copy of the whole folder, or delete its file {witness} to go on with what is left (signature counters may go back then)"
    )]
    LostChanges { path: String, lost: u64, witness: &'static str },
    /// The database or a record in it was written by a later version of this program.
    #[error(
        "the store {path} has format {found}, and this version of faultkey reads up to {supported}; use a newer faultkey, nothing was changed"
    )]
    NewerFormat { path: String, found: u32, supported: u32 },
    /// A sled database that something else made.
    #[error("the folder {path} holds a sled database that faultkey did not make; choose another folder with --store, nothing was changed")]
    NotAStore { path: String },
    /// The system refused.
    #[error("the store {path} can't be used ({action}: {what}); check the folder, its permissions and the free space")]
    Io { path: String, action: &'static str, what: String },
    /// An exported file can't be written.
    #[error("can't write {path}: {what}; choose a file that does not exist yet, in a folder that you may write")]
    ExportFile { path: String, what: String },
    /// This process already has a store of this authenticator.
    #[error("the authenticator {name:?} of the store {path} is already open in this process; close it first")]
    InUse { path: String, name: String },
    /// Not a name for an authenticator.
    #[error("{name:?} can't name an authenticator: 1 to 255 bytes are needed")]
    Name { name: String },
    /// Not a name for a piece of state.
    #[error("{name:?} can't name a piece of state: 1 to 255 bytes are needed")]
    StateName { name: String },
    /// A signature counter can't rise any more.
    #[error("the signature counter of {scope} has reached its last value, {}; reset the authenticator under another name", u32::MAX)]
    CounterExhausted { scope: String },
}
