//! What only the client saw: explained, or found to have succeeded.

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

use super::browser::RelyingParty;
use super::device::{Change, Device};

#[tokio::test]
async fn each_kind_of_failure_has_its_own_code() {
    let none = json!({});
    let cases = [
        ("authentication", "options", "NetworkError", none.clone(), "interrupted-before-challenge"),
        ("authentication", "dialog", "NotAllowedError", none.clone(), "passkey-not-usable"),
        ("authentication", "dialog", "NotAllowedError", json!({ "platformAuthenticatorAvailable": false }), "no-platform-verification"),
        ("authentication", "dialog", "NotAllowedError", json!({ "elapsed": 59_000 }), "passkey-not-usable"),
        (
            "authentication",
            "dialog",
            "NotAllowedError",
            json!({ "elapsed": 60_000, "platformAuthenticatorAvailable": false }),
            "no-answer-to-log-in",
        ),
        ("registration", "dialog", "NotAllowedError", json!({ "elapsed": 60_000 }), "no-answer-to-registration"),
        ("authentication", "dialog", "NotSupportedError", none.clone(), "device-unsupported"),
        ("registration", "dialog", "CreateCredentialUnsupportedException", none.clone(), "device-unsupported"),
        ("registration", "dialog", "CreateCredentialNoCreateOptionException", none.clone(), "device-unsupported"),
        ("authentication", "dialog", "GetCredentialInterruptedException", none.clone(), "aborted"),
        ("authentication", "dialog", "GetCredentialCancellationException", none.clone(), "passkey-not-usable"),
        ("authentication", "dialog", "AbortError", none.clone(), "aborted"),
        ("authentication", "dialog", "SecurityError", none.clone(), "domain-check-failed"),
        ("authentication", "dialog", "UnknownError", none.clone(), "client-error"),
        ("authentication", "verify", "NetworkError", none.clone(), "interrupted-log-in"),
        ("registration", "verify", "NetworkError", none.clone(), "interrupted-registration"),
        ("registration", "dialog", "InvalidStateError", none, "already-registered"),
    ];
    for (ceremony, phase, error, more, code) in cases {
        let relying_party = RelyingParty::diagnosing().await;
        let answer = relying_party.browser().report(ceremony, phase, error, more).await;
        assert_eq!((answer.status, answer.text("status"), answer.code()), (200, "explained", code), "{error}");
        assert!(answer.ways().len() > 2 && answer.ways().contains(&"retry"), "{}", answer.body);
        assert_eq!(relying_party.last_reason().await, code);
        assert_eq!(relying_party.account().await["locked"], false);
    }
}

#[tokio::test]
async fn a_failed_dialog_ends_the_attempt() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    let options = browser.log_in_options().await;
    browser.report("authentication", "dialog", "NotAllowedError", json!({ "challenge": options["challenge"] })).await;
    let answer = browser.post("/assertion/result", device.get(&options, &Change::default())).await;
    assert_eq!(answer.code(), "challenge-used", "I3");
    let options = browser.log_in_options().await;
    relying_party.browser().report("authentication", "dialog", "NotAllowedError", json!({ "challenge": options["challenge"] })).await;
    let answer = browser.post("/assertion/result", device.get(&options, &Change::default())).await;
    assert_eq!(answer.text("rights"), "full", "another session can't end it");
}

#[tokio::test]
async fn a_log_in_whose_answer_was_lost_is_tried_again_with_a_new_challenge() {
    for named in [true, false] {
        let relying_party = RelyingParty::diagnosing().await;
        let (mut browser, mut device) = relying_party.registered().await;
        let draft = json!({ "draft": "buy 100" }).to_string();
        browser.send(http::Method::PUT, "/session/draft", draft.into()).await;
        let options = browser.log_in_options().await;
        let mut lost = browser.clone();
        lost.post("/assertion/result", device.get(&options, &Change::default())).await;
        assert_eq!(relying_party.account().await["sessions"], 1);
        let report = if named { json!({ "challenge": options["challenge"] }) } else { json!({}) };
        let answer = browser.report("authentication", "verify", "NetworkError", report).await;
        assert_eq!((answer.text("status"), answer.code()), ("explained", "interrupted-log-in"), "{}", answer.body);
        assert_eq!(answer.ways(), ["retry", "password", "phone", "support"]);
        assert_eq!(answer.body["next"][0]["href"], "/assertion/options", "a new challenge, not the same answer again");
        let session = browser.get("/session").await.body;
        assert_eq!((&session["rights"], &session["draft"]), (&json!("none"), &json!("buy 100")));
        assert_eq!(relying_party.account().await["sessions"], 0, "the session that nobody got is over");
        assert_eq!(lost.rights().await, "none");
        assert_eq!(browser.log_in(&mut device, &Change::default()).await.text("rights"), "full");
    }
}

