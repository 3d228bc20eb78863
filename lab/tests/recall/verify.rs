//! Verification, step by step (WebAuthn-3 §7.1, §7.2). Knows no accounts and no sessions.

use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::reason::Reason;
use crate::weakness::{Switch, Weakness};

/// Flags of authenticator data (WebAuthn-3 §6.1).
pub const UP: u8 = 0x01;
pub const UV: u8 = 0x04;
pub const BE: u8 = 0x08;
pub const BS: u8 = 0x10;
pub const AT: u8 = 0x40;
pub const ED: u8 = 0x80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Registration,
    Authentication,
}

impl Kind {
    const fn client_data_type(self) -> &'static str {
        match self {
            Kind::Registration => "webauthn.create",
            Kind::Authentication => "webauthn.get",
        }
    }

    /// Which of two switches belongs to this ceremony.
    const fn of(self, registration: Weakness, authentication: Weakness) -> Weakness {
        match self {
            Kind::Registration => registration,
            Kind::Authentication => authentication,
        }
    }
}

/// What an answer is verified against.
pub struct Expected<'a> {
    pub kind: Kind,
    pub challenge: &'a str,
    pub origin: &'a str,
    pub rp_id: &'a str,
    pub user_verification: bool,
}

/// The members of a response that verification needs. One that is missing is `None` only where that is let through.
#[derive(Debug)]
pub struct Response {
    pub id: Vec<u8>,
    pub client_data: Option<Vec<u8>>,
    pub attestation_object: Option<Vec<u8>>,
    pub authenticator_data: Option<Vec<u8>>,
    pub signature: Option<Vec<u8>>,
    pub user_handle: Option<Vec<u8>>,
}

impl Response {
    /// Reads RegistrationResponseJSON or AuthenticationResponseJSON (WebAuthn-3 §5.1).
    pub fn read(kind: Kind, body: &Value, switch: Switch) -> Result<Response, Reason> {
        let bytes = |pointer: &str| match body.pointer(pointer) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => BASE64URL_NOPAD.decode(text.as_bytes()).map(Some).map_err(|_| Reason::Malformed),
            Some(_) => Err(Reason::Malformed),
        };
        let response = Response {
            id: bytes("/id")?.filter(|id| !id.is_empty()).ok_or(Reason::Malformed)?,
            client_data: bytes("/response/clientDataJSON")?,
            attestation_object: bytes("/response/attestationObject")?,
            authenticator_data: bytes("/response/authenticatorData")?,
            signature: bytes("/response/signature")?,
            user_handle: bytes("/response/userHandle")?,
        };
        if bytes("/rawId")?.as_ref() != Some(&response.id) || body.pointer("/type").and_then(Value::as_str) != Some("public-key") {
            return Err(Reason::Malformed);
        }
        let lenient = switch.is(kind.of(Weakness::MalformedAcceptedAtRegistration, Weakness::MalformedAcceptedAtAuthentication));
        let complete = response.client_data.is_some()
            && match kind {
                Kind::Registration => response.attestation_object.is_some(),
                Kind::Authentication => response.authenticator_data.is_some() && response.signature.is_some(),
            };
        if complete || lenient { Ok(response) } else { Err(Reason::Malformed) }
    }

    /// The challenge that the client data names.
    pub fn challenge(&self) -> Option<String> {
        let data: Value = serde_json::from_slice(self.client_data.as_deref()?).ok()?;
        Some(data.get("challenge")?.as_str()?.to_owned())
    }
}

/// A public key and what goes with it, as it is stored.
#[derive(Clone, Debug)]
pub struct Credential {
    pub id: Vec<u8>,
    /// X and Y.
    pub public_key: Vec<u8>,
    pub sign_count: u32,
    pub backup_eligible: bool,
}

