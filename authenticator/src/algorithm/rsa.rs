//! RSA: PKCS#1 v1.5 (RS256 to RS512, COSE -257 to -259, RFC 8812) and PSS (PS256 to PS512, COSE -37 to -39, RFC 8230).

use rand::SeedableRng;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs1::der::Decode;
use rsa::pkcs1v15;
use rsa::pkcs8::EncodePublicKey;
use rsa::pss;
use rsa::signature::{RandomizedSigner, SignatureEncoding, Signer};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, RsaPrivateKey};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::InvalidKey;
use crate::Random;

/// Bits of the modulus of new keys. Imported ones may have others.
const MODULUS: usize = 2_048;
/// 65,537, the only public exponent that is made or read.
const EXPONENT: u64 = 65_537;

/// Padding and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
}

impl Scheme {
    /// The scheme with this COSE algorithm.
    #[must_use]
    pub const fn of(algorithm: i64) -> Option<Self> {
        match algorithm {
            -257 => Some(Self::Rs256),
            -258 => Some(Self::Rs384),
            -259 => Some(Self::Rs512),
            -37 => Some(Self::Ps256),
            -38 => Some(Self::Ps384),
            -39 => Some(Self::Ps512),
            _ => None,
        }
    }

    /// Its COSE algorithm.
    #[must_use]
    pub const fn algorithm(self) -> i64 {
        match self {
            Self::Rs256 => -257,
            Self::Rs384 => -258,
            Self::Rs512 => -259,
            Self::Ps256 => -37,
            Self::Ps384 => -38,
            Self::Ps512 => -39,
        }
    }

    const fn invalid(self) -> InvalidKey {
        InvalidKey(match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
        })
    }
}

/// A private key of two primes, and what it signs with.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey {
    pub(super) scheme: Scheme,
    key: Box<RsaPrivateKey>,
}

impl SecretKey {
    /// A new key drawn from `random`. Slow: two primes must be found.
    #[must_use]
    pub fn generate(scheme: Scheme, random: &mut Random) -> Option<Self> {
        let drawn = RsaPrivateKey::new(random, MODULUS).ok()?;
        // Of its primes, as after a restart: the library gives a new key another private exponent, which is as good.
        Self::from_bytes(scheme, &Self { scheme, key: Box::new(drawn) }.to_bytes()).ok()
    }

