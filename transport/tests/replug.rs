//! Keys that are plugged in and out thousands of times: what `usb-device` and its classes borrow is given back.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

use faultkey_authenticator::{CommandSteps, Outcome, Progress, Reply, Request, Status, Time, UserAnswer};
use faultkey_transport::ctaphid::{Config, Engine, Policy};
use faultkey_transport::usb::{Device, Parts, Payload, Pluggable, Transfer};
use faultkey_transport::usbd_ctaphid::{App, UsbdCtaphid};
use faultkey_transport::{Identity, Port};

const PLUGS: usize = 5_000;
/// In KiB. One buffer of usbd-ctaphid has 7.4 KiB; leaked, they would be 36,000.
const MOST_GROWTH: usize = 8_000;

/// An authenticator that is not asked.
struct Unasked;

impl CommandSteps for Unasked {
    fn decode(&mut self, _now: Time, _request: &[u8]) -> Result<Request, Status> {
        Err(Status::InvalidCommand)
    }
    fn process(&mut self, _now: Time, _request: Request) -> Progress {
        Progress::Done(Outcome::refused(Status::Other))
    }
    fn resume(&mut self, _now: Time, _answer: UserAnswer) -> Progress {
        Progress::Done(Outcome::refused(Status::Other))
    }
    fn encode(&mut self, _now: Time, _outcome: Outcome) -> Reply {
        Reply::Silence
    }
}

/// Plugged in, asked who it is, and unplugged while a transfer waits.
fn plug(plugged: &impl Pluggable, identity: &Identity) {
    let parts = Parts::default();
    let mut device = Device::new(&parts, identity, plugged.function(&parts));
    device.submit(Time::START, Transfer { id: 1, endpoint: 1, setup: [0; 8], payload: Payload::In(64) });
    device.submit(Time::START, Transfer { id: 2, endpoint: 0, setup: [0x80, 6, 0, 1, 0, 0, 18, 0], payload: Payload::In(18) });
    let answer = device.next_completion().unwrap();
    assert_eq!((answer.id, answer.length), (2, 18));
}

/// What the program has in memory, in KiB.
fn memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

#[test]
fn nothing_is_leaked() {
    let identity = Identity::default();
    let own = Port::new(Engine::new(Config::default(), Unasked, Policy::default()));
    let theirs = UsbdCtaphid(Port::new(App::new(Config::default(), Unasked, Policy::default())));
    let both = |times: usize| {
        for _ in 0..times {
            plug(&own, &identity);
            plug(&theirs, &identity);
        }
        memory()
    };
    let (before, after) = (both(PLUGS / 10), both(PLUGS));
    println!("memory after {} plugs {before:?} KiB, after {} more {after:?} KiB", PLUGS / 10, PLUGS);
    match (before, after) {
        (Some(before), Some(after)) => assert!(after < before + MOST_GROWTH, "{before} KiB became {after} KiB"),
        _ => println!("SKIPPED the comparison of memory: this system has no /proc"),
    }
}
