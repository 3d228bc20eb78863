//! What a profile's device can do, in words.

use faultkey_authenticator::authenticator_data::format_aaguid;
use faultkey_authenticator::config::{BuiltInVerification, SignCountPolicy};
use faultkey_authenticator::{Effect, Event, algorithm};

use super::Profile;
use crate::Text;

impl Profile {
    /// Rows for a person: what is told, and what it is.
    #[must_use]
    pub fn facts(&self) -> Vec<(Text<&'static str>, Text)> {
        let device = &self.authenticator;
        let algorithms: Vec<String> = device
            .algorithms
            .iter()
            .map(|number| algorithm::name(*number).map_or_else(|| number.to_string(), |name| format!("{name} ({number})")))
            .collect();
        let verification = match (device.verification, device.protection.client_pin) {
            (BuiltInVerification::Ready, true) => Text::new("built in, and a PIN", "内蔵、およびPIN"),
            (BuiltInVerification::Ready, false) => Text::new("built in", "内蔵"),
            (BuiltInVerification::NotEnrolled, true) => Text::new("a PIN; built in, but nothing is enrolled", "PIN（内蔵の検証は未登録）"),
            (BuiltInVerification::NotEnrolled, false) => Text::new("built in, but nothing is enrolled", "内蔵（未登録）"),
            (BuiltInVerification::Absent, true) => Text::new("a PIN", "PINのみ"),
            (BuiltInVerification::Absent, false) => Text::new("none", "なし"),
        };
        let sign_count = match device.sign_count {
            SignCountPolicy::Global => Text::new("one for the whole authenticator", "認証器全体で1つ"),
            SignCountPolicy::PerCredential => Text::new("one for each credential", "クレデンシャルごとに1つ"),
            SignCountPolicy::Zero => Text::new("always zero", "常に0"),
        };
        let backup = match (device.backup_eligible, device.backup_state) {
            (false, _) => Text::new("not eligible", "不可"),
            (true, false) => Text::new("eligible, not backed up", "可、バックアップなし"),
            (true, true) => Text::new("eligible and backed up", "可、バックアップ済み"),
        };
        let attachment = if device.platform {
            Text::new("platform", "プラットフォーム認証器（platform）")
        } else {
            Text::new("cross-platform", "ローミング認証器（cross-platform）")
        };
        let length = device.credential_id_length;
        vec![
            (Text::same("AAGUID"), code(format_aaguid(&device.aaguid))),
            (Text::new("attachment", "認証器の種類"), attachment.into()),
            (Text::new("transports", "トランスポート"), code(device.transports.join(", "))),
            (Text::new("algorithms", "アルゴリズム"), code(algorithms.join(", "))),
            (Text::new("attestation", "アテステーション"), code(device.attestation.identifiers().join(", "))),
            (Text::new("user verification", "ユーザー検証（UV）"), verification.into()),
            (Text::new("signature counter", "署名カウンター"), sign_count.into()),
            (Text::new("backup", "バックアップ"), backup.into()),
            (Text::new("credential ID", "クレデンシャルID"), Text::new(format!("{length} bytes"), format!("{length}バイト"))),
        ]
    }
}

/// Identifiers are the same in both languages.
fn code(identifiers: String) -> Text {
    Text::new(identifiers.clone(), identifiers)
}

/// What happened to the device, for a person who also sees its name.
#[must_use]
pub const fn event_label(event: Event) -> Text<&'static str> {
    match event {
        Event::FingerprintEnrolled => Text::new("a fingerprint is enrolled", "指紋の追加"),
        Event::FingerprintRemoved => Text::new("a fingerprint is removed", "指紋の削除"),
        Event::LockScreenRemoved => Text::new("the screen lock is removed", "画面ロックの無効化"),
        Event::PinReset => Text::new("the PIN is reset", "PINのリセット"),
        Event::OsUpdated => Text::new("the operating system is updated", "OSの更新"),
        Event::DeviceMigrated => Text::new("the user moves to a new device", "機種変更"),
        Event::AppDataCleared => Text::new("the app's data are cleared", "アプリのデータの削除"),
        Event::RestoredFromBackup => Text::new("the device is restored from a backup", "バックアップからの復元"),
        Event::Reset => Text::new("the authenticator is reset", "認証器のリセット"),
    }
}

/// What that does to the keys, for a person who also sees its name.
#[must_use]
pub const fn effect_label(effect: Effect) -> Text<&'static str> {
    match effect {
        Effect::Nothing => Text::new("nothing", "変化なし"),
        Effect::KeyInvalidated => Text::new("the keys become unusable, their records remain", "鍵が使えなくなり、記録だけが残る"),
        Effect::CredentialGone => Text::new("the credentials are deleted", "クレデンシャルが削除される"),
        Effect::OtherKey => Text::new("other keys under the same credential IDs", "クレデンシャルIDは同じまま、鍵が別のものになる"),
    }
}

#[cfg(test)]
mod tests {
    use crate::profile;

    fn fact(profile: &str, name: &str) -> String {
        let facts = profile::find(profile).unwrap().facts();
        facts.into_iter().find(|(known, _)| known.en == name).unwrap().1.en
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
