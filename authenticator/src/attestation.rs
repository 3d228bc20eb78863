//! Attestation statement formats (WebAuthn-3 §8). One file each.

mod none;
mod packed;

use ciborium::Value;
use serde::{Deserialize, Serialize};

use crate::algorithm::{InvalidKey, PrivateKey};

/// The format of the attestation statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttestationFormat {
    #[default]
    None,
    /// Packed, self attestation: signed by the credential's own key (§8.2).
    PackedSelf,
}

impl AttestationFormat {
    /// Its identifier in the IANA registry of attestation statement formats.
    #[must_use]
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PackedSelf => "packed",
        }
    }

    /// The formats of a device that is configured for `self`, preferred first; any device can leave the attestation out.
    #[must_use]
    pub fn supported(self) -> Vec<Self> {
        match self {
            Self::None => vec![Self::None],
            Self::PackedSelf => vec![Self::PackedSelf, Self::None],
        }
    }

    /// The statement over these bytes, signed with the credential's own `key`.
    pub(crate) fn statement(self, key: &PrivateKey, authenticator_data: &[u8], client_data_hash: &[u8]) -> Result<Value, InvalidKey> {
        match self {
            Self::None => Ok(none::statement()),
            Self::PackedSelf => packed::self_statement(key, authenticator_data, client_data_hash),
        }
    }
}
