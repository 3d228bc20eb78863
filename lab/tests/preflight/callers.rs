//! Who acts for the user where it is no page of the relying party's own site.

use super::*;

fn mapping(origin: &str) -> Mapping {
    let text = include_str!("../../../relying-party/adapters/fido-conformance.toml");
    Mapping::parse(&format!("origin = \"{origin}\"\n{text}"), "shop.toml").unwrap()
}

/// The origin of webauthn-rs#288, and an RP ID that the options name.
#[tokio::test]
async fn an_extension_is_exercised() {
    let origin = "chrome-extension://abcdefghijklmnopabcdefghijklmnop";
    let seen = Arc::new(Mutex::new((Vec::new(), Vec::new())));
    let log = Arc::clone(&seen);
    let address = serve(move |asked| {
        let mut log = log.lock().unwrap();
        log.0.push(asked.headers.get("origin").map(|origin| origin.to_str().unwrap().to_owned()));
        if asked.body.get("response").is_some() {
            log.1.push(asked.client_data("origin"));
        }
        lenient(&asked)
    })
    .await;
    let case = Case { mapping: mapping(origin), ..Case::localhost(address) };
    if let Err(error) = exercise(&case.plan(), &Told::default(), &Stop::never()).await {
        panic!("{error}");
    }
    let (headers, client_data) = seen.lock().unwrap().clone();
    assert!(!client_data.is_empty() && client_data.iter().all(|claimed| claimed == origin), "{client_data:?}");
    assert!(headers.iter().all(|header| header.as_deref() == Some(origin)), "{headers:?}");
}

/// As bitwarden/clients#17955: the RP ID is another site's, whose document may list the origin.
async fn partner(origins: &'static [&'static str]) -> (Case, Arc<Mutex<Vec<axum::http::HeaderMap>>>) {
    let asked_for = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked_for);
    let address = serve(move |asked| match asked.path.as_str() {
        "/.well-known/webauthn" => {
            log.lock().unwrap().push(asked.headers.clone());
            reply(200, json!({ "origins": origins }))
        }
        "/attestation/options" => {
            let mut options = options(&asked);
            options["rp"]["id"] = json!("shop.example");
            reply(200, options)
        }
        "/assertion/options" => {
            let mut options = options(&asked);
            options["rpId"] = json!("shop.example");
            with_header(reply(200, options), "set-cookie", "s=1")
        }
        _ => lenient(&asked),
    })
    .await;
    (Case { mapping: mapping("https://shop-partner.co.jp"), ..Case::localhost(address) }, asked_for)
}

#[tokio::test]
async fn a_related_origin_is_exercised() {
    let (case, asked_for) = partner(&["https://shop.example", "https://shop-partner.co.jp"]).await;
    if let Err(error) = exercise(&case.plan(), &Told::default(), &Stop::never()).await {
        panic!("{error}");
    }
    let asked_for = asked_for.lock().unwrap();
    assert_eq!(asked_for.len(), 1, "once, and then it is known");
    assert_eq!(asked_for[0]["host"], "shop.example");
    assert!(asked_for[0].get("origin").is_none() && asked_for[0].get("cookie").is_none());
}

#[tokio::test]
async fn an_origin_that_is_not_listed_is_told() {
    let (case, asked_for) = partner(&["https://shop.example", "https://www.shop-partner.co.jp"]).await;
    let (not, page) = case.fails().await;
    assert_eq!(
        not.problem,
        Problem::RpIdUnlikeOrigin { origin: "https://shop-partner.co.jp".to_owned(), rp_id: Some("shop.example".to_owned()) }
    );
    says(&page, &["Nor is it a related origin: it is not listed in https://shop.example/.well-known/webauthn"]);
    says(&page, &["nor is it among its related origins"]);
    assert!(!asked_for.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_app_and_an_rp_id_that_nobody_can_own() {
    // `localhost`, which is no site that could name the app.
    let address = serve(|asked| lenient(&asked)).await;
    let case = Case { mapping: mapping("ios:bundle-id:com.example.shop"), ..Case::localhost(address) };
    let (not, page) = case.fails().await;
    assert_eq!(not.problem.id(), "rp-id-unlike-origin");
    says(&page, &["no registrable domain", "`rp.id` at the registration"]);
}
