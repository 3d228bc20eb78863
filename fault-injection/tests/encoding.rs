//! Encoding faults, seen from the relying party: the lie stands in bytes that are validly signed, but for the signature's own fault.

mod device;

use data_encoding::BASE64URL_NOPAD;
use device::{Device, ORIGIN, RP_ID, profile};
use faultkey_authenticator::Flags;
use faultkey_fault_injection::FaultSpec;
use sha2::{Digest, Sha256};

#[test]
fn be_flips_to_and_fro_under_a_valid_signature() {
    for (profile, registered_flags, log_in_flags, text) in
        [("iphone", 0x5D, 0x05, "BE flag 1 -> 0 (flags 1D -> 05)"), ("windows-hello", 0x45, 0x0D, "BE flag 0 -> 1 (flags 05 -> 0D)")]
    {
        let mut device = Device::with(profile, "be-flag-flip,schedule=once");
        let registered = device.register();
        assert_eq!(registered.data.flags.0, registered_flags);
        let log_in = device.log_in(&registered).unwrap();
        assert_eq!(log_in.data.flags.0, log_in_flags);
        assert!(log_in.verifies(&registered));
        assert_eq!(device.decisions(), [text]);
        assert_eq!(device.log_in(&registered).unwrap().data.flags.0, registered_flags & !Flags::AT);
    }
}

#[test]
fn uv_is_clear_though_the_user_was_verified() {
    let mut device = Device::with("iphone", "uv-flag-clear");
    let registered = device.register();
    assert!(registered.data.flags.has(Flags::UV));
    let log_in = device.log_in(&registered).unwrap();
    assert_eq!(log_in.data.flags.0, 0x19);
    assert!(log_in.verifies(&registered));
    assert_eq!(device.decisions(), ["UV flag 1 -> 0 (flags 1D -> 19)"]);
    let mut device = Device::with("iphone", "uv-flag-clear,ceremony=registration");
    assert_eq!(device.register().data.flags.0, 0x59);
}

#[test]
fn the_user_handle_is_anothers_or_encoded_twice() {
    let mut device = Device::with("iphone", "user-handle-mismatch");
    let registered = device.register();
    let log_in = device.log_in_discoverable().unwrap();
    let handle = log_in.user_handle.clone().unwrap();
    assert!(handle.len() == b"handle-hanako".len() && handle != b"handle-hanako");
    assert!(log_in.verifies(&registered) && log_in.id == registered.id);
    let expected = format!("user handle aGFuZGxlLWhhbmFrbw -> {}", BASE64URL_NOPAD.encode(&handle));
    assert_eq!(device.decisions(), [expected]);

    let mut device = Device::with("iphone", "user-handle-mismatch,as=re-encoded");
    let registered = device.register();
    let log_in = device.log_in(&registered).unwrap();
    assert_eq!(log_in.user_handle.as_deref(), Some(b"aGFuZGxlLWhhbmFrbw".as_slice()));
    assert!(log_in.verifies(&registered));
}

#[test]
fn one_bit_of_the_signature_is_wrong_and_nothing_else() {
    for bit in [0usize, 5, 127] {
        let mut device = Device::with("iphone", &format!("sig-bitflip,bit={bit},schedule=once"));
        let registered = device.register();
        let mut broken = device.log_in(&registered).unwrap();
        assert!(!broken.verifies(&registered), "still well-formed DER");
        let place = broken.signature.len() - 1 - bit / 8;
        broken.signature[place] ^= 1 << (bit % 8);
        assert!(broken.verifies(&registered), "bit {bit} was all of it");
        assert!(device.log_in(&registered).unwrap().verifies(&registered));
        assert_eq!(device.decisions(), [format!("signature bit {bit} from the end inverted")]);
    }
}

#[test]
fn the_type_is_the_other_ceremonys() {
    let mut device = Device::with("iphone", "type-swapped,trigger.on-match.ceremony=authentication");
    let registered = device.register();
    assert_eq!(registered.client_data["type"], "webauthn.create");
    let log_in = device.log_in(&registered).unwrap();
    assert_eq!(log_in.client_data["type"], "webauthn.create");
    assert!(log_in.verifies(&registered));
    assert_eq!(device.decisions(), ["type webauthn.get -> webauthn.create"]);
    device.faults.clear(None);
    device.arm("type-swapped").unwrap();
    assert_eq!(device.register().client_data["type"], "webauthn.get");
}

#[test]
fn the_origin_is_an_apps_or_what_was_asked_for() {
    let mut device = Device::with("pixel-native-app", "wrong-origin,trigger.on-match.ceremony=authentication");
    let registered = device.register();
    assert_eq!(registered.client_data["origin"], ORIGIN);
    let log_in = device.log_in(&registered).unwrap();
    let origin = log_in.client_data["origin"].as_str().unwrap().to_owned();
    let hash = origin.strip_prefix("android:apk-key-hash:").unwrap();
    assert_eq!((hash.len(), BASE64URL_NOPAD.decode(hash.as_bytes()).unwrap().len()), (43, 32));
    assert!(log_in.verifies(&registered));

    let mut device = Device::with("iphone", "wrong-origin,origin=https://broker.test:8443,trigger.on-match.origin=https://broker.test");
    assert_eq!(device.register().client_data["origin"], "https://broker.test:8443");
    assert_eq!(device.decisions(), ["origin https://broker.test -> https://broker.test:8443"]);
}

