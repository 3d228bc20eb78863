//! Report faults, seen at the far end by a strict CTAPHID host.

mod report_bench;

use std::time::Duration;

use faultkey_authenticator::Time;
use faultkey_fault_injection::{FaultSpec, Faults, profile};
use faultkey_transport::ctaphid::{ErrorCode, Heard, Packet, Patience, Presence, Report, Violation, command, fragment};
use faultkey_transport::{LineEvent, ReportDevice, Transcript};
use report_bench::{Bench, GET_INFO, engine, get_assertion, make_credential};

/// What ends the next registration at the host, the decisions, and how many credentials the key has then.
fn register(fault: &str) -> (Option<Heard>, Vec<String>, usize) {
    let mut bench = Bench::with(&[fault]);
    let heard = bench.ask(&make_credential());
    let stored = bench.stored();
    (heard, bench.decisions(), stored)
}

fn is_granted(heard: &Option<Heard>) -> bool {
    matches!(heard, Some(Heard::Answer(bytes)) if bytes.first() == Some(&0))
}

fn error(code: ErrorCode) -> Option<Heard> {
    Some(Heard::Error(code.code()))
}

fn broken(violation: Violation) -> Option<Heard> {
    Some(Heard::Broken(violation))
}

/// INIT, getInfo, a registration, a log-in, a PING and nonsense, with a user who takes his time: every report and every deadline.
fn conversation<D: ReportDevice>(device: &mut D) -> Vec<(u64, Option<Report>, Option<Time>)> {
    let mut log = Vec::new();
    let mut now = Time::START;
    let ping: Vec<u8> = (0..=255).collect();
    let sent = [
        fragment(0xFFFF_FFFF, command::INIT, &[1; 8]).unwrap(),
        fragment(1, command::CBOR, &GET_INFO).unwrap(),
        fragment(1, command::CBOR, &make_credential()).unwrap(),
        fragment(1, command::CBOR, &get_assertion()).unwrap(),
        fragment(1, command::PING, &ping).unwrap(),
        vec![[0xAA; 64], [0; 64]],
        fragment(1, command::PING, &ping).unwrap()[..2].to_vec(),
        fragment(1, command::CANCEL, &[]).unwrap(),
    ];
    for reports in sent {
        reports.iter().for_each(|report| device.receive(now, report));
        let until = now + Duration::from_secs(4);
        loop {
            while let Some(report) = device.next_report(now) {
                log.push((now.as_millis(), Some(report), device.deadline()));
            }
            assert_eq!((device.next_line_event(), device.backlog()), (None, 0));
            match device.deadline().filter(|deadline| *deadline <= until) {
                Some(deadline) => now = deadline,
                None => break,
            }
            device.tick(now);
            log.push((now.as_millis(), None, device.deadline()));
        }
        now = until;
    }
    log
}

#[test]
fn with_no_fault_armed_every_report_and_every_time_is_the_devices_own() {
    let new = || Faults::new(report_bench::SEED, profile::find("yubikey-5").unwrap(), Transcript::new());
    let presence = Presence::After(Duration::from_millis(1_300));
    let bare = conversation(&mut engine(&new(), presence));
    assert!(bare.len() > 60, "{}", bare.len());
    let faults = new();
    assert_eq!(conversation(&mut faults.reports(engine(&faults, presence))), bare);
    // Nor with one that is suspended, or that has nothing to do here.
    for suspended in [true, false] {
        let faults = new();
        let spec = if suspended { "report-dropped,message=any,report=any" } else { "no-op" };
        faults.arm(Time::START, spec.parse::<FaultSpec>().unwrap()).unwrap();
        faults.suspend(suspended);
        assert_eq!(conversation(&mut faults.reports(engine(&faults, presence))), bare, "{spec}");
    }
}

#[test]
fn a_report_of_the_answer_is_lost() {
    let (heard, decisions, stored) = register("report-dropped,report=1");
    assert_eq!((heard, stored), (broken(Violation::Continuation), 1), "the credential is there all the same");
    assert!(decisions[0].starts_with("report 1 of ") && decisions[0].ends_with(" of the registration's answer lost"), "{decisions:?}");
    let (heard, ..) = register("report-dropped,report=2");
    assert_eq!(heard, broken(Violation::Sequence { expected: 0, found: 1 }));
    for place in ["last", "rest"] {
        let mut bench = Bench::with(&[&format!("report-dropped,report={place}")]);
        assert_eq!(bench.ask(&make_credential()), Some(Heard::Silence), "{place}");
        assert_eq!(bench.now.as_millis(), 500, "the host's patience from report to report");
        assert_eq!(bench.reports.len() == 1, place == "rest", "rest: only the beginning came");
    }
}

