//! A CTAP 2.3 authenticator: no I/O, no clock, no randomness of its own, and no faults.
//!
//! Bytes go in with the time at which they arrived; a [`Step`] comes out: a reply, or a prompt for the user with what resumes it.
//! Each command runs in three callable steps, [`CommandSteps::decode`], [`CommandSteps::process`] and [`CommandSteps::encode`],
//! so that a fault layer can wrap them without this crate knowing of it.

pub mod algorithm;
pub mod attestation;
pub mod authenticator;
pub mod authenticator_data;
#[cfg(test)]
mod bench;
pub mod cbor;
pub mod channel;
pub mod command;
pub mod config;
pub mod credential;
pub mod ctap1;
mod device;
pub mod event;
pub mod extension;
pub mod fingerprint;
mod gesture;
mod members;
pub mod outcome;
pub mod pin_uv;
pub mod random;
pub mod refusal;
pub mod reply;
pub mod request;
mod settings;
pub mod standing;
pub mod status;
pub mod step;
pub mod store;
pub mod time;

pub use authenticator::Authenticator;
pub use authenticator_data::{AttestedCredentialData, AuthenticatorData, Flags};
pub use channel::ChannelId;
pub use config::Config;
pub use credential::{Credential, CredentialId, KeyState, UserEntity};
pub use ctap1::ApduStep;
pub use event::{Effect, Event};
pub use extension::{Extension, Extensions};
pub use members::{CredentialDescriptor, Options};
pub use outcome::{Outcome, Response, UnsignedAssertion, UnsignedAttestation};
pub use random::Random;
pub use refusal::Refusal;
pub use reply::Reply;
pub use request::{Command, Request};
pub use status::Status;
pub use step::{CommandSteps, Progress, Prompt, Step, UserAnswer};
pub use store::{Change, Committed, MemoryStore, SledStore, StateKey, Store, StoreError};
pub use time::Time;
