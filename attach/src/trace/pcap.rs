//! A pcap file as Linux' usbmon writes it (LINKTYPE_USB_LINUX_MMAPPED): a device that is enumerated, and its reports over interrupt endpoints.

use std::time::Duration;

use faultkey_authenticator::Time;
use faultkey_fault_injection::seam::report::Direction;
use faultkey_transport::Identity;
use faultkey_transport::ctaphid::Report;
use faultkey_transport::ctaphid::packet::REPORT_LENGTH;
use faultkey_transport::report_descriptor::REPORT_DESCRIPTOR;

/// Linux USB with the 64-byte header (tcpdump.org, LINKTYPE 220).
const LINKTYPE: u32 = 220;
/// Nanoseconds are not needed: the classic magic, little-endian.
const MAGIC: u32 = 0xA1B2_C3D4;
const SNAPLEN: u32 = 0x0004_0000;
const HEADER: usize = 64;

const BUS: u16 = 1;
const DEVICE: u8 = 2;
const ENDPOINT: u8 = 1;
const IN: u8 = 0x80;

/// Linux' xfer types in usbmon.
const INTERRUPT: u8 = 1;
const CONTROL: u8 = 2;

/// -EINPROGRESS: what a submission has for its status.
const SUBMITTED: i32 = -115;

/// Makes the packets. The caller writes them to a file, in order.
#[derive(Debug)]
pub struct Pcap {
    started: Duration,
    urb: u64,
    begun: bool,
}

/// One half of a transfer, as the kernel saw it.
struct Urb<'a> {
    /// `S` or `C`.
    event: u8,
    kind: u8,
    /// With [`IN`], where it goes that way.
    endpoint: u8,
    setup: Option<[u8; 8]>,
    status: i32,
    /// Bytes asked for, or transferred.
    length: usize,
    data: &'a [u8],
}

impl Pcap {
    /// `started` is the time from the Unix epoch to the run's start.
    #[must_use]
    pub fn new(started: Duration) -> Self {
        Self { started, urb: 0, begun: false }
    }

    /// The device is plugged in: the descriptors from which a dissector learns that it is a security key. The first time, after the file's head.
    pub fn plugged_in(&mut self, now: Time, identity: &Identity) -> Vec<u8> {
        let mut bytes = if self.begun { Vec::new() } else { file_head() };
        self.begun = true;
        let device = device_descriptor(identity);
        let configuration = configuration_descriptor();
        // Recipient device, then interface 0 (USB 2.0 §9.4.3, HID 1.11 §7.1.1).
        for (recipient, kind, descriptor) in [(0x80, 0x01, &device[..]), (0x80, 0x02, &configuration), (0x81, 0x22, &REPORT_DESCRIPTOR)] {
            let length = u16::try_from(descriptor.len()).unwrap_or(u16::MAX).to_le_bytes();
            let setup = [recipient, 0x06, 0, kind, 0, 0, length[0], length[1]];
            self.control(&mut bytes, now, setup, descriptor);
        }
        // SET_CONFIGURATION 1.
        self.control(&mut bytes, now, [0x00, 0x09, 1, 0, 0, 0, 0, 0], &[]);
        bytes
    }

