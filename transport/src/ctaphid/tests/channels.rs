//! INIT, PING, and several channels at once. What a common firmware does otherwise is named beside the test.

use faultkey_authenticator::ChannelId;

use super::bench::{Bench, SELECTION, error, keepalive};
use crate::ctaphid::{BROADCAST, Config, Ctap1, ErrorCode, HidEvent, VendorCommand, command};

#[test]
fn init_gives_a_channel_and_says_what_the_device_can_do() {
    let mut bench = Bench::new(Config { device_version: [5, 4, 3], ..Config::default() });
    let (channel, _, answer) = bench.exchange(BROADCAST, command::INIT, b"\x01\x02\x03\x04\x05\x06\x07\x08");
    // CBOR and WINK, and without CTAP1 the bit NMSG (0x08); usbd-ctaphid sets 0x80.
    assert_eq!((channel, answer), (BROADCAST, vec![1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 2, 5, 4, 3, 0x0D]));
    assert_eq!(bench.events(), [HidEvent::ChannelAllocated { channel: 1 }]);
    assert_ne!(bench.open(), 1);
}

/// usbd-ctaphid gives a new channel.
#[test]
fn init_on_a_channel_gives_the_same_channel_back() {
    let mut bench = Bench::new(Config::default());
    let (_, channel) = (bench.open(), bench.open());
    let (on, command, answer) = bench.exchange(channel, command::INIT, b"12345678");
    assert_eq!((on, command, &answer[8..12]), (channel, command::INIT, &channel.to_be_bytes()[..]));
    bench.is_alive();
}

/// usbd-ctaphid is silent.
#[test]
fn init_of_another_length_is_refused() {
    let mut bench = Bench::new(Config::default());
    let channel = bench.open();
    for length in [0, 7, 9] {
        bench.send(BROADCAST, command::INIT, &vec![1; length]);
        bench.send(channel, command::INIT, &vec![1; length]);
        assert_eq!(bench.messages(), [error(BROADCAST, ErrorCode::InvalidLength), error(channel, ErrorCode::InvalidLength)]);
    }
}

/// usbd-ctaphid echoes.
#[test]
fn a_channel_that_was_not_given_out_is_none() {
    let mut bench = Bench::new(Config::default());
    for channel in [0, 1, 0x1122_3344] {
        assert_eq!(bench.exchange(channel, command::PING, b"x"), error(channel, ErrorCode::InvalidChannel));
        assert_eq!(bench.exchange(channel, command::INIT, b"12345678"), error(channel, ErrorCode::InvalidChannel));
    }
    assert_eq!(bench.exchange(BROADCAST, command::PING, b"x"), error(BROADCAST, ErrorCode::InvalidChannel));
}

#[test]
fn ping_echoes_every_length() {
    let mut bench = Bench::new(Config::default());
    let channel = bench.open();
    for length in [0, 1, 57, 58, 116, 117, 1_024, 7_608, 7_609] {
        let message: Vec<u8> = (0..length).map(|index| (index % 253) as u8).collect();
        assert_eq!(bench.exchange(channel, command::PING, &message), (channel, command::PING, message));
    }
}

/// usbd-ctaphid answers with the error code 0x00.
#[test]
fn another_channel_is_busy_while_one_sends_or_waits() {
    let mut bench = Bench::waiting();
    let (one, other) = (bench.open(), bench.open());
    bench.send_first(one, command::PING, 100, b"");
    assert_eq!(bench.exchange(other, command::PING, b"x"), error(other, ErrorCode::ChannelBusy));
    // A command that the device doesn't have is no other case; usbd-ctaphid ends the first channel's message without a word.
    assert_eq!(bench.exchange(other, 0x55, b"x"), error(other, ErrorCode::ChannelBusy));
    assert_eq!(bench.exchange(0x1122_3344, command::PING, b"x"), error(0x1122_3344, ErrorCode::ChannelBusy));
    bench.send_next(one, 0);
    assert_eq!(bench.messages().len(), 1, "the first channel's PING");

    assert_eq!(bench.exchange(one, command::CBOR, &SELECTION), keepalive(one, 2));
    assert_eq!(bench.exchange(other, command::CBOR, &[0x04]), error(other, ErrorCode::ChannelBusy));
    // §11.2.9.1.6: busy for the requesting channel, too.
    assert_eq!(bench.exchange(one, command::PING, b"x"), error(one, ErrorCode::ChannelBusy));
}

