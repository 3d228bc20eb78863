//! LOCK (CTAP2.3 §11.2.9.2.2).

use super::bench::{Bench, error};
use crate::ctaphid::{BROADCAST, Config, ErrorCode, HidEvent, VendorCommand, command};

#[test]
fn a_lock_keeps_others_out_until_it_ends() {
    let mut bench = Bench::new(Config::default());
    let (one, other) = (bench.open(), bench.open());
    assert_eq!(bench.exchange(one, command::LOCK, &[3]), (one, command::LOCK, vec![]));
    assert_eq!(bench.exchange(other, command::PING, b"x"), error(other, ErrorCode::ChannelBusy));
    assert_eq!(bench.exchange(BROADCAST, command::INIT, b"12345678"), error(BROADCAST, ErrorCode::ChannelBusy));
    assert_eq!(bench.exchange(one, command::PING, b"x").1, command::PING);
    assert_eq!(bench.pass(2_999), []);
    assert_eq!(bench.exchange(other, command::PING, b"x"), error(other, ErrorCode::ChannelBusy));
    assert_eq!(bench.pass(1), []);
    assert_eq!(bench.exchange(other, command::PING, b"x").1, command::PING);
    assert!(bench.events().contains(&HidEvent::Unlocked { channel: one }));
}

#[test]
fn a_lock_is_renewed_and_released() {
    let mut bench = Bench::new(Config::default());
    let (one, other) = (bench.open(), bench.open());
    let _ = bench.exchange(one, command::LOCK, &[10]);
    let _ = bench.pass(9_000);
    let _ = bench.exchange(one, command::LOCK, &[10]);
    let _ = bench.pass(9_000);
    assert_eq!(bench.exchange(other, command::PING, b"x"), error(other, ErrorCode::ChannelBusy));
    assert_eq!(bench.exchange(one, command::LOCK, &[0]), (one, command::LOCK, vec![]));
    assert_eq!(bench.exchange(other, command::PING, b"x").1, command::PING);
    // Nothing to release is no mistake.
    assert_eq!(bench.exchange(other, command::LOCK, &[0]), (other, command::LOCK, vec![]));
}

#[test]
fn a_command_that_needs_the_lock_gets_it() {
    let vendor = [(0x7F, VendorCommand { needs_lock: true, answer: vec![0xD0] })].into();
    let mut bench = Bench::new(Config { vendor, ..Config::default() });
    let channel = bench.open();
    assert_eq!(bench.exchange(channel, 0x7F, b""), error(channel, ErrorCode::LockRequired));
    let _ = bench.exchange(channel, command::LOCK, &[1]);
    assert_eq!(bench.exchange(channel, 0x7F, b""), (channel, 0x7F, vec![0xD0]));
    // The host's going away ends the lock.
    bench.engine.reset(bench.now);
    bench.is_alive();
}
