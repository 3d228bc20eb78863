//! Around [`CommandSteps`]: command faults, and encoding faults in what the authenticator signs and sends.

use faultkey_authenticator::{CommandSteps, Outcome, Progress, Reply, Request, Status, Time, UserAnswer};

/// An authenticator behind the fault layer.
pub struct FaultySteps<S> {
    inner: S,
}

impl<S> FaultySteps<S> {
    pub fn inner_mut(&mut self) -> &mut S {
        &mut self.inner
    }
}

impl<S: CommandSteps> CommandSteps for FaultySteps<S> {
    fn decode(&mut self, now: Time, request: &[u8]) -> Result<Request, Status> {
        self.inner.decode(now, request)
    }
    fn process(&mut self, now: Time, request: Request) -> Progress {
        self.inner.process(now, request)
    }
    fn resume(&mut self, now: Time, answer: UserAnswer) -> Progress {
        self.inner.resume(now, answer)
    }
    fn encode(&mut self, now: Time, outcome: Outcome) -> Reply {
        self.inner.encode(now, outcome)
    }
}
