//! Signature algorithms. One file each key type; [`PrivateKey`] is what the rest of the crate sees of them.

mod ecdsa;
pub mod ed25519;
pub mod ed448;
pub mod es256;
pub mod es256k;
pub mod es384;
pub mod es512;
pub mod ml_dsa;
pub mod rsa;
#[cfg(test)]
pub(crate) mod tests;

use ciborium::Value;

use crate::{Random, cbor};

/// COSE identifiers of the algorithms that this crate can sign with, and their names in the IANA COSE registry.
pub const NAMES: [(i64, &str); 19] = [
    (es256::ES256, "ES256"),
    (es256::ESP256, "ESP256"),
    (es384::ES384, "ES384"),
    (es384::ESP384, "ESP384"),
    (es512::ES512, "ES512"),
    (es512::ESP512, "ESP512"),
    (es256k::ES256K, "ES256K"),
    (ed25519::EDDSA, "EdDSA"),
    (ed25519::ED25519, "Ed25519"),
    (ed448::ED448, "Ed448"),
    (-257, "RS256"),
    (-258, "RS384"),
    (-259, "RS512"),
    (-37, "PS256"),
    (-38, "PS384"),
    (-39, "PS512"),
    (-48, "ML-DSA-44"),
    (-49, "ML-DSA-65"),
    (-50, "ML-DSA-87"),
];

/// Whether this crate can sign with the COSE algorithm `algorithm`.
#[must_use]
pub fn is_supported(algorithm: i64) -> bool {
    name(algorithm).is_some()
}

/// The name of a supported algorithm.
#[must_use]
pub fn name(algorithm: i64) -> Option<&'static str> {
    NAMES.iter().find(|(number, _)| *number == algorithm).map(|(_, name)| *name)
}

/// A private key, with its algorithm.
///
/// Two identifiers may share a kind of key: the newer one names the curve (RFC 9864), the older leaves it open in COSE, and WebAuthn fixes it
/// (WebAuthn-3 §5.8.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateKey {
    Es256(es256::SecretKey),
    Esp256(es256::SecretKey),
    Es384(es384::SecretKey),
    Esp384(es384::SecretKey),
    Es512(es512::SecretKey),
    Esp512(es512::SecretKey),
    Es256k(es256k::SecretKey),
    EdDsa(ed25519::SecretKey),
    Ed25519(ed25519::SecretKey),
    Ed448(ed448::SecretKey),
    /// RS256 to RS512 and PS256 to PS512.
    Rsa(rsa::SecretKey),
    /// ML-DSA-44, -65 and -87.
    MlDsa(ml_dsa::SecretKey),
}

impl PrivateKey {
    /// A new key for the COSE algorithm `algorithm`, drawn from `random`; `None` when the algorithm is not one of [`NAMES`].
    #[must_use]
    pub fn generate(algorithm: i64, random: &mut Random) -> Option<Self> {
        Some(match algorithm {
            es256::ES256 => Self::Es256(es256::SecretKey::generate(random)),
            es256::ESP256 => Self::Esp256(es256::SecretKey::generate(random)),
            es384::ES384 => Self::Es384(es384::SecretKey::generate(random)),
            es384::ESP384 => Self::Esp384(es384::SecretKey::generate(random)),
            es512::ES512 => Self::Es512(es512::SecretKey::generate(random)),
            es512::ESP512 => Self::Esp512(es512::SecretKey::generate(random)),
            es256k::ES256K => Self::Es256k(es256k::SecretKey::generate(random)),
            ed25519::EDDSA => Self::EdDsa(ed25519::SecretKey::generate(random)),
            ed25519::ED25519 => Self::Ed25519(ed25519::SecretKey::generate(random)),
            ed448::ED448 => Self::Ed448(ed448::SecretKey::generate(random)),
            _ => match (rsa::Scheme::of(algorithm), ml_dsa::ParameterSet::of(algorithm)) {
                (Some(scheme), _) => Self::Rsa(rsa::SecretKey::generate(scheme, random)?),
                (None, Some(set)) => Self::MlDsa(ml_dsa::SecretKey::generate(set, random)),
                (None, None) => return None,
            },
        })
    }

