//! A report never arrives.

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, SELECTED, Selection};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "report-dropped",
    layer: Layer::Report,
    summary: Text::new("A report is lost.", "レポートが失われる"),
    effect: Text::new(
        "The report never arrives; those before and after it do. When a report of a longer request is \
        lost, the key answers ERR_INVALID_SEQ, or ERR_MSG_TIMEOUT when no other report follows. When the \
        first report of an answer is lost, the host gets no answer; when one in the middle is, the sequence \
        numbers that the host checks have a gap. `report = \"rest\"` sends the beginning of an answer and \
        then nothing.",
        "このレポートだけが届かず、前後のレポートは届きます。長いリクエストの1つが失われると、\
        セキュリティキーはERR_INVALID_SEQを返します。後続のレポートがなければ、ERR_MSG_TIMEOUTを返します。\
        応答の最初のレポートが失われると、ホストに応答は届きません。途中の1つが失われると、\
        ホストが確認するシーケンス番号が飛びます。`report = \"rest\"`では、応答の最初だけを送り、残りを送りません。",
    ),
    opportunity: SELECTED,
    seam: Seam::Report,
    evidence: Text::new(
        "inferred: an answer that begins and then stops (catalogue CT-08). Specified: what key and \
        host do about it, CTAP2.3 §11.2.5.2 and §11.2.5.4.",
        "推定：途中で止まる応答（カタログCT-08）。仕様に規定：そのときのセキュリティキーとホストの動作\
        （CTAP2.3 §11.2.5.2、§11.2.5.4）。",
    ),
    catalogue: &["CT-06", "CT-08"],
    good_rp: Text::new(
        "Never sees it: the client's timer ends the ceremony. A registration may have left a passkey on \
        the key that the relying party never hears of; when that passkey is offered, the relying party says \
        that it is unknown.",
        "RPからは見えません。クライアントのタイマーが切れ、セレモニーが終わります。登録では、\
        RPが知らないパスキーがセキュリティキーに残っていることがあります。そのパスキーが使われたら、\
        未登録であることを伝えます。",
    ),
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

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        self.which.takes(seen).then(|| {
            let report = named(seen);
            let text = Text::new(format!("{} lost", report.en), format!("{}が失われた", report.ja));
            Decision::new(ReportDecision::Drop, text)
        })
    }
}
