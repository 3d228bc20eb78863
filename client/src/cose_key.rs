//! A credential's public key: from COSE_Key to SubjectPublicKeyInfo, which `getPublicKey()` returns (WebAuthn-3 §5.2.1.1).

use ciborium::Value;

/// COSE key types (RFC 9053 §7; AKP: RFC 9964).
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
const AKP: i64 = 7;

/// COSE curves, and their coordinate's length.
const P256: (i64, usize) = (1, 32);
const P384: (i64, usize) = (2, 48);
const P521: (i64, usize) = (3, 66);
const SECP256K1: (i64, usize) = (8, 32);
const ED25519: (i64, usize) = (6, 32);
const ED448: (i64, usize) = (7, 57);

/// Object identifiers, as DER has them.
mod oid {
    /// id-ecPublicKey (RFC 5480)
    pub const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
    pub const P256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
    pub const P384: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x22];
    pub const P521: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x23];
    pub const SECP256K1: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x0A];
    /// RFC 8410
    pub const ED25519: &[u8] = &[0x2B, 0x65, 0x70];
    pub const ED448: &[u8] = &[0x2B, 0x65, 0x71];
    /// rsaEncryption (RFC 8017)
    pub const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
    /// RFC 9881
    pub const ML_DSA_44: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11];
    pub const ML_DSA_65: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12];
    pub const ML_DSA_87: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13];
}

const BIT_STRING: u8 = 0x03;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

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

    /// SubjectPublicKeyInfo in DER; `None` for an algorithm that this client doesn't know, or if the key doesn't fit its algorithm.
    #[must_use]
    pub fn to_spki(&self) -> Option<Vec<u8>> {
        match self.algorithm {
            -7 | -9 => self.elliptic(oid::P256, P256),
            -35 | -51 => self.elliptic(oid::P384, P384),
            -36 | -52 => self.elliptic(oid::P521, P521),
            -47 => self.elliptic(oid::SECP256K1, SECP256K1),
            // WebAuthn-3 §5.8.5: -8 is Ed25519 and nothing else.
            -8 | -19 => self.edwards(oid::ED25519, ED25519),
            -53 => self.edwards(oid::ED448, ED448),
            // RS256 to RS512 and PS256 to PS512: which padding goes with the key is not the key's to say.
            -259..=-257 | -39..=-37 => self.rsa(),
            -48 => self.ml_dsa(oid::ML_DSA_44, 1_312),
            -49 => self.ml_dsa(oid::ML_DSA_65, 1_952),
            -50 => self.ml_dsa(oid::ML_DSA_87, 2_592),
            _ => None,
        }
    }

    /// An uncompressed point.
    fn elliptic(&self, curve_oid: &[u8], curve: (i64, usize)) -> Option<Vec<u8>> {
        let x = self.coordinate(EC2, curve)?;
        let y = self.bytes(-3).filter(|y| y.len() == curve.1)?;
        let algorithm = [der(OBJECT_IDENTIFIER, oid::EC), der(OBJECT_IDENTIFIER, curve_oid)].concat();
        Some(public_key_info(&algorithm, &[&[0x04], x, y].concat()))
    }

    fn edwards(&self, curve_oid: &[u8], curve: (i64, usize)) -> Option<Vec<u8>> {
        let x = self.coordinate(OKP, curve)?;
        Some(public_key_info(&der(OBJECT_IDENTIFIER, curve_oid), x))
    }

    fn rsa(&self) -> Option<Vec<u8>> {
        self.is_of(RSA)?;
        let key = der(SEQUENCE, &[unsigned(self.bytes(-1)?), unsigned(self.bytes(-2)?)].concat());
        let algorithm = [der(OBJECT_IDENTIFIER, oid::RSA), der(NULL, &[])].concat();
        Some(public_key_info(&algorithm, &key))
    }

    fn ml_dsa(&self, set_oid: &[u8], length: usize) -> Option<Vec<u8>> {
        self.is_of(AKP)?;
        let key = self.bytes(-1).filter(|key| key.len() == length)?;
        Some(public_key_info(&der(OBJECT_IDENTIFIER, set_oid), key))
    }

    /// x, if the key is of this type and on this curve.
    fn coordinate(&self, kind: i64, (curve, length): (i64, usize)) -> Option<&'a [u8]> {
        self.is_of(kind)?;
        let is_on_curve = integer(self.member(-1)?) == Some(curve);
        self.bytes(-2).filter(|x| is_on_curve && x.len() == length)
    }

    fn is_of(&self, kind: i64) -> Option<()> {
        (integer(self.member(1)?) == Some(kind)).then_some(())
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

/// SEQUENCE { SEQUENCE { algorithm }, BIT STRING { key } } (RFC 5280 §4.1).
fn public_key_info(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    // No bit of the last byte is unused.
    let bits = der(BIT_STRING, &[&[0], key].concat());
    der(SEQUENCE, &[der(SEQUENCE, algorithm), bits].concat())
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
mod tests;
