//! docs/ctap.md: what this authenticator has, which file does it, which test proves it. The list of what it has is asked of the device itself,
//! so that nothing can be there and not in the table, or in the table and not there.
//!
//! `FAULTKEY_BLESS=1 cargo test -p faultkey-authenticator --test ctap_table` writes the document anew.

#[path = "ctap_table/rows.rs"]
mod rows;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use ciborium::Value;
use faultkey_authenticator::attestation::AttestationFormat;
use faultkey_authenticator::config::{self, Commands, Feature, Protection, VendorCommand, Version};
use faultkey_authenticator::pin_uv::{Permissions, PinUvAuthProtocol};
use faultkey_authenticator::{
    ApduStep, Authenticator, CommandSteps, Config, Extension, Extensions, MemoryStore, Status, Step, Time, algorithm, cbor, random,
};
use rows::{Kind, ROWS, Row};

/// A device that has everything.
fn config() -> Config {
    let vendor = VendorCommand { code: 0xBF, answer: Vec::new() };
    let protection = Protection {
        versions: [vec![Version::U2fV2], Protection::full().versions].concat(),
        certifications: [("FIDO".to_owned(), 1)].into(),
        pin_complexity_policy_url: Some("https://broker.test/pin".to_owned()),
        pin: Some("7391".to_owned()),
        vendor_prototype_config_commands: Some(vec![1]),
        ..Protection::full()
    };
    Config {
        algorithms: algorithm::NAMES.iter().map(|(number, _)| *number).collect(),
        protection,
        commands: Commands { vendor: vec![vendor], ..Commands::full() },
        extensions: Extensions::full(),
        ..Config::default()
    }
}

fn device() -> Authenticator {
    Authenticator::new(config(), Box::<MemoryStore>::default(), random::stream(1, "table"))
}

/// The reply, or `None` when the device asks its user.
fn ask(device: &mut Authenticator, request: &[u8]) -> Option<Vec<u8>> {
    match device.handle(Time::START, request) {
        Step::Reply(reply) => Some(reply.to_bytes().expect("a reply")),
        Step::NeedUser(_) => None,
    }
}

fn status(device: &mut Authenticator, request: &[u8]) -> Option<u8> {
    ask(device, request).and_then(|reply| reply.first().copied())
}

fn listed(kind: Kind) -> BTreeSet<i64> {
    ROWS.iter().filter(|row| row.kind == kind).filter_map(|row| row.number).collect()
}

fn names(kind: Kind) -> BTreeSet<&'static str> {
    ROWS.iter().filter(|row| row.kind == kind).map(|row| row.name).collect()
}

/// The codes that are anything but unknown.
fn known(unknown: Status, request: impl Fn(u8) -> Vec<u8>) -> BTreeSet<i64> {
    (0..=0xFF).filter(|code| status(&mut device(), &request(*code)) != Some(unknown.code())).map(i64::from).collect()
}

/// Subcommands of the command `code`, with the subcommand in member `member`.
fn subcommands(code: u8, member: u8, others: &[(u8, Value)]) -> BTreeSet<i64> {
    known(Status::InvalidSubcommand, |subcommand| {
        let mut members: Vec<(u8, Value)> = others.to_vec();
        members.push((member, Value::from(subcommand)));
        members.sort_by_key(|(key, _)| *key);
        let map = Value::Map(members.into_iter().map(|(key, value)| (Value::from(key), value)).collect());
        [vec![code], cbor::write(&map)].concat()
    })
}

#[test]
fn commands_are_those_that_the_device_knows() {
    assert_eq!(known(Status::InvalidCommand, |code| vec![code]), listed(Kind::Command));
}

#[test]
fn subcommands_are_those_that_the_device_knows() {
    assert_eq!(subcommands(0x06, 2, &[]), listed(Kind::ClientPin));
    assert_eq!(subcommands(0x0A, 1, &[]), listed(Kind::CredentialManagement));
    assert_eq!(subcommands(0x09, 2, &[(1, Value::from(1))]), listed(Kind::BioEnrollment));
    // Settings that are protected want a token before they say what they know: a key without any protection has none to want.
    let vendor = Value::Map(vec![(Value::from(1), Value::from(1))]);
    let open = Config {
        protection: Protection { pin: None, client_pin: false, ..config().protection },
        verification: faultkey_authenticator::config::BuiltInVerification::Absent,
        ..config()
    };
    let known: BTreeSet<i64> = (0..=0xFF_u8)
        .filter(|subcommand| {
            let mut device = Authenticator::new(open.clone(), Box::<MemoryStore>::default(), random::stream(1, "table"));
            let request = [vec![0x0D], cbor::write(&cbor::int_map([(1, Value::from(*subcommand)), (2, vendor.clone())]))].concat();
            ![Status::InvalidSubcommand, Status::InvalidParameter]
                .map(|status| Some(status.code()))
                .contains(&status(&mut device, &request))
                || subcommand == &0xFF
        })
        .map(i64::from)
        .collect();
    assert_eq!(known, listed(Kind::AuthenticatorConfig));
}

