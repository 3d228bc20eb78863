use super::*;
use crate::bench::platform::params;
use crate::bench::{Bench, answer, passkey, prompt, registration};
use crate::config::{BuiltInVerification, Protection};
use crate::pin_uv::PinUvAuthProtocol;
use crate::step::Purpose;
use crate::{Config, Prompt, UserAnswer};

const TWO: PinUvAuthProtocol = PinUvAuthProtocol::Two;

/// A key without fingerprint reader, with everything that can be configured.
fn bench() -> Bench {
    Bench::new(Config { protection: Protection::full(), verification: BuiltInVerification::Absent, ..Config::default() })
}

fn authorized(sub_command: u8, params: Option<Value>) -> (Bench, Status) {
    let mut bench = bench();
    bench.set_pin("1234");
    let token = bench.token(TWO, "1234", Permissions::AUTHENTICATOR_CONFIG, None);
    let status = bench.configure(sub_command, params, Some(&token));
    (bench, status)
}

#[test]
fn a_protected_key_asks_for_a_token_with_acfg_over_this_very_request() {
    let mut bench = bench();
    assert_eq!(bench.configure(0x01, None, None), Status::Ok, "nothing protects it yet");
    bench.set_pin("1234");
    assert_eq!(bench.configure(0x01, None, None), Status::PuatRequired);
    let token = bench.token(TWO, "1234", Permissions::MAKE_CREDENTIAL, Some("broker.test"));
    assert_eq!(bench.configure(0x01, None, Some(&token)), Status::PinAuthInvalid);
    let token = bench.token(TWO, "1234", Permissions::AUTHENTICATOR_CONFIG, None);
    assert_eq!(bench.configure(0x01, None, Some(&[0; 32])), Status::PinAuthInvalid);
    assert_eq!(bench.configure(0x01, None, Some(&token)), Status::Ok);
    let message = [&[0xFF; 32][..], &[0x0D, 0x02]].concat();
    let other = crate::bench::Members(Vec::new()).with(1, Value::from(0x01)).with(4, Value::Bytes(TWO.authenticate(&token, &message)));
    assert_eq!(bench.approve(0x0D, other.clone()).status, Status::MissingParameter);
    assert_eq!(bench.approve(0x0D, other.with(3, Value::from(2))).status, Status::PinAuthInvalid, "signed for another subcommand");
}

#[test]
fn what_is_not_there_is_refused() {
    let mut none = Bench::new(Config::default());
    assert_eq!(none.configure(0x01, None, None), Status::InvalidCommand);
    let mut bench = bench();
    assert_eq!(bench.configure(0x63, None, None), Status::InvalidParameter);
    assert_eq!(bench.approve(0x0D, crate::bench::Members(Vec::new())).status, Status::MissingParameter);
    assert_eq!(bench.info().member(0x1F), Some(&Value::Array([1, 2, 3, 4, 255].map(Value::from).to_vec())));
}

#[test]
fn enterprise_attestation_is_enabled_until_a_reset() {
    let mut bench = bench();
    let ask = |value: u8| registration().with(0x0A, Value::from(value));
    assert_eq!(bench.option("ep"), Some(false));
    assert_eq!(bench.approve(0x01, ask(1)).status, Status::InvalidParameter);
    assert_eq!(bench.configure(0x01, None, None), Status::Ok);
    assert_eq!(bench.option("ep"), Some(true));
    assert_eq!((bench.approve(0x01, ask(1)).status, bench.approve(0x01, ask(3)).status), (Status::Ok, Status::InvalidOption));
    bench.key.happen(crate::Event::Reset).unwrap();
    assert_eq!(bench.option("ep"), Some(false));
}

#[test]
fn always_uv_goes_on_and_off_and_is_obeyed() {
    let mut bench = bench();
    assert_eq!((bench.option("alwaysUv"), bench.option("makeCredUvNotRqd")), (Some(false), Some(true)));
    assert_eq!(bench.configure(0x02, None, None), Status::Ok);
    assert_eq!((bench.option("alwaysUv"), bench.option("makeCredUvNotRqd")), (Some(true), None));
    assert_eq!(bench.approve(0x01, registration()).status, Status::PuatRequired);
    assert_eq!(bench.configure(0x04, None, None), Status::PuatRequired, "unprotected, but always verifying");
    assert_eq!(bench.configure(0x02, None, None), Status::Ok, "the way out");
    assert_eq!(bench.option("alwaysUv"), Some(false));
    assert_eq!(bench.approve(0x01, registration()).status, Status::Ok);
}

