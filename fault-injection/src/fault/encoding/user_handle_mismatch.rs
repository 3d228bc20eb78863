//! The user handle of an authentication is not the one that was registered.

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::Response;
use rand::Rng;

use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "user-handle-mismatch",
    layer: Layer::Encoding,
    summary: Text::new(
        "The user handle of an authentication is not the one that was registered with the credential.",
        "認証のユーザーハンドルが、クレデンシャルの登録時と異なる",
    ),
    effect: Text::new(
        "Replaces the user handle in the answer. `other`: a handle of the same length, drawn from the \
        seed. `re-encoded`: the bytes of the handle's base64url text. The handle is not signed, so \
        everything else verifies.",
        "応答のユーザーハンドルを置き換えます。`other`では、同じ長さのハンドルをシードから作ります。`re-encoded`では、\
        ハンドルをbase64urlにした文字列のバイト列にします。ハンドルは署名の対象ではないため、\
        ほかの検証はすべて通ります。",
    ),
    opportunity: Text::new(
        "An assertion that returns a user handle (that of a discoverable credential).",
        "ユーザーハンドルを返す認証応答（ディスカバラブルクレデンシャルの認証応答）です。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: handles encoded twice, or as raw text, across platforms (catalogue HY-09: react-native-passkey#81) and \
        \"Invalid user handle\" on a second platform (EN-34: webauthn-framework#390, #684). Specified: the check, WebAuthn-3 §7.2 \
        step 6.",
        "報告例あり：プラットフォームの違いで、二重に符号化された、または生の文字列のままのハンドル（カタログHY-09：\
        react-native-passkey#81）と、2つ目のプラットフォームでの「Invalid user handle」（EN-34：webauthn-framework#390、\
        #684）。仕様に規定：この確認（WebAuthn-3 §7.2手順6）。",
    ),
    catalogue: &["EN-34", "HY-09"],
    good_rp: Text::new(
        "Refuses, and its reason names the user handle, not the signature. The stored credential stays, \
        and the account is not locked.",
        "拒否し、署名ではなくユーザーハンドルが理由であることを示します。保存済みのクレデンシャルを残し、\
        アカウントをロックしません。",
    ),
    parameters: &[ParameterInfo {
        name: "as",
        accepts: Text::new("`other` or `re-encoded`", "`other`または`re-encoded`"),
        default: Text::same("`other`"),
        meaning: Text::new("What the handle becomes.", "置き換え後のハンドル"),
    }],
    example: "{ fault = \"user-handle-mismatch\", as = \"re-encoded\" }",
};

#[derive(Clone, Copy)]
enum UserHandleMismatch {
    Other,
    ReEncoded,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let shapes = [("other", UserHandleMismatch::Other), ("re-encoded", UserHandleMismatch::ReEncoded)];
    Ok(Box::new(parameters.choice("as", &shapes, UserHandleMismatch::Other)?))
}

impl Fault for UserHandleMismatch {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        if profile.authenticator.discoverable {
            Ok(())
        } else {
            Err(Text::new(
                "its credentials are not discoverable, so its assertions return no user handle",
                "クレデンシャルがディスカバラブルではないため、認証応答にユーザーハンドルがない",
            )
            .into())
        }
    }

    fn outcome(&self, _scene: &Scene, response: &Response, world: &World) -> Option<Decision<Edit>> {
        let Response::GetAssertion(assertion) = response else { return None };
        let handle = &assertion.user.as_ref()?.id;
        let encoded = BASE64URL_NOPAD.encode(handle);
        let changed = match self {
            UserHandleMismatch::ReEncoded => encoded.clone().into_bytes(),
            UserHandleMismatch::Other => {
                let mut other = vec![0; handle.len()];
                world.random(&format!("handle/{encoded}")).fill_bytes(&mut other);
                other
            }
        };
        let other = BASE64URL_NOPAD.encode(&changed);
        let text = Text::new(format!("user handle {encoded} -> {other}"), format!("ユーザーハンドル：{encoded} -> {other}"));
        (changed != *handle).then(|| Decision::new(Edit::UserHandle(changed), text))
    }
}
