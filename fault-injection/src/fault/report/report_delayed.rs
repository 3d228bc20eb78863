//! A report arrives late.

use std::time::Duration;

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, SELECTED, Selection};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "report-delayed",
    layer: Layer::Report,
    summary: Text::new("A report arrives late.", "レポートが遅れて届く"),
    effect: Text::new(
        "The report, and what follows it in its direction, arrives `by` milliseconds later, with no \
        keepalives in between. A request that pauses for longer than the key waits is answered with \
        ERR_MSG_TIMEOUT. A late CANCEL (`direction = \"to-key\"`, `message = \"cancel\"`) may arrive after \
        the user has touched the key.",
        "このレポートと、同じ方向の後続のレポートが、`by`ミリ秒遅れて届きます。その間、KEEPALIVEは届きません。\
        セキュリティキーが待つ時間よりも長く途切れたリクエストには、ERR_MSG_TIMEOUTが返ります。\
        CANCELを遅らせると（`direction = \"to-key\"`、`message = \"cancel\"`）、\
        ユーザーがタッチした後に届くことがあります。",
    ),
    opportunity: SELECTED,
    seam: Seam::Report,
    evidence: Text::new(
        "observed: keys and stacks that take more than 50 ms for a CANCEL (catalogue CT-05: \
        conformance#612, #767). Specified: ERR_MSG_TIMEOUT, CTAP2.3 §11.2.5.2.",
        "報告例あり：CANCELの処理に50ms以上かかるセキュリティキーやスタック（カタログCT-05：conformance#612、#767）。\
        仕様に規定：ERR_MSG_TIMEOUT（CTAP2.3 §11.2.5.2）。",
    ),
    catalogue: &["CT-05", "CT-06"],
    good_rp: Text::new(
        "Never sees it; the ceremony takes longer, or fails on the client.",
        "RPからは見えません。セレモニーに時間がかかるか、クライアント側で失敗します。",
    ),
    parameters: &[
        ParameterInfo {
            name: "by",
            accepts: Text::new("a whole number of milliseconds from 1 to 600000", "1から600000までの整数（ミリ秒）"),
            default: Text::same("1000"),
            meaning: Text::new("How much later.", "遅らせる時間"),
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

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let decision = ReportDecision::Delay(Duration::from_millis(self.by));
        self.which.takes(seen).then(|| {
            let (report, by) = (named(seen), self.by);
            let text = Text::new(format!("{} delivered {by} ms later", report.en), format!("{}を{by}ms遅らせて配送", report.ja));
            Decision::new(decision, text)
        })
    }
}
