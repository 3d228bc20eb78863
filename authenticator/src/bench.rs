//! For tests: an authenticator on the bench, requests to send it, and what its replies say.

pub(crate) mod platform;

use ciborium::Value;

use crate::cbor::{int_map, read_strict, text_map, write};
use crate::config::BuiltInVerification;
use crate::{Authenticator, AuthenticatorData, CommandSteps, Config, MemoryStore, Prompt, Status, Step, Store, Time, UserAnswer, random};

pub(crate) const HASH: [u8; 32] = [0xC1; 32];

/// A request's map, to be changed member by member.
#[derive(Clone)]
pub(crate) struct Members(pub Vec<(Value, Value)>);

impl Members {
    pub fn with(mut self, key: u8, value: Value) -> Self {
        self = self.without(key);
        self.0.push((Value::from(key), value));
        self
    }

    pub fn without(mut self, key: u8) -> Self {
        self.0.retain(|(name, _)| *name != Value::from(key));
        self
    }

    pub fn options(self, options: &[(&str, bool)], member: u8) -> Self {
        let options = options.iter().map(|(key, value)| (Value::from(*key), Value::from(*value))).collect();
        self.with(member, Value::Map(options))
    }
}

/// makeCredential for user 1 at broker.test, ES256, no options.
pub(crate) fn registration() -> Members {
    let text = |text: &str| Value::from(text);
    let Value::Map(members) = int_map([
        (1, Value::Bytes(HASH.to_vec())),
        (2, text_map([("id", text("broker.test")), ("name", text("Broker"))])),
        (3, user(1)),
        (4, Value::Array(vec![parameters(-7)])),
    ]) else {
        unreachable!()
    };
    Members(members)
}

/// The same, discoverable and verified.
pub(crate) fn passkey(number: u8) -> Members {
    registration().with(3, user(number)).options(&[("rk", true), ("uv", true)], 7)
}

pub(crate) fn user(number: u8) -> Value {
    text_map([("id", Value::Bytes(vec![number])), ("name", Value::from(format!("user {number}"))), ("displayName", Value::from("Taro"))])
}

pub(crate) fn parameters(algorithm: i64) -> Value {
    text_map([("alg", Value::from(algorithm)), ("type", Value::from("public-key"))])
}

/// getAssertion for broker.test, no allowList, no options.
pub(crate) fn assertion() -> Members {
    let Value::Map(members) = int_map([(1, Value::from("broker.test")), (2, Value::Bytes(HASH.to_vec()))]) else { unreachable!() };
    Members(members)
}

pub(crate) fn descriptors<'a>(ids: impl IntoIterator<Item = &'a [u8]>) -> Value {
    let descriptor = |id: &[u8]| text_map([("id", Value::Bytes(id.to_vec())), ("type", Value::from("public-key"))]);
    Value::Array(ids.into_iter().map(descriptor).collect())
}

/// The status and the members of a reply.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: Status,
    pub tree: Value,
}

impl Answer {
    pub fn member(&self, key: u8) -> Option<&Value> {
        self.tree.as_map().and_then(|pairs| pairs.iter().find(|(name, _)| *name == Value::from(key))).map(|(_, value)| value)
    }

    /// Member 2 of both commands.
    pub fn data(&self) -> AuthenticatorData {
        AuthenticatorData::parse(self.member(2).and_then(Value::as_bytes).unwrap()).unwrap()
    }

    pub fn credential_id(&self) -> Vec<u8> {
        match self.data().attested_credential_data {
            Some(attested) => attested.credential_id,
            None => field(self.member(1).unwrap(), "id").unwrap().as_bytes().unwrap().clone(),
        }
    }
}

pub(crate) fn field<'a>(map: &'a Value, key: &str) -> Option<&'a Value> {
    map.as_map().unwrap().iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
}

/// Whether `der` is the signature of `key` (a COSE key) over authenticator data and client data hash.
pub(crate) fn verifies(key: &Value, data: &[u8], der: &[u8]) -> bool {
    use p256::ecdsa::signature::Verifier;
    let coordinate = |number: i64| {
        let pairs = key.as_map().unwrap();
        pairs.iter().find(|(name, _)| *name == Value::from(number)).unwrap().1.as_bytes().unwrap().clone()
    };
    let point = [&[4][..], &coordinate(-2), &coordinate(-3)].concat();
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap();
    key.verify(&[data, &HASH].concat(), &p256::ecdsa::Signature::from_der(der).unwrap()).is_ok()
}

pub(crate) struct Bench {
    pub key: Authenticator,
    pub now: Time,
}

impl Bench {
    pub fn new(config: Config) -> Self {
        Self::over(config, Box::<MemoryStore>::default())
    }

    pub fn over(config: Config, store: Box<dyn Store>) -> Self {
        Self { key: Authenticator::new(config, store, random::stream(1, "bench")), now: Time::START }
    }

    /// A key without fingerprint reader: only presence is asked.
    pub fn plain() -> Self {
        Self::new(Config { verification: BuiltInVerification::Absent, ..Config::default() })
    }

    /// Sends a request, its maps sorted.
    pub fn send(&mut self, code: u8, members: Members) -> Step {
        let mut tree = Value::Map(members.0);
        crate::cbor::sort(&mut tree);
        self.key.handle(self.now, &[&[code], write(&tree).as_slice()].concat())
    }

    /// The user's answer to the prompt that waits.
    pub fn answer(&mut self, answer: UserAnswer) -> Step {
        self.key.answer(self.now, answer)
    }

    /// Sends a request and gives these answers to its prompts, all of which must be asked for.
    pub fn run(&mut self, code: u8, members: Members, answers: &[UserAnswer]) -> Answer {
        let mut step = self.send(code, members);
        for answer in answers {
            prompt(step);
            step = self.key.answer(self.now, *answer);
        }
        answer(step)
    }

    /// The same with a touch or a finger for each prompt.
    pub fn approve(&mut self, code: u8, members: Members) -> Answer {
        let mut step = self.send(code, members);
        while matches!(step, Step::NeedUser(_)) {
            step = self.key.answer(self.now, UserAnswer::Approve);
        }
        answer(step)
    }

    /// A command without parameters.
    pub fn bare(&mut self, code: u8) -> Step {
        self.key.handle(self.now, &[code])
    }

    /// Why the last command was refused.
    pub fn why(&self) -> String {
        self.key.last_refusal().map(ToString::to_string).unwrap_or_default()
    }
}

pub(crate) fn prompt(step: Step) -> Prompt {
    match step {
        Step::NeedUser(prompt) => prompt,
        Step::Reply(reply) => panic!("no prompt, but {reply:?}"),
    }
}

pub(crate) fn answer(step: Step) -> Answer {
    let Step::Reply(reply) = step else { panic!("no reply, but {step:?}") };
    let bytes = reply.to_bytes().unwrap();
    // A healthy authenticator writes what it demands: canonical CBOR.
    let tree = if bytes.len() > 1 { read_strict(&bytes[1..]).unwrap() } else { Value::Null };
    Answer { status: Status::from_code(bytes[0]).unwrap(), tree }
}
