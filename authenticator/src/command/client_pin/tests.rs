use std::time::Duration;

use super::*;
use crate::bench::platform::{CLIENT_PIN, Platform, client_pin, padded, params, pin_hash, signed, status};
use crate::bench::{Answer, Bench, answer, assertion, registration};
use crate::config::Protection;
use crate::pin_uv::{KeyAgreementKey, Permissions};
use crate::store::{MemoryStore, SledStore};
use crate::{Config, Prompt};

const BOTH: [PinUvAuthProtocol; 2] = [PinUvAuthProtocol::One, PinUvAuthProtocol::Two];
const TWO: PinUvAuthProtocol = PinUvAuthProtocol::Two;
const MC: Permissions = Permissions::MAKE_CREDENTIAL;
const GA: Permissions = Permissions::GET_ASSERTION;
const RP: Option<&str> = Some("broker.test");

fn config() -> Config {
    Config { protection: Protection::full(), ..Config::default() }
}

fn bench() -> Bench {
    Bench::new(config())
}

fn with_pin() -> Bench {
    let mut bench = bench();
    bench.set_pin("1234");
    bench
}

/// One try of a PIN.
fn try_pin(bench: &mut Bench, pin: &str) -> Status {
    let mut platform = Platform::connect(bench, TWO);
    let request = platform.with_pin(pin, MC, RP);
    bench.approve(CLIENT_PIN, request).status
}

#[test]
fn a_device_without_pin_and_tokens_has_no_such_command() {
    let mut bench = Bench::new(Config::default());
    assert_eq!(bench.approve(CLIENT_PIN, client_pin(TWO, 0x01)).status, Status::InvalidCommand);
}

#[test]
fn a_pin_is_set_once_with_either_protocol_and_then_changed() {
    for protocol in BOTH {
        let mut bench = bench();
        assert_eq!((bench.option("clientPin"), bench.pin_tries()), (Some(false), 8));
        let mut platform = Platform::connect(&mut bench, protocol);
        let set = platform.set_pin("1234");
        let reply = bench.approve(CLIENT_PIN, set.clone());
        assert_eq!((reply.status, reply.tree), (Status::Ok, Value::Null));
        assert_eq!(bench.option("clientPin"), Some(true));
        assert_eq!(bench.approve(CLIENT_PIN, set).status, Status::PinAuthInvalid, "a second time");
        let change = platform.change_pin("1234", "äöü漢");
        assert_eq!(bench.approve(CLIENT_PIN, change).status, Status::Ok, "{}", bench.why());
        assert_eq!(try_pin(&mut bench, "1234"), Status::PinInvalid);
        assert_eq!(try_pin(&mut bench, "äöü漢"), Status::Ok);
        assert_eq!(bench.pin_tries(), 8);
    }
}

