//! The authenticator data is for another relying party.

use faultkey_authenticator::Response;
use sha2::{Digest, Sha256};

use super::authenticator_data;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "rp-id-hash-swapped",
    layer: Layer::Encoding,
    summary: Text::new("The authenticator data has the hash of another RP ID.", "認証器データのRP IDのハッシュが、別のRP IDのものである"),
    effect: Text::new(
        "Replaces the RP ID hash in the authenticator data before it is signed. The signature verifies.",
        "署名の前に、認証器データのRP IDのハッシュを置き換えます。署名は検証に通ります。",
    ),
    opportunity: Text::new(
        "An answer of its ceremony, for another RP ID than the one that is claimed.",
        "対象のセレモニーの応答のうち、RP IDが置き換え後のものと異なる場合です。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: a password manager that offers the passkey of a parent domain (catalogue PF-28: dashlane-web-extension#3). Specified: \
        it must be refused, WebAuthn-3 §7.1 step 14 and §7.2 step 15 (EN-10).",
        "報告例あり：親ドメインのパスキーを提示するパスワードマネージャー（カタログPF-28：dashlane-web-extension#3）。\
        仕様に規定：拒否しなければなりません（WebAuthn-3 §7.1手順14、§7.2手順15、EN-10）。",
    ),
    catalogue: &["EN-10", "PF-28"],
    good_rp: Text::new(
        "Refuses, with no session and no change of state, and logs that the RP ID hash is another.",
        "拒否し、セッションを発行せず、状態を変えず、RP IDのハッシュが異なることをログに残します。",
    ),
    parameters: &[
        ParameterInfo {
            name: "rp-id",
            accepts: Text::new("an RP ID as text", "RP ID（文字列）"),
            default: Text::same("`another-relying-party.example`"),
            meaning: Text::new("The RP ID whose hash is claimed.", "置き換えに使うハッシュの元になるRP ID"),
        },
        ParameterInfo { default: Text::same("`authentication`"), ..CEREMONY },
    ],
    example: "{ fault = \"rp-id-hash-swapped\", rp-id = \"example.com\" }",
};

struct RpIdHashSwapped {
    rp_id: String,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let rp_id = parameters.text("rp-id", "another-relying-party.example")?;
    Ok(Box::new(RpIdHashSwapped { rp_id, ceremony: parameters.ceremony(Some(Ceremony::Authentication))? }))
}

impl Fault for RpIdHashSwapped {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn outcome(&self, scene: &Scene, response: &Response, _world: &World) -> Option<Decision<Edit>> {
        let before = authenticator_data(response)?.rp_id_hash;
        let hash: [u8; 32] = Sha256::digest(&self.rp_id).into();
        let acts = hash != before && scene.ceremony.is(self.ceremony);
        let text = Text::new(
            format!("RP ID hash of {} -> of {}", scene.rp_id, self.rp_id),
            format!("RP IDのハッシュ：{}のもの -> {}のもの", scene.rp_id, self.rp_id),
        );
        acts.then(|| Decision::new(Edit::RpIdHash(hash), text))
    }
}
