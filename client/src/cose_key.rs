//! A credential's public key: from COSE_Key to SubjectPublicKeyInfo, which `getPublicKey()` returns (WebAuthn-3 §5.2.1.1).

use ciborium::Value;

const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING }, up to the point itself.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01,
    0x07, 0x03, 0x42, 0x00,
];
/// SEQUENCE { SEQUENCE { id-Ed25519 }, BIT STRING }, up to the key itself.
const ED25519_PREFIX: [u8; 12] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];
/// SEQUENCE { rsaEncryption, NULL }.
const RSA_ALGORITHM: [u8; 15] = [0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00];

/// A COSE_Key whose algorithm is known.
pub struct CoseKey<'a> {
    members: &'a [(Value, Value)],
    pub algorithm: i64,
}

impl<'a> CoseKey<'a> {
    /// `None` if it is no map or doesn't say its algorithm.
    #[must_use]
    pub fn read(key: &'a Value) -> Option<Self> {
        let members = key.as_map()?;
        let algorithm = integer(find(members, 3)?)?;
        Some(Self { members, algorithm })
    }

    /// SubjectPublicKeyInfo in DER, for the algorithms that each client must know; `None` for others, or if the key doesn't fit its algorithm.
    #[must_use]
    pub fn to_spki(&self) -> Option<Vec<u8>> {
        let kind = integer(self.member(1)?)?;
        match (self.algorithm, kind) {
            (ES256, 2) if integer(self.member(-1)?) == Some(1) => {
                let (x, y) = (self.bytes(-2)?, self.bytes(-3)?);
                (x.len() == 32 && y.len() == 32).then(|| [&P256_PREFIX[..], &[0x04], x, y].concat())
            }
            (EDDSA, 1) if integer(self.member(-1)?) == Some(6) => {
                let x = self.bytes(-2)?;
                (x.len() == 32).then(|| [&ED25519_PREFIX[..], x].concat())
            }
            (RS256, 3) => {
                let key = der(0x30, &[unsigned(self.bytes(-1)?), unsigned(self.bytes(-2)?)].concat());
                let bits = der(0x03, &[vec![0], key].concat());
                Some(der(0x30, &[RSA_ALGORITHM.to_vec(), bits].concat()))
            }
            _ => None,
        }
    }

    fn member(&self, label: i64) -> Option<&'a Value> {
        find(self.members, label)
    }

    fn bytes(&self, label: i64) -> Option<&'a [u8]> {
        self.member(label)?.as_bytes().map(Vec::as_slice)
    }
}

fn find(members: &[(Value, Value)], label: i64) -> Option<&Value> {
    let label = Value::from(label);
    members.iter().find(|(key, _)| *key == label).map(|(_, value)| value)
}

fn integer(value: &Value) -> Option<i64> {
    value.as_integer().and_then(|integer| i64::try_from(integer).ok())
}

/// A DER element.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => bytes.push(length),
        _ => {
            let length = content.len().to_be_bytes();
            let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            // At most eight bytes of length, so this fits.
            bytes.push(0x80 | significant.len() as u8);
            bytes.extend(significant);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// A DER INTEGER that isn't negative.
fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    if content.first().is_none_or(|first| *first >= 0x80) {
        content.insert(0, 0);
    }
    der(0x02, &content)
}

#[cfg(test)]
mod tests {
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
        let rsa =
            key(vec![(1, 3.into()), (3, (-257).into()), (-1, Value::Bytes(vec![0x00, 0xC5, 0x01])), (-2, Value::Bytes(vec![1, 0, 1]))]);
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
}