#[test]
fn the_challenge_is_another_sessions_or_a_drawn_one() {
    let mut device = Device::with("iphone", "challenge-other-session,trigger.nth=2,schedule.first=2");
    assert!(device.faults.wants_foreign_challenge());
    let registered = device.register();
    let own = BASE64URL_NOPAD.encode(&[2; 32]);
    let foreign = BASE64URL_NOPAD.encode(&[9; 32]);

    let drawn = device.log_in(&registered).unwrap();
    let challenge = drawn.client_data["challenge"].as_str().unwrap().to_owned();
    assert!(challenge != own && challenge.len() == own.len() && drawn.verifies(&registered));
    let told = format!("challenge {own} -> {challenge}, drawn from the seed, because no other session's was available");
    assert_eq!(device.decisions(), [told]);

    device.faults.offer_foreign_challenge(&foreign);
    let log_in = device.log_in(&registered).unwrap();
    assert_eq!(log_in.client_data["challenge"], foreign.as_str());
    assert!(log_in.verifies(&registered));
    assert!(!device.faults.wants_foreign_challenge(), "it is over");
    assert_eq!(device.log_in(&registered).unwrap().client_data["challenge"], own.as_str());
}

#[test]
fn up_is_clear_though_the_user_was_there() {
    let mut device = Device::with("iphone", "up-flag-clear");
    let registered = device.register();
    assert!(registered.data.flags.has(Flags::UP));
    let log_in = device.log_in(&registered).unwrap();
    assert_eq!(log_in.data.flags.0, 0x1C);
    assert!(log_in.verifies(&registered));
    assert_eq!(device.decisions(), ["UP flag 1 -> 0 (flags 1D -> 1C)"]);
    let mut device = Device::with("iphone", "up-flag-clear,ceremony=registration");
    assert_eq!(device.register().data.flags.0, 0x5C);
}

#[test]
fn the_rp_id_hash_is_anothers_under_a_valid_signature() {
    let hash = |rp_id: &str| -> [u8; 32] { Sha256::digest(rp_id).into() };
    let mut device = Device::with("iphone", "rp-id-hash-swapped,rp-id=example.com");
    let registered = device.register();
    assert_eq!(registered.data.rp_id_hash, hash(RP_ID));
    let log_in = device.log_in(&registered).unwrap();
    assert_eq!(log_in.data.rp_id_hash, hash("example.com"));
    assert!(log_in.verifies(&registered));
    assert_eq!(device.decisions(), ["RP ID hash of broker.test -> of example.com"]);

    let mut device = Device::with("iphone", "rp-id-hash-swapped,ceremony=registration");
    assert_eq!(device.register().data.rp_id_hash, hash("another-relying-party.example"));
    let mut device = Device::with("iphone", "rp-id-hash-swapped,rp-id=broker.test");
    let registered = device.register();
    assert!(device.log_in(&registered).is_ok() && device.decisions().is_empty(), "nothing to change");
}

/// The lengths of the two DER integers.
fn integer_lengths(signature: &[u8]) -> (usize, usize) {
    let r = usize::from(signature[3]);
    (r, usize::from(signature[5 + r]))
}

#[test]
fn a_short_signature_is_valid_and_the_same_each_time() {
    let play = |which: &str| {
        let mut device = Device::with("iphone", &format!("short-signature{which}"));
        let registered = device.register();
        let log_ins: Vec<_> = (0..2).map(|_| device.log_in(&registered).unwrap()).collect();
        for log_in in &log_ins {
            assert!(log_in.verifies(&registered), "{which}");
        }
        assert_eq!(device.faults.fired().len(), 2);
        log_ins.into_iter().map(|log_in| log_in.signature).collect::<Vec<_>>()
    };
    for signature in play(",which=r") {
        assert!(integer_lengths(&signature).0 < 32);
    }
    for signature in play(",which=s") {
        assert!(integer_lengths(&signature).1 < 32);
    }
    for signature in play("") {
        let (r, s) = integer_lengths(&signature);
        assert!(r < 32 || s < 32);
    }
    assert_eq!(play(""), play(""), "from the seed");
}

#[test]
fn a_signature_of_another_algorithm_is_never_short() {
    let mut rsa = profile("windows-hello").clone();
    rsa.authenticator.algorithms = vec![-257];
    let spec: FaultSpec = "short-signature".parse().unwrap();
    let error = faultkey_fault_injection::registry::check(&spec, &rsa).unwrap_err().to_string();
    let reason = "it has no ES256 keys, and other signatures have no such numbers";
    assert_eq!(error, format!("fault `short-signature` cannot happen on the profile `windows-hello`: {reason}"));
}
