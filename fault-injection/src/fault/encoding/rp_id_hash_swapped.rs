//! The authenticator data is for another relying party.

use faultkey_authenticator::Response;
use sha2::{Digest, Sha256};

use super::authenticator_data;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "rp-id-hash-swapped",
    layer: Layer::Encoding,
    summary: "The authenticator data has the hash of another RP ID.",
    effect: "Replaces the RP ID hash in the authenticator data before it is signed. The signature verifies.",
    opportunity: "An answer of its ceremony, for another RP ID than the one that is claimed.",
    seam: Seam::Authenticator,
    evidence: "observed: a password manager that offers the passkey of a parent domain (catalogue PF-28: dashlane-web-extension#3). Specified: \
        it must be refused, WebAuthn-3 §7.1 step 14 and §7.2 step 15 (EN-10).",
    catalogue: &["EN-10", "PF-28"],
    good_rp: "Refuses, with no session and no change of state, and logs that the RP ID hash is another.",
    parameters: &[
        ParameterInfo {
            name: "rp-id",
            accepts: "an RP ID as text",
            default: "`another-relying-party.example`",
            meaning: "The RP ID whose hash is claimed.",
        },
        ParameterInfo { default: "`authentication`", ..CEREMONY },
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
        acts.then(|| Decision::new(Edit::RpIdHash(hash), format!("RP ID hash of {} -> of {}", scene.rp_id, self.rp_id)))
    }
}
