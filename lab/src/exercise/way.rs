//! The way from client to authenticator: as messages in process, or, where a scenario breaks reports, over a cable in virtual time.

use faultkey_authenticator::{Authenticator, Event, StoreError, Time, UserAnswer};
use faultkey_fault_injection::{Faults, FaultyReports, FaultySteps, Profile};
use faultkey_transport::ctaphid::{Config, Engine, Policy, Presence};
use faultkey_transport::{Cable, Exchange, InProcess, LineEvent, Transcript, Transport};

type Steps = FaultySteps<Authenticator>;

/// One of the two.
pub enum Way {
    InProcess(Box<InProcess<Steps>>),
    Cable(Box<Cable<FaultyReports<Engine<Steps, Policy>>>>),
}

impl Way {
    pub fn in_process(steps: Steps, transcript: &Transcript) -> Self {
        Way::InProcess(Box::new(InProcess::new(steps, transcript.clone())))
    }

    /// The client's user answers the prompts, so the key's own user waits.
    pub fn cable(profile: &Profile, steps: Steps, faults: &Faults, transcript: &Transcript) -> Self {
        let policy = Policy { presence: Presence::Wait, ..Policy::default() };
        let config = Config { user_action_timeout: profile.authenticator.user_action_timeout, ..Config::default() };
        Way::Cable(Box::new(Cable::new(faults.reports(Engine::new(config, steps, policy)), transcript.clone())))
    }

    pub fn authenticator(&mut self) -> &mut Authenticator {
        match self {
            Way::InProcess(way) => way.steps_mut().inner_mut(),
            Way::Cable(way) => way.device_mut().inner_mut().steps_mut().inner_mut(),
        }
    }

    /// A key that was unplugged is plugged in again, if it is time. That is a power cycle.
    pub fn plug_in(&mut self, now: Time) -> Result<(), StoreError> {
        let Way::Cable(cable) = self else { return Ok(()) };
        let Some((since, LineEvent::Unplug { again_after: Some(after), keeps_state })) = cable.unplugged() else { return Ok(()) };
        if now < since + after {
            return Ok(());
        }
        cable.plug_in(now);
        let authenticator = self.authenticator();
        if !keeps_state {
            authenticator.happen(Event::Reset)?;
        }
        authenticator.power_cycle(now);
        Ok(())
    }
}

impl Transport for Way {
    fn send(&mut self, now: Time, request: &[u8]) -> Exchange {
        match self {
            Way::InProcess(way) => way.send(now, request),
            Way::Cable(way) => way.send(now, request),
        }
    }

    fn answer(&mut self, now: Time, answer: UserAnswer) -> Exchange {
        match self {
            Way::InProcess(way) => way.answer(now, answer),
            Way::Cable(way) => way.answer(now, answer),
        }
    }

    fn apdu(&mut self, now: Time, apdu: &[u8]) -> Exchange {
        match self {
            Way::InProcess(way) => way.apdu(now, apdu),
            Way::Cable(way) => way.apdu(now, apdu),
        }
    }

    fn answer_apdu(&mut self, now: Time, answer: UserAnswer) -> Exchange {
        match self {
            Way::InProcess(way) => way.answer_apdu(now, answer),
            Way::Cable(way) => way.answer_apdu(now, answer),
        }
    }

    fn wait_until(&mut self, deadline: Time) {
        match self {
            Way::InProcess(way) => way.wait_until(deadline),
            Way::Cable(way) => way.wait_until(deadline),
        }
    }

    fn moment(&self, asked: Time) -> Time {
        match self {
            Way::InProcess(way) => way.moment(asked),
            Way::Cable(way) => way.moment(asked),
        }
    }
}
