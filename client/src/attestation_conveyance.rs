//! What of the authenticator's attestation the relying party gets to see (WebAuthn-3 §5.1.3, §5.4.7).

use ciborium::Value;
use faultkey_authenticator::cbor;

use crate::ctap_reply::Attestation;

/// The attestation object (WebAuthn-3 §6.5.4), its attestation removed unless `conveyed`.
#[must_use]
pub fn attestation_object(attestation: &Attestation, conveyed: bool) -> Vec<u8> {
    let (format, statement) = if conveyed || is_self_attestation(attestation) {
        (attestation.format.as_str(), attestation.statement.clone())
    } else {
        // The AAGUID stays: Level 3 no longer has it zeroed.
        ("none", Value::Map(Vec::new()))
    };
    // In CTAP2 canonical order (CTAP2.3 §8). The statement keeps the order in which the authenticator wrote it.
    cbor::write(&Value::Map(vec![
        ("fmt".into(), format.into()),
        ("attStmt".into(), statement),
        ("authData".into(), Value::Bytes(attestation.authenticator_data.clone())),
    ]))
}

/// Self attestation of an authenticator without a model name tells nothing about it, and may pass.
fn is_self_attestation(attestation: &Attestation) -> bool {
    let has_certificates =
        attestation.statement.as_map().is_some_and(|members| members.iter().any(|(key, _)| key.as_text() == Some("x5c")));
    attestation.aaguid == [0; 16] && attestation.format == "packed" && !has_certificates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attestation(aaguid: [u8; 16], format: &str, members: &[&str]) -> Attestation {
        Attestation {
            format: format.into(),
            statement: Value::Map(members.iter().map(|name| ((*name).into(), Value::Null)).collect()),
            authenticator_data: vec![0xDA; 2],
            aaguid,
            credential_id: vec![],
            public_key: Value::Null,
            has_large_blob_key: false,
        }
    }

    fn format(attestation: &Attestation, conveyed: bool) -> (String, usize) {
        let (object, _) = cbor::read_lenient(&attestation_object(attestation, conveyed)).unwrap();
        let members = object.as_map().unwrap();
        assert_eq!(members.iter().map(|(key, _)| key.as_text().unwrap()).collect::<Vec<_>>(), ["fmt", "attStmt", "authData"]);
        assert_eq!(members[2].1, Value::Bytes(vec![0xDA; 2]), "authenticator data passes unaltered");
        (members[0].1.as_text().unwrap().to_owned(), members[1].1.as_map().unwrap().len())
    }

    #[test]
    fn none_removes_the_attestation() {
        assert_eq!(format(&attestation([1; 16], "packed", &["alg", "sig"]), false), ("none".into(), 0), "the AAGUID names the model");
        assert_eq!(format(&attestation([0; 16], "packed", &["alg", "sig", "x5c"]), false), ("none".into(), 0));
        assert_eq!(format(&attestation([0; 16], "fido-u2f", &["sig"]), false), ("none".into(), 0));
    }

    #[test]
    fn none_leaves_self_attestation_without_aaguid() {
        assert_eq!(format(&attestation([0; 16], "packed", &["alg", "sig"]), false), ("packed".into(), 2));
    }

    #[test]
    fn direct_conveys_it_unaltered() {
        assert_eq!(format(&attestation([1; 16], "packed", &["sig", "alg", "x5c"]), true), ("packed".into(), 3));
    }
}
