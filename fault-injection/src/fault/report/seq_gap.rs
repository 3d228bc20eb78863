//! A continuation packet has the wrong number.

use faultkey_transport::ctaphid::Packet;

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, Selection};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "seq-gap",
    layer: Layer::Report,
    summary: Text::new("A continuation packet does not have the next sequence number.", "継続パケットのシーケンス番号が飛ぶ"),
    effect: Text::new(
        "The sequence number is one higher than it should be. The key answers ERR_INVALID_SEQ (0xBF 04) \
        to a request; a strict host abandons an answer.",
        "シーケンス番号が、正しい値より1大きくなります。リクエストでは、セキュリティキーがERR_INVALID_SEQ（0xBF 04）を返\
        します。応答では、厳格なホストが破棄します。",
    ),
    opportunity: Text::new(
        "A continuation packet that `direction`, `message`, `ceremony` and `report` select: \
        `report` counts from the message's first report, so 2 is the first continuation packet. RP ID and \
        account are known from a request's last report on.",
        "`direction`、`message`、`ceremony`、`report`で選んだ継続パケットです。\
        `report`はメッセージの最初のレポートから数えるため、2が最初の継続パケットです。RP IDとアカウントは、\
        リクエストの最後のレポートからわかります。",
    ),
    seam: Seam::Report,
    evidence: Text::new(
        "specified: CTAP2.3 §11.2.5.4 (catalogue CT-06). No public report of a key that does it.",
        "仕様に規定：CTAP2.3 §11.2.5.4（カタログCT-06）。セキュリティキーで起きたという公開された報告はありません。",
    ),
    catalogue: &["CT-06"],
    good_rp: Text::new(
        "Never sees it; to the relying party the ceremony failed on the client.",
        "RPからは見えません。RPにとっては、セレモニーがクライアント側で失敗しただけです。",
    ),
    parameters: &[DIRECTION, MESSAGE, CEREMONY, ParameterInfo { default: Text::same("2"), ..REPORT }],
    example: "{ fault = \"seq-gap\", report = 3, ceremony = \"registration\" }",
};

struct SeqGap {
    which: Selection,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(SeqGap { which: Selection::load_from(parameters, 2)? }))
}

impl Fault for SeqGap {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let Packet::Continuation { sequence, .. } = seen.packet() else { return None };
        let wrong = (sequence + 1) & 0x7F;
        let mut other = *seen.report;
        other[4] = wrong;
        self.which.takes(seen).then(|| {
            let report = named(seen);
            let text = Text::new(
                format!("{}: sequence number {sequence} -> {wrong}", report.en),
                format!("{}のシーケンス番号：{sequence} -> {wrong}", report.ja),
            );
            Decision::new(ReportDecision::Replace(Box::new(other)), text)
        })
    }
}
