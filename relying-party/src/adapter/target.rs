//! Where the relying party listens, and how it is reached.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use faultkey_fault_injection::Upstream;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::AdapterError;

/// Where the relying party listens.
#[derive(Clone, Debug)]
pub struct Target {
    /// e.g. `https://staging.example.com` or `http://localhost:3000`.
    pub url: Url,
    /// Connect here, without TLS, instead of to the URL's host and port (the embedded relying party).
    pub connect: Option<SocketAddr>,
    /// PEM file with further trusted certificate authorities.
    pub certificate_authority: Option<PathBuf>,
}

/// The way to a checked target.
pub(super) struct Route {
    pub url: Url,
    connect: Option<SocketAddr>,
    host: String,
    port: u16,
    /// `None` where the relying party is spoken to without TLS.
    tls: Option<Arc<ClientConfig>>,
    /// The address at which it was first reached.
    address: OnceCell<SocketAddr>,
}

impl Route {
    pub(super) fn new(target: Target) -> Result<Route, AdapterError> {
        let Target { url, connect, certificate_authority } = target;
        let usable = matches!(url.scheme(), "http" | "https");
        let (true, Some(host), Some(port)) = (usable, url.host_str(), url.port_or_known_default()) else {
            return Err(AdapterError::Target(format!(
                "the relying party's URL `{url}` cannot be used, expected http:// or https:// and a host"
            )));
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let tls = match connect {
            None if url.scheme() == "https" => Some(client_config(certificate_authority.as_deref())?),
            _ => None,
        };
        Ok(Route { url, connect, host, port, tls, address: OnceCell::new() })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn tls(&self) -> Option<&Arc<ClientConfig>> {
        self.tls.as_ref()
    }

    pub(super) async fn upstream(&self) -> Result<Upstream, AdapterError> {
        if let Some(address) = self.connect {
            return Ok(Upstream::Plain(address));
        }
        let address = *self.address.get_or_try_init(|| self.find()).await?;
        Ok(match &self.tls {
            Some(config) => Upstream::Tls { address, server_name: self.host.clone(), config: config.clone() },
            None => Upstream::Plain(address),
        })
    }

    /// The first of the name's addresses that can be connected to: `localhost` is often two, and a server listens on one.
    async fn find(&self) -> Result<SocketAddr, AdapterError> {
        let addresses: Vec<_> = tokio::net::lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(|error| self.unreachable(&format!("the name {} does not resolve: {error}", self.host)))?
            .collect();
        if let [only] = addresses.as_slice() {
            return Ok(*only);
        }
        let mut problem = format!("the name {} has no address", self.host);
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(_) => return Ok(address),
                Err(error) => problem = format!("cannot connect to {address}: {error}"),
            }
        }
        Err(self.unreachable(&problem))
    }

    pub(super) fn unreachable(&self, problem: &str) -> AdapterError {
        let hint = if problem.contains("invalid peer certificate") {
            "Name the certificate authority of a test server with --ca."
        } else {
            "Is the relying party running, and is the URL right?"
        };
        AdapterError::Unreachable(format!("the relying party at {} cannot be reached: {problem}. {hint}", self.url))
    }
}

/// Trusts what the system trusts, and the authorities in the file.
fn client_config(authority: Option<&Path>) -> Result<Arc<ClientConfig>, AdapterError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = authority {
        let refuse = |problem: String| {
            let path = path.display();
            AdapterError::Target(format!(
                "the certificate authority {path} cannot be used: {problem}; expected a PEM file with certificates"
            ))
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| refuse(error.to_string()))?;
        let before = roots.len();
        for certificate in certificates {
            let certificate = certificate.map_err(|error| refuse(error.to_string()))?;
            roots.add(certificate).map_err(|error| refuse(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(refuse("it holds no certificate".to_owned()));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| AdapterError::Target(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
