//! The real clock. Links have one; the rooms below are told the time.

use std::future::pending;
use std::time::Duration;

use faultkey_authenticator::Time;
use tokio::time::{Instant, sleep_until};

/// Turns the real clock into the time of the rooms below.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    start: Instant,
}

impl WallClock {
    /// [`Time::START`] is now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    #[must_use]
    pub fn now(&self) -> Time {
        Time::START + self.start.elapsed()
    }

    /// Until then; `None` is never.
    pub async fn reach(&self, time: Option<Time>) {
        match time {
            Some(time) => sleep_until(self.start + Duration::from_millis(time.as_millis())).await,
            None => pending().await,
        }
    }
}
