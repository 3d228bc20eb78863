//! A host that does not mean well: random and mutated bytes at the connection. Afterwards, a host that does is served.

use faultkey_authenticator::random;
use faultkey_transport::ctaphid::Presence;
use faultkey_transport::usb::Pluggable;
use faultkey_transport::usbip::wire::{Command, Operation};
use faultkey_transport::usbip::{Connection, ProtocolError};
use rand::Rng;

use crate::host::{header, with_host};
use crate::{firmware, key};

const DEVICE: u32 = 0x0001_0001;

fn submit(words: [(usize, u32); 2]) -> Vec<u8> {
    let mut all = [1, 7, DEVICE, 0, 1, 0, 4, 0, 0, 0];
    words.into_iter().for_each(|(place, word)| all[place] = word);
    [header(all, [0; 8]), vec![0xAA; 4]].concat()
}

#[test]
fn what_is_not_whole_waits_and_what_is_wrong_ends_the_connection() {
    let good = submit([(0, 1), (1, 7)]);
    for length in 0..good.len() {
        assert_eq!(Command::parse(&good[..length], DEVICE), Ok(None));
    }
    assert!(matches!(Command::parse(&good, DEVICE), Ok(Some((Command::Submit(_), 52)))));
    let wrong = [
        ((0, 3), ProtocolError::Command(3)),
        ((2, 9), ProtocolError::Device(9)),
        ((3, 2), ProtocolError::Direction(2)),
        ((4, 16), ProtocolError::Endpoint(16)),
        ((6, 0x1_0001), ProtocolError::Length(0x1_0001)),
        ((6, u32::MAX), ProtocolError::Length(u32::MAX)),
        ((8, 1), ProtocolError::Isochronous(1)),
    ];
    for (word, error) in wrong {
        assert_eq!(Command::parse(&submit([word, (1, 7)]), DEVICE), Err(error));
    }
    assert_eq!(Operation::parse(&[1, 0x11, 0x80, 5, 0, 0, 0]), Ok(None));
    assert_eq!(Operation::parse(&[1, 0x11, 0x80, 3, 0, 0, 0, 0, b'1']), Ok(None));
    assert_eq!(Operation::parse(&[1, 0x10, 0x80, 5, 0, 0, 0, 0]), Err(ProtocolError::Version(0x0110)));
    assert_eq!(Operation::parse(&[1, 0x11, 0, 5, 0, 0, 0, 0]), Err(ProtocolError::Operation(5)));
}

#[test]
fn errors_say_who_is_to_blame() {
    let errors = [
        (ProtocolError::Version(0x0100), "the host speaks USB/IP 0x0100, this is 0x0111 (1.1.1)"),
        (ProtocolError::Operation(0x8007), "the host asks for operation 0x8007, which USB/IP does not have"),
        (ProtocolError::Command(9), "the host sends command 9, which USB/IP does not have"),
        (ProtocolError::Device(0x20001), "the host sends a command for device 0x00020001, which is not the one that it fetched"),
        (ProtocolError::Direction(2), "the host sends a transfer in direction 2; there are 0 and 1"),
        (ProtocolError::Endpoint(16), "the host sends a transfer for endpoint 16; there are 0 to 15"),
        (ProtocolError::Length(65_537), "the host sends a transfer of 65537 bytes; 65536 are the most"),
        (ProtocolError::Isochronous(3), "the host sends an isochronous transfer of 3 packets to a security key"),
    ];
    for (error, text) in errors {
        assert_eq!(error.to_string(), text);
    }
}

/// Transfers of every kind with random fields, which are commands all the same.
fn attack(plugged: &impl Pluggable) {
    with_host(plugged, |host| {
        let mut random = random::stream(4, "usb hostile");
        let mut number = |below: u32| random.next_u32() % below;
        for round in 0..20_000u32 {
            let length = number(130);
            let mut setup = [0; 8];
            setup.iter_mut().for_each(|byte| *byte = number(256) as u8);
            if number(2) == 0 {
                // Closer to what means something.
                setup = [
                    [0x80, 0x81, 0x21, 0xA1, 0x02, 0x00][number(6) as usize],
                    number(12) as u8,
                    number(4) as u8,
                    number(4) as u8,
                    0,
                    0,
                    length as u8,
                    0,
                ];
            }
            let direction = number(2);
            let words = match number(4) {
                0 => [2, round, DEVICE, 0, 0, number(round + 1), 0, 0, 0, 0],
                _ => [1, round, DEVICE, direction, number(3), 0, length, 0, 0, 0],
            };
            let mut bytes = header(words, setup);
            if words[0] == 1 && direction == 0 {
                bytes.extend((0..length).map(|_| number(256) as u8));
            }
            host.connection.receive(host.now, &mut host.device, &bytes).unwrap();
            host.pass_silently(u64::from(number(40)));
            assert!(host.connection.outgoing().len() < 100_000);
        }
        let record = faultkey_transport::usbip::DeviceRecord { number: 1, identity: Default::default() };
        host.connection = Connection::new(&record);
        host.device.reset(host.now);
        host.forget();
        host.enumerate();
        // An answer that is on its way has to be read first.
        host.pass(1_000);
        assert!(host.is_alive());
    });
}

#[test]
fn random_transfers_break_nothing_and_fill_nothing() {
    attack(&key(Presence::Wait));
}

#[test]
fn nor_do_they_break_usbd_ctaphid() {
    attack(&firmware(Presence::Wait));
}

/// Reports that mean something, in an order that does not, while time passes and the host reads now and then.
fn confuse(plugged: &impl Pluggable) {
    with_host(plugged, |host| {
        host.enumerate();
        let mut random = random::stream(5, "usb reports");
        let mut number = |below: u32| random.next_u32() % below;
        for _ in 0..10_000 {
            let mut report = [0; 64];
            report[..4].copy_from_slice(&[0, 1, 2, 3, u32::MAX][number(5) as usize].to_be_bytes());
            report[4] = match number(8) {
                0 => number(256) as u8,
                1 | 2 => number(3) as u8,
                command => 0x80 | [0x01, 0x06, 0x10, 0x11, 0x03][command as usize - 3],
            };
            let length = [0, 1, 8, 57, 58, 120, 7_609, 7_610, 65_535][number(9) as usize];
            if report[4] & 0x80 != 0 {
                report[5..7].copy_from_slice(&(length as u16).to_be_bytes());
            }
            // authenticatorSelection and getInfo, which are long to answer in two ways.
            report[7] = [0x0B, 0x04, 0xFF][number(3) as usize];
            host.report(&report);
            match number(40) {
                0 => host.stop_reading(),
                1..5 => host.resume(),
                5 => host.bus_reset(),
                6 => host.pass(700),
                7..12 => host.pass(number(100).into()),
                _ => {}
            }
            host.reports();
        }
        host.resume();
        host.pass(1_000);
        assert!(host.is_alive());
    });
}

#[test]
fn reports_in_any_order_break_nothing() {
    confuse(&key(Presence::Wait));
}

#[test]
fn nor_do_they_break_usbd_ctaphid_in_any_order() {
    confuse(&firmware(Presence::Wait));
}
