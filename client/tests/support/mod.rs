//! A transport that answers from a script, and the replies that go into it.
#![allow(dead_code)] // each test binary uses its part

use std::collections::VecDeque;
use std::time::Duration;

use ciborium::Value;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::pin_uv::{KeyAgreementKey, Permissions, PinUvAuthProtocol};
use faultkey_authenticator::random::stream;
use faultkey_authenticator::step::Purpose;
use faultkey_authenticator::{Prompt, Status, Time, UserAnswer, cbor};
use faultkey_client::{Call, Client, ClientConfig, Finished, Platform, ScriptedUser, Specified};
use faultkey_transport::{Exchange, Transcript, Transport};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

pub const ORIGIN: &str = "https://login.broker.test";
pub const CREDENTIAL_ID: [u8; 16] = [0xC1; 16];
pub const USER_HANDLE: [u8; 2] = [1, 2];

/// Answers with the next exchange of the script, then with silence; remembers what it was sent.
#[derive(Default)]
pub struct Scripted {
    pub script: VecDeque<Exchange>,
    pub sent: Vec<Vec<u8>>,
    pub answers: Vec<(Time, UserAnswer)>,
}

impl Scripted {
    fn next(&mut self) -> Exchange {
        self.script.pop_front().unwrap_or(Exchange::Silence)
    }
}

impl Transport for Scripted {
    fn send(&mut self, _now: Time, request: &[u8]) -> Exchange {
        self.sent.push(request.to_vec());
        self.next()
    }

    fn answer(&mut self, now: Time, answer: UserAnswer) -> Exchange {
        self.answers.push((now, answer));
        self.next()
    }
}

pub type TestClient = Client<Scripted, ScriptedUser, Specified>;

/// A client whose authenticator answers so, and whose user approves after two seconds.
pub fn client(script: impl IntoIterator<Item = Exchange>) -> TestClient {
    client_with(script, Transcript::new())
}

pub fn client_with(script: impl IntoIterator<Item = Exchange>, transcript: Transcript) -> TestClient {
    let transport = Scripted { script: script.into_iter().collect(), ..Scripted::default() };
    Client::new(ClientConfig::default(), transport, ScriptedUser::approving(Duration::from_secs(2)), Specified, transcript)
}

pub fn call() -> Call {
    Call::new(Time::from_millis(1_000), ORIGIN)
}

pub fn create(script: impl IntoIterator<Item = Exchange>, options: &Json) -> Finished {
    client(script).create(&call(), options)
}

pub fn get(script: impl IntoIterator<Item = Exchange>, options: &Json) -> Finished {
    client(script).get(&call(), options)
}

/// Options with members added to (or replacing those of) the minimal ones.
pub fn creation_options(more: Json) -> Json {
    merged(
        json!({
            "rp": {"id": "broker.test", "name": "Broker"},
            "user": {"id": "AQI", "name": "hanako", "displayName": "Hanako"},
            "challenge": "AAEC",
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
            "timeout": 60_000,
        }),
        more,
    )
}

pub fn request_options(more: Json) -> Json {
    merged(json!({"challenge": "AAEC", "rpId": "broker.test", "timeout": 60_000}), more)
}

fn merged(mut options: Json, more: Json) -> Json {
    let (Some(members), Json::Object(more)) = (options.as_object_mut(), more) else { panic!("options are objects") };
    members.extend(more);
    options
}

