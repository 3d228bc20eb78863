use super::*;
use crate::bench::platform::{CLIENT_PIN, Platform};
use crate::bench::{Answer, Bench, Members as Request, answer, passkey, prompt};
use crate::config::{BuiltInVerification, Commands, FingerprintKind, Protection};
use crate::fingerprint::SampleStatus;
use crate::pin_uv::PinUvAuthProtocol;
use crate::store::SledStore;
use crate::{Config, Effect, KeyState};

const COMMAND: u8 = 0x09;
const PIN: &str = "1234";

fn config() -> Config {
    let sensor = FingerprintSensor { kind: FingerprintKind::Swipe, samples: 3, capacity: 2, max_friendly_name: 12 };
    Config {
        protection: Protection::full(),
        commands: Commands { fingerprint_sensor: Some(sensor), ..Commands::full() },
        verification: BuiltInVerification::NotEnrolled,
        ..Config::default()
    }
}

/// A key with a PIN and no finger.
fn fresh() -> Bench {
    let mut bench = Bench::new(config());
    bench.set_pin(PIN);
    bench
}

fn enroller(bench: &mut Bench) -> Vec<u8> {
    bench.token(PinUvAuthProtocol::Two, PIN, Permissions::BIO_ENROLLMENT, None)
}

fn request(subcommand: u8, params: Option<Value>) -> Request {
    let request = Request(Vec::new()).with(1, Value::from(1)).with(2, Value::from(subcommand));
    match params {
        Some(params) => request.with(3, params),
        None => request,
    }
}

fn signed(subcommand: u8, params: Option<Value>, token: &[u8]) -> Request {
    let mut message = vec![1, subcommand];
    message.extend(params.as_ref().map(cbor::write).unwrap_or_default());
    let param = PinUvAuthProtocol::Two.authenticate(token, &message);
    request(subcommand, params).with(4, Value::from(2)).with(5, Value::Bytes(param))
}

fn send(bench: &mut Bench, request: Request) -> Answer {
    answer(bench.send(COMMAND, request))
}

fn sample(bench: &mut Bench, request: Request, finger: UserAnswer) -> Answer {
    bench.run(COMMAND, request, &[finger])
}

fn id_of(answer: &Answer) -> Vec<u8> {
    answer.member(4).and_then(Value::as_bytes).unwrap().clone()
}

fn template(id: &[u8]) -> Option<Value> {
    Some(cbor::int_map([(1, Value::Bytes(id.to_vec()))]))
}

fn feedback(answer: &Answer) -> (u8, u8) {
    let number = |member| answer.member(member).and_then(Value::as_integer).unwrap().try_into().unwrap();
    (number(5), number(6))
}

/// Enrols one finger with good samples.
fn enroll(bench: &mut Bench, token: &[u8]) -> Vec<u8> {
    let first = sample(bench, signed(1, None, token), UserAnswer::Approve);
    let id = id_of(&first);
    for remaining in [1, 0] {
        let next = sample(bench, signed(2, template(&id), token), UserAnswer::Approve);
        assert_eq!(feedback(&next), (0, remaining), "{}", bench.why());
    }
    id
}

/// Identifiers and names, as enumerateEnrollments tells them.
fn enrolled(bench: &mut Bench, token: &[u8]) -> Vec<(Vec<u8>, String)> {
    let reply = send(bench, signed(4, None, token));
    if reply.status == Status::InvalidOption {
        return Vec::new();
    }
    let infos = reply.member(7).and_then(Value::as_array).unwrap();
    let info = |info: &Value| {
        let pairs = info.as_map().unwrap();
        (pairs[0].1.as_bytes().unwrap().clone(), pairs[1].1.as_text().unwrap().to_owned())
    };
    infos.iter().map(info).collect()
}

#[test]
fn modality_and_sensor_are_told_without_a_token() {
    let mut bench = Bench::new(config());
    let reply = send(&mut bench, Request(Vec::new()).with(6, Value::from(true)));
    assert_eq!((reply.status, reply.tree), (Status::Ok, cbor::int_map([(1, Value::from(1))])));
    let reply = send(&mut bench, request(7, None));
    assert_eq!(reply.tree, cbor::int_map([(2, Value::from(2)), (3, Value::from(3)), (8, Value::from(12))]));
}