#[test]
fn each_missing_member_and_each_wrong_signature_is_refused() {
    let mut bench = bench();
    let mut platform = Platform::connect(&mut bench, TWO);
    let set = platform.set_pin("1234");
    for member in [1, 3, 4, 5] {
        assert_eq!(bench.approve(CLIENT_PIN, set.clone().without(member)).status, Status::MissingParameter, "setPIN without {member}");
    }
    assert_eq!(bench.approve(CLIENT_PIN, set.clone().without(2)).status, Status::MissingParameter);
    assert_eq!(bench.approve(CLIENT_PIN, set.clone().with(1, Value::from(3))).status, Status::InvalidParameter);
    assert_eq!(bench.approve(CLIENT_PIN, set.clone().with(2, Value::from(0x63))).status, Status::InvalidSubcommand);
    assert_eq!(bench.approve(CLIENT_PIN, set.clone().with(4, Value::Bytes(vec![0; 32]))).status, Status::PinAuthInvalid);
    assert_eq!(bench.approve(CLIENT_PIN, set.clone().with(3, Value::Map(vec![]))).status, Status::InvalidParameter);
    assert_eq!(bench.approve(CLIENT_PIN, set.clone().with(3, Value::from(1))).status, Status::CborUnexpectedType);
    let stranger = KeyAgreementKey::generate(&mut crate::random::stream(9, "stranger"));
    assert_eq!(bench.approve(CLIENT_PIN, set.clone().with(3, stranger.public_key())).status, Status::PinAuthInvalid);
    assert_eq!(bench.option("clientPin"), Some(false), "nothing of this set a PIN");
    assert_eq!(bench.approve(CLIENT_PIN, platform.change_pin("1234", "4321")).status, Status::PinNotSet);
    assert_eq!(bench.approve(CLIENT_PIN, platform.with_pin("1234", MC, RP)).status, Status::PinNotSet);
    assert_eq!(bench.approve(CLIENT_PIN, set).status, Status::Ok);
    let change = platform.change_pin("1234", "4321");
    for member in [1, 3, 4, 5, 6] {
        assert_eq!(
            bench.approve(CLIENT_PIN, change.clone().without(member)).status,
            Status::MissingParameter,
            "changePIN without {member}"
        );
    }
    assert_eq!(bench.approve(CLIENT_PIN, change.with(4, Value::Bytes(vec![0; 32]))).status, Status::PinAuthInvalid);
    assert_eq!(bench.pin_tries(), 8, "no try was counted");
    let token = platform.with_pin("1234", MC, RP);
    for member in [1, 3, 6, 9, 10] {
        assert_eq!(bench.approve(CLIENT_PIN, token.clone().without(member)).status, Status::MissingParameter, "token without {member}");
    }
    assert_eq!(bench.approve(CLIENT_PIN, token.with(9, Value::from(0))).status, Status::InvalidParameter);
}

#[test]
fn a_new_pin_must_keep_the_rules_of_length_form_and_complexity() {
    let longest = "x".repeat(63);
    for (pin, expected) in [
        ("123", Status::PinPolicyViolation),
        ("", Status::PinPolicyViolation),
        // Three code points in nine bytes: code points count.
        ("漢漢漢", Status::PinPolicyViolation),
        ("漢漢漢漢", Status::Ok),
        // ä in two code points: not Normalization Form C.
        ("a\u{308}bcd", Status::PinPolicyViolation),
        (longest.as_str(), Status::Ok),
        (&"x".repeat(64), Status::PinPolicyViolation),
        (&"x".repeat(80), Status::InvalidParameter),
    ] {
        let mut bench = bench();
        let mut platform = Platform::connect(&mut bench, TWO);
        let request = platform.set_pin(pin);
        assert_eq!(bench.approve(CLIENT_PIN, request).status, expected, "{pin:?}: {}", bench.why());
    }
    let mut bench = bench();
    let mut platform = Platform::connect(&mut bench, TWO);
    let new_pin_enc = platform.encrypt(&[[0xFF; 8].as_slice(), &[0; 56]].concat());
    let param = platform.secret.authenticate(&new_pin_enc);
    let request = platform.request(0x03).with(4, Value::Bytes(param)).with(5, Value::Bytes(new_pin_enc));
    assert_eq!(bench.approve(CLIENT_PIN, request).status, Status::PinPolicyViolation, "not UTF-8");

    let policy = Protection { pin_complexity_policy: Some(true), ..Protection::full() };
    let mut bench = Bench::new(Config { protection: policy, ..Config::default() });
    let mut platform = Platform::connect(&mut bench, TWO);
    let (simple, complex) = (platform.set_pin("1234"), platform.set_pin("1243"));
    assert_eq!(bench.approve(CLIENT_PIN, simple).status, Status::PinPolicyViolation);
    assert_eq!(bench.approve(CLIENT_PIN, complex).status, Status::Ok);
}

