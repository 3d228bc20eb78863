//! What a profile's device can do, in words.

use faultkey_authenticator::algorithm;
use faultkey_authenticator::authenticator_data::format_aaguid;
use faultkey_authenticator::config::{BuiltInVerification, SignCountPolicy};

use super::Profile;

impl Profile {
    /// Rows for a person: what is told, and what it is.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let device = &self.authenticator;
        let algorithms: Vec<String> = device
            .algorithms
            .iter()
            .map(|number| algorithm::name(*number).map_or_else(|| number.to_string(), |name| format!("{name} ({number})")))
            .collect();
        let verification = match (device.verification, device.protection.client_pin) {
            (BuiltInVerification::Ready, true) => "built in, and a PIN",
            (BuiltInVerification::Ready, false) => "built in",
            (BuiltInVerification::NotEnrolled, true) => "a PIN; built in, but nothing is enrolled",
            (BuiltInVerification::NotEnrolled, false) => "built in, but nothing is enrolled",
            (BuiltInVerification::Absent, true) => "a PIN",
            (BuiltInVerification::Absent, false) => "none",
        };
        let sign_count = match device.sign_count {
            SignCountPolicy::Global => "one for the whole authenticator",
            SignCountPolicy::PerCredential => "one for each credential",
            SignCountPolicy::Zero => "always zero",
        };
        let backup = match (device.backup_eligible, device.backup_state) {
            (false, _) => "not eligible",
            (true, false) => "eligible, not backed up",
            (true, true) => "eligible and backed up",
        };
        vec![
            ("AAGUID", format_aaguid(&device.aaguid)),
            ("attachment", if device.platform { "platform" } else { "cross-platform" }.to_owned()),
            ("transports", device.transports.join(", ")),
            ("algorithms", algorithms.join(", ")),
            ("attestation", device.attestation.identifiers().join(", ")),
            ("user verification", verification.to_owned()),
            ("signature counter", sign_count.to_owned()),
            ("backup", backup.to_owned()),
            ("credential ID", format!("{} bytes", device.credential_id_length)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::profile;

    fn fact(profile: &str, name: &str) -> String {
        let facts = profile::find(profile).unwrap().facts();
        facts.into_iter().find(|(known, _)| *known == name).unwrap().1
    }

    #[test]
    fn facts_are_words() {
        for (profile, name, text) in [
            ("windows-hello", "algorithms", "RS256 (-257), ES256 (-7)"),
            ("iphone", "algorithms", "ES256 (-7)"),
            ("iphone", "signature counter", "always zero"),
            ("yubikey-5", "signature counter", "one for the whole authenticator"),
            ("android-device-bound", "signature counter", "one for each credential"),
            ("iphone", "backup", "eligible and backed up"),
            ("yubikey-5", "backup", "not eligible"),
            ("yubikey-5", "user verification", "a PIN"),
            ("iphone", "user verification", "built in"),
            ("security-key-full", "user verification", "built in, and a PIN"),
        ] {
            assert_eq!(fact(profile, name), text, "{profile}: {name}");
        }
    }
}
