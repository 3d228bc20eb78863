//! getInfo, as far as it tells of state (CTAP2.3 §6.4).

use ciborium::Value;
use faultkey_authenticator::config::{BuiltInVerification, Kind, Version};

use super::{Model, Run, Verdict, must};
use crate::reply::{Reply, field};

impl Model {
    /// `makeCredUvNotRqd`
    pub(super) fn makes_without_verification(&self) -> bool {
        let can_verify = self.config.verification != BuiltInVerification::Absent || self.config.protection.client_pin;
        can_verify && self.config.protection.make_cred_uv_not_required && !self.durable.settings.always_uv
    }

    /// What getInfo says and the state are the same. `verifications`: since the last PIN, if that is known.
    pub fn check_info(&self, info: &Reply, verifications: Option<u64>) -> Result<(), String> {
        let (protection, commands, settings) = (&self.config.protection, &self.config.commands, &self.durable.settings);
        let options = info.member(4).cloned().unwrap_or(Value::Map(Vec::new()));
        let sensor = commands.fingerprint_sensor.is_some();
        let enrolled = sensor && !self.durable.fingers.is_empty();
        let expected = [
            ("clientPin", protection.client_pin.then_some(self.durable.pin.is_some())),
            ("uv", (self.config.verification != BuiltInVerification::Absent).then(|| self.uv_ready())),
            ("alwaysUv", protection.always_uv.map(|_| settings.always_uv)),
            ("ep", protection.enterprise_attestation.then_some(settings.enterprise)),
            ("bioEnroll", (sensor && commands.bio_enrollment).then_some(enrolled)),
            ("makeCredUvNotRqd", self.makes_without_verification().then_some(true)),
        ];
        for (name, value) in expected {
            let told = field(&options, name).and_then(Value::as_bool);
            if told != value {
                return Err(format!("the option {name} of getInfo is {told:?}, and should be {value:?}"));
            }
        }
        let has_pin = protection.client_pin && protection.is_at_least(Version::Fido2_1);
        let room = self.config.max_credentials - self.durable.credentials.len();
        let knows = |member| protection.knows(Kind::Member(member));
        let numbers = [
            (0x0D, (protection.client_pin && knows(0x0D)).then_some(u64::from(settings.min_pin_length))),
            (0x14, (self.config.discoverable && knows(0x14)).then_some(room as u64)),
            (0x17, verifications.filter(|_| has_pin && self.uv_ready())),
        ];
        for (member, value) in numbers {
            let told = info.number(member);
            if told != value && !(member == 0x17 && verifications.is_none()) {
                return Err(format!("member 0x{member:02X} of getInfo is {told:?}, and should be {value:?}"));
            }
        }
        let flags = [
            (0x0C, has_pin.then_some(settings.force_change)),
            (0x18, protection.long_touch_for_reset.map(|_| settings.long_touch)),
            (0x1B, protection.pin_complexity_policy.map(|_| settings.complexity)),
        ];
        for (member, value) in flags {
            let told = info.flag(member);
            if told != value {
                return Err(format!("member 0x{member:02X} of getInfo is {told:?}, and should be {value:?}"));
            }
        }
        let versions = info.member(1).and_then(Value::as_array).cloned().unwrap_or_default();
        if versions.contains(&Value::from("U2F_V2")) != (self.has_u2f() && !settings.always_uv) {
            return Err("getInfo tells U2F_V2 under alwaysUv, or not without".to_owned());
        }
        for member in [0x19, 0x1E] {
            if info.member(member).is_some() != (self.durable.persistent_token.is_some() && knows(member)) {
                return Err(format!("member 0x{member:02X} of getInfo does not go with the persistent token"));
            }
        }
        Ok(())
    }
}

impl Run<'_, '_> {
    pub(super) fn info(&mut self) -> Verdict<()> {
        let verifications = self.model.volatile.verifications;
        self.model.check_info(self.reply()?, Some(verifications))?;
        let knows = self.model.config.protection.knows(Kind::Member(0x14));
        must(self.reply()?.number(0x14).is_some() == (self.model.config.discoverable && knows), "member 0x14 does not go with rk")
    }
}
