//! The stack of usbd-ctaphid on its own: whole ceremonies, and what controls it from outside.

use std::time::Duration;

use faultkey_authenticator::config::Version;
use faultkey_authenticator::{
    Authenticator, CommandSteps, MemoryStore, Outcome, Progress, Reply, Request, Status, Time, UserAnswer, random,
};
use faultkey_transport::Port;
use faultkey_transport::ctaphid::{Config, Ctap1, HidEvent, Policy, Presence, RESERVED, command};
use faultkey_transport::usbd_ctaphid::{App, UsbdCtaphid};

use crate::firmware;
use crate::host::with_host;

const SELECTION: [u8; 1] = [0x0B];

#[test]
fn the_longest_ping_and_get_info() {
    with_host(&firmware(Presence::AtOnce), |host| {
        host.enumerate();
        let channel = host.open();
        let message: Vec<u8> = (0..7_609).map(|index| (index % 251) as u8).collect();
        assert_eq!(host.exchange(channel, command::PING, &message), (channel, command::PING, message));
        let (_, command, info) = host.exchange(channel, command::CBOR, &[4]);
        assert_eq!((command, info[0]), (command::CBOR, 0));
        assert_eq!(host.exchange(channel, command::CBOR, &SELECTION).2, [0]);
    });
}

#[test]
fn the_user_comes_by_himself_after_a_while() {
    let presence = Presence::After(Duration::from_millis(200));
    with_host(&firmware(presence), |host| {
        host.enumerate();
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        host.pass(1_000);
        let messages = host.timed_messages().into_iter().map(|(time, (_, command, message))| (time, command, message));
        let keepalive = |time| (time, command::KEEPALIVE, vec![2]);
        assert_eq!(messages.collect::<Vec<_>>(), [keepalive(80), keepalive(160), (200, command::CBOR, vec![0])]);
    });
}

#[test]
fn the_user_is_controlled_from_outside() {
    let port = firmware(Presence::Wait);
    with_host(&port, |host| {
        host.enumerate();
        let channel = host.open();
        let now = host.now;
        assert!(!port.0.change(|app| app.user(now, UserAnswer::Approve)), "nobody asks");
        for (answer, status) in [(UserAnswer::Approve, Status::Ok), (UserAnswer::Refuse, Status::OperationDenied)] {
            host.message(channel, command::CBOR, &SELECTION);
            assert!(port.0.change(|app| app.user(now, answer)));
            host.work();
            assert_eq!(host.messages(), [(channel, command::CBOR, vec![status.code()])]);
        }
        // Another mood for the prompt that waits.
        host.message(channel, command::CBOR, &SELECTION);
        port.0.change(|app| {
            *app.touch_mut() = Policy::default();
            app.ask_again(now);
        });
        host.work();
        assert_eq!(host.messages(), [(channel, command::CBOR, vec![0])]);
        let events: Vec<HidEvent> = port.0.with(|app| std::iter::from_fn(|| app.next_event()).collect());
        assert_eq!(events.len(), 12);
        assert_eq!(events[0], HidEvent::Request { channel: RESERVED, command: command::CBOR, message: SELECTION.to_vec() });
        assert_eq!(events[2], HidEvent::Answer { channel: RESERVED, answer: UserAnswer::Approve });
    });
}

#[test]
fn u2f_hosts_poll() {
    let mut settings = faultkey_authenticator::Config::default();
    settings.protection.versions.push(Version::U2fV2);
    let authenticator = Authenticator::new(settings, Box::<MemoryStore>::default(), random::stream(1, "u2f"));
    let config = Config { ctap1: Ctap1::Implemented, ..Config::default() };
    let policy = Policy { presence: Presence::After(Duration::from_millis(200)), ..Policy::default() };
    with_host(&UsbdCtaphid(Port::new(App::new(config, authenticator, policy))), |host| {
        host.enumerate();
        let channel = host.open();
        let version = host.exchange(channel, command::MSG, &[0, 3, 0, 0, 0, 0, 0]);
        assert_eq!(version, (channel, command::MSG, b"U2F_V2\x90\x00".to_vec()));
        // U2F_REGISTER with challenge and application, extended length.
        let register = [&[0, 1, 0, 0, 0, 0, 64][..], &[7; 64], &[0, 0]].concat();
        assert_eq!(host.exchange(channel, command::MSG, &register).2, [0x69, 0x85]);
        host.pass(199);
        assert_eq!(host.exchange(channel, command::MSG, &register).2, [0x69, 0x85]);
        host.pass(1);
        let (.., answer) = host.exchange(channel, command::MSG, &register);
        assert_eq!((answer[0], &answer[answer.len() - 2..]), (5, &[0x90, 0x00][..]));
        // A touch serves once.
        assert_eq!(host.exchange(channel, command::MSG, &register).2, [0x69, 0x85]);
    });
}

#[test]
fn a_power_cycle_forgets_what_waits() {
    let port = firmware(Presence::Wait);
    with_host(&port, |host| {
        host.enumerate();
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        let now = host.now;
        port.0.with(|app| app.reset(now));
        assert!(!port.0.with(|app| app.user(now, UserAnswer::Approve)), "nobody asks any more");
    });
    // Plugged in again: nothing of before.
    with_host(&port, |host| {
        host.enumerate();
        host.pass(1_000);
        assert_eq!(host.messages(), []);
        assert!(host.is_alive());
    });
}

/// Never answers.
struct Mute;

impl CommandSteps for Mute {
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

#[test]
fn a_key_that_never_answers_is_free_again_after_init() {
    with_host(&UsbdCtaphid(Port::new(App::new(Config::default(), Mute, Policy::default()))), |host| {
        host.enumerate();
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        host.pass(60_000);
        assert_eq!(host.messages(), []);
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        assert_eq!(host.messages(), [], "and no error: it was not busy");
        assert!(host.is_alive());
    });
}

#[test]
fn a_program_that_is_killed_while_the_user_is_awaited_leaves_the_key_to_the_next() {
    with_host(&firmware(Presence::Wait), |host| {
        host.enumerate();
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        host.pass(100);
        host.messages();
        // Nobody reads any more, and nobody reads what the key says in the meantime.
        host.stop_reading();
        host.pass(5_000);
        assert!(host.is_alive());
    });
}

#[test]
fn half_a_message_times_out_after_an_hour_of_silence_too() {
    with_host(&firmware(Presence::Wait), |host| {
        host.enumerate();
        let channel = host.open();
        host.pass(3_600_000);
        host.first(channel, command::PING, 200);
        host.pass(600);
        assert_eq!(host.messages(), [(channel, command::ERROR, vec![5])]);
        // Beyond the milliseconds that the class counts: 49 days and more.
        host.pass(60 * 24 * 3_600_000);
        assert!(host.is_alive());
    });
}
