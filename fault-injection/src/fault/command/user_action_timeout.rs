//! The authenticator's own timer ends before the user acts.

use faultkey_authenticator::UserAnswer;

use super::CEREMONY;
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "user-action-timeout",
    layer: Layer::Command,
    summary: "The authenticator's own timer ends before the user touched it: 0x2F CTAP2_ERR_USER_ACTION_TIMEOUT.",
    effect: "The authenticator asks the user as usual. Whatever the user does comes too late: the authenticator has given up waiting \
        and answers 0x2F. Nothing is stored, nothing is signed. The page sees NotAllowedError.",
    opportunity: "A user's answer to a prompt of authenticatorMakeCredential or authenticatorGetAssertion in its ceremony: approval, \
        refusal or a wrong finger.",
    seam: Seam::Authenticator,
    evidence: "observed: keys that give up after 10 s or 30 s while the client still waits (catalogue CC-07: webauthn-rs#485; WebKit \
        PR 1478). The time itself is not played: the answer comes when the user acts.",
    catalogue: &["CC-07"],
    good_rp: "A failure that only the client saw: retry with a new challenge, no lock-out, nothing the user typed is lost.",
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
        acts.then(|| Decision::new(UserAnswer::Never, format!("the user's {answer:?} comes after the authenticator's timer")))
    }
}
