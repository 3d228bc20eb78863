//! Paths and methods, cookies and headers. Everything else is the broker's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use faultkey_fault_injection::{Language, Text};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, SET_COOKIE, VARY};
use serde_json::{Value, json};

use super::Handling;
use super::accept_language;
use super::answer::Answer;
use super::broker::Broker;
use super::challenge::Ceremony;
use super::hooks::HookError;
use super::reason::Reason;
use super::refusal::Refusal;
use super::request::Body;

/// The session cookie's name.
const COOKIE_NAME: &str = "faultkey_session";

type Shared = Arc<Mutex<Broker>>;
/// A step of a session. Never waits: the broker's lock is held.
type Step = fn(&mut Broker, &str, &Body) -> Result<Value, Refusal>;

pub(super) fn router(broker: Broker) -> Router {
    Router::new()
        .route(
            "/attestation/options",
            step(
                Ceremony::Registration,
                Text::new("Options for registering a passkey.", "パスキーを登録するためのオプションを返します。"),
                Broker::registration_options,
            ),
        )
        .route(
            "/attestation/result",
            step(Ceremony::Registration, Text::new("The new passkey.", "新しいパスキーを受け取ります。"), Broker::registration_result),
        )
        .route(
            "/assertion/options",
            step(
                Ceremony::Authentication,
                Text::new("Options for logging in by passkey.", "パスキーでログインするためのオプションを返します。"),
                Broker::authentication_options,
            ),
        )
        .route(
            "/assertion/result",
            step(
                Ceremony::Authentication,
                Text::new("The passkey's answer.", "パスキーの認証応答を受け取ります。"),
                Broker::authentication_result,
            ),
        )
        .route(
            "/ceremony/failure",
            step(
                Ceremony::Authentication,
                Text::new("A failure that only the client saw.", "クライアントだけで起きた失敗の報告を受け取ります。"),
                Broker::client_failure,
            ),
        )
        .route(
            "/login/password",
            step(
                Ceremony::Authentication,
                Text::new("Log-in by password, with restricted rights.", "パスワードでログインします（権限は制限されます）。"),
                Broker::log_in_by_password,
            ),
        )
        .route(
            "/login/phone",
            step(
                Ceremony::Authentication,
                Text::new("Log-in by call-back, with restricted rights.", "折り返しの電話でログインします（権限は制限されます）。"),
                Broker::log_in_by_phone,
            ),
        )
        .route(
            "/support/reset",
            step(
                Ceremony::Authentication,
                Text::new("Asks the support desk to reset the passkey.", "サポート窓口にパスキーの登録解除を依頼します。"),
                Broker::request_support,
            ),
        )
        .route("/session", get(|shared, call: Call| run(shared, call.without_body(), Ceremony::Authentication, Broker::session_state)))
        .route("/session/draft", put(|shared, call| run(shared, call, Ceremony::Authentication, Broker::keep_draft)))
        .route("/hooks/account", change(Broker::hook_create_account).merge(look(Broker::hook_account)))
        .route("/hooks/reset", change(Broker::hook_reset))
        .route("/hooks/delete-credential", change(Broker::hook_delete_credential))
        .route("/hooks/credentials", look(Broker::hook_credentials))
        .route("/hooks/log", look(Broker::hook_log))
        .fallback(|| async { write(Answer { status: 404, body: json!({ "error": "there is nothing at this path" }) }, None) })
        .with_state(Arc::new(Mutex::new(broker)))
}

/// POST does it; GET says in one line what it does, so that a way out can be seen to be there.
fn step(ceremony: Ceremony, what: Text<&'static str>, step: Step) -> MethodRouter<Shared> {
    post(move |shared, call| run(shared, call, ceremony, step)).get(move |headers: HeaderMap| async move {
        let language = accept_language::preferred(&headers);
        in_language(write(Answer::ok(json!({ "method": "POST", "text": what.get(language) })), None), language)
    })
}

/// `ceremony` is to be tried again if the body can't be read.
async fn run(State(shared): State<Shared>, call: Call, ceremony: Ceremony, step: Step) -> Response {
    let mut broker = lock(&shared);
    let session = broker.sessions.open(call.cookie.as_deref());
    let body = call.body.map_err(|refusal| refusal.during(ceremony));
    let answer = match body.and_then(|body| step(&mut broker, &session, &body)) {
        Ok(body) => Answer::ok(body),
        Err(refusal) => broker.refuse(&session, &refusal, call.language),
    };
    let cookie = broker.sessions.take_untold();
    match broker.handling {
        // What it says is the same for everybody.
        Handling::Opaque => write(answer, cookie),
        Handling::Diagnosing => in_language(write(answer, cookie), call.language),
    }
}

fn change(hook: fn(&mut Broker, &Body) -> Result<Value, HookError>) -> MethodRouter<Shared> {
    post(move |State(shared): State<Shared>, call: Call| async move {
        let done = call.body.map_err(|refusal| refusal.detail).and_then(|body| hook(&mut lock(&shared), &body));
        let answer = done.map_or_else(|error| Answer { status: 400, body: json!({ "status": "failed", "error": error }) }, Answer::ok);
        write(answer, None)
    })
}

fn look(hook: fn(&Broker, &str) -> Value) -> MethodRouter<Shared> {
    get(move |State(shared): State<Shared>, Query(query): Query<BTreeMap<String, String>>| async move {
        let answer = match query.get("username") {
            Some(username) => Answer::ok(hook(&lock(&shared), username)),
            None => Answer { status: 400, body: json!({ "status": "failed", "error": "say whose: ?username=…" }) },
        };
        write(answer, None)
    })
}

/// A panic in one request must not take the others down: the state is still the last one that was written.
fn lock(shared: &Shared) -> MutexGuard<'_, Broker> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What came: the cookie, the language to answer in, and the body or what is wrong with it.
struct Call {
    cookie: Option<String>,
    language: Language,
    body: Result<Body, Refusal>,
}

impl Call {
    fn without_body(self) -> Self {
        Self { body: Body::read(b"{}", self.language), ..self }
    }
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let cookie = session_cookie(request.headers());
        let language = accept_language::preferred(request.headers());
        let body = match Bytes::from_request(request, state).await {
            Ok(bytes) => Body::read(&bytes, language),
            Err(rejection) => Err(unreadable(&rejection)),
        };
        Ok(Self { cookie, language, body })
    }
}

/// The body did not arrive whole. No challenge is touched: the same request may come again (catalogue NW-03).
fn unreadable(rejection: &BytesRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::malformed(Text::new("the body is too large".to_owned(), "リクエスト本文が大きすぎます。".to_owned()));
    }
    Refusal::new(Reason::IncompleteRequest, format!("the body did not arrive whole: {rejection}"))
}

fn session_cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs = cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value.to_owned())
}

/// Says which language an answer is in, and that it depends on the request.
pub(super) fn in_language(mut response: Response, language: Language) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
    response
}

fn write(answer: Answer, new_session: Option<String>) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, answer.body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Options that a cache keeps are answered with an old challenge (catalogue NW-16).
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let cookie = new_session.map(|session| format!("{COOKIE_NAME}={session}; Path=/; HttpOnly"));
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        headers.insert(SET_COOKIE, cookie);
    }
    response
}
