//! The relying party under test: the embedded one, and adapters that speak to somebody else's.

pub mod adapter;
pub mod clock;
pub mod embedded;
pub mod environment;
pub mod init;
pub mod place;

pub use adapter::{
    AccountState, Adapter, AdapterError, Answer, Arrived, ClientFailure, Encoding, Fallback, LogLine, Lost, Mapping, Misfit, Mismatch,
    Observation, Pace, Proxies, Session, StoredCredential, Target, TestAccount, Tried, Unreachable, Unread, Unseen, Why, Wish, curl,
    without_user,
};
pub use clock::{Clock, Waiter};
pub use embedded::{Embedded, Handling};

/// An adapter file with everything in it that there is.
pub const EXAMPLE: &str = include_str!("../adapters/example.toml");