    /// The key of `algorithm` that [`PrivateKey::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`InvalidKey`] when the algorithm is not one of [`NAMES`], or the bytes are not a key of it.
    pub fn from_bytes(algorithm: i64, bytes: &[u8]) -> Result<Self, InvalidKey> {
        let Some(name) = name(algorithm) else { return Err(InvalidKey("signature")) };
        let invalid = InvalidKey(name);
        let key = match algorithm {
            es256::ES256 => Self::Es256(es256::SecretKey(bytes.try_into().map_err(|_| invalid)?)),
            es256::ESP256 => Self::Esp256(es256::SecretKey(bytes.try_into().map_err(|_| invalid)?)),
            es384::ES384 => Self::Es384(es384::SecretKey(bytes.try_into().map_err(|_| invalid)?)),
            es384::ESP384 => Self::Esp384(es384::SecretKey(bytes.try_into().map_err(|_| invalid)?)),
            es512::ES512 => Self::Es512(es512::SecretKey(bytes.try_into().map_err(|_| invalid)?)),
            es512::ESP512 => Self::Esp512(es512::SecretKey(bytes.try_into().map_err(|_| invalid)?)),
            es256k::ES256K => Self::Es256k(es256k::SecretKey(bytes.try_into().map_err(|_| invalid)?)),
            ed25519::EDDSA => Self::EdDsa(ed25519::SecretKey(bytes.try_into().map_err(|_| invalid)?)),
            ed25519::ED25519 => Self::Ed25519(ed25519::SecretKey(bytes.try_into().map_err(|_| invalid)?)),
            ed448::ED448 => Self::Ed448(ed448::SecretKey(bytes.try_into().map_err(|_| invalid)?)),
            _ => match (rsa::Scheme::of(algorithm), ml_dsa::ParameterSet::of(algorithm)) {
                (Some(scheme), _) => Self::Rsa(rsa::SecretKey::from_bytes(scheme, bytes)?),
                (None, Some(set)) => Self::MlDsa(ml_dsa::SecretKey { set, seed: bytes.try_into().map_err(|_| invalid)? }),
                (None, None) => return Err(invalid),
            },
        };
        if key.is_valid() { Ok(key) } else { Err(invalid) }
    }

