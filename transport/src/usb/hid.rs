//! The HID class of a security key (HID 1.11, CTAP2.3 §11.2.8): 64-byte reports over two interrupt endpoints, handed to a [`ReportDevice`].

use std::collections::VecDeque;
use std::time::Duration;

use faultkey_authenticator::Time;
use usb_device::bus::InterfaceNumber;
use usb_device::class::{ControlIn, ControlOut, UsbClass};
use usb_device::control::{Recipient, Request, RequestType};
use usb_device::descriptor::DescriptorWriter;
use usb_device::endpoint::{EndpointIn, EndpointOut};

use super::parts::Allocator;
use super::{Function, Parts, Pluggable, VirtualBus};
use crate::ctaphid::Report;
use crate::ctaphid::packet::REPORT_LENGTH;
use crate::report_descriptor::REPORT_DESCRIPTOR;
use crate::{LineEvent, Port, ReportDevice};

/// A host that sends and never reads is not read from either, once so many reports wait for it.
const MOST_BACKLOG: usize = 256;
/// A device whose report is due, while no host reads, is looked at again so much later.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Milliseconds between two questions of the host (CTAP2.3 §11.2.8.1 has 5 in its example).
const INTERVAL: u8 = 5;

const CLASS_HID: u8 = 3;
const DESCRIPTOR_HID: u8 = 0x21;
const DESCRIPTOR_REPORT: u8 = 0x22;
/// HID 1.11 §7.2.
mod request {
    pub const GET_REPORT: u8 = 0x01;
    pub const GET_IDLE: u8 = 0x02;
    pub const SET_REPORT: u8 = 0x09;
    pub const SET_IDLE: u8 = 0x0A;
}
/// HID 1.11 §7.2.1: the report's type above its id, which is 0 where there is only one.
const INPUT_REPORT: u16 = 0x0100;
const OUTPUT_REPORT: u16 = 0x0200;

/// The class over one device's reports.
pub struct HidFunction<'a, D> {
    port: &'a Port<D>,
    interface: InterfaceNumber,
    input: EndpointIn<'a, VirtualBus>,
    output: EndpointOut<'a, VirtualBus>,
    /// Reports that came by SET_REPORT.
    by_control: VecDeque<Report>,
    last: Report,
    idle: u8,
    was_reset: bool,
    worked_at: Time,
}

impl<D: ReportDevice> Pluggable for Port<D> {
    fn function<'a>(&'a self, parts: &'a Parts<'a>) -> Box<dyn Function + 'a> {
        Box::new(HidFunction::new(&parts.allocator, self))
    }

    fn changed(&self) -> impl Future<Output = ()> {
        Port::changed(self)
    }
}

impl<'a, D: ReportDevice> HidFunction<'a, D> {
    fn new(allocator: &'a Allocator, port: &'a Port<D>) -> Self {
        // 64, and the two directions of endpoint 1 are free.
        let size = u16::try_from(REPORT_LENGTH).unwrap_or(64);
        Self {
            port,
            interface: allocator.interface(),
            output: allocator.interrupt(size, INTERVAL),
            input: allocator.interrupt(size, INTERVAL),
            by_control: VecDeque::new(),
            last: [0; REPORT_LENGTH],
            idle: 0,
            was_reset: false,
            worked_at: Time::START,
        }
    }

    /// CTAP2.3 §11.2.4: a packet has its whole length. Another is nobody's.
    fn next_incoming(&mut self) -> Option<Report> {
        if let Some(report) = self.by_control.pop_front() {
            return Some(report);
        }
        let mut report = [0; REPORT_LENGTH];
        match self.output.read(&mut report) {
            Ok(REPORT_LENGTH) => Some(report),
            _ => None,
        }
    }

    fn is_mine(&self, request: &Request) -> bool {
        request.recipient == Recipient::Interface && request.index == u16::from(u8::from(self.interface))
    }

