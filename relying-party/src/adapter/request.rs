//! From a section of the mapping to a request, and from its answer back.

use faultkey_fault_injection::{NetworkDecision, NetworkRequest};
use faultkey_transport::transcript::RequestPurpose;
use serde_json::Value;
use url::Url;

use super::answer::{self, CSRF, Reading, Unread};
use super::error::{Misfit, Mismatch};
use super::exchange::{Received, Request};
use super::mapping::{self, Call, Csrf, CsrfPlace, CsrfSource, HeaderText, Pointer};
use super::template::Values;
use super::{Adapter, AdapterError, Answer, Arrived, Observation, Session, Unseen};

/// How much of a body an error shows.
const SHOWN: usize = 500;

/// What a request is for: to a fault in the network, and to a reader of the transcript.
#[derive(Clone, Copy)]
struct Errand {
    kind: NetworkRequest,
    purpose: RequestPurpose,
}

impl Errand {
    const LOOK: Errand = Errand { kind: NetworkRequest::Other, purpose: RequestPurpose::Look };
}

/// What went out and what came back.
pub(super) struct Met {
    /// For a person.
    request: String,
    pub received: Received,
    /// The request itself was not sent: the answer to the one before lacks its CSRF token.
    unread: Option<Unread>,
}

/// Why a hook told nothing.
pub(super) enum Untold {
    Mismatch(Box<Mismatch>),
    Error(AdapterError),
}

impl From<AdapterError> for Untold {
    fn from(error: AdapterError) -> Untold {
        Untold::Error(error)
    }
}

impl Untold {
    /// For a hook that only looks: what it could not see is not observable, and the run goes on.
    pub(super) fn unseen<T>(self) -> Result<Observation<T>, AdapterError> {
        match self {
            Untold::Mismatch(mismatch) => Ok(Observation::NotObservable(Unseen::HookFailed(mismatch))),
            Untold::Error(AdapterError::Unreachable(unreachable)) => Ok(Observation::NotObservable(Unseen::Unreachable(unreachable))),
            Untold::Error(error) => Err(error),
        }
    }

    /// For a hook that changes something: without it the account is not what it should be.
    pub(super) fn error(self) -> AdapterError {
        match self {
            Untold::Mismatch(mismatch) => AdapterError::Mismatch(mismatch),
            Untold::Error(error) => error,
        }
    }
}

impl Adapter {
    /// A request of a ceremony or a fallback, and its answer by the mapping's rules.
    pub(super) async fn ask(
        &self,
        session: &mut Session,
        kind: NetworkRequest,
        call: &Call<'_>,
        values: &Values,
        options: Option<&Pointer>,
    ) -> Result<Answer, AdapterError> {
        let Met { mut received, unread, .. } = self.meet(session, Errand { kind, purpose: RequestPurpose::Ceremony }, call, values).await?;
        let second = received.second.take();
        let reading = |unread| Reading { section: call.section, rule: &self.mapping.file.result, accepted: call.accepted, options, unread };
        let (mut answer, ways) = answer::read(&received, reading(unread));
        session.ways = ways;
        answer.second = second.map(|second| Box::new(answer::read(&second, reading(None)).0));
        Ok(answer)
    }

    /// A request that must succeed to tell anything: a hook.
    pub(super) async fn demand(&self, session: &mut Session, call: &Call<'_>, values: &Values) -> Result<Met, Untold> {
        let met = self.look(session, call, values).await?;
        match met.received.status {
            200..300 => Ok(met),
            _ => Err(self.refused(call.section, &met)),
        }
    }

    /// A request whose whole answer is needed, whatever its status is.
    pub(super) async fn look(&self, session: &mut Session, call: &Call<'_>, values: &Values) -> Result<Met, Untold> {
        let met = self.meet(session, Errand::LOOK, call, values).await?;
        match &met.unread {
            Some(unread) => Err(self.mismatch(CSRF, Misfit::Unread(unread.clone()), &met)),
            // Neither says anything of what was asked.
            None if met.received.arrived != Arrived::Whole || met.received.is_rate_limited() => Err(self.refused(call.section, &met)),
            None => Ok(met),
        }
    }

