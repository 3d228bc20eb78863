//! One credential as bytes: a version, a checksum, and a canonical CBOR map.
//!
//! `version (1 byte) | checksum (8 bytes) | map`. The checksum is the front of SHA-256 over the record's key in the database, the version
//! and the map, so a record that stands under another key is noticed as well.

use ciborium::Value;
use sha2::{Digest, Sha256};

use crate::algorithm::PrivateKey;
use crate::extension::{CredProtect, CredRandom, ExtensionData, Secret};
use crate::{Credential, CredentialId, KeyState, UserEntity, cbor};

/// The latest version. Readers refuse later ones. Version 1 has keys for ES256 only; version 2 for each algorithm of [`crate::algorithm::NAMES`];
/// version 3 has what extensions keep.
pub(super) const VERSION: u8 = 3;

/// The earliest version that holds this credential, so that older programs read what they can.
fn version(credential: &Credential) -> u8 {
    match &credential.key {
        _ if !credential.extensions.is_empty() => VERSION,
        KeyState::Usable(PrivateKey::Es256(_)) | KeyState::Invalidated => 1,
        KeyState::Usable(_) => 2,
    }
}

/// Why a record can't be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RecordError {
    Newer(u8),
    Damaged(String),
}

impl RecordError {
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }
}

/// The record of `credential`, to be stored under `database_key`.
pub(super) fn encode(database_key: &[u8], credential: &Credential) -> Vec<u8> {
    let key = match &credential.key {
        KeyState::Usable(key) => cbor::int_map([(1, Value::from(key.algorithm())), (2, Value::Bytes(key.to_bytes()))]),
        KeyState::Invalidated => Value::Null,
    };
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let mut members = vec![
        (1, Value::from(credential.rp_id.as_str())),
        (2, Value::Bytes(credential.user.id.clone())),
        (3, text(&credential.user.name)),
        (4, text(&credential.user.display_name)),
        (5, key),
        (6, Value::from(credential.discoverable)),
        (7, Value::from(credential.backup_eligible)),
        (8, Value::from(credential.backup_state)),
        (9, Value::from(credential.created)),
    ];
    if !credential.extensions.is_empty() {
        members.push((10, extensions(&credential.extensions)));
    }
    let body = cbor::write(&Value::Map(members.into_iter().map(|(number, value)| (Value::from(number), value)).collect()));
    let version = version(credential);
    let mut record = vec![version];
    record.extend(checksum(database_key, version, &body));
    record.extend(body);
    record
}

/// The credential `id`, whose record stands under `database_key`.
pub(super) fn decode(database_key: &[u8], id: CredentialId, record: &[u8]) -> Result<Credential, RecordError> {
    let Some((version, rest)) = record.split_first() else { return Err(RecordError::damaged("is empty")) };
    if *version > VERSION {
        return Err(RecordError::Newer(*version));
    }
    if *version == 0 {
        return Err(RecordError::damaged("has version 0, which never was"));
    }
    let Some((sum, body)) = rest.split_first_chunk::<8>() else {
        return Err(RecordError::damaged(format!("is cut short: {} bytes", record.len())));
    };
    if *sum != checksum(database_key, *version, body) {
        return Err(RecordError::damaged("does not have the checksum that it carries"));
    }
    let tree = cbor::read_strict(body).map_err(|error| RecordError::damaged(format!("is not CBOR at {error}")))?;
    let member = |number: i64| {
        let pairs = tree.as_map().map(Vec::as_slice).unwrap_or_default();
        pairs.iter().find(|(key, _)| *key == Value::from(number)).map(|(_, value)| value)
    };
    let missing = |number: i64, name: &str| RecordError::damaged(format!("has no readable member {number} ({name})"));
    let text = |number: i64, name: &str| match member(number) {
        Some(Value::Null) => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.clone())),
        _ => Err(missing(number, name)),
    };
    let boolean = |number: i64, name: &str| member(number).and_then(Value::as_bool).ok_or_else(|| missing(number, name));
    Ok(Credential {
        id,
        rp_id: text(1, "relying party")?.ok_or_else(|| missing(1, "relying party"))?,
        user: UserEntity {
            id: member(2).and_then(Value::as_bytes).cloned().ok_or_else(|| missing(2, "user handle"))?,
            name: text(3, "user name")?,
            display_name: text(4, "display name")?,
        },
        key: member(5).and_then(key_state).ok_or_else(|| missing(5, "private key"))?,
        discoverable: boolean(6, "discoverable")?,
        backup_eligible: boolean(7, "backup eligible")?,
        backup_state: boolean(8, "backup state")?,
        created: member(9)
            .and_then(Value::as_integer)
            .and_then(|created| created.try_into().ok())
            .ok_or_else(|| missing(9, "place in the order of creation"))?,
        extensions: match member(10) {
            None => ExtensionData::default(),
            Some(kept) => read_extensions(kept).ok_or_else(|| missing(10, "extensions"))?,
        },
    })
}

