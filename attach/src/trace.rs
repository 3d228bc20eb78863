//! What goes over a key's wire, written down as it happens: JSON lines for programs and people, a pcap file for Wireshark.
//!
//! docs/trace.md names every field. No clock: times are arguments, the run's own.

pub mod line;
pub mod pcap;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER;
use faultkey_authenticator::Time;
use faultkey_fault_injection::registry;
use faultkey_fault_injection::seam::report::Direction;
use faultkey_lab::report::decode::{self, Body};
use faultkey_lab::words::Words;
use faultkey_transport::ctaphid::{Keepalive, Packet, Report, command};
use faultkey_transport::transcript::{self, answer_text, prompt_text};
use faultkey_transport::{Entry, Identity};

use crate::happening::effect_text;
use crate::text::counted;
use crate::{Happening, Watcher};

pub use line::{Line, Part, VERSION, What};
pub use pcap::Pcap;

/// Where a trace is written to.
pub type Writer = Box<dyn Write + Send>;

/// The trace of one key.
///
/// It watches a [`crate::Key`]. A writer that fails is not written to any more; [`Trace::error`] has the reason. The key goes on without it.
pub struct Trace {
    lines: Option<Writer>,
    pcap: Option<(Writer, Pcap)>,
    error: Option<io::Error>,
    number: u64,
    /// The last CTAP request, which its reply is decoded with.
    request: Option<String>,
    identity: Identity,
    file: Option<PathBuf>,
}

impl Trace {
    /// Begins a trace. `started` is the time from the Unix epoch to the run's start; pcap has no other.
    #[must_use]
    pub fn new(identity: &Identity, started: Duration, lines: Option<Writer>, pcap: Option<Writer>) -> Self {
        let pcap = pcap.map(|writer| (writer, Pcap::new(started)));
        let mut trace = Self { lines, pcap, error: None, number: 0, request: None, identity: identity.clone(), file: None };
        trace.line(
            Time::START,
            What::Trace {
                version: VERSION,
                program: format!("faultkey {}", env!("CARGO_PKG_VERSION")),
                vendor_id: identity.vendor_id,
                product_id: identity.product_id,
                product: identity.product.clone(),
                serial: identity.serial.clone(),
            },
        );
        trace.capture(|pcap| pcap.plugged_in(Time::START, identity));
        trace
    }

    /// The same, which says where it lies.
    #[must_use]
    pub fn in_file(self, file: &Path) -> Self {
        Self { file: Some(file.to_owned()), ..self }
    }

    /// The file that it lies in, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Why a writer was given up, once.
    pub fn error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    fn report(&mut self, now: Time, direction: Direction, report: &Report) {
        let (packet, channel) = (packet_text(report), channel_text(Packet::parse(report).channel()));
        self.line(now, What::Report { direction: direction.name().to_owned(), channel, packet, bytes: HEXLOWER.encode(report) });
        self.capture(|pcap| pcap.report(now, direction, report));
    }

    fn message(&mut self, now: Time, direction: Direction, exchange: u64, channel: u32, command: u8, message: &[u8]) {
        let (title, decoded) = self.decode(direction, command, message);
        let what = What::Message {
            direction: direction.name().to_owned(),
            exchange,
            channel: channel_text(channel),
            command: command_text(command),
            title,
            decoded,
            bytes: HEXLOWER.encode(message),
        };
        self.line(now, what);
    }

    /// CTAP decoded for a person. A reply is read as the answer to the request before it.
    fn decode(&mut self, direction: Direction, command: u8, message: &[u8]) -> (String, Vec<Part>) {
        if command != command::CBOR {
            return (command_text(command), Vec::new());
        }
        let bytes = HEXLOWER.encode(message);
        let entry = |number, what| Entry { number, at: 0, what };
        let entries = match direction {
            Direction::ToKey => {
                self.request = Some(bytes.clone());
                vec![entry(1, transcript::What::CtapRequest { bytes })]
            }
            Direction::ToHost => {
                let request = self.request.take().map(|bytes| entry(1, transcript::What::CtapRequest { bytes }));
                request.into_iter().chain([entry(2, transcript::What::CtapReply { bytes })]).collect()
            }
        };
        let Some(decoded) = decode::transcript(Words::default(), &entries).pop() else { return (command_text(command), Vec::new()) };
        let parts = decoded.parts.into_iter().filter_map(|part| match part.body {
            Body::Text(text) => Some(Part { title: part.title, text }),
            Body::Fields(fields) => {
                let lines: Vec<String> = fields.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
                Some(Part { title: part.title, text: lines.join("\n") })
            }
            // The bytes stand in the line anyway.
            Body::Folded(_) => None,
        });
        (decoded.title, parts.collect())
    }

