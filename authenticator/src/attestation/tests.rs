//! Each format's statement, verified as WebAuthn-3 §8 says, along the chain up to the root.

use ciborium::Value;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use super::*;
use crate::algorithm::tests::{one_of_each, verifies};
use crate::bench::field;
use crate::{AttestedCredentialData, Flags};

const HASH: [u8; 32] = [0xC1; 32];
const AAGUID: [u8; 16] = [0xAB; 16];

fn attester() -> Attester {
    Attester::new(Issuance::default(), AAGUID).unwrap()
}

fn data(key: &PrivateKey) -> AuthenticatorData {
    AuthenticatorData {
        rp_id_hash: [7; 32],
        flags: Flags(Flags::UP | Flags::AT),
        sign_count: 0,
        attested_credential_data: Some(AttestedCredentialData {
            aaguid: AAGUID,
            credential_id: vec![5; 20],
            public_key: key.cose_public_key().unwrap(),
        }),
        extensions: None,
        trailing: Vec::new(),
    }
}

fn statement(format: AttestationFormat, key: &PrivateKey) -> Value {
    format.statement(&Claim { key, authenticator_data: &data(key), client_data_hash: &HASH }, Some(&attester())).unwrap()
}

fn key_of(algorithm: i64) -> PrivateKey {
    one_of_each().into_iter().find(|key| key.algorithm() == algorithm).unwrap()
}

fn blob(statement: &Value, name: &str) -> Vec<u8> {
    field(statement, name).unwrap().as_bytes().unwrap().clone()
}

fn certificates(statement: &Value) -> Vec<Certificate> {
    let certificates = field(statement, "x5c").unwrap().as_array().unwrap();
    certificates.iter().map(|certificate| Certificate::from_der(certificate.as_bytes().unwrap()).unwrap()).collect()
}

fn public_key(certificate: &Certificate) -> VerifyingKey {
    let bits = &certificate.tbs_certificate().subject_public_key_info().subject_public_key;
    VerifyingKey::from_sec1_bytes(bits.as_bytes().unwrap()).unwrap()
}

fn is_signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let signature = Signature::from_der(certificate.signature().as_bytes().unwrap()).unwrap();
    let signed = certificate.tbs_certificate().to_der().unwrap();
    certificate.tbs_certificate().issuer() == issuer.tbs_certificate().subject() && public_key(issuer).verify(&signed, &signature).is_ok()
}

/// The value of an extension, and whether it is critical.
fn extension(certificate: &Certificate, oid: &str) -> Option<(Vec<u8>, bool)> {
    let extensions = certificate.tbs_certificate().extensions().unwrap();
    extensions
        .iter()
        .find(|extension| extension.extn_id.to_string() == oid)
        .map(|extension| (extension.extn_value.as_bytes().to_vec(), extension.critical))
}

fn root() -> Certificate {
    let root = Certificate::from_der(attester().authority.root()).unwrap();
    assert!(is_signed_by(&root, &root));
    root
}

/// The leaf, after its chain was followed to the root.
fn leaf(chain: Vec<Certificate>) -> Certificate {
    let root = root();
    assert_eq!(chain.len(), 2, "leaf and intermediate");
    assert!(is_signed_by(&chain[0], &chain[1]) && is_signed_by(&chain[1], &root));
    assert!(!chain.contains(&root));
    chain.into_iter().next().unwrap()
}

fn ecdsa(certificate: &Certificate, message: &[u8], signature: &[u8]) -> bool {
    public_key(certificate).verify(message, &Signature::from_der(signature).unwrap()).is_ok()
}

fn signed(key: &PrivateKey) -> Vec<u8> {
    [data(key).to_bytes().as_slice(), &HASH].concat()
}

#[test]
fn packed_is_signed_by_a_key_whose_certificate_names_the_model() {
    for key in one_of_each() {
        let statement = statement(AttestationFormat::Packed, &key);
        let leaf = leaf(certificates(&statement));
        assert_eq!(field(&statement, "alg"), Some(&Value::from(-7)), "of the attestation key, not of {key:?}");
        assert!(ecdsa(&leaf, &signed(&key), &blob(&statement, "sig")));
        // WebAuthn-3 §8.2.1
        let (aaguid, critical) = extension(&leaf, "1.3.6.1.4.1.45724.1.1.4").unwrap();
        assert_eq!((aaguid, critical), ([&[4, 16][..], &AAGUID].concat(), false));
        assert_eq!(extension(&leaf, "2.5.29.19"), Some((vec![0x30, 0], true)), "no authority");
        let subject = leaf.tbs_certificate().subject().to_string();
        assert_eq!(subject, "C=AA,OU=Authenticator Attestation,O=faultkey test keys,CN=faultkey abababab-abab-abab-abab-abababababab");
    }
}

