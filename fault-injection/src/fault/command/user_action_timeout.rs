//! The authenticator's own timer ends before the user acts.

use faultkey_authenticator::UserAnswer;
use faultkey_transport::transcript::answer_text;

use super::CEREMONY;
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "user-action-timeout",
    layer: Layer::Command,
    summary: "The authenticator gives up before the user touches it: 0x2F CTAP2_ERR_USER_ACTION_TIMEOUT.",
    effect: "The authenticator asks the user as usual. Whatever the user does comes too late: the \
        authenticator has stopped waiting and answers 0x2F. Nothing is stored, and nothing is signed. The \
        page sees NotAllowedError.",
    opportunity: "A user's answer to a prompt of authenticatorMakeCredential or authenticatorGetAssertion in \
        its ceremony: an approval, a refusal or a wrong finger.",
    seam: Seam::Authenticator,
    evidence: "observed: keys that give up after 10 s or 30 s while the client still waits (catalogue CC-07: \
        webauthn-rs#485; WebKit PR 1478). The waiting time is not simulated: the answer comes when the user \
        acts.",
    catalogue: &["CC-07"],
    good_rp: "Treats it as a client-side failure: a retry with a new challenge, no lockout, and nothing that \
        the user typed is lost.",
    parameters: &[CEREMONY],
    example: "{ fault = \"user-action-timeout\", schedule = \"once\" }",
};

struct UserActionTimeout {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(UserActionTimeout { ceremony: parameters.ceremony(None)? }))
}

impl Fault for UserActionTimeout {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn answer(&self, scene: &Scene, answer: UserAnswer) -> Option<Decision<UserAnswer>> {
        let acts = scene.ceremony.is(self.ceremony) && !matches!(answer, UserAnswer::Never | UserAnswer::Cancel);
        acts.then(|| {
            Decision::new(UserAnswer::Never, format!("the user {}, after the authenticator had stopped waiting", answer_text(answer)))
        })
    }
}
