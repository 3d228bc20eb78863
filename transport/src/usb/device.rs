//! A USB device: transfers and time in, their ends out.

use faultkey_authenticator::Time;
use usb_device::device::{StringDescriptors, UsbDevice, UsbDeviceBuilder, UsbRev, UsbVidPid};
use usb_device::endpoint::EndpointAddress;

use super::{Completion, Ending, Function, Parts, Payload, Transfer, VirtualBus};
use crate::{Identity, LineEvent};

/// Bytes of a packet of endpoint 0 (USB 2.0 §5.5.3: the most at full speed).
const CONTROL_PACKET: u8 = 64;
/// A string descriptor's length is one byte (USB 2.0 §9.6.7): so many UTF-16 units.
const LONGEST_STRING: usize = 126;
const SET_CONFIGURATION: u8 = 9;
/// A hub's class request SET_FEATURE(PORT_RESET) (USB 2.0 §11.24.2.7), by which clients of USB/IP ask for a reset of the device.
const PORT_RESET: [u8; 4] = [0x23, 3, 4, 0];
const INPUT: u8 = 0x81;

/// A device at its bus. After each call, take the completions, call [`Device::work`], take them again and look at the deadline.
pub struct Device<'a> {
    device: UsbDevice<'a, VirtualBus>,
    function: Box<dyn Function + 'a>,
    gone: Option<LineEvent>,
}

impl<'a> Device<'a> {
    /// `function` is made of the same `parts`.
    #[must_use]
    pub fn new(parts: &'a Parts<'a>, identity: &'a Identity, function: Box<dyn Function + 'a>) -> Self {
        let strings = StringDescriptors::default()
            .manufacturer(short(&identity.manufacturer))
            .product(short(&identity.product))
            .serial_number(short(&identity.serial));
        let builder = UsbDeviceBuilder::new(&parts.allocator, UsbVidPid(identity.vendor_id, identity.product_id))
            .device_release(identity.device_release)
            .usb_rev(UsbRev::Usb200);
        // Both are within their limits.
        let builder = match builder.strings(&[strings]).and_then(|builder| builder.max_packet_size_0(CONTROL_PACKET)) {
            Ok(builder) => builder,
            Err(error) => unreachable!("{error:?}"),
        };
        let mut plugged = Self { device: builder.build(), function, gone: None };
        // USB 2.0 §9.1.1.3: the first thing on the bus is its reset.
        plugged.poll();
        plugged
    }

    /// The host asks for a transfer. What the device makes of it comes with the next [`Device::work`]: that may take long, and the host is not to
    /// wait so long for the end of the transfer.
    pub fn submit(&mut self, now: Time, transfer: Transfer) {
        if transfer.endpoint == 0 {
            let completion = self.control(now, transfer);
            self.bus().complete(completion);
        } else {
            self.bus().submit(transfer);
        }
    }

    /// The host takes a transfer back; `false` when it is over already.
    pub fn unlink(&mut self, id: u32) -> bool {
        self.bus().unlink(id)
    }

    /// The next transfer that is over.
    pub fn next_completion(&mut self) -> Option<Completion> {
        self.bus().next_completion()
    }

    /// Time passes, or somebody changed the device from outside.
    pub fn work(&mut self, now: Time) {
        loop {
            match self.function.work(now, self.device.bus()) {
                Some(LineEvent::Stall) => usb_device::bus::UsbBus::set_stalled(self.bus(), EndpointAddress::from(INPUT), true),
                Some(LineEvent::BusReset) => self.bus().reset_by_device(),
                Some(unplug @ LineEvent::Unplug { .. }) => self.gone = Some(unplug),
                None if !self.bus().has_event() => return,
                None => {}
            }
            self.poll();
        }
    }

    /// When [`Device::work`] has something to do, if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.function.deadline()
    }

    /// The device unplugged itself.
    pub fn next_line_event(&mut self) -> Option<LineEvent> {
        self.gone.take()
    }

    /// The host reset the bus, or went away, and with it the transfers that waited.
    pub fn reset(&mut self, now: Time) {
        self.bus().reset_by_host();
        self.work(now);
    }

    /// USB 2.0 §5.5: setup, data and status stage.
    fn control(&mut self, now: Time, Transfer { id, setup, payload, .. }: Transfer) -> Completion {
        let [kind, request, .., low, high] = setup;
        if setup.starts_with(&PORT_RESET) {
            self.reset(now);
            return Completion::empty(id, Ending::Done);
        }
        let length = usize::from(u16::from_le_bytes([low, high]));
        let stalled = Completion::empty(id, Ending::Stalled);
        self.bus().begin_control(setup);
        self.poll();
        match payload {
            Payload::In(room) if kind & 0x80 != 0 => match self.data_to_host(length.min(room)) {
                Some(data) => Completion { id, ending: Ending::Done, length: data.len(), data },
                None => stalled,
            },
            Payload::Out(data) if kind & 0x80 == 0 && data.len() == length => {
                for packet in data.chunks(CONTROL_PACKET.into()) {
                    self.bus().feed_control(packet);
                    self.poll();
                }
                // The status stage. A request that nobody took has none.
                if self.bus().control_is_stalled() || self.bus().take_control().is_none() {
                    return stalled;
                }
                self.poll();
                if kind == 0 && request == SET_CONFIGURATION {
                    self.bus().configured();
                }
                Completion { id, ending: Ending::Done, length, data: Vec::new() }
            }
            _ => stalled,
        }
    }

    /// The data stage to the host, and the status stage.
    fn data_to_host(&mut self, length: usize) -> Option<Vec<u8>> {
        let mut data = Vec::new();
        loop {
            let packet = self.bus().take_control().filter(|_| !self.bus().control_is_stalled())?;
            self.poll();
            data.extend_from_slice(&packet);
            if data.len() >= length || packet.len() < CONTROL_PACKET.into() {
                break;
            }
        }
        self.bus().feed_control(&[]);
        self.poll();
        data.truncate(length);
        Some(data)
    }

    fn poll(&mut self) {
        self.device.poll(&mut [&mut *self.function]);
    }

    fn bus(&self) -> &VirtualBus {
        self.device.bus()
    }
}

/// As much of a text as a string descriptor holds.
fn short(text: &str) -> &str {
    let mut units = 0;
    let end = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > LONGEST_STRING
    });
    end.map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}
