//! Attestation statement formats (WebAuthn-3 §8). One file each; beside them the certificate authority that stands behind those with certificates.

mod android_key;
mod android_safetynet;
mod apple;
mod attester;
mod authority;
mod certificate;
mod compound;
mod der;
mod fido_u2f;
pub mod metadata;
mod none;
mod packed;
#[cfg(test)]
mod tests;
mod tpm;

use std::str::FromStr;

use ciborium::Value;
use serde::{Deserialize, Serialize};

pub use android_key::KeyDescription;
pub use attester::{Attester, Issuance};
pub use authority::Authority;
pub use certificate::{Date, Validity};
pub use tpm::Chip;

use crate::algorithm::{InvalidKey, PrivateKey};
use crate::{AuthenticatorData, Status};

/// The format of the attestation statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AttestationFormat {
    #[default]
    None,
    /// Packed, self attestation: signed by the credential's own key (§8.2).
    PackedSelf,
    /// Packed, signed by the key of the model, whose certificate names the AAGUID (§8.2).
    Packed,
    /// Packed, signed by a key of this one device, whose certificate has its serial number (§8.2): enterprise attestation.
    Enterprise,
    /// Trusted Platform Module 2.0 (§8.3).
    Tpm,
    /// Android hardware-backed key (§8.4).
    AndroidKey,
    /// Android SafetyNet as it was until it was shut down in 2025 (§8.5).
    AndroidSafetynet,
    /// As a U2F key signs its registrations (§8.6).
    FidoU2f,
    /// Apple's anonymous attestation (§8.8).
    Apple,
    /// Two statements in one: packed, and one of a TPM (§8.9). With certificates it is nested five deep, one more than CTAP2.3 §8 allows in
    /// a message: it belongs to authenticators that are not spoken to by CTAP, and a strict platform refuses the reply.
    Compound,
}

impl AttestationFormat {
    /// Every format, for lists.
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::PackedSelf,
        Self::Packed,
        Self::Enterprise,
        Self::Tpm,
        Self::AndroidKey,
        Self::AndroidSafetynet,
        Self::FidoU2f,
        Self::Apple,
        Self::Compound,
    ];

    /// Its name in profiles and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PackedSelf => "packed-self",
            Self::Enterprise => "enterprise",
            other => other.identifier(),
        }
    }

    /// Its identifier in the IANA registry of attestation statement formats.
    #[must_use]
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PackedSelf | Self::Packed | Self::Enterprise => "packed",
            Self::Tpm => "tpm",
            Self::AndroidKey => "android-key",
            Self::AndroidSafetynet => "android-safetynet",
            Self::FidoU2f => "fido-u2f",
            Self::Apple => "apple",
            Self::Compound => "compound",
        }
    }

    /// Whether a credential of the COSE algorithm `algorithm` fits into the statement.
    #[must_use]
    pub const fn takes(self, algorithm: i64) -> bool {
        match self {
            Self::None | Self::PackedSelf | Self::Packed | Self::Enterprise | Self::AndroidSafetynet => true,
            Self::Tpm | Self::Compound => matches!(algorithm, -7 | -9 | -35 | -51 | -36 | -52 | -257 | -258 | -259 | -37 | -38 | -39),
            Self::AndroidKey => matches!(algorithm, -7 | -9 | -35 | -51 | -36 | -52 | -257),
            Self::FidoU2f => algorithm == -7,
            Self::Apple => matches!(algorithm, -7 | -9),
        }
    }

    /// Whether certificates are part of the statement, for which an [`Attester`] is needed.
    #[must_use]
    pub const fn needs_attester(self) -> bool {
        !matches!(self, Self::None | Self::PackedSelf)
    }

    /// The statement over `claim`.
    ///
    /// # Errors
    /// [`AttestationError`] when this format can't attest the credential, or there is no attester and one is needed.
    pub fn statement(self, claim: &Claim, attester: Option<&Attester>) -> Result<Value, AttestationError> {
        if !self.takes(claim.key.algorithm()) {
            return Err(AttestationError::Algorithm { format: self.identifier(), algorithm: claim.key.algorithm() });
        }
        let attester = || attester.ok_or(AttestationError::NoAttester { format: self.identifier() });
        match self {
            Self::None => Ok(none::statement()),
            Self::PackedSelf => packed::self_statement(claim),
            Self::Packed => packed::statement(claim, attester()?),
            Self::Enterprise => packed::enterprise_statement(claim, attester()?),
            Self::Tpm => tpm::statement(claim, attester()?),
            Self::AndroidKey => android_key::statement(claim, attester()?),
            Self::AndroidSafetynet => android_safetynet::statement(claim, attester()?),
            Self::FidoU2f => fido_u2f::statement(claim, attester()?),
            Self::Apple => apple::statement(claim, attester()?),
            Self::Compound => compound::statement(claim, attester()?),
        }
    }
}

impl FromStr for AttestationFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            format!("expected one of {}, found {text:?}", names.join(", "))
        })
    }
}

/// What is attested: a new credential, and the ceremony that it was made in.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The credential's private key. Only self attestation and android-key sign with it; the others vouch for its public key.
    pub key: &'a PrivateKey,
    pub authenticator_data: &'a AuthenticatorData,
    pub client_data_hash: &'a [u8],
}

impl Claim<'_> {
    /// Authenticator data and client data hash, what most formats sign.
    fn to_be_signed(self) -> Vec<u8> {
        [self.authenticator_data.to_bytes().as_slice(), self.client_data_hash].concat()
    }
}

/// `x5c`: certificates, the attestation certificate first, the root left out.
fn x5c(chain: Vec<Vec<u8>>) -> Value {
    Value::Array(chain.into_iter().map(Value::Bytes).collect())
}

/// Why a statement or a certificate can't be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    #[error(transparent)]
    Key(#[from] InvalidKey),
    #[error("attestation format {format} can't attest a credential of COSE algorithm {algorithm}; choose packed or none")]
    Algorithm { format: &'static str, algorithm: i64 },
    #[error("attestation format {format} needs an attester with certificates")]
    NoAttester { format: &'static str },
    #[error("the certificate of {subject:?} can't be written: {what}")]
    Certificate { subject: String, what: String },
    #[error("{0} is no date of the calendar")]
    Date(Date),
}

impl From<AttestationError> for crate::Refusal {
    fn from(error: AttestationError) -> Self {
        match error {
            AttestationError::Key(key) => key.into(),
            _ => Self::rule(Status::Other, "the attestation statement can't be made for this credential"),
        }
    }
}
