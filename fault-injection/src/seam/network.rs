//! Between the client's side and the relying party: a relay on loopback that carries one HTTP request over real TCP connections, byte-exactly.

mod connection;
pub mod message;
mod relay;
mod tunnel;

use std::net::SocketAddr;
use std::time::Duration;
use std::{fmt, io};

pub use relay::{Relay, silent_after};
pub use tunnel::{ProxyFailure, Tunnel};

/// Which request of a ceremony goes over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkRequest {
    RegistrationOptions,
    RegistrationVerify,
    AuthenticationOptions,
    AuthenticationVerify,
    /// Hooks, session checks, fallback: never touched by a fault.
    Other,
}

/// Where a connection is cut (catalogue §0.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutPoint {
    /// The name does not resolve.
    N0,
    /// The connection is refused (or, ending in silence, never answered).
    N1,
    /// A TLS alert instead of a handshake. Needs an https relying party.
    N2,
    /// Connected, nothing sent.
    N3,
    /// The request is cut after so many bytes.
    N4(usize),
    /// The relying party has the whole request and has begun to answer; no byte of the answer arrives.
    N5,
    /// The response is cut after so many bytes.
    N6(usize),
    /// The response arrives whole, then the connection is reset.
    N7,
}

/// How a cut connection ends for both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    Fin,
    #[default]
    Rst,
    /// Nothing more, in either direction.
    Silence,
}

/// What the network does to one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NetworkDecision {
    #[default]
    Pass,
    Cut {
        point: CutPoint,
        ending: Ending,
    },
    /// Delivered twice at the same time, on two connections; the client gets the first answer.
    Duplicate,
    /// Delivered after so much of the run's time.
    Delay(Duration),
}

/// Where the relay connects to.
#[derive(Clone, Debug)]
pub enum Upstream {
    Plain(SocketAddr),
    Tls {
        address: SocketAddr,
        server_name: String,
        config: std::sync::Arc<tokio_rustls::rustls::ClientConfig>,
        /// At the address there is a proxy, which has to be asked for the way.
        tunnel: Option<Tunnel>,
    },
}

/// What went through a relay. Bytes are those of HTTP, before TLS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RelayReport {
    /// Bytes of the request that the client's side sent, and that were delivered to the relying party.
    pub request_received: usize,
    pub request_delivered: usize,
    /// Bytes of the response that the relying party sent (as far as read), and that were delivered to the client's side.
    pub response_received: usize,
    pub response_delivered: usize,
    /// The response is longer than any that is carried; what came after these bytes was cut off.
    pub went_on: bool,
    /// The response to the second delivery of a duplicated request.
    pub second_response: Option<Vec<u8>>,
    /// The cut ended in silence: nobody may wait for more.
    pub silent: bool,
    /// No fault: the relying party could not be reached, and why.
    pub unreachable: Option<ConnectError>,
}

/// Why there is no connection to the relying party, with no fault in the way.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectError {
    pub kind: io::ErrorKind,
    /// Set when the TLS handshake failed for a reason of its own.
    pub tls: Option<tokio_rustls::rustls::Error>,
    /// Set when it is a proxy that could not be spoken to or refused.
    pub proxy: Option<ProxyFailure>,
    text: String,
}

impl ConnectError {
    /// `text` says what was tried and what came of it.
    #[must_use]
    pub fn new(text: String, error: io::Error) -> Self {
        let kind = error.kind();
        let tls = error.into_inner().and_then(|inner| inner.downcast::<tokio_rustls::rustls::Error>().ok()).map(|tls| *tls);
        Self { kind, tls, proxy: None, text }
    }

    fn of_proxy(self, failure: ProxyFailure) -> Self {
        Self { proxy: Some(failure), ..self }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
