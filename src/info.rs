//! `faultkey info`

use std::process::ExitCode;

use ciborium::Value;
use clap::Args;
use comfy_table::ColumnConstraint;
use faultkey_authenticator::{Authenticator, CommandSteps, MemoryStore, Step, Time, random};
use faultkey_fault_injection::profile;
use serde_json::json;

use crate::output::{self, columns, say};

/// Print what a device reports about itself: the members of authenticatorGetInfo, with their names and meanings.
///
/// A client reads this first, and decides by it what it can ask for. Without --profile: faultkey's own plain security key.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  faultkey info --profile yubikey-5\n  faultkey info --json | jq .options\n\n`faultkey profiles` lists the devices."
)]
pub struct Arguments {
    /// The device (`faultkey profiles`).
    #[arg(long, value_name = "NAME", default_value = "security-key")]
    profile: String,
    /// As JSON: members by name, byte strings in hex.
    #[arg(long)]
    json: bool,
}

/// The members (CTAP2.3 §6.4): number, name, meaning.
const MEMBERS: [(u8, &str, &str); 31] = [
    (0x01, "versions", "supported protocol versions"),
    (0x02, "extensions", "supported extensions"),
    (0x03, "aaguid", "model identifier"),
    (0x04, "options", "supported options"),
    (0x05, "maxMsgSize", "maximum request size, in bytes"),
    (0x06, "pinUvAuthProtocols", "PIN/UV auth protocols, preferred first"),
    (0x07, "maxCredentialCountInList", "maximum length of an allow or exclude list"),
    (0x08, "maxCredentialIdLength", "maximum credential ID length, in bytes"),
    (0x09, "transports", "supported transports"),
    (0x0A, "algorithms", "signature algorithms, preferred first"),
    (0x0B, "maxSerializedLargeBlobArray", "storage for large blobs, in bytes"),
    (0x0C, "forcePINChange", "whether the PIN must be changed before use"),
    (0x0D, "minPINLength", "minimum PIN length, in code points"),
    (0x0E, "firmwareVersion", "firmware version"),
    (0x0F, "maxCredBlobLength", "maximum credBlob length, in bytes"),
    (0x10, "maxRPIDsForSetMinPINLength", "how many relying parties may read minPINLength"),
    (0x11, "preferredPlatformUvAttempts", "built-in verification attempts before the PIN"),
    (0x12, "uvModality", "user verification methods (FIDO registry)"),
    (0x13, "certifications", "certifications"),
    (0x14, "remainingDiscoverableCredentials", "free slots for discoverable credentials"),
    (0x15, "vendorPrototypeConfigCommands", "vendor-specific configuration commands"),
    (0x16, "attestationFormats", "attestation formats, preferred first"),
    (0x17, "uvCountSinceLastPinEntry", "user verifications since the last PIN entry"),
    (0x18, "longTouchForReset", "whether a reset needs a long touch"),
    (0x19, "encIdentifier", "device identifier, encrypted"),
    (0x1A, "transportsForReset", "transports over which it can be reset"),
    (0x1B, "pinComplexityPolicy", "whether PINs must meet more than a length"),
    (0x1C, "pinComplexityPolicyURL", "where the PIN rules are explained"),
    (0x1D, "maxPINLength", "maximum PIN length, in code points"),
    (0x1E, "encCredStoreState", "state of the credential store, encrypted"),
    (0x1F, "authenticatorConfigCommands", "supported configuration commands"),
];

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let profile = profile::find(&arguments.profile).ok_or_else(|| profile::unknown(&arguments.profile).to_string())?;
    let mut device = Authenticator::new(profile.authenticator.clone(), Box::<MemoryStore>::default(), random::stream(0, "info"));
    let Step::Reply(reply) = device.handle(Time::START, &[0x04]) else { return Err("getInfo waits for the user".to_owned()) };
    let bytes = reply.to_bytes().unwrap_or_default();
    let Some((0x00, map)) = bytes.split_first().map(|(status, map)| (*status, map)) else {
        return Err(format!("getInfo was answered with an error: {}", hex(&bytes)));
    };
    let members = match ciborium::from_reader(map) {
        Ok(Value::Map(members)) => members,
        Ok(_) => return Err(format!("getInfo's answer is not a CBOR map: {}", hex(map))),
        Err(error) => return Err(format!("getInfo's answer is not CBOR: {error}")),
    };
    if arguments.json {
        let object: serde_json::Map<_, _> = members.iter().map(|(key, value)| (name(key).0, to_json(value))).collect();
        output::json(&format!("{:#}", serde_json::Value::Object(object)));
        return Ok(ExitCode::SUCCESS);
    }
    say!("{}: {}\n", profile.name, profile.title.en);
    let mut table = columns();
    for (key, value) in &members {
        let (name, meaning) = name(key);
        let number = key.as_integer().map_or_else(|| "?".to_owned(), |number| format!("0x{:02X}", i128::from(number)));
        table.add_row([number, name.clone(), shown(&name, value), meaning.to_owned()]);
    }
    for column in 0..2 {
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    say!("{}", table.trim_fmt());
    Ok(ExitCode::SUCCESS)
}

