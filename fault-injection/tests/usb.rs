//! What report faults do to the connection, seen by a host on USB, which other links can't show.

#[path = "../../transport/tests/usb/host.rs"]
#[allow(dead_code, reason = "the tests of the transport use all of it")]
mod host;
mod report_bench;

use faultkey_authenticator::Time;
use faultkey_fault_injection::{FaultSpec, Faults, profile};
use faultkey_transport::ctaphid::{Presence, command};
use faultkey_transport::{LineEvent, Port, Transcript};
use host::{EPIPE, EPROTO, Host, with_host};
use report_bench::{GET_INFO, engine, make_credential};

/// A host at a key with this fault.
fn with_fault<R>(fault: &str, act: impl FnOnce(&mut Host) -> R) -> R {
    let faults = Faults::new(report_bench::SEED, profile::find("yubikey-5").unwrap(), Transcript::new());
    faults.arm(Time::START, fault.parse::<FaultSpec>().unwrap()).unwrap();
    with_host(&Port::new(faults.reports(engine(&faults, Presence::AtOnce))), |host| {
        host.enumerate();
        act(host)
    })
}

#[test]
fn a_stall_before_the_second_report_of_an_answer_is_cleared_and_nothing_is_lost() {
    with_fault("endpoint-stall,message=cbor,report=2,direction=to-host,schedule=once", |host| {
        let channel = host.open();
        let waiting = host.ask(host.input, [0; 8], 64);
        host.message(channel, command::CBOR, &GET_INFO);
        assert_eq!(host.answer(waiting), Some((EPIPE, vec![])), "the second transfer got it");
        let deadline = host.device.deadline().expect("the rest of the answer is due");
        assert!(deadline > host.now, "but nobody looks for it without a pause");
        host.pass(1_000);
        assert_eq!(host.control_out(0x02, 1, 0, 0x80 | u16::from(host.input), b""), Ok(()), "CLEAR_FEATURE(ENDPOINT_HALT)");
        host.resume();
        let messages = host.messages();
        assert_eq!((messages.len(), messages[0].1, messages[0].2[0]), (1, command::CBOR, 0));
    });
}

#[test]
fn a_key_that_resets_itself_is_enumerated_again() {
    with_fault("bus-reset,schedule=once", |host| {
        let channel = host.open();
        let waiting = host.ask(host.input, [0; 8], 64);
        host.message(channel, command::CBOR, &make_credential());
        assert!(host.answer(waiting).is_some_and(|(status, _)| status == EPROTO));
        host.enumerate();
        assert!(host.is_alive());
    });
}

#[test]
fn a_key_that_unplugs_itself_is_gone_even_where_nobody_reads() {
    with_fault("unplug-mid-command,schedule=once", |host| {
        let channel = host.open();
        host.stop_reading();
        host.message(channel, command::CBOR, &make_credential());
        host.pass(1_000);
        assert!(matches!(host.line_event(), Some(LineEvent::Unplug { .. })));
    });
}
