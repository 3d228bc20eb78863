//! The endpoint stalls.

use faultkey_transport::LineEvent;

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, SELECTED, Selection};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "endpoint-stall",
    layer: Layer::Report,
    summary: "The endpoint stalls before a report until the host clears it.",
    effect: "On USB/IP the interrupt endpoint answers STALL; the report comes once the host has cleared the \
        halt. Other links have no endpoint that could stall, and ignore the fault.",
    opportunity: SELECTED,
    seam: Seam::Report,
    evidence: "inferred: no public report of a key that does it. Specified: a halted endpoint stalls until \
        it is cleared, USB 2.0 §9.4.5.",
    catalogue: &["CT-06"],
    good_rp: "Never sees it, or sees a failure on the client.",
    parameters: &[DIRECTION, MESSAGE, CEREMONY, REPORT],
    example: "{ fault = \"endpoint-stall\", message = \"cbor\", schedule = \"once\" }",
};

struct EndpointStall {
    which: Selection,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(EndpointStall { which: Selection::load(parameters)? }))
}

impl Fault for EndpointStall {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let decision = ReportDecision::Line { event: LineEvent::Stall, after: false };
        self.which.takes(seen).then(|| Decision::new(decision, format!("stalled before {}", named(seen))))
    }
}