/// Registration: the new credential.
pub fn registration(expected: &Expected<'_>, response: &Response, switch: Switch) -> Result<Credential, Reason> {
    let hash = client_data(expected, response, switch)?;
    let object: Cbor = read_cbor(&mut response.attestation_object.as_deref().ok_or(Reason::Malformed)?)?;
    let Some(bytes) = member(&object, "authData").and_then(Cbor::as_bytes) else { return Err(Reason::AuthenticatorData) };
    let data = AuthenticatorData::parse(bytes)?;
    authenticator_data(expected, &data, switch)?;
    let Some((id, key)) = data.attested else { return Err(Reason::AuthenticatorData) };
    let public_key = es256(&key)?;
    if id != response.id {
        return Err(Reason::Malformed);
    }
    // WebAuthn-3 §7.1 steps 21 to 23: no attestation was asked for, so it is none, or the credential's own signature.
    let statement = member(&object, "attStmt").ok_or(Reason::Attestation)?;
    match member(&object, "fmt").and_then(Cbor::as_text) {
        Some("none") => {}
        Some("packed") if member(statement, "x5c").is_none() => {
            let signature = member(statement, "sig").and_then(Cbor::as_bytes).ok_or(Reason::Attestation)?;
            verify_signature(&public_key, bytes, &hash, signature).map_err(|_| Reason::Attestation)?;
        }
        _ => return Err(Reason::Attestation),
    }
    Ok(Credential { id, public_key, sign_count: data.sign_count, backup_eligible: data.flags & BE != 0 })
}

/// What an authentication that was verified says besides.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    pub sign_count: u32,
    /// The counter did not grow (WebAuthn-3 §7.2 step 22).
    pub went_back: bool,
}

/// Authentication with a credential that is stored. `seen` is told the counter as soon as it is read, before the signature is verified.
pub fn authentication(
    expected: &Expected<'_>,
    response: &Response,
    stored: &Credential,
    switch: Switch,
    mut seen: impl FnMut(u32),
) -> Result<Verified, Reason> {
    let hash = client_data(expected, response, switch)?;
    let Some(bytes) = &response.authenticator_data else {
        return Ok(Verified { sign_count: stored.sign_count, went_back: false });
    };
    let data = AuthenticatorData::parse(bytes)?;
    authenticator_data(expected, &data, switch)?;
    if (data.flags & BE != 0) != stored.backup_eligible {
        return Err(Reason::BackupEligibility);
    }
    seen(data.sign_count);
    match &response.signature {
        Some(signature) if !switch.is(Weakness::SignatureNotVerified) => {
            if switch.is(Weakness::ShortSignatureRefused) && is_short(signature) {
                return Err(Reason::SignatureMalformed);
            }
            verify_signature(&stored.public_key, bytes, &hash, signature)?;
        }
        _ => {}
    }
    let counts = data.sign_count != 0 || stored.sign_count != 0;
    Ok(Verified { sign_count: data.sign_count, went_back: counts && data.sign_count <= stored.sign_count })
}

/// Client data (§7.1 steps 5 to 11, §7.2 steps 8 to 14), and its hash.
fn client_data(expected: &Expected<'_>, response: &Response, switch: Switch) -> Result<[u8; 32], Reason> {
    let Some(bytes) = &response.client_data else { return Ok([0; 32]) };
    let data: Value = serde_json::from_slice(bytes).map_err(|_| Reason::Malformed)?;
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    let kind = expected.kind;
    if text("type") != Some(kind.client_data_type())
        && !switch.is(kind.of(Weakness::TypeNotVerifiedAtRegistration, Weakness::TypeNotVerifiedAtAuthentication))
    {
        return Err(Reason::Type);
    }
    if text("challenge") != Some(expected.challenge) {
        return Err(Reason::Challenge);
    }
    if text("origin") != Some(expected.origin)
        && !switch.is(kind.of(Weakness::OriginNotVerifiedAtRegistration, Weakness::OriginNotVerifiedAtAuthentication))
    {
        return Err(Reason::Origin);
    }
    if data.get("crossOrigin").and_then(Value::as_bool) == Some(true) || data.get("topOrigin").is_some() {
        return Err(Reason::CrossOrigin);
    }
    Ok(Sha256::digest(bytes).into())
}

