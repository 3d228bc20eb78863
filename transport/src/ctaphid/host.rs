//! The host's side of CTAPHID: a strict one. No I/O and no clock: requests, reports and time go in, reports and what was heard come out.

use std::fmt;
use std::time::Duration;

use faultkey_authenticator::Time;

use super::packet::LONGEST_MESSAGE;
use super::{BROADCAST, Packet, Report, command, fragment};

/// A host with one channel and one request at a time.
#[derive(Debug)]
pub struct Host {
    patience: Patience,
    channel: Option<u32>,
    waiting: Waiting,
    due: Time,
}

/// How long it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// From a request, or a keepalive, to the next thing that the key says. CTAP2.3 §11.2.9.1.7 asks for a keepalive every 100 ms; hosts differ in
    /// how long they do without.
    pub word: Duration,
    /// From report to report of one message.
    pub report: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { word: Duration::from_secs(3), report: Duration::from_millis(500) }
    }
}

/// What the key said, as far as this host heard it. All but a keepalive ends the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// INIT was answered: this is the host's channel now.
    Channel(u32),
    /// The request is worked on, with this status.
    Keepalive(u8),
    Answer(Vec<u8>),
    /// CTAPHID_ERROR, with this code.
    Error(u8),
    /// What came breaks CTAPHID.
    Broken(Violation),
    /// Nothing came for too long.
    Silence,
}

/// How a message to the host broke CTAPHID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// CTAP2.3 §11.2.5.4.
    Sequence { expected: u8, found: u8 },
    /// A new message in the middle of another.
    Interrupted { command: u8 },
    /// §11.2.4: more than a message can have.
    TooLong(usize),
    /// The answer to another command.
    Command { expected: u8, found: u8 },
    /// A continuation packet without a message.
    Continuation,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequence { expected, found } => write!(f, "sequence number {found} where {expected} was next"),
            Self::Interrupted { command } => write!(f, "a message (command 0x{command:02X}) in the middle of another"),
            Self::TooLong(length) => write!(f, "a message of {length} bytes, and {LONGEST_MESSAGE} is the most"),
            Self::Command { expected, found } => write!(f, "an answer to command 0x{found:02X} where 0x{expected:02X} was asked"),
            Self::Continuation => f.write_str("a continuation packet without a message"),
        }
    }
}

#[derive(Debug)]
enum Waiting {
    Nothing,
    Channel { nonce: [u8; 8] },
    Answer { command: u8 },
    Rest { length: usize, bytes: Vec<u8>, sequence: u8 },
}