#[test]
fn a_report_of_the_request_is_lost() {
    let (heard, decisions, stored) = register("report-dropped,direction=to-key,report=2");
    assert_eq!((heard, stored), (error(ErrorCode::InvalidSequence), 0));
    assert_eq!(decisions, ["report 2 of 3 of the registration's request lost"]);
    let mut bench = Bench::with(&["report-dropped,direction=to-key,report=last"]);
    assert_eq!(bench.ask(&make_credential()), error(ErrorCode::Timeout));
    assert_eq!(bench.now.as_millis(), 500, "the key's transaction timeout");
    let (heard, ..) = register("report-dropped,direction=to-key");
    assert_eq!(heard, Some(Heard::Silence), "without its beginning, the rest is nothing");
}

#[test]
fn a_cancel_is_lost() {
    let mut bench =
        Bench::touched(Presence::After(Duration::from_secs(2)), Patience::default(), &["report-dropped,direction=to-key,message=cancel"]);
    let request = bench.host.request(bench.now, command::CBOR, &make_credential());
    bench.deliver(&request);
    bench.deliver(&bench.host.cancel());
    let heard = bench.wait(Duration::from_secs(10));
    assert!(is_granted(&heard), "{heard:?}");
    assert_eq!((bench.stored(), bench.decisions()), (1, vec!["a CANCEL lost".to_owned()]));
}

#[test]
fn a_report_comes_twice() {
    let (heard, ..) = register("report-duplicated,report=1");
    assert_eq!(heard, broken(Violation::Interrupted { command: command::CBOR }));
    let (heard, ..) = register("report-duplicated,report=2");
    assert_eq!(heard, broken(Violation::Sequence { expected: 1, found: 0 }));
    let (heard, _, stored) = register("report-duplicated,direction=to-key,report=2");
    assert_eq!((heard, stored), (error(ErrorCode::InvalidSequence), 0));
    let (heard, decisions, stored) = register("report-duplicated,report=last");
    assert!(is_granted(&heard) && stored == 1, "what follows the end is nothing");
    assert!(decisions[0].ends_with(" sent twice"), "{decisions:?}");
}

#[test]
fn two_reports_change_places() {
    let (heard, _, stored) = register("report-reordered");
    assert_eq!((heard, stored), (broken(Violation::Sequence { expected: 0, found: 1 }), 1));
    let (heard, ..) = register("report-reordered,report=1");
    assert_eq!(heard, broken(Violation::Continuation));
    let (heard, decisions, stored) = register("report-reordered,direction=to-key");
    assert_eq!((heard, stored), (error(ErrorCode::InvalidSequence), 0));
    assert_eq!(decisions, ["report 2 of 3 of the registration's request sent after the next"]);
    let (heard, decisions, _) = register("report-reordered,report=last");
    assert!(is_granted(&heard) && decisions.is_empty(), "the last has no next: no opportunity");
}

#[test]
fn a_report_comes_late() {
    let mut bench = Bench::with(&["report-delayed,by=2500"]);
    let heard = bench.ask(&make_credential());
    assert!(is_granted(&heard), "{heard:?}");
    assert!(bench.reports.iter().all(|(at, _)| *at == 2_500), "and the rest of its message behind it");
    let mut bench = Bench::with(&["report-delayed,by=4000"]);
    assert_eq!((bench.ask(&make_credential()), bench.now.as_millis()), (Some(Heard::Silence), 3_000), "the host's patience");
    assert_eq!(bench.stored(), 1);
    let mut bench = Bench::with(&["report-delayed,by=700,direction=to-key,report=2"]);
    assert_eq!((bench.ask(&make_credential()), bench.now.as_millis()), (error(ErrorCode::Timeout), 500));
    assert_eq!(bench.stored(), 0);
}

