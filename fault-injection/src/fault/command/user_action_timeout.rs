//! The authenticator's own timer ends before the user acts.

use faultkey_authenticator::UserAnswer;
use faultkey_transport::transcript::answer_text;

use super::CEREMONY;
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "user-action-timeout",
    layer: Layer::Command,
    summary: Text::new(
        "The authenticator gives up before the user touches it: 0x2F CTAP2_ERR_USER_ACTION_TIMEOUT.",
        "ユーザーがタッチする前に認証器が待つのをやめ、0x2F CTAP2_ERR_USER_ACTION_TIMEOUTを返す",
    ),
    effect: Text::new(
        "The authenticator asks the user as usual. Whatever the user does comes too late: the \
        authenticator has stopped waiting and answers 0x2F. Nothing is stored, and nothing is signed. The \
        page sees NotAllowedError.",
        "認証器は通常どおりユーザーに操作を求めます。ユーザーが何をしても間に合わず、\
        認証器はすでに待つのをやめていて0x2Fを返します。保存も署名もしません。ページにはNotAllowedErrorが返ります。",
    ),
    opportunity: Text::new(
        "A user's answer to a prompt of authenticatorMakeCredential or authenticatorGetAssertion in \
        its ceremony: an approval, a refusal or a wrong finger.",
        "対象のセレモニーのauthenticatorMakeCredentialまたはauthenticatorGetAssertionでの、ユーザーの操作（承認、拒否、\
        登録されていない指）です。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: keys that give up after 10 s or 30 s while the client still waits (catalogue CC-07: \
        webauthn-rs#485; WebKit PR 1478). The waiting time is not simulated: the answer comes when the user \
        acts.",
        "報告例あり：クライアントがまだ待っているのに、10秒または30秒で待つのをやめるセキュリティキー（カタログCC-07：\
        webauthn-rs#485、WebKit PR 1478）。待ち時間は再現せず、ユーザーが操作した時点で応答します。",
    ),
    catalogue: &["CC-07"],
    good_rp: Text::new(
        "Treats it as a client-side failure: a retry with a new challenge, no lockout, and nothing that \
        the user typed is lost.",
        "クライアント側の失敗として扱います。新しいチャレンジでの再試行を用意し、アカウントをロックせず、\
        入力途中の内容を保持します。",
    ),
    parameters: &[CEREMONY],
    example: "{ fault = \"user-action-timeout\", schedule = \"once\" }",
};

struct UserActionTimeout {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(UserActionTimeout { ceremony: parameters.ceremony(None)? }))
}

impl Fault for UserActionTimeout {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn answer(&self, scene: &Scene, answer: UserAnswer) -> Option<Decision<UserAnswer>> {
        let acts = scene.ceremony.is(self.ceremony) && !matches!(answer, UserAnswer::Never | UserAnswer::Cancel);
        acts.then(|| {
            let text = Text::new(
                format!("the user {}, after the authenticator had stopped waiting", answer_text(answer)),
                format!("認証器が待つのをやめた後に、ユーザーが{}", japanese(answer)),
            );
            Decision::new(UserAnswer::Never, text)
        })
    }
}

/// What the user did, as [`answer_text`] says it in English.
const fn japanese(answer: UserAnswer) -> &'static str {
    match answer {
        UserAnswer::Approve => "承認",
        UserAnswer::Held(_) => "長押しで承認",
        UserAnswer::Refuse => "拒否",
        UserAnswer::WrongFinger => "登録されていない指を提示",
        UserAnswer::Sample(_) => "指のサンプルを提示",
        UserAnswer::Never => "操作せず",
        UserAnswer::Cancel => "クライアントにより取り消し",
    }
}
