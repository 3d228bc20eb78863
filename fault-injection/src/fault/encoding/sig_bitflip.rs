//! One bit of the signature is wrong.

use ciborium::Value;
use faultkey_authenticator::reply::Message;

use crate::fault::{Decision, Fault, Signing, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "sig-bitflip",
    layer: Layer::Encoding,
    summary: Text::new("One bit of the assertion's signature is inverted.", "認証応答の署名の1ビットが反転している"),
    effect: Text::new(
        "Inverts one bit of the assertion's signature in the signed reply. The bit is in the number s, \
        so the signature is still well-formed DER; it just does not verify.",
        "署名済みの応答の、署名の1ビットを反転します。このビットは数sの中にあるため、署名はDERとして正しい形のままで、\
        検証だけが通りません。",
    ),
    opportunity: Text::new("A signed assertion.", "署名済みの認証応答です。"),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "specified: it must be refused, WebAuthn-3 §7.2 step 21 (catalogue EN-38).",
        "仕様に規定：拒否しなければなりません（WebAuthn-3 §7.2手順21、カタログEN-38）。",
    ),
    catalogue: &["EN-38"],
    good_rp: Text::new(
        "Refuses, with no session and no change of state, and logs that the signature does not verify.",
        "拒否し、セッションを発行せず、状態を変えず、署名を検証できないことをログに残します。",
    ),
    parameters: &[ParameterInfo {
        name: "bit",
        accepts: Text::new("a whole number from 0 to 127", "0から127までの整数"),
        default: Text::same("0"),
        meaning: Text::new(
            "Which bit, counted from the signature's end: 0 is the lowest bit of its last byte.",
            "署名の末尾から数えたビットの位置。0は最後のバイトの最下位ビット",
        ),
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
        let bit = self.bit;
        let text = Text::new(format!("signature bit {bit} from the end inverted"), format!("署名の末尾から数えてビット{bit}を反転"));
        Some(Decision::new(changed, text))
    }
}
