//! What kind of device this is.

mod attestation;
mod commands;
mod feature;
mod protection;
mod version;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use attestation::{Attestation, Enterprise};
pub use commands::{Commands, FingerprintKind, FingerprintSensor, VendorCommand};
pub use feature::{Feature, Impossible, Kind, Rule};
pub use protection::Protection;
pub use version::{Since, Version};

use crate::attestation::AttestationFormat;
use crate::extension::Extensions;
use crate::{Effect, Event};

/// How the signature counter moves (WebAuthn-3 §6.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SignCountPolicy {
    /// One counter for the whole authenticator.
    #[default]
    Global,
    /// One counter for each credential.
    PerCredential,
    /// Always zero, as synced passkeys have it.
    Zero,
}

/// User verification that is built into the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BuiltInVerification {
    /// The device has none (`uv` is absent from getInfo).
    Absent,
    /// It has, but nothing is enrolled (`uv: false`).
    NotEnrolled,
    /// Ready (`uv: true`).
    Ready,
}

/// The configuration of one authenticator. Plain data; a device profile makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub aaguid: [u8; 16],
    /// As getInfo member 0x09 names them: `usb`, `nfc`, `ble`, `internal`, `hybrid`.
    pub transports: Vec<String>,
    /// `plat` option: built into the client device.
    pub platform: bool,
    pub attestation: Attestation,
    /// COSE algorithm identifiers, preferred first.
    pub algorithms: Vec<i64>,
    pub sign_count: SignCountPolicy,
    /// Supports discoverable credentials (`rk`).
    pub discoverable: bool,
    pub verification: BuiltInVerification,
    /// Every credential is backup eligible.
    pub backup_eligible: bool,
    /// Every backup eligible credential is backed up.
    pub backup_state: bool,
    /// 16 to 1,023 bytes.
    pub credential_id_length: usize,
    /// Credentials that fit; making one more is answered with `KEY_STORE_FULL`.
    pub max_credentials: usize,
    pub max_credential_count_in_list: usize,
    /// Bytes, 1,024 to 7,609.
    pub max_message_size: usize,
    /// How long a prompt waits before `USER_ACTION_TIMEOUT`.
    pub user_action_timeout: Duration,
    /// Tries of built-in verification (`uvRetries`); 1 to 25; when none is left, only a right PIN or a reset brings them back.
    pub verification_tries: u8,
    pub firmware_version: u32,
    /// PIN, tokens and settings.
    pub protection: Protection,
    /// The commands that not every device has.
    pub commands: Commands,
    pub extensions: Extensions,
    /// What each event does to the keys of this kind of device; an event that is missing does nothing.
    pub on_event: BTreeMap<Event, Effect>,
}

impl Default for Config {
    /// A plain roaming security key on USB with a fingerprint reader: device-bound keys, one global counter, self attestation.
    fn default() -> Self {
        Self {
            aaguid: DEFAULT_AAGUID,
            transports: vec!["usb".to_owned()],
            platform: false,
            attestation: AttestationFormat::PackedSelf.into(),
            algorithms: vec![-7],
            sign_count: SignCountPolicy::Global,
            discoverable: true,
            verification: BuiltInVerification::Ready,
            backup_eligible: false,
            backup_state: false,
            credential_id_length: 32,
            max_credentials: 100,
            max_credential_count_in_list: 16,
            max_message_size: 7_609,
            user_action_timeout: Duration::from_secs(30),
            verification_tries: 5,
            firmware_version: 1,
            protection: Protection::default(),
            commands: Commands::default(),
            extensions: Extensions::default(),
            on_event: BTreeMap::from([(Event::Reset, Effect::CredentialGone)]),
        }
    }
}

impl Config {
    /// The same kind of device without a reader: no built-in verification, and nothing that goes by it.
    #[must_use]
    pub fn without_reader(mut self) -> Self {
        self.verification = BuiltInVerification::Absent;
        // With it go both commands that enrol fingers, and their options.
        self.commands.fingerprint_sensor = None;
        self.protection.uv_authenticator_config = false;
        self.protection.uv_modality = None;
        self.protection.preferred_platform_uv_attempts = None;
        // CTAP2.3 §6.4: a token is bought with the PIN or with built-in verification. Without both there is none, and nothing that asks for one.
        if !self.protection.client_pin {
            self.protection.pin_uv_auth_token = false;
            self.protection.persistent_token = false;
            self.protection.always_uv = None;
        }
        self
    }
}

/// faultkey's own model number, drawn at random once; it is in no metadata service.
const DEFAULT_AAGUID: [u8; 16] = [0x2d, 0x9c, 0x1e, 0x55, 0x0b, 0x6f, 0x4c, 0x0a, 0x9a, 0x3e, 0xfa, 0x01, 0x7c, 0xe1, 0x5e, 0x42];
