//! Device profiles: what a kind of device can do, and what each event does to its keys (catalogue §3.2). TOML files in `profiles/`.

mod facts;

pub use facts::{effect_label, event_label};

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use data_encoding::HEXLOWER;
use faultkey_authenticator::attestation::AttestationFormat;
use faultkey_authenticator::attestation::metadata::STATUSES;
use faultkey_authenticator::config::{Attestation, BuiltInVerification, Commands, Protection, SignCountPolicy};
use faultkey_authenticator::{Config, Effect, Event, Extensions};
use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};

use crate::Text;
use crate::suggestion;

/// One kind of device.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The name on the command line and in scenario files, e.g. `android-device-bound`.
    pub name: String,
    pub title: Text,
    /// The catalogue's number, e.g. `P08`; empty for the plain default.
    pub catalogue: String,
    pub family: Family,
    /// `observed` or `inferred`, and what of it.
    pub evidence: Text,
    /// What of the real device this profile does not play yet.
    pub limits: Vec<Text>,
    pub authenticator: Config,
    /// What each event does; every event is in it.
    pub events: BTreeMap<Event, Effect>,
}

/// What holds the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    Android,
    Apple,
    Windows,
    /// A browser that keeps keys in its own profile.
    Browser,
    /// A password manager.
    PasswordManager,
    /// A key that is carried from device to device.
    SecurityKey,
}

/// Why there is no such profile, or why a file is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// `nearest`: the profile that may have been meant.
    #[error("there is no profile named `{name}`{}; `faultkey profiles` lists them", suggestion::asked(nearest.as_deref()))]
    Unknown { name: String, nearest: Option<String> },
    #[error("profile: {problem}")]
    Malformed { problem: String },
}

impl ProfileError {
    /// In both languages. That a profile is malformed is said in English only.
    #[must_use]
    pub fn text(&self) -> Text {
        let en = self.to_string();
        let ja = match self {
            ProfileError::Unknown { name, nearest } => {
                suggestion::unknown_in_japanese("端末プロファイル", name, nearest.as_deref(), "faultkey profiles")
            }
            ProfileError::Malformed { .. } => en.clone(),
        };
        Text::new(en, ja)
    }
}

/// A device's profile.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Profile")]
struct File {
    name: String,
    title: String,
    /// The same in Japanese; `title` stands in for it if absent.
    title_ja: Option<String>,
    catalogue: String,
    family: Family,
    evidence: String,
    /// The same in Japanese; `evidence` stands in for it if absent.
    evidence_ja: Option<String>,
    limits: Vec<String>,
    /// The same in Japanese, one for each; `limits` stand in for them if absent.
    limits_ja: Option<Vec<String>>,
    aaguid: String,
    transports: Vec<String>,
    /// Built into the client device, not roaming.
    platform: bool,
    attestation: Attestation,
    algorithms: Vec<i64>,
    sign_count: SignCountPolicy,
    discoverable: bool,
    verification: BuiltInVerification,
    verification_tries: u8,
    backup_eligible: bool,
    backup_state: bool,
    credential_id_length: usize,
    max_credentials: usize,
    max_credential_count_in_list: usize,
    max_message_size: usize,
    user_action_timeout: u64,
    firmware_version: u32,
    /// PIN, tokens and settings; a device of CTAP 2.1 without PIN if absent.
    #[serde(default)]
    protection: Protection,
    /// Commands beyond those that every device has; none if absent.
    #[serde(default)]
    commands: Commands,
    /// None if absent.
    #[serde(default)]
    extensions: Extensions,
    events: BTreeMap<Event, Effect>,
}

