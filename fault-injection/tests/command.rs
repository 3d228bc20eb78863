//! Command faults, seen from the client and the relying party.

mod device;

use ciborium::Value;
use device::{Device, Registered};
use faultkey_authenticator::{Flags, Status, UserAnswer, cbor};
use faultkey_client::DomExceptionName;
use faultkey_client::dom_exception::Because;
use faultkey_transport::transcript::answer_text;

#[test]
fn operation_denied_comes_without_asking_the_user() {
    let mut device = Device::with("pixel-chrome", "operation-denied,schedule.first=2");
    let exception = device.create("hanako", &[]).unwrap_err();
    assert_eq!((exception.name, exception.because), (DomExceptionName::NotAllowedError, Because::Authenticator(Status::OperationDenied)));
    let exception = device.get(&[]).unwrap_err();
    assert_eq!(exception.because, Because::Authenticator(Status::OperationDenied));
    assert_eq!(device.user().prompts, 0);
    assert_eq!(device.authenticator().store().credentials().unwrap(), [], "nothing was stored");
    let registered = device.register();
    assert!(device.log_in(&registered).unwrap().verifies(&registered));
    let text = "authenticatorMakeCredential -> 0x27 CTAP2_ERR_OPERATION_DENIED, without asking the user";
    assert_eq!(device.decisions()[0], text);
}

#[test]
fn no_credentials_hides_a_credential_that_is_there() {
    let mut device = Device::with("pixel-chrome", "no-credentials,schedule.heal-after=2000");
    let registered = device.register();
    for allow in [vec![registered.id.as_str()], vec![]] {
        let exception = device.get(&allow).unwrap_err();
        assert_eq!((exception.name, exception.because), (DomExceptionName::NotAllowedError, Because::Authenticator(Status::NoCredentials)));
    }
    assert_eq!(device.authenticator().store().credentials().unwrap().len(), 1);
    assert!(device.log_in(&registered).unwrap().verifies(&registered), "healed");
}

#[test]
fn the_user_comes_too_late() {
    for answer in [UserAnswer::Approve, UserAnswer::Refuse, UserAnswer::WrongFinger] {
        let mut device = Device::with("security-key", "user-action-timeout,ceremony=authentication,schedule=once");
        let registered = device.register();
        device.user().answers = [answer].into();
        let exception = device.log_in(&registered).unwrap_err();
        assert_eq!(exception.because, Because::Authenticator(Status::UserActionTimeout));
        assert_eq!(exception.name, DomExceptionName::NotAllowedError);
        assert_eq!(device.decisions(), [format!("the user {}, after the authenticator had stopped waiting", answer_text(answer))]);
        assert!(device.log_in(&registered).is_ok());
    }
}

fn extensions(registered: &Registered) -> Option<&Value> {
    registered.data.extensions.as_ref()
}

#[test]
fn an_unsolicited_extension_is_in_the_attested_bytes() {
    let mut device = Device::with("yubikey-5", "unsolicited-extension,value=3");
    let registered = device.register();
    assert_eq!(registered.data.flags.0, 0xC5, "as a YubiKey 5 answers");
    assert_eq!(extensions(&registered), Some(&Value::Map(vec![(Value::from("credProtect"), Value::from(3))])));
    assert!(registered.data_bytes.ends_with(b"\xA1\x6BcredProtect\x03"));
    let log_in = device.log_in(&registered).unwrap();
    assert!(log_in.verifies(&registered) && log_in.data.extensions.is_none());
    assert_eq!(device.decisions(), ["extension credProtect added, not asked for"]);
}

#[test]
fn two_unsolicited_extensions_stand_in_canonical_order_and_are_signed() {
    let mut device = Device::with("yubikey-5", "unsolicited-extension,extension=hmac-secret,value=true,ceremony=any");
    device.arm("unsolicited-extension,ceremony=any").unwrap();
    let registered = device.register();
    let mut sorted = extensions(&registered).unwrap().clone();
    assert_eq!(sorted.as_map().unwrap().len(), 2);
    cbor::sort(&mut sorted);
    assert_eq!(extensions(&registered), Some(&sorted));
    let log_in = device.log_in(&registered).unwrap();
    assert!(log_in.verifies(&registered) && log_in.data.flags.has(Flags::ED));
}

#[test]
fn an_empty_extension_map_is_one_byte_more() {
    let plain = Device::new("samsung-pass").register();
    let mut device = Device::with("samsung-pass", "ed-set-empty-map,ceremony=any");
    let registered = device.register();
    assert_eq!(registered.data.flags.0, 0xDD, "as Samsung Pass answered in 2025");
    assert_eq!(registered.data_bytes.len(), plain.data_bytes.len() + 1);
    assert_eq!(registered.data_bytes.last(), Some(&0xA0));
    let log_in = device.log_in(&registered).unwrap();
    assert!(log_in.verifies(&registered));
    assert_eq!((log_in.data_bytes.len(), log_in.data_bytes.last()), (38, Some(&0xA0)));
}

#[test]
fn subject_and_match_choose_among_accounts_and_relying_parties() {
    let mut device = Device::with("pixel-chrome", "operation-denied,subject.user=taro");
    let hanako = device.register();
    assert!(device.create("taro", &[]).is_err());
    assert!(device.log_in(&hanako).is_ok());
    device.faults.clear(Some("operation-denied"));
    let taro = Registered::read(&device.create("taro", &[]).unwrap());
    device.arm("operation-denied,subject.user=taro").unwrap();
    assert!(device.log_in(&taro).is_err() && device.log_in(&hanako).is_ok());
    device.faults.clear(None);
    device.arm("operation-denied,trigger.on-match.rp-id=other.test").unwrap();
    device.arm("operation-denied,subject.rp-id=other.test").unwrap();
    assert!(device.log_in(&taro).is_ok());
    device.arm("operation-denied,trigger.on-match.rp-id=broker.test,trigger.on-match.ceremony=authentication").unwrap();
    assert!(device.log_in(&taro).is_err());
}
