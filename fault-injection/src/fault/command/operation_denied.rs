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
    summary: "The authenticator answers 0x27 CTAP2_ERR_OPERATION_DENIED, though nobody refused.",
    effect: "The command is answered with 0x27 at once. The user is not asked, nothing is stored, nothing is signed. The page sees \
        NotAllowedError.",
    opportunity: COMMAND_OPPORTUNITY,
    seam: Seam::Authenticator,
    evidence: "observed: Android phones answer 0x27 through hybrid for every failed log-in and nearly every failed registration \
        (catalogue §0.3, read in Chromium's CableAuthenticator.java; HY-02: webauthn.io#128); keys that answer it instead of falling \
        back to the PIN (CC-01: pando85/passless#393).",
    catalogue: &["CC-01", "HY-02"],
    good_rp: "Can't know the cause, and doesn't pretend to: a failure that only the client saw. No lock-out, no count against the \
        user, retry with a new challenge and another way in.",
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
