//! The run's clock: virtual in process, shared by the client's side and the embedded relying party.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use faultkey_authenticator::Time;

/// Lets so much real time pass.
pub type Waiter = Arc<dyn Fn(Duration) -> Wait + Send + Sync>;

/// Ends when the time is over.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A clock that moves only when told to. Clones share the same hands.
#[derive(Clone, Default)]
pub struct Clock {
    millis: Arc<AtomicU64>,
    waiter: Option<Waiter>,
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).finish_non_exhaustive()
    }
}

impl Clock {
    /// A clock for a relying party that reads a real one: where time is told to pass, it passes for real as well, by calling `waiter`.
    /// (What the user needs for a ceremony stays virtual: that time no relying party has to see.)
    #[must_use]
    pub fn that_waits(waiter: Waiter) -> Self {
        Self { waiter: Some(waiter), ..Self::default() }
    }

    #[must_use]
    pub fn now(&self) -> Time {
        Time::from_millis(self.millis.load(Ordering::SeqCst))
    }

    /// Whether real time passes, too.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.waiter.is_some()
    }

    /// Lets time pass, for real as well where the relying party reads a real clock.
    pub async fn pass(&self, by: Duration) {
        self.advance(by);
        if let Some(waiter) = &self.waiter {
            waiter(by).await;
        }
    }

    /// Moves the hands.
    pub fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }

    /// Moves the hands to `to`; never back.
    pub fn advance_to(&self, to: Time) {
        self.millis.fetch_max(to.as_millis(), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn hands_are_shared_and_never_go_back() {
        let clock = Clock::default();
        let other = clock.clone();
        clock.advance(Duration::from_secs(2));
        other.advance_to(Time::from_millis(500));
        assert_eq!(other.now(), Time::from_millis(2_000));
    }

    #[tokio::test]
    async fn told_time_passes_for_real_but_the_users_does_not() {
        let waited = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&waited);
        let clock = Clock::that_waits(Arc::new(move |time| {
            seen.lock().unwrap().push(time);
            Box::pin(std::future::ready(()))
        }));
        assert!(clock.waits() && !Clock::default().waits());
        clock.clone().pass(Duration::from_secs(3)).await;
        clock.advance_to(Time::from_millis(9_000));
        assert_eq!(*waited.lock().unwrap(), [Duration::from_secs(3)]);
        assert_eq!(clock.now(), Time::from_millis(9_000));
    }
}
