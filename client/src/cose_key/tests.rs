#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

use ::rsa::signature::Verifier;
use ::rsa::{pkcs1v15, pss};
use faultkey_authenticator::algorithm::{NAMES, PrivateKey};
use faultkey_authenticator::random::stream;
use sha2::{Sha256, Sha384, Sha512};
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::*;

fn key(members: Vec<(i64, Value)>) -> Value {
    Value::Map(members.into_iter().map(|(label, value)| (Value::from(label), value)).collect())
}

fn spki(key: &Value) -> Option<String> {
    CoseKey::read(key)?.to_spki().map(|der| data_encoding::HEXLOWER.encode(&der))
}

fn es256(x: usize) -> Value {
    key(vec![(1, 2.into()), (3, (-7).into()), (-1, 1.into()), (-2, Value::Bytes(vec![0xAA; x])), (-3, Value::Bytes(vec![0xBB; 32]))])
}

#[test]
fn es256_becomes_an_uncompressed_point() {
    let expected = format!("3059301306072a8648ce3d020106082a8648ce3d03010703420004{}{}", "aa".repeat(32), "bb".repeat(32));
    assert_eq!(spki(&es256(32)), Some(expected));
    assert_eq!(spki(&es256(31)), None, "a coordinate of the wrong length");
}

#[test]
fn ed25519_and_rsa_are_known_too() {
    let ed25519 = key(vec![(1, 1.into()), (3, (-8).into()), (-1, 6.into()), (-2, Value::Bytes(vec![0xCC; 32]))]);
    assert_eq!(spki(&ed25519), Some(format!("302a300506032b6570032100{}", "cc".repeat(32))));
    // RFC 8017 A.1.1 by hand, with a modulus far too short for use.
    let rsa = key(vec![(1, 3.into()), (3, (-257).into()), (-1, Value::Bytes(vec![0x00, 0xC5, 0x01])), (-2, Value::Bytes(vec![1, 0, 1]))]);
    assert_eq!(spki(&rsa).as_deref(), Some("301e300d06092a864886f70d0101010500030d00300a020300c5010203010001"));
    let rsa = key(vec![(1, 3.into()), (3, (-257).into()), (-1, Value::Bytes(vec![0xC5; 256])), (-2, Value::Bytes(vec![1, 0, 1]))]);
    let text = spki(&rsa).unwrap();
    assert!(text.starts_with("30820122300d06092a864886f70d01010105000382010f003082010a0282010100c5c5"), "{text}");
}

#[test]
fn what_it_does_not_know_has_no_public_key() {
    assert_eq!(spki(&key(vec![(1, 2.into()), (3, (-35).into())])), None);
    assert!(CoseKey::read(&Value::Null).is_none());
    assert!(CoseKey::read(&key(vec![(1, 2.into())])).is_none(), "no algorithm");
}

/// A key of each algorithm that the authenticator knows. Primes are slow to find: the RSA keys share theirs.
fn one_of_each() -> Vec<PrivateKey> {
    let mut random = stream(1, "public keys");
    let primes = PrivateKey::generate(-257, &mut random).unwrap().to_bytes();
    let mut key = |algorithm| match algorithm {
        -259..=-257 | -39..=-37 => PrivateKey::from_bytes(algorithm, &primes).unwrap(),
        _ => PrivateKey::generate(algorithm, &mut random).unwrap(),
    };
    NAMES.iter().map(|(algorithm, _)| key(*algorithm)).collect()
}

