//! CTAPHID and the authenticator, with everything that happened kept until the key takes it.

use std::collections::VecDeque;

use faultkey_authenticator::{Authenticator, Prompt, Time, UserAnswer};
use faultkey_fault_injection::FaultySteps;
use faultkey_transport::ctaphid::{Engine, HidEvent, Report};
use faultkey_transport::{Attended, ReportDevice};

use crate::user::User;

/// What stands behind the report faults.
pub(super) struct Core {
    pub engine: Engine<FaultySteps<Authenticator>, User>,
    events: Vec<HidEvent>,
    prompts: VecDeque<Prompt>,
}

impl Core {
    pub fn new(engine: Engine<FaultySteps<Authenticator>, User>) -> Self {
        Self { engine, events: Vec::new(), prompts: VecDeque::new() }
    }

    /// What happened since this was asked.
    pub fn take_events(&mut self) -> Vec<HidEvent> {
        self.collect();
        // The report faults have seen the prompts by now.
        self.prompts.clear();
        std::mem::take(&mut self.events)
    }

    fn collect(&mut self) {
        while let Some(event) = self.engine.next_event() {
            if let HidEvent::Prompt { prompt, .. } = &event {
                self.prompts.push_back(prompt.clone());
            }
            self.events.push(event);
        }
    }
}

impl ReportDevice for Core {
    fn receive(&mut self, now: Time, report: &Report) {
        self.engine.receive(now, report);
    }

    fn next_report(&mut self, _now: Time) -> Option<Report> {
        self.engine.next_report()
    }

    fn backlog(&self) -> usize {
        self.engine.backlog()
    }

    fn tick(&mut self, now: Time) {
        self.engine.tick(now);
    }

    fn deadline(&self) -> Option<Time> {
        self.engine.deadline()
    }

    fn reset(&mut self, now: Time) {
        self.engine.reset(now);
    }
}

impl Attended for Core {
    fn next_prompt(&mut self) -> Option<Prompt> {
        self.collect();
        self.prompts.pop_front()
    }

    fn user(&mut self, now: Time, answer: UserAnswer) -> bool {
        self.engine.user(now, answer)
    }
}
