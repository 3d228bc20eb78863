//! A host, an engine and a little authenticator.

use faultkey_authenticator::step::Purpose;
use faultkey_authenticator::{
    ApduStep, ChannelId, Command, CommandSteps, Outcome, Progress, Prompt, Reply, Request, Response, Status, Time, UserAnswer,
};

use crate::ctaphid::packet::Packet;
use crate::ctaphid::{BROADCAST, Config, Engine, ErrorCode, HidEvent, Policy, Presence, Report, command, fragment};

/// Knows authenticatorSelection, which asks for a touch, and what it was told since.
#[derive(Default)]
pub struct Key {
    pub answers: Vec<UserAnswer>,
    pub silent: bool,
    /// A reply with so many bytes after it.
    pub trailing: usize,
    /// What it asks for, if it isn't [`Purpose::Select`].
    pub purpose: Option<Purpose>,
    pub apdu_answers: Vec<UserAnswer>,
    /// The channels of the commands, and those that were closed.
    pub heard: Vec<ChannelId>,
    pub closed: Vec<ChannelId>,
}

pub const SELECTION: [u8; 1] = [0x0B];

impl CommandSteps for Key {
    fn channel(&mut self, _now: Time, channel: ChannelId) {
        self.heard.push(channel);
    }
    fn channel_closed(&mut self, _now: Time, channel: ChannelId) {
        self.closed.push(channel);
    }
    fn decode(&mut self, _now: Time, request: &[u8]) -> Result<Request, Status> {
        if request == SELECTION {
            Ok(Request { raw: request.to_vec(), tree: None, command: Command::Selection })
        } else {
            Err(Status::InvalidCommand)
        }
    }
    fn process(&mut self, _now: Time, _request: Request) -> Progress {
        Progress::NeedUser(Prompt::Presence { purpose: self.purpose.clone().unwrap_or(Purpose::Select) })
    }
    /// VERSION needs no touch; everything else does, for the relying party that its third byte names.
    fn apdu(&mut self, _now: Time, apdu: &[u8]) -> ApduStep {
        match apdu {
            [0, 3, ..] => ApduStep::Reply(b"U2F_V2\x90\x00".to_vec()),
            _ => ApduStep::NeedUser(Prompt::Presence { purpose: Purpose::Authenticate { rp_id: format!("{:?}", apdu.get(2)) } }),
        }
    }
    fn answer_apdu(&mut self, _now: Time, answer: UserAnswer) -> ApduStep {
        self.apdu_answers.push(answer);
        ApduStep::Reply(if answer == UserAnswer::Approve { vec![0x90, 0x00] } else { vec![0x69, 0x85] })
    }
    fn resume(&mut self, _now: Time, answer: UserAnswer) -> Progress {
        self.answers.push(answer);
        Progress::Done(match answer {
            UserAnswer::Approve => Outcome::granted(Response::Selection),
            UserAnswer::Cancel => Outcome::refused(Status::KeepaliveCancel),
            UserAnswer::Never => Outcome::refused(Status::UserActionTimeout),
            UserAnswer::WrongFinger => return Progress::NeedUser(Prompt::Presence { purpose: Purpose::Select }),
            _ => Outcome::refused(Status::OperationDenied),
        })
    }
    fn encode(&mut self, _now: Time, outcome: Outcome) -> Reply {
        if self.silent {
            return Reply::Silence;
        }
        let status = outcome.result.map_or_else(|status| status, |_| Status::Ok);
        let Reply::Message(mut message) = Reply::status(status) else { unreachable!() };
        message.trailing = vec![0; self.trailing];
        Reply::Message(message)
    }
}

/// A whole message from the device: channel, command, bytes.
pub type Message = (u32, u8, Vec<u8>);

pub struct Bench {
    pub engine: Engine<Key, Policy>,
    pub now: Time,
}

impl Bench {
    pub fn new(config: Config) -> Self {
        Self { engine: Engine::new(config, Key::default(), Policy::default()), now: Time::START }
    }

    /// Its user doesn't come by itself.
    pub fn waiting() -> Self {
        let mut bench = Self::new(Config::default());
        bench.engine.touch_mut().presence = Presence::Wait;
        bench
    }

    /// Sends a whole message.
    pub fn send(&mut self, channel: u32, command: u8, message: &[u8]) {
        for report in fragment(channel, command, message).unwrap() {
            self.engine.receive(self.now, &report);
        }
    }

    /// Sends an initialization packet that claims `length`.
    pub fn send_first(&mut self, channel: u32, command: u8, length: u16, data: &[u8]) {
        let mut report = fragment(channel, command, data).unwrap()[0];
        report[5..7].copy_from_slice(&length.to_be_bytes());
        self.engine.receive(self.now, &report);
    }

    pub fn send_next(&mut self, channel: u32, sequence: u8) {
        let mut report: Report = [0xAA; 64];
        report[..4].copy_from_slice(&channel.to_be_bytes());
        report[4] = sequence;
        self.engine.receive(self.now, &report);
    }

    /// Everything that the device sends now, put together.
    pub fn messages(&mut self) -> Vec<Message> {
        let mut messages: Vec<(usize, Message)> = Vec::new();
        while let Some(report) = self.engine.next_report() {
            match Packet::parse(&report) {
                Packet::Initialization { channel, command, length, data } => messages.push((length, (channel, command, data.to_vec()))),
                Packet::Continuation { channel, data, .. } => {
                    let (_, last) = messages.last_mut().expect("a message that goes on");
                    assert_eq!(last.0, channel);
                    last.2.extend_from_slice(data);
                }
            }
        }
        messages
            .into_iter()
            .map(|(length, (channel, command, mut bytes))| {
                bytes.truncate(length);
                (channel, command, bytes)
            })
            .collect()
    }

    /// The same for a message that is answered with just one.
    pub fn exchange(&mut self, channel: u32, command: u8, message: &[u8]) -> Message {
        self.send(channel, command, message);
        let mut messages = self.messages();
        assert_eq!(messages.len(), 1, "{messages:02x?}");
        messages.remove(0)
    }

    /// A new channel.
    pub fn open(&mut self) -> u32 {
        let (channel, command, answer) = self.exchange(BROADCAST, command::INIT, b"nonce  8");
        assert_eq!((channel, command, answer.len(), &answer[..8]), (BROADCAST, command::INIT, 17, &b"nonce  8"[..]));
        u32::from_be_bytes(answer[8..12].try_into().unwrap())
    }

    /// Lets time pass in steps of a millisecond; what was sent, and when.
    pub fn pass(&mut self, milliseconds: u64) -> Vec<(u64, Message)> {
        let mut sent = Vec::new();
        for _ in 0..milliseconds {
            self.now = Time::from_millis(self.now.as_millis() + 1);
            self.engine.tick(self.now);
            sent.extend(self.messages().into_iter().map(|message| (self.now.as_millis(), message)));
        }
        sent
    }

    pub fn events(&mut self) -> Vec<HidEvent> {
        std::iter::from_fn(|| self.engine.next_event()).collect()
    }

    /// A PING comes back.
    pub fn is_alive(&mut self) {
        let channel = self.open();
        assert_eq!(self.exchange(channel, command::PING, b"alive?"), (channel, command::PING, b"alive?".to_vec()));
    }
}

pub fn error(channel: u32, error: ErrorCode) -> Message {
    (channel, command::ERROR, vec![error.code()])
}

pub fn keepalive(channel: u32, status: u8) -> Message {
    (channel, command::KEEPALIVE, vec![status])
}
