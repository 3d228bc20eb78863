//! The key sends keepalives without end.

use faultkey_transport::ctaphid::{Keepalive, command};

use super::{involves_user, is_plugged_in, named};
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{Direction, ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "keepalive-forever",
    layer: Layer::Report,
    summary: "The key sends keepalives but never an answer.",
    effect: "A KEEPALIVE every 80 ms until the client gives up: CANCEL is answered with 0x2D, and INIT ends \
        it silently. With `hides = \"request\"` the authenticator never sees the command; with `hides = \
        \"answer\"` it has processed it, and a new credential is stored.",
    opportunity: "The last report of a request of its ceremony that involves the user; with `hides = \
        \"answer\"`, the first report of the answer.",
    seam: Seam::Report,
    evidence: "specified: only CANCEL ends a command that waits for its user, CTAP2.3 §11.2.9.1.5 and \
        §11.2.9.1.7 (catalogue CT-02).",
    catalogue: &["CT-02"],
    good_rp: "Never sees it: the client's timer ends the ceremony with NotAllowedError. Offers a retry with \
        a new challenge, no lockout.",
    parameters: &[
        ParameterInfo {
            name: "hides",
            accepts: "`request` or `answer`",
            default: "`request`",
            meaning: "Whether the authenticator never sees the request, or the host never sees the answer.",
        },
        ParameterInfo {
            name: "status",
            accepts: "`user-presence` or `processing`",
            default: "`user-presence`",
            meaning: "What the keepalives say.",
        },
        CEREMONY,
    ],
    example: "{ fault = \"keepalive-forever\", ceremony = \"authentication\", schedule = \"once\" }",
};

struct KeepaliveForever {
    hides: Direction,
    status: Keepalive,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let hides = parameters.choice("hides", &[("request", Direction::ToKey), ("answer", Direction::ToHost)], Direction::ToKey)?;
    let words = [("user-presence", Keepalive::UserPresenceNeeded), ("processing", Keepalive::Processing)];
    let status = parameters.choice("status", &words, Keepalive::UserPresenceNeeded)?;
    Ok(Box::new(KeepaliveForever { hides, status, ceremony: parameters.ceremony(None)? }))
}

impl Fault for KeepaliveForever {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let part = seen.part.filter(|part| part.command == command::CBOR && seen.direction == self.hides)?;
        let here = if self.hides == Direction::ToKey { part.is_last() } else { part.index == 0 };
        let acts = here && seen.scene.is_some_and(|scene| involves_user(scene) && scene.ceremony.is(self.ceremony));
        let decision = ReportDecision::Work { status: self.status, lasts: None };
        acts.then(|| Decision::new(decision, format!("endless keepalives instead of {}", named(seen))))
    }
}
