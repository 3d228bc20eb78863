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
    /// A member of the options JSON is no base64url (WebAuthn-3 §5.1.8, §5.1.9).
    EncodingError,
    TypeError,
    /// An extension names a credential that the options don't.
    SyntaxError,
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
    /// The authenticator can't do what the options ask for; what it lacks.
    Unsuitable(String),
    /// The user ended it in the client's own dialog.
    User,
    /// The authenticator answered with this status.
    Authenticator(Status),
    /// The authenticator answered with something that is no CTAP reply.
    BadReply(String),
    /// The client's own timer ran out.
    Timeout,
    /// The page aborted the call.
    Aborted,
    /// A fault made it up; its name.
    Injected(String),
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller => f.write_str("the caller's options or origin are wrong"),
            Self::Unsuitable(what) => write!(f, "this authenticator can't do it: {what}"),
            Self::User => f.write_str("the user ended it in the client's dialog"),
            Self::Authenticator(status) => write!(f, "the authenticator answered {}", status.name()),
            Self::BadReply(what) => write!(f, "the authenticator's reply is malformed: {what}"),
            Self::Timeout => f.write_str("the client's timer ran out"),
            Self::Aborted => f.write_str("the page aborted the call"),
            Self::Injected(fault) => write!(f, "injected by {fault}"),
        }
    }
}

/// The exception.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct DomException {
    pub name: DomExceptionName,
    pub message: String,
    pub because: Because,
}

impl DomException {
    /// The caller's own mistake, told in full: it concerns nobody's privacy.
    pub(crate) fn caller(name: DomExceptionName, message: impl Into<String>) -> Self {
        Self { name, message: message.into(), because: Because::Caller }
    }

    /// The one answer for everything that the page must not tell apart (WebAuthn-3 §14.5.1, §14.5.2).
    pub(crate) fn not_allowed(because: Because) -> Self {
        Self {
            name: DomExceptionName::NotAllowedError,
            message: "The request was not allowed, or nobody answered it in time.".into(),
            because,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_name_and_message() {
        let exception = DomException::not_allowed(Because::Timeout);
        assert_eq!(exception.to_string(), "NotAllowedError: The request was not allowed, or nobody answered it in time.");
        assert_eq!(DomExceptionName::Native("GetCredentialInterruptedException").to_string(), "GetCredentialInterruptedException");
    }

    #[test]
    fn says_whose_fault_it_was() {
        let texts = [
            (Because::Caller, "the caller's options or origin are wrong"),
            (Because::Unsuitable("no user verification".into()), "this authenticator can't do it: no user verification"),
            (Because::User, "the user ended it in the client's dialog"),
            (Because::BadReply("empty".into()), "the authenticator's reply is malformed: empty"),
            (Because::Timeout, "the client's timer ran out"),
            (Because::Aborted, "the page aborted the call"),
            (Because::Injected("ceremony-aborted".into()), "injected by ceremony-aborted"),
        ];
        for (because, text) in texts {
            assert_eq!(because.to_string(), text);
        }
    }
}
