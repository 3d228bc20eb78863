//! Why a command is refused: the status that the client sees, and the reason that stays inside.

use crate::cbor::CborError;
use crate::{Status, StoreError};

/// A refused command.
#[derive(Debug, thiserror::Error)]
#[error("{status}: {reason}")]
pub struct Refusal {
    /// What the client sees.
    pub status: Status,
    /// What a person who looks for the cause wants to know.
    pub reason: Reason,
}

/// The cause of a refusal, typed.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// The request is not canonical CBOR.
    #[error("the request's CBOR is refused at {0}")]
    Cbor(#[from] CborError),
    /// A member of the request is missing, has the wrong type or an illegal value.
    #[error("{member} {what}")]
    Member { member: String, what: &'static str },
    /// The command's algorithm ends here.
    #[error("{0}")]
    Rule(&'static str),
    /// The key store failed.
    #[error("the key store failed: {0}")]
    Store(#[from] StoreError),
}

impl Refusal {
    /// The command's algorithm ends with `status`, because of `rule`.
    pub(crate) fn rule(status: Status, rule: &'static str) -> Self {
        Self { status, reason: Reason::Rule(rule) }
    }

    /// `member` of the request is not what it must be.
    pub(crate) fn member(status: Status, member: impl Into<String>, what: &'static str) -> Self {
        Self { status, reason: Reason::Member { member: member.into(), what } }
    }
}

impl From<CborError> for Refusal {
    /// CTAP2.3 §8: what is not canonical is refused with `INVALID_CBOR`.
    fn from(error: CborError) -> Self {
        Self { status: Status::InvalidCbor, reason: Reason::Cbor(error) }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let status = match error {
            StoreError::Corrupt { .. } => Status::IntegrityFailure,
            _ => Status::Other,
        };
        Self { status, reason: Reason::Store(error) }
    }
}

impl From<crate::algorithm::InvalidKey> for Refusal {
    fn from(_: crate::algorithm::InvalidKey) -> Self {
        Self::rule(Status::Other, "the credential's private key is not a valid key")
    }
}
