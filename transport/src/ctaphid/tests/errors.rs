//! Every error code, and that the device is there again after it.

use std::time::Duration;

use super::bench::{Bench, SELECTION, error};
use crate::ctaphid::{Config, ErrorCode, VendorCommand, command};

fn needing_lock() -> Bench {
    let vendor = [(0x40, VendorCommand { needs_lock: true, answer: vec![1] })].into();
    Bench::new(Config { vendor, ..Config::default() })
}

#[test]
fn each_error_is_said_and_the_next_message_is_answered() {
    type Probe = fn(&mut Bench, u32);
    let probes: [(ErrorCode, Probe); 13] = [
        (ErrorCode::InvalidCommand, |bench, channel| bench.send(channel, 0x2A, b"")),
        (ErrorCode::InvalidCommand, |bench, channel| bench.send(channel, command::MSG, b"")),
        (ErrorCode::InvalidCommand, |bench, channel| bench.send(channel, command::KEEPALIVE, &[1])),
        (ErrorCode::InvalidCommand, |bench, channel| bench.send(channel, command::ERROR, &[1])),
        (ErrorCode::InvalidParameter, |bench, channel| bench.send(channel, command::LOCK, &[11])),
        (ErrorCode::InvalidLength, |bench, channel| bench.send_first(channel, command::PING, 7_610, b"")),
        (ErrorCode::InvalidLength, |bench, channel| bench.send(channel, command::CBOR, b"")),
        (ErrorCode::InvalidLength, |bench, channel| bench.send(channel, command::WINK, b"x")),
        (ErrorCode::InvalidLength, |bench, channel| bench.send(channel, command::LOCK, b"")),
        (ErrorCode::InvalidSequence, |bench, channel| {
            bench.send_first(channel, command::PING, 200, b"");
            bench.send_next(channel, 1);
        }),
        (ErrorCode::InvalidSequence, |bench, channel| {
            bench.send_first(channel, command::PING, 200, b"");
            bench.send_first(channel, command::PING, 1, b"x");
        }),
        (ErrorCode::LockRequired, |bench, channel| bench.send(channel, 0x40, b"")),
        (ErrorCode::ChannelBusy, |bench, channel| {
            let other = bench.open();
            bench.send_first(other, command::PING, 58, b"");
            bench.send(channel, command::PING, b"");
            bench.engine.tick(bench.now);
        }),
    ];
    for (code, probe) in probes {
        let mut bench = needing_lock();
        let channel = bench.open();
        probe(&mut bench, channel);
        assert_eq!(bench.messages(), [error(channel, code)]);
        if code == ErrorCode::ChannelBusy {
            continue;
        }
        // What still comes of the message that failed is ignored.
        bench.send_next(channel, 0);
        assert_eq!(bench.exchange(channel, command::PING, b"x"), (channel, command::PING, b"x".to_vec()));
    }
}

#[test]
fn half_a_message_times_out_between_two_packets() {
    let mut bench = Bench::new(Config::default());
    let channel = bench.open();
    bench.send_first(channel, command::PING, 500, b"");
    // A slow sender is no stalled one; usbd-ctaphid counts from the first packet.
    for sequence in 0..5 {
        assert_eq!(bench.pass(499), []);
        bench.send_next(channel, sequence);
    }
    let start = bench.now.as_millis();
    assert_eq!(bench.pass(600), [(start + 500, error(channel, ErrorCode::Timeout))]);
    bench.is_alive();
}

#[test]
fn the_timeout_is_configured_and_found_by_the_next_report_too() {
    let mut bench = Bench::new(Config { transaction_timeout: Duration::from_secs(3), ..Config::default() });
    let channel = bench.open();
    bench.send_first(channel, command::PING, 500, b"");
    assert_eq!(bench.engine.deadline().unwrap().as_millis(), 3_000);
    bench.now += Duration::from_secs(4);
    bench.send(channel, command::PING, b"x");
    assert_eq!(bench.messages(), [error(channel, ErrorCode::Timeout), (channel, command::PING, b"x".to_vec())]);
}

#[test]
fn an_answer_that_does_not_fit_is_an_error() {
    let mut bench = Bench::new(Config::default());
    let channel = bench.open();
    bench.engine.steps_mut().trailing = 7_608;
    assert_eq!(bench.exchange(channel, command::CBOR, &SELECTION).2.len(), 7_609);
    bench.engine.steps_mut().trailing = 7_609;
    assert_eq!(bench.exchange(channel, command::CBOR, &SELECTION), error(channel, ErrorCode::Other));
    bench.is_alive();
}

#[test]
fn a_host_that_never_reads_does_not_fill_the_memory() {
    let mut bench = Bench::new(Config::default());
    for _ in 0..100_000 {
        bench.send(0x99, command::PING, b"");
    }
    assert_eq!(bench.engine.backlog(), 1_024);
    assert_eq!(bench.events().len(), 1_024);
    assert_eq!(bench.messages().len(), 1_024);
    bench.is_alive();
}

#[test]
fn codes_have_their_names() {
    let codes = [
        (ErrorCode::InvalidCommand, "ERR_INVALID_CMD (0x01)"),
        (ErrorCode::InvalidParameter, "ERR_INVALID_PAR (0x02)"),
        (ErrorCode::InvalidLength, "ERR_INVALID_LEN (0x03)"),
        (ErrorCode::InvalidSequence, "ERR_INVALID_SEQ (0x04)"),
        (ErrorCode::Timeout, "ERR_MSG_TIMEOUT (0x05)"),
        (ErrorCode::ChannelBusy, "ERR_CHANNEL_BUSY (0x06)"),
        (ErrorCode::LockRequired, "ERR_LOCK_REQUIRED (0x0A)"),
        (ErrorCode::InvalidChannel, "ERR_INVALID_CHANNEL (0x0B)"),
        (ErrorCode::Other, "ERR_OTHER (0x7F)"),
    ];
    for (code, name) in codes {
        assert_eq!(code.to_string(), name);
    }
}
