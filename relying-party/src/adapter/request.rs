//! From a section of the mapping to a request, and from its answer back.

use faultkey_fault_injection::NetworkRequest;
use serde_json::Value;
use url::Url;

use super::answer::{self, Missing};
use super::exchange::{Received, Request};
use super::mapping::{Call, Csrf, CsrfPlace, CsrfSource, HeaderText, Pointer};
use super::template::Values;
use super::{Adapter, AdapterError, Answer, Arrived, Session};

/// How much of a body an error shows.
const SHOWN: usize = 500;

/// What went out and what came back, for an error to show.
pub(super) struct Met {
    request: String,
    pub received: Received,
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
        let mut met = self.meet(session, kind, call, values).await?;
        let second = met.received.second.take();
        let rule = &self.mapping.file.result;
        let unfit = |missing: &Missing, met: &Met| {
            // The rule stands in the section itself or, for all, in [result].
            let section = if missing.field == "accepted.pointer" && call.accepted.is_none() { "result" } else { call.section };
            self.mismatch(section, missing, met)
        };
        let read = |met: &Met| answer::read(&met.received, rule, call.accepted, options).map_err(|missing| unfit(&missing, met));
        let (mut answer, ways) = read(&met)?;
        session.ways = ways;
        if let Some(second) = second {
            met.received = *second;
            let (second, _) = read(&met)?;
            answer.second = Some(Box::new(second));
        }
        Ok(answer)
    }

    /// A request that must succeed to tell anything: a hook.
    pub(super) async fn demand(&self, session: &mut Session, call: &Call<'_>, values: &Values) -> Result<Met, AdapterError> {
        let met = self.meet(session, NetworkRequest::Other, call, values).await?;
        match met.received.status {
            200..300 if met.received.arrived == Arrived::Whole => Ok(met),
            _ => Err(self.misfit(
                &format!("[{}] was refused, expected a status of 2xx", call.section),
                &met,
                "Check `method`, `path` and `body`.",
            )),
        }
    }

    pub(super) async fn meet(
        &self,
        session: &mut Session,
        kind: NetworkRequest,
        call: &Call<'_>,
        values: &Values,
    ) -> Result<Met, AdapterError> {
        let mut body = call.body.and_then(|body| body.fill(values));
        let mut headers: Vec<(String, HeaderText)> = Vec::new();
        for (name, value) in self.mapping.file.headers.0.iter().chain(&call.headers.0) {
            // A section's own header replaces the one for all.
            headers.retain(|(other, _)| *other != name.0);
            headers.push((name.0.clone(), value.clone()));
        }
        let method = &call.method.0;
        if let (Some(csrf), false) = (&self.mapping.file.csrf, *method == http::Method::GET) {
            let token = self.csrf_token(session, csrf).await?;
            match (&csrf.send, &mut body) {
                (CsrfPlace::Header(name), _) => headers.push((name.0.clone(), header(&token)?)),
                (CsrfPlace::Field(name), Some(Value::Object(members))) => {
                    members.insert(name.clone(), Value::String(token));
                }
                (CsrfPlace::Field(name), body @ None) => *body = Some(serde_json::json!({ name: token })),
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
        self.send(session, kind, method.clone(), url, headers, body).await
    }

    pub(super) async fn get(&self, session: &mut Session, url: Url) -> Result<Received, AdapterError> {
        let headers = self.mapping.file.headers.0.iter().map(|(name, value)| (name.0.clone(), value.clone())).collect();
        Ok(self.send(session, NetworkRequest::Other, http::Method::GET, url, headers, None).await?.received)
    }

    async fn send(
        &self,
        session: &mut Session,
        kind: NetworkRequest,
        method: http::Method,
        url: Url,
        own: Vec<(String, HeaderText)>,
        body: Option<Value>,
    ) -> Result<Met, AdapterError> {
        let host = url.host_str().unwrap_or_default();
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut headers = vec![("host".to_owned(), header(&authority)?), ("accept".to_owned(), header("application/json")?)];
        if body.is_some() {
            headers.push(("content-type".to_owned(), header("application/json")?));
        }
        // As a page's fetch does; an app has no origin to send.
        if method != http::Method::GET && self.origin.starts_with("http") {
            headers.push(("origin".to_owned(), header(&self.origin)?));
        }
        headers.retain(|(name, _)| !own.iter().any(|(other, _)| other == name));
        headers.extend(own);
        if let Some(cookies) = session.cookie_header(&url) {
            headers.push(("cookie".to_owned(), header(&cookies)?));
        }
        headers.push(("connection".to_owned(), header("close")?));
        let body = body.map(|body| body.to_string());
        let mut request = format!("{method} {url}");
        if let Some(body) = &body {
            request.push_str(&format!("\n           {}", shortened(body)));
        }
        let received = self.wire.exchange(kind, Request { method, url: url.clone(), headers, body }).await?;
        session.store_cookies(&url, &received.headers);
        Ok(Met { request, received })
    }

    /// Fetched anew before each request, as a page that is loaded does: many frameworks change it at log-in.
    async fn csrf_token(&self, session: &mut Session, csrf: &Csrf) -> Result<String, AdapterError> {
        let url = self.url(&csrf.path.text())?;
        let headers = self.mapping.file.headers.0.iter().map(|(name, value)| (name.0.clone(), value.clone())).collect();
        let met = self.send(session, NetworkRequest::Other, http::Method::GET, url.clone(), headers, None).await?;
        let (token, source) = match &csrf.from {
            CsrfSource::Pointer(pointer) => {
                let json = met.received.json();
                (json.as_ref().and_then(|json| json.pointer(&pointer.0)).and_then(answer::as_text), format!("pointer = \"{}\"", pointer.0))
            }
            CsrfSource::Cookie(name) => (session.cookie(&url, name), format!("cookie = \"{name}\"")),
            CsrfSource::Header(name) => {
                let found = met.received.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
                (found.map(|(_, value)| value.clone()), format!("header = \"{name}\""))
            }
        };
        token.ok_or_else(|| {
            let what = format!("[csrf] `from = {{ {source} }}` finds no token in the answer");
            self.misfit(&what, &met, "Check `path`, and where the token stands: `pointer`, `cookie` or `header`.")
        })
    }

    fn url(&self, path: &str) -> Result<Url, AdapterError> {
        let base = &self.wire.route.url;
        let whole = format!("{}{}{path}", base.origin().ascii_serialization(), base.path().trim_end_matches('/'));
        Url::parse(&whole).map_err(|error| AdapterError::Target(format!("`{whole}` is no URL: {error}")))
    }

    pub(super) fn mismatch(&self, section: &str, missing: &Missing, met: &Met) -> AdapterError {
        let Missing { field, pointer } = missing;
        let what = format!("[{section}] `{field} = \"{pointer}\"` finds nothing in the answer");
        let advice = format!("Set `{field}` to the JSON pointer at which the answer has it; \"\" is the whole body.");
        self.misfit(&what, met, &advice)
    }

    fn misfit(&self, what: &str, met: &Met, advice: &str) -> AdapterError {
        let Met { request, received } = met;
        let answer = match &received.arrived {
            Arrived::Nothing(text) => text.clone(),
            Arrived::Whole | Arrived::Part(_) => {
                let kind = received.headers.iter().find(|(name, _)| name == "content-type");
                let kind = kind.map_or("no content type", |(_, value)| value.as_str());
                let body = if received.body.is_empty() { "(no body)".to_owned() } else { shortened(&received.text()) };
                format!("status {}, {kind}\n           {body}", received.status)
            }
        };
        AdapterError::Mismatch(format!(
            "the mapping `{}` does not fit the relying party: {what}\n  request: {request}\n  answer:  {answer}\n  {advice}",
            self.mapping.name
        ))
    }
}

fn header(text: &str) -> Result<HeaderText, AdapterError> {
    let sent = http::HeaderValue::from_str(text)
        .map_err(|_| AdapterError::Mismatch(format!("`{text}`, which the relying party gave, cannot be sent back as a header")))?;
    Ok(HeaderText { shown: text.to_owned(), sent })
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
