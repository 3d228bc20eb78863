//! Who vouches for a model of authenticator: its attestation key, and the authority that certifies it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use x509_cert::ext::Extension;

use super::authority::Leaf;
use super::certificate::{Date, Validity, public_key_info};
use super::{AttestationError, Authority, Chip, KeyDescription};
use crate::algorithm::{PrivateKey, es256};
use crate::{authenticator_data, random};

/// From what an attester is made. Plain data, part of a device's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Issuance {
    /// Of the authority; devices of one seed and validity share a root.
    pub seed: u64,
    /// Of every certificate.
    pub validity: Validity,
    /// An intermediate stands between root and leaf, and is sent. Without it, `x5c` is one certificate, which the root signed.
    pub intermediate: bool,
    /// In the certificate of an enterprise attestation.
    pub device_serial: u64,
    /// The moment of [`crate::Time::START`], in milliseconds since 1970: SafetyNet says when it attested, and verifiers want that to be now.
    pub attested_at: u64,
}

impl Default for Issuance {
    /// The authority of seed 0, valid from 2024 to 2049.
    fn default() -> Self {
        let january = |year| Date { year, month: 1, day: 1 };
        Self {
            seed: 0,
            validity: Validity { not_before: january(2024), not_after: january(2049) },
            intermediate: true,
            device_serial: 1,
            // 2024-01-01T00:00:00Z
            attested_at: 1_704_067_200_000,
        }
    }
}

/// Signs attestation statements for one model of authenticator.
#[derive(Clone, Debug)]
pub struct Attester {
    pub authority: Authority,
    /// The key of the model, which packed, tpm and fido-u2f sign with.
    pub key: es256::SecretKey,
    /// Of attestation certificates (RFC 4514).
    pub subject: String,
    /// The serial number of certificates; `None`: drawn from the key that each certifies.
    pub serial: Option<Vec<u8>>,
    /// In the extension of packed certificates that names the model (WebAuthn-3 §8.2.1); `None`: without the extension.
    pub aaguid: Option<[u8; 16]>,
    pub chip: Chip,
    pub key_description: KeyDescription,
    /// Android's keystore sends its root too, at the end of `x5c`, and verifiers of android-key look for it there.
    pub android_sends_root: bool,
    pub issuance: Issuance,
}

impl Attester {
    /// The attester of the model `aaguid` at the authority of `issuance`.
    ///
    /// # Errors
    /// [`AttestationError`] when the validity is none.
    pub fn new(issuance: Issuance, aaguid: [u8; 16]) -> Result<Self, AttestationError> {
        let authority = Authority::from_seed(issuance.seed, issuance.validity)?;
        let model = authenticator_data::format_aaguid(&aaguid);
        Ok(Self {
            authority: if issuance.intermediate { authority } else { authority.without_intermediate() },
            key: es256::SecretKey::generate(&mut random::stream(issuance.seed, &format!("attestation key of {model}"))),
            // WebAuthn-3 §8.2.1: C, O, this OU, CN.
            subject: format!("C=AA,OU=Authenticator Attestation,O=faultkey test keys,CN=faultkey {model}"),
            serial: None,
            aaguid: Some(aaguid),
            chip: Chip::default(),
            key_description: KeyDescription::default(),
            android_sends_root: true,
            issuance,
        })
    }

    /// The signature of the model's key (ES256).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AttestationError> {
        Ok(self.key.sign(message)?)
    }

    /// The certificates of the model's key.
    pub(super) fn chain(&self, subject: &str, extensions: Vec<Extension>) -> Result<Vec<Vec<u8>>, AttestationError> {
        self.chain_of(&PrivateKey::Es256(self.key.clone()), "packed", subject, extensions)
    }

    /// The certificates of `key`.
    pub(super) fn chain_of(
        &self,
        key: &PrivateKey,
        format: &'static str,
        subject: &str,
        extensions: Vec<Extension>,
    ) -> Result<Vec<Vec<u8>>, AttestationError> {
        let public_key = public_key_info(key, format)?;
        let digest = Sha256::new().chain_update(subject).chain_update(&public_key).finalize();
        let serial = self.serial.clone().unwrap_or_else(|| digest.iter().copied().take(16).collect());
        self.authority.issue(Leaf { subject, serial: &serial, public_key: &public_key, extensions })
    }

    /// The one certificate that attests the model in a U2F registration (U2F raw messages §4.3). There is no place for an intermediate, so
    /// the root signs it.
    ///
    /// # Errors
    /// [`AttestationError`] when the certificate can't be written.
    pub fn u2f_certificate(&self) -> Result<Vec<u8>, AttestationError> {
        let direct = Self { authority: self.authority.clone().without_intermediate(), ..self.clone() };
        Ok(direct.chain(&self.subject, Vec::new())?.concat())
    }
}

/// An extension, its failure told with the certificate's subject.
pub(super) fn extension(subject: &str, oid: &str, critical: bool, value: &[u8]) -> Result<Extension, AttestationError> {
    super::certificate::extension(oid, critical, value)
        .map_err(|error| AttestationError::Certificate { subject: subject.to_owned(), what: error.to_string() })
}
