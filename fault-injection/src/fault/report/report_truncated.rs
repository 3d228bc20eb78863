//! A report is cut short.

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, Selection};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "report-truncated",
    layer: Layer::Report,
    summary: Text::new("A report is cut short: only its first bytes arrive.", "レポートが途中で切れ、先頭のバイトだけが届く"),
    effect: Text::new(
        "The first `bytes` bytes arrive; the rest is zero, because links carry 64 bytes at a time. Fewer \
        than 7 cut into the packet's header. A truncated answer is not CBOR, or it is CBOR with zeros in a \
        key or signature: the client rejects it, or the relying party can't verify it.",
        "先頭の`bytes`バイトだけが届きます。リンクは64バイト単位で運ぶため、残りは0になります。7バイト未満では、\
        パケットのヘッダーが切れます。切れた応答は、CBORとして読めないか、鍵または署名に0が入ったCBORになります。\
        クライアントが拒否するか、RPが検証できません。",
    ),
    opportunity: Text::new(
        "A report that `direction`, `message`, `ceremony` and `report` select, and that has bytes \
        other than zero to lose. RP ID and account are known from a request's last report on.",
        "`direction`、`message`、`ceremony`、`report`で選んだレポートのうち、0以外のバイトが失われるものです。\
        RP IDとアカウントは、リクエストの最後のレポートからわかります。",
    ),
    seam: Seam::Report,
    evidence: Text::new(
        "inferred: no public report. Specified: reports have a fixed length, and bytes after a \
        message's end mean nothing, CTAP2.3 §11.2.4.",
        "推定：公開された報告はありません。仕様に規定：レポートは固定長で、メッセージの終わりより後のバイトに意味はありま\
        せん（CTAP2.3 §11.2.4）。",
    ),
    catalogue: &["CT-06"],
    good_rp: Text::new(
        "Refuses what does not verify, says why, and keeps its stored credential; usually the client \
        has given up before.",
        "検証できないものを拒否し、理由を伝え、保存済みのクレデンシャルを残します。通常は、\
        その前にクライアントがあきらめています。",
    ),
    parameters: &[
        ParameterInfo {
            name: "bytes",
            accepts: Text::new("a whole number from 0 to 63", "0から63までの整数"),
            default: Text::same("32"),
            meaning: Text::new("How many bytes of the report arrive.", "レポートのうち届くバイト数"),
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

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let mut cut = *seen.report;
        cut.iter_mut().skip(self.bytes).for_each(|byte| *byte = 0);
        let acts = self.which.takes(seen) && cut != *seen.report;
        acts.then(|| {
            let (report, bytes) = (named(seen), self.bytes);
            let text = Text::new(format!("{} cut to {bytes} bytes", report.en), format!("{}を{bytes}バイトに切り詰め", report.ja));
            Decision::new(ReportDecision::Replace(Box::new(cut)), text)
        })
    }
}
