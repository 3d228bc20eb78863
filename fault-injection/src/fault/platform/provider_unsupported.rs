//! The device has no credential provider that can do it.

use faultkey_client::{DomException, DomExceptionName};

use super::{FACE, Face, exception};
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "provider-unsupported",
    layer: Layer::Platform,
    summary: "The device has no credential manager that supports passkeys.",
    effect: "The call ends at once, and no authenticator is asked. Face `web`: NotSupportedError. Face \
        `native`: CreateCredentialUnsupportedException or GetCredentialUnsupportedException.",
    opportunity: "A call of its ceremony.",
    seam: Seam::Platform,
    evidence: "observed: Android 14 on devices whose manufacturer left the service out (catalogue PF-01: \
        android/identity-samples#70, flutter-passkeys#59). The face `web` is specified: WebAuthn-3 §5.1.3; \
        old versions of Android show it for an empty allow list (PF-16: authgear-server#2461).",
    catalogue: &["PF-01", "PF-16", "SEED-C2"],
    good_rp: "Says that this device can't be used, names what is needed, and offers another way to sign in. \
        Does not ask the user to try again.",
    parameters: &[FACE, CEREMONY],
    example: "{ fault = \"provider-unsupported\", face = \"native\" }",
};

struct ProviderUnsupported {
    face: Face,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(ProviderUnsupported { face: Face::load(parameters)?, ceremony: parameters.ceremony(None)? }))
}

impl Fault for ProviderUnsupported {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        self.face.possible(profile)
    }

    fn call(&self, ceremony: Ceremony) -> Option<Decision<DomException>> {
        let (name, message) = match (self.face, ceremony) {
            (Face::Web, _) => (DomExceptionName::NotSupportedError, "This device does not support passkeys."),
            (Face::Native, Ceremony::Registration) => {
                (DomExceptionName::Native("CreateCredentialUnsupportedException"), "Your device doesn't support credential manager")
            }
            (Face::Native, Ceremony::Authentication) => {
                (DomExceptionName::Native("GetCredentialUnsupportedException"), "Your device doesn't support credential manager")
            }
        };
        ceremony.is(self.ceremony).then(|| exception(INFO.name, ceremony, name, message))
    }
}
