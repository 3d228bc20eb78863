//! The faults that are armed now: one shared set, which every seam of a run asks.

use std::sync::Arc;

use faultkey_authenticator::{CommandSteps, Effect, Event, Store, Time};
use faultkey_client::{ClientDataCollector, Platform};
use faultkey_transport::Transcript;

use crate::{FaultError, FaultSpec, FaultyClientData, FaultyPlatform, FaultySteps, FaultyStore, NetworkDecision, NetworkRequest, Profile};

/// A fault that fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    pub fault: String,
    pub at: Time,
    /// What it decided, e.g. `signature counter 41 -> 7`.
    pub text: String,
    /// Number of the transcript's entry that records the decision.
    pub entry: usize,
}

/// The armed faults of one run. Clones share the same set. With none armed, every seam passes everything through unchanged.
#[derive(Clone)]
pub struct Faults {
    _shared: Arc<()>,
}

impl Faults {
    #[must_use]
    pub fn new(_seed: u64, _profile: &Profile, _transcript: Transcript) -> Self {
        todo!()
    }

    /// Arms a fault from now on.
    ///
    /// # Errors
    /// [`FaultError`] when it doesn't exist, a parameter is wrong, or it can't happen on this profile.
    pub fn arm(&self, _now: Time, _spec: FaultSpec) -> Result<(), FaultError> {
        todo!()
    }

    /// Disarms the faults with this name, or all.
    pub fn clear(&self, _name: Option<&str>) {
        todo!()
    }

    /// While suspended, every seam passes everything through, and no trigger or schedule counts: for a clean probe in the middle of a scenario.
    pub fn suspend(&self, _suspended: bool) {
        todo!()
    }

    /// Tells triggers and schedules that something happened to the device. Returns the effect that an armed key-store fault puts in the
    /// place of the profile's own: pass it to `Authenticator::apply`; on `None`, call `Authenticator::happen(event)`.
    pub fn event(&self, _now: Time, _event: Event) -> Option<Effect> {
        todo!()
    }

    /// Every decision so far, oldest first.
    #[must_use]
    pub fn fired(&self) -> Vec<Fired> {
        todo!()
    }

    /// Whether an armed fault needs the challenge of another live session of the relying party.
    #[must_use]
    pub fn wants_foreign_challenge(&self) -> bool {
        todo!()
    }

    /// Hands over a challenge (base64url) that the relying party gave to another session.
    pub fn offer_foreign_challenge(&self, _challenge: &str) {
        todo!()
    }

    pub fn store<S: Store>(&self, _inner: S) -> FaultyStore<S> {
        todo!()
    }

    pub fn steps<S: CommandSteps>(&self, _inner: S) -> FaultySteps<S> {
        todo!()
    }

    pub fn client_data<C: ClientDataCollector>(&self, _inner: C) -> FaultyClientData<C> {
        todo!()
    }

    pub fn platform<P: Platform>(&self, _inner: P) -> FaultyPlatform<P> {
        todo!()
    }

    /// What the network layer does to this request.
    #[must_use]
    pub fn network(&self, _now: Time, _request: &NetworkRequest) -> NetworkDecision {
        todo!()
    }
}
