//! The ceremony is interrupted.

use faultkey_client::{DomException, DomExceptionName};

use super::{FACE, Face, exception};
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "ceremony-aborted",
    layer: Layer::Platform,
    summary: Text::new(
        "The ceremony is interrupted: the user left the app, or the page aborted its own call.",
        "ユーザーがアプリを離れたか、ページが自分の呼び出しを取り消して、セレモニーが中断する",
    ),
    effect: Text::new(
        "Face `web`: AbortError. Face `native`: CreateCredentialInterruptedException or \
        GetCredentialInterruptedException. `when = \"before\"`: before an authenticator is asked. `when = \
        \"after\"`: the authenticator has answered and the result is lost, so a registration leaves a \
        passkey on the device that the relying party never hears of.",
        "`face`が`web`の場合はAbortError、`native`の場合はCreateCredentialInterruptedExceptionまたは\
        GetCredentialInterruptedExceptionです。`when = \"before\"`では、認証器に問い合わせる前に中断します。\
        `when = \"after\"`では、認証器は応答を終えていて、結果が失われます。登録では、\
        RPが知らないパスキーが端末に残ります。",
    ),
    opportunity: Text::new(
        "A call of its ceremony; with `when = \"after\"`, one that succeeded.",
        "対象のセレモニーの呼び出しです。`when = \"after\"`では、成功したものに限ります。",
    ),
    seam: Seam::Platform,
    evidence: Text::new(
        "observed: Android's InterruptedException, after which a retry is expected (catalogue PF-04: \
        Android's troubleshooting guide), with the message 「作業が中断しました」; pages whose pending call is aborted \
        by a second one (PF-13: SimpleWebAuthn#281, #348). Inferred: a result lost because the app was \
        killed (PF-32).",
        "報告例あり：AndroidのInterruptedException（再試行が前提。カタログPF-04：Androidのトラブルシューティングガイド）\
        と、メッセージ「作業が中断しました」。2つ目の呼び出しが、待っていた呼び出しを中断するページ（PF-13：\
        SimpleWebAuthn#281、#348）。推定：アプリの強制終了で失われた結果（PF-32）。",
    ),
    catalogue: &["PF-04", "PF-13", "PF-32", "SEED-S3"],
    good_rp: Text::new(
        "Offers to continue with a new challenge, and keeps what the user typed. No lockout. When a \
        passkey that it never heard of is offered later, says that it is unknown.",
        "新しいチャレンジで続けられるようにし、入力途中の内容を保持します。アカウントをロックしません。\
        知らないパスキーが後で使われたら、未登録であることを伝えます。",
    ),
    parameters: &[
        FACE,
        ParameterInfo {
            name: "when",
            accepts: Text::new("`before` or `after`", "`before`または`after`"),
            default: Text::same("`before`"),
            meaning: Text::new(
                "Before the authenticator is asked, or after it has answered.",
                "認証器に問い合わせる前か、認証器が応答した後か",
            ),
        },
        CEREMONY,
    ],
    example: "{ fault = \"ceremony-aborted\", face = \"native\", schedule = \"once\" }",
};

struct CeremonyAborted {
    face: Face,
    after: bool,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let after = parameters.choice("when", &[("before", false), ("after", true)], false)?;
    Ok(Box::new(CeremonyAborted { face: Face::load(parameters)?, after, ceremony: parameters.ceremony(None)? }))
}

impl CeremonyAborted {
    fn decide(&self, ceremony: Ceremony) -> Option<Decision<DomException>> {
        let (name, message) = match (self.face, ceremony) {
            (Face::Web, _) => (DomExceptionName::AbortError, "The operation was aborted."),
            (Face::Native, Ceremony::Registration) => (
                DomExceptionName::Native("CreateCredentialInterruptedException"),
                "The operation was interrupted; the call may be repeated.",
            ),
            (Face::Native, Ceremony::Authentication) => {
                (DomExceptionName::Native("GetCredentialInterruptedException"), "The operation was interrupted; the call may be repeated.")
            }
        };
        ceremony.is(self.ceremony).then(|| exception(INFO.name, ceremony, name, message))
    }
}

impl Fault for CeremonyAborted {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        self.face.possible(profile)
    }

    fn call(&self, ceremony: Ceremony) -> Option<Decision<DomException>> {
        if self.after { None } else { self.decide(ceremony) }
    }

    fn called(&self, ceremony: Ceremony, result: &Result<serde_json::Value, DomException>) -> Option<Decision<DomException>> {
        if self.after && result.is_ok() { self.decide(ceremony) } else { None }
    }
}
