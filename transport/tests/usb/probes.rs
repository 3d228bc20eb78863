//! What both stacks are asked. Each begins with a device that was just set up.

use faultkey_transport::ctaphid::{BROADCAST, RESERVED, command, fragment};

use crate::host::Host;

pub struct Probe {
    pub name: &'static str,
    pub kind: Kind,
    pub run: fn(&mut Host),
}

/// The kind of key.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Without CTAP1; its user does not touch it.
    Plain,
    /// With CTAP1.
    U2f,
    /// One that takes 200 ms for everything.
    Slow,
    /// With a command of its own.
    Vendor,
}

const fn probe(name: &'static str, run: fn(&mut Host)) -> Probe {
    Probe { name, kind: Kind::Plain, run }
}

const fn with(kind: Kind, name: &'static str, run: fn(&mut Host)) -> Probe {
    Probe { name, kind, run }
}

/// authenticatorSelection, which waits for a touch.
const SELECTION: [u8; 1] = [0x0B];
const GET_INFO: [u8; 1] = [0x04];
const UNKNOWN: u32 = 0x99;

/// Sends a message and says what came.
fn tell(host: &mut Host, channel: u32, command: u8, message: &[u8]) {
    host.message(channel, command, message);
    host.tell();
}

fn control(host: &mut Host, kind: u8, request: u8, value: u16, length: u16) {
    let answer = host.control_in(kind, request, value, 0, length);
    host.say_answer(answer);
}

