//! Whatever a host sends, nothing panics, and a PING on a clean channel is answered afterwards.

use proptest::prelude::*;

use super::bench::{Bench, SELECTION};
use crate::ctaphid::{BROADCAST, Config, Ctap1, Presence, Report, command, fragment};

#[derive(Clone, Debug)]
enum Act {
    Report(Report),
    /// A whole message on one of the first channels, with bytes changed on the way.
    Mutated {
        channel: u32,
        command: u8,
        message: Vec<u8>,
        at: usize,
        to: u8,
    },
    Take(usize),
    Pass(u64),
    Touch,
}

fn channel() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 1..4u32, 1 => Just(0), 1 => Just(BROADCAST), 1 => any::<u32>()]
}

fn commands() -> impl Strategy<Value = u8> {
    let known = [command::PING, command::INIT, command::CBOR, command::CANCEL, command::LOCK, command::WINK, command::MSG];
    prop_oneof![6 => prop::sample::select(known.to_vec()), 1 => 0..0x80u8]
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let any_length = prop_oneof![Just(0), Just(1), Just(8), 0..200usize, Just(7_609)];
    prop_oneof![Just(SELECTION.to_vec()), any_length.prop_map(|length| vec![3; length])]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (channel(), prop::collection::vec(any::<u8>(), 60)).prop_map(|(channel, rest)| {
            let mut report = [0; 64];
            report[..4].copy_from_slice(&channel.to_be_bytes());
            report[4..].copy_from_slice(&rest);
            Act::Report(report)
        }),
        4 => (channel(), commands(), message(), 0..128usize, any::<u8>())
            .prop_map(|(channel, command, message, at, to)| Act::Mutated { channel, command, message, at, to }),
        2 => (0..140usize).prop_map(Act::Take),
        1 => (0..40_000u64).prop_map(Act::Pass),
        1 => Just(Act::Touch),
    ]
}

proptest! {
    #[test]
    fn any_host_leaves_a_device_that_answers(acts in prop::collection::vec(act(), 0..60), waits in any::<bool>()) {
        let mut bench = Bench::new(Config { most_channels: 8, ctap1: Ctap1::Implemented, ..Config::default() });
        if waits {
            bench.engine.touch_mut().presence = Presence::Wait;
        }
        for act in acts {
            match act {
                Act::Report(report) => bench.engine.receive(bench.now, &report),
                Act::Mutated { channel, command, message, at, to } => {
                    for (index, mut report) in fragment(channel, command, &message).unwrap().into_iter().enumerate() {
                        if index == at / 64 {
                            report[at % 64] = to;
                        }
                        bench.engine.receive(bench.now, &report);
                    }
                }
                Act::Take(count) => {
                    for _ in 0..count {
                        let _ = bench.engine.next_report();
                    }
                }
                Act::Pass(milliseconds) => {
                    bench.now += std::time::Duration::from_millis(milliseconds);
                    bench.engine.tick(bench.now);
                }
                Act::Touch => {
                    let _ = bench.engine.user(bench.now, faultkey_authenticator::UserAnswer::Approve);
                }
            }
            // No time is due in the past.
            prop_assert!(bench.engine.deadline().is_none_or(|due| due > bench.now));
        }
        // The longest that anything lasts: a prompt, or a lock.
        bench.now += std::time::Duration::from_secs(31);
        bench.engine.tick(bench.now);
        while bench.engine.next_report().is_some() {}
        bench.is_alive();
    }
}

/// Seeded, so that it is the same each time. Most reports are near to sense: a known channel, a known command, a small length.
#[test]
fn a_million_hostile_reports_leave_a_device_that_answers_and_flat_memory() {
    let mut bench = Bench::new(Config { most_channels: 64, ctap1: Ctap1::Implemented, ..Config::default() });
    let mut state = 0x0902_0902_0902_0902_u64;
    let mut chance = move || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..1_000_000 {
        let (bits, more) = (chance(), chance());
        let mut report: Report = [bits as u8; 64];
        let channel = if bits & 7 == 0 { more as u32 } else { (more % 6) as u32 };
        let channel = if bits & 0xF0 == 0 { BROADCAST } else { channel };
        report[..4].copy_from_slice(&channel.to_be_bytes());
        report[4] = if bits & 0x300 == 0 { more as u8 } else { [0x81, 0x86, 0x90, 0x91, 0x84, 0, 1, 2][(bits >> 10) as usize & 7] };
        report[5] = if bits & 0xF000 == 0 { (more >> 8) as u8 } else { 0 };
        report[6] = [0, 1, 8, 9, 57, 58, 200, 255][(bits >> 16) as usize & 7];
        report[7] = (more >> 16) as u8 & 0x0F;
        bench.now += std::time::Duration::from_millis(bits >> 58);
        bench.engine.receive(bench.now, &report);
        assert!(bench.engine.backlog() <= 1_024 + 129);
        if more & 3 == 0 {
            let _ = bench.engine.next_report();
        }
    }
    bench.now += std::time::Duration::from_secs(31);
    bench.engine.tick(bench.now);
    while bench.engine.next_report().is_some() {}
    bench.is_alive();
}