#[test]
fn instructions_are_those_that_the_device_knows() {
    const INS_NOT_SUPPORTED: u16 = 0x6D00;
    let known: BTreeSet<i64> = (0..=0xFF_u8)
        .filter(|instruction| {
            let ApduStep::Reply(reply) = device().apdu(Time::START, &[0, *instruction, 0, 0, 0, 0, 0]) else { return true };
            reply.last_chunk().copied().map(u16::from_be_bytes) != Some(INS_NOT_SUPPORTED)
        })
        .map(i64::from)
        .collect();
    assert_eq!(known, listed(Kind::Ctap1));
}

#[test]
fn members_permissions_extensions_algorithms_and_formats_are_those_of_the_device() {
    let mut device = device();
    // The persistent token, without which two members are not there.
    let reply = ask(&mut device, &[0x04]).expect("getInfo asks nobody");
    let Value::Map(members) = cbor::read_strict(&reply[1..]).expect("canonical CBOR") else { panic!("no map") };
    let mut told: BTreeSet<i64> = members.iter().map(|(key, _)| key.as_integer().unwrap().try_into().unwrap()).collect();
    told.extend([0x19, 0x1E]);
    assert_eq!(told, listed(Kind::Information));
    assert_eq!(told, (0x01..=0x1F).collect(), "CTAP 2.3 has the members 0x01 to 0x1F");

    let value = |number: u8| members.iter().find(|(key, _)| key == &Value::from(number)).map(|(_, value)| value.clone());
    let Some(Value::Array(protocols)) = value(0x06) else { panic!("no protocols") };
    assert_eq!(
        protocols.iter().map(|one| one.as_integer().unwrap().try_into().unwrap()).collect::<BTreeSet<i64>>(),
        listed(Kind::Protocol)
    );
    let Some(Value::Map(options)) = value(0x04) else { panic!("no options") };
    let mut options: BTreeSet<&str> = options.iter().filter_map(|(name, _)| name.as_text()).collect();
    // Of the two ways to keep a PIN out of ceremonies a device has one.
    options.insert("noMcGaPermissionsWithClientPin");
    assert_eq!(options, names(Kind::Option));

    let bits = (0..8).map(|bit| 1 << bit).filter(|bit| Permissions::KNOWN.0 & bit != 0).map(i64::from).collect();
    assert_eq!(listed(Kind::Permission), bits);
    assert_eq!(names(Kind::Extension), Extension::ALL.iter().map(|extension| extension.identifier()).collect());
    let algorithms: BTreeSet<(i64, &str)> = algorithm::NAMES.into_iter().collect();
    assert_eq!(
        ROWS.iter().filter(|row| row.kind == Kind::Algorithm).map(|row| (row.number.unwrap(), row.name)).collect::<BTreeSet<_>>(),
        algorithms
    );
    let formats: Vec<String> = AttestationFormat::ALL.iter().map(|format| toml_name(*format)).collect();
    assert_eq!(names(Kind::Format), formats.iter().map(String::as_str).collect());
}

/// The name that a profile uses.
fn toml_name(format: AttestationFormat) -> String {
    serde_json::to_value(format).expect("a name").as_str().expect("a name").to_owned()
}

/// What came with 2.1 is unknown to a device that says no more than FIDO_2_0, however it is configured.
#[test]
fn a_version_is_obeyed() {
    let old = |code: u8| {
        let protection = Protection { versions: vec![Version::Fido2_0], ..config().protection };
        let mut device = Authenticator::new(Config { protection, ..config() }, Box::<MemoryStore>::default(), random::stream(1, "table"));
        status(&mut device, &[code])
    };
    for row in ROWS.iter().filter(|row| row.kind == Kind::Command) {
        let code = u8::try_from(row.number.unwrap()).unwrap();
        let unknown = old(code) == Some(Status::InvalidCommand.code());
        assert_eq!(unknown, row.since != "CTAP 2.0", "{}", row.name);
    }
}

