//! The authenticator: configuration, store, chance, and what is between two commands.

use crate::command::{self, Decision, Pending, Turn};
use crate::ctap1;
use crate::device::Device;
use crate::pin_uv::{Pin, TRIES};
use crate::refusal::Refusal;
use crate::standing::Standing;
use crate::{
    ApduStep, ChannelId, Command, CommandSteps, Config, Effect, Event, Outcome, Progress, Random, Reply, Request, Status, Store,
    StoreError, Time, UserAnswer,
};

/// A CTAP 2.3 authenticator.
pub struct Authenticator {
    device: Device,
    /// The command that waits for the user, and since when.
    waiting: Option<(Pending, Time)>,
    refusal: Option<Refusal>,
}

impl Authenticator {
    /// An authenticator of this kind, as far as its versions have it ([`Config::as_its_versions_have_it`]), over this store, drawing on this chance. Fresh from power-up at [`Time::START`]; one that is made
    /// later in a run is told when by [`Authenticator::power_cycle`].
    #[must_use]
    pub fn new(config: Config, store: Box<dyn Store>, random: Random) -> Self {
        Self { device: Device::new(config, store, random), waiting: None, refusal: None }
    }

    /// Something happened to the device; its configuration says what that does to the keys. Durable when this returns.
    ///
    /// # Errors
    /// [`StoreError`] when the change could not be made; nothing is changed then.
    pub fn happen(&mut self, event: Event) -> Result<Effect, StoreError> {
        let effect = match event {
            // A reset means every credential gone, on every device.
            Event::Reset => Effect::CredentialGone,
            event => self.device.config.on_event.get(&event).copied().unwrap_or_default(),
        };
        if event == Event::Reset {
            let _erased = self.device.erase()?;
        } else {
            self.apply(effect)?;
        }
        Ok(effect)
    }

    /// The same, with the effect given instead of taken from the configuration: a key-store fault acts through this.
    ///
    /// # Errors
    /// As [`Authenticator::happen`].
    pub fn apply(&mut self, effect: Effect) -> Result<(), StoreError> {
        self.device.apply(effect)
    }

    /// Unplugged and plugged in again at `now`: whatever waited is forgotten, the reset window opens (CTAP2.3 §6.6).
    pub fn power_cycle(&mut self, now: Time) {
        self.waiting = None;
        self.device.power_cycle(now);
    }

    /// Sets the PIN of a device that has none, as if its owner had done so before. Durable when this returns; `false` when there is one already.
    /// Length and policy are the caller's business.
    ///
    /// # Errors
    /// [`StoreError`] when it could not be stored.
    pub fn preset_pin(&mut self, pin: &str) -> Result<bool, StoreError> {
        if self.device.pin()?.is_some() {
            return Ok(false);
        }
        let _durable = self.device.store.commit(&[Pin::of(pin).set(), Device::set_pin_tries_left(TRIES)])?;
        Ok(true)
    }

    #[must_use]
    pub fn config(&self) -> &Config {
        &self.device.config
    }

    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.device.store.as_ref()
    }

    /// How PIN and fingers stand, for somebody who looks from outside; nothing is changed.
    ///
    /// # Errors
    /// [`StoreError`] when the store can't be read.
    pub fn standing(&self) -> Result<Standing, StoreError> {
        self.device.standing()
    }

    /// Why the last command was refused, when it was: more than the status byte says.
    #[must_use]
    pub fn last_refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// Something that happens behind the authenticator's back.
    #[cfg(test)]
    pub(crate) fn change(&mut self, changes: &[crate::Change]) {
        let _durable = self.device.store.commit(changes).unwrap();
    }

    #[cfg(test)]
    pub(crate) fn device_mut(&mut self) -> &mut Device {
        &mut self.device
    }

    fn progress(&mut self, now: Time, decision: Decision) -> Progress {
        match decision {
            Ok(Turn::Ask(prompt, pending)) => {
                self.waiting = Some((pending, now));
                Progress::NeedUser(prompt)
            }
            Ok(Turn::Decided(response)) => Progress::Done(Outcome::granted(response)),
            Err(refusal) => Progress::Done(Outcome::refused(self.refuse(refusal))),
        }
    }

    fn refuse(&mut self, refusal: Refusal) -> Status {
        let status = refusal.status;
        self.refusal = Some(refusal);
        status
    }

    /// A new command ends the one that waits, and getNextAssertion only goes on right after its own (CTAP2.3 §6.3).
    fn begin(&mut self, is_next_assertion: bool) {
        self.refusal = None;
        self.waiting = None;
        self.device.between.ctap1 = None;
        if !is_next_assertion {
            self.device.remembered = None;
        }
    }
}