    async fn meet(&self, session: &mut Session, errand: Errand, call: &Call<'_>, values: &Values) -> Result<Met, AdapterError> {
        let mut body = call.body.and_then(|body| body.fill(values));
        let mut headers: Vec<(String, HeaderText)> = Vec::new();
        for (name, value) in self.mapping.file.headers.0.iter().chain(&call.headers.0) {
            // A section's own header replaces the one for all.
            headers.retain(|(other, _)| *other != name.0);
            headers.push((name.0.clone(), value.clone()));
        }
        let method = &call.method.0;
        if let (Some(csrf), false) = (&self.mapping.file.csrf, *method == http::Method::GET) {
            let (token, met) = self.csrf_token(session, csrf, errand.purpose).await?;
            let Some(token) = token else { return Ok(met) };
            match (&csrf.send, &mut body) {
                (CsrfPlace::Header(name), _) => headers.push((name.0.clone(), token.header)),
                (CsrfPlace::Field(name), Some(Value::Object(members))) => {
                    members.insert(name.clone(), Value::String(token.text));
                }
                (CsrfPlace::Field(name), body @ None) => *body = Some(serde_json::json!({ name: token.text })),
                (CsrfPlace::Field(name), Some(_)) => {
                    let section = call.section;
                    return Err(AdapterError::Mapping(format!(
                        "the mapping `{}` sends its CSRF token as the field `{name}`, but the body of [{section}] is not a table",
                        self.mapping.name
                    )));
                }
            }
        }
        let url = self.url(&call.path.fill_path(values))?;
        self.send(session, errand, method.clone(), url, headers, body).await
    }

    /// # Errors
    /// [`Untold`], when no whole answer came.
    pub(super) async fn get(&self, session: &mut Session, section: &'static str, url: Url) -> Result<Received, Untold> {
        let headers = self.mapping.file.headers.0.iter().map(|(name, value)| (name.0.clone(), value.clone())).collect();
        let met = self.send(session, Errand::LOOK, http::Method::GET, url, headers, None).await?;
        if met.received.arrived != Arrived::Whole || met.received.is_rate_limited() {
            return Err(self.refused(section, &met));
        }
        Ok(met.received)
    }

    async fn send(
        &self,
        session: &mut Session,
        errand: Errand,
        method: http::Method,
        url: Url,
        own: Vec<(String, HeaderText)>,
        body: Option<Value>,
    ) -> Result<Met, AdapterError> {
        let body = body.map(|body| body.to_string());
        let mut shown = format!("{method} {url}");
        if let Some(body) = &body {
            shown.push_str(&format!("\n           {}", shortened(body)));
        }
        let mut tries = 1;
        loop {
            let headers = self.headers(session, &method, &url, &own, body.is_some())?;
            let request = Request { method: method.clone(), url: url.clone(), headers, body: body.clone(), purpose: errand.purpose };
            if let Some(pace) = &self.pace {
                pace.before_a_request().await;
            }
            // A fault decides once for each request of a ceremony, not for each time that it is sent.
            let decide = || if tries == 1 { self.wire.decide(errand.kind) } else { NetworkDecision::Pass };
            let received = self.wire.exchange(errand.kind, decide, request).await?;
            session.store_cookies(&url, &received.headers);
            // Both answers to a request that was delivered twice reach the browser.
            if let Some(second) = &received.second {
                session.store_cookies(&url, &second.headers);
            }
            let again = match self.pace.as_ref().filter(|_| received.is_rate_limited()) {
                Some(pace) => pace.may_try_again(tries, received.retry_after()).await,
                None => false,
            };
            if !again {
                return Ok(Met { request: shown, received, unread: None });
            }
            tries += 1;
        }
    }