#[test]
fn a_report_is_cut() {
    let mut bench = Bench::with(&["report-truncated,bytes=20"]);
    let clean = Bench::with(&[]).granted(&make_credential());
    let Some(Heard::Answer(cut)) = bench.ask(&make_credential()) else { panic!("an answer") };
    assert_eq!((cut.len(), &cut[..13]), (clean.len(), &clean[..13]), "7 bytes of head, 13 of the message");
    assert!(cut[13..57].iter().all(|byte| *byte == 0) && cut[57..] == clean[57..]);
    let (heard, ..) = register("report-truncated,bytes=0");
    assert_eq!(heard, broken(Violation::Continuation), "channel 0 is nobody's");
}

#[test]
fn a_report_names_another_channel() {
    let (heard, decisions, stored) = register("wrong-cid,report=any");
    assert_eq!((heard, stored), (Some(Heard::Silence), 1));
    assert!(decisions[0].ends_with("on channel 00000001 -> 40000001"), "{decisions:?}");
    let mut bench = Bench::with(&["wrong-cid,direction=to-key"]);
    assert_eq!(bench.ask(&make_credential()), Some(Heard::Silence));
    assert_eq!(bench.stored(), 0);
    let answer = Packet::parse(&bench.reports[0].1);
    assert!(matches!(answer, Packet::Initialization { channel: 0x4000_0001, command: command::ERROR, data: [0x0B, ..], .. }), "{answer:?}");
}

#[test]
fn a_sequence_number_is_wrong() {
    let (heard, decisions, stored) = register("seq-gap");
    assert_eq!((heard, stored), (broken(Violation::Sequence { expected: 0, found: 1 }), 1));
    assert!(decisions[0].ends_with("sequence number 0 -> 1"), "{decisions:?}");
    let (heard, _, stored) = register("seq-gap,direction=to-key,report=3");
    assert_eq!((heard, stored), (error(ErrorCode::InvalidSequence), 0));
}

#[test]
fn a_length_is_wrong() {
    let (heard, ..) = register("wrong-length");
    assert_eq!(heard, broken(Violation::TooLong(65_535)));
    let (heard, _, stored) = register("wrong-length,direction=to-key");
    assert_eq!((heard, stored), (error(ErrorCode::InvalidLength), 0));
    let clean = Bench::with(&[]).granted(&make_credential());
    let (heard, ..) = register("wrong-length,by=-10");
    assert_eq!(heard, Some(Heard::Answer(clean[..clean.len() - 10].to_vec())));
    let (heard, ..) = register("wrong-length,by=200");
    assert_eq!(heard, Some(Heard::Silence), "it waits for what never comes");
}

#[test]
fn keepalives_and_never_an_answer() {
    for (fault, stored) in [("keepalive-forever", 0), ("keepalive-forever,hides=answer", 1)] {
        let mut bench = Bench::with(&[fault]);
        assert_eq!(bench.ask(&make_credential()), None, "a minute");
        assert_eq!(bench.keepalives().len(), 750, "every 80 ms");
        assert_eq!(bench.reports[0].1[7], 2, "user presence needed");
        assert_eq!(bench.stored(), stored);
        bench.deliver(&bench.host.cancel());
        assert_eq!(bench.wait(Duration::from_secs(1)), Some(Heard::Answer(vec![0x2D])));
        assert!(is_granted(&bench.ask(&GET_INFO)), "the key is well");
        // INIT ends it too.
        assert_eq!(bench.ask(&make_credential()), None);
        bench.deliver(&fragment(1, command::INIT, &[9; 8]).unwrap());
        let before = bench.keepalives().len();
        bench.wait(Duration::from_secs(10));
        assert_eq!(bench.keepalives().len(), before);
    }
    let mut bench = Bench::with(&["keepalive-forever,status=processing,ceremony=authentication"]);
    bench.granted(&make_credential());
    assert_eq!(bench.ask(&get_assertion()), None);
    assert_eq!(bench.reports.last().unwrap().1[7], 1);
}

#[test]
fn other_hosts_are_busy_while_it_works_and_get_their_channels() {
    let mut bench = Bench::with(&["keepalive-forever,schedule=once"]);
    let other = bench.host.channel().unwrap();
    bench.ask(&make_credential());
    assert!(matches!(bench.open(), Some(Heard::Channel(channel)) if channel != other));
    assert_eq!(bench.ask(&GET_INFO), error(ErrorCode::ChannelBusy));
}

