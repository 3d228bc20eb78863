//! The headers of a request.

use super::body::Body;
use super::csrf::{self, Send};
use super::provenance::{Origin, origin_of};
use super::request::{Maker, Wanted};
use super::template::{literal, looks_secret};
use super::unknown::Unknown;

/// The name of the capture that goes into `Authorization`.
const AUTHORIZED: &str = "access_token";

impl Maker<'_> {
    /// What a page's script set, or what an API wants; not what every browser sends.
    pub(super) fn headers(&mut self, index: usize) -> Vec<(String, String)> {
        let exchange = self.exchange(index);
        let mut headers = Vec::new();
        for (name, value) in exchange.headers.iter().filter(|(name, _)| !is_idle(name)) {
            let media_type = value.split(';').next().unwrap_or_default().trim();
            let text = match name.as_str() {
                // Pages are for those that ask for pages.
                "accept" if media_type.starts_with("text/html") => Some("text/html".to_owned()),
                "accept" if value.contains("*/*") || media_type == "application/json" => None,
                "content-type" if !matches!(exchange.body, Body::Json(_)) || media_type == "application/json" => None,
                "content-type" => Some(media_type.to_owned()),
                _ if matches!(self.csrf.map(|csrf| &csrf.send), Some(Send::Header(header)) if header == name) => None,
                "authorization" => Some(self.authorization(index, value)),
                _ => match origin_of(self.recording, self.origins, index, name, value) {
                    Origin::Answer { exchange, source, name: given } if is_telling_header(name, value) => {
                        Some(self.capture(index, exchange, source, name, &given))
                    }
                    _ if looks_secret(name, value) && !csrf::is_token_name(name) => Some(self.secret(name)),
                    _ => Some(literal(value)),
                },
            };
            headers.extend(text.map(|text| (name.clone(), text)));
        }
        headers
    }

    fn authorization(&mut self, index: usize, value: &str) -> String {
        let (scheme, token) = value.split_once(' ').unwrap_or(("", value));
        let placeholder = match origin_of(self.recording, self.origins, index, "token", token) {
            Origin::Answer { exchange, source, .. } => {
                // One header for all requests, whichever answer gave the token last.
                self.want(index, Wanted { exchange, source, name: AUTHORIZED.to_owned() });
                format!("{{{AUTHORIZED}}}")
            }
            Origin::Client | Origin::Nowhere => return format!("{scheme} {}", self.secret("authorization")).trim_start().to_owned(),
        };
        format!("{scheme} {placeholder}").trim_start().to_owned()
    }

    /// From the environment.
    pub fn secret(&mut self, name: &str) -> String {
        let variable: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
        let unknown = Unknown::Secret { name: name.to_owned(), variable: variable.clone() };
        if !self.secrets.contains(&unknown) {
            self.secrets.push(unknown);
        }
        format!("{{env:{variable}}}")
    }
}

fn is_telling_header(name: &str, value: &str) -> bool {
    value.len() >= 8 && !name.starts_with("x-requested")
}

/// Headers that every browser sends by itself, or that only monitoring reads.
fn is_idle(name: &str) -> bool {
    const IDLE: [&str; 26] = [
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "content-length",
        "dnt",
        "host",
        "if-modified-since",
        "if-none-match",
        "origin",
        "pragma",
        "priority",
        "referer",
        "te",
        "traceparent",
        "tracestate",
        "upgrade-insecure-requests",
        "user-agent",
        "baggage",
        "sentry-trace",
        "x-request-id",
        "x-correlation-id",
        "newrelic",
        "range",
        "save-data",
        "x-client-data",
    ];
    IDLE.contains(&name) || name.starts_with("sec-") || name.starts_with("x-datadog-") || name.starts_with("x-forwarded-")
}
