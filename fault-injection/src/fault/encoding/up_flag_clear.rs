//! The UP flag is missing.

use faultkey_authenticator::{Flags, Response};

use super::authenticator_data;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "up-flag-clear",
    layer: Layer::Encoding,
    summary: Text::new("The response says that no user was present.", "応答のユーザーの存在確認（UP）フラグが0である"),
    effect: Text::new(
        "Clears UP in the authenticator data before it is signed, though the user touched the authenticator. The signature verifies.",
        "ユーザーは認証器にタッチしましたが、署名の前に認証器データのUPを0にします。署名は検証に通ります。",
    ),
    opportunity: Text::new(
        "An answer of its ceremony whose authenticator data has UP set.",
        "対象のセレモニーで、認証器データのUPが1の応答です。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "specified: it must be refused, WebAuthn-3 §7.1 step 15 (but for a conditional create) and §7.2 step 16; the conformance tests \
        of the FIDO Alliance send it (conformance-test-tools-resources#695).",
        "仕様に規定：拒否しなければなりません（WebAuthn-3 §7.1手順15（自動入力UIからの登録を除く）、§7.2手順16）。\
        FIDO Allianceの適合性テストも、この応答を送ります（conformance-test-tools-resources#695）。",
    ),
    catalogue: &[],
    good_rp: Text::new(
        "Refuses, with no session and no change of state, and logs that the user was not present.",
        "拒否し、セッションを発行せず、状態を変えず、ユーザーの存在を確認できないことをログに残します。",
    ),
    parameters: &[ParameterInfo { default: Text::same("`authentication`"), ..CEREMONY }],
    example: "{ fault = \"up-flag-clear\" }",
};

struct UpFlagClear {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(UpFlagClear { ceremony: parameters.ceremony(Some(Ceremony::Authentication))? }))
}

impl Fault for UpFlagClear {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn outcome(&self, scene: &Scene, response: &Response, _world: &World) -> Option<Decision<Edit>> {
        let before = authenticator_data(response)?.flags;
        if !before.has(Flags::UP) || !scene.ceremony.is(self.ceremony) {
            return None;
        }
        let mut flags = before;
        flags.set(Flags::UP, false);
        let text = Text::new(
            format!("UP flag 1 -> 0 (flags {:02X} -> {:02X})", before.0, flags.0),
            format!("UPフラグ：1 -> 0（フラグ：{:02X} -> {:02X}）", before.0, flags.0),
        );
        Some(Decision::new(Edit::Flags(flags), text))
    }
}
