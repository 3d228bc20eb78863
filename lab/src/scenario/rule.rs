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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_rule_has_a_name_and_what_breaks_it_is_a_check_of_its_own() {
        let names: BTreeSet<&str> = Rule::ALL.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), Rule::ALL.len());
        let accepted: Vec<(&str, &str)> = Rule::ALL.iter().filter_map(|(name, rule)| Some((*name, rule.accepted()?.name()))).collect();
        let expected = [
            ("signature", "signature-not-verified"),
            ("challenge", "challenge-not-verified"),
            ("challenge-expiry", "challenge-outlives-lifetime"),
            ("origin", "origin-not-verified"),
            ("rp-id", "rp-id-not-verified"),
            ("type", "type-not-verified"),
            ("user-presence", "user-presence-not-verified"),
            ("user-verification", "user-verification-not-enforced"),
            ("credential", "unknown-credential-accepted"),
            ("user-handle", "user-handle-not-verified"),
            ("form", "malformed-accepted"),
            ("sign-count", "sign-count-ignored"),
        ];
        assert_eq!(accepted, expected);
    }

    #[test]
    fn what_keeps_the_rule_is_not_to_be_refused() {
        let own: Vec<(&str, &str)> = Rule::ALL
            .iter()
            .filter(|(_, rule)| rule.refused() != CheckId::RetryRefused)
            .map(|(name, rule)| (*name, rule.refused().name()))
            .collect();
        let expected = [
            ("short-signature", "short-signature-refused"),
            ("empty-extensions", "empty-extensions-refused"),
            ("unsolicited-extension", "unsolicited-extension-refused"),
        ];
        assert_eq!(own, expected);
    }
}
