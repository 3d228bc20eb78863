//! The key is pulled out.

use std::time::Duration;

use faultkey_authenticator::UserAnswer;
use faultkey_transport::LineEvent;

use super::is_plugged_in;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault, World};
use crate::moment::{MOMENT, Moment, REPORTS};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::seam::report::{ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "unplug-mid-command",
    layer: Layer::Report,
    summary: "The key is unplugged in the middle of a command.",
    effect: "The device leaves the bus at that moment; the command in progress ends as if the host had gone \
        away. With `stored`, `answering` and `answered` in a registration, the credential is on the key, and \
        unless the answer arrived, only the key knows it (a ghost credential). With `again-after` the key is \
        plugged in again, which is a power cycle: channels, PIN tokens and pending prompts are gone; \
        credentials and counters remain, unless `state = \"lost\"` says that a different, empty key comes \
        back.",
    opportunity: "A command of its ceremony that involves the user, at the moment that `when` names: a \
        report, or the user's answer to the prompt. For `stored`, `answering` and `answered` the answer must \
        be a success. RP ID and account are known from a request's last report on.",
    seam: Seam::Report,
    evidence: "specified: authenticators come and go during a ceremony, which stays open for another one \
        until its timer ends (catalogue CT-03: w3c/webauthn PR 900, WebAuthn-3 §5.1.3; CT-10). Inferred: \
        that the credential was stored when the answer was lost (CT-08).",
    catalogue: &["CT-03", "CT-08", "CT-10"],
    good_rp: "Can't see the cause, only a failure on the client (NotAllowedError when the client's timer \
        ends). Offers a retry with a new challenge, no lockout. When a ghost credential is offered later, \
        refuses it as unknown, and tells the client so that it can hide it.",
    parameters: &[
        MOMENT,
        REPORTS,
        CEREMONY,
        ParameterInfo {
            name: "again-after",
            accepts: "a whole number of milliseconds from 0 to 3600000",
            default: "never",
            meaning: "When it is plugged in again.",
        },
        ParameterInfo {
            name: "state",
            accepts: "`kept` or `lost`, only with `again-after`",
            default: "`kept`",
            meaning: "Whether it comes back with its credentials.",
        },
    ],
    example: "{ fault = \"unplug-mid-command\", when = \"stored\", ceremony = \"registration\", again-after = 3000, schedule = \"once\" }",
};

struct UnplugMidCommand {
    moment: Moment,
    event: LineEvent,
    what: String,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let again_after = parameters.integer("again-after", 0..=3_600_000)?;
    let keeps_state = parameters.choice("state", &[("kept", true), ("lost", false)], true)?;
    if again_after.is_none() && parameters.is_given("state") {
        return Err(
            parameters.error("state", "only allowed with `again-after`: a key that is not plugged in again has no state".to_owned())
        );
    }
    let what = match (again_after, keeps_state) {
        (None, _) => "unplugged".to_owned(),
        (Some(after), true) => format!("unplugged (plugged in again after {after} ms)"),
        (Some(after), false) => format!("unplugged (another key plugged in after {after} ms)"),
    };
    let event = LineEvent::Unplug { again_after: again_after.map(Duration::from_millis), keeps_state };
    Ok(Box::new(UnplugMidCommand { moment: Moment::load(parameters)?, event, what }))
}

impl Fault for UnplugMidCommand {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.moment.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        self.moment.at_report(seen, self.event, &self.what)
    }

    fn touched(&self, scene: &Scene, answer: UserAnswer) -> Option<Decision<LineEvent>> {
        self.moment.at_touch(scene, answer, self.event, &self.what)
    }
}
