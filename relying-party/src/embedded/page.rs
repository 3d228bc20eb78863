//! The relying party's own page: register and log in, by hand or by URL.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use faultkey_fault_injection::{Language, Text};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap};

use super::routes::in_language;
use super::{LogReader, accept_language};

/// What the page says is for the log, and no longer than this.
const LONGEST_RESULT: usize = 16 * 1024;

/// The routes of the page, beside those that it uses.
pub(super) fn add(router: Router, reader: LogReader) -> Router {
    router
        .route("/", get(|headers: HeaderMap| async move { index(accept_language::preferred(&headers)) }))
        .route("/page.css", file("text/css; charset=utf-8", include_str!("page/page.css")))
        .route("/page.js", file("text/javascript; charset=utf-8", include_str!("page/page.js")))
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
        .route("/page/result", post(move |body| result(Arc::clone(&reader), body)))
}

fn file(content_type: &'static str, text: &'static str) -> MethodRouter {
    get(move || async move { served(content_type, text) })
}

fn index(language: Language) -> Response {
    let pages = Text::new(include_str!("page/index.html"), include_str!("page/index.ja.html"));
    in_language(served("text/html; charset=utf-8", pages.get(language)), language)
}

fn served(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ];
    (headers, text).into_response()
}

/// What the page showed, one line for the log.
async fn result(reader: LogReader, body: Bytes) -> Response {
    match serde_json::from_slice::<serde_json::Value>(&body) {
        Ok(shown) if body.len() <= LONGEST_RESULT => {
            let username = shown.get("username").and_then(serde_json::Value::as_str).unwrap_or_default();
            reader(username, "page", &shown.to_string());
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}
