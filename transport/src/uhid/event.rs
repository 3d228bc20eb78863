//! The kernel's `struct uhid_event` (linux/uhid.h), packed, in the computer's own byte order. What is shorter than the struct counts as filled up
//! with zeros, on either side.

use crate::Identity;
use crate::ctaphid::Report;
use crate::ctaphid::packet::REPORT_LENGTH;
use crate::report_descriptor::REPORT_DESCRIPTOR;

/// The whole struct: the longest event that the kernel writes.
pub const LONGEST_EVENT: usize = 4_380;
/// HID over USB, so that hosts take the device for a plugged one.
const BUS_USB: u16 = 0x03;
/// What the kernel says to a program when a report is not to be had.
const EIO: u16 = 5;
/// `UHID_OUTPUT_REPORT`, beside feature and input reports.
const OUTPUT_REPORT: u8 = 1;
/// Room for data in the struct.
const DATA: usize = 4_096;

/// The types of events.
mod kind {
    pub const DESTROY: u32 = 1;
    pub const START: u32 = 2;
    pub const STOP: u32 = 3;
    pub const OPEN: u32 = 4;
    pub const CLOSE: u32 = 5;
    pub const OUTPUT: u32 = 6;
    pub const GET_REPORT: u32 = 9;
    pub const GET_REPORT_REPLY: u32 = 10;
    pub const CREATE2: u32 = 11;
    pub const INPUT2: u32 = 12;
    pub const SET_REPORT: u32 = 13;
    pub const SET_REPORT_REPLY: u32 = 14;
}

/// What the kernel tells the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A driver is bound to the device.
    Start,
    Stop,
    /// The first program opened the device.
    Open,
    /// The last program closed it.
    Close,
    /// A report from a program.
    Output(Report),
    /// A program asks for a report, and waits. FIDO has no such reports.
    GetReport {
        id: u32,
    },
    /// A program sets a report, and waits. An output report is one as ever: so the kernel writes where usbhid's parameter `quirks` says it.
    SetReport {
        id: u32,
        report: Option<Report>,
    },
    /// Nothing that a device has to know.
    Other(u32),
}

impl Event {
    /// Reads one event; `None` when it has no type.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (kind, body) = bytes.split_first_chunk()?;
        let id = || u32::from_ne_bytes(chunk(body, 0));
        Some(match u32::from_ne_bytes(*kind) {
            kind::START => Event::Start,
            kind::STOP => Event::Stop,
            kind::OPEN => Event::Open,
            kind::CLOSE => Event::Close,
            kind::OUTPUT => {
                let size = usize::from(u16::from_ne_bytes(chunk(body, DATA)));
                Event::Output(output(body.get(..size.min(DATA)).unwrap_or(body)))
            }
            kind::GET_REPORT => Event::GetReport { id: id() },
            kind::SET_REPORT => {
                let [_number, of, size @ ..] = chunk::<4>(body, 4);
                let data = body.get(8..).unwrap_or_default();
                let data = data.get(..usize::from(u16::from_ne_bytes(size))).unwrap_or(data);
                Event::SetReport { id: id(), report: (of == OUTPUT_REPORT).then(|| output(data)) }
            }
            other => Event::Other(other),
        })
    }
}

/// Bytes at a place, zeros where there are none.
fn chunk<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut chunk = [0; N];
    for (to, from) in chunk.iter_mut().zip(bytes.get(at..).unwrap_or_default()) {
        *to = *from;
    }
    chunk
}

/// What a program wrote begins with the number of the report, which is 0: this device's reports have no numbers. USB's driver takes it away, UHID doesn't.
fn output(written: &[u8]) -> Report {
    let data = written.strip_prefix(&[0]).unwrap_or(written);
    chunk::<REPORT_LENGTH>(data, 0)
}

/// Plugs a device in.
#[must_use]
pub fn create(identity: &Identity, phys: &str) -> Vec<u8> {
    let mut event = kind::CREATE2.to_ne_bytes().to_vec();
    event.extend(text::<128>(&format!("{} {}", identity.manufacturer, identity.product)));
    event.extend(text::<64>(phys));
    event.extend(text::<64>(&identity.serial));
    event.extend((REPORT_DESCRIPTOR.len() as u16).to_ne_bytes());
    event.extend(BUS_USB.to_ne_bytes());
    for number in [identity.vendor_id, identity.product_id, identity.device_release, 0] {
        event.extend(u32::from(number).to_ne_bytes());
    }
    event.extend(REPORT_DESCRIPTOR);
    event
}

/// Unplugs it.
#[must_use]
pub fn destroy() -> Vec<u8> {
    kind::DESTROY.to_ne_bytes().to_vec()
}

/// A name of so many bytes, with a zero at its end. It is cut between characters.
fn text<const N: usize>(name: &str) -> [u8; N] {
    let mut end = name.len().min(N - 1);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    chunk(name.get(..end).unwrap_or_default().as_bytes(), 0)
}

/// A report for the programs that have the device open.
#[must_use]
pub fn input(report: &Report) -> Vec<u8> {
    let mut event = kind::INPUT2.to_ne_bytes().to_vec();
    event.extend((report.len() as u16).to_ne_bytes());
    event.extend(report);
    event
}

/// There is no such report: the program must not wait for it.
#[must_use]
pub fn get_report_refused(id: u32) -> Vec<u8> {
    let mut event = reply(kind::GET_REPORT_REPLY, id, EIO);
    event.extend(0u16.to_ne_bytes());
    event
}

