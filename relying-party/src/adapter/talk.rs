//! The HTTP client's part of one exchange: the request goes out, and what comes back is kept as far as it came.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use faultkey_fault_injection::Relay;
use faultkey_fault_injection::seam::network::silent_after;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::answer::Arrived;
use super::exchange::{Received, Request};
use super::lost::Lost;
use super::proxy::Proxy;

/// More than any answer of a ceremony.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

impl Request {
    /// A proxy that forwards it is told the whole URL (RFC 9112 §3.2.2), and who asks. Neither is recorded.
    fn to_http(&self, forwarder: Option<&Proxy>) -> Result<http::Request<Full<Bytes>>, Lost> {
        let path = self.url.query().map_or_else(|| self.url.path().to_owned(), |query| format!("{}?{query}", self.url.path()));
        let uri = if forwarder.is_some() { format!("{}{path}", self.url.origin().ascii_serialization()) } else { path };
        let mut builder = http::Request::builder().method(self.method.clone()).uri(uri);
        if let Some(authorization) = forwarder.and_then(|proxy| proxy.authorization.as_ref()) {
            builder = builder.header(http::header::PROXY_AUTHORIZATION, authorization);
        }
        for (name, value) in &self.headers {
            builder = builder.header(name, value.sent.clone());
        }
        builder
            .body(Full::new(Bytes::from(self.body.as_ref().map(|body| body.sent.clone()).unwrap_or_default())))
            .map_err(|error| Lost::Other(error.to_string()))
    }
}

/// Sends the request and reads the answer. What came before an error stays in `part`.
pub(super) async fn talk<T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static>(
    io: T,
    request: &Request,
    forwarder: Option<&Proxy>,
    part: &mut Part,
) -> Result<(), Lost> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.map_err(|error| Lost::of_http(&error))?;
    // Ends with this function, whichever way that ends.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let mut response = sender.send_request(request.to_http(forwarder)?).await.map_err(|error| Lost::of_http(&error))?;
    part.status = response.status().as_u16();
    part.headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    while let Some(frame) = response.body_mut().frame().await {
        if let Ok(data) = frame.map_err(|error| Lost::of_http(&error))?.into_data() {
            part.body.extend_from_slice(&data);
        }
        if part.body.len() > LONGEST_BODY {
            return Err(Lost::TooLong);
        }
    }
    Ok(())
}

#[derive(Default)]
pub(super) struct Part {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Part {
    pub(super) fn into_received(self, arrived: Arrived) -> Received {
        let Part { status, headers, body } = self;
        Received { arrived, faulted: false, exchange: 0, status, headers, body, url: None, followed: false, second: None }
    }
}

/// A connection that ends with a timeout as soon as the relay has gone silent and all that it delivered has been read: the wait that a
/// user would sit through takes no time here, and which bytes were read does not depend on luck.
pub(super) struct Impatient {
    stream: TcpStream,
    read: usize,
    silent_after: Pin<Box<dyn Future<Output = usize> + Send>>,
    silent: Option<usize>,
}

impl Impatient {
    pub(super) fn new(stream: TcpStream, relay: &Relay) -> Impatient {
        Impatient { stream, read: 0, silent_after: Box::pin(silent_after(relay.silence())), silent: None }
    }
}

impl AsyncRead for Impatient {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.read += buffer.filled().len() - before;
        if polled.is_ready() {
            return polled;
        }
        if self.silent.is_none()
            && let Poll::Ready(bytes) = self.silent_after.as_mut().poll(context)
        {
            self.silent = Some(bytes);
        }
        match self.silent {
            Some(bytes) if self.read >= bytes => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            _ => Poll::Pending,
        }
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
