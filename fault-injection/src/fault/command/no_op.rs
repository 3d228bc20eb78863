//! The control: looks at every command and changes nothing.

use crate::fault::{Decision, Fault, Interception, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Scene;
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "no-op",
    layer: Layer::Command,
    summary: "The control: fires at every command and changes nothing.",
    effect: "Every command passes unchanged; the bytes are those of a run without faults. A relying party \
        that fails with this fault armed fails without any fault.",
    opportunity: super::COMMAND_OPPORTUNITY,
    seam: Seam::Authenticator,
    evidence: "specified: this is what an authenticator without faults does.",
    catalogue: &[],
    good_rp: "Accepts.",
    parameters: &[],
    example: "{ fault = \"no-op\" }",
};

struct NoOp;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(NoOp))
}

impl Fault for NoOp {
    fn request(&self, scene: &Scene, _world: &World) -> Option<Decision<Interception>> {
        Some(Decision::new(Interception::Pass, format!("{} passed on unchanged", scene.ceremony)))
    }
}
