//! `pinUvAuthParam` for an authenticator that has no PIN/UV auth protocol.

use crate::command::{Decision, Pending, Turn};
use crate::gesture;
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{Prompt, Status, UserAnswer};

/// CTAP2.3 §6.1.2 and §6.2.2, steps 1 and 2. `Some`: the request is the probe, which the user must touch for.
pub(super) fn check(param: Option<&[u8]>, protocol: Option<u64>, purpose: Purpose) -> Result<Option<Turn>, Refusal> {
    match (param, protocol) {
        (None, _) => Ok(None),
        // Step 1: a zero-length parameter asks whether a PIN is set; platforms use it to let the user choose a key.
        (Some([]), _) => Ok(Some(Turn::Ask(Prompt::Presence { purpose }, Pending::PinProbe))),
        // Step 2.2
        (Some(_), None) => Err(Refusal::rule(Status::MissingParameter, "pinUvAuthParam comes without pinUvAuthProtocol")),
        // Step 2.1: this authenticator lists no pinUvAuthProtocols in getInfo.
        (Some(_), Some(_)) => Err(Refusal::rule(Status::InvalidParameter, "the authenticator supports no pinUvAuthProtocol")),
    }
}

/// Step 1.3: touched, so say that no PIN is set.
pub(super) fn resume_probe(answer: UserAnswer) -> Decision {
    gesture::presence(answer)?;
    Err(Refusal::rule(Status::PinNotSet, "no PIN is set"))
}
