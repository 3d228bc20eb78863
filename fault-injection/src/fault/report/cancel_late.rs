//! The answer wins the race against CANCEL.

use faultkey_authenticator::UserAnswer;

use super::{involves_user, is_plugged_in};
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "cancel-late",
    layer: Layer::Report,
    summary: Text::new(
        "The client cancels at the moment at which the user touches the key: the answer is a success.",
        "クライアントのキャンセルと同時にユーザーがタッチし、応答は成功になる",
    ),
    effect: Text::new(
        "When CTAPHID_CANCEL arrives, and when the host goes away or restarts with INIT, the pending \
        prompt is approved. A CANCEL is answered with success instead of 0x2D; a registration leaves a \
        credential, although the client has told the page that it failed.",
        "CTAPHID_CANCELが届いたとき、またはホストがいなくなるかINITでやり直したときに、待っていた操作を承認します。\
        CANCELには0x2Dではなく成功を返します。登録では、クライアントがページに失敗と伝えた後に、\
        クレデンシャルが残ります。",
    ),
    opportunity: Text::new(
        "A CANCEL, or the host going away, while a command of its ceremony waits for the user.",
        "対象のセレモニーのコマンドがユーザーを待っている間の、CANCELまたはホストの離脱です。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: keys that act on CANCEL late or not at all (catalogue CT-05: conformance#612, \
        #767). Inferred: the orphan that the race leaves.",
        "報告例あり：CANCELへの対応が遅い、または対応しないセキュリティキー（カタログCT-05：conformance#612、#767）。\
        推定：この競合で残る孤立パスキー。",
    ),
    catalogue: &["CT-05"],
    good_rp: Text::new(
        "Can't see the cause, only a failure on the client. When the orphan is offered later, refuses \
        it as unknown, and tells the client so.",
        "RPからは原因が見えず、クライアント側の失敗だけが見えます。後で孤立したパスキーが使われたら、未登録として拒否し、\
        そのことをクライアントに伝えます。",
    ),
    parameters: &[CEREMONY],
    example: "{ fault = \"cancel-late\", ceremony = \"registration\" }",
};

struct CancelLate {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(CancelLate { ceremony: parameters.ceremony(None)? }))
}

impl Fault for CancelLate {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn answer(&self, scene: &Scene, answer: UserAnswer) -> Option<Decision<UserAnswer>> {
        let acts = answer == UserAnswer::Cancel && involves_user(scene) && scene.ceremony.is(self.ceremony);
        acts.then(|| {
            Decision::new(UserAnswer::Approve, Text::new("the user touched the key as CANCEL arrived", "CANCELと同時にユーザーがタッチ"))
        })
    }
}
