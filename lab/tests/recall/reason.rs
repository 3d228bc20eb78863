//! Why something is refused: an answer of its own for each cause.

/// A way out that an answer offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Retry,
    RegisterAgain,
    Password,
    Phone,
    Support,
}

impl Way {
    pub const ALL: &[Way] = &[Way::Retry, Way::RegisterAgain, Way::Password, Way::Phone, Way::Support];

    pub const fn action(self) -> &'static str {
        match self {
            Way::Retry => "retry",
            Way::RegisterAgain => "register-again",
            Way::Password => "password",
            Way::Phone => "phone",
            Way::Support => "support",
        }
    }

    pub const fn is_fallback(self) -> bool {
        matches!(self, Way::Password | Way::Phone | Way::Support)
    }
}

macro_rules! reasons {
    ($($name:ident = $code:literal, $status:literal, $message:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason { $($name),* }

        impl Reason {
            /// For programs, and in the log.
            pub const fn code(self) -> &'static str {
                match self { $(Reason::$name => $code),* }
            }

            pub const fn status(self) -> u16 {
                match self { $(Reason::$name => $status),* }
            }

            /// What the user is shown.
            pub const fn message(self) -> &'static str {
                match self { $(Reason::$name => $message),* }
            }
        }
    };
}

reasons! {
    Malformed = "malformed", 400, "The request could not be read. Nothing has changed.";
    NoAttempt = "no-open-attempt", 400, "This attempt is over. Start again.";
    Challenge = "challenge-mismatch", 400, "This answer belongs to another attempt. Start again.";
    Expired = "challenge-expired", 400, "This took too long. Start again.";
    Type = "wrong-type", 400, "The device answered another question. Start again.";
    Origin = "origin-mismatch", 403, "This came from a page that is not ours. Use our own page.";
    CrossOrigin = "cross-origin", 403, "This came from inside another site's page. Use our own page.";
    RpId = "rp-id-mismatch", 403, "This passkey belongs to another site. Choose the one of this site.";
    UserPresence = "user-presence-missing", 403, "The device did not see that you were there. Try again.";
    UserVerification = "user-verification-missing", 403, "The device did not check fingerprint, face or PIN. Set up a screen lock, or use another way.";
    BackupEligibility = "backup-eligibility-changed", 403, "This passkey is no longer of the kind that was registered. Register a new one.";
    BackupState = "backup-state-invalid", 403, "The device contradicts itself about backups. Register a new passkey.";
    AuthenticatorData = "authenticator-data-malformed", 400, "The device's answer could not be read. Try another device.";
    Extension = "extension-not-asked-for", 400, "The device said more than it was asked. Try another device.";
    Algorithm = "algorithm-not-offered", 400, "The device made a kind of key that we don't support.";
    Attestation = "attestation-refused", 400, "The device's proof of its make is wrong.";
    SignatureMalformed = "signature-malformed", 400, "The device's signature could not be read. Try again.";
    KeyMismatch = "key-mismatch", 403, "The key on the device is not the one that was registered. Sign in another way, and register again.";
    UnknownCredential = "unknown-credential", 404, "We don't know this passkey. Choose another, or sign in another way and register again.";
    NotYours = "credential-of-another-account", 403, "This passkey belongs to another account.";
    UserHandle = "user-handle-mismatch", 403, "This passkey names another user than the one that it was registered for.";
    AlreadyRegistered = "already-registered", 409, "There is a passkey for this account already. Sign in with it, or another way to replace it.";
    CredentialTaken = "credential-taken", 409, "This passkey is registered already.";
    ProofNeeded = "proof-needed", 403, "Sign in by password or telephone first, to replace the passkey.";
    NoSuchAccount = "no-such-account", 404, "There is no such account.";
    UnderWay = "attempt-under-way", 409, "Another attempt is under way.";
    TryLater = "try-later", 403, "The last attempt failed. This browser can't sign in any more.";
    WrongPassword = "wrong-password", 403, "User name or password is wrong.";
    NotConfirmed = "not-confirmed", 403, "We could not confirm who you are.";
    SignCount = "sign-count-went-back", 200, "You are signed in. This passkey may have been copied: confirm by password for full rights.";
    // What only the client saw.
    OptionsLost = "interrupted-before-start", 200, "The connection broke before we could start. Try again.";
    AuthenticationLost = "interrupted-sign-in", 200, "The connection broke while you signed in. Try again.";
    RegistrationLost = "interrupted-registration", 200, "The connection broke, and no passkey is registered. Try again.";
    Reconciled = "registered-after-all", 200, "The connection broke, but the passkey is registered. Sign in with it.";
    DeviceHasPasskey = "device-has-passkey", 200, "This device has a passkey already. Sign in with it; if that fails, another way, and register again.";
    NotUsable = "passkey-not-usable", 200, "The device did not use a passkey: cancelled, or gone. Try again, or sign in another way and register again.";
    NoAnswerInTime = "no-answer-in-time", 200, "Nobody answered in time. Leave the key plugged in, and touch it.";
    NoneMadeInTime = "no-passkey-in-time", 200, "Nobody answered in time, and no passkey is registered. Try again.";
    Unsupported = "device-unsupported", 200, "This device or its passkey service can't do passkeys. Switch it on, or sign in another way.";
    Aborted = "aborted", 200, "The operation was interrupted on the device. Try again.";
    ClientError = "client-error", 200, "The device reports an error. Try again, or sign in another way.";
}

impl Reason {
    /// Every way that could help.
    pub fn ways(self) -> Vec<Way> {
        let helps = |way: &Way| match self {
            // Trying again can't help.
            Reason::BackupEligibility | Reason::ProofNeeded | Reason::SignCount => *way != Way::Retry,
            Reason::Reconciled => false,
            _ => true,
        };
        Way::ALL.iter().copied().filter(helps).collect()
    }
}
