//! What stands beside the options: an AbortSignal, conditional mediation, related origins, hints. With the real authenticator.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, Config, Prompt, Time, UserAnswer, random};
use faultkey_client::{
    AbortSignal, Account, Answered, Because, Call, Client, ClientConfig, DomException, DomExceptionName, Mediation, Platform, Specified,
    User,
};
use faultkey_transport::{InProcess, Transcript, What};
use serde_json::{Value as Json, json};

/// Touches after two seconds, and takes the account of this number from the form field.
#[derive(Default)]
struct Person {
    autofill: Option<usize>,
    offered: Vec<Account>,
    agrees: bool,
    /// Aborts while it is asked, as of this moment.
    abort: Option<(AbortSignal, Time)>,
}

impl User for Person {
    fn answer(&mut self, _prompt: &Prompt) -> Answered {
        if let Some((signal, moment)) = &self.abort {
            signal.abort(*moment);
        }
        Answered { answer: UserAnswer::Approve, after: Duration::from_secs(2) }
    }
    fn choose(&mut self, _accounts: &[Account]) -> Option<usize> {
        panic!("no modal list")
    }
    fn autofill(&mut self, accounts: &[Account]) -> Option<usize> {
        self.offered = accounts.to_vec();
        self.autofill
    }
    fn agrees_to_upgrade(&mut self, rp_id: &str) -> bool {
        assert_eq!(rp_id, "broker.test");
        self.agrees
    }
}

type Whole = Client<InProcess<Authenticator>, Person, Specified>;

fn client(config: Config, person: Person) -> (Whole, Transcript) {
    let transcript = Transcript::new();
    let authenticator = Authenticator::new(config, Box::new(MemoryStore::default()), random::stream(7, "keys"));
    let transport = InProcess::new(authenticator, transcript.clone());
    (Client::new(ClientConfig::default(), transport, person, Specified, transcript.clone()), transcript)
}

fn phone() -> Config {
    Config { platform: true, transports: vec!["internal".into()], ..Config::default() }
}

fn at(seconds: u64) -> Time {
    Time::from_millis(seconds * 1_000)
}

fn call(seconds: u64) -> Call {
    Call::new(at(seconds), "https://broker.test")
}

fn conditional(seconds: u64) -> Call {
    Call { mediation: Mediation::Conditional, ..call(seconds) }
}

fn creation(user: u8) -> Json {
    json!({
        "rp": {"name": "Broker"},
        "user": {"id": BASE64URL_NOPAD.encode(&[user]), "name": format!("user {user}"), "displayName": "User"},
        "challenge": "AAEC",
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "authenticatorSelection": {"residentKey": "required"},
    })
}

fn failure(result: Result<Json, DomException>) -> (DomExceptionName, Because) {
    let exception = result.unwrap_err();
    (exception.name, exception.because)
}

const ABORTED: (DomExceptionName, Because) = (DomExceptionName::AbortError, Because::Aborted);
const REQUEST: fn() -> Json = || json!({"challenge": "AAEC"});

#[test]
fn an_abort_while_the_user_is_asked_ends_the_call_and_cancels_the_key() {
    let (mut client, transcript) = client(phone(), Person::default());
    let call = Call { signal: Some(AbortSignal::at(at(11))), ..call(10) };
    let finished = client.create(&call, &creation(1));
    assert_eq!((finished.at, failure(finished.result)), (at(11), ABORTED));
    let what: Vec<_> = transcript.entries().into_iter().map(|entry| (entry.at, entry.what)).collect();
    assert!(what.contains(&(11_000, What::Answer { text: "cancelled by the client".into() })), "{what:?}");
    // CTAP2_ERR_KEEPALIVE_CANCEL, and nothing was made.
    assert!(what.contains(&(11_000, What::CtapReply { bytes: "2d".into() })), "{what:?}");
    assert_eq!(client.transport_mut().steps_mut().store().credentials().unwrap(), []);
    let message = "AbortError: The page aborted the request.";
    assert!(what.contains(&(11_000, What::ClientResult { ceremony: "registration".into(), result: message.into() })), "{what:?}");
}

