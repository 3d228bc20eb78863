//! The device holds a second passkey for the account, which the relying party never stored, and the user picks that one.

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::algorithm::{PrivateKey, es256};
use faultkey_authenticator::{CredentialId, Response};
use rand::Rng;

use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "stale-credential-picked",
    layer: Layer::KeyStore,
    summary: Text::new(
        "The user picks an orphaned passkey: right site, right account, but the relying party never \
        stored it.",
        "サイトもアカウントも正しいが、RPに保存されていない孤立したパスキーが選ばれる",
    ),
    effect: Text::new(
        "The authentication is answered by another credential of the same relying party and user, with \
        an ID and a key drawn from the seed, the same each time. The assertion is validly signed. Without an \
        allow list, the device lists the orphan and the user picks it. With an allow list a device can't \
        offer it; `ignore-allow-list = true` returns it anyway, so that the relying party also sees an \
        unknown ID in that case. The store is not changed.",
        "同じRPとユーザーの別のクレデンシャルが認証に応答します。IDと鍵はシードから決まり、毎回同じです。\
        認証応答の署名は有効です。許可リストがなければ、端末が孤立したパスキーを一覧に表示し、ユーザーがそれを選びます。\
        許可リストがあれば、端末はそれを提示できません。`ignore-allow-list = true`ではそれでも応答するため、\
        その場合もRPに未知のIDが届きます。保存内容は変わりません。",
    ),
    opportunity: Text::new(
        "An assertion about to be signed: of a discoverable credential in an authentication without \
        an allow list; with `ignore-allow-list`, any.",
        "署名直前の認証応答です。許可リストのない認証で、ディスカバラブルクレデンシャルが応答する場合に限ります。\
        `ignore-allow-list`では、すべての認証応答が対象です。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: orphans left by a registration that only the device completed (catalogue AK-17: \
        corbado/flutter-passkeys#172, #231; dotnet/aspnetcore#67299, #68511). Inferred: `ignore-allow-list`.",
        "報告例あり：端末側だけで完了した登録が残した孤立パスキー（カタログAK-17：corbado/flutter-passkeys#172、#231、\
        dotnet/aspnetcore#67299、#68511）。推定：`ignore-allow-list`。",
    ),
    catalogue: &["AK-17"],
    good_rp: Text::new(
        "Refuses and says that the credential ID is unknown. Calls signalUnknownCredential (only in \
        this unambiguous case: the client may delete the passkey permanently), offers another passkey or \
        another way to sign in, and calls signalAllAcceptedCredentials after the next successful \
        authentication.",
        "拒否し、クレデンシャルIDが未登録であることを伝えます。signalUnknownCredentialを呼びます（クライアントがパスキー\
        を完全に削除することがあるため、未登録と断定できるこの場合に限ります）。\
        別のパスキーまたは別のログイン方法を案内し、次に認証が成立した後でsignalAllAcceptedCredentialsを呼びます。",
    ),
    parameters: &[ParameterInfo {
        name: "ignore-allow-list",
        accepts: Text::new("`true` or `false`", "`true`または`false`"),
        default: Text::same("`false`"),
        meaning: Text::new(
            "Answer with the orphan although the relying party listed the credentials that it accepts.",
            "RPが受け付けるクレデンシャルを指定していても、孤立したパスキーで応答する",
        ),
    }],
    example: "{ fault = \"stale-credential-picked\", schedule = \"once\" }",
};

struct StaleCredentialPicked {
    ignore_allow_list: bool,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(StaleCredentialPicked { ignore_allow_list: parameters.flag("ignore-allow-list", false)? }))
}

impl Fault for StaleCredentialPicked {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        if !profile.authenticator.discoverable && !self.ignore_allow_list {
            return Err(Text::new(
                "it has no discoverable credentials, so its user never picks one from a list",
                "ディスカバラブルクレデンシャルがないため、ユーザーが一覧から選ぶことはない",
            )
            .into());
        }
        Ok(())
    }

    fn outcome(&self, scene: &Scene, response: &Response, world: &World) -> Option<Decision<Edit>> {
        let Response::GetAssertion(assertion) = response else { return None };
        if scene.listed.is_some() && !self.ignore_allow_list {
            return None;
        }
        let credential = &assertion.credential;
        let owner = format!("orphan/{}/{}", credential.rp_id, BASE64URL_NOPAD.encode(&credential.user.id));
        let mut random = world.random(&owner);
        let mut id = vec![0; credential.id.0.len()];
        random.fill_bytes(&mut id);
        let key = PrivateKey::Es256(es256::SecretKey::generate(&mut random));
        let (from, to) = (BASE64URL_NOPAD.encode(&credential.id.0), BASE64URL_NOPAD.encode(&id));
        let text = Text::new(
            format!("credential {from} -> {to}, which the relying party never stored"),
            format!("クレデンシャル：{from} -> {to}（RPに保存されていない）"),
        );
        Some(Decision::new(Edit::Credential { id: CredentialId(id), key }, text))
    }
}
