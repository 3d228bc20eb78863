//! Where the relying party listens, and how it is reached.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use faultkey_fault_injection::{ConnectError, ProxyFailure, Tunnel, Upstream};
use faultkey_transport::Secrets;
use percent_encoding::percent_decode_str;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig};
use url::Url;

use super::AdapterError;
use super::error::{Unreachable, Why};
use super::proxy::{Proxies, Proxy};
use super::tls::{self, Terms};

/// Where the relying party listens.
#[derive(Clone, Debug)]
pub struct Target {
    /// e.g. `https://staging.example.com` or `http://localhost:3000`.
    pub url: Url,
    /// Connect here, without TLS, instead of to the URL's host and port (the embedded relying party).
    pub connect: Option<SocketAddr>,
    /// PEM file with further trusted certificate authorities.
    pub certificate_authority: Option<PathBuf>,
    /// The proxies that may stand on the way, unless `connect` says where it is.
    pub proxies: Proxies,
}

impl Target {
    /// Whether something takes a connection there.
    pub async fn listens(&self) -> bool {
        match Route::new(self.clone(), Terms::default()) {
            Ok(route) => route.listens().await,
            Err(_) => false,
        }
    }
}

/// The way to a checked target.
pub(super) struct Route {
    pub url: Url,
    connect: Option<SocketAddr>,
    host: String,
    port: u16,
    /// `None` where the relying party is spoken to without TLS.
    tls: Option<tls::Client>,
    proxy: Option<Proxy>,
    /// The address at which it, or the proxy before it, was first reached.
    address: OnceCell<SocketAddr>,
}

