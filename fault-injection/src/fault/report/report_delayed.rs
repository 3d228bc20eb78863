//! A report arrives late.

use std::time::Duration;

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, SELECTED, Selection};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "report-delayed",
    layer: Layer::Report,
    summary: "A report arrives late.",
    effect: "The report, and what follows it in its direction, arrives `by` milliseconds later, with no \
        keepalives in between. A request that pauses for longer than the key waits is answered with \
        ERR_MSG_TIMEOUT. A late CANCEL (`direction = \"to-key\"`, `message = \"cancel\"`) may arrive after \
        the user has touched the key.",
    opportunity: SELECTED,
    seam: Seam::Report,
    evidence: "observed: keys and stacks that take more than 50 ms for a CANCEL (catalogue CT-05: \
        conformance#612, #767). Specified: ERR_MSG_TIMEOUT, CTAP2.3 §11.2.5.2.",
    catalogue: &["CT-05", "CT-06"],
    good_rp: "Never sees it; the ceremony takes longer, or fails on the client.",
    parameters: &[
        ParameterInfo {
            name: "by",
            accepts: "a whole number of milliseconds from 1 to 600000",
            default: "1000",
            meaning: "How much later.",
        },
        DIRECTION,
        MESSAGE,
        CEREMONY,
        REPORT,
    ],
    example: "{ fault = \"report-delayed\", by = 2500, ceremony = \"authentication\" }",
};

struct ReportDelayed {
    which: Selection,
    by: u64,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let by = parameters.integer("by", 1..=600_000)?.unwrap_or(1_000);
    Ok(Box::new(ReportDelayed { which: Selection::load(parameters)?, by }))
}

impl Fault for ReportDelayed {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let decision = ReportDecision::Delay(Duration::from_millis(self.by));
        self.which.takes(seen).then(|| Decision::new(decision, format!("{} delivered {} ms later", named(seen), self.by)))
    }
}
