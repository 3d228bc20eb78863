//! The choice of algorithm and attestation format, and replies that would be too long.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

use ciborium::Value;

use crate::algorithm::tests::verifies;
use crate::algorithm::{NAMES, rsa};
use crate::attestation::{AttestationFormat, Issuance, Validity};
use crate::bench::{Bench, HASH, Members, assertion, field, parameters, passkey, prompt, registration};
use crate::cbor::{read_lenient, read_strict};
use crate::config::{Attestation, BuiltInVerification, Enterprise, Protection};
use crate::{Authenticator, Config, MemoryStore, Status, Step, Time, UserAnswer, random};

fn config(algorithms: Vec<i64>, attestation: AttestationFormat) -> Config {
    Config { algorithms, attestation: attestation.into(), ..Config::default() }
}

#[test]
fn every_algorithm_registers_and_logs_in() {
    // RSA has tests of its own; its primes are slow.
    for (algorithm, _) in NAMES.into_iter().filter(|(algorithm, _)| rsa::Scheme::of(*algorithm).is_none_or(|_| *algorithm == -257)) {
        let mut bench = Bench::new(config(vec![-7, algorithm], AttestationFormat::PackedSelf));
        let created = bench.approve(0x01, passkey(1).with(4, Value::Array(vec![parameters(algorithm), parameters(-7)])));
        assert_eq!(created.status, Status::Ok, "{algorithm}: {}", bench.why());
        let key = created.data().attested_credential_data.unwrap().public_key;
        let answered = bench.approve(0x02, assertion().options(&[("uv", true)], 5));
        let signed = [answered.member(2).unwrap().as_bytes().unwrap().as_slice(), &HASH].concat();
        assert!(verifies(&key, &signed, answered.member(3).unwrap().as_bytes().unwrap()), "{algorithm}");
    }
}

#[test]
fn the_relying_partys_first_algorithm_that_the_device_has_is_taken() {
    let chosen = |algorithms: Vec<i64>, wanted: &[i64]| {
        let mut bench = Bench::new(config(algorithms, AttestationFormat::PackedSelf));
        let wanted = wanted.iter().map(|algorithm| parameters(*algorithm)).collect();
        let created = bench.approve(0x01, passkey(1).with(4, Value::Array(wanted)));
        created.member(3).and_then(|statement| field(statement, "alg").cloned()).ok_or(created.status)
    };
    assert_eq!(chosen(vec![-8, -7], &[-257, -7, -8]), Ok(Value::from(-7)));
    assert_eq!(chosen(vec![-8, -7], &[-8, -7]), Ok(Value::from(-8)));
    assert_eq!(chosen(vec![-48], &[-7, -50]), Err(Status::UnsupportedAlgorithm));
}

#[test]
fn each_format_is_given_when_configured_and_gives_way_to_none() {
    let format = |attestation: Attestation, algorithm: i64, preference: &[&str]| {
        let mut bench = Bench::new(Config { algorithms: vec![algorithm], attestation, ..Config::default() });
        let preference = preference.iter().map(|format| Value::from(*format)).collect();
        let request = passkey(1).with(4, Value::Array(vec![parameters(algorithm)])).with(0x0B, Value::Array(preference));
        let created = bench.approve(0x01, request);
        assert_eq!(created.member(4), None, "nobody asked for enterprise attestation");
        let aaguid = created.data().attested_credential_data.unwrap().aaguid;
        (created.member(1).unwrap().as_text().unwrap().to_owned(), aaguid == [0; 16])
    };
    for attestation in AttestationFormat::ALL.into_iter().filter(|format| *format != AttestationFormat::Compound) {
        let identifier = if attestation == AttestationFormat::Enterprise { "none" } else { attestation.identifier() };
        assert_eq!(format(attestation.into(), -7, &[]), (identifier.to_owned(), attestation == AttestationFormat::FidoU2f));
        assert_eq!(format(attestation.into(), -7, &["x", "none"]).0, "none");
    }
    let many = Attestation {
        formats: vec![AttestationFormat::Packed, AttestationFormat::Tpm, AttestationFormat::Apple],
        ..AttestationFormat::None.into()
    };
    for (preference, expected) in [(vec![], "packed"), (vec!["x", "tpm", "packed"], "tpm"), (vec!["apple"], "apple"), (vec!["x"], "packed")]
    {
        assert_eq!(format(many.clone(), -7, &preference).0, expected);
    }
    assert_eq!(format(many, -8, &["tpm"]).0, "packed", "a TPM has no Ed25519");
    assert_eq!(format(AttestationFormat::Tpm.into(), -8, &[]).0, "none");
}

