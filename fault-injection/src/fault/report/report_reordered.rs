//! A report arrives after the next one.

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, Selection};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "report-reordered",
    layer: Layer::Report,
    summary: Text::new("Two reports of a message arrive in the wrong order.", "1つのメッセージの2つのレポートが、逆の順序で届く"),
    effect: Text::new(
        "The report arrives right after the one that follows it. The key answers ERR_INVALID_SEQ to a \
        request; a strict host abandons an answer.",
        "このレポートが、次のレポートのすぐ後に届きます。リクエストでは、セキュリティキーがERR_INVALID_SEQを返します。\
        応答では、厳格なホストが破棄します。",
    ),
    opportunity: Text::new(
        "A report that `direction`, `message`, `ceremony` and `report` select, except the last of a \
        message. RP ID and account are known from a request's last report on.",
        "`direction`、`message`、`ceremony`、`report`で選んだレポートのうち、メッセージの最後ではないものです。\
        RP IDとアカウントは、リクエストの最後のレポートからわかります。",
    ),
    seam: Seam::Report,
    evidence: Text::new(
        "inferred: USB keeps the order; what carries reports further (USB/IP, remote desktops) may \
        not. Specified: what key and host do about it, CTAP2.3 §11.2.5.4.",
        "推定：USBは順序を保ちますが、レポートを中継するもの（USB/IP、リモートデスクトップ）は保たないことがあります。\
        仕様に規定：そのときのセキュリティキーとホストの動作（CTAP2.3 §11.2.5.4）。",
    ),
    catalogue: &["CT-06"],
    good_rp: Text::new(
        "Never sees it; to the relying party the ceremony failed on the client.",
        "RPからは見えません。RPにとっては、セレモニーがクライアント側で失敗しただけです。",
    ),
    parameters: &[DIRECTION, MESSAGE, CEREMONY, ParameterInfo { default: Text::same("2"), ..REPORT }],
    example: "{ fault = \"report-reordered\", report = 2, ceremony = \"registration\", schedule = \"once\" }",
};

struct ReportReordered {
    which: Selection,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(ReportReordered { which: Selection::load_from(parameters, 2)? }))
}

impl Fault for ReportReordered {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let acts = self.which.takes(seen) && seen.part.is_some_and(|part| !part.is_last());
        acts.then(|| {
            let report = named(seen);
            let text = Text::new(format!("{} sent after the next", report.en), format!("{}を次のレポートの後に送信", report.ja));
            Decision::new(ReportDecision::Swap, text)
        })
    }
}
