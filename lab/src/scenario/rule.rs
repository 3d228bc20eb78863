//! What a step tests: the rule by which its answer is to be refused, or accepted.

use crate::check::CheckId;

/// One step of verification (WebAuthn-3 §7.1, §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Signature,
    Challenge,
    ChallengeExpiry,
    Origin,
    RpId,
    Type,
    UserPresence,
    UserVerification,
    Credential,
    UserHandle,
    Form,
    SignCount,
    BackupEligibility,
    ShortSignature,
    EmptyExtensions,
    UnsolicitedExtension,
}

impl Rule {
    /// With the names in scenario files.
    pub const ALL: [(&'static str, Rule); 16] = [
        ("signature", Rule::Signature),
        ("challenge", Rule::Challenge),
        ("challenge-expiry", Rule::ChallengeExpiry),
        ("origin", Rule::Origin),
        ("rp-id", Rule::RpId),
        ("type", Rule::Type),
        ("user-presence", Rule::UserPresence),
        ("user-verification", Rule::UserVerification),
        ("credential", Rule::Credential),
        ("user-handle", Rule::UserHandle),
        ("form", Rule::Form),
        ("sign-count", Rule::SignCount),
        ("backup-eligibility", Rule::BackupEligibility),
        ("short-signature", Rule::ShortSignature),
        ("empty-extensions", Rule::EmptyExtensions),
        ("unsolicited-extension", Rule::UnsolicitedExtension),
    ];

    /// What is wrong where an answer that breaks the rule is accepted. `None`: accepting is right, or a matter of choice.
    #[must_use]
    pub const fn accepted(self) -> Option<CheckId> {
        Some(match self {
            Rule::Signature => CheckId::SignatureNotVerified,
            Rule::Challenge => CheckId::ChallengeNotVerified,
            Rule::ChallengeExpiry => CheckId::ChallengeOutlivesLifetime,
            Rule::Origin => CheckId::OriginNotVerified,
            Rule::RpId => CheckId::RpIdNotVerified,
            Rule::Type => CheckId::TypeNotVerified,
            Rule::UserPresence => CheckId::UserPresenceNotVerified,
            Rule::UserVerification => CheckId::UserVerificationNotEnforced,
            Rule::Credential => CheckId::UnknownCredentialAccepted,
            Rule::UserHandle => CheckId::UserHandleNotVerified,
            Rule::Form => CheckId::MalformedAccepted,
            Rule::SignCount => CheckId::SignCountIgnored,
            Rule::BackupEligibility | Rule::ShortSignature | Rule::EmptyExtensions | Rule::UnsolicitedExtension => return None,
        })
    }

    /// What is wrong where an answer that keeps the rule is refused.
    #[must_use]
    pub const fn refused(self) -> CheckId {
        match self {
            Rule::ShortSignature => CheckId::ShortSignatureRefused,
            Rule::EmptyExtensions => CheckId::EmptyExtensionsRefused,
            Rule::UnsolicitedExtension => CheckId::UnsolicitedExtensionRefused,
            _ => CheckId::RetryRefused,
        }
    }
}
