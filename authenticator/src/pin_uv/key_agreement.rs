//! Key agreement: ECDH on P-256 (CTAP2.3 §6.5.6, §6.5.7).

use ciborium::Value;
use p256::elliptic_curve::sec1::ToSec1Point;
use rand::Rng;

use super::{PinUvAuthProtocol, SharedSecret};
use crate::members::{self, Cose, Members};
use crate::refusal::Refusal;
use crate::{Random, Status, cbor};

/// ECDH-ES with HKDF-256, the algorithm that these keys name, though neither protocol derives its keys that way (CTAP2.3 §6.5.6).
const COSE_ALGORITHM: i64 = -25;

/// A key pair for key agreement.
#[derive(Clone)]
pub struct KeyAgreementKey(p256::SecretKey);

impl KeyAgreementKey {
    /// A new key drawn from `random`.
    #[must_use]
    pub fn generate(random: &mut Random) -> Self {
        loop {
            let mut scalar = [0; 32];
            random.fill_bytes(&mut scalar);
            if let Some(key) = Self::of(&scalar) {
                return key;
            }
        }
    }

    /// The key with this private scalar, if it is one of the curve.
    #[must_use]
    pub fn of(scalar: &[u8; 32]) -> Option<Self> {
        p256::SecretKey::from_slice(scalar).ok().map(Self)
    }

    /// `getPublicKey()`: a COSE_Key.
    #[must_use]
    pub fn public_key(&self) -> Value {
        let point = self.0.public_key().to_sec1_point(false);
        let (x, y) = point.as_bytes().get(1..).unwrap_or_default().split_at(32);
        cbor::int_map([
            (1, Value::from(2)),
            (3, Value::from(COSE_ALGORITHM)),
            (-1, Value::from(1)),
            (-2, Value::Bytes(x.to_vec())),
            (-3, Value::Bytes(y.to_vec())),
        ])
    }

    /// `decapsulate(peerCoseKey)`, and a platform's half of `encapsulate`: the secret that is shared with the owner of `peer`.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` when `peer` is no P-256 key for key agreement, or its point is not on the curve.
    pub fn agree(&self, protocol: PinUvAuthProtocol, peer: &Value) -> Result<SharedSecret, Refusal> {
        let peer = public_key(peer)?;
        let z = p256::ecdh::diffie_hellman(self.0.to_nonzero_scalar(), peer.as_affine());
        Ok(SharedSecret::derive(protocol, z.raw_secret_bytes()))
    }
}

/// Never the scalar: debug output ends up in logs.
impl std::fmt::Debug for KeyAgreementKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyAgreementKey(..)")
    }
}

fn public_key(cose: &Value) -> Result<p256::PublicKey, Refusal> {
    let members = Members::of("keyAgreement", cose)?;
    let invalid = |what| Refusal::member(Status::InvalidParameter, "keyAgreement", what);
    let is = |key: i64, expected: i64| members.optional(Cose(key), "", members::algorithm).map(|value| value == Some(expected));
    if !(is(1, 2)? && is(3, COSE_ALGORITHM)? && is(-1, 1)?) {
        return Err(invalid("is not a P-256 key of algorithm -25"));
    }
    let (x, y) = (members.optional(Cose(-2), "x", members::bytes)?, members.optional(Cose(-3), "y", members::bytes)?);
    let (Some(x), Some(y)) = (x, y) else { return Err(invalid("lacks a coordinate")) };
    if x.len() != 32 || y.len() != 32 {
        return Err(invalid("has a coordinate that is not 32 bytes long"));
    }
    p256::PublicKey::from_sec1_bytes(&[&[4][..], &x, &y].concat()).map_err(|_| invalid("is not a point of P-256"))
}
