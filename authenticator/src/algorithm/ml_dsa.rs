//! ML-DSA (FIPS 204), pure, with an empty context and without hedging. COSE algorithms -48 to -50 (RFC 9964).

use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, MlDsaParams, SigningKey};
use rand::Rng;

use super::InvalidKey;
use crate::Random;

/// How large the keys and signatures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterSet {
    /// Public key 1,312 bytes, signature 2,420.
    MlDsa44,
    /// 1,952 and 3,309.
    MlDsa65,
    /// 2,592 and 4,627.
    MlDsa87,
}

impl ParameterSet {
    /// The set with this COSE algorithm.
    #[must_use]
    pub const fn of(algorithm: i64) -> Option<Self> {
        match algorithm {
            -48 => Some(Self::MlDsa44),
            -49 => Some(Self::MlDsa65),
            -50 => Some(Self::MlDsa87),
            _ => None,
        }
    }

    /// Its COSE algorithm.
    #[must_use]
    pub const fn algorithm(self) -> i64 {
        match self {
            Self::MlDsa44 => -48,
            Self::MlDsa65 => -49,
            Self::MlDsa87 => -50,
        }
    }
}

/// The 32-byte seed of FIPS 204 §5.1. Any bytes are a key.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey {
    pub set: ParameterSet,
    pub seed: [u8; 32],
}

impl SecretKey {
    /// A new key drawn from `random`.
    #[must_use]
    pub fn generate(set: ParameterSet, random: &mut Random) -> Self {
        let mut seed = [0; 32];
        random.fill_bytes(&mut seed);
        Self { set, seed }
    }

    /// The public key as FIPS 204 encodes it.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        match self.set {
            ParameterSet::MlDsa44 => public_key::<MlDsa44>(self.seed),
            ParameterSet::MlDsa65 => public_key::<MlDsa65>(self.seed),
            ParameterSet::MlDsa87 => public_key::<MlDsa87>(self.seed),
        }
    }

    /// The private key that FIPS 204 makes of the seed (§7.2, skEncode).
    #[must_use]
    pub fn expanded(&self) -> Vec<u8> {
        match self.set {
            ParameterSet::MlDsa44 => expanded::<MlDsa44>(self.seed),
            ParameterSet::MlDsa65 => expanded::<MlDsa65>(self.seed),
            ParameterSet::MlDsa87 => expanded::<MlDsa87>(self.seed),
        }
    }

    /// The signature over `message` as FIPS 204 encodes it.
    ///
    /// # Errors
    /// [`InvalidKey`] if the library refuses, which it does for a long context only.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, InvalidKey> {
        match self.set {
            ParameterSet::MlDsa44 => sign::<MlDsa44>(self.seed, message),
            ParameterSet::MlDsa65 => sign::<MlDsa65>(self.seed, message),
            ParameterSet::MlDsa87 => sign::<MlDsa87>(self.seed, message),
        }
    }
}

fn public_key<P: MlDsaParams>(seed: [u8; 32]) -> Vec<u8> {
    SigningKey::<P>::from_seed(&seed.into()).expanded_key().verifying_key().encode().to_vec()
}

// The library would have keys be seeds only. What others wrote has both, and is to be compared.
#[allow(deprecated)]
fn expanded<P: MlDsaParams>(seed: [u8; 32]) -> Vec<u8> {
    SigningKey::<P>::from_seed(&seed.into()).expanded_key().to_expanded().to_vec()
}

fn sign<P: MlDsaParams>(seed: [u8; 32], message: &[u8]) -> Result<Vec<u8>, InvalidKey> {
    let key = SigningKey::<P>::from_seed(&seed.into());
    let signature = key.expanded_key().sign_deterministic(message, &[]).map_err(|_| InvalidKey("ML-DSA"))?;
    Ok(signature.encode().to_vec())
}

/// Never the seed: debug output ends up in logs.
impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({:?}, ..)", self.set)
    }
}
