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
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "unsolicited-extension",
    layer: Layer::Command,
    summary: Text::new(
        "The authenticator data carries an extension output that the relying party did not ask for.",
        "認証器データに、RPが要求していない拡張の出力がある",
    ),
    effect: Text::new(
        "Adds the extension to the extension outputs in the authenticator data, in canonical order, and \
        sets the ED flag, before the data is signed. Everything verifies.",
        "署名の前に、認証器データの拡張の出力に、この拡張を正規の順序で加え、EDフラグを立てます。検証はすべて通ります。",
    ),
    opportunity: Text::new(
        "An answer of its ceremony with authenticator data, where the request did not ask for this \
        extension and the answer does not have it.",
        "対象のセレモニーで認証器データのある応答のうち、この拡張を要求しておらず、応答にもない場合です。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: credProtect, added by a browser and rejected by a relying party's library as \"not \
        a subset of requested\" (catalogue CC-16: java-webauthn-server#92; YubiKey 5 answers flags C5). \
        Specified: a relying party must be prepared for it, WebAuthn-3 §7.1 and §7.2.",
        "報告例あり：ブラウザが加えたcredProtectを、RPのライブラリが「not a subset of requested」として拒否した例（カタロ\
        グCC-16：java-webauthn-server#92。YubiKey 5のフラグはC5）。仕様に規定：RPは、\
        要求していない拡張に備えなければなりません（WebAuthn-3 §7.1、§7.2）。",
    ),
    catalogue: &["CC-16"],
    good_rp: Text::new("Accepts, and ignores the extension.", "受理し、この拡張を無視します。"),
    parameters: &[
        ParameterInfo {
            name: "extension",
            accepts: Text::new("an extension identifier of 1 to 32 characters", "拡張の識別子（1〜32文字）"),
            default: Text::same("`credProtect`"),
            meaning: Text::new("Which extension.", "加える拡張"),
        },
        ParameterInfo {
            name: "value",
            accepts: Text::new("a whole number, `true` or `false`", "整数、`true`、`false`のいずれか"),
            default: Text::same("2"),
            meaning: Text::new("Its output. For `credProtect`, 1 to 3.", "拡張の出力。`credProtect`では1から3まで"),
        },
        ParameterInfo { default: Text::same("`registration`"), ..CEREMONY },
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
        let name = &self.extension;
        let text = Text::new(format!("extension {name} added, not asked for"), format!("要求していない拡張{name}を追加"));
        Some(Decision::new(Edit::Extensions(extensions), text))
    }
}
