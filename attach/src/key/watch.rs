//! What happens inside of a key, told to those who watch.

use faultkey_authenticator::Time;
use faultkey_transport::ctaphid::{HidEvent, command};

use super::{Asked, Device, Key, LastExchange, OpenExchange};
use crate::happening::{Happening, Watcher};
use crate::script::Ceremony;
use crate::summary;

impl Key {
    pub(super) fn tell(&mut self, now: Time, happening: &Happening) {
        for watcher in &mut self.watchers {
            watcher.happened(now, happening);
        }
        let Some(trace) = &mut self.trace else { return };
        trace.happened(now, happening);
        if let Some(error) = trace.error() {
            self.trace = None;
            self.note(now, format!("the trace ends here, it can't be written any more: {error}"));
        }
    }

    /// Takes what happened in the device.
    pub(super) fn drain(&mut self, now: Time, device: &mut Device) {
        let mut events = device.take_events().into_iter().peekable();
        while let Some(event) = events.next() {
            let answered = matches!(events.peek(), Some(HidEvent::Answer { .. }));
            self.took(now, event, answered, device);
        }
        self.tell_faults(now);
    }

    /// `answered`: the answer to this prompt is there already.
    fn took(&mut self, now: Time, event: HidEvent, answered: bool, device: &mut Device) {
        match event {
            HidEvent::Request { channel, command, message } => {
                self.exchanges += 1;
                let text = summary::request(command, &message);
                self.open = Some(OpenExchange { number: self.exchanges, command, message: message.clone(), text: text.clone() });
                self.tell(now, &Happening::Request { number: self.exchanges, channel, command, message, text });
            }
            HidEvent::Reply { channel, command, message } => {
                self.tell_faults(now);
                let request = self.open.as_ref().map(|open| open.message.as_slice()).unwrap_or_default();
                let text = summary::reply(command, request, &message);
                let number = self.closed(&text);
                self.tell(now, &Happening::Reply { number, channel, command, message, text });
            }
            HidEvent::Silence { channel } => {
                self.tell_faults(now);
                let number = self.closed("never answered");
                self.tell(now, &Happening::Silence { number, channel });
            }
            HidEvent::Aborted { channel } => {
                self.tell_faults(now);
                let number = self.closed("the host gave up");
                self.tell(now, &Happening::Aborted { number, channel });
            }
            HidEvent::Prompt { prompt, .. } => {
                let waits = if answered { None } else { device.touch_mut().waits(&prompt) };
                let until = now + self.profile.authenticator.user_action_timeout;
                self.asked = Some(Asked { prompt: prompt.clone(), waits, since: now, until });
                self.tell(now, &Happening::Prompt { prompt, waits });
            }
            HidEvent::Answer { answer, .. } => {
                self.asked = None;
                self.tell(now, &Happening::Answer { answer });
            }
            HidEvent::Wink { .. } => self.tell(now, &Happening::Wink),
            HidEvent::Error { channel, error } => {
                self.tell(now, &Happening::HidError { channel, code: error.code(), text: error.to_string() });
            }
            _ => {}
        }
    }

    /// The exchange under way has ended so.
    fn closed(&mut self, reply: &str) -> u64 {
        let Some(open) = self.open.take() else { return self.exchanges };
        // A reply of U2F ends the exchange, while the host goes on asking for the same touch.
        if open.command == command::CBOR {
            self.asked = None;
        }
        if let Some(ceremony) = Ceremony::of(&open.message).filter(|_| open.command == command::CBOR) {
            self.ceremony_ended(ceremony);
            self.cued = true;
        }
        self.last = Some(LastExchange { number: open.number, request: open.text, reply: reply.to_owned() });
        open.number
    }

    fn tell_faults(&mut self, now: Time) {
        let fired = self.faults.fired_since(self.told);
        let lost = self.faults.fired_count().saturating_sub(self.told + fired.len());
        self.told += lost + fired.len();
        if lost > 0 {
            self.note(now, format!("{lost} decisions of faults came all at once and are not told"));
        }
        for fired in fired {
            self.tell(now, &Happening::Fault { fault: fired.fault, text: fired.text.en });
        }
    }
}
