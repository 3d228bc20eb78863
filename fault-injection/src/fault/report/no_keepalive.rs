//! Keepalives stop.

use faultkey_transport::ctaphid::command;

use super::is_plugged_in;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "no-keepalive",
    layer: Layer::Report,
    summary: "The key sends no keepalives while it waits, or stops sending them.",
    effect: "The first `after` keepalives of a command pass, the others don't. The command continues, and \
        its answer comes when the user has acted, if the host is still listening.",
    opportunity: "A KEEPALIVE of a command of its ceremony, once `after` of them have passed.",
    seam: Seam::Report,
    evidence: "observed: Windows gives up after about 0.5 s without a keepalive (catalogue CT-01: \
        solokeys/solo2 PR 63). Specified: at least every 100 ms, CTAP2.3 §11.2.9.1.7.",
    catalogue: &["CT-01"],
    good_rp: "Never sees it; the ceremony fails on the client. A registration may have left a passkey on the \
        key.",
    parameters: &[
        ParameterInfo {
            name: "after",
            accepts: "a whole number from 0 to 10000",
            default: "0",
            meaning: "How many keepalives pass before they stop.",
        },
        CEREMONY,
    ],
    example: "{ fault = \"no-keepalive\", after = 3 }",
};

struct NoKeepalive {
    after: usize,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let after = usize::try_from(parameters.integer("after", 0..=10_000)?.unwrap_or(0)).unwrap_or(0);
    Ok(Box::new(NoKeepalive { after, ceremony: parameters.ceremony(None)? }))
}

impl Fault for NoKeepalive {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let part = seen.part.filter(|part| part.command == command::KEEPALIVE && part.keepalives >= self.after)?;
        let acts = part.ceremony().is_some_and(|ceremony| ceremony.is(self.ceremony));
        acts.then(|| Decision::new(ReportDecision::Drop, format!("keepalive {} withheld", part.keepalives + 1)))
    }
}