/// RP ID hash and flags (§7.1 steps 14 to 18, §7.2 steps 15 to 19), and the extensions.
fn authenticator_data(expected: &Expected<'_>, data: &AuthenticatorData, switch: Switch) -> Result<(), Reason> {
    let kind = expected.kind;
    let off = |registration, authentication| switch.is(kind.of(registration, authentication));
    if data.rp_id_hash != <[u8; 32]>::from(Sha256::digest(expected.rp_id))
        && !off(Weakness::RpIdNotVerifiedAtRegistration, Weakness::RpIdNotVerifiedAtAuthentication)
    {
        return Err(Reason::RpId);
    }
    if data.flags & UP == 0 && !off(Weakness::UserPresenceNotVerifiedAtRegistration, Weakness::UserPresenceNotVerifiedAtAuthentication) {
        return Err(Reason::UserPresence);
    }
    if expected.user_verification
        && data.flags & UV == 0
        && !off(Weakness::UserVerificationNotEnforcedAtRegistration, Weakness::UserVerificationNotEnforcedAtAuthentication)
    {
        return Err(Reason::UserVerification);
    }
    if data.flags & BS != 0 && data.flags & BE == 0 {
        return Err(Reason::BackupState);
    }
    match data.extensions {
        Some(0) if off(Weakness::EmptyExtensionsRefusedAtRegistration, Weakness::EmptyExtensionsRefusedAtAuthentication) => {
            Err(Reason::AuthenticatorData)
        }
        // Nothing was asked for. WebAuthn-3 §9: what was not asked for may be ignored.
        Some(1..) if switch.is(Weakness::UnsolicitedExtensionRefused) && kind == Kind::Registration => Err(Reason::Extension),
        _ => Ok(()),
    }
}

/// Authenticator data (WebAuthn-3 §6.1), as far as it is needed.
#[derive(Debug)]
struct AuthenticatorData {
    rp_id_hash: [u8; 32],
    flags: u8,
    sign_count: u32,
    /// Credential id and COSE key.
    attested: Option<(Vec<u8>, Cbor)>,
    /// How many members the map of extensions has.
    extensions: Option<usize>,
}

impl AuthenticatorData {
    fn parse(bytes: &[u8]) -> Result<AuthenticatorData, Reason> {
        let mut rest = bytes;
        let rp_id_hash = *take::<32>(&mut rest)?;
        let [flags] = *take::<1>(&mut rest)?;
        let sign_count = u32::from_be_bytes(*take::<4>(&mut rest)?);
        let mut attested = None;
        if flags & AT != 0 {
            take::<16>(&mut rest)?;
            let length = usize::from(u16::from_be_bytes(*take::<2>(&mut rest)?));
            let (id, after) = rest.split_at_checked(length).ok_or(Reason::AuthenticatorData)?;
            rest = after;
            attested = Some((id.to_vec(), read_cbor(&mut rest)?));
        }
        let mut extensions = None;
        if flags & ED != 0 {
            extensions = Some(read_cbor(&mut rest)?.as_map().ok_or(Reason::AuthenticatorData)?.len());
        }
        if !rest.is_empty() {
            return Err(Reason::AuthenticatorData);
        }
        Ok(AuthenticatorData { rp_id_hash, flags, sign_count, attested, extensions })
    }
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], Reason> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or(Reason::AuthenticatorData)?;
    *rest = after;
    Ok(taken)
}

/// One item; what follows it stays.
fn read_cbor(rest: &mut &[u8]) -> Result<Cbor, Reason> {
    ciborium::from_reader(rest).map_err(|_| Reason::AuthenticatorData)
}

fn member<'a>(map: &'a Cbor, name: &str) -> Option<&'a Cbor> {
    map.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

