//! What a page sees when a ceremony fails: a DOMException's name and message.

use std::fmt;

use faultkey_authenticator::Status;

/// The names that WebAuthn uses (WebAuthn-3 §5.1.3, §5.1.4), and those that real clients add (catalogue §0.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DomExceptionName {
    NotAllowedError,
    InvalidStateError,
    NotSupportedError,
    SecurityError,
    ConstraintError,
    AbortError,
    UnknownError,
    OperationError,
    TypeError,
    /// A name that a native wrapper gives, e.g. `GetCredentialInterruptedException`.
    Native(&'static str),
}

impl fmt::Display for DomExceptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Native(name) => f.write_str(name),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Why it was thrown. The page can't see this; the transcript and the verdict can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// The options or the origin are wrong.
    Caller,
    /// The authenticator answered with this status.
    Authenticator(Status),
    /// The authenticator answered with something that is no CTAP reply.
    BadReply(String),
    /// The client's own timer ran out.
    Timeout,
    /// A fault made it up; its name.
    Injected(String),
}

/// The exception.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct DomException {
    pub name: DomExceptionName,
    pub message: String,
    pub because: Because,
}
