//! From what the authenticator answered to what the page sees: the table of the catalogue, §0.3.

use faultkey_authenticator::Status;

use crate::dialog::Ended;
use crate::dom_exception::Because;
use crate::{ClientData, DomException, DomExceptionName};

/// The exception for a ceremony that the authenticator, or its silence, ended.
#[must_use]
pub fn exception(ceremony: ClientData, ended: Ended) -> DomException {
    match ended {
        Ended::Timeout => DomException::not_allowed(Because::Timeout),
        Ended::Unsuitable(what) => DomException::not_allowed(Because::Unsuitable(what)),
        Ended::User => DomException::not_allowed(Because::User),
        // DOM standard §3.2: the default reason of AbortController.abort().
        Ended::Aborted => {
            DomException { name: DomExceptionName::AbortError, message: "The page aborted the request.".into(), because: Because::Aborted }
        }
        Ended::Malformed(what) => unknown(Because::BadReply(what)),
        Ended::Status(status) => for_status(ceremony, status),
    }
}

fn for_status(ceremony: ClientData, status: Status) -> DomException {
    let because = Because::Authenticator(status);
    match (ceremony, status) {
        // WebAuthn-3 §5.1.3 step 22: the user consented, so the page may know.
        (ClientData::Create, Status::CredentialExcluded) => DomException {
            name: DomExceptionName::InvalidStateError,
            message: "This authenticator already has a passkey for this account.".into(),
            because,
        },
        (_, Status::UnsupportedOption | Status::InvalidOption) => DomException {
            name: DomExceptionName::ConstraintError,
            message: "The authenticator can't meet a requirement of the request.".into(),
            because,
        },
        // The client and the authenticator misunderstand each other; no decision of the user's or of the authenticator's.
        (
            _,
            Status::Ok
            | Status::InvalidCommand
            | Status::InvalidParameter
            | Status::InvalidLength
            | Status::CborUnexpectedType
            | Status::InvalidCbor
            | Status::MissingParameter
            | Status::LimitExceeded
            | Status::RequestTooLarge
            | Status::IntegrityFailure
            | Status::InvalidSubcommand
            | Status::Other,
        ) => unknown(because),
        _ => DomException::not_allowed(because),
    }
}

fn unknown(because: Because) -> DomException {
    DomException {
        name: DomExceptionName::UnknownError,
        message: "Something went wrong while talking to the authenticator.".into(),
        because,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(ceremony: ClientData, status: Status) -> DomExceptionName {
        let exception = exception(ceremony, Ended::Status(status));
        assert_eq!(exception.because, Because::Authenticator(status));
        exception.name
    }

    #[test]
    fn every_row_of_the_table() {
        use DomExceptionName::{ConstraintError, InvalidStateError, NotAllowedError, UnknownError};
        // Catalogue §0.3, in its order. The first name is for registration, the second for authentication.
        let table = [
            (Status::CredentialExcluded, InvalidStateError, NotAllowedError),
            (Status::UnsupportedAlgorithm, NotAllowedError, NotAllowedError),
            (Status::OperationDenied, NotAllowedError, NotAllowedError),
            (Status::KeyStoreFull, NotAllowedError, NotAllowedError),
            (Status::UnsupportedOption, ConstraintError, ConstraintError),
            (Status::InvalidOption, ConstraintError, ConstraintError),
            (Status::KeepaliveCancel, NotAllowedError, NotAllowedError),
            (Status::NoCredentials, NotAllowedError, NotAllowedError),
            (Status::UserActionTimeout, NotAllowedError, NotAllowedError),
            (Status::ActionTimeout, NotAllowedError, NotAllowedError),
            (Status::PinInvalid, NotAllowedError, NotAllowedError),
            (Status::PinBlocked, NotAllowedError, NotAllowedError),
            (Status::PinAuthInvalid, NotAllowedError, NotAllowedError),
            (Status::PinAuthBlocked, NotAllowedError, NotAllowedError),
            (Status::PinNotSet, NotAllowedError, NotAllowedError),
            (Status::PuatRequired, NotAllowedError, NotAllowedError),
            (Status::UvBlocked, NotAllowedError, NotAllowedError),
            (Status::UvInvalid, NotAllowedError, NotAllowedError),
            (Status::RequestTooLarge, UnknownError, UnknownError),
            (Status::Other, UnknownError, UnknownError),
            (Status::InvalidCbor, UnknownError, UnknownError),
            (Status::CborUnexpectedType, UnknownError, UnknownError),
        ];
        for (status, create, get) in table {
            assert_eq!(name(ClientData::Create, status), create, "{status:?}");
            assert_eq!(name(ClientData::Get, status), get, "{status:?}");
        }
    }

    #[test]
    fn silence_ends_as_a_timeout_and_nonsense_as_unknown() {
        let silent = exception(ClientData::Get, Ended::Timeout);
        assert_eq!((silent.name, silent.because), (DomExceptionName::NotAllowedError, Because::Timeout));
        let nonsense = exception(ClientData::Get, Ended::Malformed("no bytes at all".into()));
        assert_eq!((nonsense.name, nonsense.because), (DomExceptionName::UnknownError, Because::BadReply("no bytes at all".into())));
    }

    #[test]
    fn the_page_can_not_tell_refusals_apart() {
        let messages: std::collections::BTreeSet<_> = [
            Ended::Timeout,
            Ended::Status(Status::OperationDenied),
            Ended::Status(Status::NoCredentials),
            Ended::Status(Status::UvBlocked),
            Ended::Status(Status::KeepaliveCancel),
        ]
        .into_iter()
        .map(|ended| exception(ClientData::Get, ended).to_string())
        .collect();
        assert_eq!(messages.len(), 1, "{messages:?}");
    }
}
