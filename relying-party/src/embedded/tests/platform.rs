//! The real client in front of the real authenticator: what every relying party must accept.

use std::time::Duration;

use faultkey_authenticator::config::BuiltInVerification;
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, Config, random};
use faultkey_client::{Call, Client, ClientConfig, DomExceptionName, Platform, ScriptedUser, Specified};
use faultkey_transport::{InProcess, Transcript};
use serde_json::{Value, json};

use super::browser::{Answer, Browser, RelyingParty, USER};
use crate::Clock;
use crate::embedded::Handling;

/// Someone at a browser with a key.
struct Person {
    client: Client<InProcess<Authenticator>, ScriptedUser, Specified>,
    clock: Clock,
}

impl Person {
    fn new(config: Config, clock: Clock) -> Self {
        let authenticator = Authenticator::new(config, Box::new(MemoryStore::default()), random::stream(7, "keys"));
        let transport = InProcess::new(authenticator, Transcript::default());
        let user = ScriptedUser::approving(Duration::from_secs(2));
        let client = Client::new(ClientConfig::default(), transport, user, Specified, Transcript::default());
        Self { client, clock }
    }

    fn call(&self) -> Call {
        Call::new(self.clock.now(), "https://broker.test")
    }

    fn create(&mut self, options: &Value) -> Result<Value, DomExceptionName> {
        let finished = self.client.create(&self.call(), options);
        self.clock.advance_to(finished.at);
        finished.result.map_err(|exception| exception.name)
    }

    fn get(&mut self, options: &Value) -> Result<Value, DomExceptionName> {
        let finished = self.client.get(&self.call(), options);
        self.clock.advance_to(finished.at);
        finished.result.map_err(|exception| exception.name)
    }

    async fn register(&mut self, browser: &mut Browser, selection: &Value, attestation: &str) -> Answer {
        let wish = json!({ "username": USER, "displayName": "Hanako", "attestation": attestation, "authenticatorSelection": selection });
        let options = browser.post("/attestation/options", wish).await.body;
        let credential = self.create(&options).unwrap();
        browser.post("/attestation/result", credential).await
    }

    async fn log_in(&mut self, browser: &mut Browser, wish: Value) -> Answer {
        let options = browser.post("/assertion/options", wish).await.body;
        let credential = self.get(&options).unwrap();
        browser.post("/assertion/result", credential).await
    }
}

#[tokio::test]
async fn a_clean_registration_and_log_in_is_accepted_whatever_the_options() {
    for handling in [Handling::Opaque, Handling::Diagnosing] {
        for (resident_key, discoverable) in [("required", true), ("preferred", true), ("discouraged", false)] {
            for user_verification in ["required", "preferred", "discouraged"] {
                for attestation in ["none", "direct"] {
                    let what = format!("{handling:?}, {resident_key}, {user_verification}, {attestation}");
                    let relying_party = RelyingParty::start(handling, 7).await;
                    let mut person = Person::new(Config::default(), relying_party.clock.clone());
                    let mut browser = relying_party.browser();
                    let selection = json!({ "residentKey": resident_key, "userVerification": user_verification });
                    let answer = person.register(&mut browser, &selection, attestation).await;
                    assert_eq!(answer.status, 200, "{what}: {}", answer.body);
                    let wish = json!({ "username": USER, "userVerification": user_verification });
                    let answer = person.log_in(&mut browser, wish).await;
                    assert_eq!(answer.text("rights"), "full", "{what}: {}", answer.body);
                    if discoverable {
                        let mut browser = relying_party.browser();
                        let answer = person.log_in(&mut browser, json!({ "userVerification": user_verification })).await;
                        assert_eq!(answer.text("rights"), "full", "{what}, without a name: {}", answer.body);
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_key_without_verification_is_accepted_where_the_options_do_not_require_it() {
    let relying_party = RelyingParty::diagnosing().await;
    let config = Config { verification: BuiltInVerification::Absent, ..Config::default() };
    let mut person = Person::new(config, relying_party.clock.clone());
    let mut browser = relying_party.browser();
    let answer = person.register(&mut browser, &json!({ "userVerification": "discouraged" }), "none").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    for user_verification in ["preferred", "discouraged"] {
        let wish = json!({ "username": USER, "userVerification": user_verification });
        assert_eq!(person.log_in(&mut browser, wish).await.text("rights"), "full");
    }
}

#[tokio::test]
async fn a_slow_finger_gets_a_new_challenge() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut person = Person::new(Config::default(), relying_party.clock.clone());
    let mut browser = relying_party.browser();
    person.register(&mut browser, &json!({}), "none").await;
    let options = browser.log_in_options().await;
    let credential = person.get(&options).unwrap();
    relying_party.pass(60);
    let answer = browser.post("/assertion/result", credential).await;
    assert_eq!((answer.code(), answer.ways()[0]), ("challenge-expired", "retry"));
    assert_eq!(person.log_in(&mut browser, json!({ "username": USER })).await.text("rights"), "full");
}

#[tokio::test]
async fn a_key_that_is_registered_already_refuses_and_the_broker_says_what_that_means() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut person = Person::new(Config::default(), relying_party.clock.clone());
    let mut browser = relying_party.browser();
    person.register(&mut browser, &json!({}), "none").await;
    let options = browser.registration_options().await;
    let error = person.create(&options).unwrap_err();
    assert_eq!(error, DomExceptionName::InvalidStateError);
    let answer = browser.report("registration", "dialog", &error.to_string(), json!({ "challenge": options["challenge"] })).await;
    assert_eq!((answer.text("status"), answer.code()), ("reconciled", "registration-reconciled"));

    browser.log_in_by_password().await;
    let options = browser.replacement_options().await.body;
    let credential = person.create(&options).unwrap();
    assert_eq!(browser.post("/attestation/result", credential).await.status, 200);
    assert_eq!(person.log_in(&mut browser, json!({ "username": USER })).await.text("rights"), "full");
    assert_eq!(relying_party.credentials().await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_name_without_a_passkey_ends_on_the_device_and_leaves_the_ways_out() {
    let relying_party = RelyingParty::diagnosing().await;
    let mut person = Person::new(Config::default(), relying_party.clock.clone());
    let mut browser = relying_party.browser();
    let options = browser.log_in_options().await;
    let error = person.get(&options).unwrap_err();
    assert_eq!(error, DomExceptionName::NotAllowedError);
    let answer = browser.report("authentication", "dialog", &error.to_string(), json!({ "challenge": options["challenge"] })).await;
    assert_eq!(answer.code(), "passkey-not-usable");
    assert_eq!(answer.ways(), ["retry", "password", "phone", "register-again", "support"]);
}
