//! The emulator's own FIDO metadata: an MDS3 BLOB (FIDO Metadata Service 3.0 §3.1), so that a relying party's trust store can be pointed at it.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use p256::ecdsa::Signature;
use serde_json::{Value, json};

use super::attester::extension;
use super::certificate::Date;
use super::der::{element, sequence};
use super::{AttestationError, AttestationFormat, Attester, Authority, Issuance};
use crate::algorithm::{InvalidKey, es256};
use crate::{authenticator_data, random};

/// Whose signature stands under the BLOB, as the certificate names it.
pub const SIGNER: &str = "mds.faultkey.test";

/// What a status report may say (FIDO Metadata Service 3.0 §3.1.4).
pub const STATUSES: [&str; 16] = [
    "NOT_FIDO_CERTIFIED",
    "FIDO_CERTIFIED",
    "USER_VERIFICATION_BYPASS",
    "ATTESTATION_KEY_COMPROMISE",
    "USER_KEY_REMOTE_COMPROMISE",
    "USER_KEY_PHYSICAL_COMPROMISE",
    "UPDATE_AVAILABLE",
    "RETIRED",
    "REVOKED",
    "SELF_ASSERTION_SUBMITTED",
    "FIDO_CERTIFIED_L1",
    "FIDO_CERTIFIED_L1plus",
    "FIDO_CERTIFIED_L2",
    "FIDO_CERTIFIED_L2plus",
    "FIDO_CERTIFIED_L3",
    "FIDO_CERTIFIED_L3plus",
];

/// One entry: a model of authenticator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub aaguid: [u8; 16],
    pub description: String,
    /// Whose root is listed.
    pub issuance: Issuance,
    /// What the model gives.
    pub formats: Vec<AttestationFormat>,
    /// COSE identifiers.
    pub algorithms: Vec<i64>,
    /// Built into the client device.
    pub platform: bool,
    /// One of [`STATUSES`]; newest last. Each since the BLOB's date.
    pub statuses: Vec<String>,
}

/// Number and dates of a BLOB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edition {
    pub number: u32,
    /// From when the statuses hold.
    pub effective: Date,
    pub next_update: Date,
}

/// The BLOB: a JWT, signed with a key that a certificate of the authority of `issuance` names, over entries in the order of `models`.
///
/// # Errors
/// [`AttestationError`] when the validity of `issuance` is none.
pub fn blob(issuance: Issuance, models: &[Model], edition: Edition) -> Result<String, AttestationError> {
    let attester = Attester { aaguid: None, ..Attester::new(issuance, [0; 16])? };
    let key = es256::SecretKey::generate(&mut random::stream(issuance.seed, "metadata service"));
    let subject = format!("C=AA,O=faultkey test keys,CN={SIGNER}");
    let alternative_name = extension(&subject, "2.5.29.17", false, &sequence(&[element(0x82, SIGNER.as_bytes())]))?;
    let signer = Attester { key: key.clone(), ..attester };
    let chain = signer.chain(&subject, vec![alternative_name])?;

    let header =
        json!({ "alg": "ES256", "typ": "JWT", "x5c": chain.iter().map(|certificate| BASE64.encode(certificate)).collect::<Vec<_>>() });
    let payload = json!({
        "legalHeader": "Made by faultkey. These authenticators are emulated: never trust them outside of tests.",
        "no": edition.number,
        "nextUpdate": edition.next_update.to_string(),
        "entries": models.iter().map(|model| entry(model, edition)).collect::<Result<Vec<_>, _>>()?,
    });
    let part = |json: Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(payload));
    // RFC 7518 §3.4: r and s, not DER.
    let signature = Signature::from_der(&key.sign(signed.as_bytes())?).map_err(|_| InvalidKey("ES256"))?;
    Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes())))
}

fn entry(model: &Model, edition: Edition) -> Result<Value, AttestationError> {
    let aaguid = authenticator_data::format_aaguid(&model.aaguid);
    let status = |status: &String| json!({ "status": status, "effectiveDate": edition.effective.to_string() });
    let root = BASE64.encode(Authority::from_seed(model.issuance.seed, model.issuance.validity)?.root());
    Ok(json!({
        "aaguid": aaguid,
        "metadataStatement": statement(model, &aaguid, &root),
        "statusReports": model.statuses.iter().map(status).collect::<Vec<_>>(),
        "timeOfLastStatusChange": edition.effective.to_string(),
    }))
}

/// The metadata statement (FIDO Metadata Statements 3.0 §4).
fn statement(model: &Model, aaguid: &str, root: &str) -> Value {
    let attachment = if model.platform { json!(["internal"]) } else { json!(["external", "wired"]) };
    let algorithms: Vec<&str> = model.algorithms.iter().filter_map(|algorithm| registered_name(*algorithm)).collect();
    json!({
        "aaguid": aaguid,
        "description": model.description,
        "authenticatorVersion": 1,
        "protocolFamily": "fido2",
        "schema": 3,
        "upv": [{ "major": 1, "minor": 1 }, { "major": 1, "minor": 0 }],
        "authenticationAlgorithms": algorithms,
        "publicKeyAlgAndEncodings": ["cose"],
        "attestationTypes": attestation_types(&model.formats),
        "userVerificationDetails": [
            [{ "userVerificationMethod": "presence_internal" }],
            [{ "userVerificationMethod": "fingerprint_internal" }],
            [{ "userVerificationMethod": "none" }],
        ],
        "keyProtection": ["software"],
        "matcherProtection": ["software"],
        "cryptoStrength": 128,
        "attachmentHint": attachment,
        "tcDisplay": [],
        "attestationRootCertificates": [root],
    })
}

/// Each type once. Of a model that gives no attestation by itself, metadata speaks as of one that is asked for it.
fn attestation_types(formats: &[AttestationFormat]) -> Vec<&'static str> {
    let mut types = Vec::new();
    for format in formats.iter().filter(|format| **format != AttestationFormat::None) {
        let own = attestation_type(*format);
        if !types.contains(&own) {
            types.push(own);
        }
    }
    if types.is_empty() { vec!["basic_full"] } else { types }
}

const fn attestation_type(format: AttestationFormat) -> &'static str {
    match format {
        AttestationFormat::None => "none",
        AttestationFormat::PackedSelf => "basic_surrogate",
        AttestationFormat::Tpm => "attca",
        AttestationFormat::Apple => "anonca",
        _ => "basic_full",
    }
}

/// The name in FIDO's registry of predefined values; it has none for ML-DSA.
const fn registered_name(algorithm: i64) -> Option<&'static str> {
    Some(match algorithm {
        -7 | -9 => "secp256r1_ecdsa_sha256_raw",
        -35 | -51 => "secp384r1_ecdsa_sha384_raw",
        -36 | -52 => "secp521r1_ecdsa_sha512_raw",
        -47 => "secp256k1_ecdsa_sha256_raw",
        -8 | -19 => "ed25519_eddsa_sha512_raw",
        -53 => "ed448_eddsa_sha512_raw",
        -257 => "rsassa_pkcsv15_sha256_raw",
        -258 => "rsassa_pkcsv15_sha384_raw",
        -259 => "rsassa_pkcsv15_sha512_raw",
        -37 => "rsassa_pss_sha256_raw",
        -38 => "rsassa_pss_sha384_raw",
        -39 => "rsassa_pss_sha512_raw",
        _ => return None,
    })
}
