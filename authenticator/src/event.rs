//! What happens to a device, in the user's language, and what that does to its keys.

use serde::{Deserialize, Serialize};

/// Something that a person or the system did to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    FingerprintEnrolled,
    FingerprintRemoved,
    LockScreenRemoved,
    PinReset,
    OsUpdated,
    DeviceMigrated,
    AppDataCleared,
    RestoredFromBackup,
    Reset,
}

impl Event {
    /// Every event, in the order of the manual.
    pub const ALL: [Event; 9] = [
        Event::FingerprintEnrolled,
        Event::FingerprintRemoved,
        Event::LockScreenRemoved,
        Event::PinReset,
        Event::OsUpdated,
        Event::DeviceMigrated,
        Event::AppDataCleared,
        Event::RestoredFromBackup,
        Event::Reset,
    ];

    /// The name used on the command line and in scenario files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Event::FingerprintEnrolled => "fingerprint-enrolled",
            Event::FingerprintRemoved => "fingerprint-removed",
            Event::LockScreenRemoved => "lock-screen-removed",
            Event::PinReset => "pin-reset",
            Event::OsUpdated => "os-updated",
            Event::DeviceMigrated => "device-migrated",
            Event::AppDataCleared => "app-data-cleared",
            Event::RestoredFromBackup => "restored-from-backup",
            Event::Reset => "reset",
        }
    }
}

/// What an event does to every credential of the authenticator. Durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The keys survive.
    #[default]
    Nothing,
    /// The private key is unusable for ever; the credential's record stays (catalogue AK-01, AK-02).
    KeyInvalidated,
    /// The record is deleted (AK-06).
    CredentialGone,
    /// Same credential id, another key pair (AK-03).
    OtherKey,
}

impl Effect {
    /// The name used in profile files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Effect::Nothing => "nothing",
            Effect::KeyInvalidated => "key-invalidated",
            Effect::CredentialGone => "credential-gone",
            Effect::OtherKey => "other-key",
        }
    }
}