/// There is no such report to set.
#[must_use]
pub fn set_report_refused(id: u32) -> Vec<u8> {
    reply(kind::SET_REPORT_REPLY, id, EIO)
}

/// It is set.
#[must_use]
pub fn set_report_done(id: u32) -> Vec<u8> {
    reply(kind::SET_REPORT_REPLY, id, 0)
}

fn reply(kind: u32, id: u32, error: u16) -> Vec<u8> {
    let mut event = kind.to_ne_bytes().to_vec();
    event.extend(id.to_ne_bytes());
    event.extend(error.to_ne_bytes());
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: u32, body: &[u8]) -> Vec<u8> {
        [&kind.to_ne_bytes(), body].concat()
    }

    /// The kernel writes the size behind all the room for data.
    fn written(data: &[u8]) -> Vec<u8> {
        let mut body = data.to_vec();
        body.resize(DATA, 0xEE);
        body.extend((data.len() as u16).to_ne_bytes());
        body.push(1);
        event(kind::OUTPUT, &body)
    }

    #[test]
    fn members_stand_where_the_kernel_looks() {
        let identity = Identity { vendor_id: 0x1050, product_id: 0x0407, device_release: 0x0543, ..Identity::default() };
        let event = create(&identity, "faultkey/1");
        assert!(event[4..].starts_with(b"faultkey faultkey virtual security key\0"));
        assert!(event[132..].starts_with(b"faultkey/1\0"));
        assert!(event[196..].starts_with(b"1\0"));
        // rd_size and rd_data, as offsetof says of the struct without its type.
        assert_eq!(event[4 + 256..][..2], 34u16.to_ne_bytes());
        assert_eq!(event[262..264], BUS_USB.to_ne_bytes());
        assert_eq!(event[264..268], 0x1050u32.to_ne_bytes());
        assert_eq!(event[268..272], 0x0407u32.to_ne_bytes());
        assert_eq!(event[272..276], 0x0543u32.to_ne_bytes());
        assert_eq!(event[4 + 276..], REPORT_DESCRIPTOR);
        assert!(event.len() <= LONGEST_EVENT);

        let event = input(&[7; 64]);
        assert_eq!((event.len(), &event[4..6]), (70, &64u16.to_ne_bytes()[..]));
        assert_eq!(get_report_refused(9).len(), 12);
        assert_eq!(set_report_refused(9), [&14u32.to_ne_bytes()[..], &9u32.to_ne_bytes(), &5u16.to_ne_bytes()].concat());
        assert_eq!(set_report_done(9)[8..], [0, 0]);
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(text::<4>("abcdef"), *b"abc\0");
        assert_eq!(text::<4>("aあ"), *b"a\0\0\0");
        assert_eq!(text::<4>(""), [0; 4]);
    }

    #[test]
    fn the_number_of_a_report_is_no_part_of_it() {
        let mut report = [0; 64];
        report[0] = 0xFF;
        report[63] = 7;
        assert_eq!(Event::parse(&written(&[&[0], &report[..]].concat())), Some(Event::Output(report)));
        assert_eq!(Event::parse(&written(&report)), Some(Event::Output(report)));
        let mut short = [0; 64];
        short[..3].copy_from_slice(&[1, 2, 3]);
        assert_eq!(Event::parse(&written(&[0, 1, 2, 3])), Some(Event::Output(short)));
        assert_eq!(Event::parse(&written(&[])), Some(Event::Output([0; 64])));
        assert_eq!(Event::parse(&written(&[9; 4_096])), Some(Event::Output([9; 64])));
    }

    #[test]
    fn requests_carry_their_id() {
        let id = 0x0102_0304u32;
        let body = |of: u8, data: &[u8]| {
            let size = (data.len() as u16).to_ne_bytes();
            // The kernel writes all the room for data.
            [&id.to_ne_bytes()[..], &[0, of], &size, data, &[0xEE; DATA][data.len()..]].concat()
        };
        assert_eq!(Event::parse(&event(kind::GET_REPORT, &body(1, &[]))), Some(Event::GetReport { id }));
        let (feature, input) = (body(0, &[0, 7]), body(2, &[0, 7]));
        assert_eq!(Event::parse(&event(kind::SET_REPORT, &feature)), Some(Event::SetReport { id, report: None }));
        assert_eq!(Event::parse(&event(kind::SET_REPORT, &input)), Some(Event::SetReport { id, report: None }));
        let mut report = [0; 64];
        report[..2].copy_from_slice(&[7, 9]);
        let output = body(OUTPUT_REPORT, &[0, 7, 9]);
        assert_eq!(Event::parse(&event(kind::SET_REPORT, &output)), Some(Event::SetReport { id, report: Some(report) }));
    }

    #[test]
    fn short_and_strange_events_do_no_harm() {
        assert_eq!(Event::parse(&[]), None);
        assert_eq!(Event::parse(&[2, 0, 0]), None);
        assert_eq!(Event::parse(&event(kind::START, &[])), Some(Event::Start));
        assert_eq!(Event::parse(&event(kind::OUTPUT, &[])), Some(Event::Output([0; 64])));
        assert_eq!(Event::parse(&event(kind::GET_REPORT, &[])), Some(Event::GetReport { id: 0 }));
        assert_eq!(Event::parse(&event(kind::SET_REPORT, &[])), Some(Event::SetReport { id: 0, report: None }));
        assert_eq!(Event::parse(&event(99, &[1])), Some(Event::Other(99)));
    }
}
