//! X.509 certificates (RFC 5280), signed with ECDSA on P-256.

use std::str::FromStr;

use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::EncodePublicKey;
use serde::{Deserialize, Serialize};
use x509_cert::TbsCertificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::der::asn1::OctetString;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{DateTime, Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::Time;

use super::AttestationError;
use super::der::{element, octets, sequence};
use crate::algorithm::{InvalidKey, PrivateKey, es256};

/// A day, which begins at midnight UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = String;

    /// Reads `2024-01-31`.
    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("expected a date such as 2024-01-31, found {text:?}");
        let mut parts = text.splitn(3, '-').map(str::parse::<u16>);
        let mut part = || parts.next().and_then(Result::ok);
        let (Some(year), Some(month), Some(day)) = (part(), part(), part()) else { return Err(refuse()) };
        let (Ok(month), Ok(day)) = (u8::try_from(month), u8::try_from(day)) else { return Err(refuse()) };
        DateTime::new(year, month, day, 0, 0, 0).map(|_| Self { year, month, day }).map_err(|_| refuse())
    }
}

impl TryFrom<String> for Date {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

impl Date {
    /// Its midnight, in milliseconds since 1970; 0 if the calendar has no such day, or it is earlier.
    #[must_use]
    pub fn milliseconds(self) -> u64 {
        let time = DateTime::new(self.year, self.month, self.day, 0, 0, 0);
        time.map_or(0, |time| u64::try_from(time.unix_duration().as_millis()).unwrap_or(0))
    }
}

/// From when to when a certificate is valid. Given, since nothing here reads a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Validity {
    pub not_before: Date,
    pub not_after: Date,
}

/// A certificate before it is signed.
pub(super) struct Template<'a> {
    /// RFC 4514, so the last part of the name comes first; empty for a TPM's.
    pub subject: &'a str,
    pub issuer: &'a str,
    pub serial: &'a [u8],
    pub validity: Validity,
    /// SubjectPublicKeyInfo in DER.
    pub public_key: &'a [u8],
    pub is_authority: bool,
    /// After those that each certificate has.
    pub extensions: Vec<Extension>,
}

impl Template<'_> {
    /// The certificate in DER, signed with `issuer_key`.
    pub fn sign(self, issuer_key: &es256::SecretKey) -> Result<Vec<u8>, AttestationError> {
        let signer = SigningKey::from_slice(&issuer_key.0).map_err(|_| InvalidKey("ES256"))?;
        let time = |date: Date| {
            let time = DateTime::new(date.year, date.month, date.day, 0, 0, 0).and_then(|time| Time::try_from(time.to_system_time()));
            time.map_err(|_| AttestationError::Date(date))
        };
        let validity = x509_cert::time::Validity::new(time(self.validity.not_before)?, time(self.validity.not_after)?);
        let subject = self.subject.to_owned();
        let refuse = |what: String| AttestationError::Certificate { subject: subject.clone(), what };
        let write = || -> Result<Vec<u8>, Box<dyn std::error::Error>> {
            let profile = Profile {
                // The parser takes no empty name, which a TPM's certificate has (WebAuthn-3 §8.3.1).
                subject: if self.subject.is_empty() { Name::default() } else { Name::from_str(self.subject)? },
                issuer: Name::from_str(self.issuer)?,
                is_authority: self.is_authority,
                extensions: self.extensions,
            };
            let public_key = SubjectPublicKeyInfoOwned::from_der(self.public_key)?;
            let builder = CertificateBuilder::new(profile, SerialNumber::new(self.serial)?, validity, public_key)?;
            Ok(builder.build::<_, DerSignature>(&signer)?.to_der()?)
        };
        write().map_err(|error| refuse(error.to_string()))
    }
}

struct Profile {
    subject: Name,
    issuer: Name,
    is_authority: bool,
    extensions: Vec<Extension>,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer_key: SubjectPublicKeyInfoRef<'_>,
        _certificate: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let identifier = |key| Ok::<_, x509_cert::der::Error>(SubjectKeyIdentifier::try_from(key)?.0.into_bytes().to_vec());
        // keyCertSign and cRLSign; digitalSignature.
        let (constraints, usage) = match self.is_authority {
            true => (sequence(&[element(0x01, &[0xff])]), [0x01, 0x06]),
            false => (sequence(&[]), [0x07, 0x80]),
        };
        let mut extensions = vec![
            extension("2.5.29.19", true, &constraints)?,
            extension("2.5.29.15", true, &element(0x03, &usage))?,
            extension("2.5.29.14", false, &octets(&identifier(key)?))?,
        ];
        if self.issuer != self.subject {
            extensions.push(extension("2.5.29.35", false, &sequence(&[element(0x80, &identifier(issuer_key)?)]))?);
        }
        extensions.extend(self.extensions.iter().cloned());
        Ok(extensions)
    }
}

/// An extension whose value is `value` in DER.
pub(super) fn extension(oid: &str, critical: bool, value: &[u8]) -> Result<Extension, x509_cert::der::Error> {
    let extn_id = ObjectIdentifier::new(oid).map_err(|_| x509_cert::der::ErrorKind::OidMalformed)?;
    Ok(Extension { extn_id, critical, extn_value: OctetString::new(value)? })
}

/// The public key as SubjectPublicKeyInfo in DER, for the algorithms whose keys attestation certificates hold.
pub(super) fn public_key_info(key: &PrivateKey, format: &'static str) -> Result<Vec<u8>, AttestationError> {
    let invalid = |name| move |_| AttestationError::Key(InvalidKey(name));
    let document = match key {
        PrivateKey::Es256(key) | PrivateKey::Esp256(key) => SigningKey::from_slice(&key.0)
            .map_err(|_| InvalidKey("ES256"))?
            .verifying_key()
            .to_public_key_der()
            .map_err(invalid("ES256"))?,
        PrivateKey::Es384(key) | PrivateKey::Esp384(key) => {
            let key = p384::ecdsa::SigningKey::from_slice(&key.0).map_err(|_| InvalidKey("ES384"))?;
            key.verifying_key().to_public_key_der().map_err(invalid("ES384"))?
        }
        PrivateKey::Es512(key) | PrivateKey::Esp512(key) => {
            let key = p521::ecdsa::SigningKey::from_slice(&key.0).map_err(|_| InvalidKey("ES512"))?;
            key.verifying_key().to_public_key_der().map_err(invalid("ES512"))?
        }
        PrivateKey::Rsa(key) => return key.public_key_info().map_err(AttestationError::Key),
        other => return Err(AttestationError::Algorithm { format, algorithm: other.algorithm() }),
    };
    Ok(document.as_bytes().to_vec())
}
