//! Key-store faults, seen from the relying party.

mod device;

use device::{Device, Registered};
use faultkey_authenticator::{Event, Flags, KeyState, UserAnswer};
use faultkey_client::DomExceptionName;
use faultkey_client::dom_exception::Because;
use faultkey_fault_injection::FaultError;

const BOUND: &str = "android-device-bound";

fn because(exception: &faultkey_client::DomException) -> String {
    match &exception.because {
        Because::Authenticator(status) => status.name().to_owned(),
        other => format!("{other:?}"),
    }
}

/// A device whose key died by an enrolment, with the face in `parameters`.
fn dead(profile: &str, parameters: &str) -> (Device, Registered) {
    let mut device = Device::with(profile, &format!("key-invalidated-by-enrolment{parameters}"));
    let registered = device.register();
    assert!(device.log_in(&registered).expect("before the enrolment").verifies(&registered));
    device.happen(Event::FingerprintEnrolled);
    device.user().prompts = 0;
    (device, registered)
}

#[test]
fn the_face_error_refuses_at_once_with_the_chosen_status() {
    for (parameters, status) in [
        ("", "CTAP2_ERR_OPERATION_DENIED"),
        (",status=operation-denied", "CTAP2_ERR_OPERATION_DENIED"),
        (",status=no-credentials", "CTAP2_ERR_NO_CREDENTIALS"),
    ] {
        let (mut device, registered) = dead(BOUND, parameters);
        let exception = device.log_in(&registered).unwrap_err();
        assert_eq!((exception.name, because(&exception).as_str()), (DomExceptionName::NotAllowedError, status));
        assert_eq!(device.user().prompts, 0);
        let decisions = device.decisions();
        assert_eq!(decisions[0], "fingerprint-enrolled: every key is invalidated");
        assert!(decisions[1].contains(status), "{decisions:?}");
    }
}

#[test]
fn the_key_is_dead_for_ever_and_its_record_stays() {
    let (mut device, registered) = dead(BOUND, "");
    device.faults.clear(None);
    assert!(device.log_in(&registered).is_err());
    let credentials = device.authenticator().store().credentials().unwrap();
    assert_eq!(credentials.len(), 1);
    assert_eq!(credentials[0].key, KeyState::Invalidated);
}

#[test]
fn the_face_fallback_ui_leaves_the_client_to_its_own_timer() {
    let (mut device, registered) = dead(BOUND, ",face=fallback-ui");
    let before = device.now;
    let exception = device.log_in(&registered).unwrap_err();
    assert_eq!((exception.name, exception.because), (DomExceptionName::NotAllowedError, Because::Timeout));
    assert!((device.now - before).as_secs() >= 60, "the timer ran");
    assert_eq!(device.user().prompts, 0);
}

#[test]
fn the_face_picker_then_fail_verifies_the_user_first() {
    let (mut device, registered) = dead(BOUND, ",face=picker-then-fail");
    let exception = device.log_in(&registered).unwrap_err();
    assert_eq!(because(&exception), "CTAP1_ERR_OTHER");
    assert_eq!(device.user().prompts, 1);
    // A wrong finger is asked for again, and a refusal is a refusal.
    device.user().answers = [UserAnswer::WrongFinger, UserAnswer::Refuse].into();
    assert_eq!(because(&device.log_in(&registered).unwrap_err()), "CTAP2_ERR_OPERATION_DENIED");
    assert_eq!(device.user().prompts, 3);
    device.user().answers = [UserAnswer::WrongFinger; 5].into();
    // As the device itself answers when there is no PIN to turn to (CTAP2.3 §6.2.2 step 6.2.3).
    assert_eq!(because(&device.log_in(&registered).unwrap_err()), "CTAP2_ERR_PIN_BLOCKED");
}

#[test]
fn the_face_excluded_blocks_a_registration_that_lists_the_dead_credential() {
    let (mut device, registered) = dead(BOUND, ",face=excluded");
    assert_eq!(because(&device.log_in(&registered).unwrap_err()), "CTAP2_ERR_NO_CREDENTIALS");
    let exception = device.create("hanako", &[&registered.id]).unwrap_err();
    assert_eq!(exception.name, DomExceptionName::InvalidStateError);
    // The relying party forgot it: the list is empty.
    let again = device.register();
    assert!(device.log_in(&again).unwrap().verifies(&again));
}

#[test]
fn a_credential_registered_after_the_enrolment_works() {
    for profile in [BOUND, "samsung-pass"] {
        let (mut device, registered) = dead(profile, "");
        assert!(device.log_in(&registered).is_err());
        let again = device.register();
        assert!(device.log_in(&again).unwrap().verifies(&again), "{profile}");
    }
    let (mut device, _) = dead("samsung-pass", ",face=picker-then-fail");
    assert!(device.log_in_discoverable().is_err());
    let again = device.register();
    assert!(device.log_in_discoverable().unwrap().verifies(&again));
}

#[test]
fn other_events_leave_the_key_alone() {
    let mut device = Device::with(BOUND, "key-invalidated-by-enrolment");
    let registered = device.register();
    device.happen(Event::OsUpdated);
    assert!(device.log_in(&registered).unwrap().verifies(&registered));
    assert_eq!(device.decisions(), [""; 0]);
}

