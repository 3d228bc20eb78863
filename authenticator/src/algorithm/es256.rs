//! ES256 and ESP256: ECDSA on P-256 with SHA-256, deterministic nonces (RFC 6979). COSE algorithms -7 and -9.

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use rand::Rng;

use super::InvalidKey;
use crate::Random;

/// ES256 in the IANA COSE registry.
pub const ES256: i64 = -7;
/// ESP256: the same, with the curve in its name (RFC 9864).
pub const ESP256: i64 = -9;

const INVALID: InvalidKey = InvalidKey("ES256");

/// A P-256 private scalar.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(pub [u8; 32]);

impl SecretKey {
    /// A new key drawn from `random`.
    #[must_use]
    pub fn generate(random: &mut Random) -> Self {
        // All but about one in 2^32 draws are valid scalars.
        loop {
            let mut scalar = [0; 32];
            random.fill_bytes(&mut scalar);
            let key = Self(scalar);
            if key.is_valid() {
                return key;
            }
        }
    }

    /// Whether the scalar is from 1 to the order of the curve; cheap, without the public key.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        p256::SecretKey::from_slice(&self.0).is_ok()
    }

    /// The public key as an uncompressed point (SEC 1 §2.3.3).
    ///
    /// # Errors
    /// [`InvalidKey`] when the scalar is zero or not below the order of the curve.
    pub fn public_point(&self) -> Result<Vec<u8>, InvalidKey> {
        Ok(self.signing_key()?.verifying_key().to_sec1_point(false).as_bytes().to_vec())
    }

    /// The DER signature over `message` (WebAuthn-3 §6.5.5), its nonce by RFC 6979.
    ///
    /// # Errors
    /// As [`SecretKey::public_point`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, InvalidKey> {
        let signature: Signature = self.signing_key()?.try_sign(message).map_err(|_| INVALID)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn signing_key(&self) -> Result<SigningKey, InvalidKey> {
        SigningKey::from_slice(&self.0).map_err(|_| INVALID)
    }
}

/// Never the scalar: debug output ends up in logs.
impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

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
    fn a_scalar_that_is_no_key_is_an_error_and_debug_hides_it() {
        for scalar in [[0; 32], [0xff; 32]] {
            let error = SecretKey(scalar).sign(b"x").unwrap_err();
            assert_eq!(error.to_string(), "the private key is not a valid ES256 key");
            assert!(SecretKey(scalar).public_point().is_err());
            assert!(!SecretKey(scalar).is_valid());
            assert!(!SecretKey(scalar).is_valid());
        }
        assert_eq!(format!("{:?}", SecretKey([1; 32])), "SecretKey(..)");
    }
}