/// An enterprise key that asks for no verification; `rp_ids` are its vendor's.
fn enterprise(rp_ids: &[&str], platform_managed: bool) -> Bench {
    let rp_ids = rp_ids.iter().map(|rp_id| (*rp_id).to_owned()).collect();
    let attestation = Attestation { enterprise: Enterprise { rp_ids, platform_managed }, ..AttestationFormat::PackedSelf.into() };
    Bench::new(Config {
        attestation,
        verification: BuiltInVerification::Absent,
        protection: Protection { authenticator_config: true, enterprise_attestation: true, ..Protection::default() },
        ..Config::default()
    })
}

/// CTAP2.3 §6.1.2 step 9 and §7.1.
#[test]
fn enterprise_attestation_is_given_when_asked_for_enabled_and_allowed() {
    let enable = |bench: &mut Bench| bench.approve(0x0D, Members(vec![(Value::from(1), Value::from(1))])).status;
    let ask = |bench: &mut Bench, value: u8| bench.approve(0x01, registration().with(0x0A, Value::from(value)));

    let mut bench = enterprise(&["broker.test"], true);
    for value in [0, 1, 2, 3] {
        assert_eq!(ask(&mut bench, value).status, Status::InvalidParameter, "not enabled");
    }
    assert_eq!(enable(&mut bench), Status::Ok);
    for value in [0, 3] {
        assert_eq!(ask(&mut bench, value).status, Status::InvalidOption);
    }

    // The RP's list, platform-managed or not, the request's value; and whether it is given.
    let table = [
        (&["broker.test"][..], true, 1, true),
        (&["broker.test"], true, 2, true),
        (&["other.test"], true, 1, false),
        (&["other.test"], true, 2, true),
        (&[], true, 1, false),
        (&[], true, 2, true),
        (&["other.test", "broker.test"], false, 1, true),
        (&["other.test", "broker.test"], false, 2, true),
        (&["other.test"], false, 1, false),
        (&["other.test"], false, 2, false),
    ];
    for (rp_ids, platform_managed, value, expected) in table {
        println!("{rp_ids:?}, platform-managed {platform_managed}, enterpriseAttestation {value}");
        let mut bench = enterprise(rp_ids, platform_managed);
        assert_eq!(enable(&mut bench), Status::Ok);
        let created = ask(&mut bench, value);
        assert_eq!(created.status, Status::Ok, "{}", bench.why());
        assert_eq!(created.member(1), Some(&Value::from("packed")));
        // Else the regular attestation, and no epAtt: here it is a self attestation.
        assert_eq!(created.member(4), expected.then_some(&Value::from(true)));
        assert_eq!(field(created.member(3).unwrap(), "x5c").is_some(), expected);
        let regular = bench.approve(0x01, registration());
        assert_eq!((regular.status, regular.member(4)), (Status::Ok, None), "not asked for");
    }
}