    fn headers(
        &self,
        session: &Session,
        method: &http::Method,
        url: &Url,
        own: &[(String, HeaderText)],
        with_body: bool,
    ) -> Result<Vec<(String, HeaderText)>, AdapterError> {
        let host = url.host_str().unwrap_or_default();
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut headers = vec![("host".to_owned(), self.header(&authority)?), ("accept".to_owned(), self.header("application/json")?)];
        if with_body {
            headers.push(("content-type".to_owned(), self.header("application/json")?));
        }
        // As a page's fetch does; an app has no origin to send.
        if method != http::Method::GET && !mapping::is_app(&self.origin) {
            headers.push(("origin".to_owned(), self.header(&self.origin)?));
        }
        headers.retain(|(name, _)| !own.iter().any(|(other, _)| other == name));
        headers.extend(own.iter().cloned());
        // A browser doesn't send what can't stand in a header either.
        if let Some(cookies) = session.cookie_header(url).as_deref().and_then(HeaderText::given) {
            headers.push(("cookie".to_owned(), cookies));
        }
        headers.push(("connection".to_owned(), self.header("close")?));
        Ok(headers)
    }

    fn header(&self, text: &str) -> Result<HeaderText, AdapterError> {
        let name = &self.mapping.name;
        HeaderText::given(text).ok_or_else(|| AdapterError::Mapping(format!("the mapping `{name}`: `{text}` cannot be sent as a header")))
    }

    /// Fetched anew before each request, as a page that is loaded does: many frameworks change it at log-in.
    async fn csrf_token(&self, session: &mut Session, csrf: &Csrf, purpose: RequestPurpose) -> Result<(Option<Token>, Met), AdapterError> {
        let url = self.url(&csrf.path.text())?;
        let headers = self.mapping.file.headers.0.iter().map(|(name, value)| (name.0.clone(), value.clone())).collect();
        let mut met =
            self.send(session, Errand { kind: NetworkRequest::Other, purpose }, http::Method::GET, url.clone(), headers, None).await?;
        let (text, field, place) = match &csrf.from {
            CsrfSource::Pointer(pointer) => {
                let json = met.received.json();
                let text = json.as_ref().and_then(|json| json.pointer(&pointer.0)).and_then(answer::as_text);
                (text, "from.pointer", &pointer.0)
            }
            CsrfSource::Cookie(name) => (session.cookie(&url, name), "from.cookie", name),
            CsrfSource::Header(name) => (met.received.header(name).map(str::to_owned), "from.header", name),
        };
        let token = text.and_then(|text| Some(Token { header: HeaderText::given(&text)?, text }));
        if token.is_none() {
            met.unread = Some(Unread { section: CSRF, field, pointer: place.clone() });
        }
        Ok((token, met))
    }

    fn url(&self, path: &str) -> Result<Url, AdapterError> {
        let base = &self.wire.route.url;
        let whole = format!("{}{}{path}", base.origin().ascii_serialization(), base.path().trim_end_matches('/'));
        Url::parse(&whole).map_err(|error| AdapterError::Target(format!("`{whole}` is no URL: {error}")))
    }

    pub(super) fn missing(&self, section: &'static str, field: &'static str, pointer: &Pointer, met: &Met) -> Untold {
        self.mismatch(section, Misfit::Unread(Unread::new(section, field, pointer)), met)
    }

    pub(super) fn refused(&self, section: &'static str, met: &Met) -> Untold {
        self.mismatch(section, Misfit::Refused, met)
    }

    fn mismatch(&self, section: &'static str, what: Misfit, met: &Met) -> Untold {
        let Met { request, received, .. } = met;
        Untold::Mismatch(Box::new(Mismatch {
            mapping: self.mapping.name.clone(),
            section,
            what,
            request: request.clone(),
            exchange: received.exchange,
            arrived: received.arrived.clone(),
            status: received.status,
            content_type: received.header("content-type").map(str::to_owned),
            body: shortened(&received.text()),
        }))
    }
}

/// A CSRF token, in both forms in which it can be sent.
struct Token {
    text: String,
    header: HeaderText,
}

/// The first characters, on one line.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).map(|each| if each.is_control() { ' ' } else { each }).collect();
    let more = text.chars().count().saturating_sub(SHOWN);
    if more > 0 {
        short.push_str(&format!("… ({more} more characters)"));
    }
    short
}
