//! The key takes its time.

use std::time::Duration;

use faultkey_transport::ctaphid::{Keepalive, command};

use super::{involves_user, is_plugged_in, named};
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{Direction, ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "slow-key",
    layer: Layer::Report,
    summary: Text::new(
        "The key takes a long time for every command of a ceremony.",
        "セレモニーのすべてのコマンドに、セキュリティキーが長い時間をかける",
    ),
    effect: Text::new(
        "KEEPALIVE with status \"processing\" every 80 ms, for `by` milliseconds before the \
        authenticator gets the command. Meanwhile, CANCEL is answered with 0x2D.",
        "認証器がコマンドを受け取るまでの`by`ミリ秒の間、状態が「処理中」のKEEPALIVEを80msごとに送ります。\
        その間のCANCELには0x2Dを返します。",
    ),
    opportunity: Text::new(
        "The last report of a request of its ceremony that involves the user.",
        "対象のセレモニーで、ユーザーが関わるリクエストの最後のレポートです。",
    ),
    seam: Seam::Report,
    evidence: Text::new(
        "inferred: keys take seconds to generate an RSA key; no public report of a relying party that \
        gave up on it. Specified: the keepalives, CTAP2.3 §11.2.9.1.7.",
        "推定：RSA鍵の生成に数秒かかるセキュリティキーがあります。RPが待ちきれなかったという公開された報告はありません。\
        仕様に規定：KEEPALIVE（CTAP2.3 §11.2.9.1.7）。",
    ),
    catalogue: &["CT-02"],
    good_rp: Text::new(
        "Waits for as long as the `timeout` in its own options, and keeps its challenge valid for as \
        long.",
        "自分のオプションに書いた`timeout`の間は待ち、その間はチャレンジを有効にしておきます。",
    ),
    parameters: &[
        ParameterInfo {
            name: "by",
            accepts: Text::new("a whole number of milliseconds from 1 to 600000", "1から600000までの整数（ミリ秒）"),
            default: Text::same("5000"),
            meaning: Text::new("How much longer it takes.", "余分にかかる時間"),
        },
        CEREMONY,
    ],
    example: "{ fault = \"slow-key\", by = 20000 }",
};

struct SlowKey {
    by: u64,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let by = parameters.integer("by", 1..=600_000)?.unwrap_or(5_000);
    Ok(Box::new(SlowKey { by, ceremony: parameters.ceremony(None)? }))
}

impl Fault for SlowKey {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let part = seen.part.filter(|part| part.command == command::CBOR && seen.direction == Direction::ToKey)?;
        let acts = part.is_last() && seen.scene.is_some_and(|scene| involves_user(scene) && scene.ceremony.is(self.ceremony));
        let decision = ReportDecision::Work { status: Keepalive::Processing, lasts: Some(Duration::from_millis(self.by)) };
        acts.then(|| {
            let (report, by) = (named(seen), self.by);
            let text = Text::new(format!("{by} ms of work before {}", report.en), format!("{}の前に{by}msの処理", report.ja));
            Decision::new(decision, text)
        })
    }
}