#[test]
fn a_finger_is_enrolled_by_its_samples_and_verifies_from_then_on() {
    let mut bench = fresh();
    assert_eq!(
        ["uv", "bioEnroll", "userVerificationMgmtPreview", "uvBioEnroll"].map(|name| bench.option(name)),
        [Some(false), Some(false), Some(false), Some(true)]
    );
    let token = enroller(&mut bench);
    let step = bench.send(COMMAND, signed(1, None, &token));
    let purpose = Purpose::EnrollFingerprint { remaining_samples: 3, timeout: None };
    assert_eq!(prompt(step), Prompt::Presence { purpose });
    let first = answer(bench.answer(UserAnswer::Approve));
    assert_eq!((first.status, feedback(&first)), (Status::Ok, (0, 2)));
    let id = id_of(&first);
    // Each sample that is not good says why, and does not count.
    for (status, _) in &SampleStatus::ALL[1..] {
        let reply = sample(&mut bench, signed(2, template(&id), &token), UserAnswer::Sample(*status));
        assert_eq!((reply.status, feedback(&reply), reply.member(4)), (Status::Ok, (status.code(), 2), None));
    }
    assert_eq!(feedback(&sample(&mut bench, signed(2, template(&id), &token), UserAnswer::WrongFinger)), (0, 1));
    // Not enrolled yet.
    assert_eq!((enrolled(&mut bench, &token), bench.option("uv")), (vec![], Some(false)));
    assert_eq!(feedback(&sample(&mut bench, signed(2, template(&id), &token), UserAnswer::Approve)), (0, 0));
    assert_eq!(enrolled(&mut bench, &token), [(id.clone(), String::new())]);
    assert_eq!((bench.option("uv"), bench.option("bioEnroll")), (Some(true), Some(true)));
    // The enrolment is over.
    assert_eq!(send(&mut bench, signed(2, template(&id), &token)).status, Status::NotAllowed);
    assert_eq!(bench.approve(0x01, passkey(1)).status, Status::Ok);
}

#[test]
fn what_is_enrolled_is_kept_renamed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::over(config(), Box::new(SledStore::open(folder.path(), "key").unwrap()));
    bench.set_pin(PIN);
    let token = enroller(&mut bench);
    let (thumb, index) = (enroll(&mut bench, &token), enroll(&mut bench, &token));
    let name = |id: &[u8], name: &str| Some(cbor::int_map([(1, Value::Bytes(id.to_vec())), (2, Value::from(name))]));
    let reply = send(&mut bench, signed(5, name(&thumb, "thumb"), &token));
    assert_eq!((reply.status, reply.tree), (Status::Ok, Value::Null));
    assert_eq!(send(&mut bench, signed(5, name(&thumb, "longer than 12"), &token)).status, Status::InvalidLength);
    assert_eq!(send(&mut bench, signed(5, name(&[1], "thumb"), &token)).status, Status::InvalidOption);
    let both = [(thumb.clone(), "thumb".to_owned()), (index.clone(), String::new())];
    assert_eq!(enrolled(&mut bench, &token), both);
    // No third fits.
    assert_eq!(send(&mut bench, signed(1, None, &token)).status, Status::FpDatabaseFull);
    drop(bench);
    let mut bench = Bench::over(config(), Box::new(SledStore::open(folder.path(), "key").unwrap()));
    let token = enroller(&mut bench);
    assert_eq!(enrolled(&mut bench, &token), both);
    assert_eq!(send(&mut bench, signed(6, template(&thumb), &token)).status, Status::Ok);
    assert_eq!(enrolled(&mut bench, &token), both[1..]);
    assert_eq!(send(&mut bench, signed(6, template(&thumb), &token)).status, Status::InvalidOption);
    assert_eq!(send(&mut bench, signed(6, template(&index), &token)).status, Status::Ok);
    assert_eq!(send(&mut bench, signed(4, None, &token)).status, Status::InvalidOption);
    assert_eq!(bench.option("uv"), Some(false));
}

