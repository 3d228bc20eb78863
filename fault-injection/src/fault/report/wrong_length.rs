//! A message claims another length.

use faultkey_transport::ctaphid::Packet;
use toml::Value;

use super::{is_plugged_in, named};
use crate::envelope::describe;
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, Selection};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "wrong-length",
    layer: Layer::Report,
    summary: Text::new("A message announces the wrong length.", "メッセージに書かれた長さが正しくない"),
    effect: Text::new(
        "The length in the message's first report is changed by `by`, or set to more than CTAPHID can \
        carry. If it is too large, the receiver waits in vain for more, or takes the zeros at the end of the \
        last report as part of the message; if it is too small, the message is cut. `too-long` announces \
        65535 bytes: the key answers ERR_INVALID_LEN, and a strict host abandons the answer at once.",
        "メッセージの最初のレポートにある長さを`by`だけ変えるか、CTAPHIDで運べる長さを超える値にします。長すぎる場合、\
        受信側は届かない続きを待つか、最後のレポートの末尾の0をメッセージの一部として読みます。短すぎる場合、\
        メッセージが切れます。`too-long`は65535バイトと書きます。セキュリティキーはERR_INVALID_LENを返し、\
        厳格なホストは応答をすぐに破棄します。",
    ),
    opportunity: Text::new(
        "The first report of a message that `direction`, `message` and `ceremony` select. RP ID and \
        account are known from a request's last report on.",
        "`direction`、`message`、`ceremony`で選んだメッセージの最初のレポートです。RP IDとアカウントは、\
        リクエストの最後のレポートからわかります。",
    ),
    seam: Seam::Report,
    evidence: Text::new(
        "specified: at most 7609 bytes, CTAP2.3 §11.2.4 (catalogue CT-06). No public report of a key \
        that announces more.",
        "仕様に規定：最大7609バイト（CTAP2.3 §11.2.4、カタログCT-06）。それより長い値を書くセキュリティキーの公開された報\
        告はありません。",
    ),
    catalogue: &["CT-06"],
    good_rp: Text::new(
        "Never sees it; to the relying party the ceremony failed on the client.",
        "RPからは見えません。RPにとっては、セレモニーがクライアント側で失敗しただけです。",
    ),
    parameters: &[
        ParameterInfo {
            name: "by",
            accepts: Text::new("a whole number from -7609 to 7609, or `too-long`", "-7609から7609までの整数、または`too-long`"),
            default: Text::same("`too-long`"),
            meaning: Text::new("What is added to the length.", "長さに加える値"),
        },
        DIRECTION,
        MESSAGE,
        CEREMONY,
    ],
    example: "{ fault = \"wrong-length\", by = 59, ceremony = \"authentication\" }",
};

struct WrongLength {
    which: Selection,
    by: By,
}

#[derive(Clone, Copy)]
enum By {
    TooLong,
    Difference(i64),
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let by = match parameters.value("by") {
        None => By::TooLong,
        Some(Value::String(word)) if word == "too-long" => By::TooLong,
        Some(Value::Integer(by)) if (-7_609..=7_609).contains(by) && *by != 0 => By::Difference(*by),
        Some(other) => {
            let expected = "expected a whole number from -7609 to 7609 that is not zero, or `too-long`";
            return Err(parameters.error("by", format!("{expected}, found {}", describe(other))));
        }
    };
    Ok(Box::new(WrongLength { which: Selection::load(parameters)?, by }))
}

impl Fault for WrongLength {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let Packet::Initialization { length, .. } = seen.packet() else { return None };
        let wrong = match self.by {
            By::TooLong => u16::MAX,
            By::Difference(by) => u16::try_from(i64::try_from(length).ok()?.saturating_add(by).max(0)).ok()?,
        };
        let mut other = *seen.report;
        [other[5], other[6]] = wrong.to_be_bytes();
        let acts = self.which.takes(seen) && usize::from(wrong) != length;
        acts.then(|| {
            let report = named(seen);
            let text = Text::new(format!("{}: length {length} -> {wrong}", report.en), format!("{}の長さ：{length} -> {wrong}", report.ja));
            Decision::new(ReportDecision::Replace(Box::new(other)), text)
        })
    }
}
