//! TLS with the relying party: what certificates are trusted, and what the client shows of itself.

mod section;
mod verifier;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use faultkey_fault_injection::ConnectError;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{AlertDescription, ClientConfig, Error, RootCertStore, SignatureScheme};

use super::AdapterError;
pub(super) use section::{Terms, Tls};
pub(super) use verifier::SelfSignedCertificate;
use verifier::{Trusting, Unchecked};

/// A client of one server.
pub(super) struct Client {
    pub config: Arc<ClientConfig>,
    /// The server has asked for a certificate, and there was none to show.
    wanted: Arc<AtomicBool>,
}

impl Client {
    /// # Errors
    /// When the file can't be read or holds no certificate.
    pub(super) fn new(authority: Option<&Path>, terms: Terms) -> Result<Client, AdapterError> {
        let provider = Arc::new(ring::default_provider());
        // Read in any case: a file that is not there is told.
        let named = authority.map(certificates).transpose()?.unwrap_or_default();
        let verifier = if terms.insecure { Some(Arc::new(Unchecked(Arc::clone(&provider))) as _) } else { trusting(named, &provider)? };
        let wanted = Arc::new(AtomicBool::new(false));
        let resolver: Arc<dyn ResolvesClientCert> = match terms.identity {
            Some(identity) => Arc::new(SingleCertAndKey::from(identity)),
            None => Arc::new(Empty { wanted: Arc::clone(&wanted) }),
        };
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(no_tls)?;
        let config = match verifier {
            Some(verifier) => config.dangerous().with_custom_certificate_verifier(verifier),
            None => config.with_root_certificates(RootCertStore::empty()),
        };
        Ok(Client { config: Arc::new(config.with_client_cert_resolver(resolver)), wanted })
    }

    pub(super) fn was_asked_for_a_certificate(&self) -> bool {
        self.wanted.load(Ordering::SeqCst)
    }

    /// Whether the server ended it for want of a client certificate: RFC 8446 §4.4.2.4 has an alert of its own for that; servers of TLS 1.2
    /// have handshake_failure (RFC 5246 §7.4.6) or bad_certificate.
    pub(super) fn lacks_certificate(&self, error: &ConnectError) -> bool {
        self.was_asked_for_a_certificate()
            && matches!(
                error.tls,
                Some(Error::AlertReceived(
                    AlertDescription::CertificateRequired | AlertDescription::BadCertificate | AlertDescription::HandshakeFailure
                ))
            )
    }
}

type Verifier = Arc<dyn ServerCertVerifier>;

/// Trusts what the system trusts, and the named certificates: as authorities, and each as a server's own. `None` where that is nobody: rustls
/// makes no verifier then.
fn trusting(named: Vec<CertificateDer<'static>>, provider: &Arc<CryptoProvider>) -> Result<Option<Verifier>, AdapterError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in &named {
        roots.add(certificate.clone()).map_err(no_tls)?;
    }
    if roots.is_empty() {
        return Ok(None);
    }
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let authorities = builder.build().map_err(no_tls)?;
    Ok(Some(Arc::new(Trusting { authorities, named })))
}

/// Those in the PEM file.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, AdapterError> {
    let refuse = |problem: String| {
        let path = path.display();
        AdapterError::Target(format!("the certificate authority {path} cannot be used: {problem}; expected a PEM file with certificates"))
    };
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<_, _>>).map_err(|error| refuse(error.to_string()))?;
    for certificate in &certificates {
        RootCertStore::empty().add(certificate.clone()).map_err(|error| refuse(error.to_string()))?;
    }
    if certificates.is_empty() {
        return Err(refuse("it holds no certificate".to_owned()));
    }
    Ok(certificates)
}

/// Trusts no certificate at all: a handshake with it says only whether a server speaks TLS.
pub(super) fn trusting_nobody() -> Result<Arc<ClientConfig>, AdapterError> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(no_tls)?;
    Ok(Arc::new(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth()))
}

fn no_tls(error: impl std::fmt::Display) -> AdapterError {
    AdapterError::Target(format!("TLS cannot be set up: {error}"))
}

/// Shows no certificate, and remembers that one was asked for.
#[derive(Debug)]
struct Empty {
    wanted: Arc<AtomicBool>,
}

impl ResolvesClientCert for Empty {
    fn resolve(&self, _authorities: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.wanted.store(true, Ordering::SeqCst);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
