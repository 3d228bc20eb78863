//! Commands that need the user: keepalives, CANCEL, and who answers when.

use std::time::Duration;

use faultkey_authenticator::step::Purpose;
use faultkey_authenticator::{Time, UserAnswer};

use super::bench::{Bench, SELECTION, keepalive};
use crate::ctaphid::{Config, ErrorCode, HidEvent, Presence, command};

const APPROVED: u8 = 0x00;
const CANCELLED: u8 = 0x2D;
const ABSENT: u8 = 0x2F;

fn reply(channel: u32, status: u8) -> (u32, u8, Vec<u8>) {
    (channel, command::CBOR, vec![status])
}

#[test]
fn a_user_at_the_key_answers_at_once() {
    let mut bench = Bench::new(Config::default());
    let channel = bench.open();
    assert_eq!(bench.exchange(channel, command::CBOR, &SELECTION), reply(channel, APPROVED));
    assert_eq!(bench.exchange(channel, command::CBOR, &[0x99]), reply(channel, 0x01));
}

#[test]
fn keepalives_come_at_least_every_hundred_milliseconds_until_the_user_touches() {
    let mut bench = Bench::new(Config::default());
    let channel = bench.open();
    bench.engine.touch_mut().presence = Presence::After(Duration::from_secs(2));
    assert_eq!(bench.exchange(channel, command::CBOR, &SELECTION), keepalive(channel, 2));
    let mut sent = bench.pass(2_000);
    assert_eq!(sent.pop(), Some((2_000, reply(channel, APPROVED))));
    assert!(sent.len() >= 20 && sent.iter().all(|(_, message)| *message == keepalive(channel, 2)));
    let times: Vec<u64> = [0].into_iter().chain(sent.iter().map(|(at, _)| *at)).chain([2_000]).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= 100), "{times:?}");
    assert_eq!(bench.pass(500), []);
}

#[test]
fn a_slow_key_says_that_it_works() {
    let mut bench = Bench::new(Config { processing_time: Duration::from_millis(250), ..Config::default() });
    let channel = bench.open();
    bench.send(channel, command::CBOR, &SELECTION);
    let expected =
        [(80, keepalive(channel, 1)), (160, keepalive(channel, 1)), (240, keepalive(channel, 1)), (250, reply(channel, APPROVED))];
    assert_eq!(bench.pass(300), expected);
    // It can be cancelled before it has begun.
    bench.send(channel, command::CBOR, &SELECTION);
    assert_eq!(bench.exchange(channel, command::CANCEL, b""), reply(channel, CANCELLED));
    assert_eq!((bench.pass(300), bench.engine.steps_mut().answers.len()), (vec![], 1));
}

/// The answer comes with no time between; CANCEL itself is not answered.
#[test]
fn cancel_ends_the_command_that_waits() {
    let mut bench = Bench::waiting();
    let channel = bench.open();
    let _ = bench.exchange(channel, command::CBOR, &SELECTION);
    let _ = bench.pass(1_000);
    assert_eq!(bench.exchange(channel, command::CANCEL, b""), reply(channel, CANCELLED));
    bench.send(channel, command::CANCEL, b"");
    assert_eq!(bench.pass(1_000), []);
    assert_eq!(bench.engine.steps_mut().answers, [UserAnswer::Cancel]);
}

#[test]
fn an_absent_user_ends_with_the_authenticators_timer() {
    let mut bench = Bench::new(Config { user_action_timeout: Duration::from_secs(5), ..Config::default() });
    let channel = bench.open();
    for presence in [Presence::Wait, Presence::After(Duration::from_secs(6))] {
        bench.engine.touch_mut().presence = presence;
        let start = bench.now.as_millis();
        bench.send(channel, command::CBOR, &SELECTION);
        assert_eq!(bench.pass(7_000).pop(), Some((start + 5_000, reply(channel, ABSENT))));
    }
}

