//! Fingers that are enrolled, and what a sensor says of a sample (CTAP2.3 §6.7).

use ciborium::Value;
use sha2::{Digest, Sha256};

use crate::config::BuiltInVerification;
use crate::device::Device;
use crate::{Change, StateKey, StoreError, cbor};

/// The fingers. Absent: nothing was changed since the device was new.
const FINGERPRINTS: StateKey = StateKey::of("fingerprints");

/// `lastEnrollSampleStatus`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SampleStatus {
    Good = 0x00,
    TooHigh = 0x01,
    TooLow = 0x02,
    TooLeft = 0x03,
    TooRight = 0x04,
    TooFast = 0x05,
    TooSlow = 0x06,
    PoorQuality = 0x07,
    TooSkewed = 0x08,
    TooShort = 0x09,
    MergeFailure = 0x0A,
    Exists = 0x0B,
    DatabaseFull = 0x0C,
    NoUserActivity = 0x0D,
    NoUserPresenceTransition = 0x0E,
}

impl SampleStatus {
    /// Every one, with the specification's name.
    pub const ALL: [(Self, &'static str); 15] = [
        (Self::Good, "CTAP2_ENROLL_FEEDBACK_FP_GOOD"),
        (Self::TooHigh, "CTAP2_ENROLL_FEEDBACK_FP_TOO_HIGH"),
        (Self::TooLow, "CTAP2_ENROLL_FEEDBACK_FP_TOO_LOW"),
        (Self::TooLeft, "CTAP2_ENROLL_FEEDBACK_FP_TOO_LEFT"),
        (Self::TooRight, "CTAP2_ENROLL_FEEDBACK_FP_TOO_RIGHT"),
        (Self::TooFast, "CTAP2_ENROLL_FEEDBACK_FP_TOO_FAST"),
        (Self::TooSlow, "CTAP2_ENROLL_FEEDBACK_FP_TOO_SLOW"),
        (Self::PoorQuality, "CTAP2_ENROLL_FEEDBACK_FP_POOR_QUALITY"),
        (Self::TooSkewed, "CTAP2_ENROLL_FEEDBACK_FP_TOO_SKEWED"),
        (Self::TooShort, "CTAP2_ENROLL_FEEDBACK_FP_TOO_SHORT"),
        (Self::MergeFailure, "CTAP2_ENROLL_FEEDBACK_FP_MERGE_FAILURE"),
        (Self::Exists, "CTAP2_ENROLL_FEEDBACK_FP_EXISTS"),
        (Self::DatabaseFull, "CTAP2_ENROLL_FEEDBACK_FP_DATABASE_FULL"),
        (Self::NoUserActivity, "CTAP2_ENROLL_FEEDBACK_NO_USER_ACTIVITY"),
        (Self::NoUserPresenceTransition, "CTAP2_ENROLL_FEEDBACK_NO_USER_PRESENCE_TRANSITION"),
    ];

    /// Its number in messages.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// A finger that is enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub template_id: Vec<u8>,
    pub friendly_name: String,
}

impl Fingerprint {
    /// `templateInfos`. The name is optional there; it is always told, since platforms in use read it unasked.
    pub fn infos(fingerprints: &[Self]) -> Value {
        let info = |finger: &Self| {
            cbor::int_map([(0x01, Value::Bytes(finger.template_id.clone())), (0x02, Value::from(finger.friendly_name.as_str()))])
        };
        Value::Array(fingerprints.iter().map(info).collect())
    }

    /// The change that makes these the enrolled ones.
    pub fn keep(fingerprints: &[Self]) -> Change {
        Change::SetState(FINGERPRINTS, cbor::write(&Self::infos(fingerprints)))
    }

    fn read(info: &Value) -> Option<Self> {
        let [(_, Value::Bytes(template_id)), (_, Value::Text(friendly_name))] = info.as_map()?.as_slice() else { return None };
        Some(Self { template_id: template_id.clone(), friendly_name: friendly_name.clone() })
    }

    /// The finger that was enrolled when the device was new.
    fn first() -> Self {
        let id = Sha256::digest("the finger that was enrolled when the device was new");
        Self { template_id: id.iter().take(16).copied().collect(), friendly_name: String::new() }
    }
}

impl Device {
    /// The fingers that are enrolled, oldest first.
    pub(crate) fn fingerprints(&self) -> Result<Vec<Fingerprint>, StoreError> {
        let Some(bytes) = self.store.state(&FINGERPRINTS)? else {
            return Ok(match self.config.verification {
                BuiltInVerification::Ready => vec![Fingerprint::first()],
                BuiltInVerification::NotEnrolled | BuiltInVerification::Absent => Vec::new(),
            });
        };
        // The record's checksum was good, so it is what `keep` wrote.
        let infos = cbor::read_strict(&bytes).ok();
        let infos = infos.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Ok(infos.iter().filter_map(Fingerprint::read).collect())
    }

    /// Built-in verification as it stands: with a sensor, the fingers in it decide.
    pub(crate) fn built_in_verification(&self) -> Result<BuiltInVerification, StoreError> {
        let configured = self.config.verification;
        if self.config.commands.fingerprint_sensor.is_none() || configured == BuiltInVerification::Absent {
            return Ok(configured);
        }
        Ok(if self.fingerprints()?.is_empty() { BuiltInVerification::NotEnrolled } else { BuiltInVerification::Ready })
    }

    /// `uv` is true.
    pub(crate) fn is_verification_ready(&self) -> Result<bool, StoreError> {
        Ok(self.built_in_verification()? == BuiltInVerification::Ready)
    }
}
