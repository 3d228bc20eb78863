//! Another has the key.

use faultkey_transport::ctaphid::{ErrorCode, command};

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{Direction, ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "channel-busy",
    layer: Layer::Report,
    summary: Text::new("The key is busy: another program is using it.", "別のプログラムが使っていて、セキュリティキーがビジーである"),
    effect: Text::new(
        "The message is answered with ERROR ERR_CHANNEL_BUSY (0xBF 06) and never reaches the device. \
        `schedule = { first = 3 }` is a key that is busy three times.",
        "メッセージにERROR ERR_CHANNEL_BUSY（0xBF 06）を返し、機器には届けません。`schedule = { first = 3 }`では、\
        3回ビジーになります。",
    ),
    opportunity: Text::new(
        "The first report of a message that `message` selects, except CANCEL.",
        "`message`で選んだメッセージの最初のレポートです。CANCELは除きます。",
    ),
    seam: Seam::Report,
    evidence: Text::new(
        "observed: commands left over by a client that timed out without CANCEL (catalogue CT-04: \
        fido-alliance conformance#161). Specified: CTAP2.3 §11.2.5.3; a client retries after a while.",
        "報告例あり：CANCELを送らずにタイムアウトしたクライアントが残したコマンド（カタログCT-04：\
        fido-alliance conformance#161）。仕様に規定：CTAP2.3 §11.2.5.3。クライアントは、しばらくしてから再試行します。",
    ),
    catalogue: &["CT-04"],
    good_rp: Text::new(
        "Never sees it; the ceremony takes longer, or fails on the client.",
        "RPからは見えません。セレモニーに時間がかかるか、クライアント側で失敗します。",
    ),
    parameters: &[ParameterInfo {
        name: "message",
        accepts: Text::new("`cbor` (every CTAP command), `init` or `any`", "`cbor`（すべてのCTAPコマンド）、`init`、`any`のいずれか"),
        default: Text::same("`cbor`"),
        meaning: Text::new("Which messages are answered this way.", "ビジーで応答するメッセージ"),
    }],
    example: "{ fault = \"channel-busy\", schedule = { first = 3 } }",
};

struct ChannelBusy {
    /// `None`: any.
    command: Option<u8>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let words = [("cbor", Some(command::CBOR)), ("init", Some(command::INIT)), ("any", None)];
    Ok(Box::new(ChannelBusy { command: parameters.choice("message", &words, Some(command::CBOR))? }))
}

impl Fault for ChannelBusy {
    fn ceremonies(&self) -> &'static [Ceremony] {
        if self.command == Some(command::INIT) { &[] } else { Ceremony::BOTH }
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let part = seen.part.filter(|part| part.index == 0 && part.command != command::CANCEL)?;
        let acts = seen.direction == Direction::ToKey && self.command.is_none_or(|wanted| wanted == part.command);
        acts.then(|| {
            let report = named(seen);
            let text = Text::new(format!("{} answered ERR_CHANNEL_BUSY", report.en), format!("{}にERR_CHANNEL_BUSYで応答", report.ja));
            Decision::new(ReportDecision::Refuse(ErrorCode::ChannelBusy), text)
        })
    }
}
