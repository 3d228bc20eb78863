//! The choice of algorithm and attestation format, and replies that would be too long.

use ciborium::Value;

use crate::Config;
use crate::algorithm::tests::verifies;
use crate::algorithm::{NAMES, rsa};
use crate::attestation::AttestationFormat;
use crate::bench::{Bench, HASH, assertion, field, parameters, passkey, prompt};
use crate::cbor::{read_lenient, read_strict};
use crate::{Authenticator, MemoryStore, Status, Step, UserAnswer, random};

fn config(algorithms: Vec<i64>, attestation: AttestationFormat) -> Config {
    Config { algorithms, attestation, ..Config::default() }
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
    let format = |attestation, algorithm: i64, preference: &[&str]| {
        let mut bench = Bench::new(config(vec![algorithm], attestation));
        let preference = preference.iter().map(|format| Value::from(*format)).collect();
        let request = passkey(1).with(4, Value::Array(vec![parameters(algorithm)])).with(0x0B, Value::Array(preference));
        let created = bench.approve(0x01, request);
        let aaguid = created.data().attested_credential_data.unwrap().aaguid;
        (created.member(1).unwrap().as_text().unwrap().to_owned(), created.member(4).is_some(), aaguid == [0; 16])
    };
    for attestation in AttestationFormat::ALL.into_iter().filter(|format| *format != AttestationFormat::Compound) {
        let own =
            (attestation.identifier().to_owned(), attestation == AttestationFormat::Enterprise, attestation == AttestationFormat::FidoU2f);
        assert_eq!(format(attestation, -7, &[]), own);
        assert_eq!(format(attestation, -7, &["x", "none"]).0, "none");
    }
    assert_eq!(format(AttestationFormat::Compound, -7, &["apple", "tpm"]).0, "tpm");
    assert_eq!(format(AttestationFormat::Tpm, -8, &[]).0, "none", "a TPM has no Ed25519");
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
