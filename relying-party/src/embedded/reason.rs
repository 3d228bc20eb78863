//! Why a ceremony did not go through: the code, what the user is shown, and the ways out.

use super::challenge::Ceremony;

/// A way out, offered beside a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Retry,
    Password,
    Phone,
    RegisterAgain,
    Support,
}

impl Way {
    pub(super) const fn action(self) -> &'static str {
        match self {
            Way::Retry => "retry",
            Way::Password => "password",
            Way::Phone => "phone",
            Way::RegisterAgain => "register-again",
            Way::Support => "support",
        }
    }

    pub(super) const fn href(self, ceremony: Ceremony) -> &'static str {
        match (self, ceremony) {
            (Way::Retry, Ceremony::Registration) | (Way::RegisterAgain, _) => "/attestation/options",
            (Way::Retry, Ceremony::Authentication) => "/assertion/options",
            (Way::Password, _) => "/login/password",
            (Way::Phone, _) => "/login/phone",
            (Way::Support, _) => "/support/reset",
        }
    }
}

/// Every way: trying again may help, and so may another passkey.
const ALL: &[Way] = &[Way::Retry, Way::Password, Way::Phone, Way::RegisterAgain, Way::Support];
/// Nothing is wrong with the passkey.
const AGAIN: &[Way] = &[Way::Retry, Way::Password, Way::Phone, Way::Support];
/// Trying again can't help.
const OTHERWISE: &[Way] = &[Way::Password, Way::Phone, Way::RegisterAgain, Way::Support];
/// Prove who you are in another way.
const PROVE: &[Way] = &[Way::Password, Way::Phone, Way::Support];

macro_rules! reasons {
    ($($name:ident = $code:literal, $status:literal, $ways:expr, $shown:literal;)*) => {
        /// Why. The code is the same in the answer and in the log.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Reason { $($name),* }

        impl Reason {
            #[cfg(test)]
            pub(super) const ALL: &[Reason] = &[$(Reason::$name),*];

            /// The token in the answer and in the log.
            pub(super) const fn code(self) -> &'static str {
                match self { $(Reason::$name => $code),* }
            }

            /// The HTTP status of a refusal for this reason.
            pub(super) const fn status(self) -> u16 {
                match self { $(Reason::$name => $status),* }
            }

            pub(super) const fn ways(self) -> &'static [Way] {
                match self { $(Reason::$name => $ways),* }
            }

            /// What the user is shown.
            pub(super) const fn shown(self) -> &'static str {
                match self { $(Reason::$name => $shown),* }
            }
        }
    };
}

