//! The bytes of USB/IP 1.1.1. What comes from outside is read strictly; what is not whole yet is `None`.

use std::fmt;

use super::DeviceRecord;
use crate::usb::{Completion, Ending, Payload, Transfer};

/// USB/IP 1.1.1.
const VERSION: u16 = 0x0111;
/// `USB_SPEED_FULL` of Linux.
pub const FULL_SPEED: u32 = 2;
/// Every command and answer begins with so many bytes.
const HEADER: usize = 48;
/// Data that is kept before it goes to the device. A control transfer has at most 65,535 bytes (USB 2.0 §9.3.5), a report 64.
const MOST_DATA: usize = 0x1_0000;
const NAME: usize = 32;

mod code {
    pub const REQ_IMPORT: u16 = 0x8003;
    pub const REQ_DEVLIST: u16 = 0x8005;
    pub const REP_IMPORT: u16 = 0x0003;
    pub const REP_DEVLIST: u16 = 0x0005;

    pub const CMD_SUBMIT: u32 = 1;
    pub const CMD_UNLINK: u32 = 2;
    pub const RET_SUBMIT: u32 = 3;
    pub const RET_UNLINK: u32 = 4;
}

/// Linux's error numbers, whatever the host is.
mod errno {
    pub const ENOMEM: i32 = 12;
    pub const EPIPE: i32 = 32;
    pub const EPROTO: i32 = 71;
    pub const EOVERFLOW: i32 = 75;
    pub const ECONNRESET: i32 = 104;
}

/// The other side does not speak USB/IP 1.1.1, or says nonsense in it. The connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    Version(u16),
    Operation(u16),
    Command(u32),
    /// A command for another device than the one that this connection fetched.
    Device(u32),
    Direction(u32),
    Endpoint(u32),
    Length(u32),
    /// Isochronous transfers are not for security keys.
    Isochronous(u32),
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProtocolError::Version(version) => write!(f, "the host speaks USB/IP {version:#06X}, this is 0x0111 (1.1.1)"),
            ProtocolError::Operation(code) => write!(f, "the host asks for operation {code:#06X}, which USB/IP does not have"),
            ProtocolError::Command(code) => write!(f, "the host sends command {code}, which USB/IP does not have"),
            ProtocolError::Device(id) => write!(f, "the host sends a command for device {id:#010X}, which is not the one that it fetched"),
            ProtocolError::Direction(direction) => write!(f, "the host sends a transfer in direction {direction}; there are 0 and 1"),
            ProtocolError::Endpoint(endpoint) => write!(f, "the host sends a transfer for endpoint {endpoint}; there are 0 to 15"),
            ProtocolError::Length(length) => write!(f, "the host sends a transfer of {length} bytes; {MOST_DATA} are the most"),
            ProtocolError::Isochronous(packets) => {
                write!(f, "the host sends an isochronous transfer of {packets} packets to a security key")
            }
        }
    }
}

impl std::error::Error for ProtocolError {}

impl From<ProtocolError> for std::io::Error {
    fn from(error: ProtocolError) -> Self {
        std::io::Error::new(std::io::ErrorKind::InvalidData, error)
    }
}

/// What a connection begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    DeviceList,
    /// With the device's bus id, up to the first zero.
    Import(Vec<u8>),
}

impl Operation {
    /// The longest one.
    pub const LONGEST: usize = 8 + NAME;

    /// Reads an operation, and says how long it was.
    ///
    /// # Errors
    /// [`ProtocolError`].
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some((head, rest)) = bytes.split_first_chunk::<8>() else { return Ok(None) };
        let [v0, v1, c0, c1, ..] = *head;
        let (version, code) = (u16::from_be_bytes([v0, v1]), u16::from_be_bytes([c0, c1]));
        if version != VERSION {
            return Err(ProtocolError::Version(version));
        }
        match code {
            code::REQ_DEVLIST => Ok(Some((Operation::DeviceList, head.len()))),
            code::REQ_IMPORT => Ok(rest.get(..NAME).map(|name| {
                let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
                (Operation::Import(name.to_vec()), Self::LONGEST)
            })),
            other => Err(ProtocolError::Operation(other)),
        }
    }
}

/// Why a device can't be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportRefusal {
    /// Another host has it (`ST_DEV_BUSY`).
    Busy = 2,
    /// There is no such device (`ST_NODEV`).
    NoDevice = 4,
}

fn reply(code: u16, status: u32) -> Vec<u8> {
    let mut bytes = VERSION.to_be_bytes().to_vec();
    bytes.extend(code.to_be_bytes());
    bytes.extend(status.to_be_bytes());
    bytes
}

