use std::time::Duration;

use ciborium::Value;
use sha2::{Digest, Sha256};

use super::ChannelId;
use crate::bench::{Answer, Bench, Members, answer, assertion, passkey, prompt};
use crate::cbor::{int_map, write};
use crate::config::{BuiltInVerification, Commands, Protection};
use crate::pin_uv::{Permissions, PinUvAuthProtocol};
use crate::{CommandSteps, Config, Status, Step, UserAnswer};

const PIN: &str = "1234";
const ONE: ChannelId = ChannelId(1);
const OTHER: ChannelId = ChannelId(2);
const INFO: u8 = 0x04;
const NEXT: u8 = 0x08;
const BIO: u8 = 0x09;
const MANAGE: u8 = 0x0A;
const LARGE_BLOBS: u8 = 0x0C;

/// A key with two passkeys and a PIN, heard on channel one.
fn bench() -> Bench {
    let config = Config {
        protection: Protection::full(),
        commands: Commands::full(),
        verification: BuiltInVerification::NotEnrolled,
        ..Config::default()
    };
    let mut bench = Bench::new(config);
    for number in [1, 2] {
        let made = bench.approve(0x01, passkey(number).options(&[("rk", true)], 7));
        assert_eq!(made.status, Status::Ok, "{}", bench.why());
    }
    bench.set_pin(PIN);
    on(&mut bench, ONE);
    bench
}

fn on(bench: &mut Bench, channel: ChannelId) {
    bench.key.channel(bench.now, channel);
}

fn token(bench: &mut Bench, permissions: Permissions) -> Vec<u8> {
    bench.token(PinUvAuthProtocol::Two, PIN, permissions, permissions.has_any(Permissions::GET_ASSERTION).then_some("broker.test"))
}

fn metadata(bench: &mut Bench, token: &[u8]) -> Status {
    answer(bench.send(MANAGE, managing(1, None, token))).status
}

/// A subcommand of credentialManagement, signed.
fn managing(sub_command: u8, params: Option<Value>, token: &[u8]) -> Members {
    let message = [vec![sub_command], params.as_ref().map(write).unwrap_or_default()].concat();
    let request = params.into_iter().fold(Members(Vec::new()).with(1, Value::from(sub_command)), |request, params| request.with(2, params));
    request.with(3, Value::from(2)).with(4, Value::Bytes(PinUvAuthProtocol::Two.authenticate(token, &message)))
}

/// A subcommand of bioEnrollment, signed.
fn enrolling(sub_command: u8, params: Option<Value>, token: &[u8]) -> Members {
    let message = [vec![1, sub_command], params.as_ref().map(write).unwrap_or_default()].concat();
    let request = Members(Vec::new()).with(1, Value::from(1)).with(2, Value::from(sub_command));
    let request = params.into_iter().fold(request, |request, params| request.with(3, params));
    request.with(4, Value::from(2)).with(5, Value::Bytes(PinUvAuthProtocol::Two.authenticate(token, &message)))
}

fn signed_assertion(token: &[u8]) -> Members {
    crate::bench::platform::signed(assertion(), 6, PinUvAuthProtocol::Two, token)
}

#[test]
fn a_token_is_its_channels_and_dies_with_it() {
    let mut bench = bench();
    let token = token(&mut bench, Permissions::CREDENTIAL_MANAGEMENT);
    assert_eq!(metadata(&mut bench, &token), Status::Ok);
    on(&mut bench, OTHER);
    assert_eq!(metadata(&mut bench, &token), Status::PinAuthInvalid);
    assert_eq!(bench.why(), "CTAP2_ERR_PIN_AUTH_INVALID (0x33): no pinUvAuthToken of this protocol is in use on this channel");
    // The other's attempt, and the other's end, take nothing from its owner.
    bench.key.channel_closed(bench.now, OTHER);
    on(&mut bench, ONE);
    assert_eq!(metadata(&mut bench, &token), Status::Ok);
    bench.key.channel_closed(bench.now, ONE);
    on(&mut bench, ONE);
    assert_eq!(metadata(&mut bench, &token), Status::PinAuthInvalid);
}

