//! The adapter against small servers of its own.

mod curl;
mod embedded;
mod hooks;
mod manual;
mod mismatch;
mod network;
mod pace;
mod proxy;
mod related_origins;
mod tls;

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use faultkey_fault_injection::NetworkDecision;
use faultkey_transport::transcript::{RequestPurpose, What};

use super::*;

/// A request as the server saw it.
#[derive(Clone, Debug, PartialEq)]
struct Saw {
    request: String,
    cookie: Option<String>,
    /// Null if it is no JSON.
    body: Value,
    text: String,
    headers: HeaderMap,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Saw>>>);

impl Log {
    fn all(&self) -> Vec<Saw> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn last(&self) -> Saw {
        self.all().pop().unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.all().into_iter().map(|saw| saw.request).collect()
    }
}

type Handle = Arc<dyn Fn(&Saw) -> Response + Send + Sync>;

/// A server whose every answer comes from one function.
async fn serve(answer: impl Fn(&Saw) -> Response + Send + Sync + 'static) -> (SocketAddr, Log) {
    async fn handle(State((log, answer)): State<(Log, Handle)>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
        let cookie = headers.get(header::COOKIE).map(|value| value.to_str().unwrap().to_owned());
        let saw = Saw {
            request: format!("{method} {uri}"),
            cookie,
            body: serde_json::from_slice(&body).unwrap_or_default(),
            text: String::from_utf8_lossy(&body).into_owned(),
            headers,
        };
        let response = answer(&saw);
        log.0.lock().unwrap_or_else(PoisonError::into_inner).push(saw);
        response
    }
    let log = Log::default();
    let router = Router::new().fallback(handle).with_state((log.clone(), Arc::new(answer) as Handle));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, log)
}