#[test]
fn three_wrong_pins_need_power_and_eight_are_the_end() {
    let mut bench = with_pin();
    for (wrong, expected) in [
        Status::PinInvalid,
        Status::PinInvalid,
        Status::PinAuthBlocked,
        Status::PinInvalid,
        Status::PinInvalid,
        Status::PinAuthBlocked,
        Status::PinInvalid,
        Status::PinBlocked,
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(try_pin(&mut bench, "0000"), expected, "wrong PIN {}", wrong + 1);
        assert_eq!(usize::from(bench.pin_tries()), 7 - wrong);
        if expected == Status::PinAuthBlocked {
            let state = bench.approve(CLIENT_PIN, client_pin(TWO, 0x01));
            assert_eq!(state.member(4), Some(&Value::from(true)), "powerCycleState");
            assert_eq!(try_pin(&mut bench, "1234"), Status::PinAuthBlocked, "even the right one");
            assert_eq!(usize::from(bench.pin_tries()), 7 - wrong, "not counted");
            bench.key.power_cycle(bench.now);
        }
    }
    bench.key.power_cycle(bench.now);
    assert_eq!(try_pin(&mut bench, "1234"), Status::PinBlocked);
    let mut platform = Platform::connect(&mut bench, TWO);
    assert_eq!(bench.approve(CLIENT_PIN, platform.change_pin("1234", "4321")).status, Status::PinBlocked);
    // Only a reset helps.
    let _ = bench.bare(0x07);
    assert_eq!(answer(bench.answer(UserAnswer::Approve)).status, Status::Ok);
    assert_eq!((bench.option("clientPin"), bench.pin_tries()), (Some(false), 8));
    bench.set_pin("1234");
}

#[test]
fn the_right_pin_brings_all_tries_back_and_tries_outlive_power() {
    let folder = tempfile::tempdir().unwrap();
    let over = || Bench::over(config(), Box::new(SledStore::open(folder.path(), "key").unwrap()));
    let mut bench = over();
    bench.set_pin("1234");
    assert_eq!((try_pin(&mut bench, "0000"), try_pin(&mut bench, "0000")), (Status::PinInvalid, Status::PinInvalid));
    drop(bench);
    let mut bench = over();
    assert_eq!(bench.pin_tries(), 6);
    assert_eq!(try_pin(&mut bench, "1234"), Status::Ok);
    assert_eq!(bench.pin_tries(), 8);
}

/// A store that fails when it must keep fewer tries than before.
struct NoFewerTries(MemoryStore);

impl crate::Store for NoFewerTries {
    fn credentials(&self) -> Result<Vec<crate::Credential>, crate::StoreError> {
        self.0.credentials()
    }
    fn credential(&self, id: &crate::CredentialId) -> Result<Option<crate::Credential>, crate::StoreError> {
        self.0.credential(id)
    }
    fn state(&self, key: &crate::StateKey) -> Result<Option<Vec<u8>>, crate::StoreError> {
        self.0.state(key)
    }
    fn next_sign_count(&mut self, scope: &crate::store::CounterScope) -> Result<u32, crate::StoreError> {
        self.0.next_sign_count(scope)
    }
    fn sign_count(&self, scope: &crate::store::CounterScope) -> Result<u32, crate::StoreError> {
        self.0.sign_count(scope)
    }
    fn raise_sign_count(&mut self, scope: &crate::store::CounterScope, count: u32) -> Result<(), crate::StoreError> {
        self.0.raise_sign_count(scope, count)
    }
    fn commit(&mut self, changes: &[crate::Change]) -> Result<crate::Committed, crate::StoreError> {
        let fewer =
            |change: &crate::Change| matches!(change, crate::Change::SetState(key, bytes) if key.as_str() == "pin-retries" && bytes[0] < 8);
        if changes.iter().any(fewer) {
            return Err(crate::StoreError::Io { path: "s".to_owned(), action: "write", what: "disk full".to_owned() });
        }
        self.0.commit(changes)
    }
}

