//! The test vectors of WebAuthn Level 3 §16, the client's part: with the vector's challenge and origins the client serializes the vector's
//! clientDataJSON byte for byte, and conveys its attestation object unaltered. The authenticator's part is `authenticator/tests/w3c_vectors.rs`.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use faultkey_client::client_data::{ClientData, CollectedClientData};
use serde_json::Value;

/// What the specification adds to some client data, to remind verifiers that members may come: `extraData`, from random bytes.
fn extra_member(random: &[u8]) -> String {
    let text = "clientDataJSON may be extended with additional fields in the future, such as this: ";
    format!(",\"extraData\":\"{text}{}\"}}", BASE64URL_NOPAD.encode(random))
}

#[test]
fn client_data_of_every_ceremony_is_the_vectors_byte_for_byte() {
    let blocks: Value = serde_json::from_str(include_str!("../../authenticator/tests/data/webauthn-l3-vectors.json")).unwrap();
    let ceremonies = blocks.as_array().unwrap().iter().filter(|block| block["step"].is_string());
    println!("{:<32} {:<15} {:<12} {:<10} clientDataJSON", "section", "ceremony", "crossOrigin", "extraData");
    let mut count = 0;
    for block in ceremonies {
        let (section, step) =
            (block["section"].as_str().unwrap().trim_start_matches("sctn-test-vectors-"), block["step"].as_str().unwrap());
        let value = |name: &str| block["values"][name].as_str().map(|hex| HEXLOWER.decode(hex.as_bytes()).unwrap());
        let ceremony = if step == "registration" { ClientData::Create } else { ClientData::Get };
        let top_origin = section.ends_with("topOrigin").then(|| "https://example.com".to_owned());
        let data = CollectedClientData {
            kind: ceremony.kind().to_owned(),
            challenge: BASE64URL_NOPAD.encode(&value("challenge").unwrap()),
            origin: "https://example.org".to_owned(),
            cross_origin: section.ends_with("crossOrigin") || top_origin.is_some(),
            top_origin,
        };
        let mut made = data.serialize();
        if let Some(random) = value("extraData_random") {
            assert_eq!(made.pop(), Some('}'));
            made.push_str(&extra_member(&random));
        }
        let vector = String::from_utf8(value("clientDataJSON").unwrap()).unwrap();
        let extra = if value("extraData_random").is_some() { "added" } else { "-" };
        println!(
            "{section:<32} {step:<15} {:<12} {extra:<10} {}",
            data.cross_origin,
            if made == vector { "the same" } else { "DIFFERENT" }
        );
        assert_eq!(made, vector, "{section} {step}");
        count += 1;
    }
    assert_eq!(count, 30);
}