impl Host {
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self { patience, channel: None, waiting: Waiting::Nothing, due: Time::START }
    }

    #[must_use]
    pub const fn channel(&self) -> Option<u32> {
        self.channel
    }

    /// The device went away: so did the channel.
    pub fn forget(&mut self) {
        self.channel = None;
        self.waiting = Waiting::Nothing;
    }

    /// Asks for a channel (CTAP2.3 §11.2.9.1.3). What was asked before is given up.
    pub fn open(&mut self, now: Time, nonce: [u8; 8]) -> Vec<Report> {
        self.channel = None;
        self.waiting = Waiting::Channel { nonce };
        self.due = now + self.patience.word;
        fragment(BROADCAST, command::INIT, &nonce).unwrap_or_default()
    }

    /// A request. Nothing to send when there is no channel, or the message is too long for CTAPHID.
    pub fn request(&mut self, now: Time, command: u8, message: &[u8]) -> Vec<Report> {
        let Some(reports) = self.channel.and_then(|channel| fragment(channel, command, message)) else { return Vec::new() };
        self.waiting = Waiting::Answer { command };
        self.due = now + self.patience.word;
        reports
    }

    /// Asks the key to end the request that it works on (§11.2.9.1.5). The request's answer is still waited for.
    #[must_use]
    pub fn cancel(&self) -> Vec<Report> {
        self.channel.and_then(|channel| fragment(channel, command::CANCEL, &[])).unwrap_or_default()
    }

    /// A report from the key. `None` while there is nothing to tell: it is another's, or the message goes on.
    pub fn receive(&mut self, now: Time, report: &Report) -> Option<Heard> {
        let packet = Packet::parse(report);
        if let Waiting::Channel { nonce } = self.waiting {
            let channel = opened(packet, &nonce)?;
            self.channel = Some(channel);
            return self.end(Heard::Channel(channel));
        }
        // §11.2.3: other hosts share the device, and all see every report.
        if Some(packet.channel()) != self.channel {
            return None;
        }
        match (packet, &mut self.waiting) {
            (_, Waiting::Nothing | Waiting::Channel { .. }) => None,
            (Packet::Initialization { command, .. }, Waiting::Rest { .. }) => self.broken(Violation::Interrupted { command }),
            (Packet::Initialization { command: command::KEEPALIVE, data, .. }, Waiting::Answer { .. }) => {
                self.due = now + self.patience.word;
                Some(Heard::Keepalive(data.first().copied().unwrap_or(0)))
            }
            (Packet::Initialization { command: command::ERROR, data, .. }, Waiting::Answer { .. }) => {
                let code = data.first().copied().unwrap_or(0);
                self.end(Heard::Error(code))
            }
            (Packet::Initialization { length, .. }, Waiting::Answer { .. }) if length > LONGEST_MESSAGE => {
                self.broken(Violation::TooLong(length))
            }
            (Packet::Initialization { command, length, data, .. }, Waiting::Answer { command: expected }) => {
                let expected = *expected;
                if command != expected {
                    return self.broken(Violation::Command { expected, found: command });
                }
                let bytes = data.get(..length).unwrap_or(data).to_vec();
                self.go_on(now, length, bytes, 0)
            }
            (Packet::Continuation { .. }, Waiting::Answer { .. }) => self.broken(Violation::Continuation),
            (Packet::Continuation { sequence: found, data, .. }, Waiting::Rest { length, bytes, sequence }) => {
                let (length, expected, mut bytes) = (*length, *sequence, std::mem::take(bytes));
                if found != expected {
                    return self.broken(Violation::Sequence { expected, found });
                }
                let missing = length.saturating_sub(bytes.len());
                bytes.extend_from_slice(data.get(..missing).unwrap_or(data));
                self.go_on(now, length, bytes, expected.saturating_add(1))
            }
        }
    }

    /// Time passes.
    pub fn tick(&mut self, now: Time) -> Option<Heard> {
        if matches!(self.waiting, Waiting::Nothing) || now < self.due {
            return None;
        }
        self.end(Heard::Silence)
    }

    /// When [`Host::tick`] has something to say, if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        (!matches!(self.waiting, Waiting::Nothing)).then_some(self.due)
    }

    fn go_on(&mut self, now: Time, length: usize, bytes: Vec<u8>, sequence: u8) -> Option<Heard> {
        if bytes.len() >= length {
            return self.end(Heard::Answer(bytes));
        }
        self.waiting = Waiting::Rest { length, bytes, sequence };
        self.due = now + self.patience.report;
        None
    }

    fn broken(&mut self, violation: Violation) -> Option<Heard> {
        self.end(Heard::Broken(violation))
    }

    fn end(&mut self, heard: Heard) -> Option<Heard> {
        self.waiting = Waiting::Nothing;
        Some(heard)
    }
}

