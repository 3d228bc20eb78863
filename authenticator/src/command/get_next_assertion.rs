//! authenticatorGetNextAssertion (CTAP2.3 §6.3).

use std::time::Duration;

use crate::command::get_assertion::{self, Remembered};
use crate::command::{Decision, Turn};
use crate::device::Device;
use crate::refusal::Refusal;
use crate::{KeyState, Response, Status, Time};

/// Step 3: the state dies this long after the last assertion.
const TIMER: Duration = Duration::from_secs(30);

pub(super) fn start(device: &mut Device, now: Time) -> Decision {
    let Some(mut remembered) = device.remembered.take() else {
        return Err(Refusal::rule(Status::NotAllowed, "no getAssertion with several credentials came just before"));
    };
    if now - remembered.last > TIMER {
        return Err(Refusal::rule(Status::NotAllowed, "more than 30 seconds passed since the last assertion"));
    }
    if !device.lasts(now, remembered.bearer) {
        return Err(Refusal::rule(Status::NotAllowed, "the pinUvAuthToken of the getAssertion is not in use any more"));
    }
    let Some(id) = remembered.credentials.next() else {
        return Err(Refusal::rule(Status::NotAllowed, "every credential has been answered"));
    };
    // It was there a moment ago; an event of the device may have come between.
    let Some(credential) = device.store.credential(&id)?.filter(|credential| credential.key != KeyState::Invalidated) else {
        return Err(Refusal::rule(Status::NotAllowed, "the next credential is gone"));
    };
    let Remembered { client_data_hash, gestures, asked, .. } = &remembered;
    let assertion = get_assertion::assertion(device, credential, client_data_hash.clone(), *gestures, asked, usize::MAX)?;
    remembered.last = now;
    device.remembered = Some(remembered);
    Ok(Turn::Decided(Response::GetAssertion(Box::new(assertion))))
}
