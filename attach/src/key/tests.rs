//! The key in virtual time, with a strict host in front of it.

use std::sync::{Arc, Mutex};

use faultkey_authenticator::{Event, Time, UserAnswer};
use faultkey_fault_injection::profile;
use faultkey_transport::ReportDevice;
use faultkey_transport::ctaphid::command;
use faultkey_transport::ctaphid::host::{Heard, Host, Patience};

use super::*;
use crate::Plan;
use crate::script::{Ceremony, Cue, Script};
use crate::user::{NextAct, Presence};

const SELECTION: [u8; 1] = [0x0B];
/// `rp.test`, no allow list: nobody has a credential.
const LOG_IN: &[u8] = b"\x02\xA2\x01\x67rp.test\x02\x58\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const NO_CREDENTIALS: u8 = 0x2E;
const OPERATION_DENIED: u8 = 0x27;

struct Bench {
    key: Key,
    host: Host,
    now: Time,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    fn new(plan: Plan) -> Self {
        let (mut key, mut meter) = plan.build().unwrap();
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let written = Arc::clone(&lines);
        key.watch(move |now: Time, happening: &Happening| {
            if let Some(line) = crate::view::line(now, happening) {
                written.lock().unwrap().push(line.split_at(12).1.to_owned());
            }
        });
        key.plug(Time::START, meter.power_up().unwrap()).unwrap();
        let mut bench = Self { key, host: Host::new(Patience::default()), now: Time::START, lines };
        bench.open();
        bench
    }

    fn open(&mut self) {
        let reports = self.host.open(self.now, *b"virtual!");
        assert!(matches!(self.exchange(&reports), Some(Heard::Channel(_))));
    }

    fn send(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let reports = self.host.request(self.now, command::CBOR, message);
        self.exchange(&reports).and_then(answer)
    }

    fn exchange(&mut self, reports: &[faultkey_transport::ctaphid::Report]) -> Option<Heard> {
        for report in reports {
            self.key.receive(self.now, report);
        }
        self.hear()
    }

    /// The last thing that the key says now.
    fn hear(&mut self) -> Option<Heard> {
        let mut heard = None;
        while let Some(report) = self.key.next_report(self.now) {
            heard = self.host.receive(self.now, &report).or(heard);
        }
        heard
    }