#[test]
fn busy_until_the_last_report_of_the_response_is_taken() {
    let mut bench = Bench::new(Config::default());
    let (one, other) = (bench.open(), bench.open());
    bench.send(one, command::PING, &[1; 58]);
    bench.send(other, command::PING, b"x");
    assert_eq!(bench.engine.backlog(), 3);
    let _ = (bench.engine.next_report(), bench.engine.next_report());
    bench.send(other, command::PING, b"y");
    assert_eq!(bench.messages(), [error(other, ErrorCode::ChannelBusy), (other, command::PING, b"y".to_vec())]);
}

/// usbd-ctaphid answers it with busy.
#[test]
fn cancel_from_another_channel_is_ignored() {
    let mut bench = Bench::waiting();
    let (one, other) = (bench.open(), bench.open());
    bench.send_first(one, command::PING, 58, &[7; 57]);
    for channel in [other, one, 0, BROADCAST, 0x1122_3344] {
        bench.send(channel, command::CANCEL, b"");
    }
    assert_eq!(bench.messages(), []);
    bench.send_next(one, 0);
    assert_eq!(bench.messages().len(), 1);
    let _ = bench.exchange(one, command::CBOR, &SELECTION);
    bench.send(other, command::CANCEL, b"");
    assert_eq!((bench.messages(), bench.engine.steps_mut().answers.len()), (vec![], 0));
}

/// usbd-ctaphid ends the transaction.
#[test]
fn continuation_packets_of_other_channels_are_ignored() {
    let mut bench = Bench::new(Config::default());
    let (one, other) = (bench.open(), bench.open());
    bench.send_first(one, command::PING, 58, &[7; 57]);
    for sequence in [0, 1, 0x7F] {
        bench.send_next(other, sequence);
        bench.send_next(0x1122_3344, sequence);
    }
    assert_eq!(bench.messages(), []);
    bench.send_next(one, 0);
    assert_eq!(bench.messages()[0].2[56..], [7, 0xAA]);
    // Without a message that they could belong to, too (§11.2.5.4).
    bench.send_next(one, 0);
    assert_eq!(bench.messages(), []);
}

/// usbd-ctaphid ignores it while it sends.
#[test]
fn init_ends_what_its_channel_has_under_way() {
    let mut bench = Bench::waiting();
    let channel = bench.open();
    let resynchronize = |bench: &mut Bench| {
        let (on, command, answer) = bench.exchange(channel, command::INIT, b"12345678");
        assert_eq!((on, command, &answer[8..12]), (channel, command::INIT, &channel.to_be_bytes()[..]));
        assert!(bench.events().contains(&HidEvent::Aborted { channel }));
        assert_eq!(bench.exchange(channel, command::PING, b"x"), (channel, command::PING, b"x".to_vec()));
    };
    // While it receives.
    bench.send_first(channel, command::PING, 100, b"");
    resynchronize(&mut bench);
    // While it waits for the user, who is not needed any more.
    let _ = bench.exchange(channel, command::CBOR, &SELECTION);
    resynchronize(&mut bench);
    assert_eq!(bench.engine.steps_mut().answers, [faultkey_authenticator::UserAnswer::Cancel]);
    // While it sends.
    bench.send(channel, command::PING, &[1; 1_000]);
    let _ = bench.engine.next_report();
    resynchronize(&mut bench);
}

#[test]
fn init_disturbs_nobody_elses_transaction() {
    let mut bench = Bench::new(Config::default());
    let (one, other) = (bench.open(), bench.open());
    bench.send_first(one, command::PING, 58, &[7; 57]);
    let third = bench.open();
    assert_eq!(bench.exchange(other, command::INIT, b"12345678").0, other);
    bench.send_next(one, 0);
    assert_eq!(bench.messages()[0].0, one);
    assert_eq!(bench.exchange(third, command::PING, b"x").2, b"x");
}

/// usbd-ctaphid keeps half a message over it.
#[test]
fn a_bus_reset_leaves_an_idle_device() {
    let mut bench = Bench::waiting();
    let channel = bench.open();
    bench.send_first(channel, command::PING, 100, b"");
    bench.engine.reset(bench.now);
    bench.is_alive();
    let channel = bench.open();
    bench.send(channel, command::CBOR, &SELECTION);
    bench.engine.reset(bench.now);
    assert_eq!((bench.messages(), bench.engine.deadline()), (vec![], None));
    assert_eq!(bench.engine.steps_mut().answers, [faultkey_authenticator::UserAnswer::Cancel]);
    bench.is_alive();
    assert_eq!(bench.exchange(channel, command::PING, b"x"), error(channel, ErrorCode::InvalidChannel));
}

