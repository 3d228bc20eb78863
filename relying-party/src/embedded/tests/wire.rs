//! On a real socket: headers, broken requests, and the same bytes for the same seed.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::browser::{RelyingParty, USER};
use super::device::{Change, Device};
use crate::Clock;
use crate::embedded::{Embedded, Handling};

pub(super) fn request(path: &str, body: &str, cookie: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: broker.test\r\nConnection: close\r\nCookie: {cookie}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends these bytes, says that there are no more, and reads to the end.
pub(super) async fn exchange(relying_party: &Embedded, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(relying_party.address()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    // A server may reset a connection that ended in the middle of a request; what came before that counts.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

async fn transcript(seed: u64) -> Vec<String> {
    let relying_party = Embedded::start(Handling::Diagnosing, Clock::default(), seed).await.unwrap();
    let mut answers = Vec::new();
    for (path, body) in [
        ("/hooks/account", json!({ "username": USER, "displayName": "Hanako", "password": "correct" })),
        ("/attestation/options", json!({ "username": USER })),
        ("/assertion/options", json!({ "username": USER })),
        ("/assertion/options", json!({})),
        ("/login/password", json!({ "username": USER, "password": "wrong" })),
    ] {
        answers.push(exchange(&relying_party, request(path, &body.to_string(), "").as_bytes()).await);
    }
    answers
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let first = transcript(1).await;
    assert_eq!(first, transcript(1).await);
    let other = transcript(2).await;
    assert_eq!(first[0], other[0]);
    assert_ne!(first[1], other[1]);
    assert_eq!(
        first[0],
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\ncontent-length: 33\r\nconnection: close\r\n\r\n\
         {\"status\":\"ok\",\"errorMessage\":\"\"}"
    );
}

#[tokio::test]
async fn a_body_that_is_cut_in_half_uses_no_challenge() {
    let relying_party = Embedded::start(Handling::Diagnosing, Clock::default(), 7).await.unwrap();
    let options = exchange(&relying_party, request("/attestation/options", &json!({ "username": USER }).to_string(), "").as_bytes()).await;
    let cookie = options.split("set-cookie: ").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let options: serde_json::Value = serde_json::from_str(options.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let body = Device::new(1).create(&options, &Change::default()).to_string();
    let whole = request("/attestation/result", &body, &cookie);
    for cut in [20, whole.len() - body.len() / 2, whole.len() - 1] {
        let answer = exchange(&relying_party, &whole.as_bytes()[..cut]).await;
        assert!(!answer.contains("200 OK") && !answer.starts_with("HTTP/1.1 5"), "{answer}");
    }
    let answer = exchange(&relying_party, whole.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn a_server_that_is_dropped_gives_its_port_back() {
    let relying_party = Embedded::start(Handling::Opaque, Clock::default(), 7).await.unwrap();
    let address = relying_party.address();
    let mut open = TcpStream::connect(address).await.unwrap();
    drop(relying_party);
    let mut rest = Vec::new();
    let _ = open.read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "an open connection ends");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn options_are_never_cached_and_the_cookie_is_for_the_whole_site() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut browser = relying_party.browser();
    let answer = browser.post("/assertion/options", json!({})).await;
    let header = |name: &str| answer.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str());
    assert_eq!(header("cache-control"), Some("no-store"));
    assert!(
        header("set-cookie").unwrap().starts_with("faultkey_session=") && header("set-cookie").unwrap().ends_with("; Path=/; HttpOnly")
    );
    let answer = browser.post("/assertion/options", json!({})).await;
    assert!(answer.headers.iter().all(|(name, _)| name != "set-cookie" && name != "date"), "{:?}", answer.headers);
}
