//! From a section of the mapping to a request, and from its answer back.

use std::sync::atomic::Ordering;

use faultkey_fault_injection::{NetworkDecision, NetworkRequest};
use faultkey_transport::transcript::RequestPurpose;
use url::Url;

use super::answer::{self, CSRF, Reading, Unread};
use super::content::{Body, NoObject};
use super::error::{Misfit, Mismatch};
use super::exchange::{HeaderText, Received, Request};
use super::mapping::{self, Call, Csrf, CsrfPlace, OptionsPlace, Pointer};
use super::source::{Looking, Source, as_text};
use super::template::{Filling, Template, Values};
use super::{Adapter, AdapterError, Answer, Arrived, Observation, Session, Unseen};

/// How many bytes of a body an error shows.
const SHOWN: usize = 1_000;

const MOST_REDIRECTS: usize = 10;

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
    /// A request of a ceremony or a fallback, and its answer by the adapter's rules.
    pub(super) async fn ask(
        &self,
        session: &mut Session,
        kind: NetworkRequest,
        call: Call<'_>,
        values: &Values,
        options: Option<&OptionsPlace>,
    ) -> Result<Answer, AdapterError> {
        let errand = Errand { kind, purpose: RequestPurpose::Ceremony };
        let Met { mut received, unread, .. } = self.meet(session, errand, call, values).await?;
        let second = received.second.take();
        let secrets = &self.wire.secrets;
        let reading = |unread| Reading { call, file: &self.mapping.file, options, values, secrets, unread };
        let (mut answer, ways) = answer::read(&received, session, reading(unread));
        session.ways = ways;
        answer.second = second.map(|second| Box::new(answer::read(&second, session, reading(None)).0));
        Ok(answer)
    }

    /// A request that must be accepted to tell anything, by its own rules: a hook, a sign-in.
    pub(super) async fn demand(&self, session: &mut Session, call: Call<'_>, values: &Values) -> Result<Met, Untold> {
        self.demand_for(session, Errand::LOOK, call, values).await
    }

    /// What a ceremony needs before it.
    pub(super) async fn demand_before(&self, session: &mut Session, call: Call<'_>, values: &Values) -> Result<Met, Untold> {
        let errand = Errand { kind: NetworkRequest::Other, purpose: RequestPurpose::Ceremony };
        self.demand_for(session, errand, call, values).await
    }

    async fn demand_for(&self, session: &mut Session, errand: Errand, call: Call<'_>, values: &Values) -> Result<Met, Untold> {
        let met = self.look_for(session, errand, call, values).await?;
        let json = met.received.json();
        let (accepted, absent) = {
            let looking = Looking { received: &met.received, json: json.as_ref(), session };
            let (accepted, absent) = call.request.rules.accept(&looking);
            (accepted, absent.map(|source| Unread::new(call.section, "accepted", source.to_string())))
        };
        match (accepted, absent) {
            (true, _) => {}
            (false, Some(absent)) => return Err(self.mismatch(call.section, Misfit::Unread(absent), &met)),
            (false, None) => return Err(self.refused(call.section, &met)),
        }
        match answer::capture(&met.received, json.as_ref(), session, call, true, &self.wire.secrets) {
            Some(unread) => Err(self.mismatch(call.section, Misfit::Unread(unread), &met)),
            None => Ok(met),
        }
    }

    /// A request whose whole answer is needed, whatever its status is.
    pub(super) async fn look(&self, session: &mut Session, call: Call<'_>, values: &Values) -> Result<Met, Untold> {
        self.look_for(session, Errand::LOOK, call, values).await
    }

    async fn look_for(&self, session: &mut Session, errand: Errand, call: Call<'_>, values: &Values) -> Result<Met, Untold> {
        let met = self.meet(session, errand, call, values).await?;
        match &met.unread {
            Some(unread) => Err(self.mismatch(CSRF, Misfit::Unread(unread.clone()), &met)),
            // Neither says anything of what was asked.
            None if met.received.arrived != Arrived::Whole || met.received.is_rate_limited() => Err(self.refused(call.section, &met)),
            None => Ok(met),
        }
    }

    async fn meet(&self, session: &mut Session, errand: Errand, call: Call<'_>, values: &Values) -> Result<Met, AdapterError> {
        let request = call.request;
        let method = &request.method.0;
        let mut token = None;
        if let (Some(csrf), false) = (&self.mapping.file.csrf, *method == http::Method::GET) {
            let (found, met) = self.csrf_token(session, csrf, errand.purpose).await?;
            let Some(found) = found else { return Ok(met) };
            token = Some((&csrf.send, found));
        }
        if let Some(name) = request.path.0.lacks(&session.captured) {
            let (mapping, section) = (&self.mapping.name, call.section);
            return Err(AdapterError::NotCaptured(format!(
                "the adapter `{mapping}`: the path of [{section}] needs `{{{name}}}`, which no answer of this session has had yet"
            )));
        }
        let mut values = values.clone();
        values.insert("unique", (self.count.fetch_add(1, Ordering::SeqCst) + 1).to_string());
        values.names().for_each(|name| self.wire.secrets.public(name));
        let filling = Filling { values: &values, captured: &session.captured, shown: false };
        let field = match &token {
            Some((CsrfPlace::Field(name), token)) => Some((name.as_str(), token.text.as_str())),
            _ => None,
        };
        let body = Body::new(request.content.as_ref(), filling, field).map_err(|NoObject| {
            let (name, section) = (field.map_or("", |(name, _)| name), call.section);
            AdapterError::Mapping(format!(
                "the adapter `{}` sends its CSRF token as the field `{name}`, but the body of [{section}] is not a table",
                self.mapping.name
            ))
        })?;
        let language = self.mapping.accept_language.and_then(|language| HeaderText::given(language.tag()));
        let mut headers: Vec<(String, HeaderText)> =
            language.map(|language| ("accept-language".to_owned(), language)).into_iter().collect();
        for (name, value) in self.mapping.file.headers.0.iter().chain(&request.headers.0) {
            // A section's own header replaces the one for all.
            headers.retain(|(other, _)| *other != name.0);
            headers.extend(self.filled_header(&name.0, value, filling)?);
        }
        if let Some((CsrfPlace::Header(name), token)) = token {
            headers.retain(|(other, _)| *other != name.0);
            headers.push((name.0.clone(), token.header));
        }
        let url = self.url(session, &request.path.0, filling)?;
        let shown = self.url(session, &request.path.0, Filling { shown: true, ..filling })?;
        let sending = Sending { method: method.clone(), url, shown, headers, body };
        let mut met = self.send(session, errand, sending.clone()).await?;
        if request.follow {
            met = self.follow(session, errand, sending, met).await?;
        }
        Ok(met)
    }

    /// A header whose placeholder has no value is left out.
    fn filled_header(&self, name: &str, value: &Template, filling: Filling<'_>) -> Result<Option<(String, HeaderText)>, AdapterError> {
        let Some(sent) = value.fill_whole(filling) else { return Ok(None) };
        let shown = value.fill_whole(Filling { shown: true, ..filling }).unwrap_or_default();
        let header = HeaderText::new(&sent, shown).ok_or_else(|| {
            AdapterError::Mapping(format!("the adapter `{}`: what stands for the header `{name}` cannot be sent as one", self.mapping.name))
        })?;
        Ok(Some((name.to_owned(), header)))
    }

    /// Redirects on the same server, ten at most; a browser stops at twenty (Fetch §4.4).
    async fn follow(&self, session: &mut Session, errand: Errand, first: Sending, met: Met) -> Result<Met, AdapterError> {
        let mut met = met;
        let mut sending = first;
        for _ in 0..MOST_REDIRECTS {
            let status = met.received.status;
            let whole = met.received.arrived == Arrived::Whole && met.received.second.is_none();
            let (true, 301 | 302 | 303 | 307 | 308, Some(location)) = (whole, status, met.received.header("location")) else { break };
            let Ok(url) = sending.url.join(location) else { break };
            if url.origin() != sending.url.origin() {
                break;
            }
            // Fetch §4.4, step 12: all others become GET.
            if !matches!(status, 307 | 308) {
                (sending.method, sending.body) = (http::Method::GET, None);
            }
            (sending.shown, sending.url) = (url.clone(), url);
            let faulted = met.received.faulted;
            met = self.send(session, Errand { kind: NetworkRequest::Other, ..errand }, sending.clone()).await?;
            met.received.followed = true;
            met.received.faulted |= faulted;
        }
        Ok(met)
    }

    /// # Errors
    /// [`Untold`], when no whole answer came.
    pub(super) async fn get(&self, session: &mut Session, section: &'static str, url: Url) -> Result<Received, Untold> {
        let sending = self.plain_get(session, url)?;
        let met = self.send(session, Errand::LOOK, sending).await?;
        if met.received.arrived != Arrived::Whole || met.received.is_rate_limited() {
            return Err(self.refused(section, &met));
        }
        Ok(met.received)
    }

    fn plain_get(&self, session: &Session, url: Url) -> Result<Sending, AdapterError> {
        let values = Values::default();
        let filling = Filling { values: &values, captured: &session.captured, shown: false };
        let mut headers = Vec::new();
        for (name, value) in &self.mapping.file.headers.0 {
            headers.extend(self.filled_header(&name.0, value, filling)?);
        }
        Ok(Sending { method: http::Method::GET, shown: url.clone(), url, headers, body: None })
    }

    async fn send(&self, session: &mut Session, errand: Errand, sending: Sending) -> Result<Met, AdapterError> {
        let Sending { method, url, shown, headers: own, body } = sending;
        let mut told = format!("{method} {}", self.shortened(shown.as_str()));
        if let Some(body) = &body {
            let shown = if self.wire.secrets.are_revealed() { &body.sent } else { &body.shown };
            told.push_str(&format!("\n           {}", self.shortened(shown)));
        }
        let mut tries = 1;
        loop {
            let headers = self.headers(session, &method, &url, &own, body.as_ref())?;
            let request = Request {
                method: method.clone(),
                url: url.clone(),
                shown: shown.clone(),
                headers,
                body: body.clone(),
                purpose: errand.purpose,
            };
            if let Some(pace) = &self.pace {
                pace.before_a_request().await;
            }
            // A fault decides once for each request of a ceremony, not for each time that it is sent.
            let decide = || if tries == 1 { self.wire.decide(errand.kind) } else { NetworkDecision::Pass };
            let mut received = self.wire.exchange(errand.kind, decide, request).await?;
            session.store_cookies(&url, &received.headers);
            // Both answers to a request that was delivered twice reach the browser.
            if let Some(second) = &mut received.second {
                session.store_cookies(&url, &second.headers);
                second.url = Some(url.clone());
            }
            received.url = Some(url.clone());
            session.page = Some(url.clone());
            let again = match self.pace.as_ref().filter(|_| received.is_rate_limited()) {
                Some(pace) => pace.may_try_again(tries, received.retry_after()).await,
                None => false,
            };
            if !again {
                return Ok(Met { request: told, received, unread: None });
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
        body: Option<&Body>,
    ) -> Result<Vec<(String, HeaderText)>, AdapterError> {
        let host = url.host_str().unwrap_or_default();
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut headers = vec![("host".to_owned(), self.header(&authority)?), ("accept".to_owned(), self.header("application/json")?)];
        if let Some(body) = body {
            headers.push(("content-type".to_owned(), self.header(body.media_type)?));
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
        HeaderText::given(text)
            .ok_or_else(|| AdapterError::Mapping(format!("the adapter `{name}`: `{}` cannot be sent as a header", self.shortened(text))))
    }

    /// Fetched anew before each request, as a page that is loaded does: many frameworks change it at log-in.
    async fn csrf_token(&self, session: &mut Session, csrf: &Csrf, purpose: RequestPurpose) -> Result<(Option<Token>, Met), AdapterError> {
        let values = Values::default();
        let url = self.url(session, &csrf.path.0, Filling { values: &values, captured: &session.captured, shown: false })?;
        let sending = self.plain_get(session, url)?;
        let mut met = self.send(session, Errand { kind: NetworkRequest::Other, purpose }, sending).await?;
        let json = met.received.json();
        let looking = Looking { received: &met.received, json: json.as_ref(), session };
        let text = csrf.from.find(&looking).as_ref().and_then(as_text);
        let token = text.and_then(|text| Some(Token { header: HeaderText::given(&text)?, text }));
        if token.is_none() {
            met.unread = Some(Unread::new(CSRF, "from", csrf.from.to_string()));
        }
        Ok((token, met))
    }

    fn url(&self, session: &Session, path: &Template, filling: Filling<'_>) -> Result<Url, AdapterError> {
        let base = &self.wire.route.url;
        let refuse = |problem: String| AdapterError::Target(format!("the adapter `{}`: {}", self.mapping.name, self.shortened(&problem)));
        let captured = path.is_placeholder();
        let path = path.fill_path(filling);
        if captured {
            // An address that a page had: from where that page is, and not below the path that --rp has.
            let page = session.page.as_ref().unwrap_or(base);
            let url = page.join(&path).map_err(|error| refuse(format!("`{path}` is no URL: {error}")))?;
            return match url.origin() == base.origin() {
                true => Ok(url),
                false => Err(refuse(format!("{url}, which an answer had, is not on the relying party's server"))),
            };
        }
        let whole = format!("{}{}{path}", base.origin().ascii_serialization(), base.path().trim_end_matches('/'));
        Url::parse(&whole).map_err(|error| refuse(format!("`{whole}` is no URL: {error}")))
    }

    pub(super) fn missing(&self, section: &'static str, field: &'static str, pointer: &Pointer, met: &Met) -> Untold {
        self.mismatch(section, Misfit::Unread(Unread::new(section, field, Source::from(pointer.clone()).to_string())), met)
    }

    pub(super) fn refused(&self, section: &'static str, met: &Met) -> Untold {
        self.mismatch(section, Misfit::Refused, met)
    }

    fn mismatch(&self, section: &'static str, what: Misfit, met: &Met) -> Untold {
        let Met { request, received, .. } = met;
        let content_type = received.header("content-type").map(|text| self.shortened(text));
        Untold::Mismatch(Box::new(Mismatch {
            mapping: self.mapping.name.clone(),
            section,
            what,
            request: request.clone(),
            exchange: received.exchange,
            arrived: received.arrived.clone(),
            status: received.status,
            content_type,
            body: self.shortened(&received.text()),
        }))
    }

    /// The first characters, on one line.
    fn shortened(&self, text: &str) -> String {
        let short = self.wire.secrets.mask_and_cut(text, SHOWN, 0);
        short.chars().map(|each| if each.is_control() { ' ' } else { each }).collect()
    }
}

/// A request, filled in.
#[derive(Clone)]
struct Sending {
    method: http::Method,
    url: Url,
    /// Without secrets.
    shown: Url,
    headers: Vec<(String, HeaderText)>,
    body: Option<Body>,
}

/// A CSRF token, in both forms in which it can be sent.
struct Token {
    text: String,
    header: HeaderText,
}
