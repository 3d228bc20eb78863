//! Reports over the own stack: whole conversations, and transfers that wait or are taken back.

use faultkey_transport::ctaphid::{BROADCAST, Presence, command, fragment};

use crate::host::{ECONNRESET, with_host};
use crate::key;

#[test]
fn the_longest_ping_and_get_info() {
    with_host(&key(Presence::AtOnce), |host| {
        host.enumerate();
        let channel = host.open();
        let message: Vec<u8> = (0..7_609).map(|index| (index % 251) as u8).collect();
        assert_eq!(host.exchange(channel, command::PING, &message), (channel, command::PING, message));
        let (_, command, info) = host.exchange(channel, command::CBOR, &[4]);
        assert_eq!((command, info[0]), (command::CBOR, 0));
    });
}

#[test]
fn keepalives_come_while_the_user_is_awaited_and_cancel_ends_it() {
    with_host(&key(Presence::Wait), |host| {
        host.enumerate();
        let channel = host.open();
        host.message(channel, command::CBOR, &[0x0B]);
        host.pass(200);
        let keepalive = (channel, command::KEEPALIVE, vec![2]);
        assert_eq!(host.timed_messages(), [(0, keepalive.clone()), (80, keepalive.clone()), (160, keepalive)]);
        host.message(channel, command::CANCEL, b"");
        assert_eq!(host.messages(), [(channel, command::CBOR, vec![0x2D])]);
    });
}

#[test]
fn a_change_from_outside_is_seen() {
    let port = key(Presence::Wait);
    with_host(&port, |host| {
        host.enumerate();
        let channel = host.open();
        host.message(channel, command::CBOR, &[0x0B]);
        assert_eq!(host.messages().len(), 1);
        let now = host.now;
        assert!(port.change(|engine| engine.user(now, faultkey_authenticator::UserAnswer::Approve)));
        host.work();
        assert_eq!(host.messages(), [(channel, command::CBOR, vec![0])]);
    });
}

#[test]
fn reports_wait_until_the_host_reads() {
    with_host(&key(Presence::AtOnce), |host| {
        host.enumerate();
        let channel = host.open();
        let reading = host.ask(1, [0; 8], 64);
        host.reads = false;
        host.message(channel, command::PING, &[7; 200]);
        // One transfer was at the endpoint already, one more was added.
        assert_eq!(host.reports().len(), 1);
        assert!(host.answer(reading).is_some());
        host.pass(10_000);
        assert_eq!(host.reports().len(), 0);
        host.reads = true;
        host.work();
        assert_eq!(host.reports().len(), 2);
    });
}

#[test]
fn a_host_that_never_reads_is_not_read_from_for_ever() {
    with_host(&key(Presence::AtOnce), |host| {
        host.enumerate();
        host.open();
        host.reads = false;
        let init = fragment(BROADCAST, command::INIT, b"12345678").unwrap()[0];
        let given: Vec<u32> = (0..300).map(|_| host.give(1, [0; 8], &init)).collect();
        let taken = given.iter().filter(|id| host.answer(**id).is_some()).count();
        assert_eq!(taken, 258, "256 answers wait, one more is in a transfer of the host's, and one report is at the device, not read");
        // It reads again, and loses nothing.
        host.reads = true;
        host.work();
        host.pass(1);
        assert_eq!(host.messages().len(), 300);
    });
}

#[test]
fn a_transfer_that_waits_is_taken_back_and_one_that_is_over_is_not() {
    with_host(&key(Presence::AtOnce), |host| {
        host.enumerate();
        let channel = host.open();
        let first = host.ask(1, [0; 8], 64);
        let second = host.ask(1, [0; 8], 64);
        assert_eq!(host.unlink(first), ECONNRESET);
        assert_eq!(host.unlink(first), 0, "it is gone");
        assert_eq!(host.unlink(99_999), 0, "it never was");
        host.message(channel, command::PING, &[7; 100]);
        // The first report went to the reader, the second to the transfer that was not taken back.
        assert_eq!(host.reports().len(), 1);
        assert_eq!(host.answer(second).map(|(status, data)| (status, data.len())), Some((0, 64)));
        assert_eq!(host.answer(first), None);
    });
}

#[test]
fn a_report_that_is_not_64_bytes_is_nobodys() {
    with_host(&key(Presence::AtOnce), |host| {
        host.enumerate();
        let init = fragment(BROADCAST, command::INIT, b"12345678").unwrap()[0];
        for wrong in [&init[..0], &init[..63], &[init, init].concat()[..65]] {
            host.report(wrong);
        }
        // 65 bytes are a packet of 64 and one of 1.
        assert_eq!(host.messages().len(), 1);
        host.open();
    });
}

#[test]
fn an_hour_of_silence_changes_nothing() {
    // A host that suspends the port only stops asking: USB/IP has no word for it.
    with_host(&key(Presence::AtOnce), |host| {
        host.enumerate();
        let channel = host.open();
        host.pass(3_600_000);
        assert_eq!(host.exchange(channel, command::PING, b"x"), (channel, command::PING, b"x".to_vec()));
    });
}

#[test]
fn a_packet_out_of_sequence_is_an_error_of_ctaphid_not_of_usb() {
    with_host(&key(Presence::AtOnce), |host| {
        host.enumerate();
        let channel = host.open();
        host.first(channel, command::PING, 200);
        host.next(channel, 1);
        assert_eq!(host.messages(), [(channel, command::ERROR, vec![4])]);
    });
}