#[tokio::test]
async fn a_log_in_whose_cookie_arrived_is_reconciled_in_its_own_session_only() {
    for named in [true, false] {
        let relying_party = RelyingParty::diagnosing().await;
        let (mut browser, mut device) = relying_party.registered().await;
        let options = browser.log_in_options().await;
        browser.post("/assertion/result", device.get(&options, &Change::default())).await;
        let report = if named { json!({ "challenge": options["challenge"] }) } else { json!({}) };
        let answer = browser.report("authentication", "verify", "NetworkError", report.clone()).await;
        assert_eq!((answer.text("status"), answer.text("rights")), ("reconciled", "full"), "{}", answer.body);
        assert_eq!(browser.rights().await, "full");
        let mut thief = relying_party.browser();
        let answer = thief.report("authentication", "verify", "NetworkError", report).await;
        assert_eq!((answer.text("status"), answer.code()), ("explained", "interrupted-log-in"));
        assert_eq!(thief.rights().await, "none");
    }
}

#[tokio::test]
async fn a_lost_refusal_is_explained_by_its_own_reason() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    browser.log_in(&mut device, &Change { other_key: true, ..Change::default() }).await;
    let answer = browser.report("authentication", "verify", "NetworkError", json!({})).await;
    assert_eq!((answer.text("status"), answer.code()), ("explained", "key-mismatch"));
}

#[tokio::test]
async fn a_log_in_that_never_arrived_may_be_sent_again() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    let options = browser.log_in_options().await;
    let body = device.get(&options, &Change::default());
    let answer = browser.report("authentication", "verify", "NetworkError", json!({ "challenge": options["challenge"] })).await;
    assert_eq!((answer.code(), answer.body["next"][0]["href"].as_str()), ("interrupted-log-in", Some("/assertion/result")));
    assert_eq!(browser.post("/assertion/result", body).await.text("rights"), "full");
}

#[tokio::test]
async fn a_committed_registration_is_reconciled_by_report_and_by_the_devices_refusal() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, device) = relying_party.registered().await;
    let id = BASE64URL_NOPAD.encode(&device.id);
    let answer = browser.report("registration", "verify", "NetworkError", json!({ "credentialId": id })).await;
    assert_eq!((answer.text("status"), answer.code()), ("reconciled", "registration-reconciled"));
    assert_eq!(answer.signals(), ["all-accepted-credentials"]);
    let answer = browser.report("registration", "dialog", "InvalidStateError", json!({})).await;
    assert_eq!((answer.text("status"), answer.code()), ("reconciled", "registration-reconciled"));
    assert_eq!(relying_party.credentials().await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_device_that_is_registered_but_failed_to_log_in_is_not_told_that_all_is_well() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, _) = relying_party.registered().await;
    browser.report("authentication", "dialog", "NotAllowedError", json!({})).await;
    let answer = browser.report("registration", "dialog", "InvalidStateError", json!({})).await;
    assert_eq!((answer.text("status"), answer.code()), ("explained", "already-registered"));
    assert!(answer.ways().contains(&"register-again"));
    let stranger = relying_party.browser().report("registration", "dialog", "InvalidStateError", json!({})).await;
    assert_eq!(stranger.text("status"), "explained", "nor is another session");
}

#[tokio::test]
async fn a_registration_that_never_arrived_is_sent_again_or_disowned() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut browser = relying_party.browser();
    let mut device = Device::new(1);
    let options = browser.registration_options().await;
    let body = device.create(&options, &Change::default());
    let report = json!({ "challenge": options["challenge"], "credentialId": BASE64URL_NOPAD.encode(&device.id) });
    let answer = browser.report("registration", "verify", "NetworkError", report.clone()).await;
    assert_eq!((answer.code(), answer.signals()), ("interrupted-registration", vec![]), "it may still come");
    assert_eq!(answer.body["next"][0]["href"], "/attestation/result");
    assert_eq!(browser.post("/attestation/result", body).await.status, 200);

    relying_party.browser().post("/hooks/reset", json!({ "username": super::browser::USER })).await;
    let options = browser.registration_options().await;
    device.create(&options, &Change::default());
    relying_party.pass(61);
    let report = json!({ "challenge": options["challenge"], "credentialId": BASE64URL_NOPAD.encode(&device.id) });
    let answer = browser.report("registration", "verify", "NetworkError", report).await;
    assert_eq!((answer.code(), answer.signals()), ("interrupted-registration", vec!["unknown-credential"]), "too late");
    assert_eq!(answer.body["next"][0]["href"], "/attestation/options");
}

#[tokio::test]
async fn a_report_must_say_what_happened() {
    let relying_party = RelyingParty::diagnosing().await;
    let answer = relying_party.browser().report("payment", "dialog", "AbortError", json!({})).await;
    assert_eq!((answer.status, answer.code()), (400, "malformed-request"));
    assert!(answer.text("errorMessage").contains("member ceremony is \"payment\", expected one of registration, authentication"));
}
