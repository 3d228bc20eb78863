//! The PIN: set, changed, tried (CTAP2.3 §6.5.5).

use faultkey_authenticator::Status;
use unicode_normalization::is_nfc;

use super::{PIN_TRIES, PIN_TRIES_PER_POWER_CYCLE, Run, Verdict, must, refuse};

impl Run<'_, '_> {
    pub(super) fn pin_retries(&mut self) -> Verdict<()> {
        if !self.model.config.protection.client_pin {
            return refuse(Status::InvalidSubcommand);
        }
        let tries = self.reply()?.number(3);
        must(tries == Some(u64::from(self.model.durable.pin_tries)), &format!("pinRetries is {tries:?}"))?;
        let needs = self.reply()?.flag(4).unwrap_or(false);
        must(needs == (self.model.is_2_1() && self.model.volatile.wrong_pins >= PIN_TRIES_PER_POWER_CYCLE), "powerCycleState is wrong")
    }

    /// The platform's secret is that of the key that the authenticator has now.
    pub(super) fn is_secret_good(&self) -> bool {
        self.exchange.sent.epoch == Some(self.model.volatile.epoch)
    }

    pub(super) fn set_pin(&mut self, new: &str) -> Verdict<()> {
        if !self.model.config.protection.client_pin {
            return refuse(Status::InvalidSubcommand);
        }
        if self.model.durable.pin.is_some() || !self.is_secret_good() {
            return refuse(Status::PinAuthInvalid);
        }
        self.check_policy(new)?;
        self.keep_pin(new)
    }

    pub(super) fn change_pin(&mut self, new: &str) -> Verdict<()> {
        if !self.model.config.protection.client_pin {
            return refuse(Status::InvalidSubcommand);
        }
        self.may_try()?;
        if !self.is_secret_good() {
            return refuse(Status::PinAuthInvalid);
        }
        self.try_pin()?;
        self.check_policy(new)?;
        if self.model.durable.settings.force_change && self.model.durable.pin.as_deref() == Some(new) {
            return refuse(Status::PinPolicyViolation);
        }
        self.keep_pin(new)
    }

    fn check_policy(&self, new: &str) -> Verdict<()> {
        let (settings, length) = (&self.model.durable.settings, new.chars().count());
        let characters: Vec<u32> = new.chars().map(u32::from).collect();
        let mut different = characters.clone();
        different.sort_unstable();
        different.dedup();
        let is_run = characters.windows(2).all(|pair| pair[0] + 1 == pair[1]) || characters.windows(2).all(|pair| pair[0] == pair[1] + 1);
        let is_simple = different.len() < 3 || is_run;
        let is_bad = new.len() > 63
            || length < usize::from(settings.min_pin_length)
            || length > usize::from(self.model.config.protection.max_pin_length)
            || !is_nfc(new)
            || (settings.complexity && is_simple);
        if is_bad { refuse(Status::PinPolicyViolation) } else { Ok(()) }
    }

    fn keep_pin(&mut self, new: &str) -> Verdict<()> {
        let former = self.model.durable.pin.clone();
        self.commit(|durable| {
            durable.pin = Some(new.to_owned());
            durable.pin_tries = PIN_TRIES;
            durable.persistent_token = None;
            durable.settings.force_change = false;
        })?;
        self.model.former_pin = former.filter(|former| former != new).or(self.model.former_pin.take());
        self.model.volatile.token = None;
        self.model.volatile.wrong_pins = 0;
        self.granted()
    }

    /// There is a PIN, and tries of it are left.
    pub(super) fn may_try(&self) -> Verdict<()> {
        let (durable, volatile) = (&self.model.durable, &self.model.volatile);
        if durable.pin.is_none() {
            refuse(Status::PinNotSet)
        } else if durable.pin_tries == 0 {
            refuse(Status::PinBlocked)
        } else if volatile.wrong_pins >= PIN_TRIES_PER_POWER_CYCLE {
            refuse(Status::PinAuthBlocked)
        } else {
            Ok(())
        }
    }

    /// One try. It costs one before the authenticator knows whether the PIN is right.
    pub(super) fn try_pin(&mut self) -> Verdict<()> {
        self.commit(|durable| durable.pin_tries -= 1)?;
        // What was encrypted with another secret decrypts to noise, which is no PIN.
        let is_right = self.is_secret_good() && self.model.durable.pin.as_deref() == Some(self.exchange.sent.guess.as_str());
        let volatile = &mut self.model.volatile;
        if !is_right {
            volatile.epoch += 1;
            volatile.wrong_pins += 1;
            return refuse(match (self.model.durable.pin_tries, volatile.wrong_pins) {
                (0, _) => Status::PinBlocked,
                (_, PIN_TRIES_PER_POWER_CYCLE..) => Status::PinAuthBlocked,
                _ => Status::PinInvalid,
            });
        }
        let uv_tries = self.model.config.verification_tries;
        self.commit(|durable| {
            durable.pin_tries = PIN_TRIES;
            durable.uv_tries = uv_tries;
        })?;
        let volatile = &mut self.model.volatile;
        volatile.wrong_pins = 0;
        volatile.verifications = 0;
        Ok(())
    }
}
