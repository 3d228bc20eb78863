//! An authenticator in the same process: no reports, no channel, only messages.

use faultkey_authenticator::{ApduStep, CommandSteps, Prompt, Step, Time, UserAnswer};

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

    fn prompt(&self, now: Time, prompt: Prompt) -> Exchange {
        self.transcript.prompt(now, &prompt);
        Exchange::NeedUser(prompt)
    }

    fn reply(&self, now: Time, bytes: Vec<u8>) -> Exchange {
        self.transcript.ctap_reply(now, &bytes);
        Exchange::Reply(bytes)
    }

    fn exchange(&mut self, now: Time, step: Step) -> Exchange {
        match step {
            Step::NeedUser(prompt) => self.prompt(now, prompt),
            Step::Reply(reply) => reply.to_bytes().map_or(Exchange::Silence, |bytes| self.reply(now, bytes)),
        }
    }

    fn exchange_apdu(&mut self, now: Time, step: ApduStep) -> Exchange {
        match step {
            ApduStep::NeedUser(prompt) => self.prompt(now, prompt),
            ApduStep::Reply(bytes) => self.reply(now, bytes),
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

    fn apdu(&mut self, now: Time, apdu: &[u8]) -> Exchange {
        self.transcript.ctap_request(now, apdu);
        let step = self.steps.apdu(now, apdu);
        self.exchange_apdu(now, step)
    }

    fn answer_apdu(&mut self, now: Time, answer: UserAnswer) -> Exchange {
        self.transcript.answer(now, answer);
        let step = self.steps.answer_apdu(now, answer);
        self.exchange_apdu(now, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::What;
    use faultkey_authenticator::step::Purpose;
    use faultkey_authenticator::{Command, Outcome, Progress, Prompt, Reply, Request, Response, Status};

    /// Asks for a touch, and answers what it is told to.
    struct Touch {
        silent: bool,
    }

    impl CommandSteps for Touch {
        fn decode(&mut self, _now: Time, request: &[u8]) -> Result<Request, Status> {
            match request {
                [0x0B] => Ok(Request { raw: request.to_vec(), tree: None, command: Command::Selection }),
                _ => Err(Status::InvalidCommand),
            }
        }
        fn process(&mut self, _now: Time, _request: Request) -> Progress {
            Progress::NeedUser(Prompt::Presence { purpose: Purpose::Select })
        }
        fn resume(&mut self, _now: Time, answer: UserAnswer) -> Progress {
            Progress::Done(match answer {
                UserAnswer::Approve => Outcome::granted(Response::Selection),
                _ => Outcome::refused(Status::OperationDenied),
            })
        }
        fn encode(&mut self, _now: Time, outcome: Outcome) -> Reply {
            match outcome.result {
                _ if self.silent => Reply::Silence,
                Ok(_) => Reply::status(Status::Ok),
                Err(status) => Reply::status(status),
            }
        }
    }

    fn transport(silent: bool) -> (InProcess<Touch>, Transcript) {
        let transcript = Transcript::new();
        (InProcess::new(Touch { silent }, transcript.clone()), transcript)
    }

    #[test]
    fn carries_both_directions_and_writes_them_down() {
        let (mut transport, transcript) = transport(false);
        let prompt = Prompt::Presence { purpose: Purpose::Select };
        assert_eq!(transport.send(Time::from_millis(10), &[0x0B]), Exchange::NeedUser(prompt));
        assert_eq!(transport.answer(Time::from_millis(20), UserAnswer::Approve), Exchange::Reply(vec![0x00]));
        assert_eq!(transport.send(Time::from_millis(30), &[0x99, 0xA0]), Exchange::Reply(vec![0x01]));
        let entries: Vec<_> = transcript.entries().into_iter().map(|entry| (entry.at, entry.what)).collect();
        let expected = [
            (10, What::CtapRequest { bytes: "0b".into() }),
            (10, What::Prompt { text: "touch to choose this authenticator".into() }),
            (20, What::Answer { text: "approved".into() }),
            (20, What::CtapReply { bytes: "00".into() }),
            (30, What::CtapRequest { bytes: "99a0".into() }),
            (30, What::CtapReply { bytes: "01".into() }),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn silence_is_no_reply() {
        let (mut transport, transcript) = transport(true);
        assert!(matches!(transport.send(Time::START, &[0x0B]), Exchange::NeedUser(_)));
        assert_eq!(transport.answer(Time::START, UserAnswer::Refuse), Exchange::Silence);
        assert_eq!(transcript.entries().last().map(|entry| &entry.what), Some(&What::Answer { text: "refused".into() }));
        transport.steps_mut().silent = false;
        assert_eq!(transport.answer(Time::START, UserAnswer::Refuse), Exchange::Reply(vec![0x27]));
    }
}
