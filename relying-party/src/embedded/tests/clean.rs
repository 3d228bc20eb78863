//! Registration and log-in when nothing is wrong.

use serde_json::{Value, json};

use super::browser::{RelyingParty, USER};
use super::device::{Change, Device};
use crate::embedded::Handling;

async fn registers_and_logs_in(handling: Handling, resident_key: &str, user_verification: &str, verifies: bool) {
    let what = format!("{handling:?}, residentKey {resident_key}, userVerification {user_verification}, verifies {verifies}");
    let relying_party = RelyingParty::start(handling, 7).await;
    let mut browser = relying_party.browser();
    let mut device = if verifies { Device::new(1) } else { Device::new(1).without_verification() };
    let selection =
        json!({ "residentKey": resident_key, "requireResidentKey": resident_key == "required", "userVerification": user_verification });
    let wish = json!({ "username": USER, "displayName": "Hanako", "attestation": "none", "authenticatorSelection": selection });
    let options = browser.post("/attestation/options", wish).await.body;
    assert_eq!(options["status"], "ok", "{what}: {options}");
    assert_eq!(options["authenticatorSelection"], selection, "{what}");
    let answer = browser.post("/attestation/result", device.create(&options, &Change::default())).await;
    assert_eq!((answer.status, answer.text("status")), (200, "ok"), "{what}: {}", answer.body);
    assert_eq!(browser.rights().await, "none", "registering is not logging in");

    for named in [true, false] {
        let mut browser = relying_party.browser();
        let wish = if named {
            json!({ "username": USER, "userVerification": user_verification })
        } else {
            json!({ "userVerification": user_verification })
        };
        let options = browser.post("/assertion/options", wish).await.body;
        assert_eq!(options["userVerification"], user_verification, "{what}");
        assert_eq!(options["allowCredentials"].as_array().unwrap().len(), usize::from(named), "{what}");
        let answer = browser.post("/assertion/result", device.get(&options, &Change::default())).await;
        assert_eq!((answer.status, answer.text("rights")), (200, "full"), "{what}, named {named}: {}", answer.body);
        assert_eq!(browser.rights().await, "full", "{what}");
        assert_eq!(relying_party.credentials().await[0]["signCount"], if named { 1 } else { 2 }, "{what}");
    }
    assert_eq!(relying_party.reasons().await, ["ok", "ok", "ok"], "{what}");
}

#[tokio::test]
async fn every_combination_of_options_registers_and_logs_in() {
    for handling in [Handling::Opaque, Handling::Diagnosing] {
        for resident_key in ["required", "preferred", "discouraged"] {
            for user_verification in ["required", "preferred", "discouraged"] {
                registers_and_logs_in(handling, resident_key, user_verification, true).await;
            }
            registers_and_logs_in(handling, resident_key, "preferred", false).await;
            registers_and_logs_in(handling, resident_key, "discouraged", false).await;
        }
    }
}

#[tokio::test]
async fn a_passkey_registered_with_verification_may_log_in_without_when_the_options_allow_it() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, device) = relying_party.registered().await;
    let mut device = device.without_verification();
    for user_verification in ["preferred", "discouraged"] {
        let wish = json!({ "username": USER, "userVerification": user_verification });
        let options = browser.post("/assertion/options", wish).await.body;
        let answer = browser.post("/assertion/result", device.get(&options, &Change::default())).await;
        assert_eq!(answer.text("rights"), "full", "{}", answer.body);
    }
}

#[tokio::test]
async fn packed_self_attestation_is_verified() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut browser = relying_party.browser();
    let wrong = Change { packed: true, packed_wrong: true, ..Change::default() };
    let answer = browser.register(&mut Device::new(1), &wrong).await;
    assert_eq!((answer.status, answer.code()), (403, "attestation-refused"), "{}", answer.body);
    let answer = browser.register(&mut Device::new(1), &Change { packed: true, ..Change::default() }).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_synced_passkey_with_a_counter_of_zero_logs_in_again_and_again() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut browser = relying_party.browser();
    let mut device = Device::new(1).synced();
    let zero = Change { sign_count: Some(0), ..Change::default() };
    assert_eq!(browser.register(&mut device, &zero).await.status, 200);
    for _ in 0..3 {
        assert_eq!(browser.log_in(&mut device, &zero).await.text("rights"), "full");
    }
    assert_eq!(relying_party.credentials().await[0]["backupEligible"], true);
}

#[tokio::test]
async fn a_name_without_a_passkey_gets_options_of_the_same_shape() {
    fn shape(options: &Value) -> Value {
        let mut options = options.clone();
        options["challenge"] = "".into();
        assert!(options["allowCredentials"][0]["id"].is_string());
        options["allowCredentials"][0]["id"] = "".into();
        options
    }
    let relying_party = RelyingParty::diagnosing().await;
    let mut stranger = relying_party.browser();
    let no_passkey = stranger.log_in_options().await;
    let unknown = stranger.post("/assertion/options", json!({ "username": "nobody" })).await.body;
    let again = relying_party.browser().post("/assertion/options", json!({ "username": "nobody" })).await.body;
    assert_eq!(shape(&unknown), shape(&no_passkey));
    assert_eq!(unknown["allowCredentials"], again["allowCredentials"], "the decoy is the same each time");
    assert_ne!(unknown["allowCredentials"], no_passkey["allowCredentials"]);
    relying_party.registered().await;
    let real = stranger.log_in_options().await;
    let members = |options: &Value| options.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&real), members(&unknown));
    assert_eq!(real["allowCredentials"][0].as_object().unwrap().len(), unknown["allowCredentials"][0].as_object().unwrap().len());
}

#[tokio::test]
async fn a_registration_may_make_the_account() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut browser = relying_party.browser();
    let mut device = Device::new(9);
    let options = browser.post("/attestation/options", json!({ "username": "new", "displayName": "New" })).await.body;
    assert_eq!(browser.post("/attestation/result", device.create(&options, &Change::default())).await.status, 200);
    let answer = browser.log_in_discoverable(&mut device, &Change::default()).await;
    assert_eq!(answer.text("rights"), "full");
    assert_eq!(browser.get("/session").await.text("username"), "new");
    let answer = browser.post("/login/password", json!({ "username": "new", "password": "" })).await;
    assert_eq!(answer.status, 400, "an account without a password has no empty one");
}
