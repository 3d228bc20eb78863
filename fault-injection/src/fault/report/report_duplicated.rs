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
    effect: "The same 64 bytes arrive again at once. In a message of several reports the second is out of sequence: the key answers \
        ERR_INVALID_SEQ, a strict host gives the message up. A request of one report reaches a key twice: one that still works on the \
        first answers ERR_CHANNEL_BUSY, one that had answered at once answers again.",
    opportunity: SELECTED,
    seam: Seam::Report,
    evidence: "inferred: no public trace of a bus that does it. Specified: what key and host do about it, CTAP2.3 §11.2.5.4.",
    catalogue: &["CT-06"],
    good_rp: "Never sees it: a failure that only the client saw, or none at all.",
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
