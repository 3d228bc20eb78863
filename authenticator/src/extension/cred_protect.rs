//! credProtect: when a credential may be used without user verification (CTAP2.3 §12.1).

use serde::{Deserialize, Serialize};

use super::{Extension, ExtensionData, Inputs};
use crate::refusal::Refusal;
use crate::{Status, members};

/// A credential's protection policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// A device may protect more than it is asked to, and says what it did. It also says so unasked, if its default is above the lowest
/// policy.
pub(super) fn at_registration(inputs: &Inputs, data: &mut ExtensionData) -> Result<Option<u8>, Refusal> {
    let Some(level) = inputs.get(Extension::CredProtect, members::unsigned)? else {
        return Ok((data.cred_protect != CredProtect::default()).then(|| data.cred_protect.level()));
    };
    // §12.1 names no status; pico-fido has this one, others have INVALID_PARAMETER.
    let Some(asked) = CredProtect::from_level(level) else {
        return Err(Refusal::member(Status::InvalidOption, "extensions.credProtect", "is none of the three policies"));
    };
    data.cred_protect = data.cred_protect.max(asked);
    Ok(Some(data.cred_protect.level()))
}
