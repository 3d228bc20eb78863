//! What stands behind `usbd-ctaphid`: whole messages and time in, answers and events out. No I/O, no clock and no thread.

use std::collections::VecDeque;

use faultkey_authenticator::{ApduStep, CommandSteps, Prompt, Status, Step, Time, UserAnswer};

use super::MessageDevice;
use crate::Attended;
use crate::ctaphid::packet::LONGEST_MESSAGE;
use crate::ctaphid::transaction::{patience, planned};
use crate::ctaphid::{Config, Ctap1, ErrorCode, HidEvent, RESERVED, Touch, command};

/// Events that nobody takes are forgotten, the oldest first.
const MOST_EVENTS: usize = 1_024;
/// `SW_CONDITIONS_NOT_SATISFIED`: the user's touch is missing (U2F raw messages §4.2).
const CONDITIONS_NOT_SATISFIED: u16 = 0x6985;

/// An authenticator and its user. The same calls as [`crate::ctaphid::Engine`] for whoever controls it.
///
/// Of the configuration, timeouts, keepalives, LOCK and channels are the class's own business, and are what it has built in. It does not tell
/// the channel either: all events have channel 0.
pub struct App<S, T> {
    config: Config,
    steps: S,
    touch: T,
    task: Option<Task>,
    answer: Option<Result<Vec<u8>, ErrorCode>>,
    polled: Option<Polled>,
    events: VecDeque<HidEvent>,
}

#[derive(Debug)]
enum Task {
    /// A slow key computes.
    Working { request: Vec<u8>, due: Time },
    /// The authenticator waits for its user.
    Waiting { prompt: Prompt, answer: Option<(Time, UserAnswer)>, gives_up: Time },
    /// It is never going to answer.
    Silent,
}

/// What a U2F host polls for.
#[derive(Debug)]
struct Polled {
    prompt: Prompt,
    answer: Option<(Time, UserAnswer)>,
    gives_up: Time,
}

impl<S: CommandSteps, T: Touch> App<S, T> {
    #[must_use]
    pub fn new(config: Config, steps: S, touch: T) -> Self {
        Self { config, steps, touch, task: None, answer: None, polled: None, events: VecDeque::new() }
    }

    /// The authenticator, for events that happen to the device.
    pub fn steps_mut(&mut self) -> &mut S {
        &mut self.steps
    }

    /// The user, for another mood. A prompt that waits is put again by [`App::ask_again`].
    pub fn touch_mut(&mut self) -> &mut T {
        &mut self.touch
    }

    /// The next thing that happened.
    pub fn next_event(&mut self) -> Option<HidEvent> {
        self.events.pop_front()
    }

    /// The user answers, asked from outside. `false` when no prompt waits.
    pub fn user(&mut self, now: Time, answer: UserAnswer) -> bool {
        self.tick(now);
        if matches!(self.task, Some(Task::Waiting { .. })) {
            self.answered(now, answer);
            self.tick(now);
            return true;
        }
        let Some(polled) = self.polled.as_mut().filter(|polled| now < polled.gives_up) else { return false };
        polled.answer = Some((now, answer));
        true
    }

    /// Puts the prompt that waits to the user again, whose mood was changed.
    pub fn ask_again(&mut self, now: Time) {
        self.tick(now);
        if let Some(Task::Waiting { prompt, answer, .. }) = &mut self.task {
            *answer = planned(now, self.touch.asked(now, prompt));
        } else if let Some(polled) = self.polled.as_mut().filter(|polled| now < polled.gives_up) {
            polled.answer = planned(now, self.touch.asked(now, &polled.prompt));
        }
        self.tick(now);
    }

    /// Power goes: nothing waits any more. The keys are untouched. A bus reset is not this: the firmware does not hear of it.
    pub fn reset(&mut self, now: Time) {
        self.polled = None;
        self.answer = None;
        let Some(task) = self.task.take() else { return };
        if matches!(task, Task::Waiting { .. }) {
            // The authenticator must not wait for its user any more; what it says to that goes nowhere.
            let _ = self.steps.answer(now, UserAnswer::Cancel);
        }
        self.event(HidEvent::Aborted { channel: RESERVED });
    }

    fn answered(&mut self, now: Time, answer: UserAnswer) {
        self.event(HidEvent::Answer { channel: RESERVED, answer });
        let step = self.steps.answer(now, answer);
        self.step(now, step);
    }

    fn step(&mut self, now: Time, step: Step) {
        match step {
            Step::NeedUser(prompt) => {
                self.event(HidEvent::Prompt { channel: RESERVED, prompt: prompt.clone() });
                let answer = planned(now, self.touch.asked(now, &prompt));
                let gives_up = now + patience(&prompt, self.config.user_action_timeout);
                self.task = Some(Task::Waiting { prompt, answer, gives_up });
            }
            Step::Reply(reply) => match reply.to_bytes() {
                Some(bytes) => self.respond(command::CBOR, bytes),
                None => {
                    self.task = Some(Task::Silent);
                    self.event(HidEvent::Silence { channel: RESERVED });
                }
            },
        }
    }

