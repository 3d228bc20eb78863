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
    summary: "The client cancels at the moment at which the user touches the key: the answer is a success.",
    effect: "When CTAPHID_CANCEL arrives, and when the host goes away or restarts with INIT, the pending \
        prompt is approved. A CANCEL is answered with success instead of 0x2D; a registration leaves a \
        credential, although the client has told the page that it failed.",
    opportunity: "A CANCEL, or the host going away, while a command of its ceremony waits for the user.",
    seam: Seam::Authenticator,
    evidence: "observed: keys that act on CANCEL late or not at all (catalogue CT-05: conformance#612, \
        #767). Inferred: the orphan that the race leaves.",
    catalogue: &["CT-05"],
    good_rp: "Can't see the cause, only a failure on the client. When the orphan is offered later, refuses \
        it as unknown, and tells the client so.",
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
        acts.then(|| Decision::new(UserAnswer::Approve, "the user touched the key as CANCEL arrived"))
    }
}
