//! The way through an HTTP proxy: CONNECT (RFC 9110 §9.3.6).

use std::{fmt, io};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::ConnectError;
use super::message::Response;

/// More than the head of any answer to CONNECT.
const LONGEST_HEAD: usize = 64 * 1024;

/// Where a proxy has to lead to.
#[derive(Clone, PartialEq, Eq)]
pub struct Tunnel {
    /// Host and port.
    pub authority: String,
    /// The value of Proxy-Authorization. It is secret.
    pub authorization: Option<String>,
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel").field("authority", &self.authority).finish_non_exhaustive()
    }
}

/// What went wrong between the client's side and a proxy, before the relying party had a part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyFailure {
    /// There was no connection to it, or it ended before an answer.
    Unreachable,
    /// It answered CONNECT with this status.
    Refused(u16),
}

impl Tunnel {
    /// Asks the proxy at the other end of `stream`. What comes from there on is the relying party's.
    ///
    /// # Errors
    /// When the proxy refuses or goes away.
    pub async fn open(&self, stream: &mut TcpStream) -> Result<(), ConnectError> {
        let lost = |error: io::Error| {
            let text = format!("the proxy did not answer CONNECT {}: {error}", self.authority);
            ConnectError::new(text, error).of_proxy(ProxyFailure::Unreachable)
        };
        let mut request = format!("CONNECT {0} HTTP/1.1\r\nhost: {0}\r\n", self.authority);
        if let Some(authorization) = &self.authorization {
            request.push_str(&format!("proxy-authorization: {authorization}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await.map_err(lost)?;
        let status = read_status(stream).await.map_err(lost)?;
        if (200..300).contains(&status) {
            return Ok(());
        }
        let text = format!("the proxy answered {status} to CONNECT {}", self.authority);
        let error = io::Error::from(io::ErrorKind::ConnectionRefused);
        Err(ConnectError::new(text, error).of_proxy(ProxyFailure::Refused(status)))
    }
}

/// Byte by byte, since what follows the head is not the proxy's.
async fn read_status(stream: &mut TcpStream) -> io::Result<u16> {
    let mut head = Vec::new();
    loop {
        head.push(stream.read_u8().await?);
        if head.ends_with(b"\r\n\r\n")
            && let Some(response) = Response::parse(&head)
        {
            return Ok(response.status);
        }
        // As soon as it is clear that this is no HTTP: it may never send an empty line.
        if !b"HTTP/1.".starts_with(head.get(..7).unwrap_or(&head)) || head.len() > LONGEST_HEAD {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "what it says is no HTTP"));
        }
    }
}