/// The row of the device's own table, which it obeys.
fn feature(row: &Row) -> Option<&'static Feature> {
    let number = || u8::try_from(row.number.expect("a number")).expect("a byte");
    let kind = match row.kind {
        Kind::Command => config::Kind::Command(number()),
        Kind::ClientPin => config::Kind::Subcommand(0x06, number()),
        Kind::AuthenticatorConfig => config::Kind::Subcommand(0x0D, number()),
        Kind::Ctap1 => config::Kind::Ctap1,
        Kind::Protocol => config::Kind::Protocol(
            *[PinUvAuthProtocol::One, PinUvAuthProtocol::Two].iter().find(|one| one.number() == u64::from(number()))?,
        ),
        Kind::Permission => config::Kind::Permission(number()),
        Kind::Information => config::Kind::Member(number()),
        Kind::Option => config::Kind::Option(row.name),
        Kind::Extension => config::Kind::Extension(*Extension::ALL.iter().find(|extension| extension.identifier() == row.name)?),
        Kind::CredentialManagement | Kind::BioEnrollment | Kind::Algorithm | Kind::Format => return None,
    };
    Feature::of(kind)
}

#[test]
fn each_thing_is_there_since_the_version_that_the_device_obeys() {
    for row in ROWS {
        // uvm is WebAuthn's own; CTAP has nothing to say of it.
        if let Some(feature) = feature(row).filter(|feature| feature.name() != "uvm") {
            assert_eq!(feature.since().name(), row.since, "{}", row.name);
        }
    }
    let rows: Vec<_> = ROWS.iter().filter_map(feature).map(Feature::kind).collect();
    for feature in Feature::ALL.iter().filter(|feature| !matches!(feature.kind(), config::Kind::Rule(_))) {
        assert!(rows.contains(&feature.kind()), "no row for {}", feature.name());
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project's folder").to_owned()
}

#[test]
fn every_file_and_every_test_is_there() {
    for row in ROWS {
        assert!(root().join("authenticator/src").join(row.file).is_file(), "{}: {}", row.name, row.file);
        assert!(!row.tests.is_empty(), "{}: no test", row.name);
        for (file, test) in row.tests {
            let text = fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{}: {file}: {error}", row.name));
            let word = if file.ends_with(".py") { "def" } else { "fn" };
            assert!(text.contains(&format!("{word} {test}(")), "{}: {file} has no test {test}", row.name);
        }
    }
}

const HEAD: &str = "\
# CTAP 2.3 and CTAP1/U2F: what faultkey's authenticator has

A table for those who want to know whether a thing is there, where it is done, and what proves it. `since` is the specification that has it first. Which of it a
device has, its profile says (`faultkey info --profile NAME`); `security-key-full` has all of it but U2F, which `yubikey-5` has.

This document is generated: a test asks the device for every command, subcommand, member, extension, algorithm and format that it knows, compares them with the
table, and looks up each file and each test. `FAULTKEY_BLESS=1 cargo test -p faultkey-authenticator --test ctap_table` writes it.
What the platform's side (the client) does with it is in [client.md](client.md).
";

fn document() -> String {
    let mut text = HEAD.to_owned();
    for kind in Kind::ALL {
        let _ = write!(text, "\n## {}\n\n| number | name | since | done in | proven by |\n|---|---|---|---|---|\n", kind.title());
        for Row { number, name, since, file, tests, .. } in ROWS.iter().filter(|row| row.kind == kind) {
            let number = match number {
                Some(number) if kind == Kind::Algorithm => number.to_string(),
                Some(number) => format!("0x{number:02X}"),
                None => String::new(),
            };
            let tests: Vec<String> = tests.iter().map(|(file, test)| format!("[{test}](../{file})")).collect();
            let _ = writeln!(text, "| {number} | {name} | {since} | [{file}](../authenticator/src/{file}) | {} |", tests.join(", "));
        }
    }
    text
}

#[test]
fn the_document_is_this_table() {
    let file = root().join("docs/ctap.md");
    if std::env::var_os("FAULTKEY_BLESS").is_some() {
        fs::write(&file, document()).expect("docs/ctap.md can be written");
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == document(),
        "docs/ctap.md is not this table: FAULTKEY_BLESS=1 cargo test -p faultkey-authenticator --test ctap_table"
    );
}