    /// The key with these two primes (big-endian).
    ///
    /// # Errors
    /// [`InvalidKey`] when they make no key.
    pub fn from_primes(scheme: Scheme, p: &[u8], q: &[u8]) -> Result<Self, InvalidKey> {
        // The modulus of a verifier's limit, 16,384 bits; the library's own limit is tighter.
        if p.len() + q.len() > 2_048 {
            return Err(scheme.invalid());
        }
        // The library multiplies numbers of like width.
        let bits = u32::try_from(p.len().max(q.len()) * 8).map_err(|_| scheme.invalid())?;
        let read = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, bits).map_err(|_| scheme.invalid());
        let key = RsaPrivateKey::from_p_q(read(p)?, read(q)?, BoxedUint::from(EXPONENT)).map_err(|_| scheme.invalid())?;
        Ok(Self { scheme, key: Box::new(key) })
    }

    /// The length of the first prime in two bytes, the first prime, the second, all big-endian. The public exponent is always 65,537.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut primes = self.key.primes().iter().map(trimmed);
        let (p, q) = (primes.next().unwrap_or_default(), primes.next().unwrap_or_default());
        [&u16::try_from(p.len()).unwrap_or(u16::MAX).to_be_bytes()[..], &p, &q].concat()
    }

    /// What [`SecretKey::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`InvalidKey`] when the bytes are no such key.
    pub fn from_bytes(scheme: Scheme, bytes: &[u8]) -> Result<Self, InvalidKey> {
        let Some((length, primes)) = bytes.split_first_chunk::<2>() else { return Err(scheme.invalid()) };
        let Some((p, q)) = primes.split_at_checked(usize::from(u16::from_be_bytes(*length))) else { return Err(scheme.invalid()) };
        Self::from_primes(scheme, p, q)
    }

    /// The key in an RSAPrivateKey (RFC 8017 §A.1.2), in DER.
    ///
    /// # Errors
    /// [`InvalidKey`] when it is not one of two primes and the exponent 65,537.
    pub fn from_pkcs1(scheme: Scheme, der: &[u8]) -> Result<Self, InvalidKey> {
        let stated = rsa::pkcs1::RsaPrivateKey::<rsa::pkcs1::UintRef>::from_der(der).map_err(|_| scheme.invalid())?;
        let key = Self::from_primes(scheme, stated.prime1.as_bytes(), stated.prime2.as_bytes())?;
        let agrees = key.modulus() == stated.modulus.as_bytes() && key.public_exponent() == stated.public_exponent.as_bytes();
        if agrees { Ok(key) } else { Err(scheme.invalid()) }
    }

    /// As an RSAPrivateKey, in DER.
    ///
    /// # Errors
    /// [`InvalidKey`] if the library refuses, which it does for more than two primes only.
    pub fn to_pkcs1(&self) -> Result<Vec<u8>, InvalidKey> {
        let document = self.key.to_pkcs1_der().map_err(|_| self.scheme.invalid())?;
        Ok(document.as_bytes().to_vec())
    }

    /// n, big-endian without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> Vec<u8> {
        trimmed(self.key.n())
    }

    /// e, big-endian without leading zeros.
    #[must_use]
    pub fn public_exponent(&self) -> Vec<u8> {
        trimmed(self.key.e())
    }

    /// SubjectPublicKeyInfo in DER, as certificates hold it.
    pub(crate) fn public_key_info(&self) -> Result<Vec<u8>, InvalidKey> {
        let document = self.key.to_public_key().to_public_key_der().map_err(|_| self.scheme.invalid())?;
        Ok(document.as_bytes().to_vec())
    }

    /// The signature over `message`, as long as the modulus.
    ///
    /// # Errors
    /// [`InvalidKey`] when the modulus is too short for the hash.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, InvalidKey> {
        let key = || (*self.key).clone();
        let mut salt = self.salt(message);
        let signature = match self.scheme {
            Scheme::Rs256 => pkcs1v15::SigningKey::<Sha256>::new(key()).try_sign(message).map(|signature| signature.to_vec()),
            Scheme::Rs384 => pkcs1v15::SigningKey::<Sha384>::new(key()).try_sign(message).map(|signature| signature.to_vec()),
            Scheme::Rs512 => pkcs1v15::SigningKey::<Sha512>::new(key()).try_sign(message).map(|signature| signature.to_vec()),
            Scheme::Ps256 => {
                pss::SigningKey::<Sha256>::new(key()).try_sign_with_rng(&mut salt, message).map(|signature| signature.to_vec())
            }
            Scheme::Ps384 => {
                pss::SigningKey::<Sha384>::new(key()).try_sign_with_rng(&mut salt, message).map(|signature| signature.to_vec())
            }
            Scheme::Ps512 => {
                pss::SigningKey::<Sha512>::new(key()).try_sign_with_rng(&mut salt, message).map(|signature| signature.to_vec())
            }
        };
        let signature = signature.map_err(|_| self.scheme.invalid())?;
        // RFC 8017 §8.2.1: as long as the modulus. The library pads to its own words when the modulus is not a whole number of them.
        let padding = signature.len().saturating_sub(self.modulus().len());
        Ok(signature.into_iter().skip(padding).collect())
    }

    /// Where the salt of PSS comes from: key and message, so that signing needs no chance and can be replayed (as RFC 6979 does for ECDSA).
    fn salt(&self, message: &[u8]) -> Random {
        let secret = Sha256::digest(self.to_bytes());
        Random::from_seed(Sha256::new().chain_update(b"PSS salt").chain_update(secret).chain_update(message).finalize().into())
    }
}

fn trimmed(number: &BoxedUint) -> Vec<u8> {
    number.to_be_bytes().iter().copied().skip_while(|byte| *byte == 0).collect()
}

/// Never the primes: debug output ends up in logs.
impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({:?}, ..)", self.scheme)
    }
}
