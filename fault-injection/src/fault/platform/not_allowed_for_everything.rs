//! One name for everything.

use faultkey_client::{DomException, DomExceptionName};

use super::exception;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "not-allowed-for-everything",
    layer: Layer::Platform,
    summary: "The platform ends every call with NotAllowedError, whatever the cause: cancelled, timed out, \
        no passkey, broken.",
    effect: "`calls = \"every\"`: the call ends with NotAllowedError at once, and no authenticator is asked. \
        `calls = \"failed\"`: calls that fail end with NotAllowedError instead of their own exception; calls \
        that succeed pass.",
    opportunity: "A call of its ceremony; with `calls = \"failed\"`, one that ended with another exception.",
    seam: Seam::Platform,
    evidence: "observed: Chrome from 127 on no longer says that there is no passkey (catalogue PF-14: \
        webauthn.io#146). Specified: clients hide causes for privacy, WebAuthn-3 §14.5.",
    catalogue: &["PF-14", "PF-05"],
    good_rp: "Does not guess. No lockout and nothing counted; a retry with a new challenge, another way to \
        sign in within one step, and a log entry with what the client reported.",
    parameters: &[
        ParameterInfo { name: "calls", accepts: "`every` or `failed`", default: "`every`", meaning: "Which calls end this way." },
        CEREMONY,
    ],
    example: "{ fault = \"not-allowed-for-everything\", ceremony = \"authentication\", schedule = { first = 3 } }",
};

struct NotAllowedForEverything {
    every: bool,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let every = parameters.choice("calls", &[("every", true), ("failed", false)], true)?;
    Ok(Box::new(NotAllowedForEverything { every, ceremony: parameters.ceremony(None)? }))
}

fn not_allowed(ceremony: Ceremony) -> Decision<DomException> {
    exception(INFO.name, ceremony, DomExceptionName::NotAllowedError, "The operation either timed out or was not allowed.")
}

impl Fault for NotAllowedForEverything {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn call(&self, ceremony: Ceremony) -> Option<Decision<DomException>> {
        (self.every && ceremony.is(self.ceremony)).then(|| not_allowed(ceremony))
    }

    fn called(&self, ceremony: Ceremony, result: &Result<serde_json::Value, DomException>) -> Option<Decision<DomException>> {
        let hidden = result.as_ref().err().filter(|exception| exception.name != DomExceptionName::NotAllowedError)?;
        let mut decision = not_allowed(ceremony);
        decision.text = format!("{}, hiding {}", decision.text, hidden.name);
        (!self.every && ceremony.is(self.ceremony)).then_some(decision)
    }
}