#[test]
fn keepalives_stop() {
    let impatient = Patience { word: Duration::from_millis(500), ..Patience::default() };
    let touched = Presence::After(Duration::from_secs(2));
    let mut bench = Bench::touched(touched, impatient, &[]);
    assert!(is_granted(&bench.ask(&make_credential())), "without the fault, even this host waits");
    let mut bench = Bench::touched(touched, impatient, &["no-keepalive,after=3"]);
    assert_eq!(bench.ask(&make_credential()), Some(Heard::Silence));
    assert_eq!((bench.keepalives(), bench.now.as_millis()), (vec![0, 80, 160], 660));
    assert_eq!(bench.decisions()[0], "keepalive 4 withheld");
    let mut bench = Bench::touched(touched, Patience::default(), &["no-keepalive"]);
    assert!(is_granted(&bench.ask(&make_credential())) && bench.keepalives().is_empty(), "a patient host gets its answer");
}

#[test]
fn cancel_loses_the_race() {
    let mut bench = Bench::touched(Presence::Wait, Patience::default(), &["cancel-late"]);
    let request = bench.host.request(bench.now, command::CBOR, &make_credential());
    bench.deliver(&request);
    assert_eq!(bench.stored(), 0);
    bench.deliver(&bench.host.cancel());
    let heard = bench.wait(Duration::from_secs(1));
    assert!(is_granted(&heard), "{heard:?}");
    assert_eq!((bench.stored(), bench.decisions()), (1, vec!["the user touched the key as CANCEL arrived".to_owned()]));
}

#[test]
fn it_is_busy_for_two_tries() {
    let mut bench = Bench::with(&["channel-busy,schedule.first=2"]);
    for _ in 0..2 {
        assert_eq!(bench.ask(&make_credential()), error(ErrorCode::ChannelBusy));
    }
    assert_eq!(bench.stored(), 0);
    assert!(is_granted(&bench.ask(&make_credential())));
    let mut bench = Bench::with(&["channel-busy,message=init,schedule=once"]);
    assert_eq!(bench.open(), Some(Heard::Silence), "an error on the broadcast channel is not INIT's answer");
    assert!(matches!(bench.open(), Some(Heard::Channel(_))));
}

#[test]
fn inits_answer_is_somebody_elses() {
    let mut bench = Bench::with(&["init-nonce-mismatch,schedule=once"]);
    assert_eq!(bench.open(), Some(Heard::Silence));
    assert!(matches!(bench.open(), Some(Heard::Channel(_))));
}

#[test]
fn a_slow_key_says_that_it_works() {
    let mut bench = Bench::with(&["slow-key,by=5000"]);
    assert!(is_granted(&bench.ask(&make_credential())));
    assert_eq!((bench.now.as_millis(), bench.keepalives().len()), (5_000, 62));
    assert!(bench.reports[..62].iter().all(|(_, report)| report[7] == 1));
    assert!(is_granted(&bench.ask(&GET_INFO)));
    assert_eq!(bench.now.as_millis(), 5_000, "getInfo is no ceremony");
    // CANCEL ends the work before the authenticator saw the command.
    let mut bench = Bench::with(&["slow-key,by=5000"]);
    let request = bench.host.request(bench.now, command::CBOR, &make_credential());
    bench.deliver(&request);
    bench.wait(Duration::from_secs(1));
    bench.deliver(&bench.host.cancel());
    assert_eq!(bench.wait(Duration::from_secs(1)), Some(Heard::Answer(vec![0x2D])));
    bench.wait(Duration::from_secs(10));
    assert_eq!(bench.stored(), 0);
}

fn unplugged(fault: &str, presence: Presence) -> (Bench, Option<Heard>) {
    let mut bench = Bench::touched(presence, Patience::default(), &[fault]);
    let heard = bench.ask(&make_credential());
    (bench, heard)
}

