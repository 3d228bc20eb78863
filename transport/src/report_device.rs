//! A HID device as its reports: what every link to a host (socket, UHID, USB/IP) speaks to. No I/O and no clock.

use std::time::Duration;

use faultkey_authenticator::{CommandSteps, Prompt, Time, UserAnswer};

use crate::ctaphid::{Engine, HidEvent, Report, Touch};

/// A device behind a link. [`Engine`] is one; a fault layer wraps one and is one.
pub trait ReportDevice {
    /// A report from the host.
    fn receive(&mut self, now: Time, report: &Report);

    /// The next report for the host, if one may go now.
    fn next_report(&mut self, now: Time) -> Option<Report>;

    /// How many reports wait for the host.
    fn backlog(&self) -> usize;

    /// Time passes.
    fn tick(&mut self, now: Time);

    /// When [`ReportDevice::tick`] has something to do, if nothing comes before.
    fn deadline(&self) -> Option<Time>;

    /// The bus was reset, or the host went away. The device has power all the same.
    fn reset(&mut self, now: Time);

    /// What the device does to its own connection. A link asks when there is no report to send: what was sent before is sent.
    fn next_line_event(&mut self) -> Option<LineEvent> {
        None
    }
}

/// A device whose user is in the same process.
pub trait Attended {
    /// The next prompt that was put to the user.
    fn next_prompt(&mut self) -> Option<Prompt>;

    /// What the user does. `false` when no prompt waits.
    fn user(&mut self, now: Time, answer: UserAnswer) -> bool;
}

/// Something that happens to the connection, not on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEvent {
    /// The device is gone from the bus. A link ends with this.
    Unplug {
        /// Whether, and when, it is plugged in again.
        again_after: Option<Duration>,
        /// Whether it is the same device then, with its credentials.
        keeps_state: bool,
    },
    /// The endpoint stalls until the host clears it. Only USB/IP has that; other links pass over it.
    Stall,
    /// The device resets itself on the bus: what was under way is lost, its power is not. Only USB/IP has that; elsewhere it is an unplug and plug.
    BusReset,
}

impl<S: CommandSteps, T: Touch> ReportDevice for Engine<S, T> {
    fn receive(&mut self, now: Time, report: &Report) {
        Engine::receive(self, now, report);
    }

    fn next_report(&mut self, _now: Time) -> Option<Report> {
        Engine::next_report(self)
    }

    fn backlog(&self) -> usize {
        Engine::backlog(self)
    }

    fn tick(&mut self, now: Time) {
        Engine::tick(self, now);
    }

    fn deadline(&self) -> Option<Time> {
        Engine::deadline(self)
    }

    fn reset(&mut self, now: Time) {
        Engine::reset(self, now);
    }
}

impl<S: CommandSteps, T: Touch> Attended for Engine<S, T> {
    fn next_prompt(&mut self) -> Option<Prompt> {
        loop {
            if let HidEvent::Prompt { prompt, .. } = self.next_event()? {
                return Some(prompt);
            }
        }
    }

    fn user(&mut self, now: Time, answer: UserAnswer) -> bool {
        Engine::user(self, now, answer)
    }
}
