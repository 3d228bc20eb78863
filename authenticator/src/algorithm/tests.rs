//! Every algorithm, verified with the public key that goes out in its COSE_Key.

use std::sync::LazyLock;

use super::*;
use ::rsa::signature::Verifier;
use ::rsa::{BoxedUint, RsaPublicKey, pkcs1v15, pss};
use sha2::{Sha256, Sha384, Sha512};

use super::rsa::{Scheme, SecretKey};

/// Primes are slow to find: the tests share one pair.
static PRIMES: LazyLock<Vec<u8>> =
    LazyLock::new(|| SecretKey::generate(Scheme::Rs256, &mut crate::random::stream(1, "rsa")).unwrap().to_bytes());

/// A key of each algorithm.
pub(crate) fn one_of_each() -> Vec<PrivateKey> {
    let mut random = crate::random::stream(1, "one of each");
    let mut key = |algorithm| match Scheme::of(algorithm) {
        Some(scheme) => PrivateKey::Rsa(SecretKey::from_bytes(scheme, &PRIMES).unwrap()),
        None => PrivateKey::generate(algorithm, &mut random).unwrap(),
    };
    NAMES.iter().map(|(algorithm, _)| key(*algorithm)).collect()
}

fn member(key: &Value, label: i64) -> &Value {
    key.as_map().unwrap().iter().find(|(name, _)| *name == Value::from(label)).map(|(_, value)| value).unwrap()
}

fn bytes(key: &Value, label: i64) -> &[u8] {
    member(key, label).as_bytes().unwrap()
}

/// Whether `signature` over `message` verifies with the COSE_Key: the same crates, but from the public bytes alone.
pub(crate) fn verifies(key: &Value, message: &[u8], signature: &[u8]) -> bool {
    let point = || [&[4], bytes(key, -2), bytes(key, -3)].concat();
    let rsa = || {
        let number = |label: i64| BoxedUint::from_be_slice_vartime(bytes(key, label));
        RsaPublicKey::new(number(-1), number(-2)).unwrap()
    };
    let raw = || pkcs1v15::Signature::try_from(signature).unwrap();
    let salted = || pss::Signature::try_from(signature).unwrap();
    macro_rules! ecdsa {
        ($curve:ident) => {{
            let verifying = $curve::ecdsa::VerifyingKey::from_sec1_bytes(&point()).unwrap();
            $curve::ecdsa::Signature::from_der(signature).is_ok_and(|signature| verifying.verify(message, &signature).is_ok())
        }};
    }
    macro_rules! ml_dsa {
        ($set:ident) => {{
            let verifying = ::ml_dsa::VerifyingKey::<::ml_dsa::$set>::decode(bytes(key, -1).try_into().unwrap());
            let signature = ::ml_dsa::Signature::<::ml_dsa::$set>::decode(signature.try_into().unwrap());
            signature.is_some_and(|signature| verifying.verify_with_context(message, &[], &signature))
        }};
    }
    match i64::try_from(member(key, 3).as_integer().unwrap()).unwrap() {
        -7 | -9 => ecdsa!(p256),
        -35 | -51 => ecdsa!(p384),
        -36 | -52 => ecdsa!(p521),
        -47 => ecdsa!(k256),
        -8 | -19 => {
            let verifying = ed25519_dalek::VerifyingKey::from_bytes(bytes(key, -2).try_into().unwrap()).unwrap();
            verifying.verify(message, &ed25519_dalek::Signature::from_slice(signature).unwrap()).is_ok()
        }
        -53 => {
            let verifying = ed448_goldilocks::VerifyingKey::from_bytes(bytes(key, -2).try_into().unwrap()).unwrap();
            verifying.verify_raw(&ed448_goldilocks::Signature::try_from(signature).unwrap(), message).is_ok()
        }
        -257 => pkcs1v15::VerifyingKey::<Sha256>::new(rsa()).verify(message, &raw()).is_ok(),
        -258 => pkcs1v15::VerifyingKey::<Sha384>::new(rsa()).verify(message, &raw()).is_ok(),
        -259 => pkcs1v15::VerifyingKey::<Sha512>::new(rsa()).verify(message, &raw()).is_ok(),
        -37 => pss::VerifyingKey::<Sha256>::new(rsa()).verify(message, &salted()).is_ok(),
        -38 => pss::VerifyingKey::<Sha384>::new(rsa()).verify(message, &salted()).is_ok(),
        -39 => pss::VerifyingKey::<Sha512>::new(rsa()).verify(message, &salted()).is_ok(),
        -48 => ml_dsa!(MlDsa44),
        -49 => ml_dsa!(MlDsa65),
        -50 => ml_dsa!(MlDsa87),
        other => panic!("no verifier for {other}"),
    }
}

#[test]
fn each_signs_what_its_public_key_verifies_and_nothing_else() {
    for key in one_of_each() {
        let public = key.cose_public_key().unwrap();
        assert_eq!(member(&public, 3), &Value::from(key.algorithm()));
        assert_eq!(cbor::read_strict(&cbor::write(&public)), Ok(public.clone()), "canonical order");
        let signature = key.sign(b"message").unwrap();
        assert!(verifies(&public, b"message", &signature), "{key:?}");
        assert!(!verifies(&public, b"massage", &signature), "{key:?}");
        assert_eq!(key.sign(b"message").unwrap(), signature, "a replay signs the same: {key:?}");
    }
}

#[test]
fn keys_go_to_bytes_and_back_and_debug_hides_them() {
    for key in one_of_each() {
        let secret = key.to_bytes();
        assert_eq!(PrivateKey::from_bytes(key.algorithm(), &secret), Ok(key.clone()));
        let name = name(key.algorithm()).unwrap();
        assert_eq!(PrivateKey::from_bytes(key.algorithm(), &secret[1..]), Err(InvalidKey(name)));
        let debug = format!("{key:?}");
        assert!(debug.ends_with("..))") && debug.len() < 40, "{debug}");
    }
    assert_eq!(PrivateKey::from_bytes(-65_535, &[1; 32]).unwrap_err().to_string(), "the private key is not a valid signature key");
}

#[test]
fn keys_come_from_the_given_chance() {
    let draw = |algorithm, seed| PrivateKey::generate(algorithm, &mut crate::random::stream(seed, "keys")).unwrap();
    for (algorithm, _) in NAMES.iter().filter(|(algorithm, _)| Scheme::of(*algorithm).is_none()) {
        assert_eq!(draw(*algorithm, 1), draw(*algorithm, 1));
        assert_ne!(draw(*algorithm, 1), draw(*algorithm, 2));
        assert_eq!(draw(*algorithm, 1).algorithm(), *algorithm);
    }
    let primes = SecretKey::generate(Scheme::Rs256, &mut crate::random::stream(1, "rsa")).unwrap();
    assert_eq!(primes.to_bytes(), *PRIMES);
    assert_eq!((primes.modulus().len(), primes.public_exponent()), (256, vec![1, 0, 1]));
    assert_eq!(PrivateKey::generate(-65_535, &mut crate::random::stream(1, "keys")), None);
}

#[test]
fn impossible_rsa_keys_are_refused() {
    let refused = |bytes: &[u8]| SecretKey::from_bytes(Scheme::Ps256, bytes).unwrap_err().to_string();
    let same_twice = [&[0, 128][..], &[0xff; 128], &[0xff; 128]].concat();
    for bytes in [&[][..], &[0], &[0, 9, 1], &[0, 0], &[0, 1, 3, 5], &same_twice, &[&[4, 0][..], &[0xff; 4_000]].concat()] {
        assert_eq!(refused(bytes), "the private key is not a valid PS256 key");
    }
}