#[test]
fn it_is_unplugged_at_each_moment() {
    let slowly = Presence::After(Duration::from_millis(1_300));
    // Moment, reports that arrived, when, credentials.
    let table = [
        ("request", Presence::AtOnce, 0, 0, 0),
        ("request,reports=3", Presence::AtOnce, 0, 0, 0),
        ("waiting", slowly, 1, 0, 0),
        ("touch", slowly, 17, 1_300, 0),
        ("touch", Presence::AtOnce, 0, 0, 0),
        ("stored", Presence::AtOnce, 0, 0, 1),
        ("answering,reports=2", Presence::AtOnce, 2, 0, 1),
    ];
    for (when, presence, reports, at, stored) in table {
        let (mut bench, heard) = unplugged(&format!("unplug-mid-command,when={when},schedule=once"), presence);
        assert_eq!((heard, bench.stored(), bench.reports.len()), (None, stored, reports), "{when}");
        assert_eq!(bench.line, [(at, LineEvent::Unplug { again_after: None, keeps_state: true })], "{when}");
        assert_eq!(bench.decisions().len(), 1, "{when}");
        // The link was reset: plugged in again, it is a key like any other.
        assert!(matches!(bench.open(), Some(Heard::Channel(_))), "{when}");
        bench.granted(&make_credential());
        assert_eq!(bench.stored(), 1, "{when}: the same account, discoverable");
    }
    let (mut bench, heard) = unplugged("unplug-mid-command,when=answered,again-after=250,state=lost", Presence::AtOnce);
    assert!(is_granted(&heard), "the answer had arrived");
    assert_eq!(bench.wait(Duration::ZERO), None);
    let event = LineEvent::Unplug { again_after: Some(Duration::from_millis(250)), keeps_state: false };
    assert_eq!(bench.line, [(0, event)]);
}

#[test]
fn gone_is_gone_until_the_link_ends() {
    let mut bench = Bench::with(&["unplug-mid-command,when=stored"]);
    let request = bench.host.request(bench.now, command::CBOR, &make_credential());
    bench.deliver(&request);
    assert_eq!(bench.device.next_report(bench.now), None);
    assert!(bench.device.is_gone());
    bench.deliver(&fragment(0xFFFF_FFFF, command::INIT, &[3; 8]).unwrap());
    assert_eq!((bench.device.next_report(bench.now), bench.device.deadline()), (None, None));
    assert!(bench.device.next_line_event().is_some() && bench.device.next_line_event().is_none());
    bench.device.reset(bench.now);
    assert!(!bench.device.is_gone());
}

#[test]
fn it_is_reset_on_the_bus() {
    let mut bench = Bench::touched(Presence::Wait, Patience::default(), &["bus-reset,when=waiting"]);
    assert_eq!(bench.ask(&make_credential()), None);
    assert_eq!((bench.line.clone(), bench.reports.len(), bench.stored()), (vec![(0, LineEvent::BusReset)], 1, 0));
    let mut bench = Bench::with(&["bus-reset,ceremony=authentication"]);
    bench.granted(&make_credential());
    assert_eq!(bench.ask(&get_assertion()), None);
    assert_eq!(bench.decisions(), ["reset on the bus at the moment of the touch, in the authentication"]);
}

#[test]
fn the_endpoint_stalls_and_goes_on() {
    let mut bench = Bench::with(&["endpoint-stall,report=2"]);
    let heard = bench.ask(&make_credential());
    assert!(is_granted(&heard), "{heard:?}");
    assert_eq!(bench.line, [(0, LineEvent::Stall)]);
    assert!(bench.decisions()[0].starts_with("stalled before report 2 of "));
    let mut bench = Bench::with(&["endpoint-stall,direction=to-key,report=last"]);
    assert!(is_granted(&bench.ask(&make_credential())));
    assert_eq!(bench.line.len(), 1);
}

#[test]
fn whom_it_concerns_is_seen() {
    let mut bench = Bench::with(&["report-dropped,report=last,subject.rp-id=other.test"]);
    assert!(is_granted(&bench.ask(&make_credential())));
    let mut bench = Bench::with(&["report-dropped,report=last,subject.user=hanako,trigger.on-match.ceremony=authentication"]);
    bench.granted(&make_credential());
    assert_eq!(bench.ask(&get_assertion()), Some(Heard::Silence));
    assert_eq!(bench.decisions().len(), 1);
}

#[test]
fn it_can_not_happen_to_a_phone() {
    for info in faultkey_fault_injection::registry::all().iter().filter(|info| info.layer.name() == "report") {
        let error = faultkey_fault_injection::registry::check(&FaultSpec::new(info.name), profile::find("iphone").unwrap()).unwrap_err();
        let reason = "it is built into the user's device and exchanges no CTAPHID reports";
        assert!(error.to_string().ends_with(reason), "{error}");
    }
}
