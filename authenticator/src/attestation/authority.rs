//! The emulator's own certificate authority: a root and an intermediate, both drawn from a seed.

use rand::Rng;
use x509_cert::ext::Extension;

use super::AttestationError;
use super::certificate::{Template, Validity, public_key_info};
use crate::algorithm::{PrivateKey, es256};
use crate::random;

/// Who issues attestation certificates.
#[derive(Clone, Debug)]
pub struct Authority {
    root: Issuer,
    intermediate: Option<Issuer>,
    validity: Validity,
}

#[derive(Clone, Debug)]
struct Issuer {
    key: es256::SecretKey,
    name: String,
    certificate: Vec<u8>,
}

/// What a certificate is issued for.
pub(super) struct Leaf<'a> {
    pub subject: &'a str,
    pub serial: &'a [u8],
    /// SubjectPublicKeyInfo in DER.
    pub public_key: &'a [u8],
    pub extensions: Vec<Extension>,
}

impl Authority {
    /// The authority of `seed`: always the same keys and certificates.
    ///
    /// # Errors
    /// [`AttestationError`] when the validity is none.
    pub fn from_seed(seed: u64, validity: Validity) -> Result<Self, AttestationError> {
        let mut chance = random::stream(seed, "attestation authority");
        let mut draw = |name: String| {
            let key = es256::SecretKey::generate(&mut chance);
            let mut serial = [0; 16];
            chance.fill_bytes(&mut serial);
            (key, name, serial)
        };
        let (key, name, serial) =
            draw(format!("C=AA,OU=Authenticator Attestation CA,O=faultkey test keys,CN=faultkey attestation root {seed}"));
        let root = Self::with_root(key, &name, &serial, validity)?;
        let (key, name, serial) =
            draw(format!("C=AA,OU=Authenticator Attestation CA,O=faultkey test keys,CN=faultkey attestation intermediate {seed}"));
        let certificate = root.certificate(&key, &name, &serial)?;
        Ok(Self { intermediate: Some(Issuer { key, name, certificate }), ..root })
    }

    /// An authority without intermediate, whose root has this key, name (RFC 4514) and serial number.
    ///
    /// # Errors
    /// [`AttestationError`] when a part of it can't stand in a certificate.
    pub fn with_root(key: es256::SecretKey, name: &str, serial: &[u8], validity: Validity) -> Result<Self, AttestationError> {
        let name = name.to_owned();
        let mut this =
            Self { root: Issuer { key: key.clone(), name: name.clone(), certificate: Vec::new() }, intermediate: None, validity };
        this.root.certificate = this.certificate(&key, &name, serial)?;
        Ok(this)
    }

    /// A certificate for an issuer, signed by the root.
    fn certificate(&self, key: &es256::SecretKey, name: &str, serial: &[u8]) -> Result<Vec<u8>, AttestationError> {
        let template = Template {
            subject: name,
            issuer: &self.root.name,
            serial,
            validity: self.validity,
            public_key: &public_key_info(&PrivateKey::Es256(key.clone()), "packed")?,
            is_authority: true,
            extensions: Vec::new(),
        };
        template.sign(&self.root.key)
    }

    /// The same root, which issues leaves itself: for devices that send one certificate only, as U2F keys must and small keys do.
    #[must_use]
    pub fn without_intermediate(self) -> Self {
        Self { intermediate: None, ..self }
    }

    /// The root certificate in DER: what a relying party must trust.
    #[must_use]
    pub fn root(&self) -> &[u8] {
        &self.root.certificate
    }

    /// The root certificate as PEM (RFC 7468).
    #[must_use]
    pub fn root_pem(&self) -> String {
        let base64 = data_encoding::BASE64.encode(&self.root.certificate);
        let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// A certificate for `leaf`, and those between it and the root.
    pub(super) fn issue(&self, leaf: Leaf) -> Result<Vec<Vec<u8>>, AttestationError> {
        let issuer = self.intermediate.as_ref().unwrap_or(&self.root);
        let template = Template {
            subject: leaf.subject,
            issuer: &issuer.name,
            serial: leaf.serial,
            validity: self.validity,
            public_key: leaf.public_key,
            is_authority: false,
            extensions: leaf.extensions,
        };
        let mut chain = vec![template.sign(&issuer.key)?];
        chain.extend(self.intermediate.iter().map(|intermediate| intermediate.certificate.clone()));
        Ok(chain)
    }
}
