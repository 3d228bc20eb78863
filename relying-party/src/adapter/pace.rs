//! How fast the relying party is asked.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::Waiter;

/// How often a request is sent at most that the relying party's rate limit refuses.
pub(super) const TRIES: u32 = 4;
/// Longer than this nobody waits for one request.
const LONGEST: Duration = Duration::from_secs(60);

/// How fast the relying party is asked, and who waits, for real. Clones share when the last request was.
#[derive(Clone)]
pub struct Pace {
    between: Duration,
    waiter: Waiter,
    begun: Arc<AtomicBool>,
}

impl Pace {
    /// `between` is the least time between two requests.
    #[must_use]
    pub fn new(between: Duration, waiter: Waiter) -> Pace {
        Pace { between, waiter, begun: Arc::default() }
    }

    pub(super) async fn before_a_request(&self) {
        let begun = self.begun.swap(true, Ordering::SeqCst);
        if begun && !self.between.is_zero() {
            (self.waiter)(self.between).await;
        }
    }

    /// Waits until a refused request may be sent again, after so many `tries`: as long as Retry-After says (RFC 9110 §10.2.3), else longer
    /// each time. Says no when it has been sent often enough, or must wait too long.
    pub(super) async fn may_try_again(&self, tries: u32, retry_after: Option<Duration>) -> bool {
        let wait = retry_after.unwrap_or_else(|| Duration::from_secs(1 << tries.saturating_sub(1).min(5)));
        let may = tries < TRIES && wait <= LONGEST;
        if may {
            (self.waiter)(wait).await;
        }
        may
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace").field("between", &self.between).finish_non_exhaustive()
    }
}
