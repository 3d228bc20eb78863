//! One HTTP request and its response, over a relay that may cut it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use faultkey_authenticator::Time;
use faultkey_fault_injection::seam::network::message;
use faultkey_fault_injection::{ConnectError, CutPoint, NetworkDecision, NetworkRequest, Relay, RelayReport, Upstream};
use faultkey_transport::transcript::{RequestPurpose, What};
use faultkey_transport::{Secrets, Transcript};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::Url;

use super::answer::{Arrived, is_rate_limit};
use super::content::Body;
use super::error::{Unreachable, Why};
use super::lost::Lost;
use super::mapping::CREDENTIALS;
use super::talk::{Impatient, Part, talk};
use super::target::{self, Route};
use super::template::ENVIRONMENT;
use super::{AdapterError, Clock};

/// Headers of a response that a record keeps: what changes from run to run (a date, a request's number) would drown what matters.
const RECORDED: [&str; 8] =
    ["allow", "cache-control", "content-type", "location", "retry-after", "server", "set-cookie", "www-authenticate"];

/// What the network does to a request, at this moment of the run.
pub(super) type Decide = Arc<dyn Fn(Time, NetworkRequest) -> NetworkDecision + Send + Sync>;

pub(super) struct Request {
    pub method: http::Method,
    pub url: Url,
    /// The URL without secrets.
    pub shown: Url,
    /// As shown and as sent.
    pub headers: Vec<(String, HeaderText)>,
    pub body: Option<Body>,
    pub purpose: RequestPurpose,
}

/// A header's value.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct HeaderText {
    /// Without secrets.
    pub shown: String,
    pub sent: http::HeaderValue,
}

impl HeaderText {
    /// `None` when it can't be sent as a header.
    pub(super) fn new(sent: &str, shown: String) -> Option<Self> {
        Some(HeaderText { shown, sent: http::HeaderValue::from_str(sent).ok()? })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(self.sent.as_bytes()).into_owned()
    }

    /// Text that the relying party gave. It names no variable, whatever it looks like.
    pub(super) fn given(text: &str) -> Option<Self> {
        HeaderText::new(text, text.replace(ENVIRONMENT, "{ env:"))
    }
}

/// A response as far as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub arrived: Arrived,
    /// A network fault touched it.
    pub faulted: bool,
    /// The number of the request in the transcript.
    pub exchange: usize,
    /// 0 if no status line arrived.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Where it was asked for.
    pub url: Option<Url>,
    /// Redirects have led there.
    pub followed: bool,
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

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Seconds, or a date (RFC 9110 §10.2.3); a date counts from the answer's own, so that no clock of ours has to be right.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
        }
        let date = |text: &str| httpdate::parse_http_date(text).ok();
        let (until, now) = (date(text)?, date(self.header("date")?)?);
        Some(until.duration_since(now).unwrap_or_default())
    }

    /// The relying party's own rate limit refused it.
    pub(super) fn is_rate_limited(&self) -> bool {
        !self.faulted && is_rate_limit(self.status, self.retry_after())
    }
}

/// Carries requests to the relying party and writes them down.
pub(super) struct Wire {
    pub route: Route,
    pub decide: Decide,
    pub transcript: Transcript,
    pub secrets: Secrets,
    pub clock: Clock,
    /// How long a user's app would wait for an answer.
    pub patience: Duration,
    /// The relying party has answered: when it does so no longer, that is an answer, too.
    pub answered: AtomicBool,
}

impl Wire {
    /// What the network does to this request.
    pub(super) fn decide(&self, kind: NetworkRequest) -> NetworkDecision {
        match kind {
            NetworkRequest::Other => NetworkDecision::Pass,
            kind => (self.decide)(self.clock.now(), kind),
        }
    }

    pub(super) async fn exchange(
        &self,
        kind: NetworkRequest,
        decision: impl FnOnce() -> NetworkDecision,
        request: Request,
    ) -> Result<Received, AdapterError> {
        let exchange = self.record_request(&request);
        let decision = decision();
        let (mut received, report) = self.receive(kind, decision, &request).await?;
        // What could not be delivered to anybody, no fault has touched.
        received.faulted = decision != NetworkDecision::Pass && report.unreachable.is_none();
        received.exchange = exchange;
        self.record_response(&received, &report, decision);
        if received.status != 0 {
            self.answered.store(true, Ordering::SeqCst);
        }
        if let Some(second) = &mut received.second {
            (second.exchange, second.faulted) = (exchange, received.faulted);
        }
        Ok(received)
    }

