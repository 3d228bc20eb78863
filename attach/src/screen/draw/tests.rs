//! Pictures of the screen. What it looks like is what they hold; what it does is held in the model's own tests.

use std::path::PathBuf;
use std::time::Duration;

use faultkey_authenticator::standing::{PinStanding, Standing};
use faultkey_authenticator::step::Purpose;
use faultkey_authenticator::{Effect, Event, Prompt, Time, UserAnswer};
use faultkey_transport::ctaphid::command;
use faultkey_transport::transcript::prompt_text;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::*;
use crate::screen::{News, Scroll};
use crate::state::ArmedFault;
use crate::user::{self, Reason};
use crate::view::told;
use crate::{Happening, Place, Verification};

const MANUAL: &str = include_str!("../../../../docs/attach.md");

fn key(number: usize) -> KeyState {
    KeyState {
        number,
        profile: "yubikey-5".to_owned(),
        seed: 902,
        is_plugged: true,
        way: "UHID",
        place: "/dev/hidraw3".to_owned(),
        power_up: 2,
        presence: Presence::Auto,
        verification: Verification::Ok,
        allowed: "localhost, *.localhost, *.test, example.com".to_owned(),
        standing: Some(Standing {
            pin: Some(PinStanding { is_set: true, tries_left: 8, needs_power_cycle: false }),
            verification_tries_left: None,
        }),
        credentials: Some(2),
        waits: None,
        under_way: None,
        last: None,
        exchanges: 4,
        faults: Vec::new(),
        decisions: 1,
        kept: Place::Folder(PathBuf::from("keys")),
        trace: Some(PathBuf::from("trace.jsonl")),
    }
}

fn waits(prompt: &Prompt, reason: Option<Reason>) -> Option<Waits> {
    let (since, until) = (Time::from_millis(31_250), Time::from_millis(61_250));
    Some(Waits { text: escaped(&prompt_text(prompt)).into_owned(), hold: user::hold(prompt), reason, since, until })
}

fn sign_in(rp_id: &str) -> Prompt {
    Prompt::Presence { purpose: Purpose::Authenticate { rp_id: rp_id.to_owned() } }
}

fn armed(spec: &str, acted: u32, is_over: bool) -> ArmedFault {
    ArmedFault { name: spec.split(',').next().unwrap_or_default().to_owned(), spec: spec.to_owned(), acted, is_over }
}

fn request(number: u64, text: &str) -> Happening {
    Happening::Request { number, channel: 1, command: command::CBOR, message: vec![1], text: text.to_owned() }
}

fn reply(number: u64, status: u8, text: &str) -> Happening {
    Happening::Reply { number, channel: 1, command: command::CBOR, message: vec![status], text: text.to_owned() }
}

/// A morning at a key.
fn story() -> Vec<(u64, Happening)> {
    let register = Purpose::Register { rp_id: "broker.test".to_owned(), user_name: Some("山田 花子".to_owned()) };
    let bank = sign_in("bank.example");
    vec![
        (0, Happening::Plugged { power_up: 2 }),
        (4_120, request(1, "getInfo")),
        (4_120, reply(1, 0, "CTAP2_OK, 186 bytes")),
        (4_260, request(2, "makeCredential broker.test for \"山田 花子\", rk")),
        (4_261, Happening::Prompt { prompt: Prompt::Presence { purpose: register }, waits: None }),
        (4_261, Happening::Answer { answer: UserAnswer::Approve }),
        (4_270, reply(2, 0, "CTAP2_OK, credential 516447e2e7afdfcb27efd0e0…")),
        (9_310, request(3, "getAssertion broker.test for any credential")),
        (9_310, Happening::Fault { fault: "no-credentials".into(), text: "answers 0x2E instead of looking for a credential".into() }),
        (9_310, reply(3, 0x2E, "CTAP2_ERR_NO_CREDENTIALS (0x2E)")),
        (20_002, Happening::Event { event: Event::OsUpdated, effect: Effect::Nothing }),
        (31_250, request(4, "getAssertion bank.example for one credential")),
        (31_250, Happening::Prompt { prompt: bank, waits: Some(Reason::NotAllowed) }),
    ]
}

fn model(keys: Vec<KeyState>, story: Vec<(u64, Happening)>) -> Model {
    let mut model = Model::default();
    (model.now, model.keys, model.chosen) = (Time::from_millis(35_000), keys, 1);
    for (at, happening) in story {
        if let Some(told) = told(&happening) {
            model.take(News::Told { key: 1, at: Time::from_millis(at), told });
        }
    }
    model
}

/// A key that waits, with two faults armed.
fn busy() -> Model {
    let mut key = key(1);
    key.waits = waits(&sign_in("bank.example"), Some(Reason::NotAllowed));
    key.faults = vec![armed("no-credentials,schedule=once", 1, true), armed("operation-denied,trigger.nth=2", 0, false)];
    model(vec![key], story())
}

fn drawn(model: &mut Model, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, model)).unwrap();
    terminal.backend().buffer().clone()
}

