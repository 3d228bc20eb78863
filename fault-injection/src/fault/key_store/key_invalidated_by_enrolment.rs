//! A new fingerprint makes a biometric-only key permanently unusable; its record stays.

use faultkey_authenticator::{Effect, Event, Status};

use crate::fault::command::respond;
use crate::fault::{Decision, Fault, Interception, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "key-invalidated-by-enrolment",
    layer: Layer::KeyStore,
    summary: Text::new(
        "The user enrolled or removed a fingerprint: the passkey's private key is unusable from then \
        on, but its record remains.",
        "指紋の追加または削除で、パスキーの秘密鍵が使えなくなり、記録だけが残る",
    ),
    effect: Text::new(
        "At the event, every private key of the authenticator is invalidated, durably. After that, an \
        authentication for which no usable credential is left fails in one of four ways. `error`: the status \
        at once. `fallback-ui`: no local prompt and no answer; the client would offer another authenticator \
        until its own timer ends the ceremony. `picker-then-fail`: the user is verified as usual, then 0x7F \
        CTAP1_ERR_OTHER. `excluded`: 0x2E CTAP2_ERR_NO_CREDENTIALS, and a registration whose exclude list \
        names the unusable credential is answered with 0x19 CTAP2_ERR_CREDENTIAL_EXCLUDED. A credential \
        registered after the event works.",
        "このイベントで、認証器のすべての秘密鍵を永続的に無効にします。その後、使える鍵が1つもない認証は、\
        次の4通りのいずれかで失敗します。`error`：すぐにステータスを返します。`fallback-ui`：端末は何も表示せず、\
        応答もしません。クライアントは別の認証器を案内し、自分のタイマーが切れるとセレモニーを終えます。\
        `picker-then-fail`：通常どおりユーザー検証をした後、0x7F CTAP1_ERR_OTHERを返します。\
        `excluded`：0x2E CTAP2_ERR_NO_CREDENTIALSを返し、使えなくなったクレデンシャルを除外リストに含む登録には\
        0x19 CTAP2_ERR_CREDENTIAL_EXCLUDEDを返します。イベントの後に登録したクレデンシャルは使えます。",
    ),
    opportunity: Text::new(
        "The event `fingerprint-enrolled` or `fingerprint-removed`, where it invalidates keys on \
        this profile. The failures that follow from it are not counted.",
        "イベント`fingerprint-enrolled`または`fingerprint-removed`のうち、このプロファイルで鍵を無効にするものです。\
        その結果として起こる失敗は、機会に数えません。",
    ),
    seam: Seam::Event,
    evidence: Text::new(
        "observed: the invalidation (Android's KeyPermanentlyInvalidatedException, which is also \
        specified; android/security-samples#56, #9, #76) and `fallback-ui` (android/security-samples#56). \
        Inferred: the exact codes of `error`, `picker-then-fail` and `excluded` (catalogue AK-01).",
        "報告例あり：鍵の無効化（AndroidのKeyPermanentlyInvalidatedException。仕様にも規定されています。\
        android/security-samples#56、#9、#76）と`fallback-ui`（android/security-samples#56）。推定：`error`、\
        `picker-then-fail`、`excluded`の正確なコード（カタログAK-01）。",
    ),
    catalogue: &["AK-01", "SEED-C12", "SEED-S2"],
    good_rp: Text::new(
        "Treats it as a client-side failure: no lockout, no generic code. Offers another way to sign \
        in, then replaces the passkey and stops listing the old credential ID. Never deletes a credential \
        because one authentication failed.",
        "クライアント側の失敗として扱います。アカウントをロックせず、汎用のコードで済ませません。\
        別の方法でログインさせた後、パスキーを登録し直させ、古いクレデンシャルIDを許可リストから外します。\
        認証に1回失敗しただけでクレデンシャルを削除しません。",
    ),
    parameters: &[
        ParameterInfo {
            name: "face",
            accepts: Text::new(
                "`error`, `fallback-ui`, `picker-then-fail` or `excluded`",
                "`error`、`fallback-ui`、`picker-then-fail`、`excluded`のいずれか",
            ),
            default: Text::same("`error`"),
            meaning: Text::new(
                "How the device shows that the key is unusable (catalogue AK-01 a to d).",
                "鍵が使えないことの現れ方（カタログAK-01のaからd）",
            ),
        },
        ParameterInfo {
            name: "status",
            accepts: Text::new(
                "`operation-denied` or `no-credentials`, only with the face `error`",
                "`operation-denied`または`no-credentials`（`error`の場合のみ）",
            ),
            default: Text::same("`operation-denied`"),
            meaning: Text::new("The status that `face = \"error\"` answers with.", "`face = \"error\"`のときに返すステータス"),
        },
    ],
    example: "{ fault = \"key-invalidated-by-enrolment\", face = \"picker-then-fail\" }",
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Face {
    Error,
    FallbackUi,
    PickerThenFail,
    Excluded,
}

struct KeyInvalidatedByEnrolment {
    face: Face,
    status: Status,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let faces = [
        ("error", Face::Error),
        ("fallback-ui", Face::FallbackUi),
        ("picker-then-fail", Face::PickerThenFail),
        ("excluded", Face::Excluded),
    ];
    let face = parameters.choice("face", &faces, Face::Error)?;
    if face != Face::Error && parameters.is_given("status") {
        return Err(parameters.error("status", "only allowed with `face = \"error\"`".to_owned()));
    }
    let statuses = [("operation-denied", Status::OperationDenied), ("no-credentials", Status::NoCredentials)];
    let status = parameters.choice("status", &statuses, Status::OperationDenied)?;
    Ok(Box::new(KeyInvalidatedByEnrolment { face, status }))
}

fn invalidates(event: Event, profile: &Profile) -> bool {
    matches!(event, Event::FingerprintEnrolled | Event::FingerprintRemoved) && profile.events.get(&event) == Some(&Effect::KeyInvalidated)
}

impl Fault for KeyInvalidatedByEnrolment {
    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        if Event::ALL.into_iter().any(|event| invalidates(event, profile)) {
            Ok(())
        } else {
            Err(Text::new("its keys survive the enrolment and the removal of a fingerprint", "指紋を追加または削除しても、鍵は使える")
                .into())
        }
    }

    fn event(&self, event: Event, profile: &Profile) -> Option<Decision<Effect>> {
        let name = event.name();
        let text = Text::new(format!("{name}: every key is invalidated"), format!("{name}：すべての鍵が無効化"));
        invalidates(event, profile).then(|| Decision::new(Effect::KeyInvalidated, text))
    }

    fn consequence(&self, scene: &Scene, world: &World) -> Option<Decision<Interception>> {
        if scene.ceremony == Ceremony::Registration {
            let excluded = scene
                .listed
                .iter()
                .flatten()
                .any(|id| world.credentials.get(id).is_some_and(|known| known.dead && known.rp_id == scene.rp_id));
            return (self.face == Face::Excluded && excluded).then(|| respond(scene, Status::CredentialExcluded));
        }
        let candidates = world.candidates(scene);
        if candidates.is_empty() || candidates.iter().any(|known| !known.dead) {
            return None;
        }
        Some(match self.face {
            Face::Error => respond(scene, self.status),
            Face::Excluded => respond(scene, Status::NoCredentials),
            Face::FallbackUi => {
                let text = Text::new(
                    "no local prompt; another authenticator is offered, and there is no answer",
                    "端末は何も表示せず、別の認証器を案内するだけで応答しない",
                );
                Decision::new(Interception::Drop, text)
            }
            Face::PickerThenFail => {
                let text = Text::new(
                    "the user is verified, then 0x7F CTAP1_ERR_OTHER: the key is unusable",
                    "ユーザー検証の後に0x7F CTAP1_ERR_OTHER（鍵が使えない）",
                );
                Decision::new(Interception::VerifyThenRespond(Status::Other), text)
            }
        })
    }
}
