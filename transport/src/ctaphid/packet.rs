//! Packets (CTAP2.3 §11.2.4): what one report holds, and a message cut into reports.

/// One HID report.
pub type Report = [u8; REPORT_LENGTH];

pub const REPORT_LENGTH: usize = 64;
/// Bytes of the message in an initialization packet.
pub const INITIALIZATION_DATA: usize = REPORT_LENGTH - 7;
/// Bytes of the message in a continuation packet.
pub const CONTINUATION_DATA: usize = REPORT_LENGTH - 5;
/// The longest message: one initialization packet and the continuation packets 0x00 to 0x7F.
pub const LONGEST_MESSAGE: usize = INITIALIZATION_DATA + 128 * CONTINUATION_DATA;

/// Marks an initialization packet.
const INITIALIZATION: u8 = 0x80;

/// What one report holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    Initialization {
        channel: u32,
        command: u8,
        /// Bytes of the whole message.
        length: usize,
        data: &'a [u8],
    },
    Continuation {
        channel: u32,
        sequence: u8,
        data: &'a [u8],
    },
}

impl<'a> Packet<'a> {
    /// Every report is a packet of one of the two kinds.
    #[must_use]
    pub fn parse(report: &'a Report) -> Self {
        let [c0, c1, c2, c3, kind, rest @ ..] = report;
        let channel = u32::from_be_bytes([*c0, *c1, *c2, *c3]);
        if kind & INITIALIZATION == 0 {
            return Packet::Continuation { channel, sequence: *kind, data: rest };
        }
        let [high, low, data @ ..] = rest;
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        Packet::Initialization { channel, command: kind & !INITIALIZATION, length, data }
    }

    #[must_use]
    pub const fn channel(&self) -> u32 {
        match self {
            Packet::Initialization { channel, .. } | Packet::Continuation { channel, .. } => *channel,
        }
    }
}

/// The reports of a message; `None` when it is longer than [`LONGEST_MESSAGE`].
#[must_use]
pub fn fragment(channel: u32, command: u8, message: &[u8]) -> Option<Vec<Report>> {
    if message.len() > LONGEST_MESSAGE {
        return None;
    }
    let length = u16::try_from(message.len()).ok()?.to_be_bytes();
    let (first, rest) = message.split_at(message.len().min(INITIALIZATION_DATA));
    let mut reports = vec![report(channel, &[command | INITIALIZATION, length[0], length[1]], first)];
    reports.extend((0u8..).zip(rest.chunks(CONTINUATION_DATA)).map(|(sequence, chunk)| report(channel, &[sequence], chunk)));
    Some(reports)
}

/// Channel, head and data, with zeros to the end.
fn report(channel: u32, head: &[u8], data: &[u8]) -> Report {
    let mut report = [0; REPORT_LENGTH];
    let bytes = channel.to_be_bytes().into_iter().chain(head.iter().copied()).chain(data.iter().copied());
    report.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_message_is_what_the_specification_says() {
        assert_eq!(LONGEST_MESSAGE, 7_609);
        assert_eq!(fragment(1, 1, &vec![7; 7_609]).unwrap().len(), 129);
        assert_eq!(fragment(1, 1, &vec![7; 7_610]), None);
    }

    #[test]
    fn a_message_is_cut_and_read_back() {
        for length in [0, 1, 56, 57, 58, 116, 117, 7_609] {
            let message: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let reports = fragment(0x0102_0304, 0x10, &message).unwrap();
            let mut read = Vec::new();
            for (index, report) in reports.iter().enumerate() {
                match Packet::parse(report) {
                    Packet::Initialization { channel, command, length, data } => {
                        assert_eq!((index, channel, command, length), (0, 0x0102_0304, 0x10, message.len()));
                        read.extend_from_slice(data);
                    }
                    Packet::Continuation { channel, sequence, data } => {
                        assert_eq!((usize::from(sequence) + 1, channel), (index, 0x0102_0304));
                        read.extend_from_slice(data);
                    }
                }
            }
            assert!(read[message.len()..].iter().all(|byte| *byte == 0));
            read.truncate(message.len());
            assert_eq!(read, message);
        }
    }

    #[test]
    fn the_bytes_stand_where_the_specification_puts_them() {
        let reports = fragment(0xA1B2_C3D4, 0x01, &[0xEE; 58]).unwrap();
        assert_eq!(reports[0][..8], [0xA1, 0xB2, 0xC3, 0xD4, 0x81, 0x00, 58, 0xEE]);
        assert_eq!(reports[1][..7], [0xA1, 0xB2, 0xC3, 0xD4, 0x00, 0xEE, 0x00]);
    }
}