    fn story(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

fn answer(heard: Heard) -> Option<Vec<u8>> {
    if let Heard::Answer(reply) = heard { Some(reply) } else { None }
}

fn plan() -> Plan {
    Plan::new(profile::find("security-key").unwrap().clone())
}

#[test]
fn a_prompt_waits_for_somebody_and_the_view_tells_it() {
    let mut bench = Bench::new(Plan { presence: Presence::Ask, ..plan() });
    assert_eq!(bench.key.touch(bench.now, None), Err(NoPrompt));
    assert_eq!(bench.send(&SELECTION), None);
    assert!(!bench.key.is_idle() && bench.key.asked(bench.now).is_some());
    assert_eq!(bench.key.touch(bench.now, None).unwrap(), "touch to choose this authenticator");
    assert_eq!(bench.hear().and_then(answer), Some(vec![0]));
    assert!(bench.key.is_idle() && bench.key.asked(bench.now).is_none());
    let story = bench.story();
    assert_eq!(story[0], "plugged in, power-up 1");
    assert_eq!(
        story[story.len() - 4..],
        [
            "-> #1 selection",
            "!! waits: touch to choose this authenticator; touches do not come by themselves (--presence). `faultkey ctl touch` touches it",
            "   touched",
            "<- #1 CTAP2_OK",
        ]
    );
    assert_eq!(bench.key.last_exchange(), Some(&LastExchange { number: 1, request: "selection".to_owned(), reply: "CTAP2_OK".to_owned() }));
}

/// What waited is forgotten; the host finds no key, and then another channel table.
#[test]
fn an_unplugged_key_says_nothing_and_comes_back_without_memory_of_the_host() {
    let mut bench = Bench::new(Plan { presence: Presence::Ask, ..plan() });
    assert_eq!(bench.send(&SELECTION), None);
    bench.key.unplug(bench.now);
    assert!(bench.key.asked(bench.now).is_none());
    assert_eq!((bench.key.deadline(), bench.key.backlog()), (None, 0));
    assert_eq!(bench.send(&SELECTION), None);
    assert!(bench.key.happen(bench.now, Event::OsUpdated).is_err());
    bench.key.plug(bench.now, 2).unwrap();
    bench.host.forget();
    bench.open();
    bench.key.change_user(bench.now, |user| user.presence = Presence::Always);
    assert_eq!(bench.send(&SELECTION), Some(vec![0]));
    assert_eq!(bench.key.power_up(), 2);
}

#[test]
fn a_script_goes_on_with_each_ceremony() {
    let cues = [
        Cue::Until(Ceremony::LogIn),
        Cue::Arm("operation-denied".parse().unwrap()),
        Cue::Until(Ceremony::LogIn),
        Cue::Clear(None),
        Cue::Note("the support desk".to_owned()),
    ];
    let mut bench = Bench::new(Plan { script: Script::new(cues), ..plan() });
    assert!(bench.story().contains(&"   scenario: now log in".to_owned()));
    // Another command is no ceremony.
    assert_eq!(bench.send(&SELECTION), Some(vec![0]));
    assert_eq!(bench.key.faults().list().len(), 0);
    assert_eq!(bench.send(LOG_IN), Some(vec![NO_CREDENTIALS]));
    assert_eq!(bench.key.faults().list().len(), 1);
    assert!(bench.send(LOG_IN).is_some());
    assert_eq!(bench.key.faults().list().len(), 0);
    let story = bench.story();
    assert_eq!(story[story.len() - 3..], ["   scenario: disarms every fault", "   scenario: the support desk", "   scenario: at its end"]);
}

/// `up: false`, as a client looks for credentials without its user.
const SILENT_LOOK: &[u8] = b"\x02\xA3\x01\x67rp.test\x02\x58\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x05\xA1\x62up\xF4";
/// A registration of the account `no touch`.
const NO_TOUCH: &[u8] = b"\x01\xA4\x01\x58\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x02\xA1\x62id\x67rp.test\
    \x03\xA2\x62id\x41\x01\x64name\x68no touch\x04\x81\xA2\x63alg\x26\x64type\x6Apublic-key";

#[test]
fn a_user_name_does_not_switch_a_script_off() {
    let cues = || [Cue::Until(Ceremony::Registration), Cue::Arm("operation-denied".parse().unwrap())];
    let mut bench = Bench::new(Plan { script: Script::new(cues()), ..plan() });
    assert_eq!(bench.send(NO_TOUCH).unwrap()[0], 0);
    assert_eq!(bench.key.faults().list().len(), 1);

    let cues = || [Cue::Until(Ceremony::LogIn), Cue::Arm("operation-denied".parse().unwrap())];
    let mut bench = Bench::new(Plan { script: Script::new(cues()), ..plan() });
    assert_eq!(bench.send(SILENT_LOOK), Some(vec![NO_CREDENTIALS]));
    assert_eq!(bench.key.faults().list().len(), 0, "nobody logs in");
    assert_eq!(bench.send(LOG_IN), Some(vec![NO_CREDENTIALS]));
    assert_eq!(bench.key.faults().list().len(), 1);
}

#[test]
fn the_user_of_a_script_deviates_once() {
    let cues = [Cue::User(NextAct::Answer(UserAnswer::Refuse))];
    let mut bench = Bench::new(Plan { script: Script::new(cues), ..plan() });
    assert_eq!(bench.send(&SELECTION), Some(vec![OPERATION_DENIED]));
    assert_eq!(bench.send(&SELECTION), Some(vec![0]));
}

#[test]
fn what_a_key_can_not_do_is_refused_before_it_is_plugged_in() {
    let refused = |plan: Plan| plan.build().err().unwrap().to_string();
    assert!(refused(Plan { pin: Some("1234".to_owned()), ..plan() }).starts_with("--pin: security-key takes no PIN"));
    let faults = vec!["cut-verify".parse().unwrap()];
    assert!(refused(Plan { faults, ..plan() }).starts_with("the fault `cut-verify` acts in the client or on the network"));
    let script = Script::new([Cue::Arm("cut-verify".parse().unwrap())]);
    assert!(refused(Plan { script, ..plan() }).starts_with("the fault `cut-verify` acts in the client or on the network"));
    let faults = vec!["report-dropped".parse().unwrap()];
    let refusal = refused(Plan { faults, stack: Stack::UsbdCtaphid, ..plan() });
    assert!(refusal.starts_with("the fault `report-dropped` acts on CTAPHID's reports"), "{refusal}");
}