#[test]
fn a_small_key_sends_one_certificate_of_the_same_root() {
    let key = key_of(-7);
    let attester = Attester::new(Issuance { intermediate: false, ..Issuance::default() }, AAGUID).unwrap();
    let claim = Claim { key: &key, authenticator_data: &data(&key), client_data_hash: &HASH };
    let chain = certificates(&AttestationFormat::Packed.statement(&claim, Some(&attester)).unwrap());
    assert_eq!(chain.len(), 1);
    assert!(is_signed_by(&chain[0], &root()));
}

#[test]
fn names_are_read_back() {
    for format in AttestationFormat::ALL {
        assert_eq!(format.name().parse(), Ok(format));
        assert_eq!(serde_json::to_value(format).unwrap(), format.name());
    }
    let error = "backed".parse::<AttestationFormat>().unwrap_err();
    assert!(error.starts_with("expected one of none, packed-self, packed, enterprise, tpm"), "{error}");
}

#[test]
fn self_attestation_is_signed_by_the_credential_and_none_by_nobody() {
    for key in one_of_each() {
        let own = statement(AttestationFormat::PackedSelf, &key);
        assert_eq!(field(&own, "alg"), Some(&Value::from(key.algorithm())));
        assert!(verifies(&key.cose_public_key().unwrap(), &signed(&key), &blob(&own, "sig")));
        assert_eq!(statement(AttestationFormat::None, &key), Value::Map(Vec::new()));
    }
}

#[test]
fn enterprise_attestation_names_the_one_device_and_has_its_own_key() {
    let key = key_of(-7);
    let statement = statement(AttestationFormat::Enterprise, &key);
    let leaf = leaf(certificates(&statement));
    assert!(ecdsa(&leaf, &signed(&key), &blob(&statement, "sig")));
    assert_eq!(extension(&leaf, "1.3.6.1.4.1.45724.1.1.2"), Some((vec![4, 8, 0, 0, 0, 0, 0, 0, 0, 1], false)));
    assert!(extension(&leaf, "1.3.6.1.4.1.45724.1.1.4").is_some());
    let model = VerifyingKey::from(&p256::ecdsa::SigningKey::from_slice(&attester().key.0).unwrap());
    assert_ne!(public_key(&leaf), model);
}

#[test]
fn fido_u2f_signs_the_registration_of_a_u2f_key_with_one_certificate() {
    let key = key_of(-7);
    let statement = statement(AttestationFormat::FidoU2f, &key);
    let chain = certificates(&statement);
    assert_eq!(chain.len(), 1);
    assert!(is_signed_by(&chain[0], &root()), "an intermediate would be missing");
    let PrivateKey::Es256(secret) = &key else { panic!() };
    let message = [&[0][..], &[7; 32], &HASH, &[5; 20], &secret.public_point().unwrap()].concat();
    assert!(ecdsa(&chain[0], &message, &blob(&statement, "sig")));
}

#[test]
fn android_key_certifies_the_credentials_own_key_with_the_challenge_in_it() {
    for algorithm in [-7, -35, -36, -257] {
        let key = key_of(algorithm);
        let statement = statement(AttestationFormat::AndroidKey, &key);
        let mut chain = certificates(&statement);
        assert_eq!(chain.pop(), Some(root()), "Android sends the root too");
        let leaf = leaf(chain);
        assert!(verifies(&key.cose_public_key().unwrap(), &signed(&key), &blob(&statement, "sig")));
        let info = certificate::public_key_info(&key, "android-key").unwrap();
        assert_eq!(leaf.tbs_certificate().subject_public_key_info().to_der().unwrap(), info);
        let (description, _) = extension(&leaf, "1.3.6.1.4.1.11129.2.1.17").unwrap();
        let challenge = [&[4, 32][..], &HASH, &[4, 0, 0x30, 0]].concat();
        assert!(description.windows(challenge.len()).any(|part| part == challenge));
        // purpose SIGN, the algorithm, origin GENERATED
        let family = if algorithm == -257 { 1 } else { 3 };
        let authorizations = [0xA1, 5, 0x31, 3, 2, 1, 2, 0xA2, 3, 2, 1, family, 0xBF, 0x85, 0x3E, 3, 2, 1, 0];
        assert!(description.ends_with(&authorizations), "{description:02x?}");
    }
}

#[test]
fn apple_certifies_the_credentials_own_key_with_the_nonce_in_it() {
    let key = key_of(-7);
    let statement = statement(AttestationFormat::Apple, &key);
    let leaf = leaf(certificates(&statement));
    assert_eq!(statement.as_map().unwrap().len(), 1);
    assert_eq!(leaf.tbs_certificate().subject_public_key_info().to_der().unwrap(), certificate::public_key_info(&key, "apple").unwrap());
    let nonce = [&[0x30, 36, 0xA1, 34, 4, 32][..], &Sha256::digest(signed(&key))].concat();
    assert_eq!(extension(&leaf, "1.2.840.113635.100.8.2"), Some((nonce, false)));
}

