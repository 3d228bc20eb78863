//! The server as a process: a thread with a runtime of its own, which can end in the middle of a request and be started again on its port.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use faultkey_relying_party::Waiter;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::answer::{Answer, Outcome};
use crate::state::State;
use crate::weakness::Switch;
use crate::{ceremony, hooks, options, reports};

const COOKIE_NAME: &str = "shop_session";

/// A relying party on a port of loopback.
pub struct Server {
    shared: Shared,
    address: SocketAddr,
    running: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Clone)]
struct Shared {
    state: Arc<Mutex<State>>,
    /// Milliseconds: what the server takes for the time.
    clock: Arc<AtomicU64>,
    stop: Arc<Notify>,
    /// It was a request that ended it.
    stopped: Arc<AtomicBool>,
}

impl Server {
    pub fn start(switch: Switch, seed: u64) -> Server {
        let state = Arc::new(Mutex::new(State::new(switch, seed)));
        let shared = Shared { state, clock: Arc::default(), stop: Arc::default(), stopped: Arc::default() };
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into());
        let address = listener.local_addr().expect("a listener has an address");
        let running = Mutex::new(Some(serve(listener, shared.clone())));
        Server { shared, address, running }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whoever waits lets the server's clock run instead.
    pub fn waiter(&self) -> Waiter {
        let clock = Arc::clone(&self.shared.clock);
        Arc::new(move |time: Duration| {
            clock.fetch_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
            Box::pin(std::future::ready(()))
        })
    }

    /// Starts it again on its port, if it has ended. Its state is what it was.
    pub fn restart(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if self.shared.stopped.swap(false, Ordering::SeqCst) {
            drop(running.take().map(JoinHandle::join));
            *running = Some(serve(listen(self.address), self.shared.clone()));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.notify_one();
        if let Some(running) = self.running.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(running.join());
        }
    }
}

/// Ready for connections when it returns.
fn listen(address: SocketAddr) -> std::net::TcpListener {
    let listener = std::net::TcpListener::bind(address).expect("a port of loopback is free");
    listener.set_nonblocking(true).expect("a listener can be asked not to block");
    listener
}

/// When the runtime ends, so do all its connections.
fn serve(listener: std::net::TcpListener, shared: Shared) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let stop = Arc::clone(&shared.stop);
        let router = Router::new().fallback(move |method, uri, headers, body| handle(shared.clone(), method, uri, headers, body));
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).expect("a runtime takes a listener");
            tokio::select! {
                ended = axum::serve(listener, router).into_future() => ended.expect("the server runs until it is stopped"),
                () = stop.notified() => {}
            }
        });
    })
}

async fn handle(shared: Shared, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let outcome = {
        let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = shared.clock.load(Ordering::SeqCst);
        answer(&mut state, &method, &uri, &headers, &body)
    };
    match outcome {
        Outcome::Answer(answer) => write(answer),
        Outcome::Hang => std::future::pending().await,
        Outcome::Stop => {
            shared.stopped.store(true, Ordering::SeqCst);
            shared.stop.notify_one();
            std::future::pending().await
        }
    }
}

type Step = fn(&mut State, &str, &Value) -> Outcome;

fn answer(state: &mut State, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Outcome {
    let username = uri.query().and_then(|query| query.strip_prefix("username=")).unwrap_or_default();
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let step: Step = match (method.as_str(), uri.path()) {
        ("POST", "/passkey/register/options") => |state, session, body| options::registration(state, session, body).into(),
        ("POST", "/passkey/register") => ceremony::registration,
        ("POST", "/passkey/sign-in/options") => |state, session, body| options::authentication(state, session, body).into(),
        ("POST", "/passkey/sign-in") => ceremony::authentication,
        ("POST", "/passkey/failure") => |state, session, body| reports::failure(state, session, body).into(),
        ("POST", "/sign-in/password") => |state, session, body| reports::password(state, session, body).into(),
        ("POST", "/sign-in/phone") => |state, session, body| reports::phone(state, session, body).into(),
        ("POST", "/support") => |state, session, body| reports::support(state, session, body).into(),
        ("GET", "/me") => |state, session, _| hooks::me(state, session).into(),
        ("PUT", "/me/draft") => |state, session, body| hooks::draft(state, session, body).into(),
        ("POST", "/test/account") => return hooks::prepare(state, &json).into(),
        ("POST", "/test/reset") => return hooks::reset(state, &json).into(),
        ("POST", "/test/lose-credential") => return hooks::lose_credential(state, &json).into(),
        ("GET", "/test/credentials") => return hooks::credentials(state, username).into(),
        ("GET", "/test/account") => return hooks::account(state, username).into(),
        ("GET", "/test/log") => return hooks::log(state, username).into(),
        (_, "/passkey/register/options" | "/passkey/sign-in/options" | "/sign-in/password" | "/sign-in/phone" | "/support") => {
            return Answer { status: 405, body: json!({}), session: None }.into();
        }
        _ => return Answer { status: 404, body: json!({}), session: None }.into(),
    };
    let cookie = cookie(headers);
    let session = state.open_session(cookie.as_deref());
    let outcome = step(state, &session, &json);
    match outcome {
        Outcome::Answer(answer) if answer.session.is_none() && cookie.as_ref() != Some(&session) => answer.in_session(session).into(),
        outcome => outcome,
    }
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs = cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value.to_owned())
}

fn write(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, answer.body.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let cookie = answer.session.map(|session| format!("{COOKIE_NAME}={session}; Path=/; HttpOnly; SameSite=Lax"));
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
