use ciborium::Value;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::attester::extension;
use super::der::{element, sequence};
use super::{AttestationError, Attester, Claim};
use crate::algorithm::rsa::{Scheme, SecretKey};
use crate::algorithm::{InvalidKey, PrivateKey};
use crate::{cbor, random};

/// Google's service, by the name in its certificate (WebAuthn-3 §8.5).
const SERVICE: &str = "attest.android.com";

/// Android SafetyNet attestation (WebAuthn-3 §8.5), as it was until the service was shut down: a JWS of the service about the device.
/// The service's RSA key is drawn anew from the seed each time, which takes a moment.
pub(super) fn statement(claim: &Claim, attester: &Attester) -> Result<Value, AttestationError> {
    let key = SecretKey::generate(Scheme::Rs256, &mut random::stream(attester.issuance.seed, "SafetyNet")).ok_or(InvalidKey("RS256"))?;
    let key = PrivateKey::Rsa(key);
    let subject = format!("C=AA,O=faultkey test keys,CN={SERVICE}");
    let alternative_name = extension(&subject, "2.5.29.17", false, &sequence(&[element(0x82, SERVICE.as_bytes())]))?;
    let chain = attester.chain_of(&key, "android-safetynet", &subject, vec![alternative_name])?;

    let header = json!({ "alg": "RS256", "x5c": chain.iter().map(|certificate| BASE64.encode(certificate)).collect::<Vec<_>>() });
    let payload = json!({
        "nonce": BASE64.encode(&Sha256::digest(claim.to_be_signed())),
        "timestampMs": attester.issuance.attested_at,
        "apkPackageName": "com.google.android.gms",
        "apkDigestSha256": BASE64.encode(&Sha256::digest(b"faultkey apk")),
        "ctsProfileMatch": true,
        "apkCertificateDigestSha256": [BASE64.encode(&Sha256::digest(b"faultkey apk certificate"))],
        "basicIntegrity": true,
    });
    let part = |json: serde_json::Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(payload));
    let response = format!("{signed}.{}", BASE64URL_NOPAD.encode(&key.sign(signed.as_bytes())?));
    Ok(cbor::text_map([("ver", Value::from("240913000")), ("response", Value::Bytes(response.into_bytes()))]))
}