/// Each member only when it is there.
fn extensions(kept: &ExtensionData) -> Value {
    let ExtensionData { cred_protect, cred_random, cred_blob, large_blob_key, third_party_payment } = kept;
    let secret = |secret: &Secret| Value::Bytes(secret.0.to_vec());
    let mut members = vec![(Value::from(1), Value::from(cred_protect.level()))];
    members.extend(cred_random.as_ref().map(|random| (Value::from(2), secret(&random.with_uv))));
    members.extend(cred_random.as_ref().map(|random| (Value::from(3), secret(&random.without_uv))));
    members.extend(cred_blob.as_ref().map(|blob| (Value::from(4), Value::Bytes(blob.clone()))));
    members.extend(large_blob_key.as_ref().map(|key| (Value::from(5), secret(key))));
    members.extend(third_party_payment.then(|| (Value::from(6), Value::from(true))));
    Value::Map(members)
}

fn read_extensions(value: &Value) -> Option<ExtensionData> {
    let secret = |value: &Value| Some(Secret(value.as_bytes()?.as_slice().try_into().ok()?));
    let mut kept = ExtensionData::default();
    let (mut with_uv, mut without_uv) = (None, None);
    for (number, value) in value.as_map()? {
        match u64::try_from(number.as_integer()?).ok()? {
            1 => kept.cred_protect = CredProtect::from_level(value.as_integer()?.try_into().ok()?)?,
            2 => with_uv = Some(secret(value)?),
            3 => without_uv = Some(secret(value)?),
            4 => kept.cred_blob = Some(value.as_bytes()?.clone()),
            5 => kept.large_blob_key = Some(secret(value)?),
            6 => kept.third_party_payment = value.as_bool()?,
            _ => return None,
        }
    }
    kept.cred_random = match (with_uv, without_uv) {
        (Some(with_uv), Some(without_uv)) => Some(CredRandom { with_uv, without_uv }),
        (None, None) => None,
        _ => return None,
    };
    Some(kept)
}

fn key_state(value: &Value) -> Option<KeyState> {
    if value.is_null() {
        return Some(KeyState::Invalidated);
    }
    let [(one, algorithm), (two, Value::Bytes(secret))] = value.as_map()?.as_slice() else { return None };
    if *one != Value::from(1) || *two != Value::from(2) {
        return None;
    }
    let algorithm = i64::try_from(algorithm.as_integer()?).ok()?;
    PrivateKey::from_bytes(algorithm, secret).ok().map(KeyState::Usable)
}