#[test]
fn a_tpm_certifies_the_public_area_of_the_credential() {
    for algorithm in [-7, -35, -36, -257] {
        let key = key_of(algorithm);
        let statement = statement(AttestationFormat::Tpm, &key);
        let leaf = leaf(certificates(&statement));
        let (certified, area) = (blob(&statement, "certInfo"), blob(&statement, "pubArea"));
        assert!(ecdsa(&leaf, &certified, &blob(&statement, "sig")));
        assert_eq!(certified[..6], [0xFF, 0x54, 0x43, 0x47, 0x80, 0x17]);
        assert_eq!(certified[10..42], *Sha256::digest(signed(&key)));
        let name = [&[0, 34, 0, 11][..], &Sha256::digest(&area), &[0, 0]].concat();
        assert!(certified.ends_with(&name));
        // The unique field is the public key of the COSE_Key.
        let public = key.cose_public_key().unwrap();
        let last = public.as_map().unwrap().iter().filter_map(|(_, value)| value.as_bytes()).find(|bytes| bytes.len() > 3).unwrap();
        assert!(area.windows(last.len()).any(|part| part == last));
        assert!(leaf.tbs_certificate().subject().is_empty());
        assert_eq!(extension(&leaf, "2.5.29.37"), Some((vec![0x30, 7, 6, 5, 0x67, 0x81, 5, 8, 3], false)));
        let (name, critical) = extension(&leaf, "2.5.29.17").unwrap();
        assert!(critical && String::from_utf8_lossy(&name).contains("id:414D4400"));
    }
}

#[test]
fn safetynet_is_a_jws_of_the_service() {
    use ::rsa::pkcs8::DecodePublicKey;
    let key = key_of(-7);
    let statement = statement(AttestationFormat::AndroidSafetynet, &key);
    let response = String::from_utf8(blob(&statement, "response")).unwrap();
    let (signed_part, signature) = response.rsplit_once('.').unwrap();
    let parts: Vec<serde_json::Value> = signed_part
        .split('.')
        .map(|part| serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap())
        .collect();
    let chain = parts[0]["x5c"].as_array().unwrap().iter().map(|certificate| {
        Certificate::from_der(&data_encoding::BASE64.decode(certificate.as_str().unwrap().as_bytes()).unwrap()).unwrap()
    });
    let leaf = leaf(chain.collect());
    assert!(leaf.tbs_certificate().subject().to_string().ends_with("CN=attest.android.com"));
    assert_eq!(parts[1]["nonce"], data_encoding::BASE64.encode(&Sha256::digest(signed(&key))));
    assert_eq!((&parts[1]["ctsProfileMatch"], &parts[1]["timestampMs"]), (&true.into(), &1_704_067_200_000_u64.into()));
    let info = leaf.tbs_certificate().subject_public_key_info().to_der().unwrap();
    let verifying = ::rsa::pkcs1v15::VerifyingKey::<Sha256>::new(::rsa::RsaPublicKey::from_public_key_der(&info).unwrap());
    let signature = data_encoding::BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let signature = ::rsa::pkcs1v15::Signature::try_from(signature.as_slice()).unwrap();
    assert!(verifying.verify(signed_part.as_bytes(), &signature).is_ok());
}

#[test]
fn compound_holds_two_statements_about_the_same_credential() {
    let key = key_of(-7);
    let compound = statement(AttestationFormat::Compound, &key);
    let parts = compound.as_array().unwrap();
    assert_eq!(parts.iter().map(|part| field(part, "fmt").unwrap().as_text().unwrap()).collect::<Vec<_>>(), ["packed", "tpm"]);
    assert_eq!(field(&parts[0], "attStmt"), Some(&statement(AttestationFormat::Packed, &key)));
    assert_eq!(field(&parts[1], "attStmt"), Some(&statement(AttestationFormat::Tpm, &key)));
}

