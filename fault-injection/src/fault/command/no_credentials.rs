//! 0x2E: the authenticator says that it has no such credential.

use faultkey_authenticator::Status;

use super::respond;
use crate::fault::{Decision, Fault, Interception, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "no-credentials",
    layer: Layer::Command,
    summary: Text::new(
        "The authenticator answers an authentication with 0x2E CTAP2_ERR_NO_CREDENTIALS, although it \
        has the credential.",
        "クレデンシャルがあるのに、認証器が認証に0x2E CTAP2_ERR_NO_CREDENTIALSを返す",
    ),
    effect: Text::new(
        "authenticatorGetAssertion is answered with 0x2E at once, with or without an allow list. The \
        user is not asked, and the credential stays. The page sees NotAllowedError.",
        "許可リストの有無にかかわらず、authenticatorGetAssertionにすぐ0x2Eを返します。ユーザーには何も求めず、\
        クレデンシャルは残ります。ページにはNotAllowedErrorが返ります。",
    ),
    opportunity: Text::new(
        "An authenticatorGetAssertion that involves the user; a client's silent probe for \
        credentials (`up: false`) is not one.",
        "ユーザーが関わるauthenticatorGetAssertionです。クライアントがクレデンシャルの有無を調べるだけの問い合わせ\
        （`up: false`）は数えません。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: passkeys deleted on the device, or not yet synced, that the relying party still \
        lists (catalogue AK-15: strongbox#767, vaultwarden#4272; AK-18: webauthn.io#146). Specified: the \
        status, CTAP2.3 §6.2.2.",
        "報告例あり：端末で削除された、またはまだ同期されていないパスキーを、\
        RPが許可リストに残している例（カタログAK-15：strongbox#767、vaultwarden#4272、AK-18：webauthn.io#146）。\
        仕様に規定：このステータス（CTAP2.3 §6.2.2）。",
    ),
    catalogue: &["AK-15", "AK-18"],
    good_rp: Text::new(
        "Treats it as a client-side failure: offers a retry, another passkey, a phone by QR code, or \
        another way to sign in. Never deletes the credential because one device does not have it.",
        "クライアント側の失敗として扱います。再試行、別のパスキー、QRコードによるスマートフォン、\
        または別のログイン方法を案内します。1台の端末にないというだけでクレデンシャルを削除しません。",
    ),
    parameters: &[],
    example: "{ fault = \"no-credentials\", schedule = { heal-after = 60000 } }",
};

struct NoCredentials;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(NoCredentials))
}

impl Fault for NoCredentials {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn request(&self, scene: &Scene, _world: &World) -> Option<Decision<Interception>> {
        (scene.ceremony == Ceremony::Authentication).then(|| respond(scene, Status::NoCredentials))
    }
}
