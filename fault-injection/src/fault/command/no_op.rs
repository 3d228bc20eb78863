//! The control: looks at every command and changes nothing.

use crate::fault::{Decision, Fault, Interception, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Scene;
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "no-op",
    layer: Layer::Command,
    summary: Text::new("The control: fires at every command and changes nothing.", "対照：すべてのコマンドで作動し、何も変えない"),
    effect: Text::new(
        "Every command passes unchanged; the bytes are those of a run without faults. A relying party \
        that fails with this fault armed fails without any fault.",
        "すべてのコマンドをそのまま通します。バイト列は、フォールトがない場合と同じです。\
        このフォールトで不合格になるRPは、フォールトがなくても不合格になります。",
    ),
    opportunity: super::COMMAND_OPPORTUNITY,
    seam: Seam::Authenticator,
    evidence: Text::new(
        "specified: this is what an authenticator without faults does.",
        "仕様に規定：フォールトのない認証器の動作そのものです。",
    ),
    catalogue: &[],
    good_rp: Text::new("Accepts.", "受理します。"),
    parameters: &[],
    example: "{ fault = \"no-op\" }",
};

struct NoOp;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(NoOp))
}

impl Fault for NoOp {
    fn request(&self, scene: &Scene, _world: &World) -> Option<Decision<Interception>> {
        let ceremony = scene.ceremony.text();
        let text = Text::new(format!("{} passed on unchanged", ceremony.en), format!("{}をそのまま通過", ceremony.ja));
        Some(Decision::new(Interception::Pass, text))
    }
}
