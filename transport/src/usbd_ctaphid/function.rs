//! `usbd-ctaphid`'s class on the bus, and what its firmware does around it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ctaphid_dispatch::app::Error;
use ctaphid_dispatch::{DEFAULT_MESSAGE_SIZE, InterchangeResponse, Responder};
use faultkey_authenticator::Time;
use heapless_bytes::Bytes;
use ref_swap::OptionRefSwap;
use trussed_core::InterruptFlag;
use usb_device::UsbDirection;
use usb_device::class::{ControlIn, ControlOut, UsbClass};
use usb_device::descriptor::DescriptorWriter;
use usb_device::endpoint::EndpointAddress;
use usbd_ctaphid::types::Status;
use usbd_ctaphid::{CtapHid, Version};

use super::MessageDevice;
use crate::ctaphid::{Ctap1, ErrorCode, Report};
use crate::usb::{Function, Parts, Pluggable, VirtualBus};
use crate::{LineEvent, Port};

/// The class looks after half a message only when it is asked to.
const CHECK: Duration = Duration::from_millis(10);
/// After that, its 550 ms are over in any case.
const CHECKED: Duration = Duration::from_millis(600);
/// It pardons a sender when nobody asked for so long: on a busy computer it takes another 550 ms.
const LAPSE: Duration = Duration::from_millis(200);

/// A device behind `usbd-ctaphid`, to be plugged in.
#[derive(Debug)]
pub struct UsbdCtaphid<D>(pub Port<D>);

struct CtapHidFunction<'a, D> {
    port: &'a Port<D>,
    class: CtapHid<'a, 'a, 'a, VirtualBus, DEFAULT_MESSAGE_SIZE>,
    responder: Responder<'a, DEFAULT_MESSAGE_SIZE>,
    flag: &'a InterruptFlag,
    interrupt: &'a OptionRefSwap<'a, InterruptFlag>,
    input: EndpointAddress,
    /// When the next keepalive is due.
    keepalive: Option<Time>,
    heard: bool,
    checked: Time,
    check_until: Time,
}

impl<D: MessageDevice> Pluggable for UsbdCtaphid<D> {
    fn function<'a>(&'a self, parts: &'a Parts<'a>) -> Box<dyn Function + 'a> {
        let Some((requester, responder)) = parts.channel.split() else { unreachable!("parts are for one function") };
        let mut class = CtapHid::with_interrupt(&parts.allocator, requester, Some(&parts.interrupt), 0).implements_ctap2();
        let config = self.0.with(|device| device.config());
        if config.wink {
            class = class.implements_wink();
        }
        if config.ctap1 != Ctap1::Absent {
            class = class.implements_ctap1();
        }
        let [major, minor, build] = config.device_version;
        class.set_version(Version { major, minor, build });
        Box::new(CtapHidFunction {
            port: &self.0,
            input: class.pipe().write_address(),
            class,
            responder,
            flag: &parts.flag,
            interrupt: &parts.interrupt,
            keepalive: None,
            heard: false,
            checked: Time::START,
            check_until: Time::START,
        })
    }

    fn changed(&self) -> impl Future<Output = ()> {
        self.0.changed()
    }
}