#[test]
fn the_minimum_length_rises_and_never_falls() {
    let (mut bench, status) = authorized(0x03, params([(1, Value::from(6))]));
    assert_eq!(status, Status::Ok, "{}", bench.why());
    assert_eq!(bench.info().member(0x0D), Some(&Value::from(6)));
    // The PIN of four is too short now, and known to be.
    assert_eq!(bench.info().member(0x0C), Some(&Value::from(true)));
    assert_eq!(authorized(0x03, params([(1, Value::from(3))])).1, Status::PinPolicyViolation);
    assert_eq!(authorized(0x03, params([(1, Value::from(64))])).1, Status::PinPolicyViolation);
    assert_eq!(authorized(0x03, params([(1, Value::from("x"))])).1, Status::CborUnexpectedType);
    let (mut bench, status) = authorized(0x03, params([(1, Value::from(4))]));
    assert_eq!((status, bench.info().member(0x0C).cloned()), (Status::Ok, Some(Value::from(false))));
}

#[test]
fn relying_parties_are_kept_up_to_the_limit() {
    let rp_ids = |count: usize| params([(2, Value::Array(vec![Value::from("broker.test"); count]))]);
    let (bench, status) = authorized(0x03, rp_ids(8));
    assert_eq!(status, Status::Ok);
    assert!(bench.key.store().state(&crate::StateKey::of("settings")).unwrap().is_some());
    assert_eq!(authorized(0x03, rp_ids(9)).1, Status::KeyStoreFull);
}

#[test]
fn a_change_is_forced_only_on_a_pin_that_is_set() {
    assert_eq!(bench().configure(0x03, params([(3, Value::from(true))]), None), Status::PinNotSet);
    let (mut bench, status) = authorized(0x03, params([(4, Value::from(true))]));
    assert_eq!(status, Status::Ok);
    let info = bench.info();
    assert_eq!((info.member(0x1B), info.member(0x0C)), (Some(&Value::from(true)), Some(&Value::from(true))));
}

#[test]
fn a_long_touch_for_reset_is_asked_once_enabled() {
    let mut bench = bench();
    assert_eq!(bench.info().member(0x18), Some(&Value::from(false)));
    assert_eq!(bench.configure(0x04, None, None), Status::Ok);
    assert_eq!(bench.info().member(0x18), Some(&Value::from(true)));
    let hold = Purpose::ResetByLongTouch.hold().unwrap();
    let short = UserAnswer::Held(hold - std::time::Duration::from_millis(1));
    for (touch, status) in [
        (UserAnswer::Approve, Status::OperationDenied),
        (short, Status::OperationDenied),
        (UserAnswer::Refuse, Status::OperationDenied),
        (UserAnswer::Never, Status::UserActionTimeout),
        (UserAnswer::Cancel, Status::KeepaliveCancel),
        (UserAnswer::Held(hold), Status::Ok),
    ] {
        assert_eq!(prompt(bench.bare(0x07)), Prompt::Presence { purpose: Purpose::ResetByLongTouch });
        assert_eq!(answer(bench.answer(touch)).status, status, "{touch:?}");
    }
    // As it left the factory: a short touch does, and a long one too.
    assert_eq!(prompt(bench.bare(0x07)), Prompt::Presence { purpose: Purpose::Reset });
    assert_eq!(answer(bench.answer(UserAnswer::Held(hold))).status, Status::Ok);
    assert_eq!(bench.info().member(0x18), Some(&Value::from(false)));
}

#[test]
fn vendor_commands_are_known_by_number() {
    let protection = Protection { vendor_prototype_config_commands: Some(vec![7]), ..Protection::full() };
    let mut bench = Bench::new(Config { protection, verification: BuiltInVerification::Absent, ..Config::default() });
    assert_eq!(bench.info().member(0x15), Some(&Value::Array(vec![Value::from(7)])));
    assert_eq!(bench.configure(0xFF, params([(1, Value::from(7))]), None), Status::Ok);
    assert_eq!(bench.configure(0xFF, params([(1, Value::from(8))]), None), Status::InvalidParameter);
    assert_eq!(bench.configure(0xFF, None, None), Status::MissingParameter);
}

#[test]
fn settings_outlive_power_and_a_finger_may_authorize_them() {
    let mut bench = Bench::new(Config { protection: Protection::full(), ..Config::default() });
    assert_eq!(bench.configure(0x02, None, None), Status::PuatRequired, "a finger protects it");
    let platform = crate::bench::platform::Platform::connect(&mut bench, TWO);
    let reply = bench.approve(0x06, platform.with_verification(Permissions::AUTHENTICATOR_CONFIG, None));
    let token = platform.token(&reply);
    assert_eq!(bench.configure(0x02, None, Some(&token)), Status::Ok);
    bench.key.power_cycle(bench.now);
    assert_eq!(bench.option("alwaysUv"), Some(true));
    assert_eq!(bench.approve(0x01, passkey(1)).status, Status::Ok);
}
