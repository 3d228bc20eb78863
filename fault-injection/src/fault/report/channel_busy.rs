//! Another has the key.

use faultkey_transport::ctaphid::{ErrorCode, command};

use super::{is_plugged_in, named};
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{Direction, ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "channel-busy",
    layer: Layer::Report,
    summary: "The key is busy: another program is using it.",
    effect: "The message is answered with ERROR ERR_CHANNEL_BUSY (0xBF 06) and never reaches the device. \
        `schedule = { first = 3 }` is a key that is busy three times.",
    opportunity: "The first report of a message that `message` selects, except CANCEL.",
    seam: Seam::Report,
    evidence: "observed: commands left over by a client that timed out without CANCEL (catalogue CT-04: \
        fido-alliance conformance#161). Specified: CTAP2.3 §11.2.5.3; a client retries after a while.",
    catalogue: &["CT-04"],
    good_rp: "Never sees it; the ceremony takes longer, or fails on the client.",
    parameters: &[ParameterInfo {
        name: "message",
        accepts: "`cbor` (every CTAP command), `init` or `any`",
        default: "`cbor`",
        meaning: "Which messages are answered this way.",
    }],
    example: "{ fault = \"channel-busy\", schedule = { first = 3 } }",
};

struct ChannelBusy {
    /// `None`: any.
    command: Option<u8>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let words = [("cbor", Some(command::CBOR)), ("init", Some(command::INIT)), ("any", None)];
    Ok(Box::new(ChannelBusy { command: parameters.choice("message", &words, Some(command::CBOR))? }))
}

impl Fault for ChannelBusy {
    fn ceremonies(&self) -> &'static [Ceremony] {
        if self.command == Some(command::INIT) { &[] } else { Ceremony::BOTH }
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let part = seen.part.filter(|part| part.index == 0 && part.command != command::CANCEL)?;
        let acts = seen.direction == Direction::ToKey && self.command.is_none_or(|wanted| wanted == part.command);
        let text = format!("{} answered ERR_CHANNEL_BUSY", named(seen));
        acts.then(|| Decision::new(ReportDecision::Refuse(ErrorCode::ChannelBusy), text))
    }
}
