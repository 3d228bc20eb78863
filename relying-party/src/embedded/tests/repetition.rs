//! The same request twice: once committed, never done twice, and the lost answer is found again.

use serde_json::{Value, json};

use super::browser::{RelyingParty, USER};
use super::device::{Change, Device};

#[tokio::test]
async fn an_accepted_log_in_that_is_sent_again_opens_nothing_with_any_cookie() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    let options = browser.log_in_options().await;
    let mut old = browser.clone();
    let body = device.get(&options, &Change::default());
    assert_eq!(browser.post("/assertion/result", body.clone()).await.text("rights"), "full");
    let answer = old.post("/assertion/result", body.clone()).await;
    assert_eq!((answer.status, answer.code(), old.rights().await.as_str()), (400, "challenge-used", "none"));
    assert_eq!((answer.ways()[0], answer.body["next"][0]["href"].as_str()), ("retry", Some("/assertion/options")));
    assert_eq!(old.cookie, old.clone().cookie, "no session is made");
    let mut thief = relying_party.browser();
    let answer = thief.post("/assertion/result", body.clone()).await;
    assert_eq!((answer.code(), thief.rights().await.as_str()), ("challenge-mismatch", "none"));
    assert_eq!(browser.post("/assertion/result", body).await.code(), "challenge-mismatch", "nor in the new session");
    assert_eq!(browser.rights().await, "full", "which stays as it is");
    assert_eq!(relying_party.account().await["sessions"], 1);
    assert_eq!(relying_party.credentials().await[0]["signCount"], 1);
}

#[tokio::test]
async fn every_log_in_gets_a_new_cookie_and_the_old_one_is_worth_nothing() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    let mut known = vec![browser.cookie.clone().unwrap()];
    for way in ["/login/password", "/login/phone", "passkey", "passkey"] {
        let mut old = browser.clone();
        let answer = match way {
            "passkey" => browser.log_in(&mut device, &Change::default()).await,
            path => browser.post(path, json!({ "username": USER, "password": "correct" })).await,
        };
        assert_eq!(answer.status, 200, "{way}: {}", answer.body);
        let cookie = browser.cookie.clone().unwrap();
        assert!(!known.contains(&cookie), "{way}");
        known.push(cookie);
        assert_eq!(old.rights().await, "none", "{way}");
        assert_eq!(relying_party.account().await["sessions"], 1, "{way}");
    }
    assert_eq!(browser.rights().await, "full");
    let wrong = browser.log_in(&mut device, &Change { other_key: true, ..Change::default() }).await;
    assert_eq!((wrong.status, browser.cookie.as_ref()), (403, known.last()), "a refusal changes no session");
}

#[tokio::test]
async fn a_refusal_is_answered_again_with_the_same_reason() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    let options = browser.log_in_options().await;
    let body = device.get(&options, &Change { other_key: true, ..Change::default() });
    let first = browser.post("/assertion/result", body.clone()).await;
    let second = browser.post("/assertion/result", body).await;
    assert_eq!((first.code(), &first.body), ("key-mismatch", &second.body));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_deliveries_at_once_one_succeeds_and_the_other_is_told_so() {
    for _ in 0..20 {
        let relying_party = RelyingParty::diagnosing().await;
        let (mut browser, mut device) = relying_party.registered().await;
        let options = browser.log_in_options().await;
        let body = device.get(&options, &Change::default());
        let send =
            |mut browser: super::browser::Browser, body: Value| tokio::spawn(async move { browser.post("/assertion/result", body).await });
        let (one, two) = (send(browser.clone(), body.clone()), send(browser.clone(), body));
        let mut answers = [one.await.unwrap(), two.await.unwrap()];
        answers.sort_by_key(|answer| answer.status);
        assert_eq!(answers[0].text("rights"), "full");
        assert_eq!((answers[1].status, answers[1].code()), (400, "challenge-used"));
        assert!(answers[1].headers.iter().all(|(name, _)| name != "set-cookie"), "it takes no session away");
        assert_eq!(relying_party.account().await["sessions"], 1);
        assert_eq!(relying_party.reasons().await, ["ok", "ok", "challenge-used"]);
    }
}

#[tokio::test]
async fn a_registration_whose_answer_was_lost_is_answered_again_and_there_is_one_row() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut browser = relying_party.browser();
    let mut device = Device::new(1);
    let options = browser.registration_options().await;
    let body = device.create(&options, &Change::default());
    assert_eq!(browser.post("/attestation/result", body.clone()).await.status, 200);
    let before = relying_party.credentials().await;
    let answer = browser.post("/attestation/result", body.clone()).await;
    assert_eq!((answer.status, answer.text("status"), &answer.body["reconciled"]), (200, "ok", &json!(true)));
    assert_eq!(relying_party.credentials().await, before);
    assert_eq!(relying_party.last_reason().await, "registration-reconciled");

    relying_party.browser().post("/hooks/reset", json!({ "username": USER })).await;
    let answer = browser.post("/attestation/result", body).await;
    assert_eq!(answer.code(), "challenge-used", "after a reset it no longer stands");
    assert_eq!(relying_party.credentials().await, json!([]));
}

#[tokio::test]
async fn a_second_passkey_is_excluded_and_refused() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, device) = relying_party.registered().await;
    let options = browser.registration_options().await;
    let excluded = options["excludeCredentials"].as_array().unwrap();
    assert_eq!(excluded.len(), 1);
    assert_eq!(excluded[0]["id"], data_encoding::BASE64URL_NOPAD.encode(&device.id));
    let answer = browser.post("/attestation/result", Device::new(2).create(&options, &Change::default())).await;
    assert_eq!((answer.status, answer.code()), (409, "already-registered"));
    assert_eq!(relying_party.credentials().await.as_array().unwrap().len(), 1, "I10");
}

#[tokio::test]
async fn the_order_form_survives_every_failure() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    let draft = json!({ "draft": "buy 100 NOMU @ 820" }).to_string();
    assert_eq!(browser.send(http::Method::PUT, "/session/draft", draft.into()).await.status, 200);
    browser.log_in(&mut device, &Change { other_key: true, ..Change::default() }).await;
    browser.report("authentication", "dialog", "NotAllowedError", json!({})).await;
    browser.log_in(&mut device, &Change::default()).await;
    let session = browser.get("/session").await.body;
    assert_eq!(session, json!({ "authenticated": true, "username": USER, "rights": "full", "draft": "buy 100 NOMU @ 820" }));
}
