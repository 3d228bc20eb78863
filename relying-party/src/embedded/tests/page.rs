//! The page for people with browsers: at localhost, which is the RP ID and the only origin.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::wire::{exchange, request};
use crate::Clock;
use crate::embedded::{Embedded, Handling};

async fn get(relying_party: &Embedded, path: &str) -> String {
    exchange(relying_party, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).await
}

#[tokio::test]
async fn the_page_is_served_and_what_it_says_is_logged() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let reader = {
        let lines = Arc::clone(&lines);
        Arc::new(move |username: &str, reason: &str, text: &str| lines.lock().unwrap().push(format!("{username} {reason} {text}")))
    };
    let relying_party = Embedded::with_page(Handling::Diagnosing, Clock::default(), 1, 0, reader).await.unwrap();
    for (path, content_type, part) in [
        ("/", "text/html; charset=utf-8", "<script src=\"/page.js\">"),
        ("/page.js", "text/javascript; charset=utf-8", "navigator.credentials.create"),
        ("/page.css", "text/css; charset=utf-8", "main {"),
    ] {
        let answer = get(&relying_party, path).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains(&format!("content-type: {content_type}\r\n")), "{answer}");
        assert!(answer.contains("content-security-policy: default-src 'none'; ") && answer.contains(part), "{answer}");
    }
    let options =
        exchange(&relying_party, request("/attestation/options", &json!({ "username": "taro" }).to_string(), "").as_bytes()).await;
    assert!(options.contains(r#""id":"localhost""#), "{options}");

    let shown = json!({ "username": "taro", "outcome": "ok" }).to_string();
    assert!(exchange(&relying_party, request("/page/result", &shown, "").as_bytes()).await.starts_with("HTTP/1.1 204 "));
    for wrong in ["no JSON", &json!("long".repeat(5_000)).to_string()] {
        assert!(exchange(&relying_party, request("/page/result", wrong, "").as_bytes()).await.starts_with("HTTP/1.1 400 "));
    }
    let failure = json!({ "username": "taro", "ceremony": "registration", "phase": "dialog", "error": "NotAllowedError", "message": "no" });
    exchange(&relying_party, request("/ceremony/failure", &failure.to_string(), "").as_bytes()).await;
    let lines = lines.lock().unwrap();
    assert_eq!(lines[0], format!("taro page {shown}"));
    assert!(
        lines[1].starts_with("taro passkey-not-usable registration: the client reports NotAllowedError in phase dialog: no"),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn the_page_is_in_the_language_that_the_browser_prefers() {
    let relying_party = Embedded::with_page(Handling::Diagnosing, Clock::default(), 1, 0, Arc::new(|_, _, _| {})).await.unwrap();
    let page = async |language: &str| {
        let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Language: {language}\r\nConnection: close\r\n\r\n");
        exchange(&relying_party, request.as_bytes()).await
    };
    let (english, japanese) = (page("en").await, page("ja").await);
    for (page, tag, text) in [(&english, "en", ">Sign in</button>"), (&japanese, "ja", ">ログイン</button>")] {
        assert!(page.contains(&format!("content-language: {tag}\r\n")) && page.contains(&format!("<html lang=\"{tag}\">")), "{page}");
        assert!(page.contains("vary: accept-language\r\n") && page.contains(text), "{page}");
    }
    // Only texts differ: what the script and the tests of browsers look for is in both.
    let marks = |page: &str| -> Vec<String> {
        page.split([' ', '>']).filter(|piece| piece.starts_with("id=") || piece.starts_with("name=")).map(str::to_owned).collect()
    };
    assert_eq!(marks(&english), marks(&japanese));
    assert!(marks(&english).len() > 10);
}

#[tokio::test]
async fn without_the_page_there_is_none() {
    let relying_party = Embedded::start(Handling::Diagnosing, Clock::default(), 1).await.unwrap();
    assert!(get(&relying_party, "/").await.starts_with("HTTP/1.1 404 "));
}
