//! A whole key at the end of a cable, with the report layer between, and a strict CTAPHID host at the other end. Time is virtual.

#![allow(dead_code)]

use std::time::Duration;

use ciborium::Value;
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, Time, cbor, random};
use faultkey_fault_injection::{FaultSpec, Faults, FaultyReports, FaultySteps, profile};
use faultkey_transport::ctaphid::{Config, Engine, Heard, Host, Packet, Patience, Policy, Presence, Report, command};
use faultkey_transport::{LineEvent, ReportDevice, Transcript};

pub const SEED: u64 = 11;
pub type Key = Engine<FaultySteps<Authenticator>, Policy>;

/// What the host's end saw, in order, with the milliseconds at which it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Heard(Heard),
    Line(LineEvent),
}

pub struct Bench {
    pub faults: Faults,
    pub device: FaultyReports<Key>,
    pub host: Host,
    pub now: Time,
    /// Every report that reached the host, with its time.
    pub reports: Vec<(u64, Report)>,
    pub line: Vec<(u64, LineEvent)>,
    nonces: u8,
}

pub fn engine(faults: &Faults, presence: Presence) -> Key {
    let profile = profile::find("yubikey-5").expect("a profile");
    let store = Box::new(faults.store(MemoryStore::default()));
    let authenticator = Authenticator::new(profile.authenticator.clone(), store, random::stream(SEED, "authenticator"));
    let policy = Policy { presence, ..Policy::default() };
    Engine::new(Config::default(), faults.steps(authenticator), policy)
}

impl Bench {
    /// A YubiKey 5 that is touched at once, with these faults armed.
    pub fn with(faults: &[&str]) -> Self {
        Self::touched(Presence::AtOnce, Patience::default(), faults)
    }

    /// One that is touched after so long, at a host that waits so long for a word.
    pub fn touched(presence: Presence, patience: Patience, armed: &[&str]) -> Self {
        let faults = Faults::new(SEED, profile::find("yubikey-5").expect("a profile"), Transcript::new());
        let device = faults.reports(engine(&faults, presence));
        let host = Host::new(patience);
        let mut bench = Self { faults, device, host, now: Time::START, reports: Vec::new(), line: Vec::new(), nonces: 0 };
        bench.open();
        for fault in armed {
            bench.faults.arm(bench.now, fault.parse::<FaultSpec>().expect(fault)).expect(fault);
        }
        bench.reports.clear();
        bench
    }

    /// Asks for a channel.
    pub fn open(&mut self) -> Option<Heard> {
        self.nonces += 1;
        let reports = self.host.open(self.now, [self.nonces; 8]);
        self.deliver(&reports);
        self.wait(Duration::from_secs(5))
    }

    pub fn deliver(&mut self, reports: &[Report]) {
        reports.iter().for_each(|report| self.device.receive(self.now, report));
    }

    /// Sends a request and waits a minute for its end.
    pub fn ask(&mut self, message: &[u8]) -> Option<Heard> {
        let reports = self.host.request(self.now, command::CBOR, message);
        assert!(!reports.is_empty(), "the host has no channel");
        self.deliver(&reports);
        self.wait(Duration::from_secs(60))
    }

    /// What ends the request, if anything does in so much time. Keepalives go by; so does what happens to the line.
    pub fn wait(&mut self, longest: Duration) -> Option<Heard> {
        let until = self.now + longest;
        loop {
            while let Some(report) = self.device.next_report(self.now) {
                self.reports.push((self.now.as_millis(), report));
                match self.host.receive(self.now, &report) {
                    None | Some(Heard::Keepalive(_)) => {}
                    ended => return ended,
                }
            }
            if let Some(event) = self.device.next_line_event() {
                self.line.push((self.now.as_millis(), event));
                if event != LineEvent::Stall {
                    // The link ends with this.
                    self.device.reset(self.now);
                    self.host.forget();
                    return None;
                }
                continue;
            }
            if let Some(heard) = self.host.tick(self.now) {
                return Some(heard);
            }
            let next = [self.device.deadline(), self.host.deadline()].into_iter().flatten().min();
            match next {
                // A stall that was cleared leaves what is due already.
                Some(next) if next <= until => self.now = self.now.max(next),
                _ => {
                    self.now = until;
                    return None;
                }
            }
            self.device.tick(self.now);
        }
    }

    /// Bytes of a CTAP answer that begins with success.
    pub fn granted(&mut self, message: &[u8]) -> Vec<u8> {
        match self.ask(message) {
            Some(Heard::Answer(bytes)) if bytes.first() == Some(&0) => bytes,
            other => panic!("{other:?}"),
        }
    }

    /// Credentials in the store.
    pub fn stored(&mut self) -> usize {
        self.device.inner_mut().steps_mut().inner_mut().store().credentials().expect("credentials").len()
    }

    pub fn decisions(&self) -> Vec<String> {
        self.faults.fired().into_iter().map(|fired| fired.text.en).collect()
    }

    /// The times of the keepalives that arrived.
    pub fn keepalives(&self) -> Vec<u64> {
        let is_keepalive = |report: &Report| matches!(Packet::parse(report), Packet::Initialization { command: command::KEEPALIVE, .. });
        self.reports.iter().filter(|(_, report)| is_keepalive(report)).map(|(at, _)| *at).collect()
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn message(code: u8, map: Vec<(Value, Value)>) -> Vec<u8> {
    let mut map = Value::Map(map);
    cbor::sort(&mut map);
    let mut bytes = vec![code];
    ciborium::into_writer(&map, &mut bytes).expect("CBOR");
    bytes
}

pub const GET_INFO: [u8; 1] = [0x04];

/// authenticatorMakeCredential of `hanako` at broker.test, discoverable: a request and an answer of several reports.
pub fn make_credential() -> Vec<u8> {
    message(
        1,
        vec![
            (Value::from(1), Value::Bytes(vec![7; 32])),
            (Value::from(2), Value::Map(vec![(text("id"), text("broker.test")), (text("name"), text("Broker"))])),
            (
                Value::from(3),
                Value::Map(vec![
                    (text("id"), Value::Bytes(b"handle".to_vec())),
                    (text("name"), text("hanako")),
                    (text("displayName"), text("Hanako Tester")),
                ]),
            ),
            (Value::from(4), Value::Array(vec![Value::Map(vec![(text("alg"), Value::from(-7)), (text("type"), text("public-key"))])])),
            (Value::from(7), Value::Map(vec![(text("rk"), Value::Bool(true))])),
        ],
    )
}

/// authenticatorGetAssertion without allow list.
pub fn get_assertion() -> Vec<u8> {
    message(2, vec![(Value::from(1), text("broker.test")), (Value::from(2), Value::Bytes(vec![9; 32]))])
}
