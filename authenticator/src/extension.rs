//! Extensions (CTAP2.3 §12; uvm: WebAuthn-2 §10.3). One file each: what it asks, what it keeps with the credential, what it answers.
//!
//! An extension that the configuration doesn't list is ignored, whatever its input; so is one that nobody knows (CTAP2.3 §6.1.2 step 15,
//! §6.2.2 step 10). What an extension draws at random comes from a stream of its own, so asking for one never shifts the keys.

mod config;
mod cred_blob;
mod cred_protect;
mod data;
mod hmac_secret;
mod large_blob_key;
mod min_pin_length;
mod third_party_payment;
mod uvm;

use ciborium::Value;

pub use config::{Extension, Extensions};
pub use cred_protect::CredProtect;
pub use data::{CredRandom, ExtensionData, Secret};

use crate::device::Device;
use crate::members::Members;
use crate::refusal::Refusal;
use crate::{Credential, cbor};

/// What of a registration its extensions look at.
pub(crate) struct Registration<'a> {
    pub rp_id: &'a str,
    pub discoverable: bool,
    pub verified: bool,
}

/// What the extensions of a registration decided.
#[derive(Debug, Default)]
pub(crate) struct Registered {
    /// To be stored with the credential.
    pub data: ExtensionData,
    /// For the authenticator data.
    pub outputs: Option<Value>,
}

/// The extensions of one authentication, read and checked; answered credential by credential.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    hmac_secret: Option<hmac_secret::Salts>,
    cred_blob: bool,
    large_blob_key: bool,
    third_party_payment: bool,
    uvm: bool,
}

/// What they answer for one credential.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answered {
    /// For the authenticator data.
    pub outputs: Option<Value>,
    /// Member 0x07 of the reply.
    pub large_blob_key: Option<Secret>,
}

/// The inputs of a request, as far as the device has the extensions.
struct Inputs<'a> {
    members: Members<'a>,
    supported: &'a Extensions,
}

type Read<'a, T> = fn(String, &'a Value) -> Result<T, Refusal>;

impl<'a> Inputs<'a> {
    fn of(extensions: &'a Value, supported: &'a Extensions) -> Result<Self, Refusal> {
        Ok(Self { members: Members::of("extensions", extensions)?, supported })
    }

    /// The input of `extension`: `None` when it isn't there, or the device doesn't have the extension.
    fn get<T>(&self, extension: Extension, read: Read<'a, T>) -> Result<Option<T>, Refusal> {
        match self.supported.has(extension) {
            true => self.members.optional(extension.identifier(), "", read),
            false => Ok(None),
        }
    }

    /// For extensions that are asked for by `true`; `false` is the same as absence.
    fn is_asked(&self, extension: Extension) -> Result<bool, Refusal> {
        Ok(self.get(extension, crate::members::boolean)? == Some(true))
    }
}

/// Outputs of extensions, put into canonical order.
#[derive(Default)]
struct Outputs(Vec<(Value, Value)>);

impl Outputs {
    fn add(&mut self, extension: Extension, output: Option<impl Into<Value>>) {
        self.0.extend(output.map(|output| (Value::from(extension.identifier()), output.into())));
    }

    /// No outputs, no map: the ED flag stays clear.
    fn into_map(self) -> Option<Value> {
        let mut map = (!self.0.is_empty()).then_some(Value::Map(self.0))?;
        cbor::sort(&mut map);
        Some(map)
    }
}

/// The extensions of makeCredential (CTAP2.3 §6.1.2 step 15). Nothing is stored here.
pub(crate) fn at_registration(device: &mut Device, extensions: Option<&Value>, about: &Registration) -> Result<Registered, Refusal> {
    let supported = device.config.extensions.clone();
    let mut data = ExtensionData { cred_protect: supported.lowest_cred_protect(), ..ExtensionData::default() };
    let mut outputs = Outputs::default();
    let none = Value::Map(Vec::new());
    let inputs = Inputs::of(extensions.unwrap_or(&none), &supported)?;

    outputs.add(Extension::CredProtect, cred_protect::at_registration(&inputs, &mut data)?);
    outputs.add(Extension::CredBlob, cred_blob::at_registration(&inputs, about, &mut data)?);
    large_blob_key::at_registration(&inputs, about, device, &mut data)?;
    outputs.add(Extension::MinPinLength, min_pin_length::length(&inputs, about, device)?);
    outputs.add(Extension::PinComplexityPolicy, min_pin_length::complexity(&inputs, about, device)?);
    outputs.add(Extension::HmacSecret, hmac_secret::at_registration(&inputs, device, &mut data)?);
    outputs.add(Extension::HmacSecretMc, hmac_secret::evaluate_at_registration(&inputs, about, device, &data)?);
    third_party_payment::at_registration(&inputs, &mut data)?;
    outputs.add(Extension::Uvm, uvm::answer(inputs.is_asked(Extension::Uvm)?, about.verified, device));
    Ok(Registered { data, outputs: outputs.into_map() })
}

impl Asked {
    /// The extensions of getAssertion (CTAP2.3 §6.2.2 step 10), when `present` says whether the user was.
    pub(crate) fn read(device: &mut Device, extensions: Option<&Value>, present: bool) -> Result<Self, Refusal> {
        let Some(extensions) = extensions else { return Ok(Self::default()) };
        let supported = device.config.extensions.clone();
        let inputs = Inputs::of(extensions, &supported)?;
        Ok(Self {
            hmac_secret: hmac_secret::at_authentication(&inputs, present, device)?,
            cred_blob: inputs.is_asked(Extension::CredBlob)?,
            large_blob_key: large_blob_key::is_asked(&inputs)?,
            third_party_payment: inputs.is_asked(Extension::ThirdPartyPayment)?,
            uvm: inputs.is_asked(Extension::Uvm)?,
        })
    }

    /// The answers for `credential`, the user being `verified` or not.
    pub(crate) fn answer(&self, device: &mut Device, credential: &Credential, verified: bool) -> Answered {
        let data = &credential.extensions;
        let mut outputs = Outputs::default();
        // A credential that was made without the extension has no secrets, and no output.
        let evaluate = |(salts, secrets): (&hmac_secret::Salts, _)| salts.evaluate(secrets, verified, &mut device.apart);
        let secret = self.hmac_secret.as_ref().zip(data.cred_random.as_ref()).map(evaluate);
        outputs.add(Extension::HmacSecret, secret);
        outputs.add(Extension::CredBlob, self.cred_blob.then(|| cred_blob::answer(data)));
        outputs.add(Extension::ThirdPartyPayment, self.third_party_payment.then_some(data.third_party_payment));
        outputs.add(Extension::Uvm, uvm::answer(self.uvm, verified, device));
        let large_blob_key = data.large_blob_key.clone().filter(|_| self.large_blob_key);
        Answered { outputs: outputs.into_map(), large_blob_key }
    }
}

#[cfg(test)]
mod tests;
