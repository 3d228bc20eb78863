//! A whole device behind the fault layer: authenticator, client and user, and a relying party's eye on what comes out.

#![allow(dead_code)]

use std::collections::VecDeque;
use std::time::Duration;

use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, AuthenticatorData, Event, Prompt, Time, UserAnswer, cbor, random};
use faultkey_client::client_data::Specified;
use faultkey_client::{Account, Answered, Call, Client, ClientConfig, DomException, Finished, PinPrompt, Platform, Typed, User};
use faultkey_fault_injection::{FaultError, FaultSpec, Faults, FaultyClientData, FaultyPlatform, FaultySteps, Profile, profile};
use faultkey_transport::transcript::What;
use faultkey_transport::{InProcess, Transcript};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const SEED: u64 = 7;
pub const RP_ID: &str = "broker.test";
pub const ORIGIN: &str = "https://broker.test";

/// Answers every prompt after a second: as told, else by approving.
#[derive(Default)]
pub struct Person {
    pub answers: VecDeque<UserAnswer>,
    pub prompts: usize,
}

impl User for Person {
    fn answer(&mut self, _prompt: &Prompt) -> Answered {
        self.prompts += 1;
        Answered { answer: self.answers.pop_front().unwrap_or(UserAnswer::Approve), after: Duration::from_secs(1) }
    }

    fn choose(&mut self, _accounts: &[Account]) -> Option<usize> {
        Some(0)
    }

    fn pin(&mut self, _prompt: &PinPrompt) -> Option<Typed> {
        Some(Typed { pin: "1234".to_owned(), after: Duration::from_secs(1) })
    }
}

type FaultyClient = Client<InProcess<FaultySteps<Authenticator>>, Person, FaultyClientData<Specified>>;

/// The device, with every seam wrapped.
pub struct Device {
    pub faults: Faults,
    pub transcript: Transcript,
    pub platform: FaultyPlatform<FaultyClient>,
    pub now: Time,
}

pub fn profile(name: &str) -> &'static Profile {
    profile::find(name).expect("a profile")
}

impl Device {
    pub fn new(profile_name: &str) -> Self {
        let profile = profile(profile_name);
        let transcript = Transcript::new();
        let faults = Faults::new(SEED, profile, transcript.clone());
        let store = Box::new(faults.store(MemoryStore::default()));
        let authenticator = Authenticator::new(profile.authenticator.clone(), store, random::stream(SEED, "authenticator"));
        let transport = InProcess::new(faults.steps(authenticator), transcript.clone());
        let collector = faults.client_data(Specified);
        let client = Client::new(ClientConfig::default(), transport, Person::default(), collector, transcript.clone());
        Self { platform: faults.platform(client), faults, transcript, now: Time::START }
    }

    /// With one fault armed.
    pub fn with(profile_name: &str, fault: &str) -> Self {
        let device = Self::new(profile_name);
        device.arm(fault).expect("armed");
        device
    }

    pub fn arm(&self, fault: &str) -> Result<(), FaultError> {
        self.faults.arm(self.now, fault.parse::<FaultSpec>()?).map(|_| ())
    }

    pub fn user(&mut self) -> &mut Person {
        self.platform.inner_mut().user_mut()
    }

    pub fn authenticator(&mut self) -> &mut Authenticator {
        self.platform.inner_mut().transport_mut().steps_mut().inner_mut()
    }

    fn finish(&mut self, finished: Finished) -> Result<Value, DomException> {
        self.now = finished.at + Duration::from_secs(1);
        finished.result
    }

    pub fn create(&mut self, user: &str, exclude: &[&str]) -> Result<Value, DomException> {
        let finished = self.platform.create(&call(self.now), &creation_options(user, exclude));
        self.finish(finished)
    }

    pub fn get(&mut self, allow: &[&str]) -> Result<Value, DomException> {
        let finished = self.platform.get(&call(self.now), &request_options(allow));
        self.finish(finished)
    }

    /// Registers `hanako`.
    pub fn register(&mut self) -> Registered {
        Registered::read(&self.create("hanako", &[]).expect("a registration"))
    }

    /// A log-in with the credential in the allow list.
    pub fn log_in(&mut self, registered: &Registered) -> Result<Assertion, DomException> {
        self.get(&[&registered.id]).map(|response| Assertion::read(&response))
    }

    /// A log-in without allow list.
    pub fn log_in_discoverable(&mut self) -> Result<Assertion, DomException> {
        self.get(&[]).map(|response| Assertion::read(&response))
    }

    /// What the lab does at an event.
    pub fn happen(&mut self, event: Event) {
        match self.faults.event(self.now, event) {
            Some(effect) => self.authenticator().apply(effect).expect("applied"),
            None => {
                self.authenticator().happen(event).expect("happened");
            }
        }
    }

