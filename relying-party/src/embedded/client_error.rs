//! The names of what a client throws: DOMExceptions of a page, exceptions of Android's Credential Manager in an app.

/// What a client threw, as far as the broker tells it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientError {
    NotAllowed,
    Timeout,
    InvalidState,
    /// NotSupportedError and ConstraintError: the authenticator can't do what is asked.
    NotSupported,
    Security,
    /// By the page, the system or the network: trying again may do.
    Interrupted,
    /// No passkey service, or one that is not set up.
    ProviderMissing,
    /// Cancelled, no passkey, or the provider does not say.
    NotUsed,
    Other,
}

/// Names as they stand in the specifications: WebAuthn-3 §5.1 (DOMException), and the reference of androidx.credentials.exceptions.
const NAMES: [(&str, ClientError); 20] = [
    ("NotAllowedError", ClientError::NotAllowed),
    ("TimeoutError", ClientError::Timeout),
    ("InvalidStateError", ClientError::InvalidState),
    ("NotSupportedError", ClientError::NotSupported),
    ("ConstraintError", ClientError::NotSupported),
    ("SecurityError", ClientError::Security),
    ("AbortError", ClientError::Interrupted),
    ("NetworkError", ClientError::Interrupted),
    ("CreateCredentialInterruptedException", ClientError::Interrupted),
    ("GetCredentialInterruptedException", ClientError::Interrupted),
    ("CreateCredentialUnsupportedException", ClientError::ProviderMissing),
    ("GetCredentialUnsupportedException", ClientError::ProviderMissing),
    ("CreateCredentialProviderConfigurationException", ClientError::ProviderMissing),
    ("GetCredentialProviderConfigurationException", ClientError::ProviderMissing),
    ("CreateCredentialNoCreateOptionException", ClientError::ProviderMissing),
    ("CreateCredentialCancellationException", ClientError::NotUsed),
    ("GetCredentialCancellationException", ClientError::NotUsed),
    ("CreateCredentialUnknownException", ClientError::NotUsed),
    ("GetCredentialUnknownException", ClientError::NotUsed),
    ("NoCredentialException", ClientError::NotUsed),
];

impl ClientError {
    pub(super) fn named(name: &str) -> Self {
        NAMES.iter().find(|(known, _)| *known == name).map_or(ClientError::Other, |(_, error)| *error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_whole() {
        assert_eq!(ClientError::named("NotAllowedError"), ClientError::NotAllowed);
        assert_eq!(ClientError::named("GetCredentialInterruptedException"), ClientError::Interrupted);
        for name in ["", "Interrupted", "notallowederror", "NotAllowedError ", "MyUnsupportedThing", "GetCredentialCustomException"] {
            assert_eq!(ClientError::named(name), ClientError::Other, "{name}");
        }
    }
}
