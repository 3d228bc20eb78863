//! How an authenticator stands, for somebody who looks at it from outside: no command, no client, nothing is changed.

use crate::StoreError;
use crate::config::BuiltInVerification;
use crate::device::Device;
use crate::pin_uv::TRIES_PER_POWER_CYCLE;

/// The protections as they are now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// `None`: the device takes no PIN.
    pub pin: Option<PinStanding>,
    /// `uvRetries`; `None` without a reader.
    pub verification_tries_left: Option<u8>,
}

/// The PIN of a device that takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinStanding {
    pub is_set: bool,
    /// `pinRetries`.
    pub tries_left: u8,
    /// Three wrong ones in a row (CTAP2.3 §6.5.5.6).
    pub needs_power_cycle: bool,
}

impl Device {
    pub(crate) fn standing(&self) -> Result<Standing, StoreError> {
        let pin = match self.config.protection.client_pin {
            false => None,
            true => Some(PinStanding {
                is_set: self.pin()?.is_some(),
                tries_left: self.pin_tries_left()?,
                needs_power_cycle: self.wrong_pins_in_a_row >= TRIES_PER_POWER_CYCLE,
            }),
        };
        let has_reader = self.config.verification != BuiltInVerification::Absent;
        let verification_tries_left = has_reader.then(|| self.verification_tries_left()).transpose()?;
        Ok(Standing { pin, verification_tries_left })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use crate::bench::{Bench, passkey, prompt};
    use crate::config::Protection;

    #[test]
    fn a_wrong_finger_and_a_pin_are_seen_from_outside() {
        let config = Config { verification: BuiltInVerification::Ready, protection: Protection::full(), ..Config::default() };
        let mut bench = Bench::new(config);
        let tries = bench.key.config().verification_tries;
        let unset = PinStanding { is_set: false, tries_left: 8, needs_power_cycle: false };
        assert_eq!(bench.key.standing().unwrap(), Standing { pin: Some(unset), verification_tries_left: Some(tries) });
        assert!(bench.key.preset_pin("1234").unwrap());
        let _ = prompt(bench.send(0x01, passkey(1)));
        let set = PinStanding { is_set: true, ..unset };
        assert_eq!(bench.key.standing().unwrap(), Standing { pin: Some(set), verification_tries_left: Some(tries - 1) });
    }

    #[test]
    fn what_a_device_has_not_is_not_there() {
        let config = Config { verification: BuiltInVerification::Absent, ..Config::default() };
        let standing = Bench::new(config).key.standing().unwrap();
        assert_eq!((standing.pin, standing.verification_tries_left), (None, None));
    }
}
