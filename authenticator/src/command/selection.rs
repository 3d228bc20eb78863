//! authenticatorSelection (CTAP2.3 §6.9).

use crate::command::{Decision, Pending, Turn};
use crate::gesture;
use crate::step::Purpose;
use crate::{Prompt, Response, UserAnswer};

pub(super) fn start() -> Decision {
    Ok(Turn::Ask(Prompt::Presence { purpose: Purpose::Select }, Pending::Selection))
}

pub(super) fn resume(answer: UserAnswer) -> Decision {
    gesture::presence(answer)?;
    Ok(Turn::Decided(Response::Selection))
}
