//! What a command decided, before anything is signed or written: the seam between `process` and `encode`.

use ciborium::Value;

use crate::attestation::{AttestationFormat, Attester};
use crate::extension::Secret;
use crate::{AuthenticatorData, Committed, Credential, Status};

/// The decision of one command.
#[derive(Debug)]
pub struct Outcome {
    /// What to answer, or the status that refuses.
    pub result: Result<Response, Status>,
}

impl Outcome {
    /// The command is refused with `status`.
    #[must_use]
    pub fn refused(status: Status) -> Self {
        Self { result: Err(status) }
    }

    /// The command succeeds with `response`.
    #[must_use]
    pub fn granted(response: Response) -> Self {
        Self { result: Ok(response) }
    }
}

/// A successful answer. A variant that acknowledges a change carries the store's [`Committed`], which only a commit can make.
#[derive(Debug)]
pub enum Response {
    /// authenticatorMakeCredential.
    MakeCredential(Box<UnsignedAttestation>),
    /// authenticatorGetAssertion and authenticatorGetNextAssertion.
    GetAssertion(Box<UnsignedAssertion>),
    /// authenticatorGetInfo: the members in the order they are written.
    GetInfo(Vec<(Value, Value)>),
    /// A command that changes nothing: the members in canonical order.
    Answer(Vec<(Value, Value)>),
    /// A command that changed something, durably, and the members in canonical order.
    Stored(Committed, Vec<(Value, Value)>),
    /// authenticatorReset: erased, durably.
    Reset(Committed),
    /// authenticatorSelection: the user touched this authenticator.
    Selection,
}

/// A new credential, stored, whose attestation is not yet signed.
#[derive(Debug)]
pub struct UnsignedAttestation {
    /// Written and signed by `encode`; a fault may change it before.
    pub authenticator_data: AuthenticatorData,
    /// SHA-256 of the client data, as the request gave it.
    pub client_data_hash: Vec<u8>,
    /// Chosen by configuration.
    pub format: AttestationFormat,
    /// Who vouches, when the format has certificates.
    pub attester: Option<Box<Attester>>,
    /// With its private key, which signs a self attestation.
    pub credential: Credential,
    /// Proof that the credential is durable.
    pub stored: Committed,
}

/// An assertion that is not yet signed.
#[derive(Debug)]
pub struct UnsignedAssertion {
    /// Written and signed by `encode`; a fault may change it before.
    pub authenticator_data: AuthenticatorData,
    /// SHA-256 of the client data, as the request gave it.
    pub client_data_hash: Vec<u8>,
    /// With its private key, which signs.
    pub credential: Credential,
    /// Member 0x04 of the reply: the user entity, with `name` and `displayName` only if the user was verified
    /// and there are several accounts (CTAP2.3 §6.2.2). `None` for a non-discoverable credential.
    pub user: Option<crate::UserEntity>,
    /// Member 0x05, only when there is more than one and the first is answered.
    pub number_of_credentials: Option<usize>,
    /// Member 0x07, when the extension largeBlobKey was asked for and the credential has one.
    pub large_blob_key: Option<Secret>,
}