    /// The texts of every decision so far.
    pub fn decisions(&self) -> Vec<String> {
        self.faults.fired().into_iter().map(|fired| fired.text.en).collect()
    }

    /// The transcript without the decisions.
    pub fn messages(&self) -> Vec<(u64, What)> {
        messages(&self.transcript)
    }
}

pub fn messages(transcript: &Transcript) -> Vec<(u64, What)> {
    let entries = transcript.entries().into_iter().filter(|entry| !matches!(entry.what, What::Decision { .. }));
    entries.map(|entry| (entry.at, entry.what)).collect()
}

pub fn call(now: Time) -> Call {
    Call::new(now, ORIGIN)
}

fn descriptors(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({"type": "public-key", "id": id})).collect()
}

pub fn creation_options(user: &str, exclude: &[&str]) -> Value {
    json!({
        "rp": {"id": RP_ID, "name": "Broker"},
        "user": {"id": BASE64URL_NOPAD.encode(format!("handle-{user}").as_bytes()), "name": user, "displayName": user},
        "challenge": BASE64URL_NOPAD.encode(&[1; 32]),
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "excludeCredentials": descriptors(exclude),
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": "required"},
        "attestation": "none",
    })
}

pub fn request_options(allow: &[&str]) -> Value {
    json!({
        "rpId": RP_ID,
        "challenge": BASE64URL_NOPAD.encode(&[2; 32]),
        "allowCredentials": descriptors(allow),
        "userVerification": "required",
    })
}

fn decode(value: &Value) -> Vec<u8> {
    BASE64URL_NOPAD.decode(value.as_str().expect("text").as_bytes()).expect("base64url")
}

fn client_data(response: &Value) -> (Vec<u8>, Value) {
    let bytes = decode(&response["response"]["clientDataJSON"]);
    let parsed = serde_json::from_slice(&bytes).expect("JSON");
    (bytes, parsed)
}

/// A registration as the relying party reads it.
#[derive(Clone, Debug)]
pub struct Registered {
    /// base64url.
    pub id: String,
    pub client_data: Value,
    pub data: AuthenticatorData,
    pub data_bytes: Vec<u8>,
    pub key: VerifyingKey,
}

impl Registered {
    pub fn read(response: &Value) -> Self {
        let object = cbor::read_strict(&decode(&response["response"]["attestationObject"])).expect("CBOR");
        let member = |name: &str| object.as_map().unwrap().iter().find(|(key, _)| key.as_text() == Some(name)).unwrap().1.clone();
        let data_bytes = member("authData").into_bytes().unwrap();
        let data = AuthenticatorData::parse(&data_bytes).expect("authenticator data");
        let key = &data.attested_credential_data.as_ref().expect("attested credential data").public_key;
        let coordinate = |label: i64| {
            let (_, value) = key.as_map().unwrap().iter().find(|(key, _)| *key == Cbor::from(label)).expect("coordinate");
            value.as_bytes().unwrap().clone()
        };
        let point = [vec![4], coordinate(-2), coordinate(-3)].concat();
        let key = VerifyingKey::from_sec1_bytes(&point).expect("a point");
        let id = response["id"].as_str().unwrap().to_owned();
        Self { id, client_data: client_data(response).1, data, data_bytes, key }
    }
}

/// A log-in as the relying party reads it.
#[derive(Clone, Debug)]
pub struct Assertion {
    pub id: String,
    pub client_data: Value,
    client_data_bytes: Vec<u8>,
    pub data: AuthenticatorData,
    pub data_bytes: Vec<u8>,
    pub signature: Vec<u8>,
    pub user_handle: Option<Vec<u8>>,
}

impl Assertion {
    pub fn read(response: &Value) -> Self {
        let (client_data_bytes, client_data) = client_data(response);
        let data_bytes = decode(&response["response"]["authenticatorData"]);
        Self {
            id: response["id"].as_str().unwrap().to_owned(),
            client_data,
            client_data_bytes,
            data: AuthenticatorData::parse(&data_bytes).expect("authenticator data"),
            data_bytes,
            signature: decode(&response["response"]["signature"]),
            user_handle: response["response"].get("userHandle").map(decode),
        }
    }

    /// WebAuthn-3 §7.2 step 21.
    pub fn verifies(&self, registered: &Registered) -> bool {
        let signature = Signature::from_der(&self.signature).expect("a well-formed signature");
        let hash = Sha256::digest(&self.client_data_bytes);
        registered.key.verify(&[self.data_bytes.as_slice(), hash.as_slice()].concat(), &signature).is_ok()
    }
}