reasons! {
    // The request.
    MalformedRequest = "malformed-request", 400, AGAIN, "The request was not understood. Nothing has changed. Please try again.";
    IncompleteRequest = "incomplete-request", 400, AGAIN, "The connection broke before your request had arrived. Nothing has changed. Please try again.";

    // The challenge.
    ChallengeMismatch = "challenge-mismatch", 400, AGAIN, "This attempt does not belong to this browser session. Please start again.";
    ChallengeExpired = "challenge-expired", 400, AGAIN, "This took longer than a minute, so the attempt has expired. Please try again.";
    ChallengeUsed = "challenge-used", 400, AGAIN, "This attempt has already been answered. Please start again.";

    // What the client says of the ceremony.
    WrongCeremonyType = "wrong-ceremony-type", 400, AGAIN, "Your browser sent the answer of another kind of request. Please try again.";
    OriginMismatch = "origin-mismatch", 403, AGAIN, "This request came from an address that is not ours. Open our own site or app, and try again there.";
    CrossOrigin = "cross-origin", 403, AGAIN, "This request came from a page inside another site. Open our own site, and try again there.";

    // What the authenticator says.
    RpIdMismatch = "rp-id-mismatch", 403, ALL, "This passkey belongs to another site. Choose the passkey of this account.";
    UserPresenceMissing = "user-presence-missing", 403, ALL, "Your device did not confirm that you were there. Please try again.";
    UserVerificationMissing = "user-verification-missing", 403, ALL, "Your device did not check fingerprint, face or PIN, which we need. Set up a screen lock, try again, or sign in another way.";
    BackupEligibilityChanged = "backup-eligibility-changed", 403, OTHERWISE, "Your passkey has changed from one that stays on its device to one that is synced, or back. Sign in another way, and register it again.";
    BackupStateInvalid = "backup-state-invalid", 403, ALL, "Your device says that a passkey is backed up which can't be. Sign in another way, and register a new passkey.";
    AuthenticatorDataMalformed = "authenticator-data-malformed", 400, ALL, "Your device sent an answer that can't be read. Try again, or use another device.";
    SignCountWentBack = "sign-count-went-back", 403, PROVE, "You are signed in with restricted rights: the passkey seems to have been copied or restored. Confirm with password or telephone to get full rights.";

    // The credential.
    UnknownCredential = "unknown-credential", 404, ALL, "We do not know this passkey. Choose another one, or sign in another way and register again.";
    CredentialNotAllowed = "credential-not-allowed", 403, ALL, "This passkey belongs to another account. Choose the passkey of this account.";
    UserHandleMismatch = "user-handle-mismatch", 403, ALL, "This passkey names another user than the account that it was registered for. Choose another passkey, or sign in another way and register again.";
    KeyMismatch = "key-mismatch", 403, ALL, "The key on your device is not the one that was registered, as happens after a reset or a change of device. Sign in another way, and register again.";
    SignatureMalformed = "signature-malformed", 400, ALL, "Your device sent a signature that can't be read. Please try again.";
    CredentialIdMismatch = "credential-id-mismatch", 400, ALL, "The answer names two different passkeys. Please try again.";

    // Registration.
    AttestationRefused = "attestation-refused", 403, ALL, "Your device's proof of its make could not be verified. Try again, or use another device.";
    AlgorithmNotOffered = "algorithm-not-offered", 403, ALL, "Your device made a kind of key that we do not support. Use another device.";
    CredentialIdTaken = "credential-id-taken", 409, ALL, "This passkey already belongs to another account. Register a new one.";
    AlreadyRegistered = "already-registered", 409, ALL, "There is a passkey for this account already. Try to sign in with it. If that fails, sign in by password or telephone, and register again: the new passkey then replaces the old one.";
    AuthenticationNeeded = "authentication-needed", 403, PROVE, "To replace your passkey, first sign in by password or telephone.";
    VerificationRefused = "verification-refused", 403, ALL, "Your passkey could not be verified. Sign in another way, and register again.";

    // Other ways to log in.
    WrongPassword = "wrong-password", 401, AGAIN, "User name or password is wrong.";
    PasswordLocked = "password-locked", 403, &[Way::Retry, Way::Phone, Way::Support], "Too many wrong passwords. Sign in by passkey or telephone, or ask the support desk.";
    PhoneNotConfirmed = "phone-not-confirmed", 401, &[Way::Retry, Way::Password, Way::Support], "The call-back was not confirmed.";

    // What only the client saw.
    PasskeyNotUsable = "passkey-not-usable", 400, ALL, "Your device did not use a passkey: it was cancelled, took too long, or the passkey is gone, as after a new fingerprint or a change of device. Try again, or sign in another way and register again.";
    NoAnswerToLogIn = "no-answer-to-log-in", 400, ALL, "There was no answer in time. If you use a security key, plug it in, leave it in until you have touched it, and try again; or sign in another way.";
    NoAnswerToRegistration = "no-answer-to-registration", 400, ALL, "There was no answer in time, and no passkey is registered. If you use a security key, plug it in, leave it in until you are told that it is registered, and try again. A passkey that it may have kept is replaced then.";
    NoPlatformVerification = "no-platform-verification", 400, ALL, "This device has no screen lock, fingerprint or face set up, which passkeys need. Set one up, then try again; a passkey made before may have to be registered again.";
    DeviceUnsupported = "device-unsupported", 400, ALL, "This device, browser or passkey service can't do passkeys. Passkeys need iOS 18 or Android 9 with Chrome 128, and a passkey service switched on. Sign in another way meanwhile.";
    DomainCheckFailed = "domain-check-failed", 400, AGAIN, "Your device could not confirm that this app belongs to our site. Switch off VPN or proxy, and try again.";
    InterruptedBeforeChallenge = "interrupted-before-challenge", 400, AGAIN, "The connection broke before we could start. Nothing has changed. Please try again.";
    InterruptedLogIn = "interrupted-log-in", 400, AGAIN, "The connection broke during the sign-in, and you are not signed in. Please try again.";
    InterruptedRegistration = "interrupted-registration", 400, ALL, "The connection broke while your passkey was registered, and we have not stored it. Please try again.";
    Aborted = "aborted", 400, AGAIN, "The operation was interrupted on your device. Nothing has changed. Please try again.";
    ClientError = "client-error", 400, ALL, "Your device reported an error. Try again, or sign in another way.";
}
