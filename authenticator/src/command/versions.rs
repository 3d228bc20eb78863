//! For tests: a device behaves as the versions say that it advertises. Each is made with everything in its configuration.

use std::time::Duration;

use ciborium::Value;

use crate::bench::platform::{CLIENT_PIN, Platform, client_pin, signed};
use crate::bench::{Bench, answer, assertion, descriptors, passkey, registration, user};
use crate::config::{BuiltInVerification, Commands, Protection, Version};
use crate::pin_uv::{Permissions, PinUvAuthProtocol};
use crate::{Config, Extensions, Flags, Status, Step, UserAnswer, cbor};

use Version::{Fido2_0, Fido2_1, Fido2_1Pre, Fido2_3, U2fV2};

const MAKE: u8 = 0x01;
const GET: u8 = 0x02;
const PIN: &str = "1234";

fn config(versions: &[Version]) -> Config {
    let protection = Protection { versions: versions.to_vec(), ..Protection::full() };
    Config { protection, commands: Commands::full(), extensions: Extensions::full(), ..Config::default() }
}

fn key(versions: &[Version]) -> Bench {
    Bench::new(config(versions))
}

/// Without fingerprint reader.
fn plain(versions: &[Version]) -> Bench {
    Bench::new(Config { verification: BuiltInVerification::Absent, ..config(versions) })
}

/// One that is asked for nothing but a touch gives it.
fn status(bench: &mut Bench, code: u8, members: crate::bench::Members) -> Status {
    bench.approve(code, members).status
}

/// Every code that the device takes for a command.
fn commands(versions: &[Version]) -> Vec<u8> {
    let is_known = |code: &u8| match key(versions).bare(*code) {
        Step::NeedUser(_) => true,
        reply => answer(reply).status != Status::InvalidCommand,
    };
    (0..=0xFF).filter(is_known).collect()
}

#[test]
fn each_version_has_its_commands() {
    let of_2_0 = [0x01, 0x02, 0x04, 0x06, 0x07, 0x08];
    let of_2_1 = [&of_2_0[..], &[0x09, 0x0A, 0x0B, 0x0C, 0x0D]].concat();
    for (versions, expected) in [
        (&[U2fV2][..], vec![]),
        (&[Fido2_0], of_2_0.to_vec()),
        (&[U2fV2, Fido2_0], of_2_0.to_vec()),
        (&[Fido2_0, Fido2_1Pre], [&of_2_0[..], &[0x40, 0x41]].concat()),
        (&[Fido2_0, Fido2_1], of_2_1.clone()),
        (&[Fido2_0, Fido2_1Pre, Fido2_1], [&of_2_1[..], &[0x40, 0x41]].concat()),
        (&[Fido2_3], of_2_1),
    ] {
        assert_eq!(commands(versions), expected, "{versions:?}");
    }
}

#[test]
fn each_version_has_its_subcommands_of_client_pin() {
    for (versions, expected, unknown) in [
        (&[Fido2_0][..], vec![1, 2, 3, 4, 5], Status::InvalidParameter),
        (&[Fido2_0, Fido2_1Pre], vec![1, 2, 3, 4, 5], Status::InvalidParameter),
        (&[Fido2_1], vec![1, 2, 3, 4, 5, 6, 7, 9], Status::InvalidSubcommand),
        (&[Fido2_3], vec![1, 2, 3, 4, 5, 6, 7, 9], Status::InvalidSubcommand),
    ] {
        let mut bench = key(versions);
        // Without parameters, a subcommand that is there misses them.
        let mut known = Vec::new();
        for number in 0..=0xFF {
            let request = crate::bench::Members(Vec::new()).with(2, Value::from(number));
            match answer(bench.send(CLIENT_PIN, request)).status {
                Status::Ok | Status::MissingParameter => known.push(number),
                other => assert_eq!(other, unknown, "{versions:?} {number}"),
            }
        }
        assert_eq!(known, expected, "{versions:?}");
    }
}