#[test]
fn a_fingers_sample_is_waited_for_as_long_as_the_platform_says() {
    for (timeout, expected) in [(Some(2), 2_000), (Some(8), 8_000), (None, 5_000)] {
        let mut bench = Bench::new(Config { user_action_timeout: Duration::from_secs(5), ..Config::default() });
        bench.engine.touch_mut().presence = Presence::Wait;
        bench.engine.steps_mut().purpose =
            Some(Purpose::EnrollFingerprint { remaining_samples: 3, timeout: timeout.map(Duration::from_secs) });
        let channel = bench.open();
        bench.send(channel, command::CBOR, &SELECTION);
        assert_eq!(bench.pass(10_000).pop(), Some((expected, reply(channel, ABSENT))));
        assert_eq!(bench.engine.steps_mut().answers, [UserAnswer::Never]);
    }
}

#[test]
fn the_user_answers_from_outside_while_a_request_waits() {
    let mut bench = Bench::waiting();
    let channel = bench.open();
    assert!(!bench.engine.user(bench.now, UserAnswer::Approve));
    for (answer, status) in [(UserAnswer::Approve, APPROVED), (UserAnswer::Refuse, 0x27)] {
        let _ = bench.exchange(channel, command::CBOR, &SELECTION);
        let _ = bench.pass(10);
        assert!(bench.engine.user(bench.now, answer));
        assert_eq!(bench.messages(), [reply(channel, status)]);
    }
    // A wrong finger is asked again, and there is time anew.
    let _ = bench.exchange(channel, command::CBOR, &SELECTION);
    let _ = bench.pass(20_000);
    assert!(bench.engine.user(bench.now, UserAnswer::WrongFinger));
    assert!(bench.pass(20_000).iter().all(|(_, message)| *message == keepalive(channel, 2)));
    assert!(bench.engine.user(bench.now, UserAnswer::Approve));
    assert_eq!(bench.messages(), [reply(channel, APPROVED)]);
}

#[test]
fn the_users_mood_changes_while_a_request_waits() {
    let mut bench = Bench::waiting();
    let channel = bench.open();
    let _ = bench.exchange(channel, command::CBOR, &SELECTION);
    let _ = bench.pass(1_000);
    bench.engine.touch_mut().presence = Presence::AtOnce;
    bench.engine.ask_again(bench.now);
    assert_eq!(bench.messages(), [reply(channel, APPROVED)]);
}

#[test]
fn a_jump_of_time_gives_the_answer_that_was_due() {
    let mut bench = Bench::new(Config::default());
    let channel = bench.open();
    bench.engine.touch_mut().presence = Presence::After(Duration::from_secs(2));
    bench.send(channel, command::CBOR, &SELECTION);
    bench.engine.tick(Time::from_millis(1_000_000));
    assert_eq!(bench.messages(), [reply(channel, APPROVED)]);
}

#[test]
fn a_command_that_is_never_answered_leaves_the_device_idle() {
    let mut bench = Bench::new(Config::default());
    let channel = bench.open();
    bench.engine.steps_mut().silent = true;
    bench.send(channel, command::CBOR, &SELECTION);
    assert_eq!(bench.pass(1_000), []);
    assert!(bench.events().contains(&HidEvent::Silence { channel }));
    bench.is_alive();
}

#[test]
fn events_tell_the_story_of_one_command() {
    let mut bench = Bench::waiting();
    let channel = bench.open();
    let _ = bench.events();
    let _ = bench.exchange(channel, command::CBOR, &SELECTION);
    let _ = bench.exchange(channel, command::PING, b"");
    bench.engine.user(bench.now, UserAnswer::Approve);
    let story = bench.events();
    assert!(matches!(
        &story[..],
        [
            HidEvent::Request { command: command::CBOR, .. },
            HidEvent::Prompt { .. },
            HidEvent::Error { error: ErrorCode::ChannelBusy, .. },
            HidEvent::Answer { answer: UserAnswer::Approve, .. },
            HidEvent::Reply { command: command::CBOR, .. },
        ]
    ));
    assert_eq!(bench.messages(), [reply(channel, APPROVED)]);
}