#[test]
fn no_pin_is_compared_before_its_try_is_durable() {
    let mut bench = Bench::over(config(), Box::new(NoFewerTries(MemoryStore::default())));
    bench.set_pin("1234");
    // Right or wrong, the answer is the same: nothing was compared.
    assert_eq!((try_pin(&mut bench, "1234"), try_pin(&mut bench, "0000")), (Status::Other, Status::Other));
}

#[test]
fn a_wrong_pin_changes_the_key_agreement() {
    let mut bench = with_pin();
    let public_key = |bench: &mut Bench| bench.approve(CLIENT_PIN, client_pin(TWO, 0x02)).member(1).cloned();
    let before = public_key(&mut bench);
    assert_eq!(public_key(&mut bench), before);
    assert_eq!(try_pin(&mut bench, "0000"), Status::PinInvalid);
    let after = public_key(&mut bench);
    assert_ne!(after, before);
    bench.key.power_cycle(bench.now);
    assert_ne!(public_key(&mut bench), after);
    let mut platform = Platform::connect(&mut bench, TWO);
    let _ = platform.encrypt(&pin_hash("1234"));
    let broken = platform.request(0x05).with(6, Value::Bytes(vec![1; 17]));
    assert_eq!(bench.approve(CLIENT_PIN, broken).status, Status::PinInvalid, "no ciphertext at all is a wrong PIN");
    assert_eq!(bench.pin_tries(), 6);
}

#[test]
fn the_superseded_token_is_good_for_both_ceremonies_and_takes_no_permissions() {
    for protocol in BOTH {
        let mut bench = with_pin();
        let mut platform = Platform::connect(&mut bench, protocol);
        let request = platform.get_pin_token("1234");
        assert_eq!(bench.approve(CLIENT_PIN, request.clone().with(9, Value::from(1))).status, Status::InvalidParameter);
        assert_eq!(bench.approve(CLIENT_PIN, request.clone().with(10, Value::from("a"))).status, Status::InvalidParameter);
        let reply = bench.approve(CLIENT_PIN, request);
        let token = platform.token(&reply);
        assert_eq!(token.len(), 32);
        let made = bench.approve(0x01, signed(registration(), 8, protocol, &token).options(&[("rk", true)], 7));
        assert_eq!((made.status, made.data().flags.0 & 0x05), (Status::Ok, 0x05), "{}", bench.why());
        // The touch used it up.
        assert_eq!(bench.approve(0x02, signed(assertion(), 6, protocol, &token)).status, Status::PinAuthInvalid);
    }
    let protection = Protection { no_mc_ga_permissions_with_client_pin: true, ..Protection::full() };
    let mut bench = Bench::new(Config { protection, ..Config::default() });
    bench.set_pin("1234");
    let mut platform = Platform::connect(&mut bench, TWO);
    let request = platform.get_pin_token("1234");
    let reply = bench.approve(CLIENT_PIN, request);
    let token = platform.token(&reply);
    assert_eq!(bench.approve(0x01, signed(registration(), 8, TWO, &token)).status, Status::PinAuthInvalid);
    assert_eq!(try_pin(&mut bench, "1234"), Status::UnauthorizedPermission);
}

