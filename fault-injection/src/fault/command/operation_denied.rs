//! 0x27 for whatever went wrong.

use faultkey_authenticator::Status;

use super::{CEREMONY, COMMAND_OPPORTUNITY, respond};
use crate::fault::{Decision, Fault, Interception, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "operation-denied",
    layer: Layer::Command,
    summary: "The authenticator answers 0x27 CTAP2_ERR_OPERATION_DENIED, although the user did not refuse.",
    effect: "The command is answered with 0x27 at once. The user is not asked, nothing is stored, and \
        nothing is signed. The page sees NotAllowedError.",
    opportunity: COMMAND_OPPORTUNITY,
    seam: Seam::Authenticator,
    evidence: "observed: Android phones answer 0x27 over hybrid for every failed authentication and nearly \
        every failed registration (catalogue §0.3, from Chromium's CableAuthenticator.java; HY-02: \
        webauthn.io#128); keys that answer it instead of falling back to the PIN (CC-01: \
        pando85/passless#393).",
    catalogue: &["CC-01", "HY-02"],
    good_rp: "Can't know the cause, and doesn't claim to: treats it as a client-side failure. No lockout, \
        nothing counted against the user, a retry with a new challenge, and another way to sign in.",
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