    async fn receive(
        &self,
        kind: NetworkRequest,
        decision: NetworkDecision,
        request: &Request,
    ) -> Result<(Received, RelayReport), AdapterError> {
        match decision {
            // RFC 6761 §6.4: whoever resolves names answers for .invalid at once, and asks no server.
            NetworkDecision::Cut { point: CutPoint::N0, .. } => {
                return Ok((Received::nothing(Lost::NameUnresolved), RelayReport::default()));
            }
            NetworkDecision::Cut { point: CutPoint::N2, .. } if self.route.tls().is_none() => {
                return Err(AdapterError::Impossible(format!(
                    "a network fault cuts at n2, a TLS alert instead of a handshake, but the relying party at {} is spoken to without TLS; \
                     use an https URL, or another cut point",
                    self.route.url
                )));
            }
            NetworkDecision::Delay(by) => self.clock.pass(by).await,
            _ => {}
        }
        let upstream = match self.route.upstream(self.patience).await {
            Ok(upstream) => upstream,
            Err(unreachable) => return Ok((self.not_reached(unreachable)?, RelayReport::default())),
        };
        let (received, report) = match (kind, &upstream) {
            (NetworkRequest::Other, Upstream::Plain(address)) => (self.carry_directly(*address, request).await?, RelayReport::default()),
            _ => self.carry(upstream, decision, request).await?,
        };
        self.expect_no_proxys_answer(&received)?;
        if decision == NetworkDecision::Pass && !self.answered.load(Ordering::SeqCst) && self.is_puzzling(&received) {
            self.expect_plain_text().await?;
            self.expect_no_wish_for_a_certificate(&received)?;
        }
        Ok((received, report))
    }

    /// Before the relying party has answered for the first time it may be the URL that is wrong; afterwards it has stopped answering.
    fn not_reached(&self, unreachable: Unreachable) -> Result<Received, AdapterError> {
        if !self.answered.load(Ordering::SeqCst) || unreachable.why.is_a_proxys() {
            return Err(AdapterError::Unreachable(Box::new(unreachable)));
        }
        let Unreachable { why, problem, .. } = unreachable;
        let lost = Lost::of_why(why, &problem);
        if lost == Lost::TimedOut {
            self.let_the_user_wait();
        }
        Ok(Received::nothing(lost))
    }

    /// A server that speaks TLS closes the connection over plain text, or says 400 in its own words.
    fn is_puzzling(&self, received: &Received) -> bool {
        match &received.arrived {
            Arrived::Nothing(lost) | Arrived::Part(lost) => received.status == 0 && *lost != Lost::TimedOut,
            Arrived::Whole => received.status == 400 && received.json().is_none(),
        }
    }

    async fn expect_plain_text(&self) -> Result<(), AdapterError> {
        if !self.route.speaks_tls(self.patience).await {
            return Ok(());
        }
        let problem = "it speaks TLS and was spoken to in plain text".to_owned();
        Err(AdapterError::Unreachable(Box::new(self.route.unreachable(Why::PlainToTls, problem))))
    }

    /// nginx lets a client without a certificate finish its handshake, and refuses it with a page of its own.
    fn expect_no_wish_for_a_certificate(&self, received: &Received) -> Result<(), AdapterError> {
        if !self.route.was_asked_for_a_certificate() || !received.text().contains("No required SSL certificate was sent") {
            return Ok(());
        }
        let problem = format!("it asks for a client certificate, got none, and answered {}", received.status);
        Err(AdapterError::Unreachable(Box::new(self.route.unreachable(Why::ClientCertificateWanted, problem))))
    }

    /// Who forwards a request may answer in the relying party's place. Only 407 (RFC 9110 §15.5.8) and Squid's header say that it did.
    fn expect_no_proxys_answer(&self, received: &Received) -> Result<(), AdapterError> {
        let Some(proxy) = self.route.forwarder() else { return Ok(()) };
        let status = received.status;
        if status != 407 && received.header("x-squid-error").is_none() {
            return Ok(());
        }
        let problem = format!("the proxy {proxy} answered {status} in its place");
        Err(AdapterError::Unreachable(Box::new(self.route.unreachable(Why::ProxyRefused { status }, problem))))
    }

