//! One name for everything.

use faultkey_client::{DomException, DomExceptionName};

use super::exception;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "not-allowed-for-everything",
    layer: Layer::Platform,
    summary: Text::new(
        "The platform ends every call with NotAllowedError, whatever the cause: cancelled, timed out, \
        no passkey, broken.",
        "キャンセル、タイムアウト、パスキーなし、故障のどれでも、プラットフォームがNotAllowedErrorを返す",
    ),
    effect: Text::new(
        "`calls = \"every\"`: the call ends with NotAllowedError at once, and no authenticator is asked. \
        `calls = \"failed\"`: calls that fail end with NotAllowedError instead of their own exception; calls \
        that succeed pass.",
        "`calls = \"every\"`では、呼び出しがすぐにNotAllowedErrorで終わり、認証器に問い合わせません。\
        `calls = \"failed\"`では、失敗した呼び出しが、本来の例外の代わりにNotAllowedErrorで終わり、\
        成功した呼び出しはそのまま通ります。",
    ),
    opportunity: Text::new(
        "A call of its ceremony; with `calls = \"failed\"`, one that ended with another exception.",
        "対象のセレモニーの呼び出しです。`calls = \"failed\"`では、別の例外で終わったものに限ります。",
    ),
    seam: Seam::Platform,
    evidence: Text::new(
        "observed: Chrome from 127 on no longer says that there is no passkey (catalogue PF-14: \
        webauthn.io#146). Specified: clients hide causes for privacy, WebAuthn-3 §14.5.",
        "報告例あり：Chrome 127以降は、パスキーがないことを伝えません（カタログPF-14：webauthn.io#146）。\
        仕様に規定：クライアントは、プライバシーのために原因を隠します（WebAuthn-3 §14.5）。",
    ),
    catalogue: &["PF-14", "PF-05"],
    good_rp: Text::new(
        "Does not guess. No lockout and nothing counted; a retry with a new challenge, another way to \
        sign in within one step, and a log entry with what the client reported.",
        "原因を推測しません。アカウントをロックせず、失敗回数にも数えません。新しいチャレンジでの再試行と、\
        1手順で進める別のログイン方法を用意し、クライアントの報告内容をログに残します。",
    ),
    parameters: &[
        ParameterInfo {
            name: "calls",
            accepts: Text::new("`every` or `failed`", "`every`または`failed`"),
            default: Text::same("`every`"),
            meaning: Text::new("Which calls end this way.", "NotAllowedErrorで終わらせる呼び出し"),
        },
        CEREMONY,
    ],
    example: "{ fault = \"not-allowed-for-everything\", ceremony = \"authentication\", schedule = { first = 3 } }",
};

struct NotAllowedForEverything {
    every: bool,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let every = parameters.choice("calls", &[("every", true), ("failed", false)], true)?;
    Ok(Box::new(NotAllowedForEverything { every, ceremony: parameters.ceremony(None)? }))
}

fn not_allowed(ceremony: Ceremony) -> Decision<DomException> {
    exception(INFO.name, ceremony, DomExceptionName::NotAllowedError, "The operation either timed out or was not allowed.")
}

impl Fault for NotAllowedForEverything {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn call(&self, ceremony: Ceremony) -> Option<Decision<DomException>> {
        (self.every && ceremony.is(self.ceremony)).then(|| not_allowed(ceremony))
    }

    fn called(&self, ceremony: Ceremony, result: &Result<serde_json::Value, DomException>) -> Option<Decision<DomException>> {
        let hidden = result.as_ref().err().filter(|exception| exception.name != DomExceptionName::NotAllowedError)?;
        let mut decision = not_allowed(ceremony);
        let Text { en, ja } = decision.text;
        decision.text = Text::new(format!("{en}, hiding {}", hidden.name), format!("{ja}（元の例外：{}）", hidden.name));
        (!self.every && ceremony.is(self.ceremony)).then_some(decision)
    }
}