#[test]
fn a_device_that_leaves_the_factory_enrolled_has_a_finger_until_it_is_reset() {
    let mut bench = Bench::new(Config { verification: BuiltInVerification::Ready, ..config() });
    bench.set_pin(PIN);
    let token = enroller(&mut bench);
    assert_eq!((enrolled(&mut bench, &token).len(), bench.option("uv")), (1, Some(true)));
    let _ = prompt(bench.bare(0x07));
    assert_eq!(answer(bench.answer(UserAnswer::Approve)).status, Status::Ok);
    assert_eq!(bench.option("uv"), Some(false));
}

#[test]
fn an_enrolment_is_cancelled_or_given_up_for_another() {
    let mut bench = fresh();
    let token = enroller(&mut bench);
    let first = id_of(&sample(&mut bench, signed(1, None, &token), UserAnswer::Approve));
    // cancelCurrentEnrollment needs no token, and there need not be anything to cancel.
    for _ in 0..2 {
        assert_eq!(send(&mut bench, request(3, None)).status, Status::Ok);
    }
    assert_eq!(send(&mut bench, signed(2, template(&first), &token)).status, Status::NotAllowed);
    let second = id_of(&sample(&mut bench, signed(1, None, &token), UserAnswer::Approve));
    let third = id_of(&sample(&mut bench, signed(1, None, &token), UserAnswer::Approve));
    assert_ne!(second, third);
    assert_eq!(send(&mut bench, signed(2, template(&second), &token)).status, Status::InvalidParameter);
    // The user or the client breaks off one sample, and the enrolment goes on.
    for (gesture, status) in [(UserAnswer::Refuse, Status::OperationDenied), (UserAnswer::Cancel, Status::KeepaliveCancel)] {
        assert_eq!(sample(&mut bench, signed(2, template(&third), &token), gesture).status, status);
    }
    assert_eq!(feedback(&sample(&mut bench, signed(2, template(&third), &token), UserAnswer::Approve)), (0, 1));
    // Power ends it.
    bench.key.power_cycle(bench.now);
    let token = enroller(&mut bench);
    assert_eq!(send(&mut bench, signed(2, template(&third), &token)).status, Status::NotAllowed);
    assert_eq!(enrolled(&mut bench, &token), []);
}

#[test]
fn a_sample_has_the_platforms_time_or_the_devices() {
    let mut bench = fresh();
    let token = enroller(&mut bench);
    for (timeout, waited, status) in
        [(None, 30_000, 0x00), (None, 30_001, 0x0D), (Some(2_000), 2_000, 0x00), (Some(2_000), 2_001, 0x0D), (Some(40_000), 40_000, 0)]
    {
        let params = timeout.map(|timeout: u32| cbor::int_map([(3, Value::from(timeout))]));
        let step = bench.send(COMMAND, signed(1, params, &token));
        let timeout = timeout.map(|timeout| Duration::from_millis(timeout.into()));
        assert_eq!(prompt(step), Prompt::Presence { purpose: Purpose::EnrollFingerprint { remaining_samples: 3, timeout } });
        bench.now += Duration::from_millis(waited);
        let reply = answer(bench.answer(UserAnswer::Approve));
        assert_eq!((reply.status, feedback(&reply).0), (Status::Ok, status), "{timeout:?} {waited}");
    }
    // Nobody there is told as such, and the enrolment waits for the next sample.
    let reply = sample(&mut bench, signed(1, None, &token), UserAnswer::Never);
    assert_eq!((reply.status, feedback(&reply)), (Status::Ok, (0x0D, 3)));
    let id = id_of(&reply);
    assert_eq!(feedback(&sample(&mut bench, signed(2, template(&id), &token), UserAnswer::Approve)), (0, 2));
}

