//! An authenticator at the end of a cable: CTAPHID reports between a host and a device in the same process, in virtual time.

use std::time::Duration;

use faultkey_authenticator::{Time, UserAnswer};

use crate::ctaphid::{ErrorCode, Heard, Host, Patience, Report, command};
use crate::{Attended, Exchange, LineEvent, ReportDevice, Transcript, Transport, What};

/// How long a host waits before it asks a busy key again (CTAP2.3 §11.2.9.1.6: it should, after a delay).
const BACK_OFF: Duration = Duration::from_millis(100);
/// Waits no longer than this where nobody said until when.
const LONGEST: Duration = Duration::from_secs(600);

/// Carries CTAP messages in reports, and writes both directions into the transcript. It carries no CTAP1.
///
/// A client lets a key go that breaks CTAPHID, falls silent or is unplugged, and waits for another until its own timer ends the ceremony:
/// [`Exchange::Silence`]. A key that is gone stays gone until [`Cable::plug_in`].
pub struct Cable<D> {
    device: D,
    host: Host,
    transcript: Transcript,
    now: Time,
    until: Option<Time>,
    nonces: u64,
    unplugged: Option<(Time, LineEvent)>,
}

impl<D: ReportDevice + Attended> Cable<D> {
    pub fn new(device: D, transcript: Transcript) -> Self {
        let host = Host::new(Patience::default());
        Self { device, host, transcript, now: Time::START, until: None, nonces: 0, unplugged: None }
    }

    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// Since when the key is gone, and how it went.
    #[must_use]
    pub fn unplugged(&self) -> Option<(Time, LineEvent)> {
        self.unplugged
    }

    /// A key is there again. Its power cycle is the caller's to do.
    pub fn plug_in(&mut self, now: Time) {
        self.now = self.now.max(now);
        if self.unplugged.take().is_some() {
            let effect = "the device is on the bus again".to_owned();
            self.transcript.record(self.now, What::Event { name: "plugged-in".to_owned(), effect });
        }
    }

    fn deliver(&mut self, reports: &[Report]) {
        for report in reports {
            self.device.receive(self.now, report);
        }
    }

    fn ends(&self) -> Time {
        self.until.filter(|until| *until > self.now).unwrap_or(self.now + LONGEST)
    }

    /// Until the request is answered, the user is asked, or nothing more will come.
    fn pump(&mut self) -> Exchange {
        let ends = self.ends();
        self.run(ends).unwrap_or_else(|| {
            self.give_up();
            Exchange::Silence
        })
    }

    /// The client's time is over: CANCEL, and what comes then goes unheard (CTAP2.3 §11.2.9.1.5).
    fn give_up(&mut self) {
        self.deliver(&self.host.cancel());
        while self.device.next_report(self.now).is_some() {}
        self.host.forget();
    }

    /// Reports go both ways until then; `None` when nothing came of it.
    fn run(&mut self, until: Time) -> Option<Exchange> {
        loop {
            while let Some(report) = self.device.next_report(self.now) {
                match self.host.receive(self.now, &report) {
                    None | Some(Heard::Keepalive(_)) => {}
                    Some(Heard::Answer(bytes)) => {
                        self.transcript.ctap_reply(self.now, &bytes);
                        return Some(Exchange::Reply(bytes));
                    }
                    Some(Heard::Channel(_)) => return Some(Exchange::Reply(Vec::new())),
                    Some(Heard::Error(code)) => {
                        return Some(self.lets_go(format!("the key answers CTAPHID_ERROR 0x{code:02X}"), Some(code)));
                    }
                    Some(Heard::Broken(violation)) => {
                        return Some(self.lets_go(format!("what the key says is no CTAPHID: {violation}"), None));
                    }
                    Some(Heard::Silence) => return Some(self.lets_go("the key says nothing any more".to_owned(), None)),
                }
            }
            match self.device.next_line_event() {
                None => {}
                // In process there is no endpoint to stall.
                Some(LineEvent::Stall) => continue,
                Some(event) => return Some(self.line(event)),
            }
            if let Some(prompt) = self.device.next_prompt() {
                self.transcript.prompt(self.now, &prompt);
                return Some(Exchange::NeedUser(prompt));
            }
            if self.host.tick(self.now).is_some() {
                return Some(self.lets_go("the key says nothing any more".to_owned(), None));
            }
            let next = [self.device.deadline(), self.host.deadline()].into_iter().flatten().min();
            match next.filter(|next| *next <= until) {
                Some(next) => self.now = self.now.max(next),
                None => {
                    self.now = self.now.max(until);
                    return None;
                }
            }
            self.device.tick(self.now);
        }
    }

    /// The host makes nothing of what came.
    fn lets_go(&mut self, why: String, error: Option<u8>) -> Exchange {
        self.transcript.record(self.now, What::Event { name: "host-gave-up".to_owned(), effect: why });
        if error != Some(ErrorCode::ChannelBusy.code()) {
            self.host.forget();
        }
        Exchange::Silence
    }