/// Whether `signature` over "message" verifies with the key in `spki`, which says by itself what kind of key it is.
fn verifies(algorithm: i64, spki: &[u8], signature: &[u8]) -> bool {
    let info = SubjectPublicKeyInfoRef::from_der(spki).unwrap();
    assert_eq!(info.to_der().unwrap(), spki, "DER in its one form");
    let parameters = info.algorithm.parameters.map(|parameters| parameters.to_der().unwrap());
    let (kind, bits) = (info.algorithm.oid.to_string(), info.subject_public_key.as_bytes().unwrap());
    let message = b"message";
    macro_rules! ecdsa {
        ($curve:ident, $oid:expr) => {{
            assert_eq!((kind.as_str(), parameters), ("1.2.840.10045.2.1", Some(der(OBJECT_IDENTIFIER, $oid))));
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(bits).unwrap();
            key.verify(message, &$curve::ecdsa::Signature::from_der(signature).unwrap()).is_ok()
        }};
    }
    macro_rules! rsa {
        ($scheme:ident, $hash:ident) => {{
            let key = <::rsa::RsaPublicKey as ::rsa::pkcs8::DecodePublicKey>::from_public_key_der(spki).unwrap();
            let signature = $scheme::Signature::try_from(signature).unwrap();
            $scheme::VerifyingKey::<$hash>::new(key).verify(message, &signature).is_ok()
        }};
    }
    macro_rules! ml_dsa {
        ($set:ident, $oid:expr) => {{
            assert_eq!((kind.as_str(), parameters), ($oid, None));
            let key = ::ml_dsa::VerifyingKey::<::ml_dsa::$set>::decode(bits.try_into().unwrap());
            let signature = ::ml_dsa::Signature::<::ml_dsa::$set>::decode(signature.try_into().unwrap()).unwrap();
            key.verify_with_context(message, &[], &signature)
        }};
    }
    match algorithm {
        -7 | -9 => ecdsa!(p256, oid::P256),
        -35 | -51 => ecdsa!(p384, oid::P384),
        -36 | -52 => ecdsa!(p521, oid::P521),
        -47 => ecdsa!(k256, oid::SECP256K1),
        -8 | -19 => {
            assert_eq!((kind.as_str(), parameters), ("1.3.101.112", None));
            let key = ed25519_dalek::VerifyingKey::from_bytes(bits.try_into().unwrap()).unwrap();
            key.verify(message, &ed25519_dalek::Signature::from_slice(signature).unwrap()).is_ok()
        }
        -53 => {
            assert_eq!((kind.as_str(), parameters), ("1.3.101.113", None));
            let key = ed448_goldilocks::VerifyingKey::from_bytes(bits.try_into().unwrap()).unwrap();
            key.verify_raw(&ed448_goldilocks::Signature::try_from(signature).unwrap(), message).is_ok()
        }
        -257 => rsa!(pkcs1v15, Sha256),
        -258 => rsa!(pkcs1v15, Sha384),
        -259 => rsa!(pkcs1v15, Sha512),
        -37 => rsa!(pss, Sha256),
        -38 => rsa!(pss, Sha384),
        -39 => rsa!(pss, Sha512),
        -48 => ml_dsa!(MlDsa44, "2.16.840.1.101.3.4.3.17"),
        -49 => ml_dsa!(MlDsa65, "2.16.840.1.101.3.4.3.18"),
        -50 => ml_dsa!(MlDsa87, "2.16.840.1.101.3.4.3.19"),
        other => panic!("no verifier for {other}"),
    }
}

#[test]
fn the_public_key_of_every_algorithm_verifies_what_its_private_key_signs() {
    let keys = one_of_each();
    assert_eq!(keys.len(), 19);
    for key in keys {
        println!("{key:?}");
        let cose = key.cose_public_key().unwrap();
        let spki = CoseKey::read(&cose).unwrap().to_spki().unwrap();
        assert!(verifies(key.algorithm(), &spki, &key.sign(b"message").unwrap()), "{key:?}");
        assert!(!verifies(key.algorithm(), &spki, &key.sign(b"another").unwrap()), "{key:?}");
    }
}

#[test]
fn a_key_that_does_not_fit_its_algorithm_has_no_public_key() {
    let keys: Vec<Value> = one_of_each().iter().map(|key| key.cose_public_key().unwrap()).collect();
    let mut refused = 0;
    for key in &keys {
        let own = CoseKey::read(key).unwrap();
        let info = own.to_spki().unwrap();
        for other in &keys {
            let algorithm = CoseKey::read(other).unwrap().algorithm;
            let mixed = CoseKey { members: key.as_map().unwrap(), algorithm };
            // The same kind of key under another name is the same key; anything else is none.
            assert!(mixed.to_spki().is_none_or(|spki| spki == info), "{} as {algorithm}", own.algorithm);
            refused += usize::from(mixed.to_spki().is_none());
        }
    }
    // Of 19 * 19: pairs within P-256 (2), P-384 (2), P-521 (2), Ed25519 (2), RSA (6), and five kinds that stand alone.
    assert_eq!(refused, 19 * 19 - 4 * 4 - 36 - 5);
}
