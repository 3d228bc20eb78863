//! The device resets itself on the bus.

use faultkey_authenticator::UserAnswer;
use faultkey_transport::LineEvent;

use super::is_plugged_in;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault, World};
use crate::moment::{MOMENT, Moment, REPORTS};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::seam::report::{ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "bus-reset",
    layer: Layer::Report,
    summary: Text::new("The USB bus resets the device in the middle of a command.", "コマンドの途中で、USBバスが端末をリセットする"),
    effect: Text::new(
        "Channels and the command in progress are lost, but the device keeps its power: PIN tokens stay. \
        On USB/IP the host enumerates it again; on other links it disappears and comes back.",
        "チャネルと実行中のコマンドは失われますが、電源は切れないため、PINトークンは残ります。USB/IPでは、\
        ホストがもう一度認識し直します。ほかのリンクでは、いったん消えてから戻ります。",
    ),
    opportunity: Text::new(
        "A command of its ceremony that involves the user, at the moment that `when` names: a \
        report, or the user's answer to the prompt. For `stored`, `answering` and `answered` the answer must \
        be a success. RP ID and account are known from a request's last report on.",
        "対象のセレモニーでユーザーが関わるコマンドの、`when`で指定した時点（レポート、またはユーザーの操作）です。\
        `stored`、`answering`、`answered`では、応答が成功の場合に限ります。RP IDとアカウントは、\
        リクエストの最後のレポートからわかります。",
    ),
    seam: Seam::Report,
    evidence: Text::new(
        "inferred: hosts reset devices that don't answer, and hubs lose power; no public report of it \
        during a ceremony. Specified: USB 2.0 §9.1.1.",
        "推定：ホストは応答しない機器をリセットし、ハブは電源を失うことがあります。\
        セレモニー中に起きたという公開された報告はありません。仕様に規定：USB 2.0 §9.1.1。",
    ),
    catalogue: &["CT-03"],
    good_rp: Text::new(
        "Can't see the cause, only a failure on the client: offers a retry with a new challenge, no \
        lockout.",
        "RPからは原因が見えず、クライアント側の失敗だけが見えます。新しいチャレンジでの再試行を用意し、\
        アカウントをロックしません。",
    ),
    parameters: &[MOMENT, REPORTS, CEREMONY],
    example: "{ fault = \"bus-reset\", when = \"waiting\", schedule = \"once\" }",
};

struct BusReset {
    moment: Moment,
}

const WHAT: Text<&str> = Text::new("reset on the bus", "バスをリセット");

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(BusReset { moment: Moment::load(parameters)? }))
}

impl Fault for BusReset {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.moment.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        self.moment.at_report(seen, LineEvent::BusReset, &WHAT.into())
    }

    fn touched(&self, scene: &Scene, answer: UserAnswer) -> Option<Decision<LineEvent>> {
        self.moment.at_touch(scene, answer, LineEvent::BusReset, &WHAT.into())
    }
}