    fn line(&mut self, event: LineEvent) -> Exchange {
        self.device.reset(self.now);
        self.host.forget();
        let (name, effect) = match event {
            LineEvent::Unplug { .. } => {
                self.unplugged = Some((self.now, event));
                ("unplugged", "the device is gone from the bus")
            }
            _ => ("bus-reset", "the device was reset on the bus"),
        };
        self.transcript.record(self.now, What::Event { name: name.to_owned(), effect: effect.to_owned() });
        Exchange::Silence
    }

    /// A channel, if the host has none. `false` when none is to be had.
    fn open(&mut self) -> bool {
        if self.host.channel().is_some() {
            return true;
        }
        self.nonces += 1;
        let init = self.host.open(self.now, self.nonces.to_be_bytes());
        self.deliver(&init);
        let ends = self.ends();
        _ = self.run(ends);
        self.host.channel().is_some()
    }
}

impl<D: ReportDevice + Attended> Transport for Cable<D> {
    fn send(&mut self, now: Time, request: &[u8]) -> Exchange {
        self.now = self.now.max(now);
        self.device.tick(self.now);
        self.transcript.ctap_request(self.now, request);
        let ends = self.ends();
        while self.unplugged.is_none() && self.now < ends {
            if !self.open() {
                return Exchange::Silence;
            }
            let reports = self.host.request(self.now, command::CBOR, request);
            self.deliver(&reports);
            match self.pump() {
                // Still on its channel: the key was busy.
                Exchange::Silence if self.host.channel().is_some() => self.now += BACK_OFF,
                exchange => return exchange,
            }
        }
        Exchange::Silence
    }

    fn answer(&mut self, now: Time, answer: UserAnswer) -> Exchange {
        self.transcript.answer(now, answer);
        if self.unplugged.is_some() {
            return Exchange::Silence;
        }
        // While the user takes the time, keepalives go by, and more may happen.
        if let Some(exchange) = self.run(now) {
            return exchange;
        }
        if answer == UserAnswer::Cancel {
            self.deliver(&self.host.cancel());
        } else {
            self.device.user(self.now, answer);
        }
        self.pump()
    }

    fn wait_until(&mut self, deadline: Time) {
        self.until = Some(deadline);
    }

    fn moment(&self, asked: Time) -> Time {
        self.now.max(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ctaphid::tests::bench::{Key, SELECTION};
    use crate::ctaphid::{Config, Engine, Policy, Presence};
    use faultkey_authenticator::Prompt;
    use faultkey_authenticator::step::Purpose;

    fn cable(processing: u64) -> (Cable<Engine<Key, Policy>>, Transcript) {
        let config = Config { processing_time: Duration::from_millis(processing), ..Config::default() };
        let policy = Policy { presence: Presence::Wait, ..Policy::default() };
        let transcript = Transcript::new();
        (Cable::new(Engine::new(config, Key::default(), policy), transcript.clone()), transcript)
    }

    #[test]
    fn carries_what_in_process_carries() {
        let (mut cable, transcript) = cable(0);
        let prompt = Prompt::Presence { purpose: Purpose::Select };
        assert_eq!(cable.send(Time::from_millis(10), &SELECTION), Exchange::NeedUser(prompt));
        assert_eq!(cable.answer(Time::from_millis(2_000), UserAnswer::Approve), Exchange::Reply(vec![0x00]));
        assert_eq!(cable.moment(Time::START), Time::from_millis(2_000));
        assert_eq!(cable.send(Time::from_millis(3_000), &[0x99, 0xA0]), Exchange::Reply(vec![0x01]));
        let entries: Vec<_> = transcript.entries().into_iter().map(|entry| (entry.at, entry.what)).collect();
        let expected = [
            (10, What::CtapRequest { bytes: "0b".into() }),
            (10, What::Prompt { text: "touch to choose this authenticator".into() }),
            (2_000, What::Answer { text: "approved".into() }),
            (2_000, What::CtapReply { bytes: "00".into() }),
            (3_000, What::CtapRequest { bytes: "99a0".into() }),
            (3_000, What::CtapReply { bytes: "01".into() }),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn cancel_is_answered() {
        let (mut cable, _) = cable(0);
        assert!(matches!(cable.send(Time::START, &SELECTION), Exchange::NeedUser(_)));
        assert_eq!(cable.answer(Time::from_millis(500), UserAnswer::Cancel), Exchange::Reply(vec![0x2D]));
    }

    #[test]
    fn a_slow_key_takes_the_clients_time_and_no_more_than_it_has() {
        let (mut cable, _) = cable(5_000);
        cable.wait_until(Time::from_millis(60_000));
        assert_eq!(cable.send(Time::START, &[0x99]), Exchange::Reply(vec![0x01]));
        assert_eq!(cable.moment(Time::START), Time::from_millis(5_000));
        cable.wait_until(Time::from_millis(7_000));
        assert_eq!(cable.send(Time::from_millis(5_000), &[0x99]), Exchange::Silence);
        assert_eq!(cable.moment(Time::START), Time::from_millis(7_000));
        cable.wait_until(Time::from_millis(60_000));
        assert_eq!(cable.send(Time::from_millis(8_000), &[0x99]), Exchange::Reply(vec![0x01]), "on a new channel");
    }
}