/// The answer to [`Operation::DeviceList`].
#[must_use]
pub fn device_list(devices: &[DeviceRecord]) -> Vec<u8> {
    let mut bytes = reply(code::REP_DEVLIST, 0);
    bytes.extend(u32::try_from(devices.len()).unwrap_or(u32::MAX).to_be_bytes());
    for device in devices {
        bytes.extend(device.bytes());
        bytes.extend(DeviceRecord::interface_bytes());
    }
    bytes
}

/// The answer to [`Operation::Import`].
#[must_use]
pub fn import(device: Result<&DeviceRecord, ImportRefusal>) -> Vec<u8> {
    match device {
        Ok(device) => {
            let mut bytes = reply(code::REP_IMPORT, 0);
            bytes.extend(device.bytes());
            bytes
        }
        Err(refusal) => reply(code::REP_IMPORT, refusal as u32),
    }
}

/// What a host sends to the device that it fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Submit(Transfer),
    /// Take the transfer `target` back.
    Unlink {
        id: u32,
        target: u32,
    },
}

impl Command {
    /// Reads a command for `device_id`, and says how long it was.
    ///
    /// # Errors
    /// [`ProtocolError`].
    pub fn parse(bytes: &[u8], device_id: u32) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some((head, rest)) = bytes.split_first_chunk::<HEADER>() else { return Ok(None) };
        let (words, setup) = words(head);
        let [command, id, device, direction, endpoint, argument, length, _, packets, _] = words;
        if !matches!(command, code::CMD_SUBMIT | code::CMD_UNLINK) {
            return Err(ProtocolError::Command(command));
        }
        if device != device_id {
            return Err(ProtocolError::Device(device));
        }
        if command == code::CMD_UNLINK {
            return Ok(Some((Command::Unlink { id, target: argument }, HEADER)));
        }
        // `argument` is transfer_flags, which are the kernel's own business.
        let endpoint = u8::try_from(endpoint).ok().filter(|endpoint| *endpoint < 16).ok_or(ProtocolError::Endpoint(endpoint))?;
        if !matches!(packets, 0 | u32::MAX) {
            return Err(ProtocolError::Isochronous(packets));
        }
        // A negative length of the kernel's is a very long one here.
        let bytes = usize::try_from(length).ok().filter(|bytes| *bytes <= MOST_DATA).ok_or(ProtocolError::Length(length))?;
        let (payload, whole) = match direction {
            0 => match rest.get(..bytes) {
                Some(data) => (Payload::Out(data.to_vec()), HEADER + bytes),
                None => return Ok(None),
            },
            1 => (Payload::In(bytes), HEADER),
            other => return Err(ProtocolError::Direction(other)),
        };
        Ok(Some((Command::Submit(Transfer { id, endpoint, setup, payload }), whole)))
    }
}

/// Ten numbers and the setup packet.
fn words(header: &[u8; HEADER]) -> ([u32; 10], [u8; 8]) {
    let mut words = [0; 10];
    let (numbers, _) = header.as_chunks::<4>();
    words.iter_mut().zip(numbers).for_each(|(word, bytes)| *word = u32::from_be_bytes(*bytes));
    let mut setup = [0; 8];
    setup.iter_mut().zip(header.iter().skip(HEADER - 8)).for_each(|(place, byte)| *place = *byte);
    (words, setup)
}

/// An answer's header. Device, direction and endpoint are for commands only.
fn answer(code: u32, id: u32, status: i32) -> Vec<u8> {
    let mut bytes: Vec<u8> = [code, id, 0, 0, 0].into_iter().flat_map(u32::to_be_bytes).collect();
    bytes.extend(status.to_be_bytes());
    bytes
}

/// A transfer is over.
#[must_use]
pub fn submitted(completion: &Completion) -> Vec<u8> {
    let status = match completion.ending {
        Ending::Done => 0,
        Ending::Stalled => -errno::EPIPE,
        Ending::NoAnswer => -errno::EPROTO,
        Ending::Overflow => -errno::EOVERFLOW,
        Ending::TooMany => -errno::ENOMEM,
    };
    let mut bytes = answer(code::RET_SUBMIT, completion.id, status);
    bytes.extend(u32::try_from(completion.length).unwrap_or(u32::MAX).to_be_bytes());
    bytes.resize(HEADER, 0);
    bytes.extend_from_slice(&completion.data);
    bytes
}

/// A transfer was taken back, or was over already.
#[must_use]
pub fn unlinked(id: u32, hit: bool) -> Vec<u8> {
    let mut bytes = answer(code::RET_UNLINK, id, if hit { -errno::ECONNRESET } else { 0 });
    bytes.resize(HEADER, 0);
    bytes
}
