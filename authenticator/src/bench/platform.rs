//! For tests: a platform that speaks PIN/UV auth protocols with the authenticator on the bench.

use ciborium::Value;
use sha2::{Digest, Sha256};

use super::{Answer, Bench, Members, answer};
use crate::cbor::int_map;
use crate::pin_uv::{KeyAgreementKey, Permissions, PinUvAuthProtocol, SharedSecret};
use crate::random::stream;
use crate::{Random, Status, Step};

pub(crate) const CLIENT_PIN: u8 = 0x06;

/// One session of a platform: its key, and the secret that it shares with the authenticator.
pub(crate) struct Platform {
    pub protocol: PinUvAuthProtocol,
    pub key: KeyAgreementKey,
    pub secret: SharedSecret,
    random: Random,
}

pub(crate) fn padded(pin: &str) -> Vec<u8> {
    let mut bytes = pin.as_bytes().to_vec();
    bytes.resize(bytes.len().max(64), 0);
    bytes
}

pub(crate) fn pin_hash(pin: &str) -> Vec<u8> {
    Sha256::digest(pin)[..16].to_vec()
}

/// A request of clientPIN with this subcommand.
pub(crate) fn client_pin(protocol: PinUvAuthProtocol, sub_command: u8) -> Members {
    Members(Vec::new()).with(1, Value::from(protocol.number())).with(2, Value::from(sub_command))
}

impl Platform {
    /// Key agreement.
    pub fn connect(bench: &mut Bench, protocol: PinUvAuthProtocol) -> Self {
        let reply = bench.approve(CLIENT_PIN, client_pin(protocol, 0x02));
        assert_eq!(reply.status, Status::Ok, "{}", bench.why());
        let mut random = stream(bench.now.as_millis(), "platform");
        let key = KeyAgreementKey::generate(&mut random);
        let secret = key.agree(protocol, reply.member(1).unwrap()).unwrap();
        Self { protocol, key, secret, random }
    }

    /// The same request with this session's key agreement.
    pub fn request(&self, sub_command: u8) -> Members {
        client_pin(self.protocol, sub_command).with(3, self.key.public_key())
    }

    pub fn encrypt(&mut self, plaintext: &[u8]) -> Vec<u8> {
        self.secret.encrypt(&mut self.random, plaintext)
    }

    pub fn set_pin(&mut self, pin: &str) -> Members {
        let new_pin_enc = self.encrypt(&padded(pin));
        let param = self.secret.authenticate(&new_pin_enc);
        self.request(0x03).with(4, Value::Bytes(param)).with(5, Value::Bytes(new_pin_enc))
    }

    pub fn change_pin(&mut self, old: &str, new: &str) -> Members {
        let (new_pin_enc, pin_hash_enc) = (self.encrypt(&padded(new)), self.encrypt(&pin_hash(old)));
        let param = self.secret.authenticate(&[new_pin_enc.as_slice(), &pin_hash_enc].concat());
        self.request(0x04).with(4, Value::Bytes(param)).with(5, Value::Bytes(new_pin_enc)).with(6, Value::Bytes(pin_hash_enc))
    }

    /// getPinToken.
    pub fn get_pin_token(&mut self, pin: &str) -> Members {
        let pin_hash_enc = self.encrypt(&pin_hash(pin));
        self.request(0x05).with(6, Value::Bytes(pin_hash_enc))
    }

    pub fn with_pin(&mut self, pin: &str, permissions: Permissions, rp_id: Option<&str>) -> Members {
        let pin_hash_enc = self.encrypt(&pin_hash(pin));
        scoped(self.request(0x09).with(6, Value::Bytes(pin_hash_enc)), permissions, rp_id)
    }

    pub fn with_verification(&self, permissions: Permissions, rp_id: Option<&str>) -> Members {
        scoped(self.request(0x06), permissions, rp_id)
    }

    /// The token of a reply.
    pub fn token(&self, reply: &Answer) -> Vec<u8> {
        let Some(Value::Bytes(encrypted)) = reply.member(2) else { panic!("no token: {reply:?}") };
        self.secret.decrypt(encrypted).unwrap()
    }
}

fn scoped(members: Members, permissions: Permissions, rp_id: Option<&str>) -> Members {
    let members = members.with(9, Value::from(permissions.0));
    match rp_id {
        Some(rp_id) => members.with(10, Value::from(rp_id)),
        None => members,
    }
}

/// A request with `pinUvAuthParam` over the client data hash, at the members where makeCredential (8) or getAssertion (6) has it.
pub(crate) fn signed(members: Members, at: u8, protocol: PinUvAuthProtocol, token: &[u8]) -> Members {
    let param = protocol.authenticate(token, &super::HASH);
    members.with(at, Value::Bytes(param)).with(at + 1, Value::from(protocol.number()))
}

impl Bench {
    /// A fresh PIN.
    pub fn set_pin(&mut self, pin: &str) {
        let mut platform = Platform::connect(self, PinUvAuthProtocol::Two);
        let reply = self.approve(CLIENT_PIN, platform.set_pin(pin));
        assert_eq!(reply.status, Status::Ok, "{}", self.why());
    }

    /// A token got with the PIN.
    pub fn token(&mut self, protocol: PinUvAuthProtocol, pin: &str, permissions: Permissions, rp_id: Option<&str>) -> Vec<u8> {
        let mut platform = Platform::connect(self, protocol);
        let reply = self.approve(CLIENT_PIN, platform.with_pin(pin, permissions, rp_id));
        assert_eq!(reply.status, Status::Ok, "{}", self.why());
        platform.token(&reply)
    }

    /// authenticatorConfig, authorized with `token` if there is one.
    pub fn configure(&mut self, sub_command: u8, params: Option<Value>, token: Option<&[u8]>) -> Status {
        let mut members = Members(Vec::new()).with(1, Value::from(sub_command));
        let mut message = [&[0xFF; 32][..], &[0x0D, sub_command]].concat();
        if let Some(params) = params {
            message.extend(crate::cbor::write(&params));
            members = members.with(2, params);
        }
        if let Some(token) = token {
            let param = PinUvAuthProtocol::Two.authenticate(token, &message);
            members = members.with(3, Value::from(2)).with(4, Value::Bytes(param));
        }
        self.approve(0x0D, members).status
    }

    pub fn info(&mut self) -> Answer {
        answer(self.bare(0x04))
    }

    /// How an option of getInfo stands.
    pub fn option(&mut self, name: &str) -> Option<bool> {
        super::field(self.info().member(4).unwrap(), name).and_then(Value::as_bool)
    }

    pub fn pin_tries(&mut self) -> u8 {
        let reply = self.approve(CLIENT_PIN, client_pin(PinUvAuthProtocol::Two, 0x01));
        reply.member(3).and_then(Value::as_integer).unwrap().try_into().unwrap()
    }
}

/// What a step is worth: its status, or none when the user is asked.
pub(crate) fn status(step: Step) -> Option<Status> {
    match step {
        Step::NeedUser(_) => None,
        reply => Some(answer(reply).status),
    }
}

/// Parameters of setMinPINLength and its like.
pub(crate) fn params<const N: usize>(pairs: [(i64, Value); N]) -> Option<Value> {
    Some(int_map(pairs))
}
