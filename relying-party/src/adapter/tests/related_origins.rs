//! The document of related origins.

use super::*;

async fn fetched(answer: impl Fn() -> Response + Send + Sync + 'static) -> (Result<Vec<u8>, String>, Log) {
    let (address, log) = serve(move |_| answer()).await;
    let mapping = format!("origin = \"https://partner.example\"\nheaders = {{ Authorization = \"Bearer x\" }}\n{}", shop_with(""));
    let Bench { adapter, transcript, .. } = shop(&mapping, address);
    let mut session = adapter.session();
    adapter.authentication_options(&mut session, None, &wish()).await.unwrap();
    let document = adapter.related_origins("shop.example").await.unwrap();
    let last = transcript.entries().into_iter().rev().find_map(|entry| match entry.what {
        What::HttpRequest { path, purpose, .. } => Some((path, purpose)),
        _ => None,
    });
    assert_eq!(last.unwrap(), ("/.well-known/webauthn".to_owned(), RequestPurpose::Look));
    (document, log)
}

#[tokio::test]
async fn the_target_is_asked_under_the_rp_ids_name_by_nobody_in_particular() {
    let (document, log) = fetched(|| with_header(reply(200, json!({"origins": []})), "set-cookie", "s=1")).await;
    assert_eq!(document.unwrap(), br#"{"origins":[]}"#);
    let Saw { request, cookie, headers, .. } = log.last();
    assert_eq!((request.as_str(), cookie), ("GET /.well-known/webauthn", None));
    assert_eq!(headers["host"], "shop.example");
    for absent in ["origin", "referer", "authorization"] {
        assert_eq!(headers.get(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn what_no_client_would_use_is_refused_with_the_reason() {
    let kind = |kind: &'static str| move || ([(header::CONTENT_TYPE, kind)], "{}").into_response();
    assert_eq!(fetched(|| reply(404, json!({}))).await.0.unwrap_err(), "the answer is 404");
    assert_eq!(fetched(|| reply(301, json!({}))).await.0.unwrap_err(), "the answer is 301");
    assert_eq!(fetched(|| reply(204, json!({}))).await.0.unwrap_err(), "the answer is 204");
    assert_eq!(fetched(kind("text/html; charset=utf-8")).await.0.unwrap_err(), "the answer is text/html, expected application/json");
    assert_eq!(fetched(kind("")).await.0.unwrap_err(), "the answer has no Content-Type, expected application/json");
    assert!(fetched(kind("Application/JSON;charset=utf-8")).await.0.is_ok());
}

#[tokio::test]
async fn a_name_that_is_no_header_asks_nobody() {
    let (address, log) = serve(|_| reply(200, json!({}))).await;
    let adapter = shop(&shop_with(""), address).adapter;
    assert!(adapter.related_origins("shop\n.example").await.unwrap().unwrap_err().contains("cannot be asked for"));
    assert!(log.all().is_empty());
}
