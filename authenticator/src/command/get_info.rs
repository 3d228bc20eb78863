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
        (0x02, texts(&config.extensions.identifiers())),
        (0x03, Value::Bytes(config.aaguid.to_vec())),
        (0x04, options(device)),
        (0x05, cbor::count(config.max_message_size)),
        (0x07, cbor::count(config.max_credential_count_in_list)),
        (0x08, cbor::count(config.credential_id_length.clamp(16, 1_023))),
        (0x09, texts(&transports)),
        (0x0A, Value::Array(algorithms)),
        (0x0E, Value::from(config.firmware_version)),
    ];
    members.extend(config.extensions.max_cred_blob_length().map(|length| (0x0F, cbor::count(length))));
    if config.discoverable {
        members.push((0x14, cbor::count(config.max_credentials.saturating_sub(stored))));
    }
    members.push((0x16, texts(&formats)));
    // Absent rather than empty.
    members.retain(|(key, value)| *key != 0x02 || value.as_array().is_some_and(|extensions| !extensions.is_empty()));
    Ok(Turn::Decided(Response::GetInfo(members.into_iter().map(|(key, value)| (Value::from(key), value)).collect())))
}

/// What is configured and this crate can sign with, preferred first.
pub(super) fn algorithms(configured: &[i64]) -> impl Iterator<Item = i64> {
    configured.iter().copied().filter(|algorithm| algorithm::is_supported(*algorithm))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use crate::bench::{Answer, Bench, answer, field, passkey};

    fn info(config: Config) -> Answer {
        answer(Bench::new(config).bare(0x04))
    }

    fn option(info: &Answer, name: &str) -> Option<bool> {
        field(info.member(4).unwrap(), name).and_then(Value::as_bool)
    }

    #[test]
    fn a_security_key_says_what_it_is() {
        let info = info(Config::default());
        let Value::Map(pairs) = &info.tree else { panic!("no map") };
        let numbers: Vec<i64> = pairs.iter().map(|(key, _)| key.as_integer().unwrap().try_into().unwrap()).collect();
        assert_eq!(numbers, [1, 3, 4, 5, 7, 8, 9, 0x0A, 0x0E, 0x14, 0x16]);
        assert_eq!(info.member(1), Some(&Value::Array(vec![Value::from("FIDO_2_0")])));
        assert_eq!(info.member(5), Some(&Value::from(7_609)));
        assert_eq!(info.member(9), Some(&Value::Array(vec![Value::from("usb")])));
        assert_eq!(info.member(0x16), Some(&Value::Array(vec![Value::from("packed"), Value::from("none")])));
        assert_eq!(
            ["rk", "up", "uv", "plat", "makeCredUvNotRqd"].map(|name| option(&info, name)),
            [Some(true), Some(true), Some(true), Some(false), Some(true)]
        );
        // What it does not have is absent, not false.
        assert_eq!((option(&info, "clientPin"), option(&info, "alwaysUv")), (None, None));
    }

    #[test]
    fn options_tell_the_truth_about_the_configuration() {
        let of = |verification| info(Config { verification, platform: true, discoverable: false, ..Config::default() });
        let absent = of(BuiltInVerification::Absent);
        assert_eq!(["rk", "uv", "plat", "makeCredUvNotRqd"].map(|name| option(&absent, name)), [None, None, Some(true), None]);
        assert_eq!(absent.member(0x14), None);
        assert_eq!(option(&of(BuiltInVerification::NotEnrolled), "uv"), Some(false));
    }

    #[test]
    fn algorithms_that_cannot_sign_are_not_promised_and_room_shrinks() {
        let mut bench = Bench::new(Config { algorithms: vec![-65_535, -7], max_credentials: 3, ..Config::default() });
        let _ = bench.approve(0x01, passkey(1));
        let info = answer(bench.bare(0x04));
        let Some(Value::Array(algorithms)) = info.member(0x0A) else { panic!("no algorithms") };
        assert_eq!(algorithms.len(), 1);
        assert_eq!(field(&algorithms[0], "alg"), Some(&Value::from(-7)));
        assert_eq!(info.member(0x14), Some(&Value::from(2)));
    }
}
