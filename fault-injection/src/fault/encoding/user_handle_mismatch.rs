//! The user handle of an authentication is not the one that was registered.

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::Response;
use rand::Rng;

use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "user-handle-mismatch",
    layer: Layer::Encoding,
    summary: "The user handle of an authentication is not the one that was registered with the credential.",
    effect: "Replaces the user handle in the answer. `other`: a handle of the same length, drawn from the \
        seed. `re-encoded`: the bytes of the handle's base64url text. The handle is not signed, so \
        everything else verifies.",
    opportunity: "An assertion that returns a user handle (that of a discoverable credential).",
    seam: Seam::Authenticator,
    evidence: "observed: handles encoded twice, or as raw text, across platforms (catalogue HY-09: react-native-passkey#81) and \
        \"Invalid user handle\" on a second platform (EN-34: webauthn-framework#390, #684). Specified: the check, WebAuthn-3 §7.2 \
        step 6.",
    catalogue: &["EN-34", "HY-09"],
    good_rp: "Refuses, and its reason names the user handle, not the signature. The stored credential stays, \
        and the account is not locked.",
    parameters: &[ParameterInfo {
        name: "as",
        accepts: "`other` or `re-encoded`",
        default: "`other`",
        meaning: "What the handle becomes.",
    }],
    example: "{ fault = \"user-handle-mismatch\", as = \"re-encoded\" }",
};

#[derive(Clone, Copy)]
enum UserHandleMismatch {
    Other,
    ReEncoded,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let shapes = [("other", UserHandleMismatch::Other), ("re-encoded", UserHandleMismatch::ReEncoded)];
    Ok(Box::new(parameters.choice("as", &shapes, UserHandleMismatch::Other)?))
}

impl Fault for UserHandleMismatch {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        if profile.authenticator.discoverable {
            Ok(())
        } else {
            Err("its credentials are not discoverable, so its assertions return no user handle".to_owned())
        }
    }

    fn outcome(&self, _scene: &Scene, response: &Response, world: &World) -> Option<Decision<Edit>> {
        let Response::GetAssertion(assertion) = response else { return None };
        let handle = &assertion.user.as_ref()?.id;
        let encoded = BASE64URL_NOPAD.encode(handle);
        let changed = match self {
            UserHandleMismatch::ReEncoded => encoded.clone().into_bytes(),
            UserHandleMismatch::Other => {
                let mut other = vec![0; handle.len()];
                world.random(&format!("handle/{encoded}")).fill_bytes(&mut other);
                other
            }
        };
        let text = format!("user handle {encoded} -> {}", BASE64URL_NOPAD.encode(&changed));
        (changed != *handle).then(|| Decision::new(Edit::UserHandle(changed), text))
    }
}