fn names(value: Option<&Value>) -> Vec<String> {
    let text = |value: &Value| value.as_text().unwrap().to_owned();
    match value {
        Some(Value::Array(items)) => items.iter().map(text).collect(),
        Some(Value::Map(pairs)) => pairs.iter().map(|(key, _)| text(key)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn get_info_tells_what_the_version_has() {
    let members = |versions: &[Version]| -> Vec<i64> {
        let info = key(versions).info();
        info.tree.as_map().unwrap().iter().map(|(key, _)| key.as_integer().unwrap().try_into().unwrap()).collect()
    };
    assert_eq!(members(&[Fido2_0]), (1..=6).collect::<Vec<_>>());
    assert_eq!(members(&[Fido2_0, Fido2_1Pre]), [1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0A, 0x0D, 0x0E]);
    // No certifications, no URL, and no persistent token yet.
    let of_2_1: Vec<i64> = (1..=0x1D).filter(|number| ![0x13, 0x19, 0x1C].contains(number)).collect();
    assert_eq!(members(&[Fido2_1]), of_2_1);
    assert_eq!(members(&[Fido2_3]), [&of_2_1[..], &[0x1F]].concat());

    let tells = |versions: &[Version], member| names(key(versions).info().member(member));
    assert_eq!(tells(&[Fido2_0], 4), ["rk", "up", "uv", "plat", "clientPin"]);
    let of_preview = ["rk", "up", "uv", "plat", "clientPin", "credentialMgmtPreview", "userVerificationMgmtPreview"];
    assert_eq!(tells(&[Fido2_0, Fido2_1Pre], 4), of_preview);
    let of_2_1 = tells(&[Fido2_1], 4);
    for name in
        ["pinUvAuthToken", "credMgmt", "bioEnroll", "largeBlobs", "authnrCfg", "alwaysUv", "ep", "makeCredUvNotRqd", "perCredMgmtRO"]
    {
        assert!(of_2_1.iter().any(|own| own == name), "{name}");
    }
    assert!(!of_2_1.iter().any(|name| of_preview[5..].contains(&name.as_str())));

    assert_eq!(tells(&[Fido2_0], 2), ["hmac-secret", "uvm"]);
    assert_eq!(tells(&[Fido2_0, Fido2_1Pre], 2), ["credProtect", "hmac-secret", "uvm"]);
    assert_eq!(tells(&[Fido2_3], 2).len(), 9);
    let protocols = |versions: &[Version]| key(versions).info().member(6).cloned();
    assert_eq!(protocols(&[Fido2_0]), Some(Value::Array(vec![Value::from(1)])));
    assert_eq!(protocols(&[Fido2_0, Fido2_1Pre]), Some(Value::Array(vec![Value::from(2), Value::from(1)])));
}

#[test]
fn extensions_that_the_version_lacks_are_ignored() {
    let extensions = cbor::text_map([("credBlob", Value::Bytes(vec![1])), ("credProtect", Value::from(3))]);
    let request = || passkey(1).with(6, extensions.clone());
    assert_eq!(key(&[Fido2_0]).approve(MAKE, request()).data().extensions, None);
    let outputs = |versions: &[Version]| key(versions).approve(MAKE, request()).data().extensions.as_ref().map(|map| names(Some(map)));
    assert_eq!(outputs(&[Fido2_0, Fido2_1Pre]), Some(vec!["credProtect".to_owned()]));
    assert_eq!(outputs(&[Fido2_1]), Some(vec!["credBlob".to_owned(), "credProtect".to_owned()]));
}

#[test]
fn ctap_2_0_asks_for_the_pin_that_is_set_and_for_nothing_else() {
    for versions in [&[Fido2_0][..], &[Fido2_0, Fido2_1Pre]] {
        // A finger is enrolled, and nobody asks for it.
        let mut bench = key(versions);
        let made = bench.run(MAKE, registration().options(&[("rk", true)], 7), &[UserAnswer::Approve]);
        assert_eq!((made.status, made.data().flags.0), (Status::Ok, Flags::UP | Flags::AT), "{}", bench.why());
        let mut bench = plain(versions);
        bench_pin(&mut bench);
        // Step 6 of §5.1: discoverable or not.
        assert_eq!(status(&mut bench, MAKE, registration()), Status::PuatRequired);
        assert_eq!(status(&mut bench, MAKE, registration().options(&[("rk", true)], 7)), Status::PuatRequired);
        // Built-in verification stands for it.
        let mut bench = key(versions);
        bench_pin(&mut bench);
        assert_eq!(status(&mut bench, MAKE, passkey(1)), Status::Ok);
        // getAssertion does without (§5.2 step 4).
        assert_eq!(status(&mut bench, GET, assertion()), Status::Ok);
    }
    // CTAP 2.1 makes non-discoverable ones without, and asks for discoverable ones whatever protects the key.
    let mut bench = key(&[Fido2_1]);
    assert_eq!(status(&mut bench, MAKE, registration()), Status::Ok);
    assert_eq!(status(&mut bench, MAKE, registration().options(&[("rk", true)], 7)), Status::OperationDenied);
}

/// A PIN is set with the protocol that the device has.
fn bench_pin(bench: &mut Bench) {
    let mut platform = Platform::connect(bench, PinUvAuthProtocol::One);
    let request = platform.set_pin(PIN);
    assert_eq!(status(bench, CLIENT_PIN, request), Status::Ok, "{}", bench.why());
}

#[test]
fn ctap_2_0_has_its_own_statuses_for_options_and_protocols() {
    for (versions, uv, rk, up, protocol) in [
        (&[Fido2_0, Fido2_1Pre][..], Status::UnsupportedOption, Status::InvalidOption, Status::InvalidOption, Status::PinAuthInvalid),
        (&[Fido2_1], Status::InvalidOption, Status::UnsupportedOption, Status::Ok, Status::InvalidParameter),
    ] {
        let mut bench = plain(versions);
        assert_eq!(status(&mut bench, MAKE, registration().options(&[("uv", true)], 7)), uv);
        assert_eq!(status(&mut bench, GET, assertion().options(&[("uv", true)], 5)), uv);
        assert_eq!(status(&mut bench, GET, assertion().options(&[("rk", false)], 5)), rk);
        assert_eq!(status(&mut bench, MAKE, registration().options(&[("up", true)], 7)), up);
        let foreign = |members: crate::bench::Members, at: u8| members.with(at, Value::Bytes(vec![1; 16])).with(at + 1, Value::from(9));
        assert_eq!(status(&mut bench, MAKE, foreign(registration(), 8)), protocol);
        assert_eq!(status(&mut bench, GET, foreign(assertion(), 6)), protocol);
        // A parameter of CTAP 2.1 and one of 2.2.
        let later = registration().with(0x0A, Value::from(1)).with(0x0B, Value::Array(vec![Value::from("none")]));
        let expected = if uv == Status::UnsupportedOption { Status::Ok } else { Status::InvalidParameter };
        assert_eq!(status(&mut bench, MAKE, later), expected);
    }
}

#[test]
fn ctap_2_0_tells_nobody_that_it_has_no_credential_before_a_touch() {
    let unknown = || assertion().with(3, descriptors([&[9_u8; 16][..]]));
    for request in [assertion(), unknown()] {
        let mut bench = key(&[Fido2_0]);
        assert_eq!(bench.run(GET, request.clone(), &[UserAnswer::Approve]).status, Status::NoCredentials);
        assert_eq!(bench.run(GET, request.clone(), &[UserAnswer::Refuse]).status, Status::OperationDenied);
        // A silent request finds out all the same, as platforms expect.
        assert_eq!(bench.run(GET, request.clone().options(&[("up", false)], 5), &[]).status, Status::NoCredentials);
        assert_eq!(key(&[Fido2_1]).run(GET, request, &[]).status, Status::NoCredentials);
    }
}

/// getPinToken of CTAP 2.0: its members besides are unknown there.
fn pin_token(bench: &mut Bench) -> Vec<u8> {
    let mut platform = Platform::connect(bench, PinUvAuthProtocol::One);
    let request = platform.get_pin_token(PIN).with(9, Value::from(1)).with(0x0A, Value::from("elsewhere.test"));
    let reply = bench.approve(CLIENT_PIN, request);
    assert_eq!(reply.status, Status::Ok, "{}", bench.why());
    platform.token(&reply)
}

#[test]
fn a_token_of_ctap_2_0_is_good_for_everything_until_power_goes_or_the_pin_changes() {
    let mut bench = plain(&[Fido2_0, Fido2_1Pre]);
    bench_pin(&mut bench);
    let token = pin_token(&mut bench);
    let make = |number: u8| signed(registration().with(3, user(number)).options(&[("rk", true)], 7), 8, PinUvAuthProtocol::One, &token);
    let get = || signed(assertion(), 6, PinUvAuthProtocol::One, &token);
    // Unused for longer than any timer of CTAP 2.1, then used again and again.
    bench.now += Duration::from_secs(3_600);
    for number in [1, 2] {
        let made = bench.approve(MAKE, make(number));
        assert_eq!((made.status, made.data().flags.0), (Status::Ok, Flags::UP | Flags::UV | Flags::AT), "{}", bench.why());
    }
    assert_eq!(status(&mut bench, GET, get()), Status::Ok);
    // At any relying party.
    let elsewhere = signed(registration().with(2, cbor::text_map([("id", Value::from("bank.test"))])), 8, PinUvAuthProtocol::One, &token);
    assert_eq!(status(&mut bench, MAKE, elsewhere), Status::Ok, "{}", bench.why());
    // And for the prototype of credential management.
    let metadata = crate::bench::Members(Vec::new()).with(1, Value::from(1)).with(3, Value::from(1));
    let param = PinUvAuthProtocol::One.authenticate(&token, &[1]);
    assert_eq!(status(&mut bench, 0x41, metadata.with(4, Value::Bytes(param))), Status::Ok, "{}", bench.why());

    let mut changed = Platform::connect(&mut bench, PinUvAuthProtocol::One);
    let request = changed.change_pin(PIN, "4321");
    assert_eq!(status(&mut bench, CLIENT_PIN, request), Status::Ok);
    assert_eq!(status(&mut bench, GET, get()), Status::PinAuthInvalid);

    let mut bench = plain(&[Fido2_0]);
    bench_pin(&mut bench);
    let token = pin_token(&mut bench);
    bench.key.power_cycle(bench.now);
    let made = status(&mut bench, MAKE, signed(registration(), 8, PinUvAuthProtocol::One, &token));
    assert_eq!(made, Status::PinAuthInvalid);
}

/// §5.1 step 5 and §5.2 step 2: CTAP 2.1 ignores the parameter then.
#[test]
fn a_token_without_a_pin_is_no_token_in_ctap_2_0() {
    let request = || signed(registration(), 8, PinUvAuthProtocol::One, &[7; 32]);
    assert_eq!(status(&mut plain(&[Fido2_0]), MAKE, request()), Status::PinAuthInvalid);
    assert_eq!(status(&mut plain(&[Fido2_1]), MAKE, request()), Status::Ok);
}

#[test]
fn three_wrong_pins_in_ctap_2_0_block_as_ever_and_the_retries_have_one_member() {
    for (versions, members) in [(&[Fido2_0][..], 1), (&[Fido2_1], 2)] {
        let mut bench = plain(versions);
        bench_pin(&mut bench);
        for expected in [Status::PinInvalid, Status::PinInvalid, Status::PinAuthBlocked, Status::PinAuthBlocked] {
            let mut platform = Platform::connect(&mut bench, PinUvAuthProtocol::One);
            let request = platform.get_pin_token("0000");
            assert_eq!(status(&mut bench, CLIENT_PIN, request), expected);
        }
        let retries = bench.approve(CLIENT_PIN, client_pin(PinUvAuthProtocol::One, 0x01));
        assert_eq!((retries.member(3), retries.tree.as_map().map(Vec::len)), (Some(&Value::from(5)), Some(members)));
    }
}

#[test]
fn permissions_are_those_of_the_version() {
    let asked = |versions: &[Version], permissions: Permissions| {
        let mut bench = plain(versions);
        bench_pin(&mut bench);
        let mut platform = Platform::connect(&mut bench, PinUvAuthProtocol::One);
        let request = platform.with_pin(PIN, permissions, None);
        status(&mut bench, CLIENT_PIN, request)
    };
    let (cm, pcmr) = (Permissions::CREDENTIAL_MANAGEMENT, Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ);
    assert_eq!(asked(&[Fido2_0], cm), Status::InvalidParameter);
    for versions in [[Fido2_1], [Fido2_3]] {
        assert_eq!((asked(&versions, cm), asked(&versions, pcmr)), (Status::Ok, Status::Ok));
    }
}

#[test]
fn u2f_is_there_when_it_is_advertised_and_ctap2_when_a_version_of_it_is() {
    use crate::{ApduStep, CommandSteps};
    const VERSION: [u8; 7] = [0, 3, 0, 0, 0, 0, 0];
    for (versions, is_there) in [(&[U2fV2][..], true), (&[U2fV2, Fido2_3], true), (&[Fido2_0], false), (&[Fido2_3], false)] {
        let mut bench = key(versions);
        let ApduStep::Reply(reply) = bench.key.apdu(bench.now, &VERSION) else { panic!("no touch is needed") };
        assert_eq!(reply.ends_with(&[0x90, 0x00]), is_there, "{versions:?}");
    }
    assert_eq!(answer(key(&[U2fV2]).bare(0x04)).status, Status::InvalidCommand);
}