/// The channel that INIT's answer gives to this nonce (CTAP2.3 §11.2.9.1.3).
fn opened(packet: Packet, nonce: &[u8; 8]) -> Option<u32> {
    let Packet::Initialization { channel: BROADCAST, command: command::INIT, length: 17.., data } = packet else { return None };
    let (answered, rest) = data.split_first_chunk::<8>()?;
    let (channel, _) = rest.split_first_chunk::<4>()?;
    (answered == nonce).then(|| u32::from_be_bytes(*channel))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ctaphid::tests::bench::Bench;
    use crate::ctaphid::{Config, ErrorCode};

    const NONCE: [u8; 8] = *b"nonce000";

    fn said(channel: u32, command: u8, message: &[u8]) -> Vec<Report> {
        fragment(channel, command, message).unwrap()
    }

    /// A host with channel 5.
    fn host() -> Host {
        let mut host = Host::new(Patience::default());
        host.open(Time::START, NONCE);
        let answer = [NONCE.as_slice(), &[0, 0, 0, 5], &[2, 1, 0, 0, 0x0D]].concat();
        assert_eq!(host.receive(Time::START, &said(BROADCAST, command::INIT, &answer)[0]), Some(Heard::Channel(5)));
        host
    }

    fn hear(host: &mut Host, reports: &[Report]) -> Vec<Heard> {
        reports.iter().filter_map(|report| host.receive(Time::START, report)).collect()
    }

    #[test]
    fn it_talks_to_the_engine() {
        let mut bench = Bench::new(Config::default());
        let mut host = Host::new(Patience::default());
        let mut play = |host: &mut Host, reports: Vec<Report>| {
            reports.iter().for_each(|report| bench.engine.receive(Time::START, report));
            let mut heard = Vec::new();
            while let Some(report) = bench.engine.next_report() {
                heard.extend(host.receive(Time::START, &report));
            }
            heard
        };
        let open = host.open(Time::START, NONCE);
        assert_eq!(play(&mut host, open), [Heard::Channel(1)]);
        let message: Vec<u8> = (0..200).collect();
        let ping = host.request(Time::START, command::PING, &message);
        assert_eq!(play(&mut host, ping), [Heard::Answer(message)]);
        let unknown = host.request(Time::START, 0x77, &[]);
        assert_eq!(play(&mut host, unknown), [Heard::Error(ErrorCode::InvalidCommand.code())]);
    }

    #[test]
    fn another_nonce_and_another_channel_are_not_its_own() {
        let mut host = Host::new(Patience::default());
        host.open(Time::START, NONCE);
        let answer = [b"nonce001".as_slice(), &[0, 0, 0, 5], &[2, 1, 0, 0, 0x0D]].concat();
        assert_eq!(hear(&mut host, &said(BROADCAST, command::INIT, &answer)), []);
        let mut host = self::host();
        host.request(Time::START, command::PING, &[1]);
        assert_eq!(hear(&mut host, &said(6, command::PING, &[1])), []);
        assert_eq!(hear(&mut host, &said(5, command::PING, &[1])), [Heard::Answer(vec![1])]);
        assert_eq!(hear(&mut host, &said(5, command::PING, &[1])), [], "nothing was asked");
    }

    #[test]
    fn what_breaks_ctaphid_is_named() {
        let long = said(5, command::CBOR, &[7; 150]);
        let too_long = {
            let mut report = long[0];
            report[5..7].copy_from_slice(&[0xFF, 0xFF]);
            report
        };
        let table = [
            (vec![long[0], long[2]], Violation::Sequence { expected: 0, found: 1 }),
            (vec![long[0], long[1], long[1]], Violation::Sequence { expected: 1, found: 0 }),
            (vec![long[0], long[0]], Violation::Interrupted { command: command::CBOR }),
            (vec![too_long], Violation::TooLong(0xFFFF)),
            (vec![long[1]], Violation::Continuation),
            (said(5, command::PING, &[]), Violation::Command { expected: command::CBOR, found: command::PING }),
        ];
        for (reports, violation) in table {
            let mut host = host();
            host.request(Time::START, command::CBOR, &[4]);
            assert_eq!(hear(&mut host, &reports), [Heard::Broken(violation)]);
        }
    }

    #[test]
    fn keepalives_prolong_its_patience() {
        let mut host = host();
        host.request(Time::START, command::CBOR, &[4]);
        assert_eq!(host.deadline(), Some(Time::from_millis(3_000)));
        let later = Time::from_millis(2_900);
        assert_eq!(host.tick(later), None);
        assert_eq!(host.receive(later, &said(5, command::KEEPALIVE, &[2])[0]), Some(Heard::Keepalive(2)));
        assert_eq!(host.deadline(), Some(Time::from_millis(5_900)));
        assert_eq!(host.receive(later, &said(5, command::CBOR, &[7; 150])[0]), None);
        assert_eq!(host.deadline(), Some(Time::from_millis(3_400)), "from report to report");
        assert_eq!(host.tick(Time::from_millis(3_400)), Some(Heard::Silence));
        assert_eq!((host.tick(Time::from_millis(9_000)), host.deadline()), (None, None));
    }
}
