//! Each failure has its own reason, changes nothing, and leaves a way out.

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::Flags;
use faultkey_fault_injection::Language;
use serde_json::json;

use super::browser::{Answer, RelyingParty, USER};
use super::device::{Change, Device};
use crate::embedded::reason::Reason;

/// Logs in with one thing wrong, and checks the invariants of a refusal (catalogue §0.6).
async fn refused_log_in(change: Change, status: u16, code: &str) -> Answer {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    let before = relying_party.credentials().await;
    let mut browser = {
        browser.cookie = None;
        browser
    };
    let answer = browser.log_in(&mut device, &change).await;
    assert_eq!((answer.status, answer.code()), (status, code), "{change:?}: {}", answer.body);
    assert_eq!(answer.text("status"), "failed");
    assert_eq!(relying_party.last_reason().await, code, "the log says the same");
    assert_eq!(relying_party.credentials().await, before, "I4, I12: nothing changed, nothing deleted");
    assert_eq!(browser.rights().await, "none", "I2: no session");
    let account = relying_party.account().await;
    assert_eq!((&account["locked"], &account["passwordTriesLeft"]), (&json!(false), &json!(5)), "I5");
    for way in answer.body["next"].as_array().unwrap() {
        assert_eq!(browser.get(way["href"].as_str().unwrap()).await.status, 200, "I6: {way} is there");
    }
    assert!(answer.ways().contains(&"password") && answer.ways().contains(&"support"), "I6: {}", answer.body);
    let again = browser.log_in(&mut device, &Change::default()).await;
    assert_eq!(again.text("rights"), "full", "a clean sign-in succeeds after {change:?}: {}", again.body);
    answer
}

#[tokio::test]
async fn client_data_of_another_kind_or_place() {
    refused_log_in(Change { kind: Some("webauthn.create"), ..Change::default() }, 400, "wrong-ceremony-type").await;
    refused_log_in(Change { origin: Some("https://broker.test/"), ..Change::default() }, 403, "origin-mismatch").await;
    refused_log_in(Change { origin: Some("android:apk-key-hash:AAAA"), ..Change::default() }, 403, "origin-mismatch").await;
    refused_log_in(Change { cross_origin: true, ..Change::default() }, 403, "cross-origin").await;
}

#[tokio::test]
async fn authenticator_data_that_does_not_fit() {
    refused_log_in(Change { rp_id: Some("evil.test"), ..Change::default() }, 403, "rp-id-mismatch").await;
    refused_log_in(Change { flip: Flags::UP, ..Change::default() }, 403, "user-presence-missing").await;
    refused_log_in(Change { flip: Flags::UV, ..Change::default() }, 403, "user-verification-missing").await;
    refused_log_in(Change { flip: Flags::BS, ..Change::default() }, 403, "backup-state-invalid").await;
    refused_log_in(Change { trailing: vec![0], ..Change::default() }, 400, "authenticator-data-malformed").await;
    refused_log_in(Change { flip: Flags::ED, ..Change::default() }, 400, "authenticator-data-malformed").await;
    let answer = refused_log_in(Change { flip: Flags::BE, ..Change::default() }, 403, "backup-eligibility-changed").await;
    assert!(answer.ways().contains(&"register-again") && !answer.ways().contains(&"retry"));
}

#[tokio::test]
async fn a_synced_passkey_that_says_it_is_not_backup_eligible() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut browser = relying_party.browser();
    let mut device = Device::new(1).synced();
    assert_eq!(browser.register(&mut device, &Change::default()).await.status, 200);
    let answer = browser.log_in(&mut device, &Change { flip: Flags::BE, ..Change::default() }).await;
    assert_eq!(answer.code(), "backup-eligibility-changed", "BS without BE is invalid too, but this says what happened");
    let answer = browser.log_in(&mut device, &Change { flip: Flags::BS, ..Change::default() }).await;
    assert_eq!(answer.text("rights"), "full", "BS may come and go (catalogue EN-18)");
}

#[tokio::test]
async fn a_user_handle_of_somebody_else() {
    refused_log_in(Change { user_handle: Some(vec![1; 32]), ..Change::default() }, 403, "user-handle-mismatch").await;
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    let without = Change { without_user_handle: true, ..Change::default() };
    assert_eq!(browser.log_in(&mut device, &without).await.text("rights"), "full", "may be absent when the user is named");
    assert_eq!(relying_party.browser().log_in_discoverable(&mut device, &without).await.code(), "user-handle-mismatch");
}

