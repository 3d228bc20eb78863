//! Related origins: other sites that may use a relying party's RP ID, listed in its `/.well-known/webauthn` (WebAuthn-3 §5.11).
//!
//! This crate has no network: whoever makes the client gives it the way to the document.

use std::collections::BTreeSet;

use serde_json::Value;
use url::{Host, Url};

use crate::Call;
use crate::origin::Caller;
use crate::public_suffix::registrable_domain;

/// As many registrable origin labels as a client must at least take (WebAuthn-3 §5.11.1 step 3), and no more.
const MAX_LABELS: usize = 5;

/// Fetches a URL, without credentials or referrer: the body of a successful `application/json` answer, or why there is none. What was
/// fetched before is as good.
pub type WellKnown = Box<dyn FnMut(&str) -> Result<Vec<u8>, String> + Send>;

/// Where the document of an RP ID is.
#[must_use]
pub fn url(rp_id: &str) -> String {
    format!("https://{rp_id}/.well-known/webauthn")
}

/// Whether the client asks for the document: the caller may not claim this RP ID by itself, and may be listed.
#[must_use]
pub fn are_asked_for(call: &Call, rp_id: &str) -> bool {
    Caller::of(call).is_ok_and(|caller| caller.rp_id(Some(rp_id), "rpId").is_err() && caller.may_be_related(rp_id))
}

/// Whether the document lists the origin (WebAuthn-3 §5.11.1).
///
/// # Errors
/// What is wrong with the document.
pub fn lists(document: &[u8], origin: &str) -> Result<bool, String> {
    let document: Value = serde_json::from_slice(document).map_err(|error| format!("it is no JSON: {error}"))?;
    let origins = document.get("origins").and_then(Value::as_array).ok_or("it has no list `origins`")?;
    let origins: Option<Vec<&str>> = origins.iter().map(Value::as_str).collect();
    let origins = origins.ok_or("an entry of `origins` is no string")?;
    let caller = Url::parse(origin).map_err(|_| format!("the caller's origin {origin} is no origin"))?.origin();
    let mut seen = BTreeSet::new();
    for entry in origins {
        let Ok(url) = Url::parse(entry) else { continue };
        let Some(label) = label(&url) else { continue };
        if seen.len() >= MAX_LABELS && !seen.contains(&label) {
            continue;
        }
        if url.origin() == caller {
            return Ok(true);
        }
        seen.insert(label);
    }
    Ok(false)
}

/// The registrable origin label: what its owner chose, before the public suffix.
fn label(url: &Url) -> Option<String> {
    let Some(Host::Domain(domain)) = url.host() else { return None };
    let (label, _suffix) = registrable_domain(domain)?.split_once('.')?;
    (!label.is_empty()).then(|| label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn listed(origins: &[&str], caller: &str) -> bool {
        lists(json!({"origins": origins, "other": 1}).to_string().as_bytes(), caller).unwrap()
    }

    #[test]
    fn an_origin_is_related_if_it_is_listed() {
        let origins = ["https://broker.co.jp", "https://app.broker.com:8443/path", "not a url", "data:text/html,x", "https://192.0.2.1"];
        assert!(listed(&origins, "https://broker.co.jp"));
        assert!(listed(&origins, "https://app.broker.com:8443"), "an origin, whatever the path");
        for other in
            ["https://broker.com", "http://broker.co.jp", "https://broker.co.jp:444", "https://www.broker.co.jp", "https://192.0.2.1"]
        {
            assert!(!listed(&origins, other), "{other}");
        }
    }

    #[test]
    fn only_the_first_five_labels_count() {
        let origins = [
            "https://one.com",
            "https://one.co.jp",
            "https://two.com",
            "https://three.com",
            "https://four.com",
            "https://five.com",
            "https://six.com",
            "https://www.one.de",
        ];
        assert!(listed(&origins, "https://one.co.jp") && listed(&origins, "https://five.com"));
        assert!(!listed(&origins, "https://six.com"), "the sixth label");
        assert!(listed(&origins, "https://www.one.de"), "a label that was seen before");
    }

    #[test]
    fn a_document_of_another_shape_is_refused_with_the_reason() {
        let why = |document: &str| lists(document.as_bytes(), "https://a.com").unwrap_err();
        assert!(why("<html>").starts_with("it is no JSON: "));
        assert_eq!(why("[]"), "it has no list `origins`");
        assert_eq!(why(r#"{"origins": "https://a.com"}"#), "it has no list `origins`");
        assert_eq!(why(r#"{"origins": ["https://a.com", 1]}"#), "an entry of `origins` is no string");
    }

    #[test]
    fn the_document_is_asked_for_where_it_may_help() {
        let asked = |origin: &str, rp_id: &str| are_asked_for(&Call::new(faultkey_authenticator::Time::START, origin), rp_id);
        assert!(asked("https://broker.co.jp", "broker.com") && asked("http://localhost:3000", "broker.com"));
        assert!(asked("https://broker.com", "login.broker.com"), "not a parent");
        for (origin, rp_id) in [
            ("https://login.broker.com", "broker.com"),
            ("https://broker.co.jp", "com"),
            ("https://broker.co.jp", "https://broker.com"),
            ("http://broker.co.jp", "broker.com"),
            ("android:apk-key-hash:x", "broker.com"),
            ("chrome-extension://abc", "broker.com"),
        ] {
            assert!(!asked(origin, rp_id), "{origin} {rp_id}");
        }
    }

    #[test]
    fn the_document_is_at_the_rp_id() {
        assert_eq!(url("broker.com"), "https://broker.com/.well-known/webauthn");
    }
}