#[test]
fn permissions_are_only_given_for_what_the_device_has() {
    let mut bench = with_pin();
    let ask = |bench: &mut Bench, permissions: u8| {
        let mut platform = Platform::connect(bench, TWO);
        let request = platform.with_pin("1234", Permissions(permissions), RP);
        bench.approve(CLIENT_PIN, request).status
    };
    let option = |bench: &mut Bench, name: &str| bench.option(name) == Some(true);
    for (permission, name) in [(0x04, "credMgmt"), (0x10, "largeBlobs"), (0x20, "authnrCfg")] {
        let expected = if option(&mut bench, name) { Status::Ok } else { Status::UnauthorizedPermission };
        assert_eq!(ask(&mut bench, permission), expected, "{name}");
    }
    // Unknown ones are left out, and pcmr goes alone.
    assert_eq!(
        (ask(&mut bench, 0x83), ask(&mut bench, 0x40), ask(&mut bench, 0x41)),
        (Status::Ok, Status::Ok, Status::UnauthorizedPermission)
    );
    let mut without = Bench::new(Config {
        protection: Protection { client_pin: true, pin_uv_auth_token: true, ..Protection::default() },
        ..Config::default()
    });
    without.set_pin("1234");
    assert_eq!(
        (ask(&mut without, 0x20), ask(&mut without, 0x40), ask(&mut without, 0x03)),
        (Status::UnauthorizedPermission, Status::UnauthorizedPermission, Status::Ok)
    );
}

#[test]
fn a_token_is_bound_to_its_relying_party_its_permissions_and_its_protocol() {
    let mut bench = with_pin();
    let token = bench.token(TWO, "1234", GA, RP);
    assert_eq!(bench.approve(0x01, signed(registration(), 8, TWO, &token)).status, Status::PinAuthInvalid, "ga is not mc");
    let elsewhere = bench.token(TWO, "1234", MC, Some("other.test"));
    assert_eq!(bench.approve(0x01, signed(registration(), 8, TWO, &elsewhere)).status, Status::PinAuthInvalid);
    let token = bench.token(TWO, "1234", MC, RP);
    assert_eq!(bench.approve(0x01, signed(registration(), 8, TWO, &elsewhere)).status, Status::PinAuthInvalid, "a new token ends the old");
    assert_eq!(bench.approve(0x01, signed(registration(), 8, PinUvAuthProtocol::One, &token)).status, Status::PinAuthInvalid);
    assert_eq!(bench.approve(0x01, signed(registration(), 8, TWO, &token).without(9)).status, Status::MissingParameter);
    assert_eq!(bench.approve(0x01, signed(registration(), 8, TWO, &token).with(9, Value::from(7))).status, Status::InvalidParameter);
    assert_eq!(bench.approve(0x01, signed(registration(), 8, TWO, &token)).status, Status::Ok);
}

#[test]
fn a_token_dies_by_its_timers_by_power_and_by_a_change_of_pin() {
    let silent = |token: &[u8]| signed(assertion(), 6, TWO, token).options(&[("up", false)], 5);
    let use_it = |bench: &mut Bench, token: &[u8]| status(bench.send(0x02, silent(token)));
    // There is no credential; a good token gets as far as that.
    let (alive, dead) = (Some(Status::NoCredentials), Some(Status::PinAuthInvalid));
    let mut bench = with_pin();
    let token = bench.token(TWO, "1234", GA, RP);
    bench.now += Duration::from_secs(30);
    assert_eq!(use_it(&mut bench, &token), dead, "not used within its first half minute");

    let token = bench.token(TWO, "1234", GA, RP);
    bench.now += Duration::from_millis(29_999);
    assert_eq!(use_it(&mut bench, &token), alive);
    bench.now += Duration::from_secs(570);
    assert_eq!(use_it(&mut bench, &token), alive);
    bench.now += Duration::from_millis(1);
    assert_eq!(use_it(&mut bench, &token), dead, "ten minutes are over");

    let token = bench.token(TWO, "1234", GA, RP);
    bench.key.power_cycle(bench.now);
    assert_eq!(use_it(&mut bench, &token), dead);

    let token = bench.token(TWO, "1234", GA, RP);
    let mut platform = Platform::connect(&mut bench, TWO);
    let change = platform.change_pin("1234", "4321");
    assert_eq!(bench.approve(CLIENT_PIN, change).status, Status::Ok);
    assert_eq!(use_it(&mut bench, &token), dead);
}