pub fn map<K: Into<Value>>(members: impl IntoIterator<Item = (K, Value)>) -> Value {
    Value::Map(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

pub fn reply(value: &Value) -> Exchange {
    let mut bytes = vec![0x00];
    bytes.extend(cbor::write(value));
    Exchange::Reply(bytes)
}

pub fn refusal(status: Status) -> Exchange {
    Exchange::Reply(vec![status.code()])
}

pub fn prompt() -> Exchange {
    Exchange::NeedUser(Prompt::Presence { purpose: Purpose::Authenticate { rp_id: "broker.test".into() } })
}

/// What a phone's built-in authenticator says.
pub fn phone() -> Vec<(i64, Value)> {
    let options = map([("rk", true.into()), ("up", true.into()), ("uv", true.into()), ("plat", true.into())]);
    vec![
        (0x01, Value::Array(vec!["FIDO_2_0".into(), "FIDO_2_3".into()])),
        (0x03, Value::Bytes(vec![7; 16])),
        (0x04, options),
        (0x09, Value::Array(vec!["internal".into(), "hybrid".into(), "internal".into()])),
    ]
}

/// The phone's getInfo with members replaced or added.
pub fn info(changes: impl IntoIterator<Item = (i64, Value)>) -> Exchange {
    let mut members = phone();
    for (number, value) in changes {
        members.retain(|(present, _)| *present != number);
        members.push((number, value));
    }
    reply(&map(members))
}

/// getInfo with just these options.
pub fn info_options(options: &[(&str, bool)]) -> Exchange {
    info([(0x04, map(options.iter().map(|(name, value)| (*name, Value::Bool(*value)))))])
}

/// Authenticator data of a registration with an ES256 key.
pub fn attested_data(aaguid: [u8; 16]) -> Vec<u8> {
    let key =
        map([(1, 2.into()), (3, (-7).into()), (-1, 1.into()), (-2, Value::Bytes(vec![0xAA; 32])), (-3, Value::Bytes(vec![0xBB; 32]))]);
    let mut bytes = vec![0x11; 32];
    bytes.push(0x45);
    bytes.extend([0, 0, 0, 1]);
    bytes.extend(aaguid);
    bytes.extend([0, 16]);
    bytes.extend(CREDENTIAL_ID);
    bytes.extend(cbor::write(&key));
    bytes
}

pub fn attestation_members() -> Vec<(i64, Value)> {
    let statement = map([("alg", Value::from(-7)), ("sig", Value::Bytes(vec![0x51; 8]))]);
    vec![(0x01, "packed".into()), (0x02, Value::Bytes(attested_data([7; 16]))), (0x03, statement)]
}

pub fn attestation() -> Exchange {
    reply(&map(attestation_members()))
}

/// Authenticator data of an authentication.
pub fn asserted_data() -> Vec<u8> {
    let mut bytes = vec![0x11; 32];
    bytes.extend([0x05, 0, 0, 0, 2]);
    bytes
}

pub fn assertion_members() -> Vec<(i64, Value)> {
    vec![
        (0x01, map([("id", Value::Bytes(CREDENTIAL_ID.to_vec())), ("type", "public-key".into())])),
        (0x02, Value::Bytes(asserted_data())),
        (0x03, Value::Bytes(vec![0x51; 8])),
        (0x04, map([("id", Value::Bytes(USER_HANDLE.to_vec()))])),
    ]
}

pub fn assertion() -> Exchange {
    reply(&map(assertion_members()))
}

/// The reply without its member `number`.
pub fn without(members: Vec<(i64, Value)>, number: i64) -> Exchange {
    reply(&map(members.into_iter().filter(|(present, _)| *present != number)))
}

/// The CBOR of a request that was sent, without its command byte.
pub fn sent(client: &mut TestClient, index: usize) -> (u8, Value) {
    let request = &client.transport_mut().sent[index];
    let value = if request.len() > 1 { cbor::read_strict(&request[1..]).expect("requests are canonical") } else { Value::Null };
    (request[0], value)
}

/// A member of a map.
pub fn member(map: &Value, key: impl Into<Value>) -> Option<Value> {
    let key = key.into();
    map.as_map().unwrap().iter().find(|(candidate, _)| *candidate == key).map(|(_, value)| value.clone())
}

pub fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// base64url of a response, decoded.
pub fn bytes(json: &Json) -> Vec<u8> {
    BASE64URL_NOPAD.decode(json.as_str().unwrap().as_bytes()).unwrap()
}

/// Sends one request, as the owner of the key would with a tool of his own, and gives back the reply's map.
pub fn ask(transport: &mut impl Transport, command: u8, members: Vec<(i64, Value)>) -> Value {
    let mut tree = map(members);
    cbor::sort(&mut tree);
    let request = [&[command][..], &cbor::write(&tree)].concat();
    let Exchange::Reply(reply) = transport.send(Time::START, &request) else { panic!("no reply") };
    assert_eq!(reply[0], 0, "refused: {:?}", Status::from_code(reply[0]));
    if reply.len() > 1 { cbor::read_strict(&reply[1..]).unwrap() } else { Value::Null }
}

/// setMinPINLength to 6 with forceChangePin (CTAP2.3 §6.11.4), with a token bought with the PIN.
pub fn configure_force_pin_change(transport: &mut impl Transport, pin: &str) {
    let mut random = stream(9, "owner");
    let reply = ask(transport, 0x06, vec![(1, 2.into()), (2, 2.into())]);
    let own = KeyAgreementKey::generate(&mut random);
    let shared = own.agree(PinUvAuthProtocol::Two, &member(&reply, 1).unwrap()).unwrap();
    let pin_hash_enc = shared.encrypt(&mut random, &Sha256::digest(pin)[..16]);
    let permissions = Permissions::AUTHENTICATOR_CONFIG.0;
    let token = vec![(1, 2.into()), (2, 9.into()), (3, own.public_key()), (6, Value::Bytes(pin_hash_enc)), (9, permissions.into())];
    let reply = ask(transport, 0x06, token);
    let token = shared.decrypt(member(&reply, 2).unwrap().as_bytes().unwrap()).unwrap();
    let params = map([(1, 6.into()), (3, true.into())]);
    let message = [&[0xFF; 32][..], &[0x0D, 0x03], &cbor::write(&params)].concat();
    let param = PinUvAuthProtocol::Two.authenticate(&token, &message);
    ask(transport, 0x0D, vec![(1, 3.into()), (2, params), (3, 2.into()), (4, Value::Bytes(param))]);
}
