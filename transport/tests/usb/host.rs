//! The host: enumerates, reads reports all the time, and lets virtual time pass. Every byte goes through USB/IP.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use faultkey_authenticator::Time;
use faultkey_transport::ctaphid::{BROADCAST, Packet, Report, command, fragment};
use faultkey_transport::usb::{Device, Parts, Pluggable};
use faultkey_transport::usbip::{Connection, DeviceRecord};
use faultkey_transport::{Identity, LineEvent};

pub const EPIPE: i32 = -32;
pub const EPROTO: i32 = -71;
pub const ECONNRESET: i32 = -104;

/// Channel, command and message.
pub type Message = (u32, u8, Vec<u8>);

/// An answer to a transfer: status and data.
pub type Answer = (i32, Vec<u8>);

pub struct Host<'a> {
    pub device: Device<'a>,
    pub connection: Connection,
    pub now: Time,
    /// Whether a transfer waits at the reports' endpoint all the time, as it does while a program has the device open.
    pub reads: bool,
    pub input: u8,
    pub output: u8,
    record: DeviceRecord,
    next_id: u32,
    reading: Option<u32>,
    /// Transfers to the device: their answers have no data.
    outs: BTreeSet<u32>,
    answers: BTreeMap<u32, Answer>,
    unlinked: BTreeMap<u32, i32>,
    reports: Vec<(Time, Report)>,
    /// What the test has to tell of it.
    pub story: String,
}

/// Plugs the device in and lets a host do something with it.
pub fn with_host<R>(plugged: &impl Pluggable, act: impl FnOnce(&mut Host) -> R) -> R {
    let parts = Parts::default();
    let record = DeviceRecord { number: 1, identity: Identity::default() };
    let identity = record.identity.clone();
    let device = Device::new(&parts, &identity, plugged.function(&parts));
    let mut host = Host {
        device,
        connection: Connection::new(&record),
        now: Time::START,
        reads: false,
        input: 1,
        output: 1,
        record,
        next_id: 1,
        reading: None,
        outs: BTreeSet::new(),
        answers: BTreeMap::new(),
        unlinked: BTreeMap::new(),
        reports: Vec::new(),
        story: String::new(),
    };
    act(&mut host)
}

/// A command's header and data, with a word at each place.
pub fn header(words: [u32; 10], setup: [u8; 8]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).chain(setup).collect()
}

