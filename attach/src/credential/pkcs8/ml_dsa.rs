//! ML-DSA-PrivateKey (RFC 9881 §6): the seed, what FIPS 204 expands it to, or both.

use faultkey_authenticator::algorithm::PrivateKey;
use faultkey_authenticator::algorithm::ml_dsa::SecretKey;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{AnyRef, Decode, Encode, Tag, TagNumber, Tagged};

use super::broken;

/// `seed [0] IMPLICIT OCTET STRING`.
const SEED: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(0) };

/// Takes the seed, with or without what it expands to.
pub fn read(algorithm: i64, inside: &[u8]) -> Result<PrivateKey, String> {
    let choice = AnyRef::from_der(inside).map_err(broken)?;
    let (seed, expanded) = match choice.tag() {
        SEED => (choice.value(), None),
        Tag::Sequence => {
            let both = choice.sequence(|reader| Ok((<&OctetStringRef>::decode(reader)?, <&OctetStringRef>::decode(reader)?)));
            let (seed, expanded) = both.map_err(|error: pkcs8::der::Error| broken(error))?;
            (seed.as_bytes(), Some(expanded.as_bytes()))
        }
        // What is expanded can't be checked without its seed, and the library may panic where it is wrong (`from_expanded` of ml-dsa 0.1).
        Tag::OctetString => {
            return Err("the key has the expanded form only; write it with its seed (RFC 9881 §6: `seed` or `both`)".to_owned());
        }
        tag => return Err(broken(format!("{tag} where ML-DSA-PrivateKey (RFC 9881 §6) has a seed"))),
    };
    let key = PrivateKey::from_bytes(algorithm, seed).map_err(|error| error.to_string())?;
    match (&key, expanded) {
        (PrivateKey::MlDsa(key), Some(expanded)) if key.expanded() != expanded => {
            Err("the key's seed and its expanded form are not the same key".to_owned())
        }
        _ => Ok(key),
    }
}

/// The seed alone.
pub fn write(key: &SecretKey) -> Result<Vec<u8>, String> {
    AnyRef::new(SEED, &key.seed).and_then(|seed| seed.to_der()).map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultkey_authenticator::algorithm::ml_dsa::ParameterSet;

    fn key(set: ParameterSet) -> SecretKey {
        SecretKey { set, seed: std::array::from_fn(|index| index as u8) }
    }

    fn both(seed: &[u8], expanded: &[u8]) -> Vec<u8> {
        let inside = [seed, expanded].map(|bytes| OctetStringRef::new(bytes).unwrap().to_der().unwrap()).concat();
        AnyRef::new(Tag::Sequence, &inside).unwrap().to_der().unwrap()
    }

    #[test]
    fn what_is_written_is_the_seed() {
        let key = key(ParameterSet::MlDsa44);
        assert_eq!(write(&key).unwrap(), [&[0x80, 32], &key.seed[..]].concat());
    }

    #[test]
    fn the_seed_is_read_and_what_it_expands_to_is_compared() {
        for (set, length) in [(ParameterSet::MlDsa44, 2_560), (ParameterSet::MlDsa65, 4_032), (ParameterSet::MlDsa87, 4_896)] {
            let key = key(set);
            let mut expanded = key.expanded();
            assert_eq!(expanded.len(), length);
            // FIPS 204: both begin with rho.
            assert_eq!(expanded[..32], key.public_key()[..32]);
            for inside in [write(&key).unwrap(), both(&key.seed, &expanded)] {
                assert_eq!(read(set.algorithm(), &inside).unwrap(), PrivateKey::MlDsa(key.clone()));
            }
            expanded[length - 1] ^= 1;
            let told = read(set.algorithm(), &both(&key.seed, &expanded)).unwrap_err();
            assert_eq!(told, "the key's seed and its expanded form are not the same key");
        }
    }

    #[test]
    fn what_has_no_seed_is_refused() {
        let expanded = key(ParameterSet::MlDsa44).expanded();
        let inside = OctetStringRef::new(&expanded).unwrap().to_der().unwrap();
        assert_eq!(
            read(-48, &inside).unwrap_err(),
            "the key has the expanded form only; write it with its seed (RFC 9881 §6: `seed` or `both`)"
        );
        assert_eq!(read(-48, &[0x80, 1, 7]).unwrap_err(), "the private key is not a valid ML-DSA-44 key");
        let told = read(-48, &[0x02, 1, 7]).unwrap_err();
        assert!(told.ends_with("INTEGER where ML-DSA-PrivateKey (RFC 9881 §6) has a seed"), "{told}");
    }
}
