//! Descriptors and control requests of the own stack.

use faultkey_transport::ctaphid::{BROADCAST, Presence, command, fragment};
use faultkey_transport::report_descriptor::REPORT_DESCRIPTOR;

use crate::host::{EPIPE, Host, with_host};
use crate::key;

fn enumerated<R>(act: impl FnOnce(&mut Host) -> R) -> R {
    with_host(&key(Presence::AtOnce), |host| {
        host.enumerate();
        act(host)
    })
}

fn text(descriptor: &[u8]) -> String {
    assert_eq!((usize::from(descriptor[0]), descriptor[1]), (descriptor.len(), 3));
    let units: Vec<u16> = descriptor[2..].chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    String::from_utf16(&units).unwrap()
}

#[test]
fn the_device_says_what_it_is() {
    enumerated(|host| {
        let device = host.descriptor(1, 0, 0, 18).unwrap();
        assert_eq!(device, [18, 1, 0, 2, 0, 0, 0, 64, 0x09, 0x12, 1, 0, 0, 1, 1, 2, 3, 1]);
        assert_eq!(host.descriptor(1, 0, 0, 8).unwrap(), device[..8]);
        assert_eq!(host.descriptor(3, 0, 0, 255).unwrap(), [4, 3, 0x09, 0x04]);
        let strings = [1, 2, 3].map(|index| text(&host.descriptor(3, index, 0x0409, 255).unwrap()));
        assert_eq!(strings, ["faultkey", "faultkey virtual security key", "1"]);
        assert_eq!(host.descriptor(3, 4, 0x0409, 255), Err(EPIPE));
    });
}

#[test]
fn its_one_interface_is_hid_with_two_endpoints_of_64_bytes() {
    enumerated(|host| {
        let configuration = host.descriptor(2, 0, 0, 255).unwrap();
        let expected = [
            &[9, 2, 41, 0, 1, 1, 0, 0x80, 50][..],
            &[9, 4, 0, 0, 2, 3, 0, 0, 0],
            &[9, 0x21, 0x11, 0x01, 0, 1, 0x22, 34, 0],
            &[7, 5, 0x01, 3, 64, 0, 5],
            &[7, 5, 0x81, 3, 64, 0, 5],
        ];
        assert_eq!(configuration, expected.concat());
        assert_eq!(host.control_in(0x81, 6, 0x2200, 0, 34).unwrap(), REPORT_DESCRIPTOR);
        assert_eq!(host.control_in(0x81, 6, 0x2200, 0, 10).unwrap(), REPORT_DESCRIPTOR[..10]);
        assert_eq!(host.control_in(0x81, 6, 0x2100, 0, 9).unwrap(), expected[2]);
    });
}

#[test]
fn names_that_are_too_long_are_cut_and_do_not_hang_the_host() {
    use faultkey_transport::usb::{Device, Parts, Payload, Pluggable, Transfer};
    let port = key(Presence::AtOnce);
    let parts = Parts::default();
    let identity = faultkey_transport::Identity { product: "鍵".repeat(200), serial: "🔑".repeat(64), ..Default::default() };
    let mut device = Device::new(&parts, &identity, port.function(&parts));
    for (index, units, wanted) in [(2, 126, "鍵".repeat(126)), (3, 126, "🔑".repeat(63))] {
        let setup = [0x80, 6, index, 3, 9, 4, 255, 0];
        device.submit(faultkey_authenticator::Time::START, Transfer { id: 1, endpoint: 0, setup, payload: Payload::In(255) });
        let string = device.next_completion().unwrap().data;
        assert_eq!((string.len(), text(&string)), (2 + 2 * units, wanted));
    }
}

#[test]
fn standard_requests() {
    enumerated(|host| {
        assert_eq!(host.control_in(0x80, 0, 0, 0, 2), Ok(vec![0, 0]), "GET_STATUS");
        assert_eq!(host.control_in(0x80, 8, 0, 0, 1), Ok(vec![1]), "GET_CONFIGURATION");
        assert_eq!(host.control_out(0, 9, 0, 0, b""), Ok(()), "SET_CONFIGURATION 0");
        assert_eq!(host.control_in(0x80, 8, 0, 0, 1), Ok(vec![0]));
        assert_eq!(host.control_out(0, 9, 2, 0, b""), Err(EPIPE), "there is no configuration 2");
        assert_eq!(host.control_in(0x81, 10, 0, 0, 1), Ok(vec![0]), "GET_INTERFACE");
        assert_eq!(host.control_out(0, 5, 7, 0, b""), Ok(()), "SET_ADDRESS");
        assert_eq!(host.descriptor(15, 0, 0, 255), Err(EPIPE), "no BOS in USB 2.00");
        assert_eq!(host.control_in(0xC0, 1, 0, 0, 64), Err(EPIPE), "a vendor's request");
    });
}

#[test]
fn hid_requests() {
    enumerated(|host| {
        assert_eq!(host.control_in(0xA1, 2, 0, 0, 1), Ok(vec![0]), "GET_IDLE");
        assert_eq!(host.control_out(0x21, 0x0A, 0x7D00, 0, b""), Ok(()), "SET_IDLE");
        assert_eq!(host.control_in(0xA1, 2, 0, 0, 1), Ok(vec![0x7D]));
        assert_eq!(host.control_in(0xA1, 1, 0x0100, 0, 64), Ok(vec![0; 64]), "GET_REPORT before there was one");
        assert_eq!(host.control_in(0xA1, 1, 0x0300, 0, 64), Err(EPIPE), "there are no feature reports");
        assert_eq!(host.control_in(0xA1, 3, 0, 0, 1), Err(EPIPE), "GET_PROTOCOL is for boot devices");
        assert_eq!(host.control_in(0xA1, 2, 0, 1, 1), Err(EPIPE), "there is no interface 1");
        // SET_REPORT is a way for reports too.
        let report = fragment(BROADCAST, command::INIT, b"12345678").unwrap()[0];
        assert_eq!(host.control_out(0x21, 9, 0x0200, 0, &report), Ok(()));
        let answer = host.reports();
        assert_eq!((answer.len(), &answer[0][..15]), (1, &b"\xFF\xFF\xFF\xFF\x86\x00\x1112345678"[..]));
        assert_eq!(host.control_in(0xA1, 1, 0x0100, 0, 64).unwrap(), answer[0], "GET_REPORT has the last one");
        assert_eq!(host.control_out(0x21, 9, 0x0200, 0, &report[..63]), Err(EPIPE), "a report has 64 bytes");
    });
}

#[test]
fn control_requests_that_contradict_themselves_are_stalled_and_the_next_is_answered() {
    enumerated(|host| {
        // The direction of the transfer against that of the setup packet, a length against the data.
        for (setup, data) in [([0x80, 6, 0, 1, 0, 0, 18, 0], &b""[..]), ([0x21, 9, 0, 2, 0, 0, 64, 0], b"short")] {
            let id = host.give(0, setup, data);
            assert_eq!(host.answer(id), Some((EPIPE, vec![])));
        }
        let id = host.ask(0, [0x21, 0x0A, 0, 0, 0, 0, 0, 0], 0);
        assert_eq!(host.answer(id), Some((EPIPE, vec![])));
        // More data than usb-device keeps.
        assert_eq!(host.control_out(0x21, 9, 0x0200, 0, &[0; 257]), Err(EPIPE));
        assert_eq!(host.descriptor(1, 0, 0, 18).unwrap().len(), 18);
    });
}
