//! An extension output that was not asked for, signed.

use ciborium::Value;
use faultkey_authenticator::{Response, cbor};
use toml::Value as Toml;

use super::CEREMONY;
use crate::envelope::describe;
use crate::fault::encoding::authenticator_data;
use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "unsolicited-extension",
    layer: Layer::Command,
    summary: "The authenticator data carries an extension output that the relying party did not ask for.",
    effect: "Adds the extension to the extension outputs in the authenticator data, in canonical order, and \
        sets the ED flag, before the data is signed. Everything verifies.",
    opportunity: "An answer of its ceremony with authenticator data, where the request did not ask for this \
        extension and the answer does not have it.",
    seam: Seam::Authenticator,
    evidence: "observed: credProtect, added by a browser and rejected by a relying party's library as \"not \
        a subset of requested\" (catalogue CC-16: java-webauthn-server#92; YubiKey 5 answers flags C5). \
        Specified: a relying party must be prepared for it, WebAuthn-3 §7.1 and §7.2.",
    catalogue: &["CC-16"],
    good_rp: "Accepts, and ignores the extension.",
    parameters: &[
        ParameterInfo {
            name: "extension",
            accepts: "an extension identifier of 1 to 32 characters",
            default: "`credProtect`",
            meaning: "Which extension.",
        },
        ParameterInfo {
            name: "value",
            accepts: "a whole number, `true` or `false`",
            default: "2",
            meaning: "Its output. For `credProtect`, 1 to 3.",
        },
        ParameterInfo { default: "`registration`", ..CEREMONY },
    ],
    example: "{ fault = \"unsolicited-extension\", extension = \"credProtect\", value = 3 }",
};

struct UnsolicitedExtension {
    extension: String,
    value: Value,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let extension = parameters.text("extension", "credProtect")?;
    if extension.len() > 32 {
        return Err(parameters.error("extension", format!("expected 1 to 32 characters (WebAuthn-3 §9.1), found {}", extension.len())));
    }
    let wrong = |expected: &str, found: &Toml| parameters.error("value", format!("expected {expected}, found {}", describe(found)));
    let value = match parameters.value("value") {
        None => Value::from(2),
        Some(Toml::Integer(level)) if extension != "credProtect" || (1..=3).contains(level) => Value::from(*level),
        Some(other) if extension == "credProtect" => return Err(wrong("a whole number from 1 to 3", other)),
        Some(Toml::Boolean(on)) => Value::from(*on),
        Some(other) => return Err(wrong("a whole number, `true` or `false`", other)),
    };
    Ok(Box::new(UnsolicitedExtension { extension, value, ceremony: parameters.ceremony(Some(Ceremony::Registration))? }))
}

impl Fault for UnsolicitedExtension {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn outcome(&self, scene: &Scene, response: &Response, _world: &World) -> Option<Decision<Edit>> {
        let data = authenticator_data(response)?;
        let mut pairs = data.extensions.as_ref().and_then(Value::as_map).cloned().unwrap_or_default();
        let there = pairs.iter().any(|(name, _)| name.as_text() == Some(&self.extension));
        if there || scene.extensions.contains(&self.extension) || !scene.ceremony.is(self.ceremony) {
            return None;
        }
        pairs.push((Value::from(self.extension.as_str()), self.value.clone()));
        let mut extensions = Value::Map(pairs);
        cbor::sort(&mut extensions);
        Some(Decision::new(Edit::Extensions(extensions), format!("extension {} added, not asked for", self.extension)))
    }
}
