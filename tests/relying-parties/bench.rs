//! One account with one authenticator in front of one relying party, with nothing armed.

use std::time::Duration;

use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, Config, random};
use faultkey_client::client_data::Specified;
use faultkey_client::user::ScriptedUser;
use faultkey_client::{Call, Client, ClientConfig, Platform};
use faultkey_fault_injection::{Faults, profile};
use faultkey_relying_party::{Adapter, AdapterError, Answer, Clock, Mapping, Session, Target, TestAccount, Wish};
use faultkey_transport::{InProcess, Transcript};
use serde_json::Value;

const SEED: u64 = 7;

/// Where a relying party is and how it is spoken to.
#[derive(Clone)]
pub struct Place {
    pub name: String,
    pub mapping: Mapping,
    pub target: Target,
    pub clock: Clock,
}

pub struct Bench {
    pub adapter: Adapter,
    account: TestAccount,
    client: Client<InProcess<Authenticator>, ScriptedUser, Specified>,
    clock: Clock,
    /// Begins the message of every failure.
    case: String,
}

impl Bench {
    /// `case` becomes the account's name.
    pub async fn new(place: &Place, case: &str) -> Bench {
        let transcript = Transcript::new();
        let Place { name, mapping, target, clock } = place.clone();
        let case_in_full = format!("{name}, {case}");
        let account = mapping.account(case);
        let faults = Faults::new(SEED, profile::all().first().expect("a profile"), transcript.clone());
        let adapter = Adapter::new(mapping, target, faults, transcript.clone(), clock.clone()).expect("an adapter");
        let authenticator = Authenticator::new(Config::default(), Box::new(MemoryStore::default()), random::stream(SEED, case));
        let transport = InProcess::new(authenticator, transcript.clone());
        let user = ScriptedUser::approving(Duration::from_secs(1));
        let client = Client::new(ClientConfig::default(), transport, user, Specified, transcript);
        let account = account.unwrap_or_else(|| panic!("{case_in_full}: no account"));
        let bench = Bench { adapter, account, client, clock, case: case_in_full };
        bench.arrived(bench.adapter.prepare(&bench.account).await);
        bench
    }

    /// Gets registration options and makes a credential with them. Returns both.
    pub async fn create(&mut self, session: &mut Session, wish: &Wish) -> (Value, Value) {
        let answer = self.arrived(self.adapter.registration_options(session, &self.account, wish).await);
        let options = self.options(answer);
        let finished = self.client.create(&self.call(), &options);
        self.clock.advance_to(finished.at);
        let credential = finished.result.unwrap_or_else(|exception| panic!("{}: {exception} ({})", self.case, exception.because));
        (options, credential)
    }

    /// Gets log-in options and makes an assertion with them. Returns both.
    pub async fn get(&mut self, session: &mut Session, named: bool, wish: &Wish) -> (Value, Value) {
        let account = named.then_some(&self.account);
        let answer = self.arrived(self.adapter.authentication_options(session, account, wish).await);
        let options = self.options(answer);
        let finished = self.client.get(&self.call(), &options);
        self.clock.advance_to(finished.at);
        let credential = finished.result.unwrap_or_else(|exception| panic!("{}: {exception} ({})", self.case, exception.because));
        (options, credential)
    }

    pub async fn send_registration(&self, session: &mut Session, credential: &Value) -> Answer {
        self.arrived(self.adapter.registration_result(session, &self.account, credential).await)
    }

    pub async fn send_log_in(&self, session: &mut Session, credential: &Value) -> Answer {
        self.arrived(self.adapter.authentication_result(session, &self.account, credential).await)
    }

    pub fn accepted(&self, what: &str, answer: &Answer) {
        assert!(answer.accepted, "{}: {what} was refused: {} {}", self.case, answer.status, answer.text);
    }

    fn options(&self, answer: Answer) -> Value {
        answer.options.unwrap_or_else(|| panic!("{}: no options: {} {}", self.case, answer.status, answer.text))
    }

    fn arrived<T>(&self, answer: Result<T, AdapterError>) -> T {
        answer.unwrap_or_else(|error| panic!("{}: {error}", self.case))
    }

    fn call(&self) -> Call {
        Call::new(self.clock.now(), self.adapter.origin())
    }
}

pub fn wish(resident_key: &str, user_verification: &str) -> Wish {
    Wish {
        user_verification: user_verification.to_owned(),
        resident_key: resident_key.to_owned(),
        attestation: "none".to_owned(),
        replace: false,
    }
}