#[test]
fn statements_are_canonical_and_what_does_not_fit_is_refused() {
    for key in one_of_each() {
        for format in AttestationFormat::ALL.into_iter().filter(|format| *format != AttestationFormat::AndroidSafetynet) {
            let claim = Claim { key: &key, authenticator_data: &data(&key), client_data_hash: &HASH };
            match format.statement(&claim, Some(&attester())) {
                Ok(statement) => {
                    assert!(format.takes(key.algorithm()));
                    assert_eq!(crate::cbor::read_strict(&crate::cbor::write(&statement)), Ok(statement));
                }
                Err(error) => {
                    assert!(!format.takes(key.algorithm()), "{format:?} {key:?} {error}");
                    let (format, algorithm) = (format.identifier(), key.algorithm());
                    let message = format!(
                        "attestation format {format} can't attest a credential of COSE algorithm {algorithm}; choose packed or none"
                    );
                    assert_eq!(error.to_string(), message);
                }
            }
        }
    }
    let key = key_of(-7);
    let claim = Claim { key: &key, authenticator_data: &data(&key), client_data_hash: &HASH };
    let error = AttestationFormat::Packed.statement(&claim, None).unwrap_err();
    assert_eq!(error.to_string(), "attestation format packed needs an attester with certificates");
}

#[test]
fn an_authority_depends_on_its_seed_and_validity_only() {
    let issuance = Issuance::default();
    let root = |seed| Authority::from_seed(seed, issuance.validity).unwrap().root().to_vec();
    assert_eq!(root(0), attester().authority.root());
    assert_ne!(root(0), root(1));
    let pem = attester().authority.root_pem();
    let lines: Vec<&str> = pem.lines().collect();
    assert_eq!((lines[0], lines[lines.len() - 1]), ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"));
    assert_eq!(data_encoding::BASE64.decode(lines[1..lines.len() - 1].concat().as_bytes()).unwrap(), root(0));
    assert!(lines.iter().all(|line| line.len() <= 64));

    assert_eq!("2024-02-29".parse(), Ok(Date { year: 2024, month: 2, day: 29 }));
    for text in ["2023-02-29", "2024-2", "x", "2024-01-01-01", "1900-01-01", "2024-300-01"] {
        assert_eq!(text.parse::<Date>(), Err(format!("expected a date such as 2024-01-31, found {text:?}")));
    }
    assert_eq!(Issuance::default().validity.not_before.milliseconds(), 1_704_067_200_000);
    let february = Date { year: 2024, month: 2, day: 30 };
    let refused = Authority::from_seed(0, Validity { not_before: february, not_after: february }).unwrap_err();
    assert_eq!(refused.to_string(), "2024-02-30 is no date of the calendar");
}

#[test]
fn a_metadata_blob_is_signed_under_the_root_and_lists_models_with_statuses() {
    let model = metadata::Model {
        aaguid: AAGUID,
        description: "faultkey: test".to_owned(),
        issuance: Issuance { seed: 3, ..Issuance::default() },
        formats: vec![AttestationFormat::None, AttestationFormat::Packed, AttestationFormat::Tpm, AttestationFormat::FidoU2f],
        algorithms: vec![-7, -257, -48],
        platform: false,
        statuses: vec!["FIDO_CERTIFIED".to_owned(), "REVOKED".to_owned()],
    };
    let day = |day| Date { year: 2024, month: 1, day };
    let edition = metadata::Edition { number: 7, effective: day(1), next_update: day(31) };
    let blob = metadata::blob(Issuance::default(), &[model], edition).unwrap();
    let (signed, signature) = blob.rsplit_once('.').unwrap();
    let decode = |part: &str| data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let header: serde_json::Value = serde_json::from_slice(&decode(header)).unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&decode(payload)).unwrap();
    let chain = header["x5c"].as_array().unwrap().iter().map(|certificate| {
        Certificate::from_der(&data_encoding::BASE64.decode(certificate.as_str().unwrap().as_bytes()).unwrap()).unwrap()
    });
    let leaf = leaf(chain.collect());
    assert!(public_key(&leaf).verify(signed.as_bytes(), &Signature::from_slice(&decode(signature)).unwrap()).is_ok());
    assert!(leaf.tbs_certificate().subject().to_string().ends_with("CN=mds.faultkey.test"));

    assert_eq!((&payload["no"], &payload["nextUpdate"]), (&7.into(), &"2024-01-31".into()));
    let entry = &payload["entries"][0];
    assert_eq!(entry["aaguid"], "abababab-abab-abab-abab-abababababab");
    assert_eq!(entry["statusReports"][1], serde_json::json!({ "status": "REVOKED", "effectiveDate": "2024-01-01" }));
    let statement = &entry["metadataStatement"];
    assert_eq!(statement["authenticationAlgorithms"], serde_json::json!(["secp256r1_ecdsa_sha256_raw", "rsassa_pkcsv15_sha256_raw"]));
    assert_eq!(statement["attestationTypes"], serde_json::json!(["basic_full", "attca"]));
    let root = data_encoding::BASE64.encode(Authority::from_seed(3, Issuance::default().validity).unwrap().root());
    assert_eq!(statement["attestationRootCertificates"], serde_json::json!([root]));
    assert!(metadata::STATUSES.contains(&"REVOKED"));
}
