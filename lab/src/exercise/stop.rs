//! What ends a run early: a signal, or its time limit.

use tokio::sync::watch;

use crate::verdict::Incomplete;

/// Asked between two steps of anything that takes time. Clones are told the same.
#[derive(Clone, Debug)]
pub struct Stop {
    reason: watch::Receiver<Option<Incomplete>>,
}

impl Stop {
    /// With the sender by which the run is stopped.
    #[must_use]
    pub fn new() -> (watch::Sender<Option<Incomplete>>, Stop) {
        let (sender, reason) = watch::channel(None);
        (sender, Stop { reason })
    }

    /// A run that nothing stops.
    #[must_use]
    pub fn never() -> Stop {
        Stop::new().1
    }

    /// Why the run is to end, if it is.
    #[must_use]
    pub fn reason(&self) -> Option<Incomplete> {
        *self.reason.borrow()
    }

    /// Returns when the run is to end, perhaps never.
    pub async fn wait(&self) -> Incomplete {
        let mut reason = self.reason.clone();
        loop {
            if let Some(incomplete) = *reason.borrow_and_update() {
                return incomplete;
            }
            if reason.changed().await.is_err() {
                // Nobody is left to stop the run.
                std::future::pending::<()>().await;
            }
        }
    }
}
