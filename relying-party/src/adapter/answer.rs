//! What the relying party answered, read by the adapter's rules.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use faultkey_transport::Secrets;
use serde_json::Value;

use super::Session;
use super::exchange::Received;
use super::kept;
use super::lost::Lost;
use super::mapping::{Call, File, OptionsPlace, Pointer};
use super::source::{Looking, Source, as_text};
use super::template::{Filling, Values};

/// How much of a response arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Arrived {
    #[default]
    Whole,
    /// Nothing at all.
    Nothing(Lost),
    Part(Lost),
}

impl Arrived {
    /// What ended it too early.
    #[must_use]
    pub fn lost(&self) -> Option<&Lost> {
        match self {
            Arrived::Whole => None,
            Arrived::Nothing(lost) | Arrived::Part(lost) => Some(lost),
        }
    }
}

/// What the relying party answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub arrived: Arrived,
    /// A network fault touched this request or its answer.
    pub faulted: bool,
    /// The number of the request in the transcript.
    pub exchange: usize,
    /// 0 if no status line arrived.
    pub status: u16,
    pub content_type: Option<String>,
    pub location: Option<String>,
    /// RFC 9110 §10.2.3, counted from the answer's own date.
    pub retry_after: Option<Duration>,
    /// The methods that there are instead (RFC 9110 §10.2.1).
    pub allow: Option<String>,
    /// The answer asks for credentials of HTTP (RFC 9110 §11.6.1).
    pub www_authenticate: bool,
    /// The body if it is JSON.
    pub json: Option<Value>,
    /// The body as it came.
    pub text: String,
    /// The relying party accepts the ceremony, by the adapter's rule.
    pub accepted: bool,
    /// Where an accepting answer has something and this one has nothing; so it is a refusal, unless the adapter looks in the wrong place.
    pub absent: Option<Unread>,
    /// What the adapter looks for and the answer, which can't be read for that, does not have; then it is not accepted.
    pub unread: Option<Unread>,
    /// Options for the client, where the adapter says, with everything binary in base64url.
    pub options: Option<Value>,
    /// The API's error code.
    pub code: Option<String>,
    /// What the user is shown.
    pub message: Option<String>,
    /// Ways out that the answer offers: `retry`, `register-again`, `password`, `phone`, `support`, …
    pub next: Vec<String>,
    /// Signal API hints in the answer, e.g. `unknown-credential`, `all-accepted-credentials`.
    pub signals: Vec<String>,
    /// The answer to the second delivery, if the network delivered the request twice.
    pub second: Option<Box<Answer>>,
}

impl Answer {
    /// The relying party says that it is asked too often: 429 (RFC 6585 §4), or 503 with a time to wait (RFC 9110 §15.6.4).
    #[must_use]
    pub fn rate_limited(&self) -> bool {
        is_rate_limit(self.status, self.retry_after)
    }

    /// Whether the body is a page, by its media type (RFC 9110 §8.3.1).
    #[must_use]
    pub fn is_html(&self) -> bool {
        let media_type = self.content_type.as_deref().and_then(|text| text.split(';').next());
        media_type.is_some_and(|text| text.trim().eq_ignore_ascii_case("text/html"))
    }
}

pub(super) fn is_rate_limit(status: u16, retry_after: Option<Duration>) -> bool {
    status == 429 || (status == 503 && retry_after.is_some())
}

/// A field of the adapter where nothing was found though the adapter says that there is something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub section: &'static str,
    pub field: String,
    /// As the adapter file has it: a JSON pointer in quotes, or a table.
    pub place: String,
}

impl Unread {
    pub(super) fn new(section: &'static str, field: impl Into<String>, place: impl Into<String>) -> Unread {
        Unread { section, field: field.into(), place: place.into() }
    }

    /// What to change in the adapter.
    #[must_use]
    pub fn advice(&self) -> String {
        match self.section {
            CSRF => "Check `path`, and where the token stands: `pointer`, `cookie`, `header` or `html`.".to_owned(),
            _ if self.field.starts_with("encoding") => "Set [encoding] to how the relying party writes it.".to_owned(),
            _ => format!("Set `{}` to the JSON pointer at which the answer has it; \"\" is the whole body.", self.field),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unread { section, field, place } = self;
        write!(f, "[{section}] `{field} = {place}` finds nothing in the answer")
    }
}

/// The section of the adapter that says where a CSRF token comes from.
pub(super) const CSRF: &str = "csrf";

/// How a section's answer is read.
pub(super) struct Reading<'a> {
    pub call: Call<'a>,
    pub file: &'a File,
    /// Where its options stand.
    pub options: Option<&'a OptionsPlace>,
    /// What the request was filled with.
    pub values: &'a Values,
    pub secrets: &'a Secrets,
    /// Set when the request was not sent for want of what an earlier answer should have had.
    pub unread: Option<Unread>,
}

