//! The device was replaced, and its device-bound keys stayed behind.

use faultkey_authenticator::{Effect, Event};

use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::profile::Family;
use crate::registry::{FaultInfo, Seam};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "device-migrated-without-key",
    layer: Layer::KeyStore,
    summary: Text::new(
        "The user moved to a new device: the app and the account came along, the passkey did not.",
        "新しい端末にアプリとアカウントは移ったが、パスキーは移っていない",
    ),
    effect: Text::new(
        "At the event `device-migrated` or `restored-from-backup`, every credential of the authenticator \
        is deleted, durably. The app and the relying party still know the credential ID, so the next \
        authentication that lists it is answered with 0x2E CTAP2_ERR_NO_CREDENTIALS, and the page sees \
        NotAllowedError.",
        "イベント`device-migrated`または`restored-from-backup`で、認証器のすべてのクレデンシャルを永続的に削除します。\
        アプリとRPはクレデンシャルIDを覚えたままなので、そのIDを許可リストに入れた次の認証は\
        0x2E CTAP2_ERR_NO_CREDENTIALSで応答され、ページにはNotAllowedErrorが返ります。",
    ),
    opportunity: Text::new(
        "The event `device-migrated` or `restored-from-backup`.",
        "イベント`device-migrated`または`restored-from-backup`です。",
    ),
    seam: Seam::Event,
    evidence: Text::new(
        "observed: an app that trusts its own record of a registered passkey after the key is gone \
        (catalogue AK-06: dfinity/internet-identity PR 345, UstadMobile#1103; SEED-R5). The platforms \
        specify that device-bound keys do not migrate.",
        "報告例あり：鍵が消えた後も、パスキーを登録済みとする自分の記録を信じるアプリ（カタログAK-06：\
        dfinity/internet-identity PR 345、UstadMobile#1103、SEED-R5）。デバイス固定の鍵が移行されないことは、\
        各プラットフォームの仕様です。",
    ),
    catalogue: &["AK-06", "SEED-C12"],
    good_rp: Text::new(
        "Treats it as a client-side failure: no lockout, another way to sign in, then registration of \
        the new device. Never relies on the app's own record that a passkey exists.",
        "クライアント側の失敗として扱います。アカウントをロックせず、別の方法でログインさせた後、\
        新しい端末での登録を案内します。パスキーがあるというアプリ自身の記録に頼りません。",
    ),
    parameters: &[],
    example: "{ fault = \"device-migrated-without-key\", schedule = \"once\" }",
};

struct DeviceMigratedWithoutKey;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(DeviceMigratedWithoutKey))
}

impl Fault for DeviceMigratedWithoutKey {
    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        if profile.authenticator.backup_eligible {
            return Err(Text::new(
                "its passkeys are synced, so they are on the new device too",
                "パスキーが同期されるため、新しい端末にもある",
            )
            .into());
        }
        if profile.family == Family::SecurityKey {
            return Err(Text::new(
                "a security key moves with its user, and its credentials with it",
                "セキュリティキーはユーザーとともに移り、クレデンシャルも一緒に移る",
            )
            .into());
        }
        Ok(())
    }

    fn event(&self, event: Event, _profile: &Profile) -> Option<Decision<Effect>> {
        let moved = matches!(event, Event::DeviceMigrated | Event::RestoredFromBackup);
        let name = event.name();
        let text = Text::new(format!("{name}: every credential is gone"), format!("{name}：すべてのクレデンシャルが消失"));
        moved.then(|| Decision::new(Effect::CredentialGone, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{profile, registry::loaded};

    #[test]
    fn only_a_move_deletes_the_credentials() {
        let fault = loaded("device-migrated-without-key");
        let profile = profile::find("android-device-bound").unwrap();
        let deleting: Vec<Event> = Event::ALL.into_iter().filter(|event| fault.event(*event, profile).is_some()).collect();
        assert_eq!(deleting, [Event::DeviceMigrated, Event::RestoredFromBackup]);
        let decision = fault.event(Event::DeviceMigrated, profile).unwrap();
        let text = Text::new("device-migrated: every credential is gone", "device-migrated：すべてのクレデンシャルが消失");
        assert_eq!(decision, Decision::new(Effect::CredentialGone, text));
    }
}
