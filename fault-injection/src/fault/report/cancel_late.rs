//! The answer wins the race against CANCEL.

use faultkey_authenticator::UserAnswer;

use super::{involves_user, is_plugged_in};
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "cancel-late",
    layer: Layer::Report,
    summary: "The client cancels, and the user touches the key at the same moment: the answer is a success.",
    effect: "At CTAPHID_CANCEL, and when the host goes away or starts over with INIT, the waiting prompt is approved. A CANCEL is answered \
        with success instead of 0x2D; a registration leaves a credential, though the client has told the page that it failed.",
    opportunity: "A CANCEL, or a host's going away, while a command of its ceremony waits for the user.",
    seam: Seam::Authenticator,
    evidence: "observed: keys that take CANCEL late or not at all (catalogue CT-05: conformance#612, #767). Inferred: the orphan that the race \
        leaves.",
    catalogue: &["CT-05"],
    good_rp: "Can't see it: a failure that only the client saw. The orphan that is offered later is refused as unknown, and the client is told.",
    parameters: &[CEREMONY],
    example: "{ fault = \"cancel-late\", ceremony = \"registration\" }",
};

struct CancelLate {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(CancelLate { ceremony: parameters.ceremony(None)? }))
}

impl Fault for CancelLate {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn answer(&self, scene: &Scene, answer: UserAnswer) -> Option<Decision<UserAnswer>> {
        let acts = answer == UserAnswer::Cancel && involves_user(scene) && scene.ceremony.is(self.ceremony);
        acts.then(|| Decision::new(UserAnswer::Approve, "the user touched the key as CANCEL came"))
    }
}
