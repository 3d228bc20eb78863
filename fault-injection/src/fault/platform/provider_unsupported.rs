//! The device has no credential provider that can do it.

use faultkey_client::{DomException, DomExceptionName};

use super::{FACE, Face, exception};
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "provider-unsupported",
    layer: Layer::Platform,
    summary: Text::new(
        "The device has no credential manager that supports passkeys.",
        "パスキーに対応した認証情報マネージャーが端末にない",
    ),
    effect: Text::new(
        "The call ends at once, and no authenticator is asked. Face `web`: NotSupportedError. Face \
        `native`: CreateCredentialUnsupportedException or GetCredentialUnsupportedException.",
        "呼び出しがすぐに終わり、認証器に問い合わせません。`face`が`web`の場合はNotSupportedError、\
        `native`の場合はCreateCredentialUnsupportedExceptionまたはGetCredentialUnsupportedExceptionです。",
    ),
    opportunity: Text::new("A call of its ceremony.", "対象のセレモニーの呼び出しです。"),
    seam: Seam::Platform,
    evidence: Text::new(
        "observed: Android 14 on devices whose manufacturer left the service out (catalogue PF-01: \
        android/identity-samples#70, flutter-passkeys#59). The face `web` is specified: WebAuthn-3 §5.1.3; \
        old versions of Android show it for an empty allow list (PF-16: authgear-server#2461).",
        "報告例あり：メーカーがこのサービスを搭載していないAndroid 14の端末（カタログPF-01：android/identity-samples#70、\
        flutter-passkeys#59）。`face`が`web`の場合は仕様に規定されています（WebAuthn-3 §5.1.3）。古いAndroidは、\
        許可リストが空の場合にこれを返します（PF-16：authgear-server#2461）。",
    ),
    catalogue: &["PF-01", "PF-16", "SEED-C2"],
    good_rp: Text::new(
        "Says that this device can't be used, names what is needed, and offers another way to sign in. \
        Does not ask the user to try again.",
        "この端末では使えないこと、必要なもの、別のログイン方法を伝えます。もう一度試すようには案内しません。",
    ),
    parameters: &[FACE, CEREMONY],
    example: "{ fault = \"provider-unsupported\", face = \"native\" }",
};

struct ProviderUnsupported {
    face: Face,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(ProviderUnsupported { face: Face::load(parameters)?, ceremony: parameters.ceremony(None)? }))
}

impl Fault for ProviderUnsupported {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        self.face.possible(profile)
    }

    fn call(&self, ceremony: Ceremony) -> Option<Decision<DomException>> {
        let (name, message) = match (self.face, ceremony) {
            (Face::Web, _) => (DomExceptionName::NotSupportedError, "This device does not support passkeys."),
            (Face::Native, Ceremony::Registration) => {
                (DomExceptionName::Native("CreateCredentialUnsupportedException"), "Your device doesn't support credential manager")
            }
            (Face::Native, Ceremony::Authentication) => {
                (DomExceptionName::Native("GetCredentialUnsupportedException"), "Your device doesn't support credential manager")
            }
        };
        ceremony.is(self.ceremony).then(|| exception(INFO.name, ceremony, name, message))
    }
}
