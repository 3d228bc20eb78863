//! The ways out: password, telephone, registering again, the support desk.

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

use super::browser::{RelyingParty, USER};
use super::device::{Change, Device};

#[tokio::test]
async fn after_another_authentication_a_new_passkey_replaces_the_dead_one() {
    for way in ["password", "phone"] {
        let relying_party = RelyingParty::diagnosing().await;
        let (mut browser, mut dead) = relying_party.registered().await;
        dead.regenerate_key();
        let answer = browser.log_in(&mut dead, &Change::default()).await;
        assert_eq!(answer.code(), "key-mismatch");
        assert_eq!(browser.replacement_options().await.code(), "authentication-needed", "not without proof");

        let answer = browser.post(&format!("/login/{way}"), json!({ "username": USER, "password": "correct" })).await;
        assert_eq!((answer.text("status"), answer.text("rights")), ("ok", "restricted"));
        let options = browser.replacement_options().await.body;
        assert_eq!(options["excludeCredentials"], json!([]), "the old one is not excluded");
        let mut fresh = Device::new(2);
        let answer = browser.post("/attestation/result", fresh.create(&options, &Change::default())).await;
        assert_eq!((answer.status, answer.signals()), (200, vec!["all-accepted-credentials"]), "{}", answer.body);
        let ids = &answer.body["signal"][0]["allAcceptedCredentialIds"];
        assert_eq!(*ids, json!([BASE64URL_NOPAD.encode(&fresh.id)]), "the provider may hide the old one");
        assert_eq!(relying_party.credentials().await.as_array().unwrap().len(), 1, "one passkey per account");

        let mut browser = relying_party.browser();
        assert_eq!(browser.log_in(&mut fresh, &Change::default()).await.text("rights"), "full");
        assert_eq!(relying_party.browser().log_in_discoverable(&mut dead, &Change::default()).await.code(), "unknown-credential");
    }
}

#[tokio::test]
async fn nobody_replaces_a_passkey_with_options_from_before_it_was_there() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut thief = relying_party.browser();
    let options = thief.replacement_options().await;
    assert_eq!(options.status, 200, "there is nothing to replace yet");
    let (mut browser, mut device) = relying_party.registered().await;
    let answer = thief.post("/attestation/result", Device::new(6).create(&options.body, &Change::default())).await;
    assert_eq!(answer.code(), "already-registered");
    assert_eq!(browser.log_in(&mut device, &Change::default()).await.text("rights"), "full");
}

#[tokio::test]
async fn the_support_desk_forgets_the_passkey_and_the_old_one_is_then_unknown() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut old) = relying_party.registered().await;
    let answer = browser.post("/support/reset", json!({ "username": USER })).await;
    assert_eq!(answer.text("status"), "ok");
    assert_eq!(answer.body, browser.post("/support/reset", json!({ "username": "nobody" })).await.body, "I8");
    assert_eq!(relying_party.credentials().await.as_array().unwrap().len(), 1, "a request is not a reset");
    relying_party.browser().post("/hooks/reset", json!({ "username": USER })).await;
    let options = browser.registration_options().await;
    assert_eq!(options["excludeCredentials"], json!([]));
    let answer = browser.log_in_discoverable(&mut old, &Change::default()).await;
    assert_eq!((answer.code(), answer.signals()), ("unknown-credential", vec!["unknown-credential"]));
    let mut fresh = Device::new(2);
    assert_eq!(browser.register(&mut fresh, &Change::default()).await.status, 200);
    assert_eq!(browser.log_in(&mut fresh, &Change::default()).await.text("rights"), "full");
    assert_eq!(relying_party.reasons().await[1..3], ["support-requested", "support-reset"]);
}

#[tokio::test]
async fn only_wrong_passwords_use_up_the_tries() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    for _ in 0..10 {
        browser.log_in(&mut device, &Change { other_key: true, ..Change::default() }).await;
        browser.report("authentication", "dialog", "NotAllowedError", json!({})).await;
    }
    assert_eq!(relying_party.account().await["passwordTriesLeft"], 5, "I5");
    let answers = |username: &'static str| {
        let mut browser = relying_party.browser();
        async move {
            let mut codes = Vec::new();
            for _ in 0..6 {
                let answer = browser.post("/login/password", json!({ "username": username, "password": "wrong" })).await;
                codes.push(answer.code().to_owned());
            }
            codes
        }
    };
    let codes = answers(USER).await;
    assert_eq!(codes[..5], ["wrong-password"; 5]);
    assert_eq!(codes[5], "password-locked");
    assert_eq!(codes, answers("nobody").await, "I8: a name without an account is answered alike");
    assert_eq!(relying_party.account().await["locked"], true);
    assert_eq!(relying_party.browser().log_in_by_password().await.code(), "password-locked");
    assert_eq!(relying_party.browser().log_in(&mut device, &Change::default()).await.text("rights"), "full", "the passkey still works");
    relying_party.browser().post("/hooks/reset", json!({ "username": USER })).await;
    assert_eq!(relying_party.browser().log_in_by_password().await.text("rights"), "restricted");
}

#[tokio::test]
async fn a_fresh_account_forgets_the_old_one() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    let options = browser.log_in_options().await;
    let body = device.get(&options, &Change::default());
    browser.post("/assertion/result", body.clone()).await;
    relying_party.browser().post("/hooks/account", json!({ "username": USER, "displayName": "H", "password": "new" })).await;
    assert_eq!(browser.rights().await, "none");
    assert_eq!(relying_party.credentials().await, json!([]));
    assert!(relying_party.reasons().await.is_empty());
    let answer = browser.post("/assertion/result", body).await;
    assert_eq!((answer.code(), browser.rights().await.as_str()), ("challenge-mismatch", "none"), "an old answer opens nothing");
}

#[tokio::test]
async fn hooks_say_what_is_wrong() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut browser = relying_party.browser();
    let answer = browser.post("/hooks/reset", json!({ "username": "nobody" })).await;
    assert_eq!((answer.status, answer.text("error")), (400, "there is no account \"nobody\"; create it with POST /hooks/account"));
    assert_eq!(browser.post("/hooks/account", json!({ "username": "x" })).await.text("error"), "member password is missing");
    let answer = browser.post("/hooks/delete-credential", json!({ "username": USER, "credentialId": "AAAA" })).await;
    assert_eq!(answer.text("error"), "account \"hanako\" has no passkey with this credentialId");
    assert_eq!(browser.post("/hooks/delete-credential", json!({ "username": USER })).await.status, 200);
    assert_eq!(browser.get("/hooks/log").await.text("error"), "say whose: ?username=…");
    assert_eq!(browser.get("/nowhere").await.status, 404);
    assert_eq!(browser.cookie, None, "hooks open no session");
}
