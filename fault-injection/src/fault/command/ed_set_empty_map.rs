//! The ED flag is set, and the extension outputs are an empty map.

use ciborium::Value;
use faultkey_authenticator::Response;

use super::CEREMONY;
use crate::fault::encoding::authenticator_data;
use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "ed-set-empty-map",
    layer: Layer::Command,
    summary: "The authenticator data announces extension outputs, and they are an empty map.",
    effect: "Sets the ED flag and appends one byte, A0, to the authenticator data before it is signed. Everything verifies.",
    opportunity: "An answer of its ceremony whose authenticator data has no extension outputs.",
    seam: Seam::Authenticator,
    evidence: "observed: Samsung Pass in 2025, flags DD and 165 bytes (catalogue CC-12: payload in passkeys.dev#420; the last byte is \
        inferred from the length).",
    catalogue: &["CC-12"],
    good_rp: "Accepts.",
    parameters: &[ParameterInfo { default: "`registration`", ..CEREMONY }],
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
        acts.then(|| Decision::new(Edit::Extensions(Value::Map(Vec::new())), "ED flag 0 -> 1, extension outputs an empty map (A0)"))
    }
}
