//! The key as a link sees it: reports for faultkey's own stack, messages for `usbd-ctaphid`.

use faultkey_authenticator::Time;
use faultkey_transport::ctaphid::{self, ErrorCode, Report};
use faultkey_transport::usbd_ctaphid::{App, MessageDevice};
use faultkey_transport::{LineEvent, ReportDevice};

use super::{Device, Key};
use crate::happening::Happening;

impl ReportDevice for Key {
    fn receive(&mut self, now: Time, report: &Report) {
        self.tell(now, &Happening::ReportIn(*report));
        self.with_device(now, |device| device.reports().map(|device| device.receive(now, report)));
    }

    fn next_report(&mut self, now: Time) -> Option<Report> {
        let report = self.with_device(now, |device| device.reports()?.next_report(now)).flatten()?;
        self.tell(now, &Happening::ReportOut(report));
        Some(report)
    }

    fn backlog(&self) -> usize {
        match &self.device {
            Some(Device::Reports(device)) => device.backlog(),
            _ => 0,
        }
    }

    fn tick(&mut self, now: Time) {
        self.with_device(now, |device| match device {
            Device::Reports(device) => device.tick(now),
            Device::Messages(app) => MessageDevice::tick(app.as_mut(), now),
        });
    }

    fn deadline(&self) -> Option<Time> {
        match &self.device {
            Some(Device::Reports(device)) => device.deadline(),
            Some(Device::Messages(app)) => MessageDevice::deadline(app.as_ref()),
            None => None,
        }
    }

    fn reset(&mut self, now: Time) {
        self.with_device(now, |device| device.reset(now));
    }

    fn next_line_event(&mut self) -> Option<LineEvent> {
        self.device.as_mut()?.reports()?.next_line_event()
    }
}

impl Key {
    fn with_app<R>(&mut self, now: Time, act: impl FnOnce(&mut App<super::Steps, crate::User>) -> R) -> Option<R> {
        self.with_device(now, |device| match device {
            Device::Messages(app) => Some(act(app)),
            Device::Reports(_) => None,
        })
        .flatten()
    }
}

impl MessageDevice for Key {
    fn config(&self) -> ctaphid::Config {
        self.hid_config()
    }

    fn begin(&mut self, now: Time, command: u8, message: Vec<u8>) {
        self.with_app(now, |app| app.begin(now, command, message));
    }

    fn cancel(&mut self, now: Time) {
        self.with_app(now, |app| app.cancel(now));
    }

    fn tick(&mut self, now: Time) {
        ReportDevice::tick(self, now);
    }

    fn deadline(&self) -> Option<Time> {
        ReportDevice::deadline(self)
    }

    fn keepalive(&self) -> Option<bool> {
        match &self.device {
            Some(Device::Messages(app)) => app.keepalive(),
            _ => None,
        }
    }

    fn take_answer(&mut self) -> Option<Result<Vec<u8>, ErrorCode>> {
        match &mut self.device {
            Some(Device::Messages(app)) => app.take_answer(),
            _ => None,
        }
    }

    fn report_in(&mut self, now: Time, report: &Report) {
        self.tell(now, &Happening::ReportIn(*report));
    }

    fn report_out(&mut self, now: Time, report: &Report) {
        self.tell(now, &Happening::ReportOut(*report));
    }
}
