//! When something happens to the connection, in the course of one command that involves the user.

use faultkey_authenticator::{Status, UserAnswer};
use faultkey_transport::LineEvent;
use faultkey_transport::ctaphid::{Keepalive, Packet, command};

use crate::FaultError;
use crate::fault::Decision;
use crate::fault::report::{involves_user, named};
use crate::parameters::Parameters;
use crate::registry::ParameterInfo;
use crate::scene::{Ceremony, Scene};
use crate::seam::report::{Direction, ReportDecision, SeenReport};

pub(crate) const MOMENT: ParameterInfo = ParameterInfo {
    name: "when",
    accepts: "`request`, `waiting`, `touch`, `stored`, `answering` or `answered`",
    default: "`touch`",
    meaning: "`request`: after `reports` reports of the request. `waiting`: after the first KEEPALIVE that asks for a touch. `touch`: when the \
        user touches the key, before the key notices; nothing is stored or signed. `stored`: the authenticator has finished, a new \
        credential is stored, and no report of the answer has been sent. `answering`: after `reports` reports of a successful answer that has \
        more. `answered`: after the last report of a successful answer.",
};
pub(crate) const REPORTS: ParameterInfo = ParameterInfo {
    name: "reports",
    accepts: "a whole number from 1 to 128, only with `request` and `answering`",
    default: "1",
    meaning: "How many reports still pass.",
};

/// With [`MOMENT`], [`REPORTS`] and [`crate::fault::command::CEREMONY`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    when: When,
    reports: usize,
    ceremony: Option<Ceremony>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Request,
    Waiting,
    Touch,
    Stored,
    Answering,
    Answered,
}

impl Moment {
    pub fn load(parameters: &Parameters) -> Result<Self, FaultError> {
        let words = [
            ("request", When::Request),
            ("waiting", When::Waiting),
            ("touch", When::Touch),
            ("stored", When::Stored),
            ("answering", When::Answering),
            ("answered", When::Answered),
        ];
        let when = parameters.choice("when", &words, When::Touch)?;
        let reports = parameters.integer("reports", 1..=128)?;
        if reports.is_some() && !matches!(when, When::Request | When::Answering) {
            return Err(parameters.error("reports", "only allowed with the moments `request` and `answering`".to_owned()));
        }
        let reports = usize::try_from(reports.unwrap_or(1)).unwrap_or(1);
        Ok(Self { when, reports, ceremony: parameters.ceremony(None)? })
    }

    pub const fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    /// `what` is what happens, for the transcript: `unplugged`.
    pub fn at_report(&self, seen: &SeenReport, event: LineEvent, what: &str) -> Option<Decision<ReportDecision>> {
        let part = seen.part.filter(|part| part.ceremony().is_some_and(|ceremony| ceremony.is(self.ceremony)))?;
        if !seen.scene.is_none_or(involves_user) {
            return None;
        }
        let request = seen.direction == Direction::ToKey && part.command == command::CBOR;
        let answer = seen.direction == Direction::ToHost && part.command == command::CBOR && part.status == Some(Status::Ok.code());
        let (here, after) = match self.when {
            When::Request => (request && part.index + 1 == self.reports, true),
            When::Waiting => (asks_for_touch(seen) && part.keepalives == 0, true),
            When::Touch => (false, false),
            When::Stored => (answer && part.index == 0, false),
            When::Answering => (answer && part.index + 1 == self.reports && !part.is_last(), true),
            When::Answered => (answer && part.is_last(), true),
        };
        // A request's last report would reach the authenticator: nothing passes after what happens here.
        let after = after && !(request && part.is_last());
        let place = if after { "after" } else { "before" };
        here.then(|| Decision::new(ReportDecision::Line { event, after }, format!("{what} {place} {}", named(seen))))
    }

    pub fn at_touch(&self, scene: &Scene, answer: UserAnswer, event: LineEvent, what: &str) -> Option<Decision<LineEvent>> {
        let acts = self.when == When::Touch
            && involves_user(scene)
            && scene.ceremony.is(self.ceremony)
            && !matches!(answer, UserAnswer::Never | UserAnswer::Cancel);
        acts.then(|| Decision::new(event, format!("{what} at the moment of the touch, in the {}", scene.ceremony)))
    }
}

fn asks_for_touch(seen: &SeenReport) -> bool {
    matches!(
        seen.packet(),
        Packet::Initialization { command: command::KEEPALIVE, data: [status, ..], .. } if *status == Keepalive::UserPresenceNeeded as u8
    )
}