impl Profile {
    /// Reads a profile's TOML, strictly: every field must be there, and no other.
    ///
    /// # Errors
    /// [`ProfileError::Malformed`] with the place and what was expected.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let malformed = |problem: String| ProfileError::Malformed { problem };
        let file: File = toml::from_str(text).map_err(|error| malformed(error.to_string().trim_end().to_owned()))?;
        let aaguid = HEXLOWER.decode(file.aaguid.replace('-', "").as_bytes()).ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
        let Some(aaguid) = aaguid.filter(|_| file.aaguid.len() == 36) else {
            let found = &file.aaguid;
            return Err(malformed(format!("field `aaguid`: expected 32 hexadecimal digits in five groups, found `{found}`")));
        };
        if !(16..=1023).contains(&file.credential_id_length) {
            let found = file.credential_id_length;
            return Err(malformed(format!("field `credential-id-length`: expected 16 to 1023 bytes (WebAuthn-3 §6.5.1), found {found}")));
        }
        if file.backup_state && !file.backup_eligible {
            return Err(malformed("field `backup-state`: a credential that is not backup eligible can't be backed up".to_owned()));
        }
        check_attestation(&file.attestation).map_err(malformed)?;
        if let Some(missing) = Event::ALL.into_iter().find(|event| !file.events.contains_key(event)) {
            return Err(malformed(format!("table `events`: `{}` is missing; say `nothing` if the keys survive it", missing.name())));
        }
        let limits_ja = file.limits_ja.unwrap_or_else(|| file.limits.clone());
        if limits_ja.len() != file.limits.len() {
            let (found, expected) = (limits_ja.len(), file.limits.len());
            return Err(malformed(format!("field `limits-ja`: expected one text for each of the {expected} in `limits`, found {found}")));
        }
        let limits = file.limits.into_iter().zip(limits_ja).map(|(en, ja)| Text::new(en, ja)).collect();
        let title = in_both(file.title, file.title_ja);
        let evidence = in_both(file.evidence, file.evidence_ja);
        let authenticator = Config {
            aaguid,
            transports: file.transports,
            platform: file.platform,
            attestation: file.attestation,
            algorithms: file.algorithms,
            sign_count: file.sign_count,
            discoverable: file.discoverable,
            verification: file.verification,
            backup_eligible: file.backup_eligible,
            backup_state: file.backup_state,
            credential_id_length: file.credential_id_length,
            max_credentials: file.max_credentials,
            max_credential_count_in_list: file.max_credential_count_in_list,
            max_message_size: file.max_message_size,
            user_action_timeout: Duration::from_millis(file.user_action_timeout),
            verification_tries: file.verification_tries,
            firmware_version: file.firmware_version,
            protection: file.protection,
            commands: file.commands,
            extensions: file.extensions,
            on_event: file.events.clone(),
        };
        if authenticator.protection.versions.is_empty() {
            return Err(malformed("field `protection.versions`: a device speaks one version at least, e.g. \"FIDO_2_1\"".to_owned()));
        }
        authenticator.check().map_err(|impossible| malformed(format!("field {impossible}")))?;
        let File { name, catalogue, family, events, .. } = file;
        Ok(Self { name, title, catalogue, family, evidence, limits, authenticator, events })
    }
}

fn in_both(en: String, ja: Option<String>) -> Text {
    let ja = ja.unwrap_or_else(|| en.clone());
    Text::new(en, ja)
}

fn check_attestation(attestation: &Attestation) -> Result<(), String> {
    if attestation.formats.contains(&AttestationFormat::Enterprise) {
        return Err("field `attestation.formats`: a device does not give `enterprise` to every relying party; \
            set `enterprise-attestation` in the table `protection`, and list who gets it in `attestation.enterprise`"
            .to_owned());
    }
    match attestation.statuses.iter().find(|status| !STATUSES.contains(&status.as_str())) {
        Some(unknown) => Err(format!("field `attestation.statuses`: expected some of {}, found `{unknown}`", STATUSES.join(", "))),
        None => Ok(()),
    }
}

/// The files, in the catalogue's order; the plain default first.
const FILES: &[&str] = &[
    include_str!("../profiles/security-key.toml"),
    include_str!("../profiles/security-key-full.toml"),
    include_str!("../profiles/pixel-chrome.toml"),
    include_str!("../profiles/pixel-native-app.toml"),
    include_str!("../profiles/galaxy-a.toml"),
    include_str!("../profiles/samsung-pass.toml"),
    include_str!("../profiles/xperia.toml"),
    include_str!("../profiles/aquos.toml"),
    include_str!("../profiles/arrows-we.toml"),
    include_str!("../profiles/android-device-bound.toml"),
    include_str!("../profiles/iphone.toml"),
    include_str!("../profiles/iphone-ios16.toml"),
    include_str!("../profiles/windows-hello.toml"),
    include_str!("../profiles/windows-hello-vbs.toml"),
    include_str!("../profiles/windows-phone-qr.toml"),
    include_str!("../profiles/chrome-mac-profile.toml"),
    include_str!("../profiles/onepassword.toml"),
    include_str!("../profiles/bitwarden.toml"),
    include_str!("../profiles/dashlane.toml"),
    include_str!("../profiles/keepassxc.toml"),
    include_str!("../profiles/yubikey-5.toml"),
    include_str!("../profiles/titan-v2.toml"),
];

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let read = |text: &&str| match Profile::from_toml(text) {
        Ok(profile) => profile,
        // These files are part of the program; a test reads each of them.
        Err(error) => unreachable!("{error}"),
    };
    FILES.iter().map(read).collect()
});

/// The JSON Schema of a profile's file.
#[must_use]
pub fn schema() -> Schema {
    schema_for!(File)
}

/// Every profile, in the catalogue's order, the plain default first.
#[must_use]
pub fn all() -> &'static [Profile] {
    &PROFILES
}

/// The profile with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Profile> {
    all().iter().find(|profile| profile.name == name)
}

/// The error for a name that no profile has, with the nearest one that exists.
#[must_use]
pub fn unknown(name: &str) -> ProfileError {
    let nearest = suggestion::nearest(name, all().iter().map(|profile| profile.name.as_str()));
    ProfileError::Unknown { name: name.to_owned(), nearest: nearest.map(str::to_owned) }
}

#[cfg(test)]
mod tests;
