//! authenticatorReset (CTAP2.3 §6.6).

use std::time::Duration;

use crate::command::{Decision, Pending, Turn};
use crate::device::Device;
use crate::gesture;
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{Change, Prompt, Response, Status, Time, UserAnswer};

/// After power-up, a key without display takes a reset only this long.
const WINDOW: Duration = Duration::from_secs(10);

pub(super) fn start(device: &mut Device, now: Time) -> Decision {
    if !device.config.platform && now - device.powered_on > WINDOW {
        return Err(Refusal::rule(Status::NotAllowed, "a reset must come within 10 seconds of power-up"));
    }
    Ok(Turn::Ask(Prompt::Presence { purpose: Purpose::Reset }, Pending::Reset))
}

pub(super) fn resume(device: &mut Device, answer: UserAnswer) -> Decision {
    gesture::presence(answer)?;
    let erased = device.store.commit(&[Change::Clear])?;
    device.verification_tries_left = device.config.verification_tries;
    Ok(Turn::Decided(Response::Reset(erased)))
}
