//! What kind of device speaks CTAPHID.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{capability, command};

/// The configuration of one device's CTAPHID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Major, minor, build, as INIT answers.
    pub device_version: [u8; 3],
    /// From packet to packet of one message; then `ERR_MSG_TIMEOUT`. CTAP2.3 §11.2.5.2 names no number; half a second is usual.
    pub transaction_timeout: Duration,
    /// From keepalive to keepalive. CTAP2.3 §11.2.9.1.7: at least every 100 ms; a little less leaves room for a real clock.
    pub keepalive_interval: Duration,
    /// How long a prompt waits before the user counts as absent; the authenticator's own. A fingerprint's enrolment may bring another.
    pub user_action_timeout: Duration,
    /// How long every CBOR command takes: a slow key.
    pub processing_time: Duration,
    pub ctap1: Ctap1,
    /// WINK is implemented.
    pub wink: bool,
    /// LOCK is implemented.
    pub lock: bool,
    /// Commands 0x40 to 0x7F that the device has.
    pub vendor: BTreeMap<u8, VendorCommand>,
    /// Channels that the device remembers.
    pub most_channels: usize,
    /// The first channel that it gives out.
    pub first_channel: u32,
}

/// What MSG does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ctap1 {
    /// Not implemented: INIT says so, and it is `ERR_INVALID_CMD`.
    Absent,
    /// Implemented, but every APDU is answered with this status word.
    Refuse(u16),
    /// Every APDU goes to the authenticator. A request that needs a touch is answered at once, with `0x6985` until the user has touched: U2F's
    /// hosts poll (CTAP2.3 §11.2.9.1.1, U2F raw messages §4.2 and §5.2).
    Implemented,
}

/// A command of the vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VendorCommand {
    /// Without LOCK before it, it is `ERR_LOCK_REQUIRED`.
    pub needs_lock: bool,
    /// What it answers.
    pub answer: Vec<u8>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            device_version: [1, 0, 0],
            transaction_timeout: Duration::from_millis(500),
            keepalive_interval: Duration::from_millis(80),
            user_action_timeout: Duration::from_secs(30),
            processing_time: Duration::ZERO,
            ctap1: Ctap1::Absent,
            wink: true,
            lock: true,
            vendor: BTreeMap::new(),
            most_channels: 4_096,
            first_channel: 1,
        }
    }
}

impl Config {
    /// The capability byte of INIT's answer.
    #[must_use]
    pub fn capabilities(&self) -> u8 {
        let wink = if self.wink { capability::WINK } else { 0 };
        let nmsg = if self.ctap1 == Ctap1::Absent { capability::NMSG } else { 0 };
        capability::CBOR | wink | nmsg
    }

    /// The vendor's command with this number, if it is in the vendors' range.
    pub(crate) fn vendor(&self, number: u8) -> Option<&VendorCommand> {
        self.vendor.get(&number).filter(|_| number >= command::VENDOR_FIRST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_follow_the_configuration() {
        assert_eq!(Config::default().capabilities(), 0x0D);
        assert_eq!(Config { ctap1: Ctap1::Refuse(0x6D00), wink: false, ..Config::default() }.capabilities(), 0x04);
        assert_eq!(Config { ctap1: Ctap1::Implemented, ..Config::default() }.capabilities(), 0x05);
    }

    #[test]
    fn only_the_vendors_range_is_the_vendors() {
        let vendor = BTreeMap::from([(0x3F, VendorCommand::default()), (0x40, VendorCommand::default())]);
        let config = Config { vendor, ..Config::default() };
        assert_eq!((config.vendor(0x3F), config.vendor(0x40).is_some(), config.vendor(0x41)), (None, true, None));
    }
}