impl CommandSteps for Authenticator {
    fn channel(&mut self, _now: Time, channel: ChannelId) {
        self.device.hear(channel);
    }

    fn channel_closed(&mut self, _now: Time, channel: ChannelId) {
        if self.device.channel == channel {
            self.waiting = None;
        }
        self.device.close(channel);
    }

    fn decode(&mut self, _now: Time, request: &[u8]) -> Result<Request, Status> {
        let is_absent = request.first().is_some_and(|code| !command::is_there(&self.device, *code));
        let decoded = match is_absent {
            true => Err(Refusal::rule(Status::InvalidCommand, "the authenticator has no such command")),
            false => Request::decode(request, self.device.config.max_message_size),
        };
        decoded.map_err(|refusal| {
            self.begin(false);
            self.device.between.enumeration = None;
            self.refuse(refusal)
        })
    }

    fn process(&mut self, now: Time, request: Request) -> Progress {
        self.begin(request.command == Command::GetNextAssertion);
        // As getNextAssertion, an enumeration only goes on right after its own command (CTAP2.3 §6).
        if !matches!(&request.command, Command::CredentialManagement(parameters) if parameters.goes_on()) {
            self.device.between.enumeration = None;
        }
        let decision = command::start(&mut self.device, now, request.command);
        self.progress(now, decision)
    }

    fn resume(&mut self, now: Time, answer: UserAnswer) -> Progress {
        self.refusal = None;
        let decision = match self.waiting.take() {
            None => Err(Refusal::rule(Status::NotAllowed, "no command waits for the user")),
            Some((pending, asked_at)) => {
                let timeout = pending.timeout().unwrap_or(self.device.config.user_action_timeout);
                let in_time = now - asked_at <= timeout;
                command::resume(&mut self.device, now, pending, if in_time { answer } else { UserAnswer::Never })
            }
        };
        self.progress(now, decision)
    }

    fn can_turn_to_pin(&self) -> bool {
        self.device.can_use_pin().unwrap_or(false)
    }

    fn apdu(&mut self, now: Time, apdu: &[u8]) -> ApduStep {
        self.begin(false);
        self.device.between.enumeration = None;
        let (step, refusal) = ctap1::start(&mut self.device, now, apdu);
        self.refusal = refusal;
        step
    }

    fn answer_apdu(&mut self, now: Time, answer: UserAnswer) -> ApduStep {
        let (step, refusal) = ctap1::resume(&mut self.device, now, answer);
        self.refusal = refusal;
        step
    }

