//! A connection to either side of a relay, and the ways in which it can end.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{self, pki_types::ServerName};

use super::{ConnectError, Ending, ProxyFailure, Upstream};

pub(super) enum Connection {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    pub(super) fn accepted(stream: TcpStream) -> io::Result<Connection> {
        // Every byte goes out when it is written: a reset would throw away what Nagle's algorithm holds back.
        stream.set_nodelay(true)?;
        Ok(Connection::Plain(stream))
    }

    pub(super) async fn open(upstream: &Upstream) -> Result<Connection, ConnectError> {
        let connect = async |address: &SocketAddr| {
            let refused = |error: io::Error| ConnectError::new(format!("cannot connect to {address}: {error}"), error);
            let stream = TcpStream::connect(address).await.map_err(refused)?;
            stream.set_nodelay(true).map_err(refused)?;
            Ok::<_, ConnectError>(stream)
        };
        match upstream {
            Upstream::Plain(address) => Ok(Connection::Plain(connect(address).await?)),
            Upstream::Tls { address, server_name, config, tunnel } => {
                let name = ServerName::try_from(server_name.clone()).map_err(|error| {
                    ConnectError::new(format!("`{server_name}`: {error}"), io::Error::new(io::ErrorKind::InvalidInput, error))
                })?;
                let (stream, place) = match tunnel {
                    None => (connect(address).await?, address.to_string()),
                    Some(tunnel) => {
                        let mut stream = connect(address).await.map_err(|error| error.of_proxy(ProxyFailure::Unreachable))?;
                        tunnel.open(&mut stream).await?;
                        (stream, format!("through the proxy {address}"))
                    }
                };
                let stream = TlsConnector::from(config.clone())
                    .connect(name, stream)
                    .await
                    .map_err(|error| ConnectError::new(format!("the TLS handshake with {server_name} ({place}) failed: {error}"), error))?;
                Ok(Connection::Tls(Box::new(stream)))
            }
        }
    }

    /// The error, if the peer ended TLS with an alert.
    pub(super) fn refusal(&self, error: io::Error) -> Option<ConnectError> {
        let alert = matches!(error.get_ref()?.downcast_ref(), Some(rustls::Error::AlertReceived(_)));
        alert.then(|| ConnectError::new(format!("the relying party ended TLS after the handshake: {error}"), error))
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes).await?;
        self.flush().await
    }

    /// Appends what comes next; 0 is the end of the connection.
    pub(super) async fn receive(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        self.read_buf(into).await
    }

    /// Closes in the orderly way: TLS says so to its peer, then comes the FIN.
    pub(super) async fn close(&mut self) {
        let _closed_by_peer = self.shutdown().await;
    }

    /// Ends it as a cut does. A FIN comes from below TLS: no close_notify. The connection stays in its owner's hands, for a reset
    /// the owner drops it.
    pub(super) fn end(&self, ending: Ending) {
        let socket = SockRef::from(self.tcp());
        // An error here says that the peer was faster; then the connection has ended already.
        let _ended_by_peer = match ending {
            Ending::Fin => socket.shutdown(Shutdown::Write),
            Ending::Rst => socket.set_linger(Some(Duration::ZERO)),
            Ending::Silence => Ok(()),
        };
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Connection::Plain(stream) => stream,
            Connection::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Connection::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Connection::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_flush(context),
            Connection::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Connection::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