    fn line(&mut self, now: Time, what: What) {
        self.number += 1;
        let line = Line { number: self.number, at: now.as_millis(), what };
        let Some(writer) = &mut self.lines else { return };
        let text = line.to_json() + "\n";
        // A reader may watch: each line goes out at once.
        if let Err(error) = writer.write_all(text.as_bytes()).and_then(|()| writer.flush()) {
            self.lines = None;
            self.error = Some(error);
        }
    }

    fn capture(&mut self, packets: impl FnOnce(&mut Pcap) -> Vec<u8>) {
        let Some((writer, pcap)) = &mut self.pcap else { return };
        if let Err(error) = writer.write_all(&packets(pcap)).and_then(|()| writer.flush()) {
            self.pcap = None;
            self.error = Some(error);
        }
    }
}

impl Watcher for Trace {
    fn happened(&mut self, now: Time, happening: &Happening) {
        let what = match happening {
            Happening::ReportIn(report) => return self.report(now, Direction::ToKey, report),
            Happening::ReportOut(report) => return self.report(now, Direction::ToHost, report),
            Happening::Request { number, channel, command, message, .. } => {
                return self.message(now, Direction::ToKey, *number, *channel, *command, message);
            }
            Happening::Reply { number, channel, command, message, .. } => {
                return self.message(now, Direction::ToHost, *number, *channel, *command, message);
            }
            Happening::Plugged { power_up } => {
                let identity = self.identity.clone();
                self.capture(|pcap| pcap.plugged_in(now, &identity));
                What::Plugged { power_up: *power_up }
            }
            Happening::Unplugged => What::Unplugged {},
            Happening::Silence { number, channel } => What::Silence { exchange: *number, channel: channel_text(*channel) },
            Happening::Aborted { number, channel } => What::Aborted { exchange: *number, channel: channel_text(*channel) },
            Happening::Prompt { prompt, .. } => What::Prompt { text: prompt_text(prompt) },
            Happening::Answer { answer } => What::Answer { text: answer_text(*answer).to_owned() },
            Happening::Wink => What::Wink {},
            Happening::HidError { channel, code, text } => What::Error { channel: channel_text(*channel), code: *code, text: text.clone() },
            Happening::Fault { fault, text } => {
                let layer = registry::find(fault).map_or("", |info| info.layer.name()).to_owned();
                What::Decision { fault: fault.clone(), layer, text: text.clone() }
            }
            Happening::Event { event, effect } => What::Event { event: event.name().to_owned(), effect: effect_text(*effect).to_owned() },
            Happening::Note { text } => What::Note { text: text.clone() },
        };
        self.line(now, what);
    }
}

fn channel_text(channel: u32) -> String {
    format!("{channel:08x}")
}

fn command_text(number: u8) -> String {
    let name = match number {
        command::PING => "PING",
        command::MSG => "MSG",
        command::LOCK => "LOCK",
        command::INIT => "INIT",
        command::WINK => "WINK",
        command::CBOR => "CBOR",
        command::CANCEL => "CANCEL",
        command::KEEPALIVE => "KEEPALIVE",
        command::ERROR => "ERROR",
        _ => return format!("command 0x{number:02X}"),
    };
    name.to_owned()
}

/// A packet in a few words: `CBOR, 214 bytes`, `continuation 0`.
fn packet_text(report: &Report) -> String {
    match Packet::parse(report) {
        Packet::Initialization { command: command::KEEPALIVE, data: [status, ..], .. } if *status == Keepalive::Processing as u8 => {
            "KEEPALIVE, processing".to_owned()
        }
        Packet::Initialization { command: command::KEEPALIVE, data: [status, ..], .. }
            if *status == Keepalive::UserPresenceNeeded as u8 =>
        {
            "KEEPALIVE, user presence needed".to_owned()
        }
        Packet::Initialization { command: command::ERROR, data: [code, ..], .. } => format!("ERROR 0x{code:02X}"),
        Packet::Initialization { command, length, .. } => format!("{}, {}", command_text(command), counted(length, "byte")),
        Packet::Continuation { sequence, .. } => format!("continuation {sequence}"),
    }
}

#[cfg(test)]
mod tests;
