//! Browser, operating system and credential provider: what a call ends with.

pub mod ceremony_aborted;
pub mod not_allowed_for_everything;
pub mod provider_unsupported;

use faultkey_client::DomException;
use faultkey_client::DomExceptionName;
use faultkey_client::dom_exception::Because;

use crate::fault::Decision;
use crate::parameters::Parameters;
use crate::registry::ParameterInfo;
use crate::scene::Ceremony;
use crate::{FaultError, Profile};

/// Which alphabet of exceptions the caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Web,
    Native,
}

pub(crate) const FACE: ParameterInfo = ParameterInfo {
    name: "face",
    accepts: "`web` or `native`",
    default: "`web`",
    meaning: "What the caller sees: a DOMException in a page, or the exception of Android's Credential Manager in an app.",
};

impl Face {
    pub(crate) fn load(parameters: &Parameters) -> Result<Self, FaultError> {
        parameters.choice("face", &[("web", Face::Web), ("native", Face::Native)], Face::Web)
    }

    pub(crate) fn possible(self, profile: &Profile) -> Result<(), String> {
        if self == Face::Native && profile.family != crate::profile::Family::Android {
            return Err(
                "the native face is an exception of Android's Credential Manager, and this is not an Android device; use `face = \"web\"`"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

pub(crate) fn exception(fault: &str, ceremony: Ceremony, name: DomExceptionName, message: &str) -> Decision<DomException> {
    let text = format!("{} -> {name}", call_name(ceremony));
    Decision::new(DomException { name, message: message.to_owned(), because: Because::Injected(fault.to_owned()) }, text)
}

pub(crate) const fn call_name(ceremony: Ceremony) -> &'static str {
    match ceremony {
        Ceremony::Registration => "create()",
        Ceremony::Authentication => "get()",
    }
}