#[test]
fn a_new_finger_does_to_the_keys_what_it_does_on_this_device() {
    let on_event = [(Event::FingerprintEnrolled, Effect::KeyInvalidated), (Event::FingerprintRemoved, Effect::CredentialGone)];
    let mut bench = Bench::new(Config { on_event: on_event.into(), ..config() });
    bench.set_pin(PIN);
    assert_eq!(bench.approve(0x01, passkey(1).options(&[], 7)).status, Status::Ok, "{}", bench.why());
    let token = enroller(&mut bench);
    let id = enroll(&mut bench, &token);
    assert_eq!(bench.key.store().credentials().unwrap()[0].key, KeyState::Invalidated);
    assert_eq!(send(&mut bench, signed(6, template(&id), &token)).status, Status::Ok);
    assert_eq!(bench.key.store().credentials().unwrap(), []);
}

#[test]
fn what_is_missing_or_wrong_gets_its_status() {
    let mut bench = fresh();
    let token = enroller(&mut bench);
    for (request, status) in [
        (Request(Vec::new()), Status::MissingParameter),
        (Request(Vec::new()).with(6, Value::from(false)), Status::MissingParameter),
        (request(7, None).without(1), Status::MissingParameter),
        (request(7, None).without(2), Status::MissingParameter),
        (request(7, None).with(1, Value::from(2)), Status::UnsupportedOption),
        (request(0, None), Status::InvalidSubcommand),
        (request(8, None), Status::InvalidSubcommand),
        (request(1, None).with(2, Value::from(257)), Status::InvalidSubcommand),
        (signed(1, None, &token).without(4), Status::MissingParameter),
        (signed(1, None, &token).with(4, Value::from(3)), Status::InvalidParameter),
        (signed(1, None, &[9; 32]), Status::PinAuthInvalid),
        (signed(6, None, &token).with(2, Value::from(4)), Status::PinAuthInvalid),
        (signed(2, None, &token), Status::MissingParameter),
        (signed(5, None, &token), Status::MissingParameter),
        (signed(5, template(&[1]), &token), Status::MissingParameter),
        (signed(6, None, &token), Status::MissingParameter),
    ] {
        let shown = format!("{:?}", request.0);
        assert_eq!(send(&mut bench, request).status, status, "{shown}");
    }
    for subcommand in [1, 2, 4, 5, 6] {
        assert_eq!(send(&mut bench, request(subcommand, None)).status, Status::PuatRequired, "{subcommand}");
    }
    // Another permission, and no PIN at all.
    let other = bench.token(PinUvAuthProtocol::Two, PIN, Permissions::CREDENTIAL_MANAGEMENT, None);
    assert_eq!(send(&mut bench, signed(4, None, &other)).status, Status::PinAuthInvalid);
    let mut bench = Bench::new(config());
    assert_eq!(send(&mut bench, signed(1, None, &token)).status, Status::PinAuthInvalid);
}

#[test]
fn the_prototype_takes_a_plain_pin_token() {
    let mut bench = fresh();
    let mut platform = Platform::connect(&mut bench, PinUvAuthProtocol::Two);
    let reply = bench.approve(CLIENT_PIN, platform.get_pin_token(PIN));
    let token = platform.token(&reply);
    assert_eq!(send(&mut bench, signed(1, None, &token)).status, Status::PinAuthInvalid);
    let reply = bench.run(0x40, signed(1, None, &token), &[UserAnswer::Approve]);
    assert_eq!((reply.status, feedback(&reply)), (Status::Ok, (0, 2)));
}

#[test]
fn a_device_without_it_has_no_such_command() {
    let full = config().commands;
    for (commands, options) in [
        (Commands { fingerprint_sensor: None, ..full.clone() }, [None, None]),
        (Commands { bio_enrollment: false, bio_enrollment_preview: false, ..full }, [None, None]),
    ] {
        let mut bench = Bench::new(Config { commands, ..config() });
        for code in [COMMAND, 0x40] {
            assert_eq!(answer(bench.send(code, request(7, None))).status, Status::InvalidCommand);
        }
        assert_eq!(["bioEnroll", "userVerificationMgmtPreview"].map(|name| bench.option(name)), options);
    }
}
