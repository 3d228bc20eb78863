//! The kinds of device that sequences are run on, chosen so that each rule of the model is met by one of them.

use faultkey_authenticator::attestation::AttestationFormat;
use faultkey_authenticator::config::{BuiltInVerification, Commands, FingerprintSensor, Protection, SignCountPolicy, Version};
use faultkey_authenticator::{Config, Extension, Extensions};

/// A kind of device, and its name in the text of a sequence.
pub struct Profile {
    pub name: &'static str,
    pub config: Config,
}

/// Small limits are reached; no certificates, which are slow to make.
fn base() -> Config {
    Config {
        attestation: AttestationFormat::None.into(),
        algorithms: vec![-8, -7],
        max_credentials: 5,
        max_credential_count_in_list: 3,
        verification: BuiltInVerification::Absent,
        ..Config::default()
    }
}

fn sensor() -> Option<FingerprintSensor> {
    Some(FingerprintSensor { samples: 2, capacity: 2, max_friendly_name: 8, ..FingerprintSensor::default() })
}

pub fn all() -> Vec<Profile> {
    let protection = |versions: &[Version]| Protection { versions: versions.to_vec(), ..Protection::full() };
    let full = Config {
        verification: BuiltInVerification::NotEnrolled,
        protection: protection(&[Version::U2fV2, Version::Fido2_0, Version::Fido2_1, Version::Fido2_3]),
        commands: Commands { fingerprint_sensor: sensor(), large_blobs: Some(1_024), ..Commands::full() },
        extensions: Extensions::full(),
        ..base()
    };
    let key_2_0 = Config {
        protection: Protection {
            versions: vec![Version::U2fV2, Version::Fido2_0, Version::Fido2_1Pre],
            client_pin: true,
            ..Protection::default()
        },
        commands: Commands { credential_management_preview: true, ..Commands::default() },
        extensions: Extensions { supported: vec![Extension::HmacSecret, Extension::CredProtect], ..Extensions::default() },
        sign_count: SignCountPolicy::PerCredential,
        ..base()
    };
    let fingerprint = Config {
        verification: BuiltInVerification::Ready,
        protection: Protection {
            always_uv: Some(true),
            no_mc_ga_permissions_with_client_pin: true,
            preferred_platform_uv_attempts: None,
            versions: vec![Version::U2fV2, Version::Fido2_1],
            ..Protection::full()
        },
        commands: Commands {
            fingerprint_sensor: sensor(),
            credential_management_preview: false,
            large_blobs: Some(2_048),
            ..Commands::full()
        },
        extensions: Extensions::full(),
        platform: true,
        ..base()
    };
    let factory_pin = Config {
        protection: Protection {
            pin: Some("1357".to_owned()),
            make_cred_uv_not_required: false,
            min_pin_length: 5,
            max_pin_length: 10,
            persistent_token: false,
            versions: vec![Version::Fido2_1],
            ..Protection::full()
        },
        commands: Commands { credential_management: true, ..Commands::default() },
        sign_count: SignCountPolicy::Zero,
        ..base()
    };
    let without_pin = Config {
        discoverable: false,
        protection: Protection { versions: vec![Version::U2fV2, Version::Fido2_0], ..Protection::default() },
        ..base()
    };
    [("full", full), ("key-2.0", key_2_0), ("fingerprint", fingerprint), ("factory-pin", factory_pin), ("without-pin", without_pin)]
        .into_iter()
        .map(|(name, config)| Profile { name, config: config.as_its_versions_have_it() })
        .collect()
}
