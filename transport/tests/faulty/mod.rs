//! A key that does something to its own connection when the test says so.

use faultkey_authenticator::{Authenticator, Time};
use faultkey_transport::ctaphid::{Engine, Policy, Report};
use faultkey_transport::{LineEvent, ReportDevice};

/// The own engine, with the next event of its line.
pub struct Faulty {
    pub engine: Engine<Authenticator, Policy>,
    pub event: Option<LineEvent>,
}

impl ReportDevice for Faulty {
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
    fn next_line_event(&mut self) -> Option<LineEvent> {
        self.event.take()
    }
}
