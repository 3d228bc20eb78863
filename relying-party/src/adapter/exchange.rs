//! One HTTP request and its response, over a relay that may cut it.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use faultkey_authenticator::Time;
use faultkey_fault_injection::seam::network::{message, silent_after};
use faultkey_fault_injection::{CutPoint, NetworkDecision, NetworkRequest, Relay, RelayReport, Upstream};
use faultkey_transport::Transcript;
use faultkey_transport::transcript::What;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::Url;

use super::answer::Arrived;
use super::mapping::HeaderText;
use super::target::Route;
use super::{AdapterError, Clock};

/// Headers of a response that a record keeps: what changes from run to run (a date, a request's number) would drown what matters.
const RECORDED: [&str; 6] = ["cache-control", "content-type", "location", "retry-after", "set-cookie", "www-authenticate"];

/// More than any answer of a ceremony.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// What the network does to a request, at this moment of the run.
pub(super) type Decide = Arc<dyn Fn(Time, NetworkRequest) -> NetworkDecision + Send + Sync>;

pub(super) struct Request {
    pub method: http::Method,
    pub url: Url,
    /// As shown and as sent.
    pub headers: Vec<(String, HeaderText)>,
    pub body: Option<String>,
}

/// A response as far as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub arrived: Arrived,
    /// 0 if no status line arrived.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The answer to a second delivery.
    pub second: Option<Box<Received>>,
}

impl Received {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Carries requests to the relying party and writes them down.
pub(super) struct Wire {
    pub route: Route,
    pub decide: Decide,
    pub transcript: Transcript,
    pub clock: Clock,
    /// How long a user's app would wait for an answer.
    pub patience: Duration,
}

impl Wire {
    pub(super) async fn exchange(&self, kind: NetworkRequest, request: Request) -> Result<Received, AdapterError> {
        self.record_request(&request);
        let decision = match kind {
            NetworkRequest::Other => NetworkDecision::Pass,
            kind => (self.decide)(self.clock.now(), kind),
        };
        match decision {
            NetworkDecision::Cut { point: CutPoint::N0, .. } => {
                // RFC 6761 §6.4: whoever resolves names answers for .invalid at once, and asks no server.
                let text = format!("the name {}.invalid does not resolve", self.route.host());
                self.record(What::NetworkError { text: text.clone() });
                return Ok(Received::nothing(text));
            }
            NetworkDecision::Cut { point: CutPoint::N2, .. } if self.route.tls().is_none() => {
                return Err(AdapterError::Impossible(format!(
                    "a network fault cuts at n2, a TLS alert instead of a handshake, but the relying party at {} is spoken to without TLS; \
                     use an https URL, or another cut point",
                    self.route.url
                )));
            }
            NetworkDecision::Delay(by) => self.clock.advance(by),
            _ => {}
        }
        let upstream = self.route.upstream().await?;
        if let (NetworkRequest::Other, Upstream::Plain(address)) = (kind, &upstream) {
            let received = self.carry_directly(*address, &request).await?;
            self.record_response(&received, &RelayReport::default(), decision);
            return Ok(received);
        }
        let (received, report) = self.carry(upstream, decision, &request).await?;
        self.record_response(&received, &report, decision);
        Ok(received)
    }

    /// Without a relay: no fault touches this request, and hooks are many.
    async fn carry_directly(&self, address: SocketAddr, request: &Request) -> Result<Received, AdapterError> {
        let stream = TcpStream::connect(address).await.map_err(|error| self.route.unreachable(&error.to_string()))?;
        // Closed with a reset once the answer is read, so that no port is left waiting: runs in a row would use them all up.
        stream.set_zero_linger().map_err(|error| self.route.unreachable(&error.to_string()))?;
        let mut part = Part::default();
        let error = match tokio::time::timeout(self.patience, talk(TokioIo::new(stream), request, &mut part)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error),
            Err(_) => Some(self.patience_is_over()),
        };
        let arrived = match error {
            None => Arrived::Whole,
            Some(text) if part.status == 0 => Arrived::Nothing(text),
            Some(text) => Arrived::Part(text),
        };
        Ok(Received { arrived, status: part.status, headers: part.headers, body: part.body, second: None })
    }

    /// The user has waited all the while: in the run's time, never for real (nor for real a second time).
    fn patience_is_over(&self) -> String {
        self.clock.advance_to(self.clock.now() + self.patience);
        format!("no answer within {} s", self.patience.as_secs())
    }

    async fn carry(
        &self,
        upstream: Upstream,
        decision: NetworkDecision,
        request: &Request,
    ) -> Result<(Received, RelayReport), AdapterError> {
        let relay = Relay::open(upstream, decision)
            .await
            .map_err(|error| AdapterError::Unreachable(format!("no relay can be opened on loopback: {error}")))?;
        let mut part = Part::default();
        let error = match tokio::time::timeout(self.patience, self.ask(&relay, decision, request, &mut part)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some((error, relay.silence().borrow().is_some())),
            Err(_) => Some((String::new(), true)),
        };
        if decision == NetworkDecision::Duplicate {
            // A second answer that never comes is none.
            let _in_time = tokio::time::timeout(self.patience, relay.done()).await;
        }
        let report = relay.finish().await;
        if let Some(problem) = &report.unreachable {
            return Err(self.route.unreachable(problem));
        }
        let arrived = match error {
            None => Arrived::Whole,
            Some((text, waited)) => {
                let text = if waited { self.patience_is_over() } else { text };
                if part.status == 0 && report.response_delivered == 0 { Arrived::Nothing(text) } else { Arrived::Part(text) }
            }
        };
        let second = report.second_response.as_deref().map(|bytes| Box::new(Received::from_bytes(bytes)));
        Ok((Received { arrived, status: part.status, headers: part.headers, body: part.body, second }, report))
    }

