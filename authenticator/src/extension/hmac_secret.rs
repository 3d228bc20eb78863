//! hmac-secret and hmac-secret-mc: a secret function of the credential's, evaluated at salts of the platform's choice
//! (CTAP2.3 §12.7, §12.8).

use ciborium::Value;

use super::{CredRandom, Extension, ExtensionData, Inputs, Registration, Secret};
use crate::device::Device;
use crate::members::{self, Members};
use crate::pin_uv::{PinUvAuthProtocol, SharedSecret};
use crate::refusal::Refusal;
use crate::{Random, Status};

/// A salt, and an output.
const LENGTH: usize = 32;

/// The platform's salts, decrypted, and the secret under which the outputs go back.
#[derive(Clone, Debug)]
pub(super) struct Salts {
    shared_secret: SharedSecret,
    /// One or two of 32 bytes.
    salts: Vec<u8>,
}

/// The input map of both extensions, as it came.
struct Input {
    key_agreement: Value,
    salt_enc: Vec<u8>,
    salt_auth: Vec<u8>,
    protocol: Option<u64>,
}

/// The credential gets its two secrets, one for verified users.
pub(super) fn at_registration(inputs: &Inputs, device: &mut Device, data: &mut ExtensionData) -> Result<Option<bool>, Refusal> {
    if !inputs.is_asked(Extension::HmacSecret)? {
        return Ok(None);
    }
    let with_uv = Secret::generate(&mut device.apart);
    data.cred_random = Some(CredRandom { with_uv, without_uv: Secret::generate(&mut device.apart) });
    Ok(Some(true))
}

/// hmac-secret-mc, which needs hmac-secret in the same request.
pub(super) fn evaluate_at_registration(
    inputs: &Inputs,
    about: &Registration,
    device: &mut Device,
    data: &ExtensionData,
) -> Result<Option<Value>, Refusal> {
    let Some(input) = inputs.get(Extension::HmacSecretMc, input)? else { return Ok(None) };
    let Some(cred_random) = &data.cred_random else {
        return Err(Refusal::member(Status::MissingParameter, "extensions.hmac-secret", "is missing, and hmac-secret-mc needs it"));
    };
    Ok(Some(Salts::open(input, device)?.evaluate(cred_random, about.verified, &mut device.apart)))
}

/// hmac-secret of getAssertion.
pub(super) fn at_authentication(inputs: &Inputs, present: bool, device: &mut Device) -> Result<Option<Salts>, Refusal> {
    let Some(input) = inputs.get(Extension::HmacSecret, input)? else { return Ok(None) };
    if !present {
        return Err(Refusal::rule(Status::UnsupportedOption, "hmac-secret is never evaluated without user presence"));
    }
    Salts::open(input, device).map(Some)
}

fn input(path: String, value: &Value) -> Result<Input, Refusal> {
    let members = Members::of(path, value)?;
    Ok(Input {
        key_agreement: members.required(0x01_u8, "keyAgreement", members::map)?,
        salt_enc: members.required(0x02_u8, "saltEnc", members::bytes)?,
        salt_auth: members.required(0x03_u8, "saltAuth", members::bytes)?,
        protocol: members.optional(0x04_u8, "pinUvAuthProtocol", members::unsigned)?,
    })
}

impl Salts {
    fn open(input: Input, device: &mut Device) -> Result<Self, Refusal> {
        // Platforms of CTAP 2.0 know protocol one only, and don't name it.
        let protocol = device.protocol(Some(input.protocol.unwrap_or(PinUvAuthProtocol::One.number())))?;
        let shared_secret = device.key_agreement().agree(protocol, &input.key_agreement)?;
        Self::decrypt(shared_secret, &input.salt_enc, &input.salt_auth)
    }

    fn decrypt(shared_secret: SharedSecret, salt_enc: &[u8], salt_auth: &[u8]) -> Result<Self, Refusal> {
        if !shared_secret.verify(salt_enc, salt_auth) {
            return Err(Refusal::rule(Status::PinAuthInvalid, "hmac-secret: saltAuth is not the shared secret's over saltEnc"));
        }
        match shared_secret.decrypt(salt_enc).filter(|salts| [LENGTH, 2 * LENGTH].contains(&salts.len())) {
            Some(salts) => Ok(Self { shared_secret, salts }),
            None => Err(Refusal::rule(Status::InvalidParameter, "hmac-secret: saltEnc is not one or two salts of 32 bytes")),
        }
    }

    /// The outputs, encrypted for the platform.
    pub(super) fn evaluate(&self, cred_random: &CredRandom, verified: bool, random: &mut Random) -> Value {
        Value::Bytes(self.shared_secret.encrypt(random, &self.outputs(cred_random, verified)))
    }

    /// HMAC-SHA-256 of each salt, under the secret that fits how the user was tested.
    fn outputs(&self, cred_random: &CredRandom, verified: bool) -> Vec<u8> {
        let secret = if verified { &cred_random.with_uv } else { &cred_random.without_uv };
        // authenticate() of protocol two, with a key of 32 bytes, is HMAC-SHA-256 (CTAP2.3 §6.5.7).
        self.salts.chunks(LENGTH).flat_map(|salt| PinUvAuthProtocol::Two.authenticate(&secret.0, salt)).collect()
    }
}

#[cfg(test)]
mod tests;