#[test]
fn an_abort_from_elsewhere_counts_from_the_moment_that_it_names() {
    let signal = AbortSignal::new();
    let person = Person { abort: Some((signal.clone(), at(11))), ..Person::default() };
    let (mut client, _) = client(phone(), person);
    let finished = client.create(&Call { signal: Some(signal), ..call(10) }, &creation(1));
    assert_eq!((finished.at, failure(finished.result)), (at(11), ABORTED));
}

#[test]
fn an_abort_before_the_call_comes_before_everything() {
    let (mut client, _) = client(phone(), Person::default());
    let aborted = Call { signal: Some(AbortSignal::at(at(5))), ..call(10) };
    for result in [client.create(&aborted, &json!("no options")), client.get(&aborted, &REQUEST())] {
        assert_eq!((result.at, failure(result.result)), (at(10), ABORTED));
    }
}

#[test]
fn an_abort_after_the_end_changes_nothing() {
    let (mut client, _) = client(phone(), Person::default());
    let call = Call { signal: Some(AbortSignal::at(at(13))), ..call(10) };
    let finished = client.create(&call, &creation(1));
    assert_eq!((finished.at, finished.result.is_ok()), (at(12), true));
}

#[test]
fn an_abort_comes_before_the_timer_of_a_key_that_gave_up() {
    struct Nobody;
    impl User for Nobody {
        fn answer(&mut self, _prompt: &Prompt) -> Answered {
            Answered { answer: UserAnswer::Never, after: Duration::from_secs(30) }
        }
        fn choose(&mut self, _accounts: &[Account]) -> Option<usize> {
            None
        }
    }
    let authenticator = Authenticator::new(phone(), Box::new(MemoryStore::default()), random::stream(7, "keys"));
    let transport = InProcess::new(authenticator, Transcript::new());
    let mut client = Client::new(ClientConfig::default(), transport, Nobody, Specified, Transcript::new());
    let finished = client.create(&Call { signal: Some(AbortSignal::at(at(100))), ..call(10) }, &creation(1));
    assert_eq!((finished.at, failure(finished.result)), (at(100), ABORTED));
}

#[test]
fn accounts_are_offered_in_the_form_field_and_one_is_taken() {
    let (mut client, transcript) = client(phone(), Person { autofill: Some(1), ..Person::default() });
    let ids: Vec<_> = (1..=3).map(|user| client.create(&call(10), &creation(user)).result.unwrap()["id"].clone()).collect();
    let before = transcript.entries().len();
    let finished = client.get(&conditional(60), &REQUEST());
    let asserted = finished.result.unwrap();
    // The newest first: the second is user 2.
    assert_eq!((finished.at, &asserted["id"]), (at(62), &ids[1]));
    assert_eq!(asserted["response"]["userHandle"], "Ag");
    let handles: Vec<_> = client.user_mut().offered.iter().map(|account| account.user_handle.clone()).collect();
    assert_eq!(handles, [vec![3], vec![2], vec![1]]);
    // Nothing was asked before the user took one, and then the authenticator asked once.
    let prompts = transcript.entries().into_iter().skip(before).filter_map(|entry| match entry.what {
        What::Prompt { text } => Some(text),
        _ => None,
    });
    let prompts: Vec<_> = prompts.collect();
    assert_eq!(prompts.len(), 2, "{prompts:?}");
    assert!(prompts[0].starts_with("offer accounts in the form field: ") && prompts[1].starts_with("verify yourself to sign in"));
}

#[test]
fn a_form_field_that_nobody_uses_stays_open_until_the_page_aborts_or_is_left() {
    let (mut client, _) = client(phone(), Person::default());
    let options = json!({"challenge": "AAEC", "timeout": 60_000});
    let nothing = client.get(&conditional(10), &options);
    assert_eq!((nothing.at, failure(nothing.result)), (at(610), (DomExceptionName::NotAllowedError, Because::Timeout)));
    assert!(client.user_mut().offered.is_empty());
    client.create(&call(700), &creation(1)).result.unwrap();
    let call = Call { signal: Some(AbortSignal::at(at(930))), ..conditional(800) };
    let unused = client.get(&call, &options);
    assert_eq!((unused.at, failure(unused.result)), (at(930), ABORTED));
    assert_eq!(client.user_mut().offered.len(), 1);
}