#[test]
fn the_certificates_are_those_of_the_configured_authority() {
    let certificates = |issuance: Issuance, now| {
        let attestation = Attestation { issuance, ..AttestationFormat::Packed.into() };
        let mut bench = Bench::new(Config { attestation, ..Config::default() });
        bench.now = now;
        field(bench.approve(0x01, passkey(1)).member(3).unwrap(), "x5c").unwrap().clone()
    };
    let own = Issuance::default();
    let of = |issuance| certificates(issuance, Time::START);
    assert_eq!(of(own), certificates(own, Time::from_millis(1_000)));
    assert_ne!(of(own), of(Issuance { seed: 1, ..own }));
    let validity = Validity { not_after: "2030-01-01".parse().unwrap(), ..own.validity };
    assert_ne!(of(own), of(Issuance { validity, ..own }));
    assert_eq!(of(own), of(Issuance { device_serial: 7, ..own }), "no matter of the model");
}

#[test]
fn safetynet_says_when_it_attested() {
    let attestation = Attestation {
        issuance: Issuance { attested_at: 1_700_000_000_000, ..Issuance::default() },
        ..AttestationFormat::AndroidSafetynet.into()
    };
    let mut bench = Bench::new(Config { attestation, ..Config::default() });
    bench.now = Time::from_millis(4_321);
    let created = bench.approve(0x01, passkey(1));
    let response = field(created.member(3).unwrap(), "response").unwrap().as_bytes().unwrap().clone();
    let payload = String::from_utf8(response).unwrap().split('.').nth(1).unwrap().to_owned();
    let payload: serde_json::Value = serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap();
    assert_eq!(payload["timestampMs"], 1_700_000_004_321_u64);
}

#[test]
fn a_compound_statement_goes_out_although_it_is_nested_deeper_than_ctap_allows() {
    let mut bench = Bench::new(config(vec![-7], AttestationFormat::Compound));
    let _prompt = prompt(bench.send(0x01, passkey(1)));
    let Step::Reply(reply) = bench.answer(UserAnswer::Approve) else { panic!("no reply") };
    let bytes = reply.to_bytes().unwrap();
    assert_eq!((bytes[0], read_strict(&bytes[1..]).unwrap_err().what), (0, "nested deeper than four levels"));
    let (tree, _) = read_lenient(&bytes[1..]).unwrap();
    let members = tree.as_map().unwrap();
    assert_eq!(members[0].1, Value::from("compound"));
    assert_eq!(members[2].1.as_array().unwrap().len(), 2);
}

#[test]
fn a_reply_longer_than_the_message_limit_is_refused_and_nothing_is_stored() {
    let created = |algorithm: i64, attestation, max_message_size| {
        let config = Config { max_message_size, ..config(vec![algorithm], attestation) };
        let mut bench = Bench::new(config);
        let answer = bench.approve(0x01, passkey(1).with(4, Value::Array(vec![parameters(algorithm)])));
        let why = bench.why();
        let left = bench.approve(0x02, assertion().options(&[("uv", true)], 5)).status;
        assert_eq!(left, if answer.status == Status::Ok { Status::Ok } else { Status::NoCredentials });
        (answer.status, why)
    };
    let too_long = "CTAP2_ERR_REQUEST_TOO_LARGE (0x39): the new credential's attestation is longer than maxMsgSize";
    // ML-DSA-44: 1,312 bytes of public key and 2,420 of signature.
    assert_eq!(created(-48, AttestationFormat::PackedSelf, 2_048), (Status::RequestTooLarge, too_long.to_owned()));
    assert_eq!(created(-48, AttestationFormat::None, 2_048).0, Status::Ok);
    assert_eq!(created(-50, AttestationFormat::PackedSelf, 7_609).0, Status::Ok, "7,300 bytes just fit");
    assert_eq!(created(-7, AttestationFormat::Packed, 1_024).0, Status::RequestTooLarge);
    assert_eq!(created(-7, AttestationFormat::PackedSelf, 1_024).0, Status::Ok);
}

#[test]
fn the_same_seed_attests_the_same() {
    let made = || {
        let config = config(vec![-7], AttestationFormat::Packed);
        let key = Authenticator::new(config, Box::<MemoryStore>::default(), random::stream(1, "bench"));
        let mut bench = Bench { key, now: crate::Time::START };
        bench.approve(0x01, passkey(1)).tree
    };
    assert_eq!(made(), made());
}
