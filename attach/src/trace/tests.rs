#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Arc, Mutex};

use faultkey_authenticator::Event;
use faultkey_fault_injection::profile;
use faultkey_transport::ctaphid::{BROADCAST, fragment};
use faultkey_transport::{LineEvent, ReportDevice};

use super::*;
use crate::{Key, Plan, Presence};

/// A writer whose bytes can be looked at.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

const STARTED: Duration = Duration::from_secs(1_795_000_000);

/// INIT, getInfo, a late PING, a registration that is touched after a second, nonsense, WINK, one that is cancelled, an event, one that the host gives
/// up, and one at which the key is unplugged.
fn traced() -> (Vec<Line>, Vec<u8>) {
    let (lines, capture) = (Shared::default(), Shared::default());
    let trace = Trace::new(&Identity::default(), STARTED, Some(Box::new(lines.clone())), Some(Box::new(capture.clone())));
    let plan = Plan {
        seed: 3,
        presence: Presence::After(Duration::from_secs(1)),
        faults: vec!["report-delayed,message=ping,by=50,schedule=once".parse().unwrap()],
        ..Plan::new(profile::find("yubikey-5").unwrap().clone())
    };
    let (mut key, _meter) = plan.build().unwrap();
    key.watch(trace);
    key.plug(Time::START, 1).unwrap();
    let mut make_credential = vec![0x01];
    make_credential.extend(HEXLOWER.decode(MAKE_CREDENTIAL.as_bytes()).unwrap());

    let mut now = Time::START;
    let mut play = |key: &mut Key, command: u8, message: &[u8], wait: u64| {
        // The second INIT is on the channel, and starts it over.
        let channel = if command == command::INIT && message == [1; 8] { BROADCAST } else { 1 };
        fragment(channel, command, message).unwrap().iter().for_each(|report| key.receive(now, report));
        let until = now + Duration::from_millis(wait);
        loop {
            while key.next_report(now).is_some() {}
            match key.deadline().filter(|due| *due <= until) {
                Some(due) => now = due,
                None => break,
            }
            key.tick(now);
        }
        now = until;
        now
    };
    play(&mut key, command::INIT, &[1; 8], 100);
    play(&mut key, command::CBOR, &[0x04], 100);
    play(&mut key, command::PING, &[7; 100], 100);
    play(&mut key, command::CBOR, &make_credential, 2_000);
    play(&mut key, 0x77, &[], 100);
    play(&mut key, command::WINK, &[], 100);
    play(&mut key, command::CBOR, &make_credential, 300);
    let then = play(&mut key, command::CANCEL, &[], 100);
    key.happen(then, Event::FingerprintEnrolled).unwrap();
    key.note(then, "armed: unplug-mid-command");
    play(&mut key, command::CBOR, &make_credential, 300);
    let then = play(&mut key, command::INIT, &[2; 8], 100);
    key.faults().arm(then, "unplug-mid-command,when=touch,schedule=once".parse().unwrap()).unwrap();
    let then = play(&mut key, command::CBOR, &make_credential, 1_500);
    assert!(matches!(key.next_line_event(), Some(LineEvent::Unplug { .. })));
    key.unplug(then);
    let text = String::from_utf8(lines.bytes()).unwrap();
    (text.lines().map(|line| Line::parse(line).expect(line)).collect(), capture.bytes())
}

/// authenticatorMakeCredential at rp.test for ES256, discoverable.
const MAKE_CREDENTIAL: &str = concat!(
    "a5",
    "01",
    "58200000000000000000000000000000000000000000000000000000000000000000",
    "02",
    "a262696467",
    "72702e74657374",
    "646e616d65",
    "625250",
    "03",
    "a2626964",
    "4101",
    "646e616d65",
    "6368616e",
    "04",
    "81a263616c672664747970656a7075626c69632d6b6579",
    "07",
    "a162726bf5",
);