fn reply(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

fn with_header(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().append(HeaderName::from_static(name), value.parse().unwrap());
    response
}

struct Bench {
    adapter: Adapter,
    transcript: Transcript,
    clock: Clock,
}

fn bench(mapping: Mapping, address: SocketAddr, decide: impl Fn(NetworkRequest) -> NetworkDecision + Send + Sync + 'static) -> Bench {
    let target = Target {
        url: "https://broker.test".parse().unwrap(),
        connect: Some(address),
        certificate_authority: None,
        proxies: Proxies::default(),
    };
    let (transcript, clock) = (Transcript::new(), Clock::default());
    let decide = Arc::new(move |_, request| decide(request));
    let adapter = Adapter::deciding(mapping, target, decide, transcript.clone(), clock.clone()).unwrap();
    Bench { adapter, transcript, clock }
}

fn built_in(name: &str, address: SocketAddr) -> Bench {
    bench(Mapping::built_in(name).unwrap(), address, |_| NetworkDecision::Pass)
}

fn shop(text: &str, address: SocketAddr) -> Bench {
    bench(Mapping::parse(text, "shop.toml").unwrap(), address, |_| NetworkDecision::Pass)
}

/// A mapping with the two ceremonies and whatever follows.
fn shop_with(more: &str) -> String {
    format!(
        "name = \"shop\"\n[registration]\noptions = {{ path = \"/new\", options = \"/publicKey\", body = {{ email = \"{{username}}\" }} }}\n\
         verify = {{ path = \"/keys\", body = \"{{credential}}\" }}\n[authentication]\noptions = {{ path = \"/start\", options = \"\" }}\n\
         verify = {{ path = \"/login\", body = \"{{credential}}\" }}\n{more}"
    )
}

fn mika() -> TestAccount {
    TestAccount::new("mika", "Mika", "correct horse")
}

fn wish() -> Wish {
    Wish { user_verification: "required".to_owned(), resident_key: "required".to_owned(), attestation: "none".to_owned(), replace: true }
}

#[tokio::test]
async fn a_ceremony_goes_out_and_comes_back_as_the_mapping_says() {
    let (address, log) = serve(|saw| match saw.request.as_str() {
        "POST /attestation/options" | "POST /assertion/options" => {
            reply(200, json!({"status": "ok", "errorMessage": "", "challenge": "AAAA"}))
        }
        _ => reply(200, json!({"status": "ok", "errorMessage": ""})),
    })
    .await;
    let Bench { adapter, .. } = built_in("fido-conformance", address);
    let mut session = adapter.session();
    let answer = adapter.registration_options(&mut session, &mika(), &wish()).await.unwrap();
    assert_eq!(
        log.last().body,
        json!({
            "username": "mika", "displayName": "Mika", "attestation": "none",
            "authenticatorSelection": {"residentKey": "required", "requireResidentKey": true, "userVerification": "required"}
        })
    );
    assert_eq!((answer.arrived, answer.status, answer.accepted), (Arrived::Whole, 200, true));
    assert_eq!(answer.options.unwrap()["challenge"], "AAAA");
    assert_eq!((answer.code, answer.message, answer.second), (None, None, None));

    let credential = json!({"id": "AQ", "response": {"clientDataJSON": "e30"}});
    assert!(adapter.registration_result(&mut session, &mika(), &credential).await.unwrap().accepted);
    assert_eq!(log.last().body, credential);

    adapter.authentication_options(&mut session, None, &wish()).await.unwrap();
    assert_eq!(log.last().body, json!({"userVerification": "required"}), "no user name, no member");
    adapter.authentication_options(&mut session, Some(&mika()), &wish()).await.unwrap();
    assert_eq!(log.last().body, json!({"username": "mika", "userVerification": "required"}));
    assert!(adapter.authentication_result(&mut session, &mika(), &credential).await.unwrap().accepted);
    assert_eq!(log.last().request, "POST /assertion/result");
}

#[tokio::test]
async fn a_refusal_is_read_whole() {
    let (address, _) = serve(|_| {
        reply(
            400,
            json!({
                "status": "failed", "errorMessage": "This passkey no longer fits.", "code": "key-mismatch",
                "next": [{"action": "password", "href": "/login/password"}, {"action": "support", "href": "/support/reset"}],
                "signal": [{"method": "unknown-credential", "rpId": "broker.test", "credentialId": "AQ"}]
            }),
        )
    })
    .await;
    let Bench { adapter, .. } = built_in("embedded", address);
    let answer = adapter.authentication_result(&mut adapter.session(), &mika(), &json!({})).await.unwrap();
    assert_eq!((answer.status, answer.accepted), (400, false));
    assert_eq!(answer.code.as_deref(), Some("key-mismatch"));
    assert_eq!(answer.message.as_deref(), Some("This passkey no longer fits."));
    assert_eq!(answer.next, ["password", "support"]);
    assert_eq!(answer.signals, ["unknown-credential"]);
}

#[tokio::test]
async fn the_relying_partys_own_words_are_renamed() {
    let (address, _) = serve(|_| reply(400, json!({"ways": [{"name": "tryAgain"}, {"name": "call"}], "hints": ["forget"]}))).await;
    let mapping = shop_with(
        "[result]\nnext = { list = \"/ways\", action = \"/name\", names = { tryAgain = \"retry\" } }\n\
         signal = { list = \"/hints\", method = \"\", names = { forget = \"unknown-credential\" } }\n",
    );
    let Bench { adapter, .. } = shop(&mapping, address);
    let answer = adapter.authentication_result(&mut adapter.session(), &mika(), &json!({})).await.unwrap();
    assert_eq!(answer.next, ["retry", "call"]);
    assert_eq!(answer.signals, ["unknown-credential"]);
}

#[tokio::test]
async fn each_session_has_its_cookies() {
    let (address, log) = serve(|saw| {
        let response = reply(200, json!({"status": "ok", "challenge": "AAAA"}));
        match &saw.cookie {
            None => with_header(with_header(response, "set-cookie", "b=2; Path=/; HttpOnly"), "set-cookie", "a=1; Path=/; Secure"),
            Some(_) => response,
        }
    })
    .await;
    let Bench { adapter, .. } = built_in("fido-conformance", address);
    let (mut one, mut other) = (adapter.session(), adapter.session());
    adapter.authentication_options(&mut one, None, &wish()).await.unwrap();
    adapter.authentication_options(&mut one, None, &wish()).await.unwrap();
    adapter.authentication_options(&mut other, None, &wish()).await.unwrap();
    let cookies: Vec<_> = log.all().into_iter().map(|saw| saw.cookie).collect();
    assert_eq!(cookies, [None, Some("a=1; b=2".to_owned()), None]);
}

#[tokio::test]
async fn a_csrf_token_goes_where_the_mapping_says() {
    let (address, log) = serve(|saw| match saw.request.as_str() {
        "GET /csrf" => with_header(with_header(reply(200, json!({"token": "t0k"})), "set-cookie", "XSRF=a%3D; Path=/"), "x-token", "h"),
        _ => reply(200, json!({"publicKey": {"challenge": "AAAA"}})),
    })
    .await;
    for (from, send, header, field) in [
        ("{ cookie = \"XSRF\" }", "{ header = \"X-XSRF\" }", Some("a="), None),
        ("{ header = \"X-Token\" }", "{ header = \"X-XSRF\" }", Some("h"), None),
        ("{ pointer = \"/token\" }", "{ field = \"_csrf\" }", None, Some("t0k")),
    ] {
        let Bench { adapter, .. } = shop(&shop_with(&format!("[csrf]\npath = \"/csrf\"\nfrom = {from}\nsend = {send}\n")), address);
        adapter.registration_options(&mut adapter.session(), &mika(), &wish()).await.unwrap();
        let saw = log.last();
        assert_eq!(saw.headers.get("x-xsrf").map(|value| value.to_str().unwrap()), header);
        assert_eq!(saw.body.get("_csrf").and_then(Value::as_str), field);
        assert_eq!(saw.body["email"], "mika");
    }
    assert_eq!(log.requests()[..2], ["GET /csrf", "POST /new"]);
}

#[tokio::test]
async fn redirects_are_shown_and_not_followed() {
    let (address, log) = serve(|_| with_header(StatusCode::FOUND.into_response(), "location", "https://captive.portal/")).await;
    let Bench { adapter, transcript, .. } = built_in("fido-conformance", address);
    let answer = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap();
    assert_eq!((answer.status, answer.accepted, answer.options), (302, false, None));
    assert_eq!(log.all().len(), 1);
    let What::HttpResponse { headers, .. } = &transcript.entries()[1].what else { panic!("no response recorded") };
    assert_eq!(headers[..], [("location".to_owned(), "https://captive.portal/".to_owned())]);
}

#[tokio::test]
async fn hooks_tell_the_state() {
    let (address, log) = serve(|saw| match saw.request.split('?').next().unwrap() {
        "GET /hooks/credentials" => {
            reply(200, json!([{"id": "AQ", "publicKey": "pk", "signCount": 7, "backupEligible": true}, {"id": "Ag"}]))
        }
        "GET /hooks/account" => reply(200, json!({"locked": false, "passwordTriesLeft": 5, "sessions": 1})),
        "GET /hooks/log" => reply(200, json!([{"reason": "key-mismatch", "text": "signature"}])),
        "GET /session" => reply(200, json!({"authenticated": true, "draft": "buy 100"})),
        _ => reply(200, json!({"status": "ok"})),
    })
    .await;
    let Bench { adapter, .. } = built_in("embedded", address);
    let mut account = mika();
    account.username = "mika@a b".to_owned();
    assert_eq!(adapter.prepare(&account).await.unwrap(), Observation::Seen(()));
    assert_eq!(log.last().body, json!({"username": "mika@a b", "displayName": "Mika", "password": "correct horse"}));
    let whole = StoredCredential { id: "AQ".into(), public_key: Some("pk".into()), sign_count: Some(7), backup_eligible: Some(true) };
    let bare = StoredCredential { id: "Ag".into(), public_key: None, sign_count: None, backup_eligible: None };
    assert_eq!(adapter.credentials(&account).await.unwrap(), Observation::Seen(vec![whole, bare]));
    assert_eq!(log.last().request, "GET /hooks/credentials?username=mika%40a%20b");
    let state = AccountState { locked: Some(false), password_tries_left: Some(5), sessions: Some(1) };
    assert_eq!(adapter.account_state(&account).await.unwrap(), Observation::Seen(state));
    let line = LogLine { reason: "key-mismatch".into(), text: "signature".into() };
    assert_eq!(adapter.log(&account).await.unwrap(), Observation::Seen(vec![line]));
    assert_eq!(adapter.reset(&account).await.unwrap(), Observation::Seen(()));
    assert_eq!(adapter.delete_credential(&account).await.unwrap(), Observation::Seen(()));
    assert_eq!(log.last().request, "POST /hooks/delete-credential");
    let mut session = adapter.session();
    assert_eq!(adapter.draft(&mut session).await.unwrap(), Observation::Seen("buy 100".to_owned()));
    assert_eq!(adapter.save_draft(&mut session, "sell 1").await.unwrap(), Observation::Seen(()));
    assert_eq!((log.last().request.as_str(), log.last().body), ("PUT /session/draft", json!({"draft": "sell 1"})));
    assert_eq!(adapter.is_authenticated(&mut session).await.unwrap(), Observation::Seen(true));
}

#[tokio::test]
async fn what_the_mapping_lacks_is_not_observable_and_asks_nobody() {
    let (address, log) = serve(|_| reply(200, json!({}))).await;
    let Bench { adapter, .. } = built_in("fido-conformance", address);
    let (mut session, account) = (adapter.session(), mika());
    fn lacks<T>(section: &'static str) -> Observation<T> {
        Observation::NotObservable(Unseen::NoSection(section))
    }
    let failure = failure();
    assert_eq!(adapter.report(&mut session, &account, &failure).await.unwrap(), lacks("report"));
    assert_eq!(adapter.fall_back(&mut session, &account, Fallback::Password).await.unwrap(), lacks("fallback.password"));
    assert_eq!(adapter.fall_back(&mut session, &account, Fallback::Phone).await.unwrap(), lacks("fallback.phone"));
    assert_eq!(adapter.fall_back(&mut session, &account, Fallback::SupportReset).await.unwrap(), lacks("fallback.support-reset"));
    assert_eq!(adapter.is_authenticated(&mut session).await.unwrap(), lacks("session"));
    assert_eq!(adapter.prepare(&account).await.unwrap(), lacks("hooks.prepare"));
    assert_eq!(adapter.reset(&account).await.unwrap(), lacks("hooks.reset"));
    assert_eq!(adapter.delete_credential(&account).await.unwrap(), lacks("hooks.delete-credential"));
    assert_eq!(adapter.credentials(&account).await.unwrap(), lacks("hooks.credentials"));
    assert_eq!(adapter.account_state(&account).await.unwrap(), lacks("hooks.account"));
    assert_eq!(adapter.log(&account).await.unwrap(), lacks("hooks.log"));
    assert_eq!(adapter.draft(&mut session).await.unwrap(), lacks("hooks.draft.read"));
    assert_eq!(adapter.save_draft(&mut session, "").await.unwrap(), lacks("hooks.draft.save"));
    let way = adapter.way_out_exists(&mut session, "retry").await.unwrap();
    assert_eq!(way, Observation::NotObservable(Unseen::NoField { section: "result", field: "next" }));
    assert!(log.all().is_empty());
}

fn failure() -> ClientFailure {
    ClientFailure {
        ceremony: "authentication".to_owned(),
        phase: "dialog".to_owned(),
        error: "NotAllowedError".to_owned(),
        message: "The operation either timed out or was not allowed.".to_owned(),
        platform_authenticator_available: Some(true),
        elapsed: 1200,
        challenge: None,
        credential_id: None,
    }
}

#[tokio::test]
async fn a_client_failure_is_reported_and_fallbacks_are_tried() {
    let (address, log) = serve(|saw| match saw.request.as_str() {
        "POST /ceremony/failure" if saw.body["error"] == "NetworkError" => reply(200, json!({"status": "reconciled"})),
        "POST /ceremony/failure" => {
            reply(200, json!({"status": "explained", "code": "passkey-not-usable", "next": [{"action": "password"}]}))
        }
        _ => reply(200, json!({"status": "ok", "rights": "restricted"})),
    })
    .await;
    let Bench { adapter, .. } = built_in("embedded", address);
    let mut session = adapter.session();
    let Observation::Seen(answer) = adapter.report(&mut session, &mika(), &failure()).await.unwrap() else { panic!("not observable") };
    assert_eq!((answer.accepted, answer.code.as_deref(), answer.next), (false, Some("passkey-not-usable"), vec!["password".to_owned()]));
    assert_eq!(
        log.last().body,
        json!({
            "username": "mika", "ceremony": "authentication", "phase": "dialog", "error": "NotAllowedError",
            "message": "The operation either timed out or was not allowed.", "platformAuthenticatorAvailable": true, "elapsed": 1200
        })
    );
    let lost = ClientFailure { error: "NetworkError".to_owned(), ..failure() };
    let Observation::Seen(answer) = adapter.report(&mut session, &mika(), &lost).await.unwrap() else { panic!("not observable") };
    assert!(answer.accepted, "reconciled");
    for (way, path) in
        [(Fallback::Password, "/login/password"), (Fallback::Phone, "/login/phone"), (Fallback::SupportReset, "/support/reset")]
    {
        let Observation::Seen(answer) = adapter.fall_back(&mut session, &mika(), way).await.unwrap() else { panic!("not observable") };
        assert!(answer.accepted);
        assert_eq!(log.last().request, format!("POST {path}"));
    }
}

#[tokio::test]
async fn a_way_out_is_there_when_its_address_answers() {
    let (address, _) = serve(|saw| match saw.request.as_str() {
        "POST /assertion/result" => reply(
            400,
            json!({"next": [
                {"action": "retry", "href": "/assertion/options"}, {"action": "phone", "href": "/gone"},
                {"action": "password", "href": "/post-only"}, {"action": "app", "href": "https://elsewhere.test/"}, {"action": "branch"}
            ]}),
        ),
        "GET /assertion/options" => reply(200, json!({})),
        "GET /post-only" => reply(405, json!({})),
        _ => reply(404, json!({})),
    })
    .await;
    let Bench { adapter, .. } = built_in("embedded", address);
    let mut session = adapter.session();
    adapter.authentication_result(&mut session, &mika(), &json!({})).await.unwrap();
    for (way, there) in [("retry", true), ("phone", false), ("password", true), ("register-again", false)] {
        assert_eq!(adapter.way_out_exists(&mut session, way).await.unwrap(), Observation::Seen(there), "{way}");
    }
    let elsewhere = Unseen::ElsewhereAddress { way: "app".to_owned(), href: "https://elsewhere.test/".to_owned() };
    for (way, why) in [("app", elsewhere), ("branch", Unseen::NoAddress { way: "branch".to_owned() })] {
        assert_eq!(adapter.way_out_exists(&mut session, way).await.unwrap(), Observation::NotObservable(why));
    }
}

#[tokio::test]
async fn the_origin_is_the_mappings_or_the_urls() {
    let (address, log) = serve(|_| reply(400, json!({}))).await;
    let named = shop(&format!("origin = \"https://shop.example\"\n{}", shop_with("")), address).adapter;
    assert_eq!(named.origin(), "https://shop.example");
    named.authentication_options(&mut named.session(), None, &wish()).await.unwrap();
    assert_eq!(log.last().headers["origin"], "https://shop.example");
    assert_eq!(log.last().headers["host"], "broker.test");
    assert_eq!(shop(&shop_with(""), address).adapter.origin(), "https://broker.test");
    let sent = async |origin: &str| {
        let caller = shop(&format!("origin = \"{origin}\"\n{}", shop_with("")), address).adapter;
        caller.authentication_options(&mut caller.session(), None, &wish()).await.unwrap();
        log.last().headers.get("origin").map(|header| header.to_str().unwrap().to_owned())
    };
    for app in ["android:apk-key-hash:abc", "android:apk-key-hash-sha256:abc", "ios:bundle-id:com.example.shop"] {
        assert_eq!(sent(app).await, None, "{app}");
    }
    for scheme in ["chrome-extension://abcdefghijklmnopabcdefghijklmnop", "capacitor://localhost"] {
        assert_eq!(sent(scheme).await.as_deref(), Some(scheme));
    }
}

#[tokio::test]
async fn the_transcript_keeps_what_matters_and_no_secret() {
    let (address, log) = serve(|_| {
        let response = with_header(reply(200, json!({"publicKey": {}})), "set-cookie", "s=1");
        with_header(with_header(response, "date", "Mon, 23 Nov 2026 01:00:00 GMT"), "x-request-id", "7")
    })
    .await;
    let mapping = format!("headers = {{ X-Key = \"{{env:CARGO_PKG_NAME}}\" }}\n{}", shop_with(""));
    let Bench { adapter, transcript, .. } = shop(&mapping, address);
    adapter.registration_options(&mut adapter.session(), &mika(), &wish()).await.unwrap();
    assert_eq!(log.last().headers["x-key"], "faultkey-relying-party");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let entries: Vec<_> = transcript.entries().into_iter().map(|entry| entry.what).collect();
    assert_eq!(
        entries,
        [
            What::HttpRequest {
                method: "POST".to_owned(),
                path: "/new".to_owned(),
                headers: vec![
                    pair("host", "broker.test"),
                    pair("accept", "application/json"),
                    pair("content-type", "application/json"),
                    pair("origin", "https://broker.test"),
                    pair("x-key", "{env:CARGO_PKG_NAME}"),
                    pair("connection", "close"),
                ],
                body: "{\"email\":\"mika\"}".to_owned(),
                purpose: RequestPurpose::Ceremony,
            },
            What::HttpResponse {
                status: 200,
                headers: vec![pair("content-type", "application/json"), pair("set-cookie", "s=<masked 1>")],
                body: "{\"publicKey\":{}}".to_owned(),
            },
        ]
    );
}
