//! The key takes its time.

use std::time::Duration;

use faultkey_transport::ctaphid::{Keepalive, command};

use super::{involves_user, is_plugged_in, named};
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{Direction, ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "slow-key",
    layer: Layer::Report,
    summary: "The key takes a long time for every command of a ceremony.",
    effect: "KEEPALIVE with status \"processing\" every 80 ms, for `by` milliseconds before the \
        authenticator gets the command. Meanwhile, CANCEL is answered with 0x2D.",
    opportunity: "The last report of a request of its ceremony that involves the user.",
    seam: Seam::Report,
    evidence: "inferred: keys take seconds to generate an RSA key; no public report of a relying party that \
        gave up on it. Specified: the keepalives, CTAP2.3 §11.2.9.1.7.",
    catalogue: &["CT-02"],
    good_rp: "Waits for as long as the `timeout` in its own options, and keeps its challenge valid for as \
        long.",
    parameters: &[
        ParameterInfo {
            name: "by",
            accepts: "a whole number of milliseconds from 1 to 600000",
            default: "5000",
            meaning: "How much longer it takes.",
        },
        CEREMONY,
    ],
    example: "{ fault = \"slow-key\", by = 20000 }",
};

struct SlowKey {
    by: u64,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let by = parameters.integer("by", 1..=600_000)?.unwrap_or(5_000);
    Ok(Box::new(SlowKey { by, ceremony: parameters.ceremony(None)? }))
}

impl Fault for SlowKey {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let part = seen.part.filter(|part| part.command == command::CBOR && seen.direction == Direction::ToKey)?;
        let acts = part.is_last() && seen.scene.is_some_and(|scene| involves_user(scene) && scene.ceremony.is(self.ceremony));
        let decision = ReportDecision::Work { status: Keepalive::Processing, lasts: Some(Duration::from_millis(self.by)) };
        acts.then(|| Decision::new(decision, format!("{} ms of work before {}", self.by, named(seen))))
    }
}
