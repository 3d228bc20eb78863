use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::*;
use crate::Proxies;

fn creation(rp_id: &str) -> Value {
    json!({ "challenge": "AAAAAAAAAAAAAAAAAAAAAA", "rp": { "id": rp_id, "name": "x" }, "user": { "id": "AAAA", "name": "m", "displayName": "m" }, "pubKeyCredParams": [] })
}

/// A server that answers by path.
async fn serve(answer: impl Fn(&str) -> Option<(u16, Value)> + Clone + Send + Sync + 'static) -> Target {
    let handle = move |uri: Uri| {
        let found = answer(uri.path());
        async move {
            match found {
                Some((status, body)) => (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response(),
                None => Response::builder().status(404).body("nothing".into()).unwrap(),
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handle)).await });
    Target {
        url: format!("http://localhost:{}", address.port()).parse().unwrap(),
        connect: Some(address),
        certificate_authority: None,
        proxies: Proxies::default(),
    }
}

#[tokio::test]
async fn a_server_is_known_by_its_options_and_its_paths_are_taken_over() {
    let target = serve(|path| (path == "/fido2/attestation/options").then(|| (200, json!({ "publicKey": creation("localhost") })))).await;
    let probed = probe(&target).await.unwrap();
    let taken = probed.taken.unwrap();
    assert_eq!((taken.adapter.as_str(), taken.certain), ("fido-conformance", true));
    assert_eq!(taken.request, "POST /fido2/attestation/options");
    for line in [
        "name = \"localhost\"",
        "rp-id = \"localhost\"",
        "path = \"/fido2/attestation/options\"",
        "options = \"/publicKey\"",
        "path = \"/fido2/assertion/result\"",
    ] {
        assert!(taken.toml.lines().any(|own| own == line), "{line}\n{}", taken.toml);
    }
    assert_eq!(taken.toml.matches("options = \"/publicKey\"").count(), 1, "{}", taken.toml);
    Mapping::parse(&taken.toml, "made.toml").unwrap();
    let first = &probed.asked[0];
    assert_eq!((first.request.as_str(), first.status, &first.met), ("POST /attestation/options", 404, &Met::Nothing));
}

#[tokio::test]
async fn another_rp_id_than_the_urls_host_is_said() {
    let target = serve(|path| (path == "/generate-registration-options").then(|| (200, creation("shop.example")))).await;
    let taken = probe(&target).await.unwrap().taken.unwrap();
    assert_eq!(taken.adapter, "simplewebauthn-example");
    assert!(taken.toml.contains("\norigin = \"https://shop.example\"\nrp-id = \"shop.example\"\n"), "{}", taken.toml);
    assert!(taken.unknown.iter().any(|line| line.starts_with("the origin of the pages: the RP ID is shop.example")), "{:?}", taken.unknown);
}

#[tokio::test]
async fn a_refusal_where_others_are_not_found_is_a_hint() {
    let target = serve(|path| (path == "/webauthn/authenticate/options").then(|| (403, json!({})))).await;
    let probed = probe(&target).await.unwrap();
    let taken = probed.taken.unwrap();
    assert_eq!((taken.adapter.as_str(), taken.certain), ("spring-security", false));
    assert!(
        taken.toml.contains("# not found: whether it is spring-security: POST /webauthn/authenticate/options was refused with 403"),
        "{}",
        taken.toml
    );
}

#[tokio::test]
async fn a_server_that_answers_everything_alike_is_not_recognised_and_not_asked_for_long() {
    let target = serve(|_| Some((200, creation("localhost")))).await;
    let probed = probe(&target).await.unwrap();
    assert!(probed.taken.is_none());
    assert!(probed.asked.len() <= MOST && probed.asked.len() > 10, "{}", probed.asked.len());
    let target = serve(|_| Some((403, json!({})))).await;
    assert!(probe(&target).await.unwrap().taken.is_none(), "403 everywhere hints at nothing");
}

#[tokio::test]
async fn every_shape_that_answers_makes_a_file_that_can_be_read() {
    for shape in shape::all().unwrap() {
        if Mapping::built_in_text(&shape.adapter).is_none() {
            continue;
        }
        for prefix in &shape.prefixes {
            let asked = Asked { adapter: shape.adapter.clone(), request: format!("GET {prefix}/x"), status: 200, met: Met::Hint };
            let target = Target {
                url: "https://shop.example".parse().unwrap(),
                connect: None,
                certificate_authority: None,
                proxies: Proxies::default(),
            };
            let taken = taken(&shape, prefix, &asked, None, &target);
            let untried = taken.unknown.iter().any(|line| line.starts_with("whether the adapter fits: nobody has tried it"));
            assert_eq!(untried, Mapping::built_in_tried(&shape.adapter) == Some(Tried::No), "{}", shape.adapter);
            // Variables of the environment that cargo sets for every test.
            let toml = ["PRIVACYIDEA_ADMINISTRATOR", "PRIVACYIDEA_PASSWORD"]
                .iter()
                .fold(taken.toml, |toml, name| toml.replace(name, "CARGO_PKG_NAME"));
            Mapping::parse(&toml, "made.toml").unwrap_or_else(|error| panic!("{}: {error}\n{toml}", shape.adapter));
        }
    }
}
