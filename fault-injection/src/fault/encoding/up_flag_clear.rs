//! The UP flag is missing.

use faultkey_authenticator::{Flags, Response};

use super::authenticator_data;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "up-flag-clear",
    layer: Layer::Encoding,
    summary: "The response says that no user was present.",
    effect: "Clears UP in the authenticator data before it is signed, though the user touched the authenticator. The signature verifies.",
    opportunity: "An answer of its ceremony whose authenticator data has UP set.",
    seam: Seam::Authenticator,
    evidence: "specified: it must be refused, WebAuthn-3 §7.1 step 15 (but for a conditional create) and §7.2 step 16; the conformance tests \
        of the FIDO Alliance send it (conformance-test-tools-resources#695).",
    catalogue: &[],
    good_rp: "Refuses, with no session and no change of state, and logs that the user was not present.",
    parameters: &[ParameterInfo { default: "`authentication`", ..CEREMONY }],
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
        Some(Decision::new(Edit::Flags(flags), format!("UP flag 1 -> 0 (flags {:02X} -> {:02X})", before.0, flags.0)))
    }
}
