//! authenticatorGetInfo (CTAP2.3 §6.4).

mod encrypted;

use ciborium::Value;

use crate::cbor;
use crate::command::{Decision, Turn, authenticator_config, bio_enrollment, credential_management, large_blobs};
use crate::config::{BuiltInVerification, Kind, Version};
use crate::device::Device;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::{Response, StoreError, algorithm};

/// Members in canonical order.
pub(super) fn start(device: &mut Device) -> Decision {
    let members = members(device)?;
    Ok(Turn::Decided(Response::GetInfo(members.into_iter().map(|(key, value)| (Value::from(key), value)).collect())))
}

fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> Value {
    Value::Array(items.into_iter().map(Value::from).collect())
}

fn numbers<'a>(items: impl IntoIterator<Item = &'a u64>) -> Value {
    Value::Array(items.into_iter().map(|item| Value::from(*item)).collect())
}

fn members(device: &mut Device) -> Result<Vec<(u8, Value)>, Refusal> {
    let encrypted = encrypted::members(device)?;
    let device = &*device;
    let (config, protection, settings) = (&device.config, &device.config.protection, device.settings()?);
    let stored = device.store.credentials()?.len();
    let algorithms = algorithms(&config.algorithms)
        .map(|algorithm| cbor::text_map([("alg", Value::from(algorithm)), ("type", Value::from("public-key"))]))
        .collect();
    let has_pin = protection.client_pin;
    let options = Value::Map(options(device)?.into_iter().map(|(key, value)| (Value::from(key), Value::from(value))).collect());
    let certifications = protection.certifications.iter().map(|(name, level)| (Value::from(name.as_str()), Value::from(*level))).collect();
    let certifications = Value::Map(certifications);
    let protocols: Vec<u64> = device.protocols().iter().map(|protocol| protocol.number()).collect();
    let strings = |items: &[String]| texts(items.iter().map(String::as_str));

    let mut members: Vec<(u8, Option<Value>)> = vec![
        (0x01, Some(texts(device.versions(&settings).map(|version| version.name())))),
        (0x02, (!config.extensions.supported.is_empty()).then(|| texts(config.extensions.identifiers()))),
        (0x03, Some(Value::Bytes(config.aaguid.to_vec()))),
        (0x04, Some(options)),
        (0x05, Some(cbor::count(config.max_message_size))),
        (0x06, (!protocols.is_empty()).then(|| numbers(&protocols))),
        (0x07, Some(cbor::count(config.max_credential_count_in_list))),
        (0x08, Some(cbor::count(config.credential_id_length.clamp(16, 1_023)))),
        (0x09, Some(strings(&config.transports))),
        (0x0A, Some(Value::Array(algorithms))),
        (0x0B, config.commands.large_blobs.map(cbor::count)),
        (0x0C, has_pin.then(|| Value::from(settings.force_pin_change))),
        (0x0D, has_pin.then(|| Value::from(settings.min_pin_length))),
        (0x0E, Some(Value::from(config.firmware_version))),
        (0x0F, config.extensions.max_cred_blob_length().map(cbor::count)),
        (0x10, protection.set_min_pin_length.then(|| cbor::count(protection.max_rp_ids_for_set_min_pin_length))),
        (0x11, protection.preferred_platform_uv_attempts.filter(|_| is_ready(device)).map(Value::from)),
        (0x12, protection.uv_modality.filter(|_| is_ready(device)).map(Value::from)),
        (0x13, (!protection.certifications.is_empty()).then_some(certifications)),
        (0x14, config.discoverable.then(|| cbor::count(config.max_credentials.saturating_sub(stored)))),
        (0x15, protection.vendor_prototype_config_commands.as_ref().map(numbers)),
        (0x16, Some(texts(config.attestation.identifiers()))),
        (0x17, (has_pin && is_ready(device)).then(|| Value::from(device.verifications_since_pin))),
        (0x18, protection.long_touch_for_reset.map(|_| Value::from(settings.long_touch_for_reset))),
        (0x1A, (!protection.transports_for_reset.is_empty()).then(|| strings(&protection.transports_for_reset))),
        (0x1B, protection.pin_complexity_policy.map(|_| Value::from(settings.pin_complexity_policy))),
        (0x1C, protection.pin_complexity_policy_url.as_ref().map(|url| Value::Bytes(url.as_bytes().to_vec()))),
        (0x1D, has_pin.then(|| Value::from(protection.max_pin_length))),
        (0x1F, protection.authenticator_config.then(|| numbers(&authenticator_config::supported(device)))),
    ];
    members.extend(encrypted);
    members.sort_by_key(|(key, _)| *key);
    members.retain(|(key, _)| protection.knows(Kind::Member(*key)));
    Ok(members.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
}

fn is_ready(device: &Device) -> bool {
    device.is_verification_ready().is_ok_and(|ready| ready)
}

/// What is configured and this crate can sign with, preferred first.
pub(super) fn algorithms(configured: &[i64]) -> impl Iterator<Item = i64> {
    configured.iter().copied().filter(|algorithm| algorithm::is_supported(*algorithm))
}

/// One option: its name, and how it stands. What is not supported is absent.
pub(crate) type Named = (&'static str, bool);

/// How an option stands now; `None`: absent.
pub(crate) fn option(device: &Device, name: &str) -> Option<bool> {
    options(device).ok()?.into_iter().find(|(own, _)| *own == name).map(|(_, value)| value)
}

/// Keys by length, then bytes.
fn options(device: &Device) -> Result<Vec<Named>, StoreError> {
    let (config, protection, settings) = (&device.config, &device.config.protection, device.settings()?);
    let mut options = vec![("up", true), ("plat", config.platform)];
    if config.discoverable {
        options.push(("rk", true));
    }
    match device.built_in_verification()? {
        BuiltInVerification::Absent => {}
        BuiltInVerification::NotEnrolled => options.push(("uv", false)),
        BuiltInVerification::Ready => options.push(("uv", true)),
    }
    if protection.client_pin {
        options.push(("clientPin", device.pin()?.is_some()));
    }
    if protection.pin_uv_auth_token {
        options.push(("pinUvAuthToken", true));
    }
    if protection.no_mc_ga_permissions_with_client_pin {
        options.push(("noMcGaPermissionsWithClientPin", true));
    }
    if protection.persistent_token {
        options.push(("perCredMgmtRO", true));
    }
    if device.makes_without_verification(&settings) {
        options.push(("makeCredUvNotRqd", true));
    }
    options.extend(authenticator_config::options(device, &settings));
    options.extend(credential_management::options(device));
    options.extend(bio_enrollment::options(device)?);
    options.extend(large_blobs::option(device));
    options.retain(|(name, _)| protection.knows(Kind::Option(name)));
    options.sort_by_key(|(name, _)| (name.len(), *name));
    Ok(options)
}

impl Device {
    /// U2F can't verify the user, so it is not there while `alwaysUv` is on (CTAP2.3 §7.2.4).
    pub(crate) fn versions(&self, settings: &Settings) -> impl Iterator<Item = Version> {
        let always_uv = settings.always_uv;
        self.config.protection.versions.iter().copied().filter(move |version| *version != Version::U2fV2 || !always_uv)
    }

    /// `makeCredUvNotRqd`: a non-discoverable credential may be made without verification (§6.1.2 step 10), but not under `alwaysUv`.
    pub(crate) fn makes_without_verification(&self, settings: &Settings) -> bool {
        let can_verify = self.config.verification != BuiltInVerification::Absent || self.config.protection.client_pin;
        can_verify && self.config.protection.make_cred_uv_not_required && !settings.always_uv
    }
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
        assert_eq!(info.member(1), Some(&Value::Array(vec![Value::from("FIDO_2_0"), Value::from("FIDO_2_1")])));
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
