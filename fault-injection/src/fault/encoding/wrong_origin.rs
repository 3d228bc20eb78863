//! The client data names another origin.

use faultkey_client::CollectedClientData;

use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::{FaultError, Layer};

/// The SHA-256 of the text `faultkey` in base64url stands for the certificate that signed a test app.
const APP: &str = "android:apk-key-hash:6BC8lsN0cxiQweMRL0qXPQpQr6TXt57RTo2wfZ4xOCQ";

pub const INFO: FaultInfo = FaultInfo {
    name: "wrong-origin",
    layer: Layer::Encoding,
    summary: "The client data names another origin; by default, that of an Android app.",
    effect: "Replaces the origin in the client data before it is hashed and signed. The signature verifies.",
    opportunity: super::CLIENT_DATA_OPPORTUNITY,
    seam: Seam::ClientData,
    evidence: "observed: native Android apps, whose origin is the hash of the certificate that signed them and differs between debug \
        and release builds (catalogue EN-01: identity-samples#49, swift-webauthn#84, supabase PR 46901). Specified: the check, \
        WebAuthn-3 §7.1 step 9 and §7.2 step 12.",
    catalogue: &["EN-01", "EN-09"],
    good_rp: "Accepts an app's origin only if it is on its list, compared exactly. Refuses every other, and \
        its reason names the origin that it received.",
    parameters: &[ParameterInfo {
        name: "origin",
        accepts: "an origin as text",
        default: "`android:apk-key-hash:` and 43 characters of base64url",
        meaning: "The origin that is claimed.",
    }],
    example: "{ fault = \"wrong-origin\", origin = \"https://broker.test:8443\" }",
};

struct WrongOrigin {
    origin: String,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(WrongOrigin { origin: parameters.text("origin", APP)? }))
}

impl Fault for WrongOrigin {
    fn client_data(&self, data: &CollectedClientData, _world: &World) -> Option<Decision<CollectedClientData>> {
        let text = format!("origin {} -> {}", data.origin, self.origin);
        (data.origin != self.origin).then(|| Decision::new(CollectedClientData { origin: self.origin.clone(), ..data.clone() }, text))
    }
}
