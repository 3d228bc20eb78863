//! The ED flag is set, and the extension outputs are an empty map.

use ciborium::Value;
use faultkey_authenticator::Response;

use super::CEREMONY;
use crate::fault::encoding::authenticator_data;
use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "ed-set-empty-map",
    layer: Layer::Command,
    summary: Text::new(
        "The authenticator data announces extension outputs, and they are an empty map.",
        "認証器データに拡張の出力があると示されているが、中身は空のマップである",
    ),
    effect: Text::new(
        "Sets the ED flag and appends one byte, A0, to the authenticator data before it is signed. Everything verifies.",
        "署名の前に、認証器データのEDフラグを立て、1バイト（A0）を末尾に加えます。検証はすべて通ります。",
    ),
    opportunity: Text::new(
        "An answer of its ceremony whose authenticator data has no extension outputs.",
        "対象のセレモニーで、認証器データに拡張の出力がない応答です。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: Samsung Pass in 2025, flags DD and 165 bytes (catalogue CC-12: payload in passkeys.dev#420; the last byte is \
        inferred from the length).",
        "報告例あり：2025年のSamsung Pass、フラグDD、165バイト（カタログCC-12：passkeys.dev#420のペイロード。\
        最後のバイトは長さからの推定）。",
    ),
    catalogue: &["CC-12"],
    good_rp: Text::new("Accepts.", "受理します。"),
    parameters: &[ParameterInfo { default: Text::same("`registration`"), ..CEREMONY }],
    example: "{ fault = \"ed-set-empty-map\" }",
};

struct EdSetEmptyMap {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(EdSetEmptyMap { ceremony: parameters.ceremony(Some(Ceremony::Registration))? }))
}

impl Fault for EdSetEmptyMap {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn outcome(&self, scene: &Scene, response: &Response, _world: &World) -> Option<Decision<Edit>> {
        let acts = scene.ceremony.is(self.ceremony) && authenticator_data(response)?.extensions.is_none();
        let text = Text::new("ED flag 0 -> 1, extension outputs an empty map (A0)", "EDフラグ：0 -> 1、拡張の出力は空のマップ（A0）");
        acts.then(|| Decision::new(Edit::Extensions(Value::Map(Vec::new())), text))
    }
}
