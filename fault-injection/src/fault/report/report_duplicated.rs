//! A report arrives twice.

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, SELECTED, Selection};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "report-duplicated",
    layer: Layer::Report,
    summary: "A report arrives twice.",
    effect: "The same 64 bytes arrive again immediately. In a message of several reports the second copy is \
        out of sequence: the key answers ERR_INVALID_SEQ, and a strict host abandons the message. A request \
        of one report reaches the key twice: if it is still working on the first, it answers \
        ERR_CHANNEL_BUSY; if it had answered already, it answers again.",
    opportunity: SELECTED,
    seam: Seam::Report,
    evidence: "inferred: no public report of a bus that does it. Specified: what key and host do about it, \
        CTAP2.3 §11.2.5.4.",
    catalogue: &["CT-06"],
    good_rp: "Never sees it; at worst the ceremony fails on the client.",
    parameters: &[DIRECTION, MESSAGE, CEREMONY, REPORT],
    example: "{ fault = \"report-duplicated\", report = 2, schedule = \"once\" }",
};

struct ReportDuplicated {
    which: Selection,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(ReportDuplicated { which: Selection::load(parameters)? }))
}

impl Fault for ReportDuplicated {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        self.which.takes(seen).then(|| Decision::new(ReportDecision::Duplicate, format!("{} sent twice", named(seen))))
    }
}