/// Reads an answer, and the addresses of the ways out in it. What it has for later requests is kept in the session.
pub(super) fn read(received: &Received, session: &mut Session, reading: Reading<'_>) -> (Answer, BTreeMap<String, Option<String>>) {
    let Reading { call, file, options, values, secrets, mut unread } = reading;
    let (section, rule) = (call.section, &file.result);
    let json = received.json();
    let (mut accepted, mut absent) = (false, None);
    if received.arrived == Arrived::Whole && unread.is_none() {
        let looking = Looking { received, json: json.as_ref(), session };
        let own = &call.request.rules;
        // The rule stands in the section itself or, for all, in [result].
        let (place, rules) = if own.is_empty() { ("result", &rule.rules) } else { (section, own) };
        if options.is_some() && own.is_empty() {
            // Options are accepted where they stand; what says yes to a response needn't be there.
            accepted = (200..300).contains(&received.status) && !rules.refuse(&looking) && !rules.contradicted(&looking);
        } else {
            let (yes, nothing) = rules.accept(&looking);
            accepted = yes;
            absent = nothing.map(|source| Unread::new(place, "accepted", source.to_string()));
        }
    }
    if received.arrived == Arrived::Whole
        && let Some(nothing) = capture(received, json.as_ref(), session, call, accepted, secrets)
    {
        (accepted, unread) = (false, Some(nothing));
    }
    let mut found = None;
    if let (true, Some(place)) = (accepted, options) {
        let yes = rule.rules.accepted.is_some() && rule.rules.accept(&Looking { received, json: json.as_ref(), session }).0;
        match options_at(place, received, json.as_ref(), session, values).filter(|options| yes || is_options(place, options)) {
            None => {
                let shown = match place {
                    OptionsPlace::At(source) => source.to_string(),
                    OptionsPlace::Made(_) => "{ template }".to_owned(),
                };
                (accepted, absent) = (false, Some(Unread::new(section, "options", shown)));
            }
            Some(mut options) => match file.encoding.options(&mut options) {
                Ok(()) => {
                    // A cookie may have them, too.
                    let public = ["/challenge", "/rpId", "/rp/id", "/user/id", "/user/name", "/user/displayName"];
                    public.iter().filter_map(|pointer| options.pointer(pointer)?.as_str()).for_each(|text| secrets.public(text));
                    found = Some(options);
                }
                Err((member, encoding)) => {
                    let nothing = Unread::new("encoding", format!("encoding.options.{member}"), format!("\"{}\"", encoding.name()));
                    (accepted, unread) = (false, Some(nothing));
                }
            },
        }
    }
    // An answer that is no JSON at all is no refusal in the language of this API: something else has answered.
    if absent.is_some() && json.is_none() && received.arrived == Arrived::Whole && (200..300).contains(&received.status) {
        unread = unread.or(absent.take());
    }
    let looking = Looking { received, json: json.as_ref(), session };
    let at = |places: &[Source]| places.iter().find_map(|source| source.find(&looking).as_ref().and_then(as_text));
    let (mut next, mut ways) = (Vec::new(), BTreeMap::new());
    if let Some(rule) = &rule.next {
        for item in items(json.as_ref(), &rule.list) {
            let Some(action) = rule.action.find(item).and_then(as_text) else { continue };
            let way = rule.names.get(&action).cloned().unwrap_or(action);
            let way = kept::way(&way, secrets);
            let href = rule.href.as_ref().and_then(|href| href.find(item)).and_then(as_text);
            ways.insert(way.clone(), href);
            next.push(way);
        }
    }
    let signals = rule.signal.as_ref().map(|rule| {
        let methods = items(json.as_ref(), &rule.list).filter_map(|item| rule.method.find(item).and_then(as_text));
        methods.map(|method| rule.names.get(&method).cloned().unwrap_or(method)).collect()
    });
    let header = |name: &str| received.header(name).map(str::to_owned);
    let answer = Answer {
        arrived: received.arrived.clone(),
        faulted: received.faulted,
        exchange: received.exchange,
        status: received.status,
        content_type: header("content-type"),
        location: header("location"),
        retry_after: received.retry_after(),
        allow: header("allow"),
        www_authenticate: received.header("www-authenticate").is_some(),
        text: received.text(),
        accepted,
        absent,
        unread,
        options: found,
        code: at(&rule.code),
        message: at(&rule.message),
        next,
        signals: signals.unwrap_or_default(),
        second: None,
        json,
    };
    (kept::kept(answer, secrets), ways)
}

/// Keeps what later requests send. With the first place at which an accepting answer has nothing.
pub(super) fn capture(
    received: &Received,
    json: Option<&Value>,
    session: &mut Session,
    call: Call<'_>,
    accepted: bool,
    secrets: &Secrets,
) -> Option<Unread> {
    let mut nothing = None;
    for (name, source) in &call.request.captures {
        let found = source.find(&Looking { received, json, session });
        match found {
            Some(value) => {
                if let (true, Some(text)) = (source.credential, as_text(&value)) {
                    let _mask = secrets.value(&text);
                }
                session.captured.insert(name.clone(), value);
            }
            None if accepted && !source.optional && nothing.is_none() => {
                nothing = Some(Unread::new(call.section, format!("capture.{name}"), source.to_string()));
            }
            None => {}
        }
    }
    nothing
}

/// Options are an object (WebAuthn-3 §5.4, §5.5), or JSON text of one.
fn options_at(place: &OptionsPlace, received: &Received, json: Option<&Value>, session: &Session, values: &Values) -> Option<Value> {
    let found = match place {
        OptionsPlace::At(source) => source.find(&Looking { received, json, session })?,
        OptionsPlace::Made(template) => template.fill(Filling { values, captured: &session.captured, shown: false })?,
    };
    let found = match found {
        Value::String(text) => serde_json::from_str(&text).ok()?,
        found => found,
    };
    found.is_object().then_some(found)
}

/// A whole body that no rule has accepted may be anything.
fn is_options(place: &OptionsPlace, options: &Value) -> bool {
    let is_whole_body = matches!(place, OptionsPlace::At(source) if source.pointer().is_some_and(|pointer| pointer.text.is_empty()));
    !is_whole_body || options.get("challenge").is_some()
}

fn items<'a>(json: Option<&'a Value>, list: &Pointer) -> impl Iterator<Item = &'a Value> {
    json.and_then(|json| list.find(json)).and_then(Value::as_array).into_iter().flatten()
}