    /// CTAP1/U2F, whose hosts poll: see the own engine's way of it.
    fn apdu(&mut self, now: Time, apdu: &[u8]) {
        let step = match self.steps.apdu(now, apdu) {
            ApduStep::NeedUser(prompt) => {
                let answer = self.polled_answer(now, prompt);
                self.steps.answer_apdu(now, answer)
            }
            reply @ ApduStep::Reply(_) => reply,
        };
        match step {
            ApduStep::Reply(bytes) => self.respond(command::MSG, bytes),
            ApduStep::NeedUser(_) => self.respond(command::MSG, CONDITIONS_NOT_SATISFIED.to_be_bytes().to_vec()),
        }
    }

    /// What the user has done by now; [`UserAnswer::Never`] for nothing yet.
    fn polled_answer(&mut self, now: Time, prompt: Prompt) -> UserAnswer {
        let polled = match self.polled.take().filter(|polled| polled.prompt == prompt && now < polled.gives_up) {
            Some(polled) => polled,
            None => {
                self.event(HidEvent::Prompt { channel: RESERVED, prompt: prompt.clone() });
                let answer = planned(now, self.touch.asked(now, &prompt));
                Polled { prompt, answer, gives_up: now + self.config.user_action_timeout }
            }
        };
        match polled.answer {
            Some((due, answer)) if due <= now => {
                self.event(HidEvent::Answer { channel: RESERVED, answer });
                answer
            }
            _ => {
                self.polled = Some(polled);
                UserAnswer::Never
            }
        }
    }

    fn respond(&mut self, command: u8, message: Vec<u8>) {
        self.task = None;
        if message.len() > LONGEST_MESSAGE {
            self.answer = Some(Err(ErrorCode::InvalidLength));
            return;
        }
        self.event(HidEvent::Reply { channel: RESERVED, command, message: message.clone() });
        self.answer = Some(Ok(message));
    }

    fn event(&mut self, event: HidEvent) {
        if self.events.len() >= MOST_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

impl<S: CommandSteps, T: Touch> MessageDevice for App<S, T> {
    fn config(&self) -> Config {
        self.config.clone()
    }

    fn begin(&mut self, now: Time, command: u8, message: Vec<u8>) {
        self.event(HidEvent::Request { channel: RESERVED, command, message: message.clone() });
        match command {
            command::CBOR if message.is_empty() => self.answer = Some(Err(ErrorCode::InvalidLength)),
            command::CBOR => {
                self.polled = None;
                self.task = Some(Task::Working { request: message, due: now + self.config.processing_time });
            }
            command::MSG => match self.config.ctap1 {
                Ctap1::Absent => self.answer = Some(Err(ErrorCode::InvalidCommand)),
                _ if message.is_empty() => self.answer = Some(Err(ErrorCode::InvalidLength)),
                Ctap1::Refuse(status_word) => self.respond(command, status_word.to_be_bytes().to_vec()),
                Ctap1::Implemented => self.apdu(now, &message),
            },
            command::WINK if self.config.wink && !message.is_empty() => self.answer = Some(Err(ErrorCode::InvalidLength)),
            command::WINK if self.config.wink => {
                self.event(HidEvent::Wink { channel: RESERVED });
                self.respond(command, Vec::new());
            }
            other => match self.config.vendor(other).map(|vendor| vendor.answer.clone()) {
                Some(answer) => self.respond(other, answer),
                None => self.answer = Some(Err(ErrorCode::InvalidCommand)),
            },
        }
    }

    fn cancel(&mut self, now: Time) {
        match self.task {
            Some(Task::Waiting { .. }) => self.answered(now, UserAnswer::Cancel),
            Some(Task::Working { .. } | Task::Silent) => self.respond(command::CBOR, vec![Status::KeepaliveCancel.code()]),
            None => {}
        }
    }

    fn tick(&mut self, now: Time) {
        loop {
            match &mut self.task {
                Some(Task::Working { request, due }) if now >= *due => {
                    let (request, due) = (std::mem::take(request), *due);
                    let step = self.steps.handle(due, &request);
                    self.step(due, step);
                }
                Some(Task::Waiting { answer: Some((due, answer)), gives_up, .. }) if now >= *due && *due <= *gives_up => {
                    let (due, answer) = (*due, *answer);
                    self.answered(due, answer);
                }
                Some(Task::Waiting { gives_up, .. }) if now >= *gives_up => {
                    let gives_up = *gives_up;
                    self.answered(gives_up, UserAnswer::Never);
                }
                _ => return,
            }
        }
    }

    fn deadline(&self) -> Option<Time> {
        match self.task.as_ref()? {
            Task::Working { due, .. } => Some(*due),
            Task::Waiting { answer, gives_up, .. } => Some(answer.map_or(*gives_up, |(due, _)| due.min(*gives_up))),
            Task::Silent => None,
        }
    }

    fn keepalive(&self) -> Option<bool> {
        match self.task.as_ref()? {
            Task::Working { .. } => Some(false),
            Task::Waiting { .. } => Some(true),
            Task::Silent => None,
        }
    }

    fn take_answer(&mut self) -> Option<Result<Vec<u8>, ErrorCode>> {
        self.answer.take()
    }
}

impl<S: CommandSteps, T: Touch> Attended for App<S, T> {
    fn next_prompt(&mut self) -> Option<Prompt> {
        loop {
            if let HidEvent::Prompt { prompt, .. } = self.next_event()? {
                return Some(prompt);
            }
        }
    }

    fn user(&mut self, now: Time, answer: UserAnswer) -> bool {
        App::user(self, now, answer)
    }
}
