//! 0x27 for whatever went wrong.

use faultkey_authenticator::Status;

use super::{CEREMONY, COMMAND_OPPORTUNITY, respond};
use crate::fault::{Decision, Fault, Interception, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "operation-denied",
    layer: Layer::Command,
    summary: Text::new(
        "The authenticator answers 0x27 CTAP2_ERR_OPERATION_DENIED, although the user did not refuse.",
        "ユーザーは拒否していないのに、認証器が0x27 CTAP2_ERR_OPERATION_DENIEDを返す",
    ),
    effect: Text::new(
        "The command is answered with 0x27 at once. The user is not asked, nothing is stored, and \
        nothing is signed. The page sees NotAllowedError.",
        "コマンドにすぐ0x27を返します。ユーザーには何も求めず、保存も署名もしません。\
        ページにはNotAllowedErrorが返ります。",
    ),
    opportunity: COMMAND_OPPORTUNITY,
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: Android phones answer 0x27 over hybrid for every failed authentication and nearly \
        every failed registration (catalogue §0.3, from Chromium's CableAuthenticator.java; HY-02: \
        webauthn.io#128); keys that answer it instead of falling back to the PIN (CC-01: \
        pando85/passless#393).",
        "報告例あり：Androidのスマートフォンは、ハイブリッド経由の認証の失敗すべてと、\
        登録の失敗のほぼすべてに0x27を返します（カタログ§0.3、ChromiumのCableAuthenticator.javaから。\
        HY-02：webauthn.io#128）。PINに切り替えずに0x27を返すセキュリティキーもあります（CC-01：pando85/passless#393）。",
    ),
    catalogue: &["CC-01", "HY-02"],
    good_rp: Text::new(
        "Can't know the cause, and doesn't claim to: treats it as a client-side failure. No lockout, \
        nothing counted against the user, a retry with a new challenge, and another way to sign in.",
        "原因はわからないので、わかったように表示しません。クライアント側の失敗として扱い、アカウントをロックせず、\
        失敗回数にも数えません。新しいチャレンジでの再試行と、別のログイン方法を用意します。",
    ),
    parameters: &[CEREMONY],
    example: "{ fault = \"operation-denied\", ceremony = \"authentication\", schedule = { first = 2 } }",
};

struct OperationDenied {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(OperationDenied { ceremony: parameters.ceremony(None)? }))
}

impl Fault for OperationDenied {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn request(&self, scene: &Scene, _world: &World) -> Option<Decision<Interception>> {
        scene.ceremony.is(self.ceremony).then(|| respond(scene, Status::OperationDenied))
    }
}
