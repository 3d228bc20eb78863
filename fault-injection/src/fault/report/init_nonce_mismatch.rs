//! INIT answers another nonce.

use faultkey_transport::ctaphid::command;

use super::is_plugged_in;
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{Direction, ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "init-nonce-mismatch",
    layer: Layer::Report,
    summary: "INIT is answered with a nonce that the host did not send.",
    effect: "Inverts one bit of the nonce: to the host it is the answer to another program's INIT, so it \
        keeps waiting for its own.",
    opportunity: "An answer to INIT.",
    seam: Seam::Report,
    evidence: "specified: a host ignores an INIT answer with another nonce, CTAP2.3 §11.2.9.1.3 (catalogue \
        CT-07). It is normal where several programs share a key.",
    catalogue: &["CT-07"],
    good_rp: "Never sees it.",
    parameters: &[],
    example: "{ fault = \"init-nonce-mismatch\", schedule = \"once\" }",
};

struct InitNonceMismatch;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(InitNonceMismatch))
}

impl Fault for InitNonceMismatch {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[]
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let acts = seen.direction == Direction::ToHost && seen.part.is_some_and(|part| part.command == command::INIT);
        let mut other = *seen.report;
        other[7] ^= 0x01;
        acts.then(|| Decision::new(ReportDecision::Replace(Box::new(other)), "INIT answered with another nonce"))
    }
}
