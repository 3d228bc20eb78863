//! What every [`Store`] must do: run by the tests of each implementation.

use super::{Change, CounterScope, StateKey, Store};
use crate::algorithm::PrivateKey;
use crate::algorithm::es256::SecretKey;
use crate::extension::{CredProtect, CredRandom, ExtensionData, Secret};
use crate::{Credential, CredentialId, KeyState, UserEntity};

pub(crate) fn credential(number: u8) -> Credential {
    Credential {
        id: CredentialId(vec![number; 16]),
        rp_id: "broker.test".to_owned(),
        user: UserEntity { id: vec![number], name: Some(format!("user {number}")), display_name: None },
        key: KeyState::Usable(PrivateKey::Es256(SecretKey([number; 32]))),
        discoverable: true,
        backup_eligible: true,
        backup_state: false,
        created: u64::from(number),
        extensions: ExtensionData::default(),
    }
}

/// Something from each extension that keeps something.
pub(crate) fn every_extension() -> ExtensionData {
    ExtensionData {
        cred_protect: CredProtect::UserVerificationRequired,
        cred_random: Some(CredRandom { with_uv: Secret([0xA1; 32]), without_uv: Secret([0xA2; 32]) }),
        cred_blob: Some(vec![0xB1; 7]),
        large_blob_key: Some(Secret([0xC1; 32])),
        third_party_payment: true,
    }
}

pub(crate) fn check(store: &mut dyn Store) {
    assert_eq!(store.credentials().unwrap(), []);
    // Oldest first, whatever the order of the ids.
    let old = Credential { created: 1, ..credential(9) };
    let new = Credential { created: 2, ..credential(3) };
    let _ = store.commit(&[Change::Put(new.clone()), Change::Put(old.clone())]).unwrap();
    assert_eq!(store.credentials().unwrap(), [old.clone(), new.clone()]);
    assert_eq!(store.credential(&old.id).unwrap(), Some(old.clone()));
    assert_eq!(store.credential(&CredentialId(vec![1; 16])).unwrap(), None);

    // A replacement is one commit; deleting what is not there is nothing.
    let invalidated = Credential { key: KeyState::Invalidated, ..new.clone() };
    let _ = store
        .commit(&[Change::Delete(old.id.clone()), Change::Delete(CredentialId(vec![1; 16])), Change::Put(invalidated.clone())])
        .unwrap();
    assert_eq!(store.credentials().unwrap(), [invalidated]);

    // Counters rise by themselves, each scope on its own, and survive a clear.
    let one = CounterScope::Credential(old.id.clone());
    let counts: Vec<u32> = (0..3).map(|_| store.next_sign_count(&CounterScope::Global).unwrap()).collect();
    assert_eq!(counts, [1, 2, 3]);
    assert_eq!(store.next_sign_count(&one).unwrap(), 1);
    let _ = store.commit(&[Change::Clear]).unwrap();
    assert_eq!(store.credentials().unwrap(), []);
    assert_eq!(store.next_sign_count(&CounterScope::Global).unwrap(), 4);
    assert_eq!(store.next_sign_count(&one).unwrap(), 2);

    // A counter can be raised, and not lowered.
    assert_eq!(store.sign_count(&one).unwrap(), 2);
    assert_eq!(store.sign_count(&CounterScope::Credential(CredentialId(vec![5; 16]))).unwrap(), 0);
    for (count, expected) in [(1, 2), (100, 100), (50, 100)] {
        store.raise_sign_count(&one, count).unwrap();
        assert_eq!(store.sign_count(&one).unwrap(), expected);
    }
    assert!(store.next_sign_count(&one).unwrap() > 100);
    assert_eq!(store.next_sign_count(&CounterScope::Global).unwrap(), 5);

    // After a clear in the same commit, only what was put after it is there.
    let _ = store.commit(&[Change::Put(old.clone()), Change::Clear, Change::Put(new.clone())]).unwrap();
    assert_eq!(store.credentials().unwrap(), std::slice::from_ref(&new));

    // State beside the credentials: neither touches the other.
    let (pin, blobs) = (StateKey::of("pin"), StateKey::new("large-blobs"));
    assert_eq!(store.state(&pin).unwrap(), None);
    let set = |key: &StateKey, bytes: &[u8]| Change::SetState(key.clone(), bytes.to_vec());
    let _ = store.commit(&[set(&pin, &[1]), set(&blobs, &[]), set(&pin, &[2])]).unwrap();
    assert_eq!((store.state(&pin).unwrap(), store.state(&blobs).unwrap()), (Some(vec![2]), Some(vec![])));
    let _ = store.commit(&[Change::Clear, Change::RemoveState(blobs.clone()), Change::RemoveState(blobs.clone())]).unwrap();
    assert_eq!((store.state(&pin).unwrap(), store.state(&blobs).unwrap()), (Some(vec![2]), None));
    let _ = store.commit(&[Change::Put(new.clone()), set(&blobs, &[7]), Change::ClearState, set(&blobs, &[9])]).unwrap();
    assert_eq!((store.state(&pin).unwrap(), store.state(&blobs).unwrap()), (None, Some(vec![9])));
    assert_eq!(store.credentials().unwrap(), [new]);
}