/// The front of SHA-256 over everything.
pub(super) fn checksum(database_key: &[u8], version: u8, body: &[u8]) -> [u8; 8] {
    let mut hash = Sha256::new();
    hash.update(u64::try_from(database_key.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(database_key);
    hash.update([version]);
    hash.update(body);
    let digest: [u8; 32] = hash.finalize().into();
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{credential, every_extension};
    use proptest::prelude::*;

    /// A record with this body and a checksum that fits.
    fn with_body(body: &[u8]) -> Vec<u8> {
        [&[VERSION][..], &checksum(b"key", VERSION, body), body].concat()
    }

    fn damage(record: &[u8]) -> String {
        match decode(b"key", CredentialId(vec![1; 16]), record) {
            Err(RecordError::Damaged(what)) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_credential_reads_back() {
        let usable = credential(1);
        let bare = Credential {
            user: UserEntity { id: vec![2], name: None, display_name: Some("二".to_owned()) },
            key: KeyState::Invalidated,
            discoverable: false,
            created: u64::MAX,
            ..credential(1)
        };
        let extended = Credential { extensions: every_extension(), ..credential(1) };
        for credential in [usable, bare, extended] {
            let record = encode(b"key", &credential);
            assert_eq!(decode(b"key", credential.id.clone(), &record), Ok(credential));
        }
    }

    #[test]
    fn a_key_of_every_algorithm_reads_back_and_only_those_of_es256_as_version_1() {
        for key in crate::algorithm::tests::one_of_each() {
            let credential = Credential { key: KeyState::Usable(key.clone()), ..credential(1) };
            let record = encode(b"key", &credential);
            assert_eq!(record[0], if key.algorithm() == -7 { 1 } else { 2 });
            assert_eq!(decode(b"key", credential.id.clone(), &record), Ok(credential));
        }
    }

    #[test]
    fn what_extensions_keep_makes_version_3_and_each_part_reads_back() {
        let all = every_extension();
        let parts = [
            ExtensionData { cred_protect: all.cred_protect, ..ExtensionData::default() },
            ExtensionData { cred_random: all.cred_random.clone(), ..ExtensionData::default() },
            ExtensionData { cred_blob: Some(Vec::new()), ..ExtensionData::default() },
            ExtensionData { large_blob_key: all.large_blob_key.clone(), ..ExtensionData::default() },
            ExtensionData { third_party_payment: true, ..ExtensionData::default() },
            all,
        ];
        for extensions in parts {
            let credential = Credential { extensions, ..credential(1) };
            let record = encode(b"key", &credential);
            assert_eq!(record[0], 3);
            assert_eq!(decode(b"key", credential.id.clone(), &record), Ok(credential));
        }
    }

    #[test]
    fn damaged_extensions_are_named() {
        let record = encode(b"key", &credential(1));
        let Value::Map(mut members) = cbor::read_strict(&record[9..]).unwrap() else { panic!("no map") };
        for kept in [
            Value::from(1),
            cbor::int_map([(1, Value::from(4))]),
            cbor::int_map([(2, Value::Bytes(vec![1; 32]))]),
            cbor::int_map([(5, Value::Bytes(vec![1; 31]))]),
            cbor::int_map([(7, Value::from(true))]),
        ] {
            members.retain(|(number, _)| *number != Value::from(10));
            members.push((Value::from(10), kept));
            assert_eq!(damage(&with_body(&cbor::write(&Value::Map(members.clone())))), "has no readable member 10 (extensions)");
        }
    }

    #[test]
    fn any_flipped_bit_and_another_key_are_noticed() {
        let credential = credential(1);
        let record = encode(b"key", &credential);
        for bit in 8..record.len() * 8 {
            let mut flipped = record.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(damage(&flipped), "does not have the checksum that it carries");
        }
        assert!(decode(b"other key", credential.id, &record).is_err());
    }

    #[test]
    fn each_kind_of_damage_is_described() {
        assert_eq!(damage(&[]), "is empty");
        assert_eq!(damage(&[0]), "has version 0, which never was");
        assert_eq!(damage(&[1, 2, 3]), "is cut short: 3 bytes");
        assert_eq!(damage(&with_body(&[0xff])), "is not CBOR at byte 0: a break outside an item of indefinite length");
        assert_eq!(damage(&with_body(&[0xa0])), "has no readable member 1 (relying party)");
        let body = cbor::write(&cbor::int_map([(1, Value::from("broker.test")), (2, Value::from("text"))]));
        assert_eq!(damage(&with_body(&body)), "has no readable member 2 (user handle)");
        let zero_key =
            Credential { key: KeyState::Usable(PrivateKey::Es256(crate::algorithm::es256::SecretKey([0; 32]))), ..credential(1) };
        assert_eq!(damage(&encode(b"key", &zero_key)), "has no readable member 5 (private key)");
    }

    #[test]
    fn a_newer_version_is_not_damage() {
        let mut record = encode(b"key", &credential(1));
        record[0] = VERSION + 1;
        assert_eq!(decode(b"key", credential(1).id, &record), Err(RecordError::Newer(VERSION + 1)));
    }

    proptest! {
        #[test]
        fn decoding_never_panics(body in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(b"key", CredentialId(vec![1; 16]), &body);
            let _ = decode(b"key", CredentialId(vec![1; 16]), &with_body(&body));
        }
    }
}
