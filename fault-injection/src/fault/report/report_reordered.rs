//! A report arrives after the next one.

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, Selection};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "report-reordered",
    layer: Layer::Report,
    summary: "Two reports of a message arrive in the wrong order.",
    effect: "The report arrives right after the one that follows it. The key answers ERR_INVALID_SEQ to a \
        request; a strict host abandons an answer.",
    opportunity: "A report that `direction`, `message`, `ceremony` and `report` select, except the last of a \
        message. RP ID and account are known from a request's last report on.",
    seam: Seam::Report,
    evidence: "inferred: USB keeps the order; what carries reports further (USB/IP, remote desktops) may \
        not. Specified: what key and host do about it, CTAP2.3 §11.2.5.4.",
    catalogue: &["CT-06"],
    good_rp: "Never sees it; to the relying party the ceremony failed on the client.",
    parameters: &[DIRECTION, MESSAGE, CEREMONY, ParameterInfo { default: "2", ..REPORT }],
    example: "{ fault = \"report-reordered\", report = 2, ceremony = \"registration\", schedule = \"once\" }",
};

struct ReportReordered {
    which: Selection,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(ReportReordered { which: Selection::load_from(parameters, 2)? }))
}

impl Fault for ReportReordered {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let acts = self.which.takes(seen) && seen.part.is_some_and(|part| !part.is_last());
        acts.then(|| Decision::new(ReportDecision::Swap, format!("{} sent after the next", named(seen))))
    }
}
