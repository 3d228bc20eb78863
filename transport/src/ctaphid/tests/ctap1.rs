//! MSG with an authenticator behind it: the host polls for the touch.

use std::time::Duration;

use faultkey_authenticator::UserAnswer;

use super::bench::{Bench, Message, SELECTION, keepalive};
use crate::ctaphid::{Config, Ctap1, ErrorCode, HidEvent, Presence, command};

const VERSION: [u8; 4] = [0, 3, 0, 0];
const SIGN: [u8; 4] = [0, 2, 3, 0];
const SIGN_ELSEWHERE: [u8; 4] = [0, 2, 4, 0];
const TOUCHED: [u8; 2] = [0x90, 0x00];
const NOT_TOUCHED: [u8; 2] = [0x69, 0x85];

fn bench(presence: Presence) -> (Bench, u32) {
    let mut bench = Bench::new(Config { ctap1: Ctap1::Implemented, user_action_timeout: Duration::from_secs(5), ..Config::default() });
    bench.engine.touch_mut().presence = presence;
    let channel = bench.open();
    let _ = bench.events();
    (bench, channel)
}

fn reply(channel: u32, bytes: &[u8]) -> Message {
    (channel, command::MSG, bytes.to_vec())
}

#[test]
fn what_needs_no_touch_is_answered_by_the_authenticator() {
    let (mut bench, channel) = bench(Presence::Wait);
    assert_eq!(bench.exchange(channel, command::MSG, &VERSION), reply(channel, b"U2F_V2\x90\x00"));
    assert!(!bench.events().iter().any(|event| matches!(event, HidEvent::Prompt { .. })));
    assert_eq!(bench.exchange(channel, command::MSG, b""), super::bench::error(channel, ErrorCode::InvalidLength));
}

#[test]
fn a_touch_that_is_there_answers_at_once() {
    let (mut bench, channel) = bench(Presence::AtOnce);
    for _ in 0..2 {
        assert_eq!(bench.exchange(channel, command::MSG, &SIGN), reply(channel, &TOUCHED));
        let [HidEvent::Request { .. }, HidEvent::Prompt { .. }, HidEvent::Answer { .. }, HidEvent::Reply { .. }] = &bench.events()[..]
        else {
            panic!("one prompt and one answer for each request")
        };
    }
}

#[test]
fn a_host_polls_until_the_touch_and_a_touch_serves_once() {
    let (mut bench, channel) = bench(Presence::After(Duration::from_secs(2)));
    for round in 0..2 {
        for _ in 0..10 {
            assert_eq!(bench.exchange(channel, command::MSG, &SIGN), reply(channel, &NOT_TOUCHED), "round {round}");
            assert_eq!(bench.pass(200), [], "no keepalive");
        }
        assert_eq!(bench.exchange(channel, command::MSG, &SIGN), reply(channel, &TOUCHED));
        let prompts = bench.events().iter().filter(|event| matches!(event, HidEvent::Prompt { .. })).count();
        assert_eq!(prompts, 1);
    }
    let answers = &bench.engine.steps_mut().apdu_answers;
    assert_eq!((answers.len(), answers[9], answers[10]), (22, UserAnswer::Never, UserAnswer::Approve));
}

#[test]
fn a_touch_is_for_the_request_and_the_channel_that_asked() {
    let (mut bench, channel) = bench(Presence::After(Duration::from_secs(1)));
    let other = bench.open();
    for (channel, apdu) in [(channel, SIGN), (channel, SIGN_ELSEWHERE), (other, SIGN_ELSEWHERE)] {
        assert_eq!(bench.exchange(channel, command::MSG, &apdu), reply(channel, &NOT_TOUCHED));
        let _ = bench.pass(1_000);
    }
    assert_eq!(bench.exchange(other, command::MSG, &SIGN_ELSEWHERE), reply(other, &TOUCHED));
}

#[test]
fn an_unused_touch_ends_with_time_init_reset_and_a_cbor_command() {
    type End = fn(&mut Bench, u32);
    let ends: [End; 4] = [
        |bench, _| assert_eq!(bench.pass(4_000), []),
        |bench, channel| assert_eq!(bench.exchange(channel, command::INIT, b"nonce  8").1, command::INIT),
        |bench, _| {
            bench.engine.reset(bench.now);
            let _ = bench.open();
        },
        |bench, channel| {
            assert_eq!(bench.exchange(channel, command::CBOR, &SELECTION), keepalive(channel, 2));
            assert_eq!(bench.exchange(channel, command::CANCEL, b""), (channel, command::CBOR, vec![0x2D]));
        },
    ];
    for end in ends {
        let (mut bench, mut channel) = bench(Presence::After(Duration::from_secs(1)));
        assert_eq!(bench.exchange(channel, command::MSG, &SIGN), reply(channel, &NOT_TOUCHED));
        let _ = bench.pass(1_000);
        end(&mut bench, channel);
        let last = bench.events().into_iter().rev().find_map(|event| match event {
            HidEvent::ChannelAllocated { channel } => Some(channel),
            _ => None,
        });
        channel = last.unwrap_or(channel);
        assert_eq!(bench.exchange(channel, command::MSG, &SIGN), reply(channel, &NOT_TOUCHED));
    }
}

#[test]
fn the_user_touches_from_outside_while_a_host_polls() {
    let (mut bench, channel) = bench(Presence::Wait);
    assert!(!bench.engine.user(bench.now, UserAnswer::Approve));
    assert_eq!(bench.exchange(channel, command::MSG, &SIGN), reply(channel, &NOT_TOUCHED));
    assert!(bench.engine.user(bench.now, UserAnswer::Approve));
    assert_eq!(bench.exchange(channel, command::MSG, &SIGN), reply(channel, &TOUCHED));
    // It was used: nobody polls.
    assert!(!bench.engine.user(bench.now, UserAnswer::Approve));

    assert_eq!(bench.exchange(channel, command::MSG, &SIGN), reply(channel, &NOT_TOUCHED));
    bench.engine.touch_mut().presence = Presence::AtOnce;
    assert_eq!(bench.exchange(channel, command::MSG, &SIGN), reply(channel, &NOT_TOUCHED), "the prompt was before the mood");
    bench.engine.ask_again(bench.now);
    assert_eq!(bench.exchange(channel, command::MSG, &SIGN), reply(channel, &TOUCHED));
}
