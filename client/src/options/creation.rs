//! PublicKeyCredentialCreationOptionsJSON (WebAuthn-3 §5.1.8, §5.4).

use std::time::Duration;

use serde_json::Value;

use super::member::{Object, Parsed};
use super::{Attachment, CreationExtensions, Descriptors, Requirement};
use crate::{DomException, DomExceptionName};

/// The account, as the relying party names it (WebAuthn-3 §5.4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKeyUser {
    pub id: Vec<u8>,
    pub name: String,
    pub display_name: String,
}

/// Options of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreationOptions {
    /// `None`: the effective domain of the caller's origin.
    pub rp_id: Option<String>,
    pub rp_name: String,
    pub user: PublicKeyUser,
    pub challenge: Vec<u8>,
    /// COSE algorithm identifiers, the relying party's favourite first.
    pub algorithms: Vec<i64>,
    pub timeout: Option<Duration>,
    pub exclude: Descriptors,
    pub attachment: Option<Attachment>,
    /// Where the hints look for the authenticator, best first. One that this client doesn't know is left out.
    pub hints: Vec<Attachment>,
    pub discoverable: Requirement,
    pub user_verification: Requirement,
    /// `direct`, `enterprise` and `indirect` (for which this client has no anonymization CA) convey the authenticator's attestation as it is;
    /// anything else is `none`.
    pub attestation_conveyed: bool,
    /// `enterprise`: the one that names the device.
    pub enterprise: bool,
    pub attestation_formats: Vec<String>,
    /// Extension `credProps` was asked for (WebAuthn-3 §10.1.3).
    pub cred_props: bool,
    pub extensions: CreationExtensions,
}

impl CreationOptions {
    /// Reads the options. Members that this client doesn't know are ignored, as WebIDL does.
    ///
    /// # Errors
    /// A TypeError, EncodingError or NotSupportedError whose message names the member.
    pub fn parse(options: &Value) -> Parsed<Self> {
        let options = Object::root(options)?;
        let rp = options.required_object("rp")?;
        let selection = options.optional_object("authenticatorSelection")?;
        let keyword = |name| selection.as_ref().map_or(Ok(None), |selection| selection.optional_keyword(name));
        let attestation = options.optional_keyword("attestation")?;
        let extensions = options.optional_object("extensions")?;
        let hints = options.optional_texts("hints")?;
        let formats = options.optional_texts("attestationFormats")?;
        Ok(Self {
            rp_id: rp.optional_text("id")?.map(str::to_owned),
            rp_name: rp.required_dom_string("name")?,
            user: user(&options.required_object("user")?)?,
            challenge: options.required_bytes("challenge")?,
            algorithms: algorithms(&options)?,
            timeout: options.optional_milliseconds("timeout")?,
            exclude: Descriptors::read(&options, "excludeCredentials")?,
            attachment: match keyword("authenticatorAttachment")? {
                Some("platform") => Some(Attachment::Platform),
                Some("cross-platform") => Some(Attachment::CrossPlatform),
                _ => None,
            },
            hints: hints.into_iter().filter_map(Attachment::hinted).collect(),
            discoverable: discoverable(keyword("residentKey")?, selection.as_ref())?,
            user_verification: keyword("userVerification")?.and_then(Requirement::parse).unwrap_or(Requirement::Preferred),
            attestation_conveyed: matches!(attestation, Some("direct" | "enterprise" | "indirect")),
            enterprise: attestation == Some("enterprise"),
            attestation_formats: formats.into_iter().map(str::to_owned).collect(),
            extensions: CreationExtensions::read(extensions.as_ref())?,
            cred_props: extensions.is_some_and(|extensions| extensions.is_true("credProps")),
        })
    }
}

fn user(user: &Object<'_>) -> Parsed<PublicKeyUser> {
    let id = user.required_bytes("id")?;
    // WebAuthn-3 §5.1.3 step 5.
    if id.is_empty() || id.len() > 64 {
        let message = format!(
            "publicKey.user.id: {} bytes after base64url decoding; 1 to 64 are allowed. The relying party's options need correcting.",
            id.len()
        );
        return Err(DomException::caller(DomExceptionName::TypeError, message));
    }
    let name = user.required_dom_string("name")?;
    Ok(PublicKeyUser { id, name, display_name: user.required_dom_string("displayName")? })
}

/// WebAuthn-3 §5.1.3 step 10.
fn algorithms(options: &Object<'_>) -> Parsed<Vec<i64>> {
    let parameters = options.required_objects("pubKeyCredParams")?;
    if parameters.is_empty() {
        return Ok(vec![-7, -257]);
    }
    let mut algorithms = Vec::new();
    for parameter in &parameters {
        let algorithm = parameter.required_integer("alg")?;
        if parameter.required_text("type")? == "public-key" {
            algorithms.push(algorithm);
        }
    }
    if algorithms.is_empty() {
        let message = "publicKey.pubKeyCredParams: no entry has the type \"public-key\". The relying party's options need correcting.";
        return Err(DomException::caller(DomExceptionName::NotSupportedError, message));
    }
    Ok(algorithms)
}

/// `residentKey`, or else what `requireResidentKey` says (WebAuthn-3 §5.4.4).
fn discoverable(resident_key: Option<&str>, selection: Option<&Object<'_>>) -> Parsed<Requirement> {
    if let Some(requirement) = resident_key.and_then(Requirement::parse) {
        return Ok(requirement);
    }
    let require = selection.map_or(Ok(None), |selection| selection.optional_bool("requireResidentKey"))?;
    Ok(if require == Some(true) { Requirement::Required } else { Requirement::Discouraged })
}

#[cfg(test)]
#[path = "creation_tests.rs"]
mod tests;
