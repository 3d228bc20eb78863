//! The endpoint stalls.

use faultkey_transport::LineEvent;

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, SELECTED, Selection};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "endpoint-stall",
    layer: Layer::Report,
    summary: Text::new(
        "The endpoint stalls before a report until the host clears it.",
        "レポートの前で、ホストが解除するまでエンドポイントがストールする",
    ),
    effect: Text::new(
        "On USB/IP the interrupt endpoint answers STALL; the report comes once the host has cleared the \
        halt. Other links have no endpoint that could stall, and ignore the fault.",
        "USB/IPでは、割り込みエンドポイントがSTALLを返し、ホストが解除するとレポートが届きます。\
        ほかのリンクにはストールするエンドポイントがないため、このフォールトを無視します。",
    ),
    opportunity: SELECTED,
    seam: Seam::Report,
    evidence: Text::new(
        "inferred: no public report of a key that does it. Specified: a halted endpoint stalls until \
        it is cleared, USB 2.0 §9.4.5.",
        "推定：セキュリティキーで起きたという公開された報告はありません。仕様に規定：停止したエンドポイントは、\
        解除されるまでストールします（USB 2.0 §9.4.5）。",
    ),
    catalogue: &["CT-06"],
    good_rp: Text::new("Never sees it, or sees a failure on the client.", "RPからは見えないか、クライアント側の失敗だけが見えます。"),
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

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let decision = ReportDecision::Line { event: LineEvent::Stall, after: false };
        self.which.takes(seen).then(|| {
            let report = named(seen);
            let text = Text::new(format!("stalled before {}", report.en), format!("{}の前でストール", report.ja));
            Decision::new(decision, text)
        })
    }
}