#[tokio::test]
async fn a_signature_that_does_not_verify_is_a_key_mismatch_and_never_signals_unknown() {
    let answer = refused_log_in(Change { other_key: true, ..Change::default() }, 403, "key-mismatch").await;
    assert!(answer.ways().contains(&"register-again"));
    assert!(answer.signals().is_empty(), "{}", answer.body);
    let answer = refused_log_in(Change { garbage_signature: true, ..Change::default() }, 400, "signature-malformed").await;
    assert!(answer.signals().is_empty(), "{}", answer.body);
}

#[tokio::test]
async fn an_unknown_credential_is_signalled() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    relying_party.browser().post("/hooks/delete-credential", json!({ "username": USER })).await;
    let answer = browser.log_in_discoverable(&mut device, &Change::default()).await;
    assert_eq!((answer.status, answer.code()), (404, "unknown-credential"));
    let id = BASE64URL_NOPAD.encode(&device.id);
    assert_eq!(answer.body["signal"], json!([{ "method": "unknown-credential", "rpId": "broker.test", "credentialId": id }]));
    assert_eq!(relying_party.last_reason().await, "unknown-credential", "the log is found by the user handle");
    let answer = browser.log_in(&mut device, &Change::default()).await;
    assert_eq!(answer.code(), "unknown-credential", "also when the user is named, and a decoy was listed");
}

#[tokio::test]
async fn a_passkey_of_another_account_is_neither_accepted_nor_signalled() {
    let relying_party = RelyingParty::diagnosing().await;
    let (_, _) = relying_party.registered().await;
    let mut taro = relying_party.browser();
    let mut other = Device::new(2);
    let options = taro.post("/attestation/options", json!({ "username": "taro" })).await.body;
    assert_eq!(taro.post("/attestation/result", other.create(&options, &Change::default())).await.status, 200);
    let answer = taro.log_in(&mut other, &Change::default()).await;
    assert_eq!((answer.code(), answer.signals()), ("credential-not-allowed", vec![]));
    let answer = taro.post("/attestation/options", json!({ "username": "third" })).await.body;
    let answer = taro.post("/attestation/result", other.create(&answer, &Change::default())).await;
    assert_eq!((answer.status, answer.code(), answer.signals()), (409, "credential-id-taken", vec![]));
}

#[tokio::test]
async fn challenges_of_another_time_session_or_ceremony() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;

    let options = browser.log_in_options().await;
    let late = device.get(&options, &Change::default());
    relying_party.pass(61);
    let answer = browser.post("/assertion/result", late).await;
    assert_eq!((answer.code(), answer.ways()[0]), ("challenge-expired", "retry"));
    assert_eq!(answer.body["next"][0]["href"], "/assertion/options");

    let mut other = relying_party.browser();
    let theirs = other.log_in_options().await;
    let mine = browser.log_in_options().await;
    let change = Change { challenge: Some(theirs["challenge"].as_str().unwrap().into()), ..Change::default() };
    let answer = browser.post("/assertion/result", device.get(&mine, &change)).await;
    assert_eq!(answer.code(), "challenge-mismatch");
    let answer = browser.post("/assertion/result", device.get(&mine, &Change::default())).await;
    assert_eq!(answer.code(), "challenge-used", "I3: the challenge died with the attempt");
    let answer = other.post("/assertion/result", device.get(&theirs, &Change::default())).await;
    assert_eq!(answer.text("rights"), "full", "the other session's attempt is not harmed");

    let registration = relying_party.browser().registration_options().await;
    let change = Change { challenge: Some(registration["challenge"].as_str().unwrap().into()), ..Change::default() };
    assert_eq!(browser.log_in(&mut device, &change).await.code(), "challenge-mismatch");
    let registration = browser.registration_options().await;
    let change = Change { challenge: Some(registration["challenge"].as_str().unwrap().into()), ..Change::default() };
    assert_eq!(browser.log_in(&mut device, &change).await.code(), "challenge-mismatch");
    let change = Change { challenge: Some("AAAA".into()), ..Change::default() };
    assert_eq!(browser.log_in(&mut device, &change).await.code(), "challenge-mismatch");
}

#[tokio::test]
async fn a_counter_that_went_back_raises_the_risk_and_locks_nobody_out() {
    for count in [3, 5] {
        let relying_party = RelyingParty::diagnosing().await;
        let (mut browser, mut device) = relying_party.registered().await;
        browser.log_in(&mut device, &Change { sign_count: Some(5), ..Change::default() }).await;
        let mut browser = relying_party.browser();
        let answer = browser.log_in(&mut device, &Change { sign_count: Some(count), ..Change::default() }).await;
        assert_eq!((answer.status, answer.text("status"), answer.code()), (200, "ok", "sign-count-went-back"), "{}", answer.body);
        assert_eq!((&answer.body["risk"], answer.text("rights")), (&json!(true), "restricted"));
        assert_eq!(answer.ways(), ["password", "phone", "support"]);
        assert_eq!(relying_party.last_reason().await, "sign-count-went-back");
        assert_eq!(relying_party.credentials().await[0]["signCount"], 5, "the stored counter stays");
        assert_eq!(browser.replacement_options().await.code(), "authentication-needed");
        assert_eq!(browser.log_in_by_password().await.text("rights"), "full", "the step-up");
        let answer = relying_party.browser().log_in(&mut device, &Change { sign_count: Some(6), ..Change::default() }).await;
        assert_eq!(answer.text("rights"), "full");
    }
}

