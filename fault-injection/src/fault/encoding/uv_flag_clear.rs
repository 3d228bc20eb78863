//! The UV flag is missing.

use faultkey_authenticator::config::BuiltInVerification;
use faultkey_authenticator::{Flags, Response};

use super::authenticator_data;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "uv-flag-clear",
    layer: Layer::Encoding,
    summary: Text::new("The response says that the user was not verified.", "応答のユーザー検証（UV）フラグが0である"),
    effect: Text::new(
        "Clears UV in the authenticator data before it is signed, whether or not the relying party required verification. The \
        signature verifies.",
        "RPがユーザー検証を必須としたかどうかにかかわらず、署名の前に認証器データのUVを0にします。署名は検証に通ります。",
    ),
    opportunity: Text::new(
        "An answer of its ceremony whose authenticator data has UV set.",
        "対象のセレモニーで、認証器データのUVが1の応答です。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: macOS with the lid closed and Safari 17.4.1, where verification is only preferred (catalogue PF-27: \
        passkeys.dev's macOS page, lbuchs#88, MetaMask/core PR 8696). Where it is required, inferred.",
        "報告例あり：ふたを閉じたmacOSと、Safari 17.4.1で、ユーザー検証が推奨（`preferred`）の場合（カタログPF-27：\
        passkeys.devのmacOSのページ、lbuchs#88、MetaMask/core PR 8696）。必須の場合は推定です。",
    ),
    catalogue: &["PF-27"],
    good_rp: Text::new(
        "Where verification is required: refuses, says that the user was not verified, and offers a way \
        to do it. Where it is only preferred: accepts. Options and check agree.",
        "ユーザー検証が必須の場合は、拒否し、ユーザー検証が済んでいないことを伝え、検証する手段を案内します。\
        推奨の場合は、受理します。オプションの指定と確認を一致させます。",
    ),
    parameters: &[ParameterInfo { default: Text::same("`authentication`"), ..CEREMONY }],
    example: "{ fault = \"uv-flag-clear\" }",
};

struct UvFlagClear {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(UvFlagClear { ceremony: parameters.ceremony(Some(Ceremony::Authentication))? }))
}

impl Fault for UvFlagClear {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        let device = &profile.authenticator;
        let verifies = device.verification == BuiltInVerification::Ready || device.protection.client_pin;
        if verifies {
            Ok(())
        } else {
            Err(Text::new("it can't verify its user, so its UV flag is never set", "ユーザー検証ができないため、UVフラグは常に0である")
                .into())
        }
    }

    fn outcome(&self, scene: &Scene, response: &Response, _world: &World) -> Option<Decision<Edit>> {
        let before = authenticator_data(response)?.flags;
        if !before.has(Flags::UV) || !scene.ceremony.is(self.ceremony) {
            return None;
        }
        let mut flags = before;
        flags.set(Flags::UV, false);
        let text = Text::new(
            format!("UV flag 1 -> 0 (flags {:02X} -> {:02X})", before.0, flags.0),
            format!("UVフラグ：1 -> 0（フラグ：{:02X} -> {:02X}）", before.0, flags.0),
        );
        Some(Decision::new(Edit::Flags(flags), text))
    }
}
