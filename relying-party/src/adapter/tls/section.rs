//! The `[tls]` section of the adapter file.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::sign::CertifiedKey;
use toml::Spanned;

/// What the file says of TLS.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(try_from = "Raw")]
#[schemars(with = "Raw")]
pub(in super::super) struct Tls {
    /// No certificate of the server is checked.
    pub insecure: bool,
    /// PEM files, relative to the adapter file's folder.
    pub client_certificate: Option<Spanned<PathBuf>>,
    pub client_key: Option<Spanned<PathBuf>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Tls")]
struct Raw {
    /// No certificate of the server is checked.
    #[serde(default)]
    insecure: bool,
    /// A PEM file with the client's certificate, relative to the adapter file's folder.
    #[schemars(with = "Option<PathBuf>")]
    client_certificate: Option<Spanned<PathBuf>>,
    /// A PEM file with its private key.
    #[schemars(with = "Option<PathBuf>")]
    client_key: Option<Spanned<PathBuf>>,
}

impl TryFrom<Raw> for Tls {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Tls, String> {
        let Raw { insecure, client_certificate, client_key } = raw;
        match (&client_certificate, &client_key) {
            (Some(_), None) => Err("`client-certificate` without `client-key`, expected both or neither".to_owned()),
            (None, Some(_)) => Err("`client-key` without `client-certificate`, expected both or neither".to_owned()),
            _ => Ok(Tls { insecure, client_certificate, client_key }),
        }
    }
}

/// How TLS is spoken, by the adapter file.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Terms {
    pub insecure: bool,
    /// What the client shows of itself.
    pub identity: Option<Arc<CertifiedKey>>,
}

impl Tls {
    /// Reads the files. An error says where in the text of the adapter file it is, and what is wrong.
    pub(in super::super) fn terms(&self, folder: &Path) -> Result<Terms, (Range<usize>, String)> {
        let (Some(certificate), Some(key)) = (&self.client_certificate, &self.client_key) else {
            return Ok(Terms { insecure: self.insecure, identity: None });
        };
        let refuse = |field: &Spanned<PathBuf>, problem: String| {
            (field.span(), format!("{} cannot be used: {problem}", folder.join(field.get_ref()).display()))
        };
        let chain = CertificateDer::pem_file_iter(folder.join(certificate.get_ref()))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| refuse(certificate, error.to_string()))?;
        if chain.is_empty() {
            return Err(refuse(
                certificate,
                "it holds no certificate, expected a PEM file with the client's, and those above it".to_owned(),
            ));
        }
        let private = PrivateKeyDer::from_pem_file(folder.join(key.get_ref())).map_err(|error| match error {
            pem::Error::NoItemsFound => refuse(
                key,
                "it holds no private key, expected a PEM file with one that is not encrypted (`openssl pkey -in KEY -out client-key.pem`)"
                    .to_owned(),
            ),
            error => refuse(key, error.to_string()),
        })?;
        let identity = CertifiedKey::from_der(chain, private, &ring::default_provider())
            .map_err(|error| refuse(key, format!("{error}; expected the key of the client's certificate")))?;
        Ok(Terms { insecure: self.insecure, identity: Some(Arc::new(identity)) })
    }
}
