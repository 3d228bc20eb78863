//! The key sends keepalives without end.

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
    name: "keepalive-forever",
    layer: Layer::Report,
    summary: Text::new("The key sends keepalives but never an answer.", "セキュリティキーがKEEPALIVEを送り続け、応答しない"),
    effect: Text::new(
        "A KEEPALIVE every 80 ms until the client gives up: CANCEL is answered with 0x2D, and INIT ends \
        it silently. With `hides = \"request\"` the authenticator never sees the command; with `hides = \
        \"answer\"` it has processed it, and a new credential is stored.",
        "クライアントがあきらめるまで、80msごとにKEEPALIVEを送ります。CANCELには0x2Dを返し、\
        INITでは何も返さずに終わります。`hides = \"request\"`では、認証器にコマンドが届きません。\
        `hides = \"answer\"`では、認証器は処理を終えていて、新しいクレデンシャルが保存されています。",
    ),
    opportunity: Text::new(
        "The last report of a request of its ceremony that involves the user; with `hides = \
        \"answer\"`, the first report of the answer.",
        "対象のセレモニーで、ユーザーが関わるリクエストの最後のレポートです。`hides = \"answer\"`では、\
        応答の最初のレポートです。",
    ),
    seam: Seam::Report,
    evidence: Text::new(
        "specified: only CANCEL ends a command that waits for its user, CTAP2.3 §11.2.9.1.5 and \
        §11.2.9.1.7 (catalogue CT-02).",
        "仕様に規定：ユーザーを待っているコマンドを終わらせるのは、CANCELだけです（CTAP2.3 §11.2.9.1.5、§11.2.9.1.7、\
        カタログCT-02）。",
    ),
    catalogue: &["CT-02"],
    good_rp: Text::new(
        "Never sees it: the client's timer ends the ceremony with NotAllowedError. Offers a retry with \
        a new challenge, no lockout.",
        "RPからは見えません。クライアントのタイマーが切れ、NotAllowedErrorでセレモニーが終わります。\
        新しいチャレンジでの再試行を用意し、アカウントをロックしません。",
    ),
    parameters: &[
        ParameterInfo {
            name: "hides",
            accepts: Text::new("`request` or `answer`", "`request`または`answer`"),
            default: Text::same("`request`"),
            meaning: Text::new(
                "Whether the authenticator never sees the request, or the host never sees the answer.",
                "認証器にリクエストを届けないか、ホストに応答を届けないか",
            ),
        },
        ParameterInfo {
            name: "status",
            accepts: Text::new("`user-presence` or `processing`", "`user-presence`または`processing`"),
            default: Text::same("`user-presence`"),
            meaning: Text::new("What the keepalives say.", "KEEPALIVEが伝える状態"),
        },
        CEREMONY,
    ],
    example: "{ fault = \"keepalive-forever\", ceremony = \"authentication\", schedule = \"once\" }",
};

struct KeepaliveForever {
    hides: Direction,
    status: Keepalive,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let hides = parameters.choice("hides", &[("request", Direction::ToKey), ("answer", Direction::ToHost)], Direction::ToKey)?;
    let words = [("user-presence", Keepalive::UserPresenceNeeded), ("processing", Keepalive::Processing)];
    let status = parameters.choice("status", &words, Keepalive::UserPresenceNeeded)?;
    Ok(Box::new(KeepaliveForever { hides, status, ceremony: parameters.ceremony(None)? }))
}

impl Fault for KeepaliveForever {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let part = seen.part.filter(|part| part.command == command::CBOR && seen.direction == self.hides)?;
        let here = if self.hides == Direction::ToKey { part.is_last() } else { part.index == 0 };
        let acts = here && seen.scene.is_some_and(|scene| involves_user(scene) && scene.ceremony.is(self.ceremony));
        let decision = ReportDecision::Work { status: self.status, lasts: None };
        acts.then(|| {
            let report = named(seen);
            let text =
                Text::new(format!("endless keepalives instead of {}", report.en), format!("{}の代わりにKEEPALIVEを送り続ける", report.ja));
            Decision::new(decision, text)
        })
    }
}
