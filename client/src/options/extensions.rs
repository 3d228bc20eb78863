//! AuthenticationExtensionsClientInputsJSON (WebAuthn-3 §5.1.8, §5.1.9, §10.1; CTAP2.3 §12): the extensions that this client knows.

use faultkey_authenticator::extension::CredProtect;

use super::member::{Object, Parsed};
use crate::{DomException, DomExceptionName};

/// Inputs of prf: one or two inputs of any length (WebAuthn-3 §10.1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrfValues {
    pub first: Vec<u8>,
    pub second: Option<Vec<u8>>,
}

/// Extensions of a registration, beside credProps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreationExtensions {
    /// prf was asked for, with or without inputs.
    pub prf: bool,
    pub prf_eval: Option<PrfValues>,
    /// `credentialProtectionPolicy`
    pub protection: Option<CredProtect>,
    /// `enforceCredentialProtectionPolicy`
    pub enforce_protection: bool,
    pub min_pin_length: bool,
    pub pin_complexity_policy: bool,
    pub large_blob: Option<LargeBlobSupport>,
    /// A few bytes to keep with the credential.
    pub cred_blob: Option<Vec<u8>>,
    pub uvm: bool,
    /// `payment.isPayment` of Secure Payment Confirmation: others than the relying party may start a payment with the credential.
    pub third_party_payment: bool,
    pub app_id_exclude: Option<String>,
}

/// Whether the credential must be able to have a large blob (WebAuthn-3 §10.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LargeBlobSupport {
    Required,
    Preferred,
}

/// Extensions of an authentication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestExtensions {
    pub prf: Option<PrfRequest>,
    pub large_blob: Option<LargeBlobRequest>,
    /// `getCredBlob`
    pub cred_blob: bool,
    pub uvm: bool,
    pub app_id: Option<String>,
}

/// largeBlob of an authentication. At most one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LargeBlobRequest {
    pub read: bool,
    pub write: Option<Vec<u8>>,
}

/// prf of an authentication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrfRequest {
    pub eval: Option<PrfValues>,
    /// Credential ids, decoded, and their inputs.
    pub by_credential: Vec<(Vec<u8>, PrfValues)>,
}

impl PrfValues {
    fn read(object: &Object<'_>) -> Parsed<Self> {
        Ok(Self { first: object.required_bytes("first")?, second: object.optional_bytes("second")? })
    }
}

impl CreationExtensions {
    pub(super) fn read(extensions: Option<&Object<'_>>) -> Parsed<Self> {
        let Some(extensions) = extensions else { return Ok(Self::default()) };
        let prf = extensions.optional_object("prf")?;
        // WebAuthn-3 §10.1.4, client extension processing (registration) step 1.
        if prf.as_ref().is_some_and(|prf| prf.has("evalByCredential")) {
            let message = "publicKey.extensions.prf.evalByCredential: there is no credential yet when one is created; use `eval`.";
            return Err(DomException::caller(DomExceptionName::NotSupportedError, message));
        }
        let eval = prf.as_ref().map_or(Ok(None), |prf| prf.optional_object("eval"))?;
        // WebAuthn-3 §10.1.1: for authentications only.
        refuse(extensions, "appid", "is for a log-in; use `appidExclude` when a credential is created")?;
        let payment = extensions.optional_object("payment")?;
        Ok(Self {
            prf: prf.is_some(),
            prf_eval: eval.as_ref().map(PrfValues::read).transpose()?,
            protection: extensions.optional_keyword("credentialProtectionPolicy")?.map(protection).transpose()?,
            enforce_protection: extensions.optional_bool("enforceCredentialProtectionPolicy")? == Some(true),
            min_pin_length: extensions.optional_bool("minPinLength")? == Some(true),
            pin_complexity_policy: extensions.optional_bool("pinComplexityPolicy")? == Some(true),
            large_blob: extensions.optional_object("largeBlob")?.as_ref().map(large_blob_support).transpose()?,
            cred_blob: extensions.optional_bytes("credBlob")?,
            uvm: extensions.optional_bool("uvm")? == Some(true),
            third_party_payment: payment.map_or(Ok(None), |payment| payment.optional_bool("isPayment"))? == Some(true),
            app_id_exclude: extensions.optional_text("appidExclude")?.map(str::to_owned),
        })
    }
}

fn not_supported<T>(message: String) -> Parsed<T> {
    Err(DomException::caller(DomExceptionName::NotSupportedError, message))
}

/// An extension that has no place in this ceremony.
fn refuse(extensions: &Object<'_>, name: &str, why: &str) -> Parsed<()> {
    if extensions.has(name) { not_supported(format!("publicKey.extensions.{name}: {why}.")) } else { Ok(()) }
}