    /// The HTTP client's part. What came before an error stays in `part`.
    async fn ask(&self, relay: &Relay, decision: NetworkDecision, request: &Request, part: &mut Part) -> Result<(), String> {
        let stream = TcpStream::connect(relay.address()).await.map_err(|error| format!("cannot connect: {error}"))?;
        if let (NetworkDecision::Cut { point: CutPoint::N2, .. }, Some(config)) = (decision, self.route.tls()) {
            let name = ServerName::try_from(self.route.host().to_owned()).map_err(|error| error.to_string())?;
            return match TlsConnector::from(config.clone()).connect(name, stream).await {
                Err(error) => Err(error.to_string()),
                Ok(_) => Err("the relay shook hands instead of sending an alert".to_owned()),
            };
        }
        talk(TokioIo::new(Impatient::new(stream, relay)), request, part).await
    }

    fn record(&self, what: What) {
        self.transcript.record(self.clock.now(), what);
    }

    fn record_request(&self, request: &Request) {
        let path = match request.url.query() {
            Some(query) => format!("{}?{query}", request.url.path()),
            None => request.url.path().to_owned(),
        };
        let headers = request.headers.iter().map(|(name, value)| (name.clone(), value.shown.clone())).collect();
        let body = request.body.clone().unwrap_or_default();
        self.record(What::HttpRequest { method: request.method.to_string(), path, headers, body });
    }

    fn record_response(&self, received: &Received, report: &RelayReport, decision: NetworkDecision) {
        let numbers = format!(
            "{} of {} bytes of the request reached the relying party, {} of the response's {} came back",
            report.request_delivered, report.request_received, report.response_delivered, report.response_received
        );
        let error = |text: String| self.record(What::NetworkError { text });
        if received.status != 0 {
            self.record(received.recorded());
        }
        match (&received.arrived, decision) {
            (Arrived::Whole, NetworkDecision::Cut { .. }) => {
                error(format!("the connection was reset after the whole response ({numbers})"))
            }
            (Arrived::Whole, NetworkDecision::Duplicate) => match &received.second {
                Some(second) => {
                    error(format!("the request was delivered twice; the answer to the second delivery follows ({numbers})"));
                    match &second.arrived {
                        Arrived::Nothing(text) => error(text.clone()),
                        Arrived::Whole | Arrived::Part(_) => self.record(second.recorded()),
                    }
                }
                None => error(format!("the request was delivered twice; the second delivery got no answer ({numbers})")),
            },
            (Arrived::Whole, _) => {}
            (Arrived::Nothing(text) | Arrived::Part(text), NetworkDecision::Pass) => error(text.clone()),
            (Arrived::Nothing(text) | Arrived::Part(text), _) => error(format!("{text} ({numbers})")),
        }
    }
}

impl Received {
    fn nothing(text: String) -> Received {
        Received { arrived: Arrived::Nothing(text), status: 0, headers: Vec::new(), body: Vec::new(), second: None }
    }

    fn from_bytes(bytes: &[u8]) -> Received {
        let Some(response) = message::Response::parse(bytes) else {
            return Received::nothing("connection closed before message completed".to_owned());
        };
        let arrived =
            if response.complete { Arrived::Whole } else { Arrived::Part("end of file before message length reached".to_owned()) };
        Received { arrived, status: response.status, headers: response.headers, body: response.body, second: None }
    }

    fn recorded(&self) -> What {
        let headers = self.headers.iter().filter(|(name, _)| RECORDED.contains(&name.as_str())).cloned().collect();
        What::HttpResponse { status: self.status, headers, body: self.text() }
    }
}

impl Request {
    fn to_http(&self) -> Result<http::Request<Full<Bytes>>, String> {
        let path = self.url.query().map_or_else(|| self.url.path().to_owned(), |query| format!("{}?{query}", self.url.path()));
        let mut builder = http::Request::builder().method(self.method.clone()).uri(path);
        for (name, value) in &self.headers {
            builder = builder.header(name, value.sent.clone());
        }
        builder.body(Full::new(Bytes::from(self.body.clone().unwrap_or_default()))).map_err(|error| error.to_string())
    }
}

/// Sends the request and reads the answer. What came before an error stays in `part`.
async fn talk<T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static>(
    io: T,
    request: &Request,
    part: &mut Part,
) -> Result<(), String> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.map_err(|error| explain(&error))?;
    // Ends with this function, whichever way that ends.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let mut response = sender.send_request(request.to_http()?).await.map_err(|error| explain(&error))?;
    part.status = response.status().as_u16();
    part.headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    while let Some(frame) = response.body_mut().frame().await {
        if let Ok(data) = frame.map_err(|error| explain(&error))?.into_data() {
            part.body.extend_from_slice(&data);
        }
        if part.body.len() > LONGEST_BODY {
            return Err(format!("the answer is longer than {LONGEST_BODY} bytes"));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Part {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An error with its causes, each said once.
fn explain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

/// A connection that ends with a timeout as soon as the relay has gone silent and all that it delivered has been read: the wait that a
/// user would sit through takes no time here, and which bytes were read does not depend on luck.
struct Impatient {
    stream: TcpStream,
    read: usize,
    silent_after: Pin<Box<dyn Future<Output = usize> + Send>>,
    silent: Option<usize>,
}

impl Impatient {
    fn new(stream: TcpStream, relay: &Relay) -> Impatient {
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
