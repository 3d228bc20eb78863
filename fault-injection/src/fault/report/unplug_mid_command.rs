//! The key is pulled out.

use std::time::Duration;

use faultkey_authenticator::UserAnswer;
use faultkey_transport::LineEvent;

use super::is_plugged_in;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault, World};
use crate::moment::{MOMENT, Moment, REPORTS};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::seam::report::{ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "unplug-mid-command",
    layer: Layer::Report,
    summary: Text::new("The key is unplugged in the middle of a command.", "コマンドの途中で、セキュリティキーが抜かれる"),
    effect: Text::new(
        "The device leaves the bus at that moment; the command in progress ends as if the host had gone \
        away. With `stored`, `answering` and `answered` in a registration, the credential is on the key, and \
        unless the answer arrived, only the key knows it (a ghost credential). With `again-after` the key is \
        plugged in again, which is a power cycle: channels, PIN tokens and pending prompts are gone; \
        credentials and counters remain, unless `state = \"lost\"` says that a different, empty key comes \
        back.",
        "指定した時点で、機器がバスから消えます。実行中のコマンドは、ホストがいなくなった場合と同じように終わります。\
        登録での`stored`、`answering`、`answered`では、セキュリティキーにクレデンシャルが残り、応答が届いていなければ、\
        それを知るのはセキュリティキーだけです（孤立したクレデンシャル）。`again-after`では、もう一度差し込まれます。\
        電源が入れ直されるため、チャネル、PINトークン、待っている操作は失われます。\
        クレデンシャルとカウンターは残りますが、`state = \"lost\"`では、別の空のセキュリティキーが差し込まれます。",
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
        "specified: authenticators come and go during a ceremony, which stays open for another one \
        until its timer ends (catalogue CT-03: w3c/webauthn PR 900, WebAuthn-3 §5.1.3; CT-10). Inferred: \
        that the credential was stored when the answer was lost (CT-08).",
        "仕様に規定：セレモニー中に認証器が現れたり消えたりしても、クライアントのタイマーが切れるまで、\
        別の認証器で続けられます（カタログCT-03：w3c/webauthn PR 900、WebAuthn-3 §5.1.3、CT-10）。\
        推定：応答が失われた時点で、クレデンシャルが保存されていたこと（CT-08）。",
    ),
    catalogue: &["CT-03", "CT-08", "CT-10"],
    good_rp: Text::new(
        "Can't see the cause, only a failure on the client (NotAllowedError when the client's timer \
        ends). Offers a retry with a new challenge, no lockout. When a ghost credential is offered later, \
        refuses it as unknown, and tells the client so that it can hide it.",
        "RPからは原因が見えず、クライアント側の失敗だけが見えます（クライアントのタイマーが切れるとNotAllowedError）。\
        新しいチャレンジでの再試行を用意し、アカウントをロックしません。後で孤立したクレデンシャルが使われたら、\
        未登録として拒否し、クライアントが非表示にできるように伝えます。",
    ),
    parameters: &[
        MOMENT,
        REPORTS,
        CEREMONY,
        ParameterInfo {
            name: "again-after",
            accepts: Text::new("a whole number of milliseconds from 0 to 3600000", "0から3600000までの整数（ミリ秒）"),
            default: Text::new("never", "なし"),
            meaning: Text::new("When it is plugged in again.", "もう一度差し込まれるまでの時間"),
        },
        ParameterInfo {
            name: "state",
            accepts: Text::new("`kept` or `lost`, only with `again-after`", "`kept`または`lost`（`again-after`を指定した場合のみ）"),
            default: Text::same("`kept`"),
            meaning: Text::new("Whether it comes back with its credentials.", "クレデンシャルを保ったまま戻るかどうか"),
        },
    ],
    example: "{ fault = \"unplug-mid-command\", when = \"stored\", ceremony = \"registration\", again-after = 3000, schedule = \"once\" }",
};

struct UnplugMidCommand {
    moment: Moment,
    event: LineEvent,
    what: Text,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let again_after = parameters.integer("again-after", 0..=3_600_000)?;
    let keeps_state = parameters.choice("state", &[("kept", true), ("lost", false)], true)?;
    if again_after.is_none() && parameters.is_given("state") {
        return Err(
            parameters.error("state", "only allowed with `again-after`: a key that is not plugged in again has no state".to_owned())
        );
    }
    let what = match (again_after, keeps_state) {
        (None, _) => Text::new("unplugged", "抜去").into(),
        (Some(after), true) => {
            Text::new(format!("unplugged (plugged in again after {after} ms)"), format!("抜去（{after}ms後に再び差し込む）"))
        }
        (Some(after), false) => {
            Text::new(format!("unplugged (another key plugged in after {after} ms)"), format!("抜去（{after}ms後に別のキーを差し込む）"))
        }
    };
    let event = LineEvent::Unplug { again_after: again_after.map(Duration::from_millis), keeps_state };
    Ok(Box::new(UnplugMidCommand { moment: Moment::load(parameters)?, event, what }))
}

impl Fault for UnplugMidCommand {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.moment.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        self.moment.at_report(seen, self.event, &self.what)
    }

    fn touched(&self, scene: &Scene, answer: UserAnswer) -> Option<Decision<LineEvent>> {
        self.moment.at_touch(scene, answer, self.event, &self.what)
    }
}
