//! Attestation statement formats (WebAuthn-3 §8). One file each.

use serde::{Deserialize, Serialize};

/// The format of the attestation statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttestationFormat {
    #[default]
    None,
    /// Packed, self attestation: signed by the credential's own key (§8.2).
    PackedSelf,
}
