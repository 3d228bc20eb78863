//! Platform faults, seen from the page or app; and what the network layer is told.

mod device;

use std::time::Duration;

use device::Device;
use faultkey_authenticator::{Event, Time};
use faultkey_client::DomExceptionName;
use faultkey_client::Platform;
use faultkey_client::dom_exception::Because;
use faultkey_fault_injection::{CutPoint, Ending, FaultSpec, Faults, NetworkDecision, NetworkRequest};
use faultkey_transport::Transcript;

#[test]
fn every_call_ends_with_not_allowed() {
    let mut device = Device::with("pixel-chrome", "not-allowed-for-everything,schedule.first=2");
    for exception in [device.create("hanako", &[]).unwrap_err(), device.get(&[]).unwrap_err()] {
        assert_eq!(exception.name, DomExceptionName::NotAllowedError);
        assert_eq!(exception.because, Because::Injected("not-allowed-for-everything".into()));
    }
    assert_eq!(device.messages(), [], "no authenticator was asked");
    assert_eq!(device.decisions(), ["create() -> NotAllowedError", "get() -> NotAllowedError"]);
    device.register();
}

#[test]
fn only_the_names_of_failures_are_hidden() {
    let mut device = Device::with("pixel-chrome", "not-allowed-for-everything,calls=failed");
    let registered = device.register();
    assert!(device.log_in(&registered).is_ok());
    let exception = device.create("hanako", &[&registered.id]).unwrap_err();
    assert_eq!(exception.name, DomExceptionName::NotAllowedError);
    assert_eq!(device.decisions(), ["create() -> NotAllowedError, hiding InvalidStateError"]);
}

#[test]
fn an_unsupported_provider_has_two_faces() {
    let faces = [
        ("", "NotSupportedError", "NotSupportedError"),
        (",face=native", "CreateCredentialUnsupportedException", "GetCredentialUnsupportedException"),
    ];
    for (face, create, get) in faces {
        let mut device = Device::with("galaxy-a", &format!("provider-unsupported{face}"));
        assert_eq!(device.create("hanako", &[]).unwrap_err().name.to_string(), create);
        assert_eq!(device.get(&[]).unwrap_err().name.to_string(), get);
        assert_eq!(device.messages(), []);
        assert!(device.platform.is_user_verifying_platform_authenticator_available());
    }
}

#[test]
fn an_aborted_ceremony_has_two_faces_and_two_moments() {
    let faces =
        [("", "AbortError", "AbortError"), (",face=native", "CreateCredentialInterruptedException", "GetCredentialInterruptedException")];
    for (face, create, get) in faces {
        let mut device = Device::with("arrows-we", &format!("ceremony-aborted{face}"));
        assert_eq!(device.create("hanako", &[]).unwrap_err().name.to_string(), create);
        assert_eq!(device.get(&[]).unwrap_err().name.to_string(), get);
        assert_eq!(device.authenticator().store().credentials().unwrap().len(), 0);
    }
    let mut device = Device::with("arrows-we", "ceremony-aborted,when=after,schedule=once");
    assert_eq!(device.create("hanako", &[]).unwrap_err().name, DomExceptionName::AbortError);
    assert_eq!(device.authenticator().store().credentials().unwrap().len(), 1, "the passkey is there, and nobody knows");
    device.register();
}

#[test]
fn on_match_sees_rp_origin_and_ceremony() {
    let mut device = Device::with("iphone", "ceremony-aborted,trigger.on-match.rp-id=broker.test,trigger.on-match.ceremony=authentication");
    let registered = device.register();
    assert_eq!(device.log_in(&registered).unwrap_err().name, DomExceptionName::AbortError);
    device.faults.clear(None);
    device.arm("ceremony-aborted,trigger.on-match.origin=https://other.test").unwrap();
    assert!(device.log_in(&registered).is_ok());
}

fn faults(lines: &[&str]) -> Faults {
    let faults = Faults::new(device::SEED, device::profile("iphone"), Transcript::new());
    for line in lines {
        faults.arm(Time::START, line.parse::<FaultSpec>().unwrap()).unwrap();
    }
    faults
}

#[test]
fn the_network_is_told_by_trigger_and_schedule() {
    use NetworkRequest::{AuthenticationOptions, AuthenticationVerify, Other, RegistrationVerify};
    let faults = faults(&["cut-verify,at=n5,ending=fin,trigger.nth=2"]);
    let cut = NetworkDecision::Cut { point: CutPoint::N5, ending: Ending::Fin };
    let requests = [AuthenticationOptions, AuthenticationVerify, Other, RegistrationVerify, AuthenticationVerify];
    let told: Vec<_> = requests.iter().map(|request| faults.network(Time::START, request)).collect();
    use NetworkDecision::Pass;
    assert_eq!(told, [Pass, Pass, Pass, cut, Pass]);
    assert_eq!(faults.fired()[0].text.en, "verify request of the registration cut at n5, ending in FIN");
}

#[test]
fn the_first_network_fault_that_acts_decides_and_those_after_it_are_not_asked() {
    let faults = faults(&["delayed-verify,by=1000,schedule=once", "duplicate-verify,schedule=once"]);
    let request = NetworkRequest::AuthenticationVerify;
    assert_eq!(faults.network(Time::START, &request), NetworkDecision::Delay(Duration::from_secs(1)));
    assert_eq!(faults.network(Time::START, &request), NetworkDecision::Duplicate);
    assert_eq!(faults.network(Time::START, &request), NetworkDecision::Pass);
}

#[test]
fn events_start_and_end_faults() {
    let faults = faults(&["delayed-verify,by=5,trigger.after-event=os-updated,schedule.until-event=device-migrated"]);
    let mut told = Vec::new();
    for event in [Event::PinReset, Event::OsUpdated, Event::DeviceMigrated, Event::OsUpdated] {
        assert_eq!(faults.event(Time::START, event), None);
        told.push(faults.network(Time::START, &NetworkRequest::RegistrationVerify) != NetworkDecision::Pass);
    }
    assert_eq!(told, [false, true, false, false]);
}
