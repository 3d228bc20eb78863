//! credProtect: when a credential may be used without user verification (CTAP2.3 §12.1).

use serde::{Deserialize, Serialize};

/// A credential's protection policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CredProtect {
    /// Without user verification, always.
    #[default]
    UserVerificationOptional,
    /// Without user verification only by whoever knows the credential id.
    #[serde(rename = "userVerificationOptionalWithCredentialIDList")]
    UserVerificationOptionalWithCredentialIdList,
    /// Never without user verification; not even its existence shows.
    UserVerificationRequired,
}

impl CredProtect {
    pub const ALL: [Self; 3] =
        [Self::UserVerificationOptional, Self::UserVerificationOptionalWithCredentialIdList, Self::UserVerificationRequired];

    /// Its number in messages.
    #[must_use]
    pub const fn level(self) -> u8 {
        match self {
            Self::UserVerificationOptional => 1,
            Self::UserVerificationOptionalWithCredentialIdList => 2,
            Self::UserVerificationRequired => 3,
        }
    }

    /// The policy of a number in a message.
    #[must_use]
    pub fn from_level(level: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| u64::from(policy.level()) == level)
    }

    /// Whether getAssertion may use the credential (CTAP2.3 §6.2.2 step 7, its last two parts).
    #[must_use]
    pub const fn allows_assertion(self, verified: bool, has_allow_list: bool) -> bool {
        match self {
            Self::UserVerificationOptional => true,
            Self::UserVerificationOptionalWithCredentialIdList => verified || has_allow_list,
            Self::UserVerificationRequired => verified,
        }
    }

    /// Whether an excludeList that names the credential excludes it (CTAP2.3 §6.1.2 step 12): one that needs user verification stays hidden
    /// without it.
    #[must_use]
    pub fn excludes(self, verified: bool) -> bool {
        verified || self != Self::UserVerificationRequired
    }
}
