//! A report is cut short.

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, Selection};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "report-truncated",
    layer: Layer::Report,
    summary: "A report is cut short: only its first bytes arrive.",
    effect: "The first `bytes` bytes arrive; the rest is zero, because links carry 64 bytes at a time. Fewer \
        than 7 cut into the packet's header. A truncated answer is not CBOR, or it is CBOR with zeros in a \
        key or signature: the client rejects it, or the relying party can't verify it.",
    opportunity: "A report that `direction`, `message`, `ceremony` and `report` select, and that has bytes \
        other than zero to lose. RP ID and account are known from a request's last report on.",
    seam: Seam::Report,
    evidence: "inferred: no public report. Specified: reports have a fixed length, and bytes after a \
        message's end mean nothing, CTAP2.3 §11.2.4.",
    catalogue: &["CT-06"],
    good_rp: "Refuses what does not verify, says why, and keeps its stored credential; usually the client \
        has given up before.",
    parameters: &[
        ParameterInfo {
            name: "bytes",
            accepts: "a whole number from 0 to 63",
            default: "32",
            meaning: "How many bytes of the report arrive.",
        },
        DIRECTION,
        MESSAGE,
        CEREMONY,
        REPORT,
    ],
    example: "{ fault = \"report-truncated\", bytes = 20, report = 2 }",
};

struct ReportTruncated {
    which: Selection,
    bytes: usize,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let bytes = usize::try_from(parameters.integer("bytes", 0..=63)?.unwrap_or(32)).unwrap_or(0);
    Ok(Box::new(ReportTruncated { which: Selection::load(parameters)?, bytes }))
}

impl Fault for ReportTruncated {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let mut cut = *seen.report;
        cut.iter_mut().skip(self.bytes).for_each(|byte| *byte = 0);
        let acts = self.which.takes(seen) && cut != *seen.report;
        acts.then(|| Decision::new(ReportDecision::Replace(Box::new(cut)), format!("{} cut to {} bytes", named(seen), self.bytes)))
    }
}