impl<D: MessageDevice> CtapHidFunction<'_, D> {
    /// Tells the class the time. Its milliseconds must not go back, and its arithmetic does not survive their wrapping after 49 days: then they
    /// stand still, and half a message waits until its rest or an INIT comes.
    fn check(&mut self, now: Time) {
        let now = now.max(self.checked);
        if std::mem::take(&mut self.heard) || (now - self.checked > LAPSE && self.checked < self.check_until) {
            self.check_until = now + CHECKED;
        }
        self.checked = now;
        self.class.check_timeout(u32::try_from(now.as_millis()).unwrap_or(u32::MAX));
    }

    /// Tells the device of the reports that went by. As in CTAP2.3 §11.2.4, one that has not its whole length is none.
    fn tell_reports(&self, now: Time, bus: &VirtualBus) {
        let passed = bus.take_passed();
        if passed.is_empty() {
            return;
        }
        self.port.with(|device| {
            for (direction, packet) in passed {
                let Ok(report) = Report::try_from(packet) else { continue };
                match direction {
                    UsbDirection::Out => device.report_in(now, &report),
                    UsbDirection::In => device.report_out(now, &report),
                }
            }
        });
    }

    /// Carries requests to the app and answers from it.
    fn dispatch(&mut self, now: Time) {
        let Self { port, responder, flag, interrupt, .. } = self;
        port.with(|device| {
            if let Some((command, message)) = responder.take_request() {
                flag.set_working();
                interrupt.store(Some(flag), Ordering::Relaxed);
                device.begin(now, command.into_u8(), message.to_vec());
            }
            if flag.is_interrupted() {
                flag.set_idle();
                device.cancel(now);
            }
            device.tick(now);
            if let Some(answer) = device.take_answer() {
                flag.set_idle();
                interrupt.store(None, Ordering::Relaxed);
                let answer =
                    answer.map_err(|error| if error == ErrorCode::InvalidCommand { Error::InvalidCommand } else { Error::InvalidLength });
                let answer = answer.and_then(|message| Bytes::try_from(&message[..]).map_err(|_| Error::InvalidLength));
                // An answer that nobody waits for is nobody's.
                let _ = responder.respond(InterchangeResponse(answer));
            }
        });
    }
}

impl<D: MessageDevice> Function for CtapHidFunction<'_, D> {
    fn work(&mut self, now: Time, bus: &VirtualBus) -> Option<LineEvent> {
        // A request's reports before the request; an answer's after the answer.
        self.tell_reports(now, bus);
        self.check(now);
        self.dispatch(now);
        // The class loses an answer for which there is no room, so it is not given one before a host reads.
        if bus.host_reads(self.input) {
            self.class.check_for_app_response();
        }
        if let Status::ReceivedData(interval) = self.class.did_start_processing() {
            self.keepalive = Some(now + Duration::from_millis(interval.0.into()));
        }
        if self.keepalive.is_some_and(|due| now >= due) {
            let waits = self.port.with(|device| device.keepalive());
            self.keepalive = match waits {
                None => None,
                // A keepalive that nobody fetches would only be in the way.
                Some(_) if !bus.host_reads(self.input) => Some(now + Duration::from_millis(80)),
                Some(for_user) => match self.class.send_keepalive(for_user) {
                    Status::ReceivedData(interval) => Some(now + Duration::from_millis(interval.0.into())),
                    Status::Idle => None,
                },
            };
        }
        self.tell_reports(now, bus);
        self.port.with(|device| device.next_line_event())
    }

    fn deadline(&self) -> Option<Time> {
        let check = (self.checked < self.check_until).then(|| self.checked + CHECK);
        self.port.with(|device| device.deadline()).into_iter().chain(self.keepalive).chain(check).min()
    }
}

/// As the class has it, but for `poll`: [`Function::work`] does that.
impl<D: MessageDevice> UsbClass<VirtualBus> for CtapHidFunction<'_, D> {
    fn get_configuration_descriptors(&self, writer: &mut DescriptorWriter) -> usb_device::Result<()> {
        self.class.get_configuration_descriptors(writer)
    }

    fn reset(&mut self) {
        self.class.reset();
    }

    fn endpoint_out(&mut self, address: EndpointAddress) {
        self.heard = true;
        self.class.endpoint_out(address);
    }

    fn endpoint_in_complete(&mut self, address: EndpointAddress) {
        self.class.endpoint_in_complete(address);
    }

    fn control_out(&mut self, transfer: ControlOut<VirtualBus>) {
        self.class.control_out(transfer);
    }

    fn control_in(&mut self, transfer: ControlIn<VirtualBus>) {
        self.class.control_in(transfer);
    }
}
