//! One bit of the signature is wrong.

use ciborium::Value;
use faultkey_authenticator::reply::Message;

use crate::fault::{Decision, Fault, Signing, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "sig-bitflip",
    layer: Layer::Encoding,
    summary: "One bit of the assertion's signature is inverted.",
    effect: "Inverts one bit of the assertion's signature in the signed reply. The bit is in the number s, \
        so the signature is still well-formed DER; it just does not verify.",
    opportunity: "A signed assertion.",
    seam: Seam::Authenticator,
    evidence: "specified: it must be refused, WebAuthn-3 §7.2 step 21 (catalogue EN-38).",
    catalogue: &["EN-38"],
    good_rp: "Refuses, with no session and no change of state, and logs that the signature does not verify.",
    parameters: &[ParameterInfo {
        name: "bit",
        accepts: "a whole number from 0 to 127",
        default: "0",
        meaning: "Which bit, counted from the signature's end: 0 is the lowest bit of its last byte.",
    }],
    example: "{ fault = \"sig-bitflip\", bit = 5 }",
};

/// Member 0x03 of authenticatorGetAssertion's answer (CTAP2.3 §6.2).
pub(super) const SIGNATURE: u8 = 0x03;

struct SigBitflip {
    bit: usize,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let bit = parameters.integer("bit", 0..=127)?.unwrap_or(0);
    Ok(Box::new(SigBitflip { bit: usize::try_from(bit).unwrap_or(0) }))
}

impl Fault for SigBitflip {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn reply(&self, scene: &Scene, message: &Message, _signing: Option<&Signing>, _world: &World) -> Option<Decision<Message>> {
        if scene.ceremony != Ceremony::Authentication {
            return None;
        }
        let mut changed = message.clone();
        let member = changed.members.iter_mut().find(|(key, _)| *key == Value::from(SIGNATURE));
        let Some((_, Value::Bytes(signature))) = member else { return None };
        let byte = signature.iter_mut().rev().nth(self.bit / 8)?;
        *byte ^= 1 << (self.bit % 8);
        Some(Decision::new(changed, format!("signature bit {} from the end inverted", self.bit)))
    }
}
