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

#[tokio::test]
async fn an_app_and_an_rp_id_that_nobody_can_own() {
    // `localhost`, which is no site that could name the app.
    let address = serve(|asked| lenient(&asked)).await;
    let case = Case { mapping: mapping("ios:bundle-id:com.example.shop"), ..Case::localhost(address) };
    let (not, page) = case.fails().await;
    assert_eq!(not.problem.id(), "rp-id-unlike-origin");
    says(&page, &["no registrable domain", "`rp.id` at the registration"]);
}
