//! Keepalives stop.

use faultkey_transport::ctaphid::command;

use super::is_plugged_in;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "no-keepalive",
    layer: Layer::Report,
    summary: Text::new(
        "The key sends no keepalives while it waits, or stops sending them.",
        "待っている間のKEEPALIVEを送らない、または途中でやめる",
    ),
    effect: Text::new(
        "The first `after` keepalives of a command pass, the others don't. The command continues, and \
        its answer comes when the user has acted, if the host is still listening.",
        "1つのコマンドのKEEPALIVEのうち、最初の`after`個は届き、残りは届きません。コマンドは続き、\
        ホストがまだ待っていれば、ユーザーの操作の後に応答が届きます。",
    ),
    opportunity: Text::new(
        "A KEEPALIVE of a command of its ceremony, once `after` of them have passed.",
        "対象のセレモニーのコマンドのKEEPALIVEのうち、`after`個が届いた後のものです。",
    ),
    seam: Seam::Report,
    evidence: Text::new(
        "observed: Windows gives up after about 0.5 s without a keepalive (catalogue CT-01: \
        solokeys/solo2 PR 63). Specified: at least every 100 ms, CTAP2.3 §11.2.9.1.7.",
        "報告例あり：Windowsは、KEEPALIVEが約0.5秒届かないとあきらめます（カタログCT-01：solokeys/solo2 PR 63）。\
        仕様に規定：少なくとも100msごとに送ります（CTAP2.3 §11.2.9.1.7）。",
    ),
    catalogue: &["CT-01"],
    good_rp: Text::new(
        "Never sees it; the ceremony fails on the client. A registration may have left a passkey on the \
        key.",
        "RPからは見えません。セレモニーはクライアント側で失敗します。登録では、\
        セキュリティキーにパスキーが残っていることがあります。",
    ),
    parameters: &[
        ParameterInfo {
            name: "after",
            accepts: Text::new("a whole number from 0 to 10000", "0から10000までの整数"),
            default: Text::same("0"),
            meaning: Text::new("How many keepalives pass before they stop.", "送るのをやめるまでに届くKEEPALIVEの数"),
        },
        CEREMONY,
    ],
    example: "{ fault = \"no-keepalive\", after = 3 }",
};

struct NoKeepalive {
    after: usize,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let after = usize::try_from(parameters.integer("after", 0..=10_000)?.unwrap_or(0)).unwrap_or(0);
    Ok(Box::new(NoKeepalive { after, ceremony: parameters.ceremony(None)? }))
}

impl Fault for NoKeepalive {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let part = seen.part.filter(|part| part.command == command::KEEPALIVE && part.keepalives >= self.after)?;
        let acts = part.ceremony().is_some_and(|ceremony| ceremony.is(self.ceremony));
        acts.then(|| {
            let number = part.keepalives + 1;
            let text = Text::new(format!("keepalive {number} withheld"), format!("{number}回目のKEEPALIVEを送らない"));
            Decision::new(ReportDecision::Drop, text)
        })
    }
}
