//! 0x2E: the authenticator says that it has no such credential.

use faultkey_authenticator::Status;

use super::respond;
use crate::fault::{Decision, Fault, Interception, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "no-credentials",
    layer: Layer::Command,
    summary: "The authenticator answers an authentication with 0x2E CTAP2_ERR_NO_CREDENTIALS, although it \
        has the credential.",
    effect: "authenticatorGetAssertion is answered with 0x2E at once, with or without an allow list. The \
        user is not asked, and the credential stays. The page sees NotAllowedError.",
    opportunity: "An authenticatorGetAssertion that involves the user; a client's silent probe for \
        credentials (`up: false`) is not one.",
    seam: Seam::Authenticator,
    evidence: "observed: passkeys deleted on the device, or not yet synced, that the relying party still \
        lists (catalogue AK-15: strongbox#767, vaultwarden#4272; AK-18: webauthn.io#146). Specified: the \
        status, CTAP2.3 §6.2.2.",
    catalogue: &["AK-15", "AK-18"],
    good_rp: "Treats it as a client-side failure: offers a retry, another passkey, a phone by QR code, or \
        another way to sign in. Never deletes the credential because one device does not have it.",
    parameters: &[],
    example: "{ fault = \"no-credentials\", schedule = { heal-after = 60000 } }",
};

struct NoCredentials;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(NoCredentials))
}

impl Fault for NoCredentials {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn request(&self, scene: &Scene, _world: &World) -> Option<Decision<Interception>> {
        (scene.ceremony == Ceremony::Authentication).then(|| respond(scene, Status::NoCredentials))
    }
}