/// X and Y of a COSE key (RFC 9053 §7.1.1): EC2, ES256, P-256.
fn es256(key: &Cbor) -> Result<Vec<u8>, Reason> {
    let at = |label: i64| {
        let members = key.as_map()?;
        members.iter().find(|(name, _)| name.as_integer() == Some(label.into())).map(|(_, value)| value)
    };
    let is = |label, value: i64| at(label).and_then(Cbor::as_integer) == Some(value.into());
    if !(is(1, 2) && is(3, -7) && is(-1, 1)) {
        return Err(Reason::Algorithm);
    }
    let coordinate = |label| at(label).and_then(Cbor::as_bytes).filter(|bytes| bytes.len() == 32).ok_or(Reason::Algorithm);
    let point = [coordinate(-2)?.as_slice(), coordinate(-3)?.as_slice()].concat();
    verifying_key(&point).map(|_| point)
}

fn verifying_key(point: &[u8]) -> Result<VerifyingKey, Reason> {
    VerifyingKey::from_sec1_bytes(&[&[4], point].concat()).map_err(|_| Reason::Algorithm)
}

fn verify_signature(public_key: &[u8], authenticator_data: &[u8], hash: &[u8; 32], signature: &[u8]) -> Result<(), Reason> {
    let signature = Signature::from_der(signature).map_err(|_| Reason::SignatureMalformed)?;
    verifying_key(public_key)?.verify(&[authenticator_data, hash].concat(), &signature).map_err(|_| Reason::KeyMismatch)
}