#[test]
fn a_passkey_is_made_without_asking_only_for_those_who_agreed_and_only_on_the_platform() {
    let refused = |config: Config, agrees: bool| {
        let (mut client, _) = client(config, Person { agrees, ..Person::default() });
        client.create(&conditional(10), &creation(1)).result
    };
    let not_agreed = "the user has not agreed to a passkey that is made without asking";
    assert_eq!(failure(refused(phone(), false)), (DomExceptionName::NotAllowedError, Because::Unsuitable(not_agreed.into())));
    let roaming = "a passkey is made without asking only where the authenticator is part of the platform";
    assert_eq!(failure(refused(Config::default(), true)), (DomExceptionName::NotAllowedError, Because::Unsuitable(roaming.into())));
    assert!(refused(phone(), true).is_ok());
}

#[test]
fn a_related_origin_may_use_the_rp_id_that_lists_it() {
    let document = json!({"origins": ["https://broker.example"]}).to_string();
    let related = Call::new(at(10), "https://broker.example");
    let options = json!({"challenge": "AAEC", "rpId": "broker.test"});
    let mut creation = creation(1);
    creation["rp"]["id"] = "broker.test".into();

    let (mut client, _) = client(phone(), Person::default());
    let plain = client.create(&related, &creation).result.unwrap_err();
    assert_eq!((plain.name, &plain.because), (DomExceptionName::SecurityError, &Because::Caller), "without the way to the document");
    client.set_well_known(Box::new(move |url| {
        assert_eq!(url, "https://broker.test/.well-known/webauthn");
        Ok(document.clone().into_bytes())
    }));
    let registered = client.create(&related, &creation).result.unwrap();
    assert_eq!(client.get(&related, &options).result.unwrap()["id"], registered["id"]);

    let stranger = client.get(&Call::new(at(60), "https://other.example"), &options).result.unwrap_err();
    assert_eq!(
        stranger.message,
        format!(
            "{} Nor is it a related origin: it is not listed in https://broker.test/.well-known/webauthn (of which the first five labels count).",
            "publicKey.rpId: a page on other.example can't use the RP ID broker.test, which is neither its domain nor a parent of it. \
             Open the page where it belongs, or correct the relying party's RP ID."
        )
    );
    client.set_well_known(Box::new(|_| Err("404 Not Found".into())));
    let missing = client.get(&related, &options).result.unwrap_err();
    assert!(missing.message.ends_with("https://broker.test/.well-known/webauthn can't be used: 404 Not Found."), "{missing}");
    // Neither a public suffix nor nonsense is ever fetched.
    client.set_well_known(Box::new(|url| panic!("fetched {url}")));
    for rp_id in ["test", "https://broker.test", "co.jp"] {
        assert!(client.get(&related, &json!({"challenge": "AAEC", "rpId": rp_id})).result.is_err());
    }
}

#[test]
fn hints_take_precedence_over_the_attachment() {
    let attempt = |config: Config, hints: Json| {
        let mut options = creation(1);
        let attachment = if config.platform { "cross-platform" } else { "platform" };
        options["authenticatorSelection"]["authenticatorAttachment"] = attachment.into();
        options["hints"] = hints;
        client(config, Person::default()).0.create(&call(10), &options).result.is_ok()
    };
    assert!(!attempt(Config::default(), json!([])) && !attempt(phone(), json!([])));
    assert!(attempt(Config::default(), json!(["client-device", "security-key"])));
    assert!(attempt(Config::default(), json!(["hybrid"])));
    assert!(attempt(phone(), json!(["client-device"])));
    assert!(!attempt(phone(), json!(["security-key", "new"])));
}
