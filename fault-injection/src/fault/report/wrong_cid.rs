//! A report names another channel.

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, REPORT, SELECTED, Selection};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "wrong-cid",
    layer: Layer::Report,
    summary: Text::new("A report has another channel's ID.", "レポートのチャネルIDが、別のチャネルのものである"),
    effect: Text::new(
        "Inverts one bit of the channel ID. A host ignores reports on a channel that is not its own, so \
        it never gets the answer, or misses a part of it. The key answers ERR_INVALID_CHANNEL to the \
        beginning of a request, and ignores the rest.",
        "チャネルIDの1ビットを反転します。ホストは、自分のチャネルではないレポートを無視するため、応答が届かないか、\
        一部が欠けます。リクエストでは、セキュリティキーが先頭のレポートにERR_INVALID_CHANNELを返し、残りを無視します。",
    ),
    opportunity: SELECTED,
    seam: Seam::Report,
    evidence: Text::new(
        "specified: CTAP2.3 §11.2.4 and §11.2.5.4 (catalogue CT-06). No public report of a key that \
        does it.",
        "仕様に規定：CTAP2.3 §11.2.4、§11.2.5.4（カタログCT-06）。セキュリティキーで起きたという公開された報告はありませ\
        ん。",
    ),
    catalogue: &["CT-06"],
    good_rp: Text::new(
        "Never sees it: the client's timer ends the ceremony.",
        "RPからは見えません。クライアントのタイマーが切れ、セレモニーが終わります。",
    ),
    parameters: &[DIRECTION, MESSAGE, CEREMONY, REPORT],
    example: "{ fault = \"wrong-cid\", ceremony = \"authentication\", schedule = \"once\" }",
};

struct WrongCid {
    which: Selection,
}

/// A high bit: no key has given out so many channels.
const TURNED: u8 = 0x40;

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(WrongCid { which: Selection::load(parameters)? }))
}

impl Fault for WrongCid {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let own = seen.packet().channel();
        let mut other = *seen.report;
        other[0] ^= TURNED;
        let (report, wrong) = (named(seen), own ^ (u32::from(TURNED) << 24));
        self.which.takes(seen).then(|| {
            let text = Text::new(
                format!("{} on channel {own:08x} -> {wrong:08x}", report.en),
                format!("{}のチャネル：{own:08x} -> {wrong:08x}", report.ja),
            );
            Decision::new(ReportDecision::Replace(Box::new(other)), text)
        })
    }
}