    /// A report, as the two halves of its interrupt transfer.
    pub fn report(&mut self, now: Time, direction: Direction, report: &Report) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 * (16 + HEADER) + REPORT_LENGTH);
        self.urb += 1;
        let urb = Urb { event: b'S', kind: INTERRUPT, endpoint: ENDPOINT, setup: None, status: 0, length: REPORT_LENGTH, data: report };
        let (submitted, completed) = match direction {
            Direction::ToKey => (Urb { status: SUBMITTED, ..urb }, Urb { event: b'C', data: &[], ..urb }),
            Direction::ToHost => {
                (Urb { status: SUBMITTED, endpoint: ENDPOINT | IN, data: &[], ..urb }, Urb { event: b'C', endpoint: ENDPOINT | IN, ..urb })
            }
        };
        self.packet(&mut bytes, now, &submitted);
        self.packet(&mut bytes, now, &completed);
        bytes
    }

    fn control(&mut self, bytes: &mut Vec<u8>, now: Time, setup: [u8; 8], answer: &[u8]) {
        self.urb += 1;
        let endpoint = setup[0] & IN;
        let urb = Urb { event: b'C', kind: CONTROL, endpoint, setup: None, status: 0, length: answer.len(), data: answer };
        self.packet(bytes, now, &Urb { event: b'S', setup: Some(setup), status: SUBMITTED, data: &[], ..urb });
        self.packet(bytes, now, &urb);
    }

    /// The record's head, usbmon's header (Linux, Documentation/usb/usbmon.rst, `struct mon_bin_hdr`), and the data.
    fn packet(&self, bytes: &mut Vec<u8>, now: Time, urb: &Urb) {
        let Urb { event, kind, endpoint, setup, status, length, data } = *urb;
        let at = self.started + Duration::from_millis(now.as_millis());
        let captured = u32::try_from(HEADER + data.len()).unwrap_or(u32::MAX);
        bytes.extend(u32::try_from(at.as_secs()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(at.subsec_micros().to_le_bytes());
        bytes.extend(captured.to_le_bytes());
        bytes.extend(captured.to_le_bytes());

        bytes.extend(self.urb.to_le_bytes());
        bytes.extend([event, kind, endpoint, DEVICE]);
        bytes.extend(BUS.to_le_bytes());
        bytes.push(if setup.is_some() { 0 } else { b'-' });
        // Why there are no data: they go the other way, or there are none.
        bytes.push(match (data.is_empty(), endpoint & IN != 0) {
            (false, _) => 0,
            (true, true) => b'<',
            (true, false) => b'>',
        });
        bytes.extend(at.as_secs().to_le_bytes());
        bytes.extend(at.subsec_micros().to_le_bytes());
        bytes.extend(status.to_le_bytes());
        bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(setup.unwrap_or_default());
        let interval: u32 = if kind == INTERRUPT { 8 } else { 0 };
        bytes.extend(interval.to_le_bytes());
        // Start frame, transfer flags, number of isochronous descriptors.
        bytes.extend([0; 12]);
        bytes.extend_from_slice(data);
    }
}

fn file_head() -> Vec<u8> {
    let mut bytes = MAGIC.to_le_bytes().to_vec();
    bytes.extend(2u16.to_le_bytes());
    bytes.extend(4u16.to_le_bytes());
    // Time zone and accuracy: none.
    bytes.extend([0; 8]);
    bytes.extend(SNAPLEN.to_le_bytes());
    bytes.extend(LINKTYPE.to_le_bytes());
    bytes
}

/// USB 2.0 §9.6.1.
fn device_descriptor(identity: &Identity) -> [u8; 18] {
    let [vendor_low, vendor_high] = identity.vendor_id.to_le_bytes();
    let [product_low, product_high] = identity.product_id.to_le_bytes();
    let [release_low, release_high] = identity.device_release.to_le_bytes();
    [18, 0x01, 0x00, 0x02, 0, 0, 0, 64, vendor_low, vendor_high, product_low, product_high, release_low, release_high, 1, 2, 3, 1]
}

/// One configuration, one HID interface, two interrupt endpoints (USB 2.0 §9.6.3 to §9.6.6, HID 1.11 §6.2.1).
#[rustfmt::skip]
fn configuration_descriptor() -> [u8; 41] {
    let [length, _] = u16::try_from(REPORT_DESCRIPTOR.len()).unwrap_or(0).to_le_bytes();
    [
        9, 0x02, 41, 0, 1, 1, 0, 0x80, 50,
        9, 0x04, 0, 0, 2, 0x03, 0, 0, 0,
        9, 0x21, 0x11, 0x01, 0, 1, 0x22, length, 0,
        7, 0x05, ENDPOINT, 0x03, 64, 0, 5,
        7, 0x05, ENDPOINT | IN, 0x03, 64, 0, 5,
    ]
}