impl Host<'_> {
    pub fn send(&mut self, bytes: &[u8]) {
        self.connection.receive(self.now, &mut self.device, bytes).unwrap();
        self.work();
    }

    /// An IN transfer of so many bytes.
    pub fn ask(&mut self, endpoint: u8, setup: [u8; 8], length: u32) -> u32 {
        let id = self.id();
        self.send(&header([1, id, self.record.device_id(), 1, endpoint.into(), 0, length, 0, 0, 0], setup));
        id
    }

    /// An OUT transfer.
    pub fn give(&mut self, endpoint: u8, setup: [u8; 8], data: &[u8]) -> u32 {
        let id = self.id();
        self.outs.insert(id);
        let mut bytes = header([1, id, self.record.device_id(), 0, endpoint.into(), 0, data.len() as u32, 0, u32::MAX, 0], setup);
        bytes.extend_from_slice(data);
        self.send(&bytes);
        id
    }

    /// Takes a transfer back.
    pub fn unlink(&mut self, target: u32) -> i32 {
        let id = self.id();
        self.send(&header([2, id, self.record.device_id(), 0, 0, target, 0, 0, 0, 0], [0; 8]));
        self.unlinked.remove(&id).unwrap()
    }

    /// How a transfer ended, if it did.
    pub fn answer(&mut self, id: u32) -> Option<Answer> {
        self.answers.remove(&id)
    }

    pub fn control_in(&mut self, kind: u8, request: u8, value: u16, index: u16, length: u16) -> Result<Vec<u8>, i32> {
        let id = self.ask(0, setup(kind, request, value, index, length), length.into());
        match self.answer(id).expect("a control request is always answered") {
            (0, data) => Ok(data),
            (status, data) => {
                assert!(data.is_empty());
                Err(status)
            }
        }
    }

    pub fn control_out(&mut self, kind: u8, request: u8, value: u16, index: u16, data: &[u8]) -> Result<(), i32> {
        let id = self.give(0, setup(kind, request, value, index, data.len() as u16), data);
        match self.answer(id).expect("a control request is always answered") {
            (0, _) => Ok(()),
            (status, _) => Err(status),
        }
    }

    pub fn descriptor(&mut self, kind: u8, index: u8, language: u16, length: u16) -> Result<Vec<u8>, i32> {
        self.control_in(0x80, 6, u16::from_be_bytes([kind, index]), language, length)
    }

    /// What Linux does with a HID device; from then on it reads reports.
    pub fn enumerate(&mut self) {
        self.descriptor(1, 0, 0, 64).unwrap();
        self.descriptor(1, 0, 0, 18).unwrap();
        // The device qualifier: of high-speed devices only.
        assert_eq!(self.descriptor(6, 0, 0, 10), Err(EPIPE));
        let head = self.descriptor(2, 0, 0, 9).unwrap();
        let configuration = self.descriptor(2, 0, 0, u16::from_le_bytes([head[2], head[3]])).unwrap();
        let mut rest = &configuration[..];
        while !rest.is_empty() {
            let (descriptor, next) = rest.split_at(rest[0].into());
            match descriptor {
                [_, 5, address, ..] if address & 0x80 != 0 => self.input = address & 0x7F,
                [_, 5, address, ..] => self.output = *address,
                _ => {}
            }
            rest = next;
        }
        for index in 0..4 {
            self.descriptor(3, index, 0x0409, 255).unwrap();
        }
        self.control_out(0, 9, 1, 0, b"").unwrap();
        self.control_out(0x21, 0x0A, 0, 0, b"").unwrap();
        self.control_in(0x81, 6, 0x2200, 0, 34).unwrap();
        self.reads = true;
        self.take();
    }

    /// Time passes; the device is looked at when it wants to be.
    pub fn pass(&mut self, milliseconds: u64) {
        let until = self.now + Duration::from_millis(milliseconds);
        while let Some(due) = self.device.deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.work();
        }
        self.now = until;
        self.work();
    }

    /// Time passes, and nobody reads what the device answers.
    pub fn pass_silently(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        self.device.work(self.now);
        self.connection.collect(&mut self.device);
        let length = self.connection.outgoing().len();
        self.connection.sent(length);
    }

    /// Transfers that waited are over: the bus was reset.
    pub fn forget(&mut self) {
        self.reading = None;
        self.reads = false;
    }

    /// The device is looked at, as after a change from outside.
    pub fn work(&mut self) {
        self.device.work(self.now);
        self.take();
    }

    pub fn line_event(&mut self) -> Option<LineEvent> {
        self.device.next_line_event()
    }

    pub fn report(&mut self, report: &[u8]) {
        self.give(self.output, [0; 8], report);
    }

    /// A whole message.
    pub fn message(&mut self, channel: u32, command: u8, message: &[u8]) {
        for report in fragment(channel, command, message).unwrap() {
            self.report(&report);
        }
    }

    /// The first packet of a message that says it is so long.
    pub fn first(&mut self, channel: u32, command: u8, length: u16) {
        let mut report = fragment(channel, command, &[0xEE; 57]).unwrap()[0];
        report[5..7].copy_from_slice(&length.to_be_bytes());
        self.report(&report);
    }

    pub fn next(&mut self, channel: u32, sequence: u8) {
        let mut report = [0xEE; 64];
        report[..4].copy_from_slice(&channel.to_be_bytes());
        report[4] = sequence;
        self.report(&report);
    }

    /// The reports since the last question.
    pub fn reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports).into_iter().map(|(_, report)| report).collect()
    }

    /// The messages since the last question, with the time of their first report.
    pub fn timed_messages(&mut self) -> Vec<(u64, Message)> {
        let mut messages: Vec<(u64, Message)> = Vec::new();
        let mut missing = 0;
        for (time, report) in std::mem::take(&mut self.reports) {
            match Packet::parse(&report) {
                Packet::Initialization { channel, command, length, data } => {
                    assert_eq!(missing, 0, "a message in a message");
                    missing = length.saturating_sub(data.len());
                    messages.push((time.as_millis(), (channel, command, data[..length.min(data.len())].to_vec())));
                }
                Packet::Continuation { channel, data, .. } => {
                    let (_, message) = messages.last_mut().expect("a first packet");
                    assert_eq!(message.0, channel);
                    message.2.extend_from_slice(&data[..missing.min(data.len())]);
                    missing -= missing.min(data.len());
                }
            }
        }
        assert_eq!(missing, 0, "half a message");
        messages
    }

    pub fn messages(&mut self) -> Vec<Message> {
        self.timed_messages().into_iter().map(|(_, message)| message).collect()
    }

    /// One message, one answer.
    pub fn exchange(&mut self, channel: u32, command: u8, message: &[u8]) -> Message {
        self.message(channel, command, message);
        let [answer] = <[Message; 1]>::try_from(self.messages()).unwrap();
        answer
    }

    /// A new channel.
    pub fn open(&mut self) -> u32 {
        let (channel, command, answer) = self.exchange(BROADCAST, command::INIT, b"12345678");
        assert_eq!((channel, command, answer.len(), &answer[..8]), (BROADCAST, command::INIT, 17, &b"12345678"[..]));
        u32::from_be_bytes(answer[8..12].try_into().unwrap())
    }

    /// Another word of the story.
    pub fn say(&mut self, word: &str) {
        if !self.story.is_empty() {
            self.story.push_str("; ");
        }
        self.story.push_str(word);
    }

    pub fn say_answer(&mut self, answer: Result<Vec<u8>, i32>) {
        match answer {
            Ok(data) => self.say(&hex(&data)),
            Err(EPIPE) => self.say("stalled"),
            Err(other) => self.say(&format!("status {other}")),
        }
    }

    fn say_all(&mut self, words: Vec<String>) {
        let word = if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
        self.say(&word);
    }

    /// The messages that came. Of INIT's answer not the capabilities, which have a probe of their own.
    pub fn tell(&mut self) {
        let words = self.messages().into_iter().map(|(channel, command, message)| {
            let message = if command == command::INIT { &message[..16] } else { &message[..] };
            format!("{} on {channel:#X}: {}", name(command), hex(message))
        });
        let words = words.collect();
        self.say_all(words);
    }

    /// Only their commands and channels, and the codes of errors.
    pub fn tell_commands(&mut self) {
        let words = self.messages().into_iter().map(|(channel, command, message)| match (command, &message[..]) {
            (command::ERROR, [code]) => format!("ERROR {code:#04X} on {channel:#X}"),
            _ => format!("{} on {channel:#X}", name(command)),
        });
        let words = words.collect();
        self.say_all(words);
    }

    /// With the time since the probe began.
    pub fn tell_times(&mut self) {
        let words = self
            .timed_messages()
            .into_iter()
            .map(|(time, (_, command, message))| format!("{} {} at {time} ms", name(command), hex(&message)));
        let words = words.collect();
        self.say_all(words);
    }

    /// The reports that came, by what they begin with.
    pub fn tell_reports(&mut self) {
        let words = self.reports().into_iter().map(|report| match Packet::parse(&report) {
            Packet::Initialization { command, .. } => name(command),
            Packet::Continuation { sequence, .. } => format!("packet {sequence}"),
        });
        let words = words.collect();
        self.say_all(words);
    }

    /// No more reading, but for the transfer that waits already: a report that comes next fills it.
    pub fn pause(&mut self) {
        self.messages();
        self.reads = false;
    }

    /// The transfer that waits is taken back, as when a program closes the device.
    pub fn stop_reading(&mut self) {
        self.reads = false;
        if let Some(id) = self.reading.take() {
            assert_eq!(self.unlink(id), ECONNRESET);
        }
    }

    pub fn resume(&mut self) {
        self.reads = true;
        self.work();
    }

    /// The host resets the bus and sets the device up again.
    pub fn bus_reset(&mut self) {
        self.device.reset(self.now);
        self.forget();
        self.enumerate();
    }

    /// Whether a new channel can be opened and used. What came before is nobody's.
    pub fn is_alive(&mut self) -> bool {
        self.reads = true;
        self.work();
        self.messages();
        self.message(BROADCAST, command::INIT, b"lifesign");
        let init = self.messages().into_iter().find(|(_, command, message)| *command == command::INIT && message.starts_with(b"lifesign"));
        let Some((.., answer)) = init else { return false };
        let channel = u32::from_be_bytes(answer[8..12].try_into().unwrap());
        self.message(channel, command::PING, b"lifesign");
        self.messages() == [(channel, command::PING, b"lifesign".to_vec())]
    }

    /// Reads what came, and reads on.
    fn take(&mut self) {
        loop {
            self.connection.collect(&mut self.device);
            let bytes = self.connection.outgoing().to_vec();
            self.connection.sent(bytes.len());
            self.parse(&bytes);
            if let Some(answer) = self.reading.and_then(|id| self.answers.remove(&id)) {
                self.reading = None;
                match answer {
                    (0, data) => self.reports.push((self.now, data.try_into().expect("64 bytes"))),
                    // As Linux does: no more reading until the halt is cleared, or the device is reset.
                    _ => self.reads = false,
                }
            }
            if self.reading.is_some() || !self.reads {
                return;
            }
            let id = self.id();
            self.reading = Some(id);
            let ask = header([1, id, self.record.device_id(), 1, self.input.into(), 0, 64, 0, 0, 5], [0; 8]);
            self.connection.receive(self.now, &mut self.device, &ask).unwrap();
            self.device.work(self.now);
        }
    }

    fn parse(&mut self, mut bytes: &[u8]) {
        while let Some((head, rest)) = bytes.split_first_chunk::<48>() {
            let word = |index: usize| u32::from_be_bytes(head[index * 4..][..4].try_into().unwrap());
            assert_eq!([word(2), word(3), word(4)], [0; 3]);
            let status = word(5) as i32;
            bytes = match word(0) {
                // Only data to the host comes after the header, and only then is it asked for: OUT transfers have none.
                3 => {
                    let length = if self.outs.remove(&word(1)) { 0 } else { word(6) as usize };
                    let (data, rest) = rest.split_at(length);
                    assert!(self.answers.insert(word(1), (status, data.to_vec())).is_none());
                    rest
                }
                4 => {
                    self.unlinked.insert(word(1), status);
                    rest
                }
                other => panic!("answer {other}"),
            };
        }
        assert!(bytes.is_empty());
    }

    fn id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }
}

fn setup(kind: u8, request: u8, value: u16, index: u16, length: u16) -> [u8; 8] {
    let ([v0, v1], [i0, i1], [l0, l1]) = (value.to_le_bytes(), index.to_le_bytes(), length.to_le_bytes());
    [kind, request, v0, v1, i0, i1, l0, l1]
}

fn hex(bytes: &[u8]) -> String {
    match bytes {
        [] => "empty".to_owned(),
        [head @ .., _] if head.len() < 64 => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        _ => {
            let sum = bytes.iter().fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
            format!("{} bytes, sum {sum:08x}", bytes.len())
        }
    }
}

fn name(command: u8) -> String {
    let name = match command {
        command::PING => "PING",
        command::MSG => "MSG",
        command::LOCK => "LOCK",
        command::INIT => "INIT",
        command::WINK => "WINK",
        command::CBOR => "CBOR",
        command::KEEPALIVE => "KEEPALIVE",
        command::ERROR => "ERROR",
        other => return format!("{other:#04X}"),
    };
    name.to_owned()
}