#[test]
fn thousands_of_channels_come_and_go() {
    let mut bench = Bench::new(Config { most_channels: 1_000, ..Config::default() });
    let first = bench.open();
    let faithful = bench.open();
    for _ in 0..5_000 {
        let _ = bench.open();
        assert_eq!(bench.exchange(faithful, command::PING, b"x").1, command::PING);
    }
    assert_eq!(bench.exchange(first, command::PING, b"x"), error(first, ErrorCode::InvalidChannel));
    assert!(bench.events().iter().any(|event| matches!(event, HidEvent::ChannelRecycled { .. })));
    // The one with a transaction under way stays, however many come.
    bench.send_first(faithful, command::PING, 58, &[7; 57]);
    for _ in 0..1_500 {
        let _ = bench.open();
    }
    bench.send_next(faithful, 0);
    assert_eq!(bench.messages()[0].0, faithful);
}

#[test]
fn the_authenticator_knows_whose_command_it_is_and_who_is_gone() {
    let mut bench = Bench::new(Config { most_channels: 2, ctap1: Ctap1::Implemented, ..Config::default() });
    let (one, other) = (bench.open(), bench.open());
    let _ = bench.exchange(one, command::CBOR, &SELECTION);
    let _ = bench.exchange(other, command::CBOR, &[0x04]);
    let _ = bench.exchange(one, command::MSG, &[0, 3, 0, 0]);
    assert_eq!(std::mem::take(&mut bench.engine.steps_mut().heard), [one, other, one].map(ChannelId));
    // What the authenticator never sees is no command, and a channel's way back is not its end.
    let _ = bench.exchange(other, command::PING, b"x");
    let _ = bench.exchange(one, command::INIT, b"12345678");
    assert_eq!((bench.engine.steps_mut().heard.len(), bench.engine.steps_mut().closed.len()), (0, 0));
    // `other` was silent longest.
    let third = bench.open();
    assert_eq!(bench.engine.steps_mut().closed, [ChannelId(other)]);
    bench.engine.reset(bench.now);
    assert_eq!(bench.engine.steps_mut().closed, [other, one, third].map(ChannelId));
    // Once is enough.
    bench.engine.reset(bench.now);
    assert_eq!(bench.engine.steps_mut().closed.len(), 3);
}

#[test]
fn wink_ctap1_and_vendor_commands_are_as_configured() {
    let vendor = [(0x41, VendorCommand { needs_lock: false, answer: b"hello".to_vec() })].into();
    let mut bench = Bench::new(Config { ctap1: Ctap1::Refuse(0x6D00), vendor, ..Config::default() });
    let channel = bench.open();
    let _ = bench.events();
    assert_eq!(bench.exchange(channel, command::WINK, b""), (channel, command::WINK, vec![]));
    assert!(bench.events().contains(&HidEvent::Wink { channel }));
    assert_eq!(bench.exchange(channel, command::MSG, &[0, 3, 0, 0]), (channel, command::MSG, vec![0x6D, 0x00]));
    assert_eq!(bench.exchange(channel, 0x41, b"?"), (channel, 0x41, b"hello".to_vec()));
    assert!(bench.events().contains(&HidEvent::Request { channel, command: 0x41, message: b"?".to_vec() }));

    let mut bench = Bench::new(Config { wink: false, lock: false, ..Config::default() });
    let channel = bench.open();
    for command in [command::MSG, command::WINK, command::LOCK, 0x41] {
        assert_eq!(bench.exchange(channel, command, b""), error(channel, ErrorCode::InvalidCommand));
    }
}

#[test]
fn several_keys_in_one_process_know_nothing_of_each_other() {
    let (mut one, mut other) = (Bench::new(Config::default()), Bench::new(Config::default()));
    let (here, there) = (one.open(), other.open());
    assert_eq!(here, there);
    one.send_first(here, command::PING, 100, b"");
    assert_eq!(other.exchange(there, command::PING, b"x").1, command::PING);
}
