//! What a device does to its own connection, and what a host does to it.

use faultkey_transport::ctaphid::{Engine, Policy, Presence, command};
use faultkey_transport::{LineEvent, Port};

use crate::faulty::Faulty;
use crate::host::{EPIPE, EPROTO, Host, with_host};
use crate::key;

fn line() -> Port<Faulty> {
    let config = faultkey_transport::ctaphid::Config::default();
    let policy = Policy { presence: Presence::Wait, ..Policy::default() };
    Port::new(Faulty { engine: Engine::new(config, crate::authenticator(), policy), event: None })
}

fn ping(host: &mut Host, channel: u32) {
    assert_eq!(host.exchange(channel, command::PING, b"x"), (channel, command::PING, b"x".to_vec()));
}

#[test]
fn a_stall_ends_what_waits_and_lasts_until_it_is_cleared() {
    let port = line();
    with_host(&port, |host| {
        host.enumerate();
        let channel = host.open();
        let waiting = host.ask(1, [0; 8], 64);
        port.change(|device| device.event = Some(LineEvent::Stall));
        host.work();
        assert_eq!(host.answer(waiting), Some((EPIPE, vec![])));
        assert!(!host.reads, "the reader got it too");
        assert_eq!(host.control_in(0x82, 0, 0, 0x81, 2), Ok(vec![1, 0]), "GET_STATUS: halted");
        let later = host.ask(1, [0; 8], 64);
        assert_eq!(host.answer(later), Some((EPIPE, vec![])));
        // The way to the device is open, and the answer waits.
        host.message(channel, command::PING, b"x");
        assert_eq!(host.messages(), []);
        assert_eq!(host.control_out(0x02, 1, 0, 0x81, b""), Ok(()), "CLEAR_FEATURE(ENDPOINT_HALT)");
        assert_eq!(host.control_in(0x82, 0, 0, 0x81, 2), Ok(vec![0, 0]));
        host.reads = true;
        host.work();
        assert_eq!(host.messages(), [(channel, command::PING, b"x".to_vec())]);
    });
}

#[test]
fn a_host_may_halt_an_endpoint_itself() {
    with_host(&line(), |host| {
        host.enumerate();
        let channel = host.open();
        assert_eq!(host.control_out(0x02, 3, 0, 0x01, b""), Ok(()), "SET_FEATURE(ENDPOINT_HALT)");
        let refused = host.give(1, [0; 8], &[0; 64]);
        assert_eq!(host.answer(refused), Some((EPIPE, vec![])));
        assert_eq!(host.control_out(0x02, 1, 0, 0x01, b""), Ok(()));
        ping(host, channel);
    });
}

#[test]
fn a_device_that_resets_itself_does_not_answer_until_it_is_set_up_again() {
    let port = line();
    with_host(&port, |host| {
        host.enumerate();
        let channel = host.open();
        host.message(channel, command::CBOR, &[0x0B]);
        assert_eq!(host.messages().len(), 1, "a keepalive");
        let waiting = host.ask(1, [0; 8], 64);
        port.change(|device| device.event = Some(LineEvent::BusReset));
        host.work();
        assert_eq!(host.answer(waiting), Some((EPROTO, vec![])));
        let lost = host.give(1, [0; 8], &[0; 64]);
        assert_eq!(host.answer(lost), Some((EPROTO, vec![])));
        host.pass(60_000);
        assert_eq!(host.messages(), []);
        host.enumerate();
        // What was under way is lost, and the channel with it. The device has power all the same.
        assert_eq!(host.exchange(channel, command::PING, b"x").1, command::ERROR);
        let channel = host.open();
        ping(host, channel);
    });
}

#[test]
fn a_port_reset_of_the_hosts_is_a_reset() {
    with_host(&key(Presence::Wait), |host| {
        host.enumerate();
        let channel = host.open();
        host.message(channel, command::CBOR, &[0x0B]);
        assert_eq!(host.messages().len(), 1);
        let id = host.give(0, [0x23, 3, 4, 0, 0, 0, 0, 0], b"");
        assert_eq!(host.answer(id), Some((0, vec![])));
        assert_eq!(host.control_in(0x80, 8, 0, 0, 1), Ok(vec![0]), "not configured");
        host.forget();
        host.enumerate();
        assert_eq!(host.exchange(channel, command::PING, b"x").1, command::ERROR);
        host.open();
    });
}

#[test]
fn unplugging_comes_after_what_was_said() {
    let port = line();
    let unplug = LineEvent::Unplug { again_after: None, keeps_state: false };
    with_host(&port, |host| {
        host.enumerate();
        let channel = host.open();
        host.reads = false;
        host.message(channel, command::PING, &[7; 200]);
        port.change(|device| device.event = Some(unplug));
        host.work();
        assert_eq!(host.line_event(), None);
        host.reads = true;
        host.work();
        assert_eq!((host.messages().len(), host.line_event(), host.line_event()), (1, Some(unplug), None));
    });
}

#[test]
fn a_host_that_goes_away_leaves_an_idle_device_to_the_next() {
    with_host(&key(Presence::Wait), |host| {
        host.enumerate();
        let channel = host.open();
        host.message(channel, command::CBOR, &[0x0B]);
        host.device.reset(host.now);
        host.forget();
        host.pass(1_000);
        assert_eq!(host.messages().len(), 1, "the keepalive from before");
        host.enumerate();
        let channel = host.open();
        ping(host, channel);
    });
}