/// As a terminal shows it: a wide character stands for two cells.
fn picture(buffer: &Buffer) -> String {
    let mut lines = Vec::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += height(columns(symbol).max(1));
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

fn style_of(buffer: &Buffer, text: &str) -> Style {
    let at = |y: u16| (0..buffer.area.width).map(move |x| (x, y));
    let starts = |(x, y): (u16, u16)| {
        let line: String = (x..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        line.starts_with(text)
    };
    let found = (0..buffer.area.height).flat_map(at).find(|place| starts(*place));
    buffer[found.unwrap_or_else(|| panic!("{text} is not there:\n{}", picture(buffer)))].style()
}

#[test]
fn a_key_that_waits_on_a_small_terminal() {
    insta::assert_snapshot!(picture(&drawn(&mut busy(), 80, 24)));
}

#[test]
fn a_key_that_waits_on_a_wide_terminal() {
    insta::assert_snapshot!(picture(&drawn(&mut busy(), 120, 40)));
}

#[test]
fn several_keys_of_which_another_waits() {
    let mut keys = vec![key(1), key(2), key(3)];
    keys[1].waits = waits(&sign_in("bank.example"), Some(Reason::Policy));
    keys[2].is_plugged = false;
    keys[2].standing = None;
    insta::assert_snapshot!(picture(&drawn(&mut model(keys, story()), 80, 24)));
}

#[test]
fn a_long_touch_says_so() {
    let mut key = key(1);
    key.waits = waits(&Prompt::Presence { purpose: Purpose::ResetByLongTouch }, Some(Reason::Policy));
    key.presence = Presence::Ask;
    insta::assert_snapshot!(picture(&drawn(&mut model(vec![key], Vec::new()), 80, 24)));
}

#[test]
fn an_unplugged_key_without_faults() {
    let mut key = key(1);
    key.is_plugged = false;
    key.standing = None;
    insta::assert_snapshot!(picture(&drawn(&mut model(vec![key], vec![(1_000, Happening::Unplugged)]), 80, 16)));
}

#[test]
fn an_answer_that_comes_by_itself_does_not_call_for_anybody() {
    let mut key = key(1);
    key.presence = Presence::After(Duration::from_secs(2));
    key.waits = waits(&sign_in("broker.test"), None);
    let buffer = drawn(&mut model(vec![key], Vec::new()), 80, 24);
    assert!(picture(&buffer).contains("the answer comes by itself (--presence)"));
    assert_eq!(style_of(&buffer, "┏").fg, Some(Color::Reset));
}

#[test]
fn the_outcome_has_a_colour_and_what_waits_stands_out() {
    let buffer = drawn(&mut busy(), 80, 40);
    for (text, color) in [
        ("-> #2", Color::Reset),
        ("<- #2", Color::Green),
        ("<- #3", Color::Red),
        ("** no-cr", Color::Magenta),
        ("!! waits", Color::Yellow),
        ("┏", Color::Yellow),
    ] {
        assert_eq!(style_of(&buffer, text).fg, Some(color), "{text}");
    }
    assert_eq!(style_of(&buffer, "faultkey").fg, Some(Color::Green));
}

#[test]
fn older_lines_stay_in_sight_when_new_ones_come() {
    let mut model = busy();
    drawn(&mut model, 80, 24);
    model.take(News::Scroll(Scroll::Oldest));
    let before = picture(&drawn(&mut model, 80, 24));
    assert!(before.contains("plugged in, power-up 2") && before.contains("newer below, End shows them"), "{before}");
    model.take(News::Said("one more".to_owned()));
    let after = picture(&drawn(&mut model, 80, 24));
    let shown = |picture: &str| picture.lines().skip(5).take(4).map(ToOwned::to_owned).collect::<Vec<_>>();
    assert_eq!(shown(&before), shown(&after));
}

/// Everything of the plain view is there, wrapped and not cut.
#[test]
fn nothing_is_lost_that_plain_lines_show() {
    let mut model = busy();
    let all = picture(&drawn(&mut model, 60, 80));
    let joined = all.split_whitespace().collect::<Vec<_>>().join(" ");
    for (at, happening) in story() {
        let told = told(&happening).unwrap();
        let line = format!("{}.{:03} {}", at / 1_000, at % 1_000, told.text.split_whitespace().collect::<Vec<_>>().join(" "));
        assert!(joined.contains(&line), "{line}\n{all}");
    }
}

#[test]
fn names_from_outside_drive_nothing() {
    let hostile = sign_in("\u{1b}[2Jbank\u{9b}1m.example\u{202e}");
    let mut key = key(1);
    key.waits = waits(&hostile, Some(Reason::NotAllowed));
    key.faults = vec![armed("no-credentials,subject.rp-id=\u{1b}c", 0, false)];
    let mut model = model(vec![key], vec![(0, Happening::Prompt { prompt: hostile, waits: Some(Reason::NotAllowed) })]);
    model.take(News::Said("plain".to_owned()));
    let picture = picture(&drawn(&mut model, 120, 30));
    assert!(picture.contains(r"\u{1b}[2Jbank\u{9b}1m.example\u{202e}") && picture.contains(r"rp-id=\u{1b}c"), "{picture}");
    assert!(!picture.contains(|character: char| character != '\n' && character.is_control()));
}

#[test]
fn every_size_is_drawn() {
    let mut several = model(vec![key(1), key(2)], story());
    several.keys[0].waits = waits(&sign_in("山田銀行.example"), Some(Reason::NotAllowed));
    several.keys[0].faults = (0..9).map(|_| armed("no-credentials,schedule=once", 1, true)).collect();
    for width in [1, 2, 3, 7, 20, 39, 79, 110, 250] {
        for height in [1, 2, 3, 5, 9, 15, 24, 70] {
            drawn(&mut several, width, height);
            drawn(&mut Model::default(), width, height);
        }
    }
}

#[test]
fn the_manual_has_the_picture() {
    let mut key = key(1);
    key.waits = waits(&sign_in("bank.example"), Some(Reason::NotAllowed));
    key.faults = vec![armed("no-credentials,schedule=once", 1, true)];
    let picture = picture(&drawn(&mut model(vec![key], story()), 96, 26));
    assert!(MANUAL.contains(&format!("```text\n{picture}\n```")), "docs/attach.md should have:\n{picture}");
}
