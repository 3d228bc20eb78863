//! One call of `navigator.credentials`: who calls, when, and what stands beside `publicKey` (Credential Management Level 1 §2.3).

use std::sync::{Arc, Mutex, PoisonError};

use faultkey_authenticator::Time;

/// Who calls, and when.
#[derive(Clone, Debug)]
pub struct Call {
    pub now: Time,
    /// The caller's origin, e.g. `https://broker.test`, `android:apk-key-hash:…` of a native app, or `chrome-extension://…`.
    pub origin: String,
    /// The call comes from a frame of another origin than the page.
    pub cross_origin: bool,
    /// The page's origin, if `cross_origin`.
    pub top_origin: Option<String>,
    pub mediation: Mediation,
    /// What may abort the call; `None`: nothing.
    pub signal: Option<AbortSignal>,
}

impl Call {
    /// A call by a page of this origin, in no frame, with nothing beside its options.
    #[must_use]
    pub fn new(now: Time, origin: impl Into<String>) -> Self {
        Self { now, origin: origin.into(), cross_origin: false, top_origin: None, mediation: Mediation::Optional, signal: None }
    }
}

/// How much the client may put itself between page and user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mediation {
    /// `optional` or `required`, which are the same for passkeys: a modal dialog.
    #[default]
    Optional,
    /// `conditional`: accounts are offered where the page has its form field, and nothing is asked until the user takes one.
    Conditional,
}

/// An AbortSignal of the page (DOM standard §3.2). Clones are the same signal.
///
/// It is looked at before each message to the authenticator and while the user is asked, in the run's time: an abort that falls between a
/// prompt and its answer comes first, and the authenticator is told to cancel.
#[derive(Clone, Debug, Default)]
pub struct AbortSignal(Arc<Mutex<Option<Time>>>);

impl AbortSignal {
    /// A signal that nobody has used yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A signal that aborts at this moment.
    #[must_use]
    pub fn at(moment: Time) -> Self {
        let signal = Self::new();
        signal.abort(moment);
        signal
    }

    /// `AbortController.abort()`, as of this moment. The first abort counts.
    pub fn abort(&self, moment: Time) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(moment);
    }

    /// When it aborts or has aborted.
    #[must_use]
    pub fn moment(&self) -> Option<Time> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_abort_counts_and_clones_are_one() {
        let signal = AbortSignal::new();
        let page = signal.clone();
        assert_eq!(signal.moment(), None);
        page.abort(Time::from_millis(70));
        page.abort(Time::from_millis(50));
        assert_eq!(signal.moment(), Some(Time::from_millis(70)));
        assert_eq!(AbortSignal::at(Time::START).moment(), Some(Time::START));
    }
}
