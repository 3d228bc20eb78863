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
    summary: "The authenticator answers 0x2E CTAP2_ERR_NO_CREDENTIALS to a log-in, though it has the credential.",
    effect: "authenticatorGetAssertion is answered with 0x2E at once, with and without allow list. The user is not asked, the \
        credential stays. The page sees NotAllowedError.",
    opportunity: "An authenticatorGetAssertion that involves the user; a client's silent look for credentials (`up: false`) is none.",
    seam: Seam::Authenticator,
    evidence: "observed: passkeys deleted on the device or not yet synced while the relying party lists them (catalogue AK-15: \
        strongbox#767, vaultwarden#4272; AK-18: webauthn.io#146). Specified: the status, CTAP2.3 §6.2.2.",
    catalogue: &["AK-15", "AK-18"],
    good_rp: "A failure that only the client saw: retry, another passkey or another way in, the phone by QR code. Never deletes the \
        credential because a device had none.",
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
