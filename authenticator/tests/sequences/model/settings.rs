//! authenticatorConfig, reset and selection (CTAP2.3 §6.6, §6.9, §6.11).

use faultkey_authenticator::{Prompt, Status};

use super::token::{ACFG, Scope};
use super::{Model, PIN_TRIES, RESET_WINDOW, Run, Verdict, declined, must, refuse};
use crate::action::{Answer, Setting};

impl Run<'_, '_> {
    pub(super) fn configure(&mut self, what: &Setting) -> Verdict<()> {
        let protection = self.model.config.protection.clone();
        let has = match what {
            Setting::Enterprise => protection.enterprise_attestation,
            Setting::AlwaysUv => protection.always_uv.is_some(),
            Setting::MinPin { .. } => protection.set_min_pin_length,
            Setting::LongTouch => protection.long_touch_for_reset.is_some(),
            Setting::Vendor => protection.vendor_prototype_config_commands.is_some(),
        };
        if !has {
            return refuse(Status::InvalidParameter);
        }
        let is_protected = self.model.is_protected();
        // Without anything to verify by, alwaysUv can still be switched off again.
        let is_free = !is_protected && (*what == Setting::AlwaysUv || !self.model.durable.settings.always_uv);
        if !is_free {
            self.authorize(ACFG, Scope::Any, false)?;
        }
        match what {
            Setting::Enterprise => self.commit(|durable| durable.settings.enterprise = true)?,
            Setting::AlwaysUv => self.commit(|durable| durable.settings.always_uv = !durable.settings.always_uv)?,
            Setting::LongTouch => self.commit(|durable| durable.settings.long_touch = true)?,
            Setting::MinPin { length, rps, force, complexity } => return self.set_min_pin(*length, *rps, *force, *complexity),
            // No vendor command is configured.
            Setting::Vendor => return refuse(Status::InvalidParameter),
        }
        self.granted()
    }

    fn set_min_pin(&mut self, length: Option<u8>, rps: Option<u8>, force: bool, complexity: bool) -> Verdict<()> {
        let protection = self.model.config.protection.clone();
        let settings = self.model.durable.settings.clone();
        let length = length.unwrap_or(settings.min_pin_length);
        if length < settings.min_pin_length || length > protection.max_pin_length {
            return refuse(Status::PinPolicyViolation);
        }
        if complexity && protection.pin_complexity_policy.is_none() {
            return refuse(Status::InvalidParameter);
        }
        let pin = self.model.durable.pin.clone();
        if force && pin.is_none() {
            return refuse(Status::PinNotSet);
        }
        if rps.is_some_and(|count| usize::from(count) > protection.max_rp_ids_for_set_min_pin_length) {
            return refuse(Status::KeyStoreFull);
        }
        let is_newly_complex = complexity && !settings.complexity;
        let is_too_short = |pin: &String| pin.chars().count() < usize::from(length);
        let must_change = force || pin.as_ref().is_some_and(|pin| is_newly_complex || is_too_short(pin));
        self.commit(|durable| {
            durable.settings.min_pin_length = length;
            durable.settings.min_pin_length_rps = rps.filter(|count| *count > 0).unwrap_or(settings.min_pin_length_rps);
            durable.settings.complexity |= complexity;
            durable.settings.force_change |= must_change;
            if must_change {
                durable.persistent_token = None;
            }
        })?;
        if self.model.durable.settings.force_change {
            self.model.volatile.token = None;
        }
        self.granted()
    }

    pub(super) fn reset(&mut self) -> Verdict<()> {
        if !self.model.config.platform && self.now - self.model.volatile.powered_on > RESET_WINDOW {
            return refuse(Status::NotAllowed);
        }
        let answer = self.ask(None)?;
        must(matches!(self.prompt(), Some(Prompt::Presence { .. })), "the user was asked for a finger, not for a touch")?;
        match answer {
            Answer::Approve => {}
            Answer::WrongFinger | Answer::BadSample if !self.model.durable.settings.long_touch => {}
            other => return refuse(declined(other)),
        }
        let settings = Model::factory_settings(&self.model.config);
        let uv_tries = self.model.config.verification_tries;
        self.commit(|durable| {
            durable.pin = None;
            durable.pin_tries = PIN_TRIES;
            durable.uv_tries = uv_tries;
            durable.persistent_token = None;
            durable.settings = settings;
            durable.fingers.clear();
            durable.credentials.clear();
            durable.blob = crate::request::blob_array(0);
        })?;
        let volatile = &mut self.model.volatile;
        volatile.wrong_pins = 0;
        volatile.verifications = 0;
        volatile.token = None;
        volatile.enrolling = None;
        volatile.blob = (0, 0, Vec::new());
        volatile.epoch += 1;
        self.granted()
    }

    pub(super) fn select(&mut self) -> Verdict<()> {
        self.touch()?;
        self.granted()
    }
}
