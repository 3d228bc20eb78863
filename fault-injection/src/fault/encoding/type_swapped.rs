//! An authentication says that it is a registration, or the other way round.

use faultkey_client::CollectedClientData;

use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "type-swapped",
    layer: Layer::Encoding,
    summary: "The client data of an authentication has the type of a registration, or the reverse.",
    effect: "`webauthn.get` becomes `webauthn.create`, and the reverse, before the client data is hashed and \
        signed. The signature verifies.",
    opportunity: super::CLIENT_DATA_OPPORTUNITY,
    seam: Seam::ClientData,
    evidence: "specified: it must be refused, WebAuthn-3 §7.1 step 7 and §7.2 step 10 (catalogue EN-36).",
    catalogue: &["EN-36"],
    good_rp: "Refuses, with no change of state, and logs that the type is that of the other ceremony.",
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
        let text = format!("type {} -> {kind}", data.kind);
        Some(Decision::new(CollectedClientData { kind: kind.to_owned(), ..data.clone() }, text))
    }
}
