//! A valid signature whose numbers are shorter than most.

use ciborium::Value;
use data_encoding::HEXLOWER;
use faultkey_authenticator::algorithm::{PrivateKey, es256};
use faultkey_authenticator::reply::Message;
use p256::ecdsa::signature::hazmat::RandomizedPrehashSigner;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha256};

use super::sig_bitflip::SIGNATURE;
use crate::fault::{Decision, Fault, Signing, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "short-signature",
    layer: Layer::Encoding,
    summary: Text::new(
        "The signature is valid, and one of its two numbers is shorter than 32 bytes.",
        "署名は有効で、2つの数の一方が32バイトより短い",
    ),
    effect: Text::new(
        "Signs the assertion again, with other nonces drawn from the seed, until the DER integer of r or s has fewer than 32 bytes, and \
        returns that signature. It verifies. The relying party sees one request: the authenticator tries before it answers. Of the signatures \
        of other devices one in about 256 is like this by itself; of faultkey's none is.",
        "rまたはsのDER整数が32バイト未満になるまで、シードから作った別のノンスで認証応答に署名し直し、\
        その署名を返します。署名は検証に通ります。RPに届くリクエストは1つです（認証器が応答の前に試します）。\
        ほかの端末の署名では約256回に1回は自然にこうなりますが、faultkeyの署名では起こりません。",
    ),
    opportunity: Text::new(
        "A signed assertion of a credential whose key is ES256.",
        "鍵がES256のクレデンシャルの、署名済みの認証応答です。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "specified: a DER integer has no leading zero bytes that its sign does not need (ITU-T X.690 §8.3.2), and WebAuthn-3 §6.5.5 asks \
        for DER. Inferred: servers that expect 32 bytes refuse about one valid signature in a hundred.",
        "仕様に規定：DERの整数の先頭には、符号に必要でない0のバイトを置きません（ITU-T X.690 §8.3.2）。\
        WebAuthn-3 §6.5.5はDERを求めています。推定：32バイトを前提とするサーバーは、\
        有効な署名の約100回に1回を拒否します。",
    ),
    catalogue: &[],
    good_rp: Text::new("Accepts.", "受理します。"),
    parameters: &[ParameterInfo {
        name: "which",
        accepts: Text::new("`r`, `s` or `either`", "`r`、`s`、`either`のいずれか"),
        default: Text::same("`either`"),
        meaning: Text::new("The number that is short.", "短くする数"),
    }],
    example: "{ fault = \"short-signature\", which = \"r\" }",
};

/// Member 0x02 of authenticatorGetAssertion's answer (CTAP2.3 §6.2).
const AUTHENTICATOR_DATA: u8 = 0x02;
/// About 512 are expected for one of the numbers.
const MOST_TRIES: u32 = 100_000;

#[derive(Clone, Copy)]
enum ShortSignature {
    R,
    S,
    Either,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let words = [("r", ShortSignature::R), ("s", ShortSignature::S), ("either", ShortSignature::Either)];
    Ok(Box::new(parameters.choice("which", &words, ShortSignature::Either)?))
}

impl ShortSignature {
    fn fits(self, r: usize, s: usize) -> bool {
        match self {
            ShortSignature::R => r < 32,
            ShortSignature::S => s < 32,
            ShortSignature::Either => r < 32 || s < 32,
        }
    }
}

impl Fault for ShortSignature {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        let algorithms = &profile.authenticator.algorithms;
        if algorithms.iter().any(|algorithm| [es256::ES256, es256::ESP256].contains(algorithm)) {
            Ok(())
        } else {
            Err(Text::new(
                "it has no ES256 keys, and other signatures have no such numbers",
                "ES256の鍵がなく、ほかの署名にこの2つの数はない",
            )
            .into())
        }
    }

    fn reply(&self, _scene: &Scene, message: &Message, signing: Option<&Signing>, world: &World) -> Option<Decision<Message>> {
        let Signing { key: PrivateKey::Es256(key) | PrivateKey::Esp256(key), client_data_hash } = signing? else { return None };
        let data = message.members.iter().find(|(key, _)| *key == Value::from(AUTHENTICATOR_DATA))?.1.as_bytes()?;
        let digest = Sha256::new().chain_update(data).chain_update(client_data_hash).finalize();
        let key = SigningKey::from_slice(&key.0).ok()?;
        // RFC 6979 §3.6: further data beside key and message gives other nonces, which are as good.
        let mut further = world.random(&format!("signature/{}", HEXLOWER.encode(&digest)));
        for tries in 1..=MOST_TRIES {
            let signature: Signature = key.sign_prehash_with_rng(&mut further, &digest).ok()?;
            let (r, s) = lengths(&signature);
            if self.fits(r, s) {
                let mut changed = message.clone();
                let (_, value) = changed.members.iter_mut().find(|(key, _)| *key == Value::from(SIGNATURE))?;
                *value = Value::Bytes(signature.to_der().as_bytes().to_vec());
                let text = Text::new(
                    format!("valid signature with r of {r} bytes and s of {s} bytes, found in {tries} tries"),
                    format!("有効な署名（rは{r}バイト、sは{s}バイト、{tries}回目）"),
                );
                return Some(Decision::new(changed, text));
            }
        }
        None
    }
}

/// How many bytes the DER integers of r and s have.
fn lengths(signature: &Signature) -> (usize, usize) {
    let (r, s) = signature.split_bytes();
    (der_length(&r), der_length(&s))
}

fn der_length(number: &[u8]) -> usize {
    let significant = number.iter().skip_while(|byte| **byte == 0);
    // The highest bit is the sign, so a number that has it set gets a zero byte before it.
    let sign = usize::from(significant.clone().next().is_none_or(|first| *first >= 0x80));
    significant.count() + sign
}

#[cfg(test)]
mod tests {
    use super::der_length;

    #[test]
    fn a_number_is_as_long_as_der_writes_it() {
        let table: [(&[u8], usize); 6] =
            [(&[0x7F, 0xFF], 2), (&[0x80, 0x00], 3), (&[0x00, 0x80], 2), (&[0x00, 0x7F], 1), (&[0x00, 0x00, 0x01], 1), (&[0x00], 1)];
        for (number, length) in table {
            assert_eq!(der_length(number), length, "{number:?}");
        }
    }
}