pub const PROBES: [Probe; 69] = [
    // Descriptors and control requests.
    probe("device descriptor", |host| control(host, 0x80, 6, 0x0100, 18)),
    probe("configuration descriptor", |host| control(host, 0x80, 6, 0x0200, 255)),
    probe("string descriptors", |host| (0..5).for_each(|index| control(host, 0x80, 6, 0x0300 + index, 255))),
    probe("device qualifier", |host| control(host, 0x80, 6, 0x0600, 10)),
    probe("report descriptor", |host| control(host, 0x81, 6, 0x2200, 34)),
    probe("HID descriptor by request", |host| control(host, 0x81, 6, 0x2100, 9)),
    probe("GET_STATUS", |host| control(host, 0x80, 0, 0, 2)),
    probe("GET_CONFIGURATION", |host| control(host, 0x80, 8, 0, 1)),
    probe("GET_IDLE", |host| control(host, 0xA1, 2, 0, 1)),
    probe("GET_PROTOCOL", |host| control(host, 0xA1, 3, 0, 1)),
    probe("GET_REPORT", |host| control(host, 0xA1, 1, 0x0100, 64)),
    probe("SET_REPORT", |host| {
        let report = fragment(BROADCAST, command::INIT, b"12345678").unwrap()[0];
        let answer = host.control_out(0x21, 9, 0x0200, 0, &report);
        host.say_answer(answer.map(|()| Vec::new()));
    }),
    probe("a vendor's control request", |host| control(host, 0xC0, 1, 0, 64)),
    // INIT.
    probe("INIT", |host| tell(host, BROADCAST, command::INIT, b"12345678")),
    probe("INIT twice", |host| {
        host.open();
        let second = host.open();
        host.say(&format!("channel {second}"));
    }),
    probe("capabilities without CTAP1", |host| {
        let (_, _, answer) = host.exchange(BROADCAST, command::INIT, b"12345678");
        host.say(&format!("{:#04X}", answer[16]));
    }),
    with(Kind::U2f, "capabilities with CTAP1", |host| {
        let (_, _, answer) = host.exchange(BROADCAST, command::INIT, b"12345678");
        host.say(&format!("{:#04X}", answer[16]));
    }),
    probe("INIT on a channel that was allocated", |host| {
        let channel = host.open();
        tell(host, channel, command::INIT, b"12345678");
    }),
    probe("INIT on a channel that was not", |host| tell(host, UNKNOWN, command::INIT, b"12345678")),
    probe("INIT on channel 0", |host| tell(host, RESERVED, command::INIT, b"12345678")),
    probe("INIT with 7 bytes", |host| tell(host, BROADCAST, command::INIT, b"1234567")),
    probe("INIT with 9 bytes", |host| tell(host, BROADCAST, command::INIT, b"123456789")),
    probe("INIT ends half a message of its channel", |host| {
        let channel = host.open();
        host.first(channel, command::PING, 200);
        host.message(channel, command::INIT, b"12345678");
        host.tell_commands();
        host.next(channel, 0);
        host.tell_commands();
    }),
    probe("INIT for a new channel while another sends half a message", |host| {
        let channel = host.open();
        host.first(channel, command::PING, 100);
        host.message(BROADCAST, command::INIT, b"12345678");
        host.tell_commands();
        host.next(channel, 0);
        host.tell_commands();
    }),
    probe("INIT ends its channel's request that waits for the user", |host| {
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        host.messages();
        host.message(channel, command::INIT, b"12345678");
        host.tell_commands();
        tell(host, channel, command::PING, b"x");
    }),
    probe("INIT for a new channel while another waits for the user", |host| {
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        host.messages();
        host.message(BROADCAST, command::INIT, b"12345678");
        host.tell_commands();
        host.pass(1_000);
        let waits = host.messages().iter().any(|(_, command, _)| *command == command::KEEPALIVE);
        host.say(if waits { "the other still waits" } else { "the other was ended" });
        host.message(channel, command::CANCEL, b"");
    }),
    probe("INIT while an answer is being read", |host| {
        let channel = host.open();
        host.pause();
        host.message(channel, command::PING, &[7; 200]);
        host.message(channel, command::INIT, b"12345678");
        host.resume();
        host.tell_reports();
    }),
    // PING.
    probe("PING of 0, 1, 56, 57, 58, 116, 117 and 7609 bytes", |host| {
        let channel = host.open();
        for length in [0, 1, 56, 57, 58, 116, 117, 7_609] {
            let message: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let echoed = host.exchange(channel, command::PING, &message) == (channel, command::PING, message);
            host.say(&format!("{length} {echoed}"));
        }
    }),
    probe("PING of 7610 bytes", |host| {
        let channel = host.open();
        host.first(channel, command::PING, 7_610);
        host.tell();
    }),
    probe("PING on a channel that was not allocated", |host| tell(host, UNKNOWN, command::PING, b"x")),
    probe("PING on channel 0", |host| tell(host, RESERVED, command::PING, b"x")),
    probe("PING on the broadcast channel", |host| tell(host, BROADCAST, command::PING, b"x")),
    // The other commands.
    probe("CBOR getInfo", |host| {
        let channel = host.open();
        tell(host, channel, command::CBOR, &GET_INFO);
    }),
    probe("CBOR with a command that does not exist", |host| {
        let channel = host.open();
        tell(host, channel, command::CBOR, &[0x3F]);
    }),
    probe("CBOR without a byte", |host| {
        let channel = host.open();
        tell(host, channel, command::CBOR, b"");
    }),
    probe("CBOR on a channel that was not allocated", |host| {
        host.message(UNKNOWN, command::CBOR, &GET_INFO);
        host.tell_commands();
    }),
    probe("MSG without CTAP1", |host| {
        let channel = host.open();
        tell(host, channel, command::MSG, &[0, 3, 0, 0, 0, 0, 0]);
    }),
    with(Kind::U2f, "MSG with CTAP1", |host| {
        let channel = host.open();
        tell(host, channel, command::MSG, &[0, 3, 0, 0, 0, 0, 0]);
    }),
    with(Kind::U2f, "MSG without a byte", |host| {
        let channel = host.open();
        tell(host, channel, command::MSG, b"");
    }),
    probe("WINK", |host| {
        let channel = host.open();
        tell(host, channel, command::WINK, b"");
    }),
    probe("WINK with a byte", |host| {
        let channel = host.open();
        tell(host, channel, command::WINK, b"x");
    }),
    probe("LOCK", |host| {
        let channel = host.open();
        tell(host, channel, command::LOCK, &[1]);
        host.pass(1_000);
    }),
    with(Kind::Vendor, "a vendor's command", |host| {
        let channel = host.open();
        tell(host, channel, 0x41, b"x");
    }),
    probe("a vendor's command that the key does not have", |host| {
        let channel = host.open();
        tell(host, channel, 0x40, b"x");
    }),
    probe("a command that does not exist", |host| {
        let channel = host.open();
        tell(host, channel, 0x2A, b"");
    }),
    probe("a command that does not exist, on a channel that was not allocated", |host| tell(host, UNKNOWN, 0x2A, b"")),
    probe("KEEPALIVE from the host", |host| {
        let channel = host.open();
        tell(host, channel, command::KEEPALIVE, &[1]);
    }),
    probe("ERROR from the host", |host| {
        let channel = host.open();
        tell(host, channel, command::ERROR, &[1]);
    }),
    // Users and time.
    probe("keepalives while the user is awaited", |host| {
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        host.pass(300);
        host.tell_times();
        host.message(channel, command::CANCEL, b"");
    }),
    with(Kind::Slow, "keepalives while the key computes", |host| {
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        host.pass(190);
        host.tell_times();
        host.message(channel, command::CANCEL, b"");
    }),
    probe("a user who never comes", |host| {
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        host.pass(29_999);
        host.messages();
        host.pass(2);
        host.tell_times();
    }),
    probe("CANCEL", |host| {
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        host.pass(100);
        host.messages();
        tell(host, channel, command::CANCEL, b"");
    }),
    with(Kind::Slow, "CANCEL while the key computes", |host| {
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        tell(host, channel, command::CANCEL, b"");
    }),
    probe("CANCEL with nothing to cancel", |host| {
        let channel = host.open();
        tell(host, channel, command::CANCEL, b"");
    }),
    probe("CANCEL from another channel", |host| {
        let (channel, other) = (host.open(), host.open());
        host.message(channel, command::CBOR, &SELECTION);
        host.messages();
        tell(host, other, command::CANCEL, b"");
        tell(host, channel, command::CANCEL, b"");
    }),
    probe("half a message and no more", |host| {
        let channel = host.open();
        host.first(channel, command::PING, 200);
        host.pass(1_000);
        host.tell_times();
    }),
    probe("a sender that takes 25 ms for each packet", |host| {
        let channel = host.open();
        let reports = fragment(channel, command::PING, &[7; 2_000]).unwrap();
        for report in reports {
            host.report(&report);
            host.pass(25);
        }
        host.tell_commands();
    }),
    // One transaction at a time.
    probe("another channel's message in the middle of a message", |host| {
        let (channel, other) = (host.open(), host.open());
        host.first(channel, command::PING, 100);
        tell(host, other, command::PING, b"x");
        host.next(channel, 0);
        host.tell_commands();
    }),
    probe("another channel's message while the user is awaited", |host| {
        let (channel, other) = (host.open(), host.open());
        host.message(channel, command::CBOR, &SELECTION);
        host.messages();
        tell(host, other, command::PING, b"x");
        tell(host, channel, command::CANCEL, b"");
    }),
    probe("a message of its own while the user is awaited", |host| {
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        host.messages();
        tell(host, channel, command::PING, b"x");
        tell(host, channel, command::CANCEL, b"");
    }),
    probe("a command that does not exist, from another channel in the middle of a message", |host| {
        let (channel, other) = (host.open(), host.open());
        host.first(channel, command::PING, 100);
        tell(host, other, 0x2A, b"");
        host.next(channel, 0);
        host.tell_commands();
    }),
    probe("a wrong sequence number", |host| {
        let channel = host.open();
        host.first(channel, command::PING, 200);
        host.next(channel, 1);
        host.tell();
        host.next(channel, 0);
        host.tell();
    }),
    probe("another channel's packet with the right sequence number", |host| {
        let (channel, other) = (host.open(), host.open());
        host.first(channel, command::PING, 100);
        host.next(other, 0);
        host.next(channel, 0);
        host.tell_commands();
    }),
    probe("another channel's packet with a wrong sequence number", |host| {
        let (channel, other) = (host.open(), host.open());
        host.first(channel, command::PING, 100);
        host.next(other, 5);
        host.next(channel, 0);
        host.tell_commands();
    }),
    probe("a new message in the middle of a message", |host| {
        let channel = host.open();
        host.first(channel, command::PING, 200);
        tell(host, channel, command::PING, b"x");
    }),
    probe("a packet that continues nothing", |host| {
        let channel = host.open();
        host.next(channel, 0);
        host.tell();
    }),
    // The bus.
    probe("a bus reset in the middle of a message", |host| {
        let channel = host.open();
        host.first(channel, command::PING, 200);
        host.bus_reset();
        tell(host, BROADCAST, command::PING, b"x");
    }),
    probe("a channel from before a bus reset", |host| {
        let channel = host.open();
        host.bus_reset();
        tell(host, channel, command::PING, b"x");
    }),
    probe("a bus reset while the user is awaited", |host| {
        let channel = host.open();
        host.message(channel, command::CBOR, &SELECTION);
        host.messages();
        host.bus_reset();
        host.pass(200);
        host.tell_commands();
    }),
];
