//! An authentication says that it is a registration, or the other way round.

use faultkey_client::CollectedClientData;

use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "type-swapped",
    layer: Layer::Encoding,
    summary: Text::new(
        "The client data of an authentication has the type of a registration, or the reverse.",
        "認証のクライアントデータの種別が「登録」、または登録の種別が「認証」になっている",
    ),
    effect: Text::new(
        "`webauthn.get` becomes `webauthn.create`, and the reverse, before the client data is hashed and \
        signed. The signature verifies.",
        "ハッシュと署名の前に、クライアントデータの`webauthn.get`を`webauthn.create`に、またはその逆に変えます。\
        署名は検証に通ります。",
    ),
    opportunity: super::CLIENT_DATA_OPPORTUNITY,
    seam: Seam::ClientData,
    evidence: Text::new(
        "specified: it must be refused, WebAuthn-3 §7.1 step 7 and §7.2 step 10 (catalogue EN-36).",
        "仕様に規定：拒否しなければなりません（WebAuthn-3 §7.1手順7、§7.2手順10、カタログEN-36）。",
    ),
    catalogue: &["EN-36"],
    good_rp: Text::new(
        "Refuses, with no change of state, and logs that the type is that of the other ceremony.",
        "拒否し、状態を変えず、種別がもう一方のセレモニーのものであることをログに残します。",
    ),
    parameters: &[],
    example: "{ fault = \"type-swapped\", trigger = { on-match = { ceremony = \"authentication\" } } }",
};

struct TypeSwapped;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(TypeSwapped))
}

impl Fault for TypeSwapped {
    fn client_data(&self, data: &CollectedClientData, _world: &World) -> Option<Decision<CollectedClientData>> {
        let kind = if data.kind == "webauthn.create" { "webauthn.get" } else { "webauthn.create" };
        let text = Text::new(format!("type {} -> {kind}", data.kind), format!("種別：{} -> {kind}", data.kind));
        Some(Decision::new(CollectedClientData { kind: kind.to_owned(), ..data.clone() }, text))
    }
}
