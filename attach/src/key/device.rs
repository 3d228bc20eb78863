//! What a host speaks to, while the key has power: one of two CTAPHID stacks with the authenticator behind it.

use faultkey_authenticator::{Authenticator, Time, UserAnswer};
use faultkey_fault_injection::{FaultyReports, FaultySteps};
use faultkey_transport::ctaphid::HidEvent;
use faultkey_transport::usbd_ctaphid::App;
use faultkey_transport::{Attended, ReportDevice};

use super::core::Core;
use crate::user::User;

/// Which CTAPHID the key has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stack {
    /// faultkey's own, behind the report faults.
    #[default]
    Own,
    /// `usbd-ctaphid`, the one of Solo 2 and Nitrokey 3, on USB/IP only. It has the reports to itself.
    UsbdCtaphid,
}

pub(super) enum Device {
    Reports(Box<FaultyReports<Core>>),
    Messages(Box<App<FaultySteps<Authenticator>, User>>),
}

impl Device {
    pub fn touch_mut(&mut self) -> &mut User {
        match self {
            Device::Reports(device) => device.inner_mut().engine.touch_mut(),
            Device::Messages(app) => app.touch_mut(),
        }
    }

    pub fn authenticator(&mut self) -> &mut Authenticator {
        match self {
            Device::Reports(device) => device.inner_mut().engine.steps_mut().inner_mut(),
            Device::Messages(app) => app.steps_mut().inner_mut(),
        }
    }

    pub fn user(&mut self, now: Time, answer: UserAnswer) -> bool {
        match self {
            Device::Reports(device) => device.user(now, answer),
            Device::Messages(app) => app.user(now, answer),
        }
    }

    pub fn ask_again(&mut self, now: Time) {
        match self {
            Device::Reports(device) => device.inner_mut().engine.ask_again(now),
            Device::Messages(app) => app.ask_again(now),
        }
    }

    pub fn reset(&mut self, now: Time) {
        match self {
            Device::Reports(device) => device.reset(now),
            Device::Messages(app) => app.reset(now),
        }
    }

    pub fn take_events(&mut self) -> Vec<HidEvent> {
        match self {
            Device::Reports(device) => device.inner_mut().take_events(),
            Device::Messages(app) => std::iter::from_fn(|| app.next_event()).collect(),
        }
    }

    pub fn reports(&mut self) -> Option<&mut FaultyReports<Core>> {
        match self {
            Device::Reports(device) => Some(device),
            Device::Messages(_) => None,
        }
    }
}