fn ask_finger(bench: &mut Bench, permissions: Permissions, answers: &[UserAnswer]) -> (Platform, Answer) {
    let platform = Platform::connect(bench, TWO);
    let reply = bench.run(CLIENT_PIN, platform.with_verification(permissions, RP), answers);
    (platform, reply)
}

#[test]
fn a_finger_gives_a_token_that_stands_for_presence_too() {
    let mut bench = bench();
    let (platform, reply) = ask_finger(&mut bench, MC, &[UserAnswer::Approve]);
    let token = platform.token(&reply);
    // No further touch within half a minute.
    let made = bench.run(0x01, signed(registration(), 8, TWO, &token), &[]);
    assert_eq!((made.status, made.data().flags.0 & 0x05), (Status::Ok, 0x05));
    let (platform, reply) = ask_finger(&mut bench, GA.with(MC), &[UserAnswer::Approve]);
    let token = platform.token(&reply);
    let _ = bench.run(0x02, signed(assertion(), 6, TWO, &token).options(&[("up", false)], 5), &[]);
    bench.now += Duration::from_secs(30);
    let made = bench.run(0x01, signed(registration(), 8, TWO, &token), &[UserAnswer::Approve]);
    assert_eq!(made.status, Status::Ok, "after it, a touch is asked");
}

#[test]
fn five_wrong_fingers_block_and_the_pin_brings_them_back() {
    let mut bench = bench();
    bench.set_pin("1234");
    let tries = |bench: &mut Bench| bench.approve(CLIENT_PIN, client_pin(TWO, 0x07)).member(5).cloned();
    for left in (0..5_u8).rev() {
        let (_, reply) = ask_finger(&mut bench, MC, &[UserAnswer::WrongFinger]);
        assert_eq!(reply.status, if left == 0 { Status::UvBlocked } else { Status::UvInvalid });
        assert_eq!(tries(&mut bench), Some(Value::from(left)));
    }
    assert_eq!(ask_finger(&mut bench, MC, &[]).1.status, Status::UvBlocked);
    bench.key.power_cycle(bench.now);
    assert_eq!(tries(&mut bench), Some(Value::from(0)), "power does not help where a PIN does");
    let uv = registration().options(&[("uv", true)], 7);
    assert_eq!(bench.run(0x01, uv, &[]).status, Status::PuatRequired);
    assert_eq!(try_pin(&mut bench, "1234"), Status::Ok);
    assert_eq!(tries(&mut bench), Some(Value::from(5)));
    assert_eq!(ask_finger(&mut bench, MC, &[UserAnswer::Approve]).1.status, Status::Ok);
    for (gesture, expected) in [
        (UserAnswer::Refuse, Status::UvInvalid),
        (UserAnswer::Never, Status::UserActionTimeout),
        (UserAnswer::Cancel, Status::KeepaliveCancel),
    ] {
        assert_eq!(ask_finger(&mut bench, MC, &[gesture]).1.status, expected);
    }
}

