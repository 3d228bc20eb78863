//! One relying party, and browsers with one cookie each.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::device::{Change, Device};
use crate::Clock;
use crate::embedded::{Handling, broker::Broker, routes, site::Site};

pub(super) const USER: &str = "hanako";

pub(super) struct RelyingParty {
    router: Router,
    pub(super) clock: Clock,
}

impl RelyingParty {
    /// With the account of [`USER`].
    pub(super) async fn start(handling: Handling, seed: u64) -> Self {
        let clock = Clock::default();
        let relying_party = Self { router: routes::router(Broker::new(handling, Site::default(), clock.clone(), seed)), clock };
        let account = json!({ "username": USER, "displayName": "Hanako", "password": "correct" });
        let answer = relying_party.browser().post("/hooks/account", account).await;
        assert_eq!(answer.status, 200);
        relying_party
    }

    pub(super) async fn diagnosing() -> Self {
        Self::start(Handling::Diagnosing, 7).await
    }

    pub(super) async fn opaque() -> Self {
        Self::start(Handling::Opaque, 7).await
    }

    pub(super) fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookie: None, language: None }
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(super) async fn credentials(&self) -> Value {
        self.browser().get(&format!("/hooks/credentials?username={USER}")).await.body
    }

    pub(super) async fn account(&self) -> Value {
        self.browser().get(&format!("/hooks/account?username={USER}")).await.body
    }

    /// The reasons in the account's log, newest last.
    pub(super) async fn reasons(&self) -> Vec<String> {
        let log = self.browser().get(&format!("/hooks/log?username={USER}")).await.body;
        log.as_array().unwrap().iter().map(|line| line["reason"].as_str().unwrap().to_owned()).collect()
    }

    pub(super) async fn last_reason(&self) -> String {
        self.reasons().await.pop().unwrap_or_default()
    }

    /// A device and a browser in which it was registered.
    pub(super) async fn registered(&self) -> (Browser, Device) {
        let mut browser = self.browser();
        let mut device = Device::new(1);
        let answer = browser.register(&mut device, &Change::default()).await;
        assert_eq!((answer.status, answer.text("status")), (200, "ok"), "{}", answer.body);
        (browser, device)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) headers: Vec<(String, String)>,
}

impl Answer {
    pub(super) fn text(&self, member: &str) -> &str {
        self.body[member].as_str().unwrap_or_default()
    }

    pub(super) fn code(&self) -> &str {
        self.text("code")
    }

    pub(super) fn ways(&self) -> Vec<&str> {
        self.body["next"].as_array().into_iter().flatten().filter_map(|way| way["action"].as_str()).collect()
    }

    pub(super) fn signals(&self) -> Vec<&str> {
        self.body["signal"].as_array().into_iter().flatten().filter_map(|signal| signal["method"].as_str()).collect()
    }
}

#[derive(Clone)]
pub(super) struct Browser {
    router: Router,
    pub(super) cookie: Option<String>,
    /// Its `Accept-Language`.
    pub(super) language: Option<&'static str>,
}

impl Browser {
    pub(super) async fn send(&mut self, method: Method, path: &str, body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, format!("other=1; {cookie}"));
        }
        if let Some(language) = self.language {
            request = request.header(ACCEPT_LANGUAGE, language);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        assert!(status < 500, "{path} answered {status}");
        if let Some(cookie) = response.headers().get(SET_COOKIE) {
            self.cookie = Some(cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
        }
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{path}: {error}: {bytes:?}")) }
    }

    pub(super) async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, body.to_string().into()).await
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, Vec::new()).await
    }

    pub(super) async fn rights(&mut self) -> String {
        self.get("/session").await.text("rights").to_owned()
    }

    pub(super) async fn registration_options(&mut self) -> Value {
        let answer = self.post("/attestation/options", json!({ "username": USER, "displayName": "Hanako" })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    pub(super) async fn replacement_options(&mut self) -> Answer {
        self.post("/attestation/options", json!({ "username": USER, "replace": true })).await
    }

    pub(super) async fn log_in_options(&mut self) -> Value {
        let answer = self.post("/assertion/options", json!({ "username": USER })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    pub(super) async fn register(&mut self, device: &mut Device, change: &Change) -> Answer {
        let options = self.registration_options().await;
        self.post("/attestation/result", device.create(&options, change)).await
    }

    pub(super) async fn log_in(&mut self, device: &mut Device, change: &Change) -> Answer {
        let options = self.log_in_options().await;
        self.post("/assertion/result", device.get(&options, change)).await
    }

    /// Without a user name.
    pub(super) async fn log_in_discoverable(&mut self, device: &mut Device, change: &Change) -> Answer {
        let options = self.post("/assertion/options", json!({})).await.body;
        assert_eq!(options["allowCredentials"], json!([]));
        self.post("/assertion/result", device.get(&options, change)).await
    }

    pub(super) async fn log_in_by_password(&mut self) -> Answer {
        self.post("/login/password", json!({ "username": USER, "password": "correct" })).await
    }

    /// Reports that the dialog or the network failed.
    pub(super) async fn report(&mut self, ceremony: &str, phase: &str, error: &str, more: Value) -> Answer {
        let mut body = json!({
            "username": USER, "ceremony": ceremony, "phase": phase, "error": error, "message": "as the client says", "elapsed": 1200,
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/ceremony/failure", body).await
    }
}