/// WebAuthn-3 §10.1.5, client extension processing (registration).
fn large_blob_support(large_blob: &Object<'_>) -> Parsed<LargeBlobSupport> {
    if large_blob.has("read") || large_blob.has("write") {
        return not_supported("publicKey.extensions.largeBlob: `read` and `write` are for a log-in; there is no credential yet.".into());
    }
    Ok(match large_blob.optional_keyword("support")? {
        Some("required") => LargeBlobSupport::Required,
        _ => LargeBlobSupport::Preferred,
    })
}

/// WebAuthn-3 §10.1.5, client extension processing (authentication).
fn large_blob_request(large_blob: &Object<'_>, allowed: &[Vec<u8>]) -> Parsed<LargeBlobRequest> {
    if large_blob.has("support") {
        return not_supported("publicKey.extensions.largeBlob.support: is for a registration.".into());
    }
    let (read, write) = (large_blob.optional_bool("read")? == Some(true), large_blob.optional_bytes("write")?);
    if read && write.is_some() {
        return not_supported("publicKey.extensions.largeBlob: `read` and `write` exclude each other.".into());
    }
    if write.is_some() && allowed.len() != 1 {
        let count = allowed.len();
        return not_supported(format!(
            "publicKey.extensions.largeBlob.write: needs exactly one credential in allowCredentials, which has {count}."
        ));
    }
    Ok(LargeBlobRequest { read, write })
}

/// CTAP2.3 §12.1: one of three names.
fn protection(name: &str) -> Parsed<CredProtect> {
    Ok(match name {
        "userVerificationOptional" => CredProtect::UserVerificationOptional,
        "userVerificationOptionalWithCredentialIDList" => CredProtect::UserVerificationOptionalWithCredentialIdList,
        "userVerificationRequired" => CredProtect::UserVerificationRequired,
        other => {
            let message = format!(
                "publicKey.extensions.credentialProtectionPolicy: expected userVerificationOptional, \
                 userVerificationOptionalWithCredentialIDList or userVerificationRequired, found {other:?}."
            );
            return Err(DomException::caller(DomExceptionName::TypeError, message));
        }
    })
}

impl RequestExtensions {
    /// `allowed`: the ids of allowCredentials.
    pub(super) fn read(extensions: Option<&Object<'_>>, allowed: &[Vec<u8>]) -> Parsed<Self> {
        let Some(extensions) = extensions else { return Ok(Self::default()) };
        // WebAuthn-3 §10.1.2: for registrations only.
        refuse(extensions, "appidExclude", "is for a registration; use `appid` at a log-in")?;
        if extensions.has("payment") {
            // As browsers have it: at a log-in it belongs to Secure Payment Confirmation, not to the page.
            let message = "publicKey.extensions.payment: is for a registration; a payment is started by a PaymentRequest.";
            return Err(DomException::caller(DomExceptionName::NotAllowedError, message));
        }
        Ok(Self {
            prf: extensions.optional_object("prf")?.map(|prf| PrfRequest::read(&prf, allowed)).transpose()?,
            large_blob: extensions.optional_object("largeBlob")?.map(|large_blob| large_blob_request(&large_blob, allowed)).transpose()?,
            cred_blob: extensions.optional_bool("getCredBlob")? == Some(true),
            uvm: extensions.optional_bool("uvm")? == Some(true),
            app_id: extensions.optional_text("appid")?.map(str::to_owned),
        })
    }
}

impl PrfRequest {
    fn read(prf: &Object<'_>, allowed: &[Vec<u8>]) -> Parsed<Self> {
        let by_credential = prf.optional_object("evalByCredential")?;
        let entries = by_credential.as_ref().map_or(Ok(Vec::new()), Object::objects)?;
        // WebAuthn-3 §10.1.4, client extension processing (authentication) steps 1 and 2.
        if !entries.is_empty() && allowed.is_empty() {
            let message = "publicKey.extensions.prf.evalByCredential: needs allowCredentials, which is empty.";
            return Err(DomException::caller(DomExceptionName::NotSupportedError, message));
        }
        let read = |(key, values): &(&str, Object<'_>)| {
            let id = data_encoding::BASE64URL_NOPAD.decode(key.as_bytes()).ok().filter(|id| allowed.contains(id));
            let Some(id) = id else {
                let message =
                    format!("publicKey.extensions.prf.evalByCredential: {key:?} is not the id of a credential in allowCredentials.");
                return Err(DomException::caller(DomExceptionName::SyntaxError, message));
            };
            Ok((id, PrfValues::read(values)?))
        };
        let by_credential = entries.iter().map(read).collect::<Parsed<_>>()?;
        let eval = prf.optional_object("eval")?;
        Ok(Self { eval: eval.as_ref().map(PrfValues::read).transpose()?, by_credential })
    }
}