fn kind(line: &Line) -> String {
    let value: serde_json::Value = serde_json::from_str(&line.to_json()).unwrap();
    value["kind"].as_str().unwrap().to_owned()
}

#[test]
fn every_line_is_read_back_and_every_kind_is_documented() {
    let (lines, _) = traced();
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line.number, index as u64 + 1);
        assert_eq!(Line::parse(&line.to_json()).unwrap(), *line);
    }
    assert!(lines.windows(2).all(|pair| pair[0].at <= pair[1].at), "in order");
    let What::Trace { version: VERSION, product_id: 1, .. } = &lines[0].what else { panic!("{:?}", lines[0]) };
    let kinds: BTreeSet<String> = lines.iter().map(kind).collect();
    let documented = include_str!("../../../docs/trace.md");
    let documented: BTreeSet<String> =
        documented.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split('`').next()?.to_owned())).collect();
    assert_eq!(kinds, documented);
    assert!(Line::parse(r#"{"number":1,"at":0,"kind":"telepathy"}"#).is_err());
}

#[test]
fn reports_messages_prompts_answers_and_decisions_are_there() {
    let (lines, _) = traced();
    let has = |wanted: &dyn Fn(&What) -> bool| lines.iter().any(|line| wanted(&line.what));
    assert!(has(&|what| matches!(what, What::Report { direction, channel, packet, bytes }
        if direction == "to-key" && channel == "ffffffff" && packet == "INIT, 8 bytes" && bytes.len() == 128)));
    assert!(has(&|what| matches!(what, What::Report { packet, .. } if packet == "KEEPALIVE, user presence needed")));
    assert!(has(&|what| matches!(what, What::Report { packet, .. } if packet == "ERROR 0x01")));
    assert!(has(&|what| matches!(what, What::Message { title, decoded, direction, .. }
        if title == "authenticatorMakeCredential (0x01)" && direction == "to-key" && decoded.iter().any(|part| part.text.contains("rp.test")))));
    assert!(has(&|what| matches!(what, What::Message { title, decoded, .. }
        if title == "CTAP2_OK (0x00) to authenticatorGetInfo" && !decoded.is_empty())));
    assert!(has(&|what| matches!(what, What::Message { title, .. } if title.starts_with("CTAP2_ERR_KEEPALIVE_CANCEL"))));
    assert!(has(&|what| matches!(what, What::Message { title, bytes, .. } if title == "PING" && *bytes == "07".repeat(100))));
    assert!(has(&|what| matches!(what, What::Prompt { text, .. } if text.contains("register \"han\" at rp.test"))));
    assert!(has(&|what| matches!(what, What::Answer { text, .. } if text == "cancelled by the client")));
    assert!(has(&|what| matches!(what, What::Error { text, .. } if text.contains("INVALID_CMD"))));
    assert!(has(&|what| matches!(what, What::Decision { fault, layer, .. } if fault == "report-delayed" && layer == "report")));
    assert!(has(&|what| matches!(what, What::Decision { text, .. } if text.starts_with("unplugged at the moment of the touch"))));
    assert!(has(&|what| matches!(what, What::Event { event, .. } if event == "fingerprint-enrolled")));
    let exchanges = |wanted: &str| -> Vec<u64> {
        let of = |what: &What| match what {
            What::Message { exchange, direction, .. } if direction == wanted => Some(*exchange),
            _ => None,
        };
        lines.iter().filter_map(|line| of(&line.what)).collect()
    };
    assert!(exchanges("to-host").iter().all(|number| exchanges("to-key").contains(number)), "a reply has its request's number");
}

/// The length and the header of each record.
fn records(capture: &[u8]) -> Vec<(u32, &[u8])> {
    let mut rest = &capture[24..];
    let mut records = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[8..12].try_into().unwrap());
        assert_eq!(rest[8..12], rest[12..16]);
        records.push((u32::from_le_bytes(rest[..4].try_into().unwrap()), &rest[16..16 + length as usize]));
        rest = &rest[16 + length as usize..];
    }
    records
}

