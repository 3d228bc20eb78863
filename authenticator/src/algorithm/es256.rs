//! ES256 and ESP256: ECDSA on P-256 with SHA-256, deterministic nonces (RFC 6979). COSE algorithms -7 and -9.

/// ES256 in the IANA COSE registry.
pub const ES256: i64 = -7;
/// ESP256: the same, with the curve in its name (RFC 9864).
pub const ESP256: i64 = -9;

super::ecdsa::secret_key!(p256, 32, 0xff, "ES256");

#[cfg(test)]
mod tests {
    use super::*;
    use ciborium::Value;
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier;

    #[test]
    fn signs_as_rfc_6979_says() {
        // RFC 6979 A.2.5, SHA-256, message "sample".
        let hex = |text: &str| data_encoding::HEXUPPER.decode(text.as_bytes()).unwrap();
        let scalar = hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
        let key = SecretKey(scalar.try_into().unwrap());
        let signature = Signature::from_der(&key.sign(b"sample").unwrap()).unwrap();
        let expected = "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8";
        assert_eq!(data_encoding::HEXUPPER.encode(&signature.to_bytes()), expected);

        let Value::Map(pairs) = crate::algorithm::PrivateKey::Es256(key).cose_public_key().unwrap() else { panic!("not a map") };
        let keys: Vec<i64> = pairs.iter().map(|(key, _)| key.as_integer().unwrap().try_into().unwrap()).collect();
        assert_eq!(keys, [1, 3, -1, -2, -3]);
        let x = hex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6");
        assert_eq!(pairs[3].1, Value::Bytes(x));
    }

    #[test]
    fn keys_come_from_the_given_chance() {
        let mut random = crate::random::stream(1, "keys");
        let (first, second) = (SecretKey::generate(&mut random), SecretKey::generate(&mut random));
        assert_ne!(first, second);
        assert_eq!(SecretKey::generate(&mut crate::random::stream(1, "keys")), first);
        let verifying = VerifyingKey::from(&SigningKey::from_slice(&first.0).unwrap());
        let signature = Signature::from_der(&first.sign(b"message").unwrap()).unwrap();
        assert!(verifying.verify(b"message", &signature).is_ok());
        assert!(verifying.verify(b"another", &signature).is_err());
    }

    #[test]
    fn no_signature_is_short_by_chance() {
        let key = SecretKey([7; 32]);
        let verifying = VerifyingKey::from(&SigningKey::from_slice(&key.0).unwrap());
        let whole = |signature: &Signature| signature.r().to_bytes()[0] != 0 && signature.s().to_bytes()[0] != 0;
        let mut again = 0;
        for number in 0..600_u32 {
            let message = number.to_be_bytes();
            let made = key.sign(&message).unwrap();
            let signature = Signature::from_der(&made).unwrap();
            assert!(whole(&signature) && verifying.verify(&message, &signature).is_ok(), "{number}");
            assert_eq!(key.sign(&message).unwrap(), made);
            let first: Signature = SigningKey::from_slice(&key.0).unwrap().sign(&message);
            assert_eq!(whole(&first), first == signature);
            again += u32::from(first != signature);
        }
        assert!((1..20).contains(&again), "{again}");
    }

    #[test]
    fn a_scalar_that_is_no_key_is_an_error_and_debug_hides_it() {
        for scalar in [[0; 32], [0xff; 32]] {
            let error = SecretKey(scalar).sign(b"x").unwrap_err();
            assert_eq!(error.to_string(), "the private key is not a valid ES256 key");
            assert!(SecretKey(scalar).public_point().is_err());
            assert!(!SecretKey(scalar).is_valid());
        }
        assert_eq!(format!("{:?}", SecretKey([1; 32])), "SecretKey(..)");
    }
}
