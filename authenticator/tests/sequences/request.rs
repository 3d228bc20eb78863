//! Commands as bytes, and what of them the model has to know.

use ciborium::Value;
use faultkey_authenticator::{Random, cbor};
use sha2::{Digest, Sha256};

use crate::action::{Assert, Auth, Bio, Command, Guess, Make, Manage, PINS, RPS, Secret, Setting};
use crate::platform::{self, Platform, Token};

pub const HASH: [u8; 32] = [0xC1; 32];
pub const SALT: [u8; 32] = [0x5A; 32];

/// A command as it is sent.
#[derive(Clone)]
pub struct Sent {
    pub command: Command,
    pub bytes: Vec<u8>,
    pub param: Param,
    /// The PIN that is tried.
    pub guess: String,
    /// The authenticator's key that the secret was made with; `None`: there is no secret.
    pub epoch: Option<u32>,
    /// Credentials that are named.
    pub ids: Vec<Vec<u8>>,
    /// The `templateId` that is named.
    pub finger: Vec<u8>,
    /// RP ID, where it is that of a credential.
    pub rp: String,
}

impl Sent {
    pub fn is_apdu(&self) -> bool {
        matches!(self.command, Command::U2fVersion | Command::U2fRegister { .. } | Command::U2fSign { .. })
    }
}

/// What `pinUvAuthParam` is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Param {
    None,
    Empty,
    NoProtocol,
    UnknownProtocol,
    /// Signed with this token.
    Signed(Token),
    /// Signed with a token, but over something else.
    Invalid,
}

/// A credential that was made, whether or not it is still there.
#[derive(Clone)]
pub struct Known {
    pub id: Vec<u8>,
    pub rp: u8,
    pub user: Vec<u8>,
}

/// What a platform knows when it writes a request.
pub struct Writer<'a> {
    pub platforms: &'a [Platform],
    pub on: usize,
    pub known: &'a [Known],
    pub fingers: &'a [Vec<u8>],
    pub pin: Option<&'a str>,
    pub former: Option<&'a str>,
    pub random: &'a mut Random,
}

pub fn rp(number: u8) -> &'static str {
    RPS[usize::from(number) % RPS.len()]
}

pub fn pin(number: u8) -> &'static str {
    PINS[usize::from(number) % PINS.len()]
}