#[test]
fn a_token_for_another_channel_ends_the_one_before() {
    let mut bench = bench();
    let first = token(&mut bench, Permissions::CREDENTIAL_MANAGEMENT);
    on(&mut bench, OTHER);
    let second = token(&mut bench, Permissions::CREDENTIAL_MANAGEMENT);
    assert_eq!(metadata(&mut bench, &second), Status::Ok);
    on(&mut bench, ONE);
    assert_eq!(metadata(&mut bench, &first), Status::PinAuthInvalid);
}

#[test]
fn the_persistent_token_is_nobodys() {
    let mut bench = bench();
    let token = token(&mut bench, Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ);
    bench.key.channel_closed(bench.now, ONE);
    on(&mut bench, OTHER);
    assert_eq!(metadata(&mut bench, &token), Status::Ok);
}

#[test]
fn what_goes_on_right_after_its_own_command_ends_with_another_channels_command() {
    for is_closed in [false, true] {
        // getNextAssertion
        let mut bench = bench();
        let granted = token(&mut bench, Permissions::GET_ASSERTION);
        let first = bench.approve(0x02, signed_assertion(&granted));
        assert_eq!((first.status, first.member(5)), (Status::Ok, Some(&Value::from(2))), "{}", bench.why());
        interfere(&mut bench, is_closed);
        assert_eq!(answer(bench.bare(NEXT)).status, Status::NotAllowed);

        // credentialManagement
        for (begin, next, params) in [(2, 3, None), (4, 5, Some(int_map([(1, Value::Bytes(Sha256::digest("broker.test").to_vec()))])))] {
            let mut bench = self::bench();
            let granted = token(&mut bench, Permissions::CREDENTIAL_MANAGEMENT);
            let begun = answer(bench.send(MANAGE, managing(begin, params, &granted)));
            assert_eq!(begun.status, Status::Ok);
            interfere(&mut bench, is_closed);
            let next = answer(bench.send(MANAGE, Members(Vec::new()).with(1, Value::from(next))));
            assert_eq!(next.status, Status::NotAllowed);
        }
    }
}

/// Channel one is closed and comes back, or another channel's command comes between.
fn interfere(bench: &mut Bench, is_closed: bool) {
    if is_closed {
        bench.key.channel_closed(bench.now, ONE);
    } else {
        on(bench, OTHER);
        // Not even its own getNextAssertion gets anything.
        assert_eq!(answer(bench.bare(NEXT)).status, Status::NotAllowed);
    }
    on(bench, ONE);
}

fn enroll(bench: &mut Bench, sub_command: u8, params: Option<Value>, token: &[u8]) -> Answer {
    let request = enrolling(sub_command, params, token);
    match bench.send(BIO, request) {
        Step::NeedUser(_) => answer(bench.answer(UserAnswer::Approve)),
        reply @ Step::Reply(_) => answer(reply),
    }
}

#[test]
fn an_enrolment_is_its_channels() {
    let mut bench = bench();
    let granted = token(&mut bench, Permissions::BIO_ENROLLMENT);
    let first = enroll(&mut bench, 0x01, None, &granted);
    assert_eq!(first.status, Status::Ok, "{}", bench.why());
    let template = Some(int_map([(1, first.member(4).unwrap().clone())]));
    // Another channel asks for something else, and cancels what it has not begun.
    on(&mut bench, OTHER);
    assert_eq!(answer(bench.bare(INFO)).status, Status::Ok);
    let cancel = Members(Vec::new()).with(1, Value::from(1)).with(2, Value::from(3));
    assert_eq!(answer(bench.send(BIO, cancel)).status, Status::Ok);
    on(&mut bench, ONE);
    assert_eq!(enroll(&mut bench, 0x02, template.clone(), &granted).status, Status::Ok, "{}", bench.why());
    // With a token of its own it still can't go on with the first one's enrolment.
    on(&mut bench, OTHER);
    let theirs = token(&mut bench, Permissions::BIO_ENROLLMENT);
    assert_eq!(enroll(&mut bench, 0x02, template.clone(), &theirs).status, Status::NotAllowed);
    bench.key.channel_closed(bench.now, ONE);
    on(&mut bench, ONE);
    let granted = token(&mut bench, Permissions::BIO_ENROLLMENT);
    assert_eq!(enroll(&mut bench, 0x02, template, &granted).status, Status::NotAllowed);
}