/// A member's name and meaning; one that the specification doesn't know keeps its number.
fn name(key: &Value) -> (String, &'static str) {
    let number = key.as_integer().map(i128::from);
    MEMBERS.iter().find(|(known, ..)| number == Some(i128::from(*known))).map_or_else(
        || (number.map_or_else(|| to_json(key).to_string(), |number| number.to_string()), "not in the specification"),
        |(_, name, meaning)| ((*name).to_owned(), *meaning),
    )
}

/// A value as a person reads it.
fn shown(member: &str, value: &Value) -> String {
    match value {
        Value::Bytes(bytes) if member == "aaguid" => <[u8; 16]>::try_from(bytes.as_slice())
            .map_or_else(|_| hex(bytes), |aaguid| faultkey_authenticator::authenticator_data::format_aaguid(&aaguid)),
        Value::Array(items) => items.iter().map(|item| shown(member, item)).collect::<Vec<_>>().join(", "),
        // A credential parameter: the type is always the same.
        Value::Map(pairs) if member == "algorithms" => {
            pairs.iter().find(|(key, _)| key.as_text() == Some("alg")).map_or_else(String::new, |(_, alg)| algorithm(alg))
        }
        Value::Map(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{}: {}", shown(member, key), shown(member, value))).collect();
            pairs.join(", ")
        }
        Value::Text(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => to_json(other).to_string(),
    }
}

/// COSE algorithms by their usual names.
fn algorithm(identifier: &Value) -> String {
    let number = identifier.as_integer().map_or(0, i128::from);
    let name = match number {
        -7 => "ES256",
        -8 => "EdDSA",
        -9 => "ESP256",
        -19 => "Ed25519",
        -35 => "ES384",
        -36 => "ES512",
        -37 => "PS256",
        -38 => "PS384",
        -39 => "PS512",
        -47 => "ES256K",
        -48 => "ML-DSA-44",
        -49 => "ML-DSA-65",
        -50 => "ML-DSA-87",
        -51 => "ESP384",
        -52 => "ESP512",
        -53 => "Ed448",
        -257 => "RS256",
        -258 => "RS384",
        -259 => "RS512",
        _ => return number.to_string(),
    };
    format!("{name} ({number})")
}

fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Integer(number) => i64::try_from(*number).map_or_else(|_| json!(i128::from(*number).to_string()), |number| json!(number)),
        Value::Bytes(bytes) => json!(hex(bytes)),
        Value::Text(text) => json!(text),
        Value::Bool(value) => json!(value),
        Value::Array(items) => items.iter().map(to_json).collect(),
        Value::Map(pairs) => {
            let key = |key: &Value| key.as_text().map_or_else(|| to_json(key).to_string(), str::to_owned);
            serde_json::Value::Object(pairs.iter().map(|(name, value)| (key(name), to_json(value))).collect())
        }
        _ => serde_json::Value::Null,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
