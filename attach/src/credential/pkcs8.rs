//! Private keys as PKCS#8 (RFC 5958): the form in which WebDriver hands them over.

use faultkey_authenticator::algorithm::PrivateKey;
use pkcs8::der::asn1::{ObjectIdentifier, OctetStringRef};
use pkcs8::der::{AnyRef, Decode, Encode};
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfoRef};
use sec1::EcPrivateKey;

/// id-ecPublicKey (RFC 5480 §2.1.1).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// Curve and COSE algorithm (RFC 5480 §2.1.1.1, RFC 8812 §3.1 for secp256k1).
const CURVES: [(ObjectIdentifier, i64); 4] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), -7),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), -35),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), -36),
    (ObjectIdentifier::new_unwrap("1.3.132.0.10"), -47),
];
/// id-Ed25519 (RFC 8410 §3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Reads a private key of ECDSA or Ed25519.
///
/// # Errors
/// What is wrong with it.
pub fn read(bytes: &[u8]) -> Result<PrivateKey, String> {
    let info = PrivateKeyInfoRef::from_der(bytes).map_err(|error| format!("expected PKCS#8 (RFC 5958) in DER: {error}"))?;
    let inside = info.private_key.as_bytes();
    let broken = |error: pkcs8::der::Error| format!("expected PKCS#8 (RFC 5958) in DER: {error}");
    let (algorithm, secret) = if info.algorithm.oid == EC {
        let curve = info.algorithm.parameters_oid().map_err(|_| "the key does not name its curve".to_owned())?;
        let Some((_, algorithm)) = CURVES.iter().find(|(known, _)| *known == curve) else {
            return Err(format!("the curve {curve} is not P-256, P-384, P-521 or secp256k1"));
        };
        (*algorithm, EcPrivateKey::from_der(inside).map_err(broken)?.private_key.to_vec())
    } else if info.algorithm.oid == ED25519 {
        (-8, <&OctetStringRef>::from_der(inside).map_err(broken)?.as_bytes().to_vec())
    } else {
        return Err(format!("keys of the kind {} can't be taken over; ECDSA and Ed25519 can", info.algorithm.oid));
    };
    PrivateKey::from_bytes(algorithm, &secret).map_err(|error| error.to_string())
}

/// Writes a private key of ECDSA or Ed25519; `None` for others.
#[must_use]
pub fn write(key: &PrivateKey) -> Option<Vec<u8>> {
    let secret = key.to_bytes();
    let (oid, curve, inside) = match key.algorithm() {
        -8 | -19 => (ED25519, None, OctetStringRef::new(&secret).ok()?.to_der().ok()?),
        algorithm => {
            let with_old_number = match algorithm {
                -9 => -7,
                -51 => -35,
                -52 => -36,
                other => other,
            };
            let (curve, _) = CURVES.iter().find(|(_, known)| *known == with_old_number)?;
            (EC, Some(curve), EcPrivateKey { private_key: &secret, parameters: None, public_key: None }.to_der().ok()?)
        }
    };
    let algorithm = AlgorithmIdentifierRef { oid, parameters: curve.map(AnyRef::from) };
    PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&inside).ok()?).to_der().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultkey_authenticator::random;
    use proptest::prelude::*;

    #[test]
    fn keys_read_back() {
        for algorithm in [-7, -9, -35, -51, -36, -52, -47, -8, -19] {
            let key = PrivateKey::generate(algorithm, &mut random::stream(1, "pkcs8")).unwrap();
            let back = read(&write(&key).unwrap()).unwrap();
            assert_eq!(back.to_bytes(), key.to_bytes(), "{algorithm}");
        }
    }

    #[test]
    fn what_can_not_be_taken_over_is_told() {
        let of = |oid: &str| {
            let algorithm = AlgorithmIdentifierRef { oid: oid.parse().unwrap(), parameters: None };
            read(&PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(b"x").unwrap()).to_der().unwrap()).unwrap_err()
        };
        assert_eq!(of("1.2.840.113549.1.1.1"), "keys of the kind 1.2.840.113549.1.1.1 can't be taken over; ECDSA and Ed25519 can");
        assert_eq!(of("1.2.840.10045.2.1"), "the key does not name its curve");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
