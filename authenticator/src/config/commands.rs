//! The commands that not every device has.

use serde::{Deserialize, Serialize};

/// Which of them a device has; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Commands {
    /// authenticatorCredentialManagement (`credMgmt`).
    pub credential_management: bool,
    /// Its prototype of `FIDO_2_1_PRE` (`credentialMgmtPreview`).
    pub credential_management_preview: bool,
    /// The sensor of authenticatorBioEnrollment. With one, [`super::BuiltInVerification`] says whether a finger is enrolled at first.
    pub fingerprint_sensor: Option<FingerprintSensor>,
    /// authenticatorBioEnrollment (`bioEnroll`), if there is a sensor.
    pub bio_enrollment: bool,
    /// Its prototype of `FIDO_2_1_PRE` (`userVerificationMgmtPreview`), if there is a sensor.
    pub bio_enrollment_preview: bool,
    /// authenticatorLargeBlobs (`largeBlobs`): bytes of the serialized array that fit, at least 1,024 (`maxSerializedLargeBlobArray`).
    pub large_blobs: Option<usize>,
    /// Commands of the vendor's range, 0x42 to 0xBF; 0x40 and 0x41 are the prototypes'.
    pub vendor: Vec<VendorCommand>,
}

/// What enrols fingers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct FingerprintSensor {
    pub kind: FingerprintKind,
    /// Good samples for one finger (`maxCaptureSamplesRequiredForEnroll`).
    pub samples: u8,
    /// Fingers that fit.
    pub capacity: usize,
    /// Bytes of a finger's name (`maxTemplateFriendlyName`).
    pub max_friendly_name: usize,
}

impl Default for FingerprintSensor {
    fn default() -> Self {
        Self { kind: FingerprintKind::Touch, samples: 5, capacity: 5, max_friendly_name: 64 }
    }
}

/// How a finger meets the sensor (CTAP2.3 §6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FingerprintKind {
    Touch = 1,
    Swipe = 2,
}

/// A command of the vendor that always answers the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct VendorCommand {
    pub code: u8,
    /// The bytes after the status byte, which is `CTAP2_OK`: one CBOR map, or nothing.
    #[serde(default)]
    pub answer: Vec<u8>,
}

impl Commands {
    /// Every one that CTAP 2.3 has, and their prototypes.
    #[must_use]
    pub fn full() -> Self {
        Self {
            credential_management: true,
            credential_management_preview: true,
            fingerprint_sensor: Some(FingerprintSensor::default()),
            bio_enrollment: true,
            bio_enrollment_preview: true,
            large_blobs: Some(4_096),
            vendor: Vec::new(),
        }
    }
}
