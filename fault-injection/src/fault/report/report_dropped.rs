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
    summary: "A report is lost.",
    effect: "The report never arrives; those before and after it do. When a report of a longer request is \
        lost, the key answers ERR_INVALID_SEQ, or ERR_MSG_TIMEOUT when no other report follows. When the \
        first report of an answer is lost, the host gets no answer; when one in the middle is, the sequence \
        numbers that the host checks have a gap. `report = \"rest\"` sends the beginning of an answer and \
        then nothing.",
    opportunity: SELECTED,
    seam: Seam::Report,
    evidence: "inferred: an answer that begins and then stops (catalogue CT-08). Specified: what key and \
        host do about it, CTAP2.3 §11.2.5.2 and §11.2.5.4.",
    catalogue: &["CT-06", "CT-08"],
    good_rp: "Never sees it: the client's timer ends the ceremony. A registration may have left a passkey on \
        the key that the relying party never hears of; when that passkey is offered, the relying party says \
        that it is unknown.",
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
