//! A new fingerprint makes a biometric-only key permanently unusable; its record stays.

use faultkey_authenticator::{Effect, Event, Status};

use crate::fault::command::respond;
use crate::fault::{Decision, Fault, Interception, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "key-invalidated-by-enrolment",
    layer: Layer::KeyStore,
    summary: "The user enrolled or removed a fingerprint: the passkey's private key is unusable from then \
        on, but its record remains.",
    effect: "At the event, every private key of the authenticator is invalidated, durably. After that, an \
        authentication for which no usable credential is left fails in one of four ways. `error`: the status \
        at once. `fallback-ui`: no local prompt and no answer; the client would offer another authenticator \
        until its own timer ends the ceremony. `picker-then-fail`: the user is verified as usual, then 0x7F \
        CTAP1_ERR_OTHER. `excluded`: 0x2E CTAP2_ERR_NO_CREDENTIALS, and a registration whose exclude list \
        names the unusable credential is answered with 0x19 CTAP2_ERR_CREDENTIAL_EXCLUDED. A credential \
        registered after the event works.",
    opportunity: "The event `fingerprint-enrolled` or `fingerprint-removed`, where it invalidates keys on \
        this profile. The failures that follow from it are not counted.",
    seam: Seam::Event,
    evidence: "observed: the invalidation (Android's KeyPermanentlyInvalidatedException, which is also \
        specified; android/security-samples#56, #9, #76) and `fallback-ui` (android/security-samples#56). \
        Inferred: the exact codes of `error`, `picker-then-fail` and `excluded` (catalogue AK-01).",
    catalogue: &["AK-01", "SEED-C12", "SEED-S2"],
    good_rp: "Treats it as a client-side failure: no lockout, no generic code. Offers another way to sign \
        in, then replaces the passkey and stops listing the old credential ID. Never deletes a credential \
        because one authentication failed.",
    parameters: &[
        ParameterInfo {
            name: "face",
            accepts: "`error`, `fallback-ui`, `picker-then-fail` or `excluded`",
            default: "`error`",
            meaning: "How the device shows that the key is unusable (catalogue AK-01 a to d).",
        },
        ParameterInfo {
            name: "status",
            accepts: "`operation-denied` or `no-credentials`, only with the face `error`",
            default: "`operation-denied`",
            meaning: "The status that `face = \"error\"` answers with.",
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
    fn possible(&self, profile: &Profile) -> Result<(), String> {
        if Event::ALL.into_iter().any(|event| invalidates(event, profile)) {
            Ok(())
        } else {
            Err("its keys survive the enrolment and the removal of a fingerprint".to_owned())
        }
    }

    fn event(&self, event: Event, profile: &Profile) -> Option<Decision<Effect>> {
        invalidates(event, profile).then(|| Decision::new(Effect::KeyInvalidated, format!("{}: every key is invalidated", event.name())))
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
                Decision::new(Interception::Drop, "no local prompt; another authenticator is offered, and there is no answer")
            }
            Face::PickerThenFail => Decision::new(
                Interception::VerifyThenRespond(Status::Other),
                "the user is verified, then 0x7F CTAP1_ERR_OTHER: the key is unusable",
            ),
        })
    }
}
