//! authenticatorGetInfo (CTAP2.3 §6.4).

use ciborium::Value;

use crate::attestation::AttestationFormat;
use crate::cbor;
use crate::command::{Decision, Turn};
use crate::config::BuiltInVerification;
use crate::device::Device;
use crate::{Response, algorithm};

/// Members in canonical order. Only `FIDO_2_0` is claimed: the later versions oblige a key with discoverable credentials to offer
/// credential management and extensions (CTAP2.3 §9) that this one does not have.
pub(super) fn start(device: &Device) -> Decision {
    let config = &device.config;
    let texts = |items: &[&str]| Value::Array(items.iter().map(|item| Value::from(*item)).collect());
    let stored = device.store.credentials()?.len();
    let transports: Vec<&str> = config.transports.iter().map(String::as_str).collect();
    let formats: Vec<&str> = config.attestation.supported().into_iter().map(AttestationFormat::identifier).collect();
    let algorithms = algorithms(&config.algorithms)
        .map(|algorithm| cbor::text_map([("alg", Value::from(algorithm)), ("type", Value::from("public-key"))]))
        .collect();

    let mut members = vec![
        (0x01, texts(&["FIDO_2_0"])),
        (0x03, Value::Bytes(config.aaguid.to_vec())),
        (0x04, options(device)),
        (0x05, cbor::count(config.max_message_size)),
        (0x07, cbor::count(config.max_credential_count_in_list)),
        (0x08, cbor::count(config.credential_id_length.clamp(16, 1_023))),
        (0x09, texts(&transports)),
        (0x0A, Value::Array(algorithms)),
        (0x0E, Value::from(config.firmware_version)),
    ];
    if config.discoverable {
        members.push((0x14, cbor::count(config.max_credentials.saturating_sub(stored))));
    }
    members.push((0x16, texts(&formats)));
    Ok(Turn::Decided(Response::GetInfo(members.into_iter().map(|(key, value)| (Value::from(key), value)).collect())))
}

/// What is configured and this crate can sign with, preferred first.
pub(super) fn algorithms(configured: &[i64]) -> impl Iterator<Item = i64> {
    configured.iter().copied().filter(|algorithm| algorithm::SUPPORTED.contains(algorithm))
}

/// Keys by length, then bytes.
fn options(device: &Device) -> Value {
    let config = &device.config;
    let mut options = Vec::new();
    if config.discoverable {
        options.push(("rk", true));
    }
    options.push(("up", true));
    match config.verification {
        BuiltInVerification::Absent => {}
        BuiltInVerification::NotEnrolled => options.push(("uv", false)),
        BuiltInVerification::Ready => options.push(("uv", true)),
    }
    options.push(("plat", config.platform));
    if config.verification != BuiltInVerification::Absent {
        // A non-discoverable credential may be made without verification (§6.1.2 step 10).
        options.push(("makeCredUvNotRqd", true));
    }
    Value::Map(options.into_iter().map(|(key, value)| (Value::from(key), Value::from(value))).collect())
}
