//! A bare refusal: what else is tried, and what the first success names.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use faultkey_lab::exercise::{NameForm, Probe, Tried};

/// Refuses registrations that `takes` does not like.
async fn choosy(takes: impl Fn(&Asked) -> bool + Send + Sync + 'static) -> SocketAddr {
    answering(VERIFY, move |asked| if takes(asked) { lenient(asked) } else { refusal(400) }).await
}

#[tokio::test]
async fn another_origin() {
    let address = choosy(|asked| asked.client_data("origin") == "https://localhost").await;
    let (not, page) = Case::localhost(address).fails().await;
    let claimed = format!("http://localhost:{}", address.port());
    assert_eq!(not.problem, Problem::OriginUnlike { claimed: claimed.clone(), accepted: "https://localhost".to_owned() });
    says(&page, &[&format!("refuses {claimed}, and accepts https://localhost"), "origin = \"https://localhost\"", "my-rp.toml"]);

    // The adapter file's origin is wrong, and the URL's own is right.
    let address = choosy(|asked| asked.client_data("origin").starts_with("http://localhost:")).await;
    let mut case = Case::localhost(address);
    case.mapping.origin = Some("https://localhost".to_owned());
    let (not, page) = case.fails().await;
    let accepted = format!("http://localhost:{}", address.port());
    assert_eq!(not.problem, Problem::OriginUnlike { claimed: "https://localhost".to_owned(), accepted: accepted.clone() });
    says(&page, &[&format!("origin = \"{accepted}\"")]);
}

#[tokio::test]
async fn another_origin_where_a_check_before_forbids_the_request() {
    let address = serve(|asked| match asked.headers.get("origin").and_then(|origin| origin.to_str().ok()) {
        Some("https://www.localhost") => refusal(403),
        _ => lenient(&asked),
    })
    .await;
    let mut case = Case::localhost(address);
    case.mapping.origin = Some("https://www.localhost".to_owned());
    assert_eq!(case.fails().await.0.problem.id(), "origin-unlike");
}

#[tokio::test]
async fn another_account_name() {
    for (takes, form, words) in [(false, NameForm::Short, "name = \"fk{n}\""), (true, NameForm::Email, "name = \"{n}@example.com\"")] {
        let address = answering(OPTIONS, move |asked| {
            let name = asked.body["username"].as_str().unwrap();
            if name.contains('@') == takes && name.len() < 30 { lenient(asked) } else { refusal(422) }
        })
        .await;
        let (not, page) = Case::localhost(address).fails().await;
        assert_eq!(not.problem, Problem::AccountNameRefused { refused: "clean-ceremonies-p01-19a8b7c6-1".to_owned(), form });
        says(&page, &["refuses the account name `clean-ceremonies-p01-19a8b7c6-1`", words]);
        let Some(Tried { probe: Probe::Account { username, .. }, accepted: true }) = not.tried.last() else { panic!("{:?}", not.tried) };
        assert!(username.starts_with("fka8b7c6"), "{username}");
    }
}

#[tokio::test]
async fn a_refusal_with_200_is_a_refusal() {
    let address = answering(OPTIONS, |asked| {
        let email = asked.body["username"].as_str().unwrap().contains('@');
        if email { lenient(asked) } else { reply(200, json!({ "status": "failed", "errorMessage": "bad name" })) }
    })
    .await;
    assert_eq!(Case::localhost(address).fails().await.0.problem.id(), "account-name-refused");
}

#[tokio::test]
async fn attestation() {
    let address = choosy(|asked| asked.format() != "none").await;
    let (not, page) = Case::localhost(address).fails().await;
    assert_eq!(not.problem, Problem::AttestationWanted { accepted: "yubikey-5" });
    says(&page, &["accepts only devices that attest", "--profile yubikey-5", "attestation = \"direct\""]);

    // It asks for attestation, and trusts no root of faultkey's.
    let asking = |takes: fn(&Asked) -> bool| async move {
        serve(move |asked| {
            let mut options = options(&asked);
            match asked.path.as_str() {
                OPTIONS => {
                    options["attestation"] = json!("direct");
                    reply(200, options)
                }
                VERIFY if !takes(&asked) => refusal(400),
                _ => lenient(&asked),
            }
        })
        .await
    };
    let address = asking(|asked| asked.format() == "none").await;
    let (not, page) = Case { profile: Some("yubikey-5"), ..Case::localhost(address) }.fails().await;
    assert_eq!(not.problem, Problem::AttestationNotTrusted { format: Some("packed".to_owned()), accepted: Some("pixel-chrome") });
    says(&page, &["faultkey attestation roots", "--profile pixel-chrome"]);

    let address = asking(|_| false).await;
    let (not, page) = Case::localhost(address).fails().await;
    assert_eq!(not.problem, Problem::AttestationNotTrusted { format: Some("none".to_owned()), accepted: None });
    says(&page, &["one whose root or AAGUID it does not know", "--profile yubikey-5"]);
}

#[tokio::test]
async fn another_algorithm() {
    let address = choosy(|asked| asked.body["response"]["publicKeyAlgorithm"] == -257).await;
    let (not, page) = Case::localhost(address).fails().await;
    assert_eq!(not.problem, Problem::AlgorithmRefused { refused: Some(-7), accepted: -257, profile: None });
    says(&page, &["offers ES256 (-7) and refuses it; it accepts RS256 (-257)"]);
}

#[tokio::test]
async fn what_nothing_explains_is_tried_six_times_more_at_most() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let names = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&names);
    let address = serve(move |asked| {
        if asked.is(OPTIONS) {
            seen.lock().unwrap().push(asked.body["username"].to_string());
        }
        if asked.is(VERIFY) {
            counter.fetch_add(1, Ordering::SeqCst);
            return refusal(422);
        }
        lenient(&asked)
    })
    .await;
    let (not, page) = Case::localhost(address).fails().await;
    assert_eq!(not.problem, Problem::Refused { status: 422 });
    assert!(asked.load(Ordering::SeqCst) <= 7);
    assert_eq!(not.tried.len() + 1, asked.load(Ordering::SeqCst));
    let mut names = names.lock().unwrap().clone();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "each on a new account");
    says(&page, &["and each of the other attempts, too", "With the origin https://localhost it is not accepted."]);
}
