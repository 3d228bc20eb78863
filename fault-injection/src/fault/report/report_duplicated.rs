//! A report arrives twice.

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, SELECTED, Selection};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "report-duplicated",
    layer: Layer::Report,
    summary: Text::new("A report arrives twice.", "レポートが2回届く"),
    effect: Text::new(
        "The same 64 bytes arrive again immediately. In a message of several reports the second copy is \
        out of sequence: the key answers ERR_INVALID_SEQ, and a strict host abandons the message. A request \
        of one report reaches the key twice: if it is still working on the first, it answers \
        ERR_CHANNEL_BUSY; if it had answered already, it answers again.",
        "同じ64バイトがすぐにもう一度届きます。複数のレポートからなるメッセージでは、2つ目は順序外です。\
        セキュリティキーはERR_INVALID_SEQを返し、厳格なホストはメッセージを破棄します。レポート1つのリクエストは、\
        セキュリティキーに2回届きます。1つ目を処理中ならERR_CHANNEL_BUSYを返し、応答済みならもう一度応答します。",
    ),
    opportunity: SELECTED,
    seam: Seam::Report,
    evidence: Text::new(
        "inferred: no public report of a bus that does it. Specified: what key and host do about it, \
        CTAP2.3 §11.2.5.4.",
        "推定：バスで起きたという公開された報告はありません。仕様に規定：そのときのセキュリティキーとホストの動作\
        （CTAP2.3 §11.2.5.4）。",
    ),
    catalogue: &["CT-06"],
    good_rp: Text::new(
        "Never sees it; at worst the ceremony fails on the client.",
        "RPからは見えません。最悪でも、セレモニーがクライアント側で失敗するだけです。",
    ),
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

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        self.which.takes(seen).then(|| {
            let report = named(seen);
            let text = Text::new(format!("{} sent twice", report.en), format!("{}を2回送信", report.ja));
            Decision::new(ReportDecision::Duplicate, text)
        })
    }
}