#[test]
fn the_capture_is_usbmons() {
    let (lines, capture) = traced();
    let head = [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 220, 0, 0, 0];
    assert_eq!(capture[..24], head);
    let records = records(&capture);
    let reports: Vec<&What> = lines.iter().map(|line| &line.what).filter(|what| matches!(what, What::Report { .. })).collect();
    assert_eq!(records.len(), 16 + 2 * reports.len(), "four control transfers, twice, and two halves of each report");
    // GET_DESCRIPTOR of the report descriptor: submission with its setup, completion with the bytes.
    let (submitted, completed) = (records[4].1, records[5].1);
    assert_eq!(submitted[..16], [3, 0, 0, 0, 0, 0, 0, 0, b'S', 2, 0x80, 2, 1, 0, 0, b'<']);
    assert_eq!(submitted[40..48], [0x81, 6, 0, 0x22, 0, 0, 34, 0]);
    assert_eq!((completed[8], completed[14], &completed[64..67]), (b'C', b'-', &[0x06, 0xD0, 0xF1][..]));
    // The first report: INIT, out.
    let (at, submitted) = records[16];
    assert_eq!((u64::from(at), submitted.len()), (STARTED.as_secs(), 128));
    assert_eq!(submitted[8..16], [b'S', 1, 0x01, 2, 1, 0, b'-', 0]);
    assert_eq!(submitted[28..40], [0x8D, 0xFF, 0xFF, 0xFF, 64, 0, 0, 0, 64, 0, 0, 0], "status, length, captured");
    assert_eq!(submitted[64..72], [0xFF, 0xFF, 0xFF, 0xFF, 0x86, 0, 8, 1]);
    let completed = records[17].1;
    assert_eq!((completed.len(), completed[8], completed[15]), (64, b'C', b'>'));
    // Its answer, in.
    let (submitted, completed) = (records[18].1, records[19].1);
    assert_eq!((submitted.len(), submitted[10], submitted[15]), (64, 0x81, b'<'));
    assert_eq!((completed.len(), completed[8], completed[10], completed[15]), (128, b'C', 0x81, 0));
    let wire: Vec<String> =
        records[16..].iter().filter(|(_, packet)| packet.len() == 128).map(|(_, packet)| HEXLOWER.encode(&packet[64..])).collect();
    let traced: Vec<String> =
        reports.into_iter().map(|what| if let What::Report { bytes, .. } = what { bytes.clone() } else { unreachable!() }).collect();
    assert_eq!(wire, traced);
}

/// What Wireshark makes of it, where it is installed.
#[test]
fn wireshark_reads_it() {
    let (_, capture) = traced();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pcap");
    std::fs::write(&file, capture).unwrap();
    let tshark =
        Command::new("tshark").args(["-n", "-r"]).arg(&file).args(["-T", "fields", "-e", "frame.protocols", "-e", "_ws.col.Info"]).output();
    let Ok(output) = tshark else {
        println!("SKIPPED: tshark is not installed, so Wireshark's reading of the capture was not looked at (apt-get install tshark)");
        return;
    };
    let printed = String::from_utf8_lossy(&output.stdout);
    println!("{printed}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("GET DESCRIPTOR Response DEVICE") && !printed.contains("Malformed"), "{printed}");
}

#[test]
fn a_writer_that_fails_ends_its_own_half_only() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::StorageFull, "no space left"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let lines = Shared::default();
    let mut trace = Trace::new(&Identity::default(), STARTED, Some(Box::new(lines.clone())), Some(Box::new(Full)));
    assert_eq!(trace.error().unwrap().to_string(), "no space left");
    trace.happened(Time::START, &Happening::ReportIn([0; 64]));
    assert!(trace.error().is_none());
    assert_eq!(String::from_utf8(lines.bytes()).unwrap().lines().count(), 2);
}
