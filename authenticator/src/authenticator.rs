//! The authenticator: configuration, store, chance, and what is between two commands.

use crate::{CommandSteps, Config, Effect, Event, Outcome, Progress, Random, Reply, Request, Status, Store, StoreError, Time, UserAnswer};

/// A CTAP 2.3 authenticator.
pub struct Authenticator {
    _config: Config,
    _store: Box<dyn Store>,
    _random: Random,
}

impl Authenticator {
    /// An authenticator of this kind, over this store, drawing on this chance. Fresh from power-up.
    #[must_use]
    pub fn new(config: Config, store: Box<dyn Store>, random: Random) -> Self {
        Self { _config: config, _store: store, _random: random }
    }

    /// Something happened to the device; its configuration says what that does to the keys. Durable when this returns.
    ///
    /// # Errors
    /// [`StoreError`] when the change could not be made; nothing is changed then.
    pub fn happen(&mut self, _event: Event) -> Result<Effect, StoreError> {
        todo!()
    }

    /// The same, with the effect given instead of taken from the configuration: a key-store fault acts through this.
    ///
    /// # Errors
    /// As [`Authenticator::happen`].
    pub fn apply(&mut self, _effect: Effect) -> Result<(), StoreError> {
        todo!()
    }

    /// Unplugged and plugged in again at `now`: whatever waited is forgotten, the reset window opens (CTAP2.3 §6.6).
    pub fn power_cycle(&mut self, _now: Time) {
        todo!()
    }

    #[must_use]
    pub fn config(&self) -> &Config {
        todo!()
    }

    #[must_use]
    pub fn store(&self) -> &dyn Store {
        todo!()
    }
}

impl CommandSteps for Authenticator {
    fn decode(&mut self, _now: Time, _request: &[u8]) -> Result<Request, Status> {
        todo!()
    }
    fn process(&mut self, _now: Time, _request: Request) -> Progress {
        todo!()
    }
    fn resume(&mut self, _now: Time, _answer: UserAnswer) -> Progress {
        todo!()
    }
    fn encode(&mut self, _now: Time, _outcome: Outcome) -> Reply {
        todo!()
    }
}