impl Route {
    pub(super) fn new(target: Target, terms: Terms) -> Result<Route, AdapterError> {
        let Target { url, connect, certificate_authority, proxies } = target;
        let usable = matches!(url.scheme(), "http" | "https");
        let (true, Some(host), Some(port)) = (usable, url.host_str(), url.port_or_known_default()) else {
            return Err(AdapterError::Target(format!(
                "the relying party's URL `{}` cannot be used, expected http:// or https:// and a host",
                without_user(&url)
            )));
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let tls = match connect {
            None if url.scheme() == "https" => Some(tls::Client::new(certificate_authority.as_deref(), terms)?),
            _ => None,
        };
        let proxy = if connect.is_none() { proxies.on_the_way_to(&url)? } else { None };
        Ok(Route { url, connect, host, port, tls, proxy, address: OnceCell::new() })
    }

    /// Who is named in the URL, and to the proxy.
    pub(super) fn hide(&self, secrets: &Secrets) {
        if !self.url.username().is_empty() || self.url.password().is_some() {
            let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
            secrets.userinfo(&decoded(self.url.username()), &decoded(self.url.password().unwrap_or_default()));
        }
        if let Some(authorization) = self.proxy.as_ref().and_then(|proxy| proxy.authorization.as_ref()) {
            secrets.credentials(authorization);
        }
    }

    pub(super) async fn listens(&self) -> bool {
        let stream = match (self.connect, self.address.get()) {
            (Some(address), _) | (None, Some(&address)) => TcpStream::connect(address).await,
            (None, None) => TcpStream::connect(self.first_stop()).await,
        };
        match (stream, self.tunnel()) {
            (Ok(mut stream), Some(tunnel)) => tunnel.open(&mut stream).await.is_ok(),
            (stream, _) => stream.is_ok(),
        }
    }

    /// Where the connection is made to: the proxy, if there is one on the way.
    fn first_stop(&self) -> (&str, u16) {
        self.proxy.as_ref().map_or((self.host.as_str(), self.port), |proxy| (proxy.host.as_str(), proxy.port))
    }

    fn tunnel(&self) -> Option<Tunnel> {
        let (Some(proxy), Some(_)) = (&self.proxy, &self.tls) else { return None };
        Some(Tunnel { authority: self.authority(), authorization: proxy.authorization.clone() })
    }

    /// Host and port.
    fn authority(&self) -> String {
        let Route { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// The proxy that is sent whole requests, since the relying party is spoken to without TLS.
    pub(super) fn forwarder(&self) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| self.tls.is_none())
    }

    /// There was no connection in all that time. Whose fault that is can be told where a proxy is asked for the way.
    pub(super) fn tunnel_timed_out(&self, patience: Duration) -> Option<Unreachable> {
        let (Some(proxy), Some(_)) = (&self.proxy, &self.tls) else { return None };
        let (authority, seconds) = (self.authority(), patience.as_secs());
        let problem = format!("the proxy {proxy} opened no way to {authority} within {seconds} s");
        Some(self.unreachable(Why::ProxyUnreachable, problem))
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn tls(&self) -> Option<&Arc<ClientConfig>> {
        self.tls.as_ref().map(|tls| &tls.config)
    }

    pub(super) fn was_asked_for_a_certificate(&self) -> bool {
        self.tls.as_ref().is_some_and(tls::Client::was_asked_for_a_certificate)
    }

    pub(super) async fn upstream(&self, patience: Duration) -> Result<Upstream, Unreachable> {
        if let Some(address) = self.connect {
            return Ok(Upstream::Plain(address));
        }
        let address = *self.address.get_or_try_init(|| self.find(patience)).await?;
        Ok(match &self.tls {
            Some(tls) => Upstream::Tls { address, server_name: self.host.clone(), config: tls.config.clone(), tunnel: self.tunnel() },
            None => Upstream::Plain(address),
        })
    }

    /// The first of the name's addresses that can be connected to: `localhost` is often two, and a server listens on one.
    async fn find(&self, patience: Duration) -> Result<SocketAddr, Unreachable> {
        let stop = self.first_stop();
        let unresolved = |problem: String| match &self.proxy {
            Some(proxy) => self.unreachable(Why::ProxyUnreachable, format!("the proxy {proxy} is not found: {problem}")),
            None => self.unreachable(Why::NameUnresolved, problem),
        };
        let addresses: Vec<_> = tokio::net::lookup_host(stop)
            .await
            .map_err(|error| unresolved(format!("the name {} does not resolve: {error}", stop.0)))?
            .collect();
        if let [only] = addresses.as_slice() {
            return Ok(*only);
        }
        let mut problem = unresolved(format!("the name {} has no address", stop.0));
        for address in addresses {
            match connect(address, patience).await {
                Ok(_) => return Ok(address),
                Err(error) => problem = self.not_connected(&error),
            }
        }
        Err(problem)
    }

    pub(super) fn not_connected(&self, error: &ConnectError) -> Unreachable {
        match (&self.proxy, error.proxy) {
            (Some(proxy), Some(ProxyFailure::Refused(status))) => {
                let problem = format!("the proxy {proxy} answered {status} to CONNECT {}", self.authority());
                return self.unreachable(Why::ProxyRefused { status }, problem);
            }
            // A connection that is made for plain text is made to the proxy.
            (Some(proxy), failure) if failure.is_some() || self.tls.is_none() => {
                return self.unreachable(Why::ProxyUnreachable, format!("the proxy {proxy} cannot be spoken to: {error}"));
            }
            _ => {}
        }
        let why = match &self.tls {
            Some(tls) if tls.lacks_certificate(error) => Why::ClientCertificateWanted,
            _ => Why::of(error),
        };
        self.unreachable(why, error.to_string())
    }

    pub(super) fn unreachable(&self, why: Why, problem: String) -> Unreachable {
        Unreachable { url: without_user(&self.url).into(), why, problem }
    }

    /// Whether a server that was spoken to in plain text speaks TLS: whatever it says to a handshake, it is a TLS record.
    pub(super) async fn speaks_tls(&self, patience: Duration) -> bool {
        // A proxy would have told.
        let (None, None, None, Some(address)) = (self.connect, &self.tls, &self.proxy, self.address.get()) else { return false };
        let (Ok(config), Ok(name)) = (tls::trusting_nobody(), ServerName::try_from(self.host.clone())) else { return false };
        let Ok(stream) = connect(*address, patience).await else { return false };
        match tokio::time::timeout(patience, TlsConnector::from(config).connect(name, stream)).await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => {
                let error = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
                error.is_some_and(|error| !matches!(error, rustls::Error::InvalidMessage(_)))
            }
            Err(_) => false,
        }
    }
}

/// What a URL says of a user is secret, and faultkey makes no use of it.
#[must_use]
pub fn without_user(url: &Url) -> Url {
    let mut url = url.clone();
    // Both can fail for a URL without a host only, which has no user.
    let _hidden = (url.set_username(""), url.set_password(None));
    url
}

pub(super) async fn connect(address: SocketAddr, patience: Duration) -> Result<TcpStream, ConnectError> {
    let tried = match tokio::time::timeout(patience, TcpStream::connect(address)).await {
        Ok(tried) => tried,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    };
    tried.map_err(|error| ConnectError::new(format!("cannot connect to {address}: {error}"), error))
}