    fn hid_descriptor() -> [u8; 7] {
        let length = u16::try_from(REPORT_DESCRIPTOR.len()).unwrap_or(0).to_le_bytes();
        // HID 1.11, no country, one report descriptor.
        [0x11, 0x01, 0x00, 0x01, DESCRIPTOR_REPORT, length[0], length[1]]
    }
}

impl<D: ReportDevice> Function for HidFunction<'_, D> {
    fn work(&mut self, now: Time, bus: &VirtualBus) -> Option<LineEvent> {
        let port = self.port;
        self.worked_at = now;
        port.with(|device| {
            if std::mem::take(&mut self.was_reset) {
                device.reset(now);
            }
            if device.deadline().is_some_and(|due| now >= due) {
                device.tick(now);
            }
            while device.backlog() < MOST_BACKLOG
                && let Some(report) = self.next_incoming()
            {
                device.receive(now, &report);
            }
            while bus.host_reads(self.input.address()) {
                let Some(report) = device.next_report(now) else { break };
                self.last = report;
                // There is room: the host waits for it.
                let _ = self.input.write(&report);
            }
            let all_said = bus.host_reads(self.input.address()) || device.backlog() == 0;
            all_said.then(|| device.next_line_event()).flatten()
        })
    }

    fn deadline(&self) -> Option<Time> {
        let due = self.port.with(|device| device.deadline())?;
        Some(if due > self.worked_at { due } else { self.worked_at + LOOK_AGAIN })
    }
}

impl<D: ReportDevice> UsbClass<VirtualBus> for HidFunction<'_, D> {
    fn get_configuration_descriptors(&self, writer: &mut DescriptorWriter) -> usb_device::Result<()> {
        writer.interface(self.interface, CLASS_HID, 0, 0)?;
        writer.write(DESCRIPTOR_HID, &Self::hid_descriptor())?;
        writer.endpoint(&self.output)?;
        writer.endpoint(&self.input)
    }

    fn reset(&mut self) {
        self.was_reset = true;
        self.by_control.clear();
        self.last = [0; REPORT_LENGTH];
        self.idle = 0;
    }

    fn control_in(&mut self, transfer: ControlIn<VirtualBus>) {
        let request = *transfer.request();
        if !self.is_mine(&request) {
            return;
        }
        // What is not answered here is stalled.
        let _ = match (request.request_type, request.request, request.value) {
            (RequestType::Standard, Request::GET_DESCRIPTOR, value) if value.to_be_bytes()[0] == DESCRIPTOR_REPORT => {
                transfer.accept_with(&REPORT_DESCRIPTOR)
            }
            (RequestType::Standard, Request::GET_DESCRIPTOR, value) if value.to_be_bytes()[0] == DESCRIPTOR_HID => {
                let body = Self::hid_descriptor();
                let head = [u8::try_from(body.len() + 2).unwrap_or(0), DESCRIPTOR_HID];
                transfer.accept_with(&[&head[..], &body].concat())
            }
            (RequestType::Class, request::GET_REPORT, INPUT_REPORT) => transfer.accept_with(&self.last),
            (RequestType::Class, request::GET_IDLE, _) => transfer.accept_with(&[self.idle]),
            _ => Ok(()),
        };
    }

    fn control_out(&mut self, transfer: ControlOut<VirtualBus>) {
        let request = *transfer.request();
        if !self.is_mine(&request) || request.request_type != RequestType::Class {
            return;
        }
        let _ = match (request.request, request.value, Report::try_from(transfer.data())) {
            (request::SET_IDLE, value, _) => {
                self.idle = value.to_be_bytes()[0];
                transfer.accept()
            }
            (request::SET_REPORT, OUTPUT_REPORT, Ok(report)) if self.by_control.is_empty() => {
                self.by_control.push_back(report);
                transfer.accept()
            }
            _ => Ok(()),
        };
    }
}