    /// Without a relay: no fault touches this request, and hooks are many.
    async fn carry_directly(&self, address: SocketAddr, request: &Request) -> Result<Received, AdapterError> {
        let connected = target::connect(address, self.patience).await;
        // Closed with a reset once the answer is read, so that no port is left waiting: runs in a row would use them all up.
        let stream = match connected.and_then(|stream| match stream.set_zero_linger() {
            Ok(()) => Ok(stream),
            Err(error) => Err(ConnectError::new(error.to_string(), error)),
        }) {
            Ok(stream) => stream,
            Err(error) => return self.not_reached(self.route.not_connected(&error)),
        };
        let mut part = Part::default();
        let lost = match tokio::time::timeout(self.patience, talk(TokioIo::new(stream), request, self.route.forwarder(), &mut part)).await {
            Ok(Ok(())) => None,
            Ok(Err(lost)) => Some(lost),
            Err(_) => Some(Lost::TimedOut),
        };
        if lost == Some(Lost::TimedOut) {
            self.let_the_user_wait();
        }
        let arrived = match lost {
            None => Arrived::Whole,
            Some(lost) if part.status == 0 => Arrived::Nothing(lost),
            Some(lost) => Arrived::Part(lost),
        };
        Ok(part.into_received(arrived))
    }

    /// The user has waited all the while: in the run's time, never for real (nor for real a second time).
    fn let_the_user_wait(&self) {
        self.clock.advance_to(self.clock.now() + self.patience);
    }

    async fn carry(
        &self,
        upstream: Upstream,
        decision: NetworkDecision,
        request: &Request,
    ) -> Result<(Received, RelayReport), AdapterError> {
        let relay = Relay::open(upstream, decision).await.map_err(|error| {
            let problem = format!("no relay can be opened on loopback: {error}");
            AdapterError::Unreachable(Box::new(self.route.unreachable(Why::Other(error.to_string()), problem)))
        })?;
        let mut part = Part::default();
        let lost = match tokio::time::timeout(self.patience, self.ask(&relay, decision, request, &mut part)).await {
            Ok(Ok(())) => None,
            Ok(Err(_)) if relay.silence().borrow().is_some() => Some(Lost::TimedOut),
            Ok(Err(lost)) => Some(lost),
            Err(_) => Some(Lost::TimedOut),
        };
        if decision == NetworkDecision::Duplicate {
            // A second answer that never comes is none.
            let _in_time = tokio::time::timeout(self.patience, relay.done()).await;
        }
        let report = relay.finish().await;
        if let Some(error) = &report.unreachable {
            return Ok((self.not_reached(self.route.not_connected(error))?, report));
        }
        if lost == Some(Lost::TimedOut) {
            if decision == NetworkDecision::Pass
                && report.request_delivered == 0
                && let Some(unreachable) = self.route.tunnel_timed_out(self.patience)
            {
                return Err(AdapterError::Unreachable(Box::new(unreachable)));
            }
            self.let_the_user_wait();
        }
        let arrived = match lost {
            None => Arrived::Whole,
            Some(lost) if part.status == 0 && report.response_delivered == 0 => Arrived::Nothing(lost),
            Some(lost) => Arrived::Part(lost),
        };
        let second = report.second_response.as_deref().map(|bytes| Box::new(Received::from_bytes(bytes)));
        Ok((Received { second, ..part.into_received(arrived) }, report))
    }

    /// The HTTP client's part. What came before an error stays in `part`.
    async fn ask(&self, relay: &Relay, decision: NetworkDecision, request: &Request, part: &mut Part) -> Result<(), Lost> {
        let stream = TcpStream::connect(relay.address()).await.map_err(|error| Lost::of_io(&error))?;
        if let (NetworkDecision::Cut { point: CutPoint::N2, .. }, Some(config)) = (decision, self.route.tls()) {
            let name = ServerName::try_from(self.route.host().to_owned()).map_err(|error| Lost::Other(error.to_string()))?;
            return Err(match TlsConnector::from(config.clone()).connect(name, stream).await {
                Err(error) => Lost::of_handshake(&error),
                Ok(_) => Lost::Other("the relay shook hands instead of sending an alert".to_owned()),
            });
        }
        talk(TokioIo::new(Impatient::new(stream, relay)), request, self.route.forwarder(), part).await
    }

