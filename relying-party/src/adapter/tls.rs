//! What certificates are trusted.

mod verifier;

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::AdapterError;
pub(super) use verifier::SelfSignedCertificate;
use verifier::Trusting;

/// Trusts what the system trusts, and the certificates in the file: as authorities, and each as a server's own.
pub(super) fn client_config(authority: Option<&Path>) -> Result<Arc<ClientConfig>, AdapterError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let mut named = Vec::new();
    if let Some(path) = authority {
        let refuse = |problem: String| {
            let path = path.display();
            AdapterError::Target(format!(
                "the certificate authority {path} cannot be used: {problem}; expected a PEM file with certificates"
            ))
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| refuse(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| refuse(error.to_string()))?;
            roots.add(certificate.clone()).map_err(|error| refuse(error.to_string()))?;
            named.push(certificate);
        }
        if named.is_empty() {
            return Err(refuse("it holds no certificate".to_owned()));
        }
    }
    let provider = Arc::new(ring::default_provider());
    // A system without any trusted authority: rustls makes no verifier then.
    if roots.is_empty() {
        return trusting_nobody();
    }
    let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().map_err(no_tls)?;
    config(provider, Arc::new(Trusting { authorities, named }))
}

/// Trusts no certificate at all: a handshake with it says only whether a server speaks TLS.
pub(super) fn trusting_nobody() -> Result<Arc<ClientConfig>, AdapterError> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(no_tls)?;
    Ok(Arc::new(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth()))
}

fn config(provider: Arc<CryptoProvider>, verifier: Arc<dyn ServerCertVerifier>) -> Result<Arc<ClientConfig>, AdapterError> {
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(no_tls)?;
    Ok(Arc::new(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()))
}

fn no_tls(error: impl std::fmt::Display) -> AdapterError {
    AdapterError::Target(format!("TLS cannot be set up: {error}"))
}
