//! Why a key can't be attached, or a wish of its controller can't be met.

use std::path::PathBuf;

use faultkey_authenticator::StoreError;
use faultkey_fault_injection::FaultError;

/// What went wrong, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{} can't be used: {what}; correct or delete it", file.display())]
    PowerUps { file: PathBuf, what: String },
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// The fault acts where a key has nothing.
    #[error(
        "the fault `{0}` acts in the client or on the network, and a key has neither; it can be played with `faultkey exercise`, and `faultkey faults` says where each acts"
    )]
    Elsewhere(String),
    /// The stack has them to itself.
    #[error("the fault `{0}` acts on CTAPHID's reports, which --stack usbd-ctaphid has to itself; use faultkey's own stack for it")]
    NoReports(String),
    #[error("--verification: {profile} has no built-in verification that is set up; leave it out")]
    NoVerification { profile: String },
    #[error("--pin: {profile} takes no PIN; choose another profile (`faultkey info --profile NAME` shows clientPin), or leave it out")]
    NoPin { profile: String },
    #[error("--pin: {problem}")]
    Pin { problem: String },
}