#[tokio::test]
async fn a_refused_registration_says_why_and_disowns_the_orphan() {
    let cases = [
        (Change { kind: Some("webauthn.get"), ..Change::default() }, "wrong-ceremony-type"),
        (Change { origin: Some("https://www.broker.test"), ..Change::default() }, "origin-mismatch"),
        (Change { rp_id: Some("evil.test"), ..Change::default() }, "rp-id-mismatch"),
        (Change { flip: Flags::UP, ..Change::default() }, "user-presence-missing"),
        (Change { flip: Flags::UV, ..Change::default() }, "user-verification-missing"),
        (Change { flip: Flags::BS, ..Change::default() }, "backup-state-invalid"),
        (Change { trailing: vec![1], ..Change::default() }, "authenticator-data-malformed"),
        (Change { flip: Flags::AT, ..Change::default() }, "authenticator-data-malformed"),
    ];
    for (change, code) in cases {
        let relying_party = RelyingParty::diagnosing().await;
        let mut browser = relying_party.browser();
        let answer = browser.register(&mut Device::new(1), &change).await;
        assert_eq!((answer.code(), answer.signals()), (code, vec!["unknown-credential"]), "{change:?}: {}", answer.body);
        assert_eq!(answer.body["next"][0], json!({ "action": "retry", "href": "/attestation/options", "label": "Try again" }));
        assert_eq!(relying_party.credentials().await, json!([]));
        assert_eq!(relying_party.last_reason().await, code);
    }
}

#[tokio::test]
async fn a_request_that_is_not_understood_names_the_member_and_uses_no_challenge() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    let options = browser.log_in_options().await;
    let good = device.get(&options, &Change::default());
    let mut cases = Vec::new();
    for (pointer, what) in [
        ("/id", "member id is missing"),
        ("/type", "member type is missing"),
        ("/response/signature", "member response.signature is missing"),
        ("/response/clientDataJSON", "member response.clientDataJSON is missing"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = json!(null);
        cases.push((bad, what));
    }
    let mut bad = good.clone();
    bad["rawId"] = "++//".into();
    cases.push((bad, "member rawId is not base64url without padding: invalid symbol at 0"));
    let mut bad = good.clone();
    bad["rawId"] = "AAAA".into();
    cases.push((bad, "members id and rawId name different credentials"));
    let mut bad = good.clone();
    bad["response"]["clientDataJSON"] = BASE64URL_NOPAD.encode(b"{}").into();
    cases.push((bad, "response.clientDataJSON has no member type"));
    for (bad, what) in cases {
        let answer = browser.post("/assertion/result", bad).await;
        assert_eq!((answer.status, answer.code()), (400, "malformed-request"));
        assert!(answer.text("errorMessage").ends_with(&format!("({what})")), "{}", answer.body);
        assert_eq!(relying_party.last_reason().await, "malformed-request");
    }
    for body in ["", "{", "[]", "\u{7f}"] {
        let answer = browser.send(http::Method::POST, "/attestation/result", body.into()).await;
        assert_eq!((answer.status, answer.code()), (400, "malformed-request"), "{body:?}");
        assert_eq!(answer.body["next"][0]["href"], "/attestation/options");
    }
    let answer =
        browser.post("/attestation/options", json!({ "username": USER, "authenticatorSelection": { "residentKey": "maybe" } })).await;
    assert!(answer.text("errorMessage").contains("authenticatorSelection.residentKey"), "{}", answer.body);
    let answer = browser.post("/assertion/result", good).await;
    assert_eq!(answer.text("rights"), "full", "the challenge is still there: {}", answer.body);
}

#[test]
fn every_reason_has_a_code_of_its_own_and_a_way_out() {
    let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    let texts = |language| Reason::ALL.iter().map(|reason| reason.shown(language)).collect::<Vec<_>>();
    let [mut english, mut japanese] = Language::ALL.map(texts);
    for list in [&mut codes, &mut english, &mut japanese] {
        list.sort_unstable();
        list.dedup();
        assert_eq!(list.len(), Reason::ALL.len());
    }
    assert!(Reason::ALL.iter().all(|reason| (400..500).contains(&reason.status()) && reason.ways().len() > 2));
}
