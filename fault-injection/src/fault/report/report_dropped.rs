//! A report never arrives.

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, SELECTED, Selection};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "report-dropped",
    layer: Layer::Report,
    summary: "A report is lost on the way.",
    effect: "The report never arrives; what comes before and after it does. A lost report of a request of several lets the key answer \
        ERR_INVALID_SEQ, or ERR_MSG_TIMEOUT when no other follows. A lost first report of an answer leaves the host without answer, one \
        in the middle breaks the sequence that the host counts. `report = \"rest\"` sends the beginning of an answer and then nothing.",
    opportunity: SELECTED,
    seam: Seam::Report,
    evidence: "inferred: an answer that begins and then stops (catalogue CT-08). Specified: what key and host do about it, CTAP2.3 \
        §11.2.5.2 and §11.2.5.4.",
    catalogue: &["CT-06", "CT-08"],
    good_rp: "Never sees it: the client's timer ends the ceremony as a failure that only the client saw. A registration may have left a \
        passkey on the key that the relying party never hears of; it is told apart as unknown when it is offered.",
    parameters: &[DIRECTION, MESSAGE, CEREMONY, REPORT],
    example: "{ fault = \"report-dropped\", report = \"rest\", ceremony = \"registration\", schedule = { first = 3 } }",
};

struct ReportDropped {
    which: Selection,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(ReportDropped { which: Selection::load(parameters)? }))
}

impl Fault for ReportDropped {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        self.which.takes(seen).then(|| Decision::new(ReportDecision::Drop, format!("{} lost", named(seen))))
    }
}