#[test]
fn a_fault_that_cannot_happen_is_refused() {
    let error = Device::new("iphone").arm("key-invalidated-by-enrolment").unwrap_err();
    assert!(matches!(error, FaultError::Impossible { .. }), "{error}");
}

#[test]
fn a_regenerated_key_differs_in_the_signature_only() {
    let mut device = Device::with("iphone", "silent-key-regeneration,trigger.after-event=os-updated,schedule=once");
    let registered = device.register();
    device.happen(Event::PinReset);
    assert!(device.log_in(&registered).unwrap().verifies(&registered), "it waits for os-updated");
    device.happen(Event::OsUpdated);
    let after = device.log_in(&registered).unwrap();
    assert_eq!(after.id, registered.id);
    assert!(!after.verifies(&registered));
    assert_eq!(after.data.rp_id_hash, registered.data.rp_id_hash);
    assert_eq!(after.data.flags.0, registered.data.flags.0 & !Flags::AT);
    assert_eq!(after.user_handle.as_deref(), Some(b"handle-hanako".as_slice()));
    assert_eq!(device.decisions(), ["os-updated: same credential ids, other keys"]);
    // Once: the next event leaves the new key, and registering again heals.
    device.happen(Event::OsUpdated);
    assert_eq!(device.decisions().len(), 1);
    let again = device.register();
    assert!(device.log_in(&again).unwrap().verifies(&again));
}

#[test]
fn the_counter_goes_on_after_a_regeneration() {
    let mut device = Device::with("security-key", "silent-key-regeneration");
    let registered = device.register();
    let before = device.log_in(&registered).unwrap().data.sign_count;
    device.happen(Event::OsUpdated);
    let after = device.log_in(&registered).unwrap();
    assert!(after.data.sign_count > before && !after.verifies(&registered));
}

#[test]
fn a_migrated_device_has_no_key() {
    for event in [Event::DeviceMigrated, Event::RestoredFromBackup] {
        let mut device = Device::with("windows-hello", "device-migrated-without-key");
        let registered = device.register();
        device.happen(Event::OsUpdated);
        assert!(device.log_in(&registered).is_ok());
        device.happen(event);
        let exception = device.log_in(&registered).unwrap_err();
        assert_eq!((exception.name, because(&exception).as_str()), (DomExceptionName::NotAllowedError, "CTAP2_ERR_NO_CREDENTIALS"));
        assert_eq!(device.authenticator().store().credentials().unwrap(), []);
        assert_eq!(device.decisions(), [format!("{}: every credential is gone", event.name())]);
    }
}

#[test]
fn a_counter_that_went_back_is_validly_signed_and_not_durable() {
    let mut device = Device::new("security-key");
    let registered = device.register();
    let counts: Vec<u32> = (0..4).map(|_| device.log_in(&registered).unwrap().data.sign_count).collect();
    let last = counts[3];
    device.arm("sign-count-rollback,to=1,schedule=once").unwrap();
    let lied = device.log_in(&registered).unwrap();
    assert!(lied.verifies(&registered));
    assert_eq!(lied.data.sign_count, 1);
    assert_eq!(device.decisions(), [format!("signature counter {} -> 1", last + 1)]);
    let honest = device.log_in(&registered).unwrap();
    assert_eq!(honest.data.sign_count, last + 2, "the durable counter never went back");
    assert!(honest.verifies(&registered));
}

#[test]
fn a_registration_does_not_roll_the_counter_back() {
    let mut device = Device::with("security-key", "sign-count-rollback,to=0");
    let registered = device.register();
    assert_eq!(device.decisions(), [""; 0]);
    assert!(registered.data.sign_count >= 1);
    assert_eq!(device.log_in(&registered).unwrap().data.sign_count, 0);
}

#[test]
fn an_orphan_answers_a_discoverable_log_in_validly_signed_by_its_own_key() {
    let mut device = Device::with("iphone", "stale-credential-picked,schedule.first=2");
    let registered = device.register();
    assert_eq!(device.log_in(&registered).unwrap().id, registered.id, "an allow list is kept");
    let orphan = device.log_in_discoverable().unwrap();
    assert_ne!(orphan.id, registered.id);
    assert_eq!(orphan.id.len(), registered.id.len());
    assert_eq!(orphan.user_handle.as_deref(), Some(b"handle-hanako".as_slice()));
    assert!(!orphan.verifies(&registered));
    assert_eq!(device.log_in_discoverable().unwrap().id, orphan.id, "the same orphan each time");
    assert_eq!(device.log_in_discoverable().unwrap().id, registered.id, "picked the right one at last");
    assert_eq!(device.authenticator().store().credentials().unwrap().len(), 1, "never in the store");
}

#[test]
fn an_orphan_can_ignore_the_allow_list() {
    let mut device = Device::with(BOUND, "stale-credential-picked,ignore-allow-list=true");
    let registered = device.register();
    let orphan = device.log_in(&registered).unwrap();
    assert_ne!(orphan.id, registered.id);
    let expected = format!("credential {} -> {}, which the relying party never stored", registered.id, orphan.id);
    assert_eq!(device.decisions(), [expected]);
}