/// §6.5.2.3: a right PIN or a reset brings them back, power doesn't.
#[test]
fn tries_of_fingers_outlive_power_over_both_stores() {
    let tries = |bench: &mut Bench| bench.approve(CLIENT_PIN, client_pin(TWO, 0x07)).member(5).cloned();
    // The memory store's authenticator goes through a power cycle, sled's through a restart.
    let folder = tempfile::tempdir().unwrap();
    let open = || Bench::over(config(), Box::new(SledStore::open(folder.path(), "key").unwrap()));
    type Restart<'a> = Box<dyn Fn(Bench) -> Bench + 'a>;
    let both: [(Bench, Restart); 2] = [
        (
            Bench::new(config()),
            Box::new(|mut bench: Bench| {
                bench.key.power_cycle(bench.now);
                bench
            }),
        ),
        (
            open(),
            Box::new(|bench: Bench| {
                drop(bench);
                open()
            }),
        ),
    ];
    for (mut bench, restart) in both {
        for left in [4, 3] {
            assert_eq!(ask_finger(&mut bench, MC, &[UserAnswer::WrongFinger]).1.status, Status::UvInvalid);
            bench = restart(bench);
            assert_eq!(tries(&mut bench), Some(Value::from(left)));
        }
        // Power that goes before the finger is there has used up a try, and so has a user who doesn't come.
        let platform = Platform::connect(&mut bench, TWO);
        let _waits = bench.send(CLIENT_PIN, platform.with_verification(MC, Some("broker.test")));
        bench = restart(bench);
        assert_eq!(tries(&mut bench), Some(Value::from(2)));
        assert_eq!(ask_finger(&mut bench, MC, &[UserAnswer::Never]).1.status, Status::UserActionTimeout);
        assert_eq!(tries(&mut bench), Some(Value::from(1)));
        // Nobody was there to be told from another: it is given back.
        for (answer, status) in [(UserAnswer::Cancel, Status::KeepaliveCancel), (UserAnswer::Refuse, Status::UvInvalid)] {
            assert_eq!(ask_finger(&mut bench, MC, &[answer]).1.status, status);
            assert_eq!(tries(&mut bench), Some(Value::from(1)));
        }
        bench.set_pin("1234");
        bench = restart(bench);
        assert_eq!(tries(&mut bench), Some(Value::from(1)), "a new PIN is not a right one");
        assert_eq!(ask_finger(&mut bench, MC, &[UserAnswer::Approve]).1.status, Status::Ok);
        bench = restart(bench);
        assert_eq!(tries(&mut bench), Some(Value::from(5)));
    }
}

/// §6.5.3.1 step 3.
#[test]
fn a_pin_that_is_blocked_blocks_the_finger_too() {
    let mut bench = with_pin();
    for _ in 0..3 {
        for _ in 0..3 {
            let _ = try_pin(&mut bench, "0000");
        }
        bench.key.power_cycle(bench.now);
    }
    let tries = |bench: &mut Bench| bench.approve(CLIENT_PIN, client_pin(TWO, 0x07)).member(5).cloned();
    assert_eq!((bench.pin_tries(), tries(&mut bench)), (0, Some(Value::from(5))));
    assert_eq!(ask_finger_status(&mut bench), Status::UvBlocked);
    assert_eq!(tries(&mut bench), Some(Value::from(0)));
}

/// The status of a token by fingerprint that nobody is asked for.
fn ask_finger_status(bench: &mut Bench) -> Status {
    let platform = Platform::connect(bench, TWO);
    answer(bench.send(CLIENT_PIN, platform.with_verification(MC, Some("broker.test")))).status
}

#[test]
fn fingers_since_the_last_pin_are_counted_wrong_ones_too() {
    let mut bench = with_pin();
    let count = |bench: &mut Bench| bench.info().member(0x17).cloned();
    for (gesture, expected) in [(UserAnswer::WrongFinger, 1), (UserAnswer::Approve, 2), (UserAnswer::Never, 2)] {
        let _ = ask_finger(&mut bench, MC, &[gesture]);
        assert_eq!(count(&mut bench), Some(Value::from(expected)), "{gesture:?}");
    }
    assert_eq!(try_pin(&mut bench, "1234"), Status::Ok);
    assert_eq!(count(&mut bench), Some(Value::from(0)));
    let _ = ask_finger(&mut bench, MC, &[UserAnswer::Approve]);
    let _ = bench.bare(0x07);
    assert_eq!(answer(bench.answer(UserAnswer::Approve)).status, Status::Ok);
    assert_eq!(count(&mut bench), Some(Value::from(0)), "after a reset");
}

