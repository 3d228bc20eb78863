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
use crate::{FaultError, Profile, Text};

/// Which alphabet of exceptions the caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Web,
    Native,
}

pub(crate) const FACE: ParameterInfo = ParameterInfo {
    name: "face",
    accepts: Text::new("`web` or `native`", "`web`または`native`"),
    default: Text::same("`web`"),
    meaning: Text::new(
        "What the caller sees: a DOMException in a page, or the exception of Android's Credential Manager in an app.",
        "呼び出し元に返るもの。ページではDOMException、アプリではAndroidのCredential Managerの例外",
    ),
};

impl Face {
    pub(crate) fn load(parameters: &Parameters) -> Result<Self, FaultError> {
        parameters.choice("face", &[("web", Face::Web), ("native", Face::Native)], Face::Web)
    }

    pub(crate) fn possible(self, profile: &Profile) -> Result<(), Text> {
        if self == Face::Native && profile.family != crate::profile::Family::Android {
            let problem = Text::new(
                "the native face is an exception of Android's Credential Manager, and this is not an Android device; use `face = \"web\"`",
                "`native`はAndroidのCredential Managerの例外だが、Androidの端末ではない（`face = \"web\"`を使う）",
            );
            return Err(problem.into());
        }
        Ok(())
    }
}

pub(crate) fn exception(fault: &str, ceremony: Ceremony, name: DomExceptionName, message: &str) -> Decision<DomException> {
    let text = format!("{} -> {name}", call_name(ceremony));
    let exception = DomException { name, message: message.to_owned(), because: Because::Injected(fault.to_owned()) };
    Decision::new(exception, Text::new(text.clone(), text))
}

pub(crate) const fn call_name(ceremony: Ceremony) -> &'static str {
    match ceremony {
        Ceremony::Registration => "create()",
        Ceremony::Authentication => "get()",
    }
}
