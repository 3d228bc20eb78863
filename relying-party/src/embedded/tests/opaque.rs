//! The story's relying party: one code for everything, and nothing wrong accepted.

use faultkey_authenticator::Flags;
use serde_json::json;

use super::browser::{Answer, RelyingParty, USER};
use super::device::{Change, Device};

fn is_opaque(answer: &Answer) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(answer.body, json!({ "status": "failed", "errorMessage": "M0902 パスキー認証エラー", "code": "M0902" }));
}

#[tokio::test]
async fn every_failure_is_the_same() {
    let relying_party = RelyingParty::opaque().await;
    let (_, mut device) = relying_party.registered().await;
    let before = relying_party.credentials().await;
    let changes = [
        Change { kind: Some("webauthn.create"), ..Change::default() },
        Change { origin: Some("https://evil.test"), ..Change::default() },
        Change { challenge: Some("AAAA".into()), ..Change::default() },
        Change { rp_id: Some("evil.test"), ..Change::default() },
        Change { flip: Flags::UV, ..Change::default() },
        Change { flip: Flags::BE, ..Change::default() },
        Change { user_handle: Some(vec![1]), ..Change::default() },
        Change { other_key: true, ..Change::default() },
        Change { garbage_signature: true, ..Change::default() },
    ];
    for change in changes {
        let mut browser = relying_party.browser();
        is_opaque(&browser.log_in(&mut device, &change).await);
        assert_eq!(browser.rights().await, "none");
        assert_eq!(relying_party.credentials().await, before);
        assert_eq!(relying_party.last_reason().await, "M0902");
    }
    let mut browser = relying_party.browser();
    let options = browser.log_in_options().await;
    relying_party.pass(61);
    is_opaque(&browser.post("/assertion/result", device.get(&options, &Change::default())).await);
    is_opaque(&browser.log_in_discoverable(&mut Device::new(5), &Change { user_handle: Some(vec![]), ..Change::default() }).await);
    is_opaque(&browser.post("/assertion/result", json!({ "id": 1 })).await);
    is_opaque(&browser.post("/login/password", json!({ "username": USER, "password": "wrong" })).await);
    is_opaque(&browser.report("authentication", "dialog", "NotAllowedError", json!({})).await);
    is_opaque(&browser.report("registration", "verify", "NetworkError", json!({})).await);
}

#[tokio::test]
async fn a_counter_that_went_back_is_refused_for_ever() {
    let relying_party = RelyingParty::opaque().await;
    let (mut browser, mut device) = relying_party.registered().await;
    browser.log_in(&mut device, &Change { sign_count: Some(5), ..Change::default() }).await;
    let mut browser = relying_party.browser();
    is_opaque(&browser.log_in(&mut device, &Change { sign_count: Some(3), ..Change::default() }).await);
    assert_eq!(relying_party.credentials().await[0]["signCount"], 5);
    assert_eq!(browser.rights().await, "none");
}

#[tokio::test]
async fn a_lost_answer_is_lost() {
    let relying_party = RelyingParty::opaque().await;
    let (mut browser, mut device) = relying_party.registered().await;
    let options = browser.log_in_options().await;
    let body = device.get(&options, &Change::default());
    let first = browser.post("/assertion/result", body.clone()).await;
    assert_eq!(first.body, json!({ "status": "ok", "errorMessage": "", "rights": "full" }), "no signals either");
    is_opaque(&browser.post("/assertion/result", body).await);
    is_opaque(&browser.report("authentication", "verify", "NetworkError", json!({ "challenge": options["challenge"] })).await);
}

#[tokio::test]
async fn only_the_support_desk_helps() {
    let relying_party = RelyingParty::opaque().await;
    let (mut browser, mut dead) = relying_party.registered().await;
    dead.regenerate_key();
    is_opaque(&browser.log_in(&mut dead, &Change::default()).await);
    is_opaque(&browser.post("/attestation/options", json!({ "username": USER })).await);
    assert_eq!(browser.log_in_by_password().await.text("rights"), "restricted", "trading stays closed");
    is_opaque(&browser.replacement_options().await);
    assert_eq!(browser.post("/support/reset", json!({ "username": USER })).await.text("status"), "ok");
    relying_party.browser().post("/hooks/reset", json!({ "username": USER })).await;
    let mut fresh = Device::new(2);
    assert_eq!(browser.register(&mut fresh, &Change::default()).await.status, 200);
    assert_eq!(browser.log_in(&mut fresh, &Change::default()).await.text("rights"), "full");
}
