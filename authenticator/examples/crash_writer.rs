//! The victim of `cargo xtask crash`: registers and logs in without end on a sled store, and prints each fact after its acknowledgement.
//!
//! `crash_writer FOLDER SEED`. First it reads everything back: a line `found AUTHENTICATOR ID` for each credential, then `ready`. Then one
//! line for each acknowledged fact: `credential AUTHENTICATOR ID`, and `counter AUTHENTICATOR SCOPE VALUE`, with `-` as the global scope.
//! Each line is flushed. The process ends when it is killed.

use std::error::Error;
use std::io::Write;

use ciborium::Value;
use faultkey_authenticator::config::{BuiltInVerification, SignCountPolicy};
use faultkey_authenticator::store::Database;
use faultkey_authenticator::{
    Authenticator, AuthenticatorData, CommandSteps, Config, Flags, Status, Step, Store, Time, UserAnswer, cbor, random,
};
use rand::Rng;

/// Two authenticators in one database, so that both kinds of counters are under test.
const AUTHENTICATORS: [(&str, SignCountPolicy); 2] =
    [("global", SignCountPolicy::Global), ("per-credential", SignCountPolicy::PerCredential)];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(seed)) = (arguments.next(), arguments.next()) else { return Err("usage: crash_writer FOLDER SEED".into()) };
    let mut chance = random::stream(seed.parse()?, "crash-writer");
    let database = Database::open(folder)?;

    let mut keys = Vec::new();
    for (number, (name, sign_count)) in AUTHENTICATORS.into_iter().enumerate() {
        let store = database.authenticator(name)?;
        let ids: Vec<Vec<u8>> = store.credentials()?.into_iter().map(|credential| credential.id.0).collect();
        for id in &ids {
            say(&format!("found {name} {}", hex(id)))?;
        }
        let config = Config { sign_count, verification: BuiltInVerification::Absent, max_credentials: usize::MAX, ..Config::default() };
        let key_chance = random::stream(seed.parse()?, if number == 0 { "global" } else { "per-credential" });
        keys.push((name, sign_count, Authenticator::new(config, Box::new(store), key_chance), ids));
    }
    say("ready")?;

    for round in 0_u64.. {
        for (name, policy, key, ids) in &mut keys {
            let draw = chance.next_u64();
            // One registration to four log-ins, so that counters pass many windows.
            let known = usize::try_from(draw >> 8)?.checked_rem(ids.len()).and_then(|index| ids.get(index)).cloned();
            let (data, id) = match known {
                Some(id) if !draw.is_multiple_of(5) => (log_in(key, &id)?, id),
                _ => {
                    let data = register(key, round)?;
                    let id =
                        data.attested_credential_data.as_ref().map(|attested| attested.credential_id.clone()).ok_or("no credential")?;
                    say(&format!("credential {name} {}", hex(&id)))?;
                    ids.push(id.clone());
                    (data, id)
                }
            };
            // A new credential of its own counter has not counted yet.
            let counted = *policy == SignCountPolicy::Global || !data.flags.has(Flags::AT);
            if counted {
                let scope = if *policy == SignCountPolicy::Global { "-".to_owned() } else { hex(&id) };
                say(&format!("counter {name} {scope} {}", data.sign_count))?;
            }
        }
    }
    Ok(())
}

fn register(key: &mut Authenticator, round: u64) -> Result<AuthenticatorData, Box<dyn Error>> {
    let text = |text: &str| Value::from(text);
    let algorithm = cbor::text_map([("alg", Value::from(-7)), ("type", text("public-key"))]);
    let request = cbor::int_map([
        (1, Value::Bytes(vec![1; 32])),
        (2, cbor::text_map([("id", text("broker.test"))])),
        (3, cbor::text_map([("id", Value::Bytes(round.to_be_bytes().to_vec()))])),
        (4, Value::Array(vec![algorithm])),
    ]);
    command(key, 0x01, &request)
}

fn log_in(key: &mut Authenticator, id: &[u8]) -> Result<AuthenticatorData, Box<dyn Error>> {
    let descriptor = cbor::text_map([("id", Value::Bytes(id.to_vec())), ("type", Value::from("public-key"))]);
    let request = cbor::int_map([(1, Value::from("broker.test")), (2, Value::Bytes(vec![2; 32])), (3, Value::Array(vec![descriptor]))]);
    command(key, 0x02, &request)
}

/// Sends one command, touches the key, and returns the authenticator data of the reply (member 2 of both commands).
fn command(key: &mut Authenticator, code: u8, request: &Value) -> Result<AuthenticatorData, Box<dyn Error>> {
    let mut step = key.handle(Time::START, &[&[code], cbor::write(request).as_slice()].concat());
    if let Step::NeedUser(_) = step {
        step = key.answer(Time::START, UserAnswer::Approve);
    }
    let Step::Reply(reply) = step else { return Err("a second prompt".into()) };
    let bytes = reply.to_bytes().ok_or("silence")?;
    let Some((status, body)) = bytes.split_first() else { return Err("an empty reply".into()) };
    if *status != Status::Ok.code() {
        return Err(format!("command 0x{code:02X} is refused: {:?}", key.last_refusal()).into());
    }
    let (reply, _) = cbor::read_lenient(body)?;
    let member = reply.as_map().and_then(|pairs| pairs.iter().find(|(key, _)| *key == Value::from(2)));
    let data = member.and_then(|(_, data)| data.as_bytes()).ok_or("no authenticator data")?;
    Ok(AuthenticatorData::parse(data)?)
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    out.flush()
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