#[test]
fn without_platform_retries_the_device_asks_again_by_itself() {
    let protection = Protection { preferred_platform_uv_attempts: None, ..Protection::full() };
    let mut bench = Bench::new(Config { protection: protection.clone(), ..Config::default() });
    let answers = [UserAnswer::WrongFinger, UserAnswer::WrongFinger, UserAnswer::Approve];
    assert_eq!(ask_finger(&mut bench, MC, &answers).1.status, Status::Ok);
    let not_enrolled = Config { protection: protection.clone(), verification: BuiltInVerification::NotEnrolled, ..Config::default() };
    assert_eq!(ask_finger(&mut Bench::new(not_enrolled), MC, &[]).1.status, Status::NotAllowed);
    let absent = Config { protection, verification: BuiltInVerification::Absent, ..Config::default() };
    assert_eq!(ask_finger(&mut Bench::new(absent), MC, &[]).1.status, Status::InvalidSubcommand);
}

#[test]
fn the_prompt_for_a_token_says_for_whom() {
    let mut bench = bench();
    let platform = Platform::connect(&mut bench, TWO);
    let prompt = crate::bench::prompt(bench.send(CLIENT_PIN, platform.with_verification(MC, RP)));
    let purpose = crate::step::Purpose::IssueToken { rp_id: RP.map(str::to_owned) };
    assert_eq!(prompt, Prompt::Verification { purpose, tries_left: 5 });
}

#[test]
fn a_forced_change_stops_tokens_until_the_pin_is_another() {
    let mut bench = with_pin();
    let token = bench.token(TWO, "1234", Permissions::AUTHENTICATOR_CONFIG, None);
    assert_eq!(bench.configure(0x03, params([(3, Value::from(true))]), Some(&token)), Status::Ok, "{}", bench.why());
    assert_eq!(bench.info().member(0x0C), Some(&Value::from(true)));
    assert_eq!(try_pin(&mut bench, "1234"), Status::PinPolicyViolation);
    let mut platform = Platform::connect(&mut bench, TWO);
    let request = platform.get_pin_token("1234");
    assert_eq!(bench.approve(CLIENT_PIN, request).status, Status::PinInvalid);
    let same = platform.change_pin("1234", "1234");
    assert_eq!(bench.approve(CLIENT_PIN, same).status, Status::PinPolicyViolation);
    let other = platform.change_pin("1234", "4321");
    assert_eq!(bench.approve(CLIENT_PIN, other).status, Status::Ok);
    assert_eq!(bench.info().member(0x0C), Some(&Value::from(false)));
    assert_eq!(try_pin(&mut bench, "4321"), Status::Ok);
}

#[test]
fn the_persistent_token_outlives_power_and_dies_with_the_pin() {
    let mut bench = with_pin();
    let pcmr = Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ;
    let token = bench.token(TWO, "1234", pcmr, None);
    bench.key.power_cycle(bench.now);
    bench.now += Duration::from_secs(10_000);
    assert_eq!(bench.token(PinUvAuthProtocol::One, "1234", pcmr, None), token, "the same again, whatever the protocol");
    let mut platform = Platform::connect(&mut bench, TWO);
    let change = platform.change_pin("1234", "4321");
    assert_eq!(bench.approve(CLIENT_PIN, change).status, Status::Ok);
    assert_ne!(bench.token(TWO, "4321", pcmr, None), token);
}

#[test]
fn a_factory_pin_is_set_until_it_is_changed_or_reset() {
    let protection = Protection { pin: Some("1234".to_owned()), ..Protection::full() };
    let mut bench = Bench::new(Config { protection, ..Config::default() });
    assert_eq!(bench.option("clientPin"), Some(true));
    assert_eq!(try_pin(&mut bench, "1234"), Status::Ok);
    let mut platform = Platform::connect(&mut bench, TWO);
    let change = platform.change_pin("1234", "4321");
    assert_eq!(bench.approve(CLIENT_PIN, change).status, Status::Ok);
    assert_eq!(try_pin(&mut bench, "1234"), Status::PinInvalid);
    bench.key.happen(crate::Event::Reset).unwrap();
    assert_eq!(bench.option("clientPin"), Some(false));
    assert_eq!(padded("1").len(), 64);
}
