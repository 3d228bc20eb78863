//! Which message a report is part of, and which command that belongs to: followed on each channel in both directions.

use std::collections::BTreeMap;

use faultkey_authenticator::{Command, Request};
use faultkey_transport::ctaphid::packet::{CONTINUATION_DATA, INITIALIZATION_DATA, LONGEST_MESSAGE};
use faultkey_transport::ctaphid::{Packet, Report, command};
use faultkey_transport::transcript::{MessageKind, Touches};

use super::Direction;
use crate::scene::{Ceremony, Scene};

/// A host with more channels than this is forgotten, and seen again from its next message on.
const MOST_CHANNELS: usize = 64;

/// A report as a fault sees it.
#[derive(Clone, Copy, Debug)]
pub struct SeenReport<'a> {
    pub direction: Direction,
    pub report: &'a Report,
    /// The message that it is part of; `None` for a continuation packet without a beginning.
    pub part: Option<&'a Part>,
    /// The command of a ceremony that it belongs to, once the request is whole.
    pub scene: Option<&'a Scene>,
}

impl SeenReport<'_> {
    #[must_use]
    pub fn packet(&self) -> Packet<'_> {
        Packet::parse(self.report)
    }
}

/// What is known of a report's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// CTAPHID's command.
    pub command: u8,
    /// Which report of the message this is, from 0, and how many there are.
    pub index: usize,
    pub count: usize,
    /// CTAP's command, of the request that this is part of, or that it answers.
    pub ctap: Option<u8>,
    /// The status of a CTAP reply.
    pub status: Option<u8>,
    /// Of a keepalive: how many there were before it since the request.
    pub keepalives: usize,
    direction: Direction,
}

impl Part {
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.index + 1 == self.count
    }

    /// The ceremony that CTAP's command belongs to.
    #[must_use]
    pub fn ceremony(&self) -> Option<Ceremony> {
        match self.ctap {
            Some(MAKE_CREDENTIAL) => Some(Ceremony::Registration),
            Some(GET_ASSERTION) => Some(Ceremony::Authentication),
            _ => None,
        }
    }

    /// The entry of the transcript that it is part of. INIT, PING and the like have none.
    pub(super) fn touches(&self) -> Touches {
        match (self.command, self.direction) {
            (command::CBOR | command::MSG | command::KEEPALIVE, Direction::ToHost) => Touches::Next(MessageKind::CtapReply),
            (command::CBOR | command::MSG | command::CANCEL, Direction::ToKey) => Touches::Previous(MessageKind::CtapRequest),
            _ => Touches::Nothing,
        }
    }

    /// Whether the request was whole when this report came.
    pub(super) fn knows_its_request(&self) -> bool {
        self.direction == Direction::ToHost || self.command == command::CANCEL || self.is_last()
    }
}

const MAKE_CREDENTIAL: u8 = 0x01;
const GET_ASSERTION: u8 = 0x02;

/// The messages under way, as they were sent: a report that a fault drops is followed all the same.
#[derive(Debug, Default)]
pub struct Messages {
    channels: BTreeMap<u32, Channel>,
}

#[derive(Debug, Default)]
struct Channel {
    request: Option<Growing>,
    reply: Option<Growing>,
    /// The last whole CTAP request.
    asked: Vec<u8>,
    keepalives: usize,
}

/// A message of which reports are still to come, or the last that was whole.
#[derive(Debug)]
struct Growing {
    command: u8,
    length: usize,
    bytes: Vec<u8>,
    index: usize,
    count: usize,
}

impl Growing {
    fn begin(command: u8, length: usize, data: &[u8]) -> Self {
        let length = length.min(LONGEST_MESSAGE);
        let rest = length.saturating_sub(INITIALIZATION_DATA);
        let bytes = data.get(..length).unwrap_or(data).to_vec();
        Self { command, length, bytes, index: 0, count: 1 + rest.div_ceil(CONTINUATION_DATA) }
    }

    /// `false` when it was whole already.
    fn go_on(&mut self, data: &[u8]) -> bool {
        if self.index + 1 >= self.count {
            return false;
        }
        self.index += 1;
        let missing = self.length.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(data.get(..missing).unwrap_or(data));
        true
    }

    fn is_whole(&self) -> bool {
        self.index + 1 == self.count
    }
}

impl Messages {
    /// Follows a report, and says what it is part of.
    pub fn part(&mut self, direction: Direction, report: &Report) -> Option<Part> {
        let packet = Packet::parse(report);
        if self.channels.len() >= MOST_CHANNELS && !self.channels.contains_key(&packet.channel()) {
            self.channels.clear();
        }
        let channel = self.channels.entry(packet.channel()).or_default();
        let mut part = Part { command: 0, index: 0, count: 1, ctap: None, status: None, keepalives: 0, direction };
        if let Packet::Initialization { command: alone @ (command::CANCEL | command::KEEPALIVE), .. } = packet {
            part.command = alone;
            part.ctap = channel.asked.first().copied();
            if alone == command::KEEPALIVE {
                part.keepalives = channel.keepalives;
                channel.keepalives += 1;
            }
            return Some(part);
        }
        let place = match direction {
            Direction::ToKey => &mut channel.request,
            Direction::ToHost => &mut channel.reply,
        };
        match packet {
            Packet::Initialization { command, length, data, .. } => *place = Some(Growing::begin(command, length, data)),
            Packet::Continuation { data, .. } => {
                if !place.as_mut()?.go_on(data) {
                    return None;
                }
            }
        }
        let message = place.as_ref()?;
        (part.command, part.index, part.count) = (message.command, message.index, message.count);
        if message.command == command::CBOR {
            match direction {
                Direction::ToKey => {
                    part.ctap = message.bytes.first().copied();
                    if message.is_whole() {
                        channel.asked.clone_from(&message.bytes);
                        channel.keepalives = 0;
                    }
                }
                Direction::ToHost => {
                    part.ctap = channel.asked.first().copied();
                    part.status = message.bytes.first().copied();
                }
            }
        }
        Some(part)
    }

    /// Whether reports of the message to the host are still to come on this channel.
    pub fn goes_on(&self, channel: u32) -> bool {
        self.channels.get(&channel).and_then(|channel| channel.reply.as_ref()).is_some_and(|reply| !reply.is_whole())
    }

    /// The last whole request on this channel.
    pub fn asked(&self, channel: u32) -> &[u8] {
        self.channels.get(&channel).map_or(&[], |channel| &channel.asked)
    }

    /// The last whole request on this channel, if it belongs to a ceremony.
    pub fn scene(&self, channel: u32) -> Option<Scene> {
        let asked = &self.channels.get(&channel)?.asked;
        if !matches!(asked.first(), Some(&(MAKE_CREDENTIAL | GET_ASSERTION))) {
            return None;
        }
        let request = Request::decode(asked, LONGEST_MESSAGE).ok()?;
        matches!(request.command, Command::MakeCredential(_) | Command::GetAssertion(_)).then(|| Scene::of(&request)).flatten()
    }
}
