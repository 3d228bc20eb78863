//! CTAPHID_LOCK: one channel has the device for itself, for some seconds (CTAP2.3 §11.2.9.2.2).

use std::time::Duration;

use faultkey_authenticator::{CommandSteps, Time};

use super::Engine;
use crate::ctaphid::transaction::Lock;
use crate::ctaphid::{ErrorCode, HidEvent, Touch, command};

/// In seconds.
const LONGEST_LOCK: u8 = 10;

impl<S: CommandSteps, T: Touch> Engine<S, T> {
    pub(super) fn execute_lock(&mut self, now: Time, channel: u32, seconds: u8) {
        match seconds {
            0 => {
                if self.lock.is_some() {
                    self.unlock(channel);
                }
            }
            1..=LONGEST_LOCK => {
                self.lock = Some(Lock { channel, until: now + Duration::from_secs(seconds.into()) });
                self.event(HidEvent::Locked { channel });
            }
            _ => return self.fail(channel, ErrorCode::InvalidParameter),
        }
        self.respond(channel, command::LOCK, Vec::new());
    }

    pub(super) fn unlock(&mut self, channel: u32) {
        self.lock = None;
        self.event(HidEvent::Unlocked { channel });
    }
}