fn fragment(bytes: &[u8], offset: u32, length: Option<u32>, token: &[u8]) -> Members {
    let message = [&[0xFF; 32][..], &[0x0C, 0], &offset.to_le_bytes(), &Sha256::digest(bytes)].concat();
    let param = PinUvAuthProtocol::Two.authenticate(token, &message);
    let request = Members(Vec::new()).with(2, Value::Bytes(bytes.to_vec())).with(3, Value::from(offset));
    let request = request.with(5, Value::Bytes(param)).with(6, Value::from(2));
    match length {
        Some(length) => request.with(4, Value::from(length)),
        None => request,
    }
}

#[test]
fn large_blobs_being_written_are_their_channels() {
    let content = [0x80; 24];
    let array = [&content[..], &Sha256::digest(content)[..16]].concat();
    for is_closed in [false, true] {
        let mut bench = bench();
        let granted = token(&mut bench, Permissions::LARGE_BLOB_WRITE);
        assert_eq!(answer(bench.send(LARGE_BLOBS, fragment(&array[..20], 0, Some(40), &granted))).status, Status::Ok);
        on(&mut bench, OTHER);
        let rest = fragment(&array[20..], 20, None, &granted);
        assert_eq!(answer(bench.send(LARGE_BLOBS, rest)).status, Status::InvalidSeq);
        on(&mut bench, ONE);
        let (rest, expected) = if is_closed {
            bench.key.channel_closed(bench.now, ONE);
            let granted = token(&mut bench, Permissions::LARGE_BLOB_WRITE);
            (fragment(&array[20..], 20, None, &granted), Status::InvalidSeq)
        } else {
            (fragment(&array[20..], 20, None, &granted), Status::Ok)
        };
        assert_eq!(answer(bench.send(LARGE_BLOBS, rest)).status, expected, "{}", bench.why());
    }
}

#[test]
fn a_command_that_waits_is_forgotten_with_its_channel_and_no_other() {
    let mut bench = bench();
    let _ = prompt(bench.bare(0x0B));
    bench.key.channel_closed(bench.now, OTHER);
    assert_eq!(answer(bench.answer(UserAnswer::Approve)).status, Status::Ok);
    let _ = prompt(bench.bare(0x0B));
    bench.key.channel_closed(bench.now, ONE);
    assert_eq!(answer(bench.answer(UserAnswer::Approve)).status, Status::NotAllowed);
}

/// Ten minutes are the most that a token lives, whatever it is used for.
#[test]
fn what_a_token_began_ends_with_it() {
    let ages = |bench: &mut Bench, then: u64| bench.now += Duration::from_secs(then);
    let mut bench = bench();
    let granted = token(&mut bench, Permissions::GET_ASSERTION);
    // Used in time, and its permission not spent.
    let silent = signed_assertion(&granted).options(&[("up", false)], 5);
    assert_eq!(bench.approve(0x02, silent).status, Status::Ok, "{}", bench.why());
    ages(&mut bench, 590);
    assert_eq!(bench.approve(0x02, signed_assertion(&granted)).status, Status::Ok, "{}", bench.why());
    ages(&mut bench, 20);
    assert_eq!(answer(bench.bare(NEXT)).status, Status::NotAllowed);
    assert_eq!(bench.why(), "CTAP2_ERR_NOT_ALLOWED (0x30): the pinUvAuthToken of the getAssertion is not in use any more");

    for (begin, next, params) in [(2, 3, None), (4, 5, Some(int_map([(1, Value::Bytes(Sha256::digest("broker.test").to_vec()))])))] {
        let mut bench = self::bench();
        let granted = token(&mut bench, Permissions::CREDENTIAL_MANAGEMENT);
        assert_eq!(metadata(&mut bench, &granted), Status::Ok);
        ages(&mut bench, 590);
        assert_eq!(answer(bench.send(MANAGE, managing(begin, params, &granted))).status, Status::Ok);
        ages(&mut bench, 20);
        let next = answer(bench.send(MANAGE, Members(Vec::new()).with(1, Value::from(next))));
        assert_eq!(next.status, Status::NotAllowed);
    }
}

/// A transport without channels says nothing, and all is one channel's.
#[test]
fn without_a_word_there_is_one_channel() {
    let mut bench = bench();
    on(&mut bench, ChannelId::ONLY);
    let granted = token(&mut bench, Permissions::CREDENTIAL_MANAGEMENT);
    on(&mut bench, ChannelId::ONLY);
    assert_eq!(metadata(&mut bench, &granted), Status::Ok);
}