    fn record(&self, what: What) -> usize {
        self.transcript.record(self.clock.now(), what)
    }

    fn record_request(&self, request: &Request) -> usize {
        for (name, value) in request.headers.iter().filter(|(name, _)| CREDENTIALS.contains(&name.as_str())) {
            // What an adapter file fills in is shown by its name. It is a secret all the same, wherever it comes back.
            let _mask = self.secrets.header(name, &value.text());
        }
        let revealed = self.secrets.are_revealed();
        let url = if revealed { &request.url } else { &request.shown };
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        // A URL can't hold braces, a reader of the transcript wants the variable's name.
        let path = if path.contains(IN_A_URL) { named(&path) } else { path };
        let text = |value: &HeaderText| if revealed { value.text() } else { value.shown.clone() };
        let headers = request.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let body = request.body.as_ref().map(|body| if revealed { &body.sent } else { &body.shown }).cloned().unwrap_or_default();
        self.record(What::HttpRequest { method: request.method.to_string(), path, headers, body, purpose: request.purpose })
    }

    fn record_response(&self, received: &Received, report: &RelayReport, decision: NetworkDecision) {
        let more = if report.went_on { "; the response went on, and was cut there" } else { "" };
        let numbers = format!(
            "{} of {} bytes of the request reached the relying party, {} of the response's {} came back{more}",
            report.request_delivered, report.request_received, report.response_delivered, report.response_received
        );
        let error = |text: String| {
            self.record(What::NetworkError { text });
        };
        let told = |lost: &Lost| match lost {
            Lost::TimedOut => format!("no answer within {} s", self.patience.as_secs()),
            Lost::TooLong => format!("{lost}; it was cut after {} bytes", received.body.len()),
            Lost::NameUnresolved => format!("the name {}.invalid does not resolve", self.route.host()),
            lost => lost.to_string(),
        };
        if received.status != 0 {
            self.record(received.recorded());
        }
        match (&received.arrived, decision) {
            (Arrived::Whole, NetworkDecision::Cut { .. }) => {
                error(format!("the connection was reset after the whole response ({numbers})"));
            }
            (Arrived::Whole, NetworkDecision::Duplicate) => match &received.second {
                Some(second) => {
                    error(format!("the request was delivered twice; the answer to the second delivery follows ({numbers})"));
                    match &second.arrived {
                        Arrived::Nothing(lost) => error(told(lost)),
                        Arrived::Whole | Arrived::Part(_) => {
                            self.record(second.recorded());
                        }
                    }
                }
                None => error(format!("the request was delivered twice; the second delivery got no answer ({numbers})")),
            },
            (Arrived::Whole, _) => {}
            (Arrived::Nothing(lost) | Arrived::Part(lost), NetworkDecision::Pass) => error(told(lost)),
            (Arrived::Nothing(lost @ Lost::NameUnresolved), _) => error(told(lost)),
            (Arrived::Nothing(lost) | Arrived::Part(lost), _) => error(format!("{} ({numbers})", told(lost))),
        }
    }
}

/// How a URL writes the beginning of a variable's name.
const IN_A_URL: &str = "%7Benv:";

/// `%7Benv:NAME%7D` as `{env:NAME}`.
fn named(path: &str) -> String {
    let mut named = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once(IN_A_URL) {
        named.push_str(before);
        let Some((name, after)) = after.split_once("%7D") else {
            named.push_str(IN_A_URL);
            rest = after;
            continue;
        };
        named.push_str(&format!("{ENVIRONMENT}{name}}}"));
        rest = after;
    }
    named.push_str(rest);
    named
}

impl Received {
    fn nothing(lost: Lost) -> Received {
        Part::default().into_received(Arrived::Nothing(lost))
    }

    fn from_bytes(bytes: &[u8]) -> Received {
        let Some(response) = message::Response::parse(bytes) else {
            return Received::nothing(Lost::Closed);
        };
        let arrived = if response.complete { Arrived::Whole } else { Arrived::Part(Lost::Closed) };
        Part { status: response.status, headers: response.headers, body: response.body }.into_received(arrived)
    }

    fn recorded(&self) -> What {
        let headers = self.headers.iter().filter(|(name, _)| RECORDED.contains(&name.as_str())).cloned().collect();
        What::HttpResponse { status: self.status, headers, body: self.text() }
    }
}