    fn encode(&mut self, _now: Time, outcome: Outcome) -> Reply {
        match outcome.result.map(|response| command::encode(&response)) {
            Ok(Ok(members)) => Reply::success(members),
            Ok(Err(refusal)) => Reply::status(self.refuse(refusal)),
            Err(status) => Reply::status(status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Bench, answer, assertion, passkey};
    use crate::store::{Change, Committed, CounterScope, SledStore, StateKey};
    use crate::{Credential, CredentialId, KeyState};

    #[test]
    fn every_event_does_what_the_configuration_says_and_a_reset_always_erases() {
        let on_event = [
            (Event::FingerprintEnrolled, Effect::KeyInvalidated),
            (Event::OsUpdated, Effect::OtherKey),
            (Event::DeviceMigrated, Effect::CredentialGone),
            (Event::Reset, Effect::Nothing),
        ];
        for event in Event::ALL {
            let mut bench = Bench::new(Config { on_event: on_event.into(), ..Config::default() });
            let _ = bench.approve(0x01, passkey(1));
            let before = bench.key.store().credentials().unwrap();
            let effect = bench.key.happen(event).unwrap();
            let after = bench.key.store().credentials().unwrap();
            match event {
                Event::FingerprintEnrolled => {
                    assert_eq!(
                        (effect, after),
                        (Effect::KeyInvalidated, vec![Credential { key: KeyState::Invalidated, ..before[0].clone() }])
                    );
                }
                Event::OsUpdated => {
                    assert_eq!((effect, &after[0].id), (Effect::OtherKey, &before[0].id));
                    assert_ne!(after[0].key, before[0].key);
                }
                Event::DeviceMigrated | Event::Reset => assert_eq!((effect, after), (Effect::CredentialGone, vec![])),
                _ => assert_eq!((effect, after), (Effect::Nothing, before)),
            }
        }
    }

    #[test]
    fn an_effect_is_durable_when_it_returns() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(folder.path(), "phone").unwrap();
        let mut bench = Bench::over(Config::default(), Box::new(store));
        let _ = bench.approve(0x01, passkey(1));
        let _ = bench.approve(0x01, passkey(2));
        bench.key.apply(Effect::KeyInvalidated).unwrap();
        drop(bench);
        let stored = SledStore::open(folder.path(), "phone").unwrap().credentials().unwrap();
        assert_eq!(stored.len(), 2);
        assert!(stored.iter().all(|credential| credential.key == KeyState::Invalidated));
    }

    /// A store that fails in one way.
    struct Failing(fn() -> StoreError);

    impl Store for Failing {
        fn credentials(&self) -> Result<Vec<Credential>, StoreError> {
            Ok(Vec::new())
        }
        fn credential(&self, _id: &CredentialId) -> Result<Option<Credential>, StoreError> {
            Ok(None)
        }
        fn state(&self, _key: &StateKey) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(None)
        }
        fn next_sign_count(&mut self, _scope: &CounterScope) -> Result<u32, StoreError> {
            Ok(1)
        }
        fn sign_count(&self, _scope: &CounterScope) -> Result<u32, StoreError> {
            Ok(0)
        }
        fn raise_sign_count(&mut self, _scope: &CounterScope, _count: u32) -> Result<(), StoreError> {
            Err(self.0())
        }
        fn commit(&mut self, _changes: &[Change]) -> Result<Committed, StoreError> {
            Err(self.0())
        }
    }

    #[test]
    fn what_the_store_did_not_commit_is_not_acknowledged() {
        let io = || StoreError::Io { path: "s".to_owned(), action: "write", what: "disk full".to_owned() };
        let corrupt = || StoreError::Corrupt { path: "s".to_owned(), record: "r".to_owned(), what: "w".to_owned() };
        for (error, status) in [(io as fn() -> StoreError, Status::Other), (corrupt, Status::IntegrityFailure)] {
            let mut bench = Bench::over(Config::default(), Box::new(Failing(error)));
            let refused = bench.approve(0x01, passkey(1));
            assert_eq!((refused.status, refused.member(2)), (status, None));
            let _ = bench.bare(0x07);
            assert_eq!(answer(bench.answer(UserAnswer::Approve)).status, status);
        }
        let mut bench = Bench::over(Config::default(), Box::new(Failing(io)));
        let _ = bench.approve(0x01, passkey(1));
        assert_eq!(
            bench.why(),
            "CTAP1_ERR_OTHER (0x7F): the key store failed: the store s can't be used (write: disk full); check the folder, its permissions and the free space"
        );
        assert!(bench.key.apply(Effect::CredentialGone).is_err());
    }

    #[test]
    fn the_reason_of_a_refusal_is_forgotten_with_the_next_command() {
        let mut bench = Bench::new(Config::default());
        let _ = bench.send(0x02, assertion());
        assert_eq!(bench.why(), "CTAP2_ERR_NO_CREDENTIALS (0x2E): the authenticator has no usable credential for this request");
        let _ = bench.bare(0x04);
        assert_eq!(bench.why(), "");
    }
}