/// `SEQUENCE { INTEGER r, INTEGER s }` in which one has fewer than 32 bytes.
fn is_short(signature: &[u8]) -> bool {
    let r = signature.get(3).copied().map_or(0, usize::from);
    let s = signature.get(5 + r).copied().map_or(0, usize::from);
    r < 32 || s < 32
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::SigningKey;
    use p256::ecdsa::signature::Signer;
    use serde_json::json;

    use super::*;

    const CHALLENGE: &str = "Y2hhbGxlbmdl";

    fn expected(kind: Kind) -> Expected<'static> {
        Expected { kind, challenge: CHALLENGE, origin: "https://shop.example", rp_id: "shop.example", user_verification: true }
    }

    fn key() -> SigningKey {
        SigningKey::from_slice(&[7; 32]).unwrap()
    }

    fn point() -> Vec<u8> {
        key().verifying_key().to_sec1_point(false).as_bytes()[1..].to_vec()
    }

    fn stored() -> Credential {
        Credential { id: b"k".to_vec(), public_key: point(), sign_count: 3, backup_eligible: true }
    }

    fn client_data(kind: &str) -> Vec<u8> {
        json!({ "type": kind, "challenge": CHALLENGE, "origin": "https://shop.example", "crossOrigin": false }).to_string().into_bytes()
    }

    fn data(flags: u8, rest: &[u8]) -> Vec<u8> {
        [Sha256::digest("shop.example").as_slice(), &[flags], &[0, 0, 0, 4], rest].concat()
    }

    fn assertion(client_data: Vec<u8>, data: Vec<u8>) -> Response {
        let signature: Signature = key().sign(&[data.as_slice(), &Sha256::digest(&client_data)].concat());
        Response {
            id: b"k".to_vec(),
            client_data: Some(client_data),
            attestation_object: None,
            authenticator_data: Some(data),
            signature: Some(signature.to_der().as_bytes().to_vec()),
            user_handle: None,
        }
    }

    fn verify(response: &Response, switch: Switch) -> Result<Verified, Reason> {
        authentication(&expected(Kind::Authentication), response, &stored(), switch, |_| {})
    }

    #[test]
    fn a_good_assertion_passes_and_each_step_refuses_with_its_own_reason() {
        let good = || assertion(client_data("webauthn.get"), data(UP | UV | BE, &[]));
        assert_eq!(verify(&good(), Switch(None)), Ok(Verified { sign_count: 4, went_back: false }));
        let of = |response: Response| verify(&response, Switch(None)).unwrap_err();
        assert_eq!(of(assertion(client_data("webauthn.create"), data(UP | UV | BE, &[]))), Reason::Type);
        assert_eq!(of(assertion(client_data("webauthn.get"), data(UV | BE, &[]))), Reason::UserPresence);
        assert_eq!(of(assertion(client_data("webauthn.get"), data(UP | BE, &[]))), Reason::UserVerification);
        assert_eq!(of(assertion(client_data("webauthn.get"), data(UP | UV, &[]))), Reason::BackupEligibility);
        assert_eq!(of(assertion(client_data("webauthn.get"), data(UP | UV | BE, &[0]))), Reason::AuthenticatorData);
        assert_eq!(of(Response { signature: Some(vec![0x30, 0]), ..good() }), Reason::SignatureMalformed);
        let mut other = good();
        other.authenticator_data = Some(data(UP | UV | BE | BS, &[]));
        assert_eq!(of(other), Reason::KeyMismatch);
    }

    #[test]
    fn a_switch_lets_one_thing_through_and_no_other() {
        let created = assertion(client_data("webauthn.create"), data(UP | UV | BE, &[]));
        let absent = assertion(client_data("webauthn.get"), data(UV | BE, &[]));
        let switch = Switch(Some(Weakness::TypeNotVerifiedAtAuthentication));
        assert!(verify(&created, switch).is_ok());
        assert_eq!(verify(&absent, switch), Err(Reason::UserPresence));
        assert!(verify(&absent, Switch(Some(Weakness::UserPresenceNotVerifiedAtAuthentication))).is_ok());
        assert_eq!(verify(&absent, Switch(Some(Weakness::UserPresenceNotVerifiedAtRegistration))), Err(Reason::UserPresence));
    }

    #[test]
    fn a_registration_gives_its_key_and_extensions_are_read() {
        let cose = Cbor::Map(vec![
            (1.into(), 2.into()),
            (3.into(), (-7).into()),
            ((-1).into(), 1.into()),
            ((-2).into(), Cbor::Bytes(point()[..32].to_vec())),
            ((-3).into(), Cbor::Bytes(point()[32..].to_vec())),
        ]);
        let mut attested = [&[0; 16][..], &[0, 1], b"k"].concat();
        ciborium::into_writer(&cose, &mut attested).unwrap();
        attested.push(0xa0);
        let object = Cbor::Map(vec![
            ("fmt".into(), "none".into()),
            ("attStmt".into(), Cbor::Map(Vec::new())),
            ("authData".into(), Cbor::Bytes(data(UP | UV | AT | ED, &attested))),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).unwrap();
        let response = Response {
            client_data: Some(client_data("webauthn.create")),
            attestation_object: Some(bytes),
            ..assertion(Vec::new(), Vec::new())
        };
        let expected = expected(Kind::Registration);
        let made = registration(&expected, &response, Switch(None)).unwrap();
        assert_eq!((made.public_key, made.sign_count, made.backup_eligible), (point(), 4, false));
        let switch = Switch(Some(Weakness::EmptyExtensionsRefusedAtRegistration));
        assert_eq!(registration(&expected, &response, switch).unwrap_err(), Reason::AuthenticatorData);
    }

    #[test]
    fn a_signature_is_short_where_an_integer_has_fewer_than_32_bytes() {
        let der = |r: usize, s: usize| [vec![0x30, 0, 2, r as u8], vec![1; r], vec![2, s as u8], vec![1; s]].concat();
        assert!(!is_short(&der(32, 33)));
        assert!(is_short(&der(31, 32)));
        assert!(is_short(&der(33, 31)));
    }

    #[test]
    fn what_is_missing_is_malformed_unless_that_is_the_weakness() {
        let body =
            json!({ "id": "aw", "rawId": "aw", "type": "public-key", "response": { "clientDataJSON": "e30", "authenticatorData": "AA" } });
        let read = |kind, switch| Response::read(kind, &body, Switch(switch)).map(|_| ());
        assert_eq!(read(Kind::Authentication, None), Err(Reason::Malformed));
        assert_eq!(read(Kind::Registration, None), Err(Reason::Malformed));
        assert_eq!(read(Kind::Authentication, Some(Weakness::MalformedAcceptedAtAuthentication)), Ok(()));
        assert_eq!(read(Kind::Registration, Some(Weakness::MalformedAcceptedAtAuthentication)), Err(Reason::Malformed));
    }
}
