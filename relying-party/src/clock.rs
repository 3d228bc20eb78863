//! The run's clock: virtual in process, shared by the client's side and the embedded relying party.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use faultkey_authenticator::Time;

/// A clock that moves only when told to. Clones share the same hands.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    millis: Arc<AtomicU64>,
}

impl Clock {
    #[must_use]
    pub fn now(&self) -> Time {
        Time::from_millis(self.millis.load(Ordering::SeqCst))
    }

    pub fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }

    /// Moves the hands to `to`; never back.
    pub fn advance_to(&self, to: Time) {
        self.millis.fetch_max(to.as_millis(), Ordering::SeqCst);
    }
}
