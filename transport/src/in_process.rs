//! An authenticator in the same process: no reports, no channel, only messages.

use faultkey_authenticator::{CommandSteps, Step, Time, UserAnswer};

use crate::{Exchange, Transcript, Transport};

/// Carries messages to `steps` and writes both directions into the transcript.
pub struct InProcess<S> {
    steps: S,
    transcript: Transcript,
}

impl<S: CommandSteps> InProcess<S> {
    pub fn new(steps: S, transcript: Transcript) -> Self {
        Self { steps, transcript }
    }

    /// The authenticator, for events that happen to the device.
    pub fn steps_mut(&mut self) -> &mut S {
        &mut self.steps
    }

    fn exchange(&mut self, now: Time, step: Step) -> Exchange {
        match step {
            Step::NeedUser(prompt) => {
                self.transcript.prompt(now, &prompt);
                Exchange::NeedUser(prompt)
            }
            Step::Reply(reply) => match reply.to_bytes() {
                Some(bytes) => {
                    self.transcript.ctap_reply(now, &bytes);
                    Exchange::Reply(bytes)
                }
                None => Exchange::Silence,
            },
        }
    }
}

impl<S: CommandSteps> Transport for InProcess<S> {
    fn send(&mut self, now: Time, request: &[u8]) -> Exchange {
        self.transcript.ctap_request(now, request);
        let step = self.steps.handle(now, request);
        self.exchange(now, step)
    }

    fn answer(&mut self, now: Time, answer: UserAnswer) -> Exchange {
        self.transcript.answer(now, answer);
        let step = self.steps.answer(now, answer);
        self.exchange(now, step)
    }
}
