//! The ceremony is interrupted.

use faultkey_client::{DomException, DomExceptionName};

use super::{FACE, Face, exception};
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "ceremony-aborted",
    layer: Layer::Platform,
    summary: "The ceremony is interrupted: the user left the app, or the page aborted its own call.",
    effect: "Face `web`: AbortError. Face `native`: CreateCredentialInterruptedException or \
        GetCredentialInterruptedException. `when = \"before\"`: before an authenticator is asked. `when = \
        \"after\"`: the authenticator has answered and the result is lost, so a registration leaves a \
        passkey on the device that the relying party never hears of.",
    opportunity: "A call of its ceremony; with `when = \"after\"`, one that succeeded.",
    seam: Seam::Platform,
    evidence: "observed: Android's InterruptedException, after which a retry is expected (catalogue PF-04: \
        Android's troubleshooting guide), with the message 「作業が中断しました」; pages whose pending call is aborted \
        by a second one (PF-13: SimpleWebAuthn#281, #348). Inferred: a result lost because the app was \
        killed (PF-32).",
    catalogue: &["PF-04", "PF-13", "PF-32", "SEED-S3"],
    good_rp: "Offers to continue with a new challenge, and keeps what the user typed. No lockout. When a \
        passkey that it never heard of is offered later, says that it is unknown.",
    parameters: &[
        FACE,
        ParameterInfo {
            name: "when",
            accepts: "`before` or `after`",
            default: "`before`",
            meaning: "Before the authenticator is asked, or after it has answered.",
        },
        CEREMONY,
    ],
    example: "{ fault = \"ceremony-aborted\", face = \"native\", schedule = \"once\" }",
};

struct CeremonyAborted {
    face: Face,
    after: bool,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let after = parameters.choice("when", &[("before", false), ("after", true)], false)?;
    Ok(Box::new(CeremonyAborted { face: Face::load(parameters)?, after, ceremony: parameters.ceremony(None)? }))
}

impl CeremonyAborted {
    fn decide(&self, ceremony: Ceremony) -> Option<Decision<DomException>> {
        let (name, message) = match (self.face, ceremony) {
            (Face::Web, _) => (DomExceptionName::AbortError, "The operation was aborted."),
            (Face::Native, Ceremony::Registration) => (
                DomExceptionName::Native("CreateCredentialInterruptedException"),
                "The operation was interrupted; the call may be repeated.",
            ),
            (Face::Native, Ceremony::Authentication) => {
                (DomExceptionName::Native("GetCredentialInterruptedException"), "The operation was interrupted; the call may be repeated.")
            }
        };
        ceremony.is(self.ceremony).then(|| exception(INFO.name, ceremony, name, message))
    }
}

impl Fault for CeremonyAborted {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        self.face.possible(profile)
    }

    fn call(&self, ceremony: Ceremony) -> Option<Decision<DomException>> {
        if self.after { None } else { self.decide(ceremony) }
    }

    fn called(&self, ceremony: Ceremony, result: &Result<serde_json::Value, DomException>) -> Option<Decision<DomException>> {
        if self.after && result.is_ok() { self.decide(ceremony) } else { None }
    }
}