pub fn hash_of(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// A serialized large-blob array; number 4 has a wrong hash.
pub fn blob_array(number: u8) -> Vec<u8> {
    let content = match number {
        0 => vec![0x80],
        1 => vec![1; 100],
        2 => vec![2; 1_008],
        3 => vec![3; 1_500],
        _ => vec![4; 40],
    };
    let mut hash: [u8; 32] = Sha256::digest(&content).into();
    hash[0] ^= u8::from(number >= 4);
    [content.as_slice(), &hash[..16]].concat()
}

/// The name in a credential's update: `None`: absent.
pub fn new_name(number: u8) -> Option<String> {
    match number % 3 {
        0 => Some(format!("renamed {number}")),
        1 => Some(String::new()),
        _ => None,
    }
}

pub fn user_id(number: u8) -> Vec<u8> {
    vec![number + 1; 4]
}

/// A finger's name; some are too long for every sensor here.
pub fn finger_name(number: u8) -> String {
    "f".repeat(usize::from(number))
}

fn map(pairs: Vec<(u8, Option<Value>)>) -> Value {
    let mut map = Value::Map(pairs.into_iter().filter_map(|(key, value)| Some((Value::from(key), value?))).collect());
    cbor::sort(&mut map);
    map
}

fn text_map(pairs: Vec<(&str, Option<Value>)>) -> Option<Value> {
    let pairs: Vec<_> = pairs.into_iter().filter_map(|(key, value)| Some((Value::from(key), value?))).collect();
    let mut map = Value::Map(pairs);
    cbor::sort(&mut map);
    (!map.as_map().is_some_and(Vec::is_empty)).then_some(map)
}

fn options(rk: Option<bool>, up: Option<bool>, uv: Option<bool>) -> Option<Value> {
    text_map(vec![("rk", rk.map(Value::from)), ("up", up.map(Value::from)), ("uv", uv.map(Value::from))])
}

fn descriptor(id: &[u8]) -> Value {
    cbor::text_map([("id", Value::Bytes(id.to_vec())), ("type", Value::from("public-key"))])
}

fn list(ids: &[Vec<u8>]) -> Option<Value> {
    (!ids.is_empty()).then(|| Value::Array(ids.iter().map(|id| descriptor(id)).collect()))
}

fn bytes(code: u8, map: &Value) -> Vec<u8> {
    [&[code][..], &cbor::write(map)].concat()
}

fn apdu(instruction: u8, control: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("U2F data is short").to_be_bytes();
    let data = if data.is_empty() { Vec::new() } else { [&length[..], data].concat() };
    [&[0, instruction, control, 0, 0][..], &data, &[0, 0]].concat()
}

impl Writer<'_> {
    fn platform(&self) -> &Platform {
        &self.platforms[self.on]
    }

    fn id(&self, number: u8) -> Known {
        let none = Known { id: vec![0xEE; 32], rp: 0, user: vec![1; 4] };
        self.known.get(usize::from(number) % self.known.len().max(1)).cloned().unwrap_or(none)
    }

    fn ids(&self, numbers: &[u8]) -> Vec<Vec<u8>> {
        numbers.iter().map(|number| self.id(*number).id).collect()
    }

    fn guess(&self, guess: Guess) -> String {
        match (guess, self.pin, self.former) {
            (Guess::Right, Some(pin), _) => pin.to_owned(),
            (Guess::Former, _, Some(former)) => former.to_owned(),
            _ => "not this one".to_owned(),
        }
    }

    /// `pinUvAuthParam`, `pinUvAuthProtocol`, and what they are worth.
    fn sign(&self, auth: Auth, message: &[u8]) -> (Option<Value>, Option<Value>, Param) {
        let own = &self.platform().tokens;
        let zeros = Token { protocol: 2, bytes: [0; 32] };
        let latest = own.last().copied().unwrap_or(zeros);
        let foreign = self.platforms[(self.on + 1) % self.platforms.len()].tokens.last().copied().unwrap_or(zeros);
        let token = match auth {
            Auth::OldToken => own.iter().rev().nth(1).copied().unwrap_or(zeros),
            Auth::ForeignToken => foreign,
            Auth::Forged => zeros,
            Auth::OtherProtocol => Token { protocol: 3 - latest.protocol, ..latest },
            _ => latest,
        };
        let message = if auth == Auth::WrongMessage { b"another message" } else { message };
        let signature = Some(Value::Bytes(platform::protocol(token.protocol).authenticate(&token.bytes, message)));
        match auth {
            Auth::None => (None, None, Param::None),
            Auth::Empty => (Some(Value::Bytes(Vec::new())), Some(Value::from(token.protocol)), Param::Empty),
            Auth::NoProtocol => (signature, None, Param::NoProtocol),
            Auth::UnknownProtocol => (signature, Some(Value::from(3)), Param::UnknownProtocol),
            Auth::WrongMessage => (signature, Some(Value::from(token.protocol)), Param::Invalid),
            _ => (signature, Some(Value::from(token.protocol)), Param::Signed(token)),
        }
    }

    pub fn write(mut self, command: &Command) -> Sent {
        let epoch = command.secret().and_then(|secret| self.platform().secret(secret.protocol)).map(|(epoch, _)| *epoch);
        let mut sent = Sent {
            command: command.clone(),
            bytes: Vec::new(),
            param: Param::None,
            guess: String::new(),
            epoch,
            ids: Vec::new(),
            finger: Vec::new(),
            rp: String::new(),
        };
        sent.bytes = match command {
            Command::Info => vec![0x04],
            Command::Next => vec![0x08],
            Command::Reset => vec![0x07],
            Command::Select => vec![0x0B],
            Command::KeyAgreement { protocol } => bytes(0x06, &map(vec![(1, Some(Value::from(*protocol))), (2, Some(Value::from(2)))])),
            Command::PinRetries => bytes(0x06, &map(vec![(2, Some(Value::from(1)))])),
            Command::UvRetries => bytes(0x06, &map(vec![(2, Some(Value::from(7)))])),
            Command::SetPin { secret, pin: new } => self.pin_command(&mut sent, *secret, 3, None, Some(pin(*new)), None),
            Command::ChangePin { secret, guess, pin: new } => self.pin_command(&mut sent, *secret, 4, Some(*guess), Some(pin(*new)), None),
            Command::PinToken { secret, guess } => self.pin_command(&mut sent, *secret, 5, Some(*guess), None, None),
            Command::PermissionsByPin { secret, guess, permissions, rp } => {
                self.pin_command(&mut sent, *secret, 9, Some(*guess), None, Some((*permissions, *rp)))
            }
            Command::PermissionsByFinger { secret, permissions, rp } => {
                self.pin_command(&mut sent, *secret, 6, None, None, Some((*permissions, *rp)))
            }
            Command::Make(make) => self.make(&mut sent, make),
            Command::Assert(assert) => self.assert(&mut sent, assert),
            Command::Manage { preview, auth, what } => self.manage(&mut sent, *preview, *auth, what),
            Command::ReadBlob { count, offset } => bytes(0x0C, &map(vec![(1, Some(Value::from(*count))), (3, Some(Value::from(*offset)))])),
            Command::WriteBlob { auth, array, part, of } => self.write_blob(&mut sent, *auth, *array, *part, *of),
            Command::Configure { auth, what } => self.configure(&mut sent, *auth, what),
            Command::Bio { preview, auth, what } => self.bio(&mut sent, *preview, *auth, what),
            Command::U2fVersion => apdu(3, 0, &[]),
            Command::U2fRegister { rp: number } => {
                sent.rp = rp(*number).to_owned();
                apdu(1, 0, &[&HASH[..], &hash_of(&sent.rp)].concat())
            }
            Command::U2fSign { credential, control, wrong_rp } => {
                let known = self.id(*credential);
                sent.rp = rp(known.rp + u8::from(*wrong_rp)).to_owned();
                let length = u8::try_from(known.id.len()).expect("ids here have 32 bytes");
                sent.ids = vec![known.id.clone()];
                apdu(2, *control, &[&HASH[..], &hash_of(&sent.rp), &[length], &known.id].concat())
            }
        };
        sent
    }

    fn pin_command(
        &mut self,
        sent: &mut Sent,
        secret: Secret,
        subcommand: u8,
        guess: Option<Guess>,
        new_pin: Option<&str>,
        asked: Option<(u8, Option<u8>)>,
    ) -> Vec<u8> {
        let platform = &self.platforms[self.on];
        let number = secret.protocol;
        let pin_hash_enc = guess.map(|guess| {
            sent.guess = self.guess(guess);
            platform.encrypt(number, self.random, &hash_of(&sent.guess)[..16])
        });
        let new_pin_enc = new_pin.map(|pin| {
            let mut padded = pin.as_bytes().to_vec();
            padded.resize(64, 0);
            platform.encrypt(number, self.random, &padded)
        });
        let param = new_pin_enc.as_ref().map(|new_pin_enc| {
            let hash = pin_hash_enc.clone().unwrap_or_default();
            platform.authenticate(number, &[new_pin_enc.as_slice(), &hash].concat())
        });
        let (permissions, rp_id) = asked.map_or((None, None), |(permissions, rp)| (Some(permissions), rp));
        let members = map(vec![
            (1, Some(Value::from(number))),
            (2, Some(Value::from(subcommand))),
            (3, Some(platform::public_key())),
            (4, param.map(Value::Bytes)),
            (5, new_pin_enc.map(Value::Bytes)),
            (6, pin_hash_enc.map(Value::Bytes)),
            (9, permissions.map(Value::from)),
            (10, rp_id.map(|number| Value::from(rp(number)))),
        ]);
        bytes(0x06, &members)
    }

    fn make(&self, sent: &mut Sent, make: &Make) -> Vec<u8> {
        let (param, protocol, worth) = self.sign(make.auth, &HASH);
        sent.param = worth;
        sent.rp = rp(make.rp).to_owned();
        sent.ids = self.ids(&make.exclude);
        let yes = |asked: bool| asked.then(|| Value::from(true));
        let extensions = text_map(vec![
            ("credProtect", make.protect.map(Value::from)),
            ("hmac-secret", yes(make.hmac_secret)),
            ("credBlob", make.blob.map(|length| Value::Bytes(vec![length; usize::from(length)]))),
            ("minPinLength", yes(make.blob.is_some())),
            ("largeBlobKey", make.large_blob_key.map(Value::from)),
        ]);
        let user = cbor::text_map([
            ("id", Value::Bytes(user_id(make.user))),
            ("name", Value::from(format!("user {}", make.user))),
            ("displayName", Value::from("Taro")),
        ]);
        let algorithm = cbor::text_map([("alg", Value::from(make.algorithm)), ("type", Value::from("public-key"))]);
        let members = map(vec![
            (1, Some(Value::Bytes(HASH.to_vec()))),
            (2, Some(cbor::text_map([("id", Value::from(sent.rp.as_str()))]))),
            (3, Some(user)),
            (4, Some(Value::Array(vec![algorithm]))),
            (5, list(&sent.ids)),
            (6, extensions),
            (7, options(make.rk, make.up, make.uv)),
            (8, param),
            (9, protocol),
            (10, make.enterprise.map(Value::from)),
        ]);
        bytes(0x01, &members)
    }

    fn assert(&mut self, sent: &mut Sent, assert: &Assert) -> Vec<u8> {
        let (param, protocol, worth) = self.sign(assert.auth, &HASH);
        sent.param = worth;
        sent.rp = rp(assert.rp).to_owned();
        sent.ids = self.ids(&assert.allow);
        let platform = &self.platforms[self.on];
        let hmac_secret = assert.hmac_secret.map(|Secret { protocol, .. }| {
            let salt = platform.encrypt(protocol, self.random, &SALT);
            let proof = platform.authenticate(protocol, &salt);
            let values = [(2, Value::Bytes(salt)), (3, Value::Bytes(proof)), (4, Value::from(protocol))];
            let pairs = values.into_iter().map(|(key, value)| (key, Some(value)));
            map(pairs.chain([(1, Some(platform::public_key()))]).collect())
        });
        let extensions = text_map(vec![
            ("hmac-secret", hmac_secret),
            ("credBlob", assert.blob.then(|| Value::from(true))),
            ("largeBlobKey", assert.large_blob_key.map(Value::from)),
        ]);
        let members = map(vec![
            (1, Some(Value::from(sent.rp.as_str()))),
            (2, Some(Value::Bytes(HASH.to_vec()))),
            (3, list(&sent.ids)),
            (4, extensions),
            (5, options(assert.rk, assert.up, assert.uv)),
            (6, param),
            (7, protocol),
        ]);
        bytes(0x02, &members)
    }

    fn manage(&self, sent: &mut Sent, preview: bool, auth: Auth, what: &Manage) -> Vec<u8> {
        let (subcommand, params) = match what {
            Manage::Metadata => (1, None),
            Manage::Rps => (2, None),
            Manage::NextRp => (3, None),
            Manage::Credentials { rp: number } => {
                sent.rp = rp(*number).to_owned();
                (4, Some(map(vec![(1, Some(Value::Bytes(hash_of(&sent.rp).to_vec())))])))
            }
            Manage::NextCredential => (5, None),
            Manage::Delete { credential } => {
                sent.ids = vec![self.id(*credential).id];
                (6, Some(map(vec![(2, Some(descriptor(&sent.ids[0])))])))
            }
            Manage::Update { credential, name, wrong_user } => {
                let known = self.id(*credential);
                sent.ids = vec![known.id];
                let id = if *wrong_user || known.user.is_empty() { b"another".to_vec() } else { known.user };
                let user = text_map(vec![("id", Some(Value::Bytes(id))), ("name", new_name(*name).map(Value::from))]);
                (7, Some(map(vec![(2, Some(descriptor(&sent.ids[0]))), (3, user)])))
            }
        };
        let message = [&[subcommand][..], &params.as_ref().map(cbor::write).unwrap_or_default()].concat();
        // The ones that go on take no authorization.
        let auth = if matches!(what, Manage::NextRp | Manage::NextCredential) { Auth::None } else { auth };
        let (param, protocol, worth) = self.sign(auth, &message);
        sent.param = worth;
        let members = map(vec![(1, Some(Value::from(subcommand))), (2, params), (3, protocol), (4, param)]);
        bytes(if preview { 0x41 } else { 0x0A }, &members)
    }

    fn write_blob(&self, sent: &mut Sent, auth: Auth, array: u8, part: u8, of: u8) -> Vec<u8> {
        let (offset, fragment, length) = fragment(array, part, of);
        let offset_bytes = u32::try_from(offset).expect("arrays here are short").to_le_bytes();
        let message = [&[0xFF; 32][..], &[0x0C, 0x00], &offset_bytes, &Sha256::digest(&fragment)].concat();
        let (param, protocol, worth) = self.sign(auth, &message);
        sent.param = worth;
        let members = map(vec![
            (2, Some(Value::Bytes(fragment))),
            (3, Some(cbor::count(offset))),
            (4, (offset == 0).then(|| cbor::count(length))),
            (5, param),
            (6, protocol),
        ]);
        bytes(0x0C, &members)
    }

    fn configure(&self, sent: &mut Sent, auth: Auth, what: &Setting) -> Vec<u8> {
        let (subcommand, params) = match what {
            Setting::Enterprise => (1, None),
            Setting::AlwaysUv => (2, None),
            Setting::MinPin { length, rps, force, complexity } => {
                let names = rps.map(|count| Value::Array((0..count).map(|number| Value::from(rp(number))).collect()));
                let params = vec![
                    (1, length.map(Value::from)),
                    (2, names),
                    (3, force.then(|| Value::from(true))),
                    (4, complexity.then(|| Value::from(true))),
                ];
                (3, Some(map(params)))
            }
            Setting::LongTouch => (4, None),
            Setting::Vendor => (0xFF, Some(map(vec![(1, Some(Value::from(7)))]))),
        };
        let message = [&[0xFF; 32][..], &[0x0D, subcommand], &params.as_ref().map(cbor::write).unwrap_or_default()].concat();
        let (param, protocol, worth) = self.sign(auth, &message);
        sent.param = worth;
        bytes(0x0D, &map(vec![(1, Some(Value::from(subcommand))), (2, params), (3, protocol), (4, param)]))
    }

    fn bio(&self, sent: &mut Sent, preview: bool, auth: Auth, what: &Bio) -> Vec<u8> {
        let code = if preview { 0x40 } else { 0x09 };
        let timeout = |ms: &Option<u64>| ms.map(|ms| map(vec![(3, Some(Value::from(ms)))]));
        let mut named = |number: u8| {
            let fingers = self.fingers;
            sent.finger = fingers.get(usize::from(number) % fingers.len().max(1)).cloned().unwrap_or_else(|| vec![0xEE; 16]);
            Some(Value::Bytes(sent.finger.clone()))
        };
        let (subcommand, params) = match what {
            Bio::Modality => return bytes(code, &map(vec![(6, Some(Value::from(true)))])),
            Bio::Sensor => (7, None),
            Bio::Begin { timeout_ms } => (1, timeout(timeout_ms)),
            Bio::Capture => {
                sent.finger = self.platform().enrolling.clone();
                (2, Some(map(vec![(1, Some(Value::Bytes(sent.finger.clone())))])))
            }
            Bio::Cancel => (3, None),
            Bio::Enumerate => (4, None),
            Bio::Rename { finger, name } => (5, Some(map(vec![(1, named(*finger)), (2, Some(Value::from(finger_name(*name))))]))),
            Bio::Remove { finger } => (6, Some(map(vec![(1, named(*finger))]))),
        };
        let message = [&[1, subcommand][..], &params.as_ref().map(cbor::write).unwrap_or_default()].concat();
        let (param, protocol, worth) = self.sign(auth, &message);
        sent.param = worth;
        let members = map(vec![(1, Some(Value::from(1))), (2, Some(Value::from(subcommand))), (3, params), (4, protocol), (5, param)]);
        bytes(code, &members)
    }
}

/// Offset, bytes, and the length of the whole array.
pub fn fragment(array: u8, part: u8, of: u8) -> (usize, Vec<u8>, usize) {
    let whole = blob_array(array);
    let (part, of) = (usize::from(part), usize::from(of.max(1)));
    let [from, to] = [part, part + 1].map(|part| (whole.len() * part / of).min(whole.len()));
    (from, whole[from..to].to_vec(), whole.len())
}
