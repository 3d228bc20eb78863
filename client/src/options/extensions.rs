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
}

/// Extensions of an authentication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestExtensions {
    pub prf: Option<PrfRequest>,
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
        Ok(Self {
            prf: prf.is_some(),
            prf_eval: eval.as_ref().map(PrfValues::read).transpose()?,
            protection: extensions.optional_keyword("credentialProtectionPolicy")?.map(protection).transpose()?,
            enforce_protection: extensions.optional_bool("enforceCredentialProtectionPolicy")? == Some(true),
            min_pin_length: extensions.optional_bool("minPinLength")? == Some(true),
        })
    }
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
        let Some(prf) = extensions.map_or(Ok(None), |extensions| extensions.optional_object("prf"))? else { return Ok(Self::default()) };
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
        Ok(Self { prf: Some(PrfRequest { eval: eval.as_ref().map(PrfValues::read).transpose()?, by_credential }) })
    }
}