    /// Whether its bytes are a key of its algorithm.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        match self {
            Self::Es256(key) | Self::Esp256(key) => key.is_valid(),
            Self::Es384(key) | Self::Esp384(key) => key.is_valid(),
            Self::Es512(key) | Self::Esp512(key) => key.is_valid(),
            Self::Es256k(key) => key.is_valid(),
            // An RSA key was checked when it was made; the others are seeds, which any bytes are.
            Self::EdDsa(_) | Self::Ed25519(_) | Self::Ed448(_) | Self::Rsa(_) | Self::MlDsa(_) => true,
        }
    }

    /// The secret: a scalar (ECDSA), a seed (EdDSA, ML-DSA), or the two primes (RSA, see [`rsa::SecretKey::to_bytes`]).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Es256(key) | Self::Esp256(key) => key.0.to_vec(),
            Self::Es384(key) | Self::Esp384(key) => key.0.to_vec(),
            Self::Es512(key) | Self::Esp512(key) => key.0.to_vec(),
            Self::Es256k(key) => key.0.to_vec(),
            Self::EdDsa(key) | Self::Ed25519(key) => key.0.to_vec(),
            Self::Ed448(key) => key.0.to_vec(),
            Self::Rsa(key) => key.to_bytes(),
            Self::MlDsa(key) => key.seed.to_vec(),
        }
    }

    /// The COSE identifier of its algorithm.
    #[must_use]
    pub fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => es256::ES256,
            Self::Esp256(_) => es256::ESP256,
            Self::Es384(_) => es384::ES384,
            Self::Esp384(_) => es384::ESP384,
            Self::Es512(_) => es512::ES512,
            Self::Esp512(_) => es512::ESP512,
            Self::Es256k(_) => es256k::ES256K,
            Self::EdDsa(_) => ed25519::EDDSA,
            Self::Ed25519(_) => ed25519::ED25519,
            Self::Ed448(_) => ed448::ED448,
            Self::Rsa(key) => key.scheme.algorithm(),
            Self::MlDsa(key) => key.set.algorithm(),
        }
    }

    /// The public key as a COSE_Key, its pairs in canonical order; no other member (WebAuthn-3 §6.5.1.1).
    ///
    /// # Errors
    /// [`InvalidKey`] when the private key is not one of its algorithm.
    pub fn cose_public_key(&self) -> Result<Value, InvalidKey> {
        let algorithm = self.algorithm();
        Ok(match self {
            Self::Es256(key) | Self::Esp256(key) => ec2(algorithm, 1, &key.public_point()?),
            Self::Es384(key) | Self::Esp384(key) => ec2(algorithm, 2, &key.public_point()?),
            Self::Es512(key) | Self::Esp512(key) => ec2(algorithm, 3, &key.public_point()?),
            Self::Es256k(key) => ec2(algorithm, 8, &key.public_point()?),
            Self::EdDsa(key) | Self::Ed25519(key) => okp(algorithm, 6, &key.public_key()),
            Self::Ed448(key) => okp(algorithm, 7, &key.public_key()?),
            // RFC 8230 §4: kty RSA, n, e.
            Self::Rsa(key) => cbor::int_map([
                (1, Value::from(3)),
                (3, Value::from(algorithm)),
                (-1, Value::Bytes(key.modulus())),
                (-2, Value::Bytes(key.public_exponent())),
            ]),
            // RFC 9964: kty AKP, pub.
            Self::MlDsa(key) => cbor::int_map([(1, Value::from(7)), (3, Value::from(algorithm)), (-1, Value::Bytes(key.public_key()))]),
        })
    }

    /// The signature over `message`, in the form that WebAuthn asks of its algorithm (WebAuthn-3 §6.5.5): DER for ECDSA, the raw signature for
    /// the others. Always the same for the same key and message.
    ///
    /// # Errors
    /// As [`PrivateKey::cose_public_key`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, InvalidKey> {
        match self {
            Self::Es256(key) | Self::Esp256(key) => key.sign(message),
            Self::Es384(key) | Self::Esp384(key) => key.sign(message),
            Self::Es512(key) | Self::Esp512(key) => key.sign(message),
            Self::Es256k(key) => key.sign(message),
            Self::EdDsa(key) | Self::Ed25519(key) => Ok(key.sign(message)),
            Self::Ed448(key) => key.sign(message),
            Self::Rsa(key) => key.sign(message),
            Self::MlDsa(key) => key.sign(message),
        }
    }
}

/// RFC 9053 §7.1.1: kty EC2, crv, x, y, from an uncompressed point.
fn ec2(algorithm: i64, curve: i64, point: &[u8]) -> Value {
    let coordinates = point.get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    cbor::int_map([
        (1, Value::from(2)),
        (3, Value::from(algorithm)),
        (-1, Value::from(curve)),
        (-2, Value::Bytes(x.to_vec())),
        (-3, Value::Bytes(y.to_vec())),
    ])
}

/// RFC 9053 §7.2: kty OKP, crv, x.
fn okp(algorithm: i64, curve: i64, x: &[u8]) -> Value {
    cbor::int_map([(1, Value::from(1)), (3, Value::from(algorithm)), (-1, Value::from(curve)), (-2, Value::Bytes(x.to_vec()))])
}

/// The bytes of a private key are not a key of its algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the private key is not a valid {0} key")]
pub struct InvalidKey(pub &'static str);
