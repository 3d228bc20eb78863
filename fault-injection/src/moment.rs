//! When something happens to the connection, in the course of one command that involves the user.

use faultkey_authenticator::{Status, UserAnswer};
use faultkey_transport::LineEvent;
use faultkey_transport::ctaphid::{Keepalive, Packet, command};

use crate::fault::Decision;
use crate::fault::report::{involves_user, named};
use crate::parameters::Parameters;
use crate::registry::ParameterInfo;
use crate::scene::{Ceremony, Scene};
use crate::seam::report::{Direction, ReportDecision, SeenReport};
use crate::{FaultError, Text};

pub(crate) const MOMENT: ParameterInfo = ParameterInfo {
    name: "when",
    accepts: Text::new(
        "`request`, `waiting`, `touch`, `stored`, `answering` or `answered`",
        "`request`、`waiting`、`touch`、`stored`、`answering`、`answered`のいずれか",
    ),
    default: Text::same("`touch`"),
    meaning: Text::new(
        "`request`: after `reports` reports of the request. `waiting`: after the first KEEPALIVE that asks for a touch. `touch`: when the \
        user touches the key, before the key notices; nothing is stored or signed. `stored`: the authenticator has finished, a new \
        credential is stored, and no report of the answer has been sent. `answering`: after `reports` reports of a successful answer that has \
        more. `answered`: after the last report of a successful answer.",
        "`request`：リクエストのレポートを`reports`個通した後。`waiting`：タッチを求める最初のKEEPALIVEの後。`touch`：ユーザーがタッチした\
        とき（セキュリティキーが気づく前で、保存も署名もされていない）。`stored`：認証器が処理を終えて新しいクレデンシャルを保存し、\
        応答のレポートをまだ1つも送っていないとき。`answering`：成功の応答のレポートを`reports`個通した後（残りがある場合）。\
        `answered`：成功の応答の最後のレポートの後",
    ),
};
pub(crate) const REPORTS: ParameterInfo = ParameterInfo {
    name: "reports",
    accepts: Text::new(
        "a whole number from 1 to 128, only with `request` and `answering`",
        "1から128までの整数（`request`と`answering`の場合のみ）",
    ),
    default: Text::same("1"),
    meaning: Text::new("How many reports still pass.", "それまでに通すレポートの数"),
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
    pub fn at_report(&self, seen: &SeenReport, event: LineEvent, what: &Text) -> Option<Decision<ReportDecision>> {
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
        let place = if after { Text::new("after", "後") } else { Text::new("before", "前") };
        here.then(|| {
            let report = named(seen);
            let text = Text::new(format!("{} {} {}", what.en, place.en, report.en), format!("{}の{}に{}", report.ja, place.ja, what.ja));
            Decision::new(ReportDecision::Line { event, after }, text)
        })
    }

    pub fn at_touch(&self, scene: &Scene, answer: UserAnswer, event: LineEvent, what: &Text) -> Option<Decision<LineEvent>> {
        let acts = self.when == When::Touch
            && involves_user(scene)
            && scene.ceremony.is(self.ceremony)
            && !matches!(answer, UserAnswer::Never | UserAnswer::Cancel);
        let ceremony = scene.ceremony.text();
        acts.then(|| {
            let text = Text::new(
                format!("{} at the moment of the touch, in the {}", what.en, ceremony.en),
                format!("{}のタッチの瞬間に{}", ceremony.ja, what.ja),
            );
            Decision::new(event, text)
        })
    }
}

fn asks_for_touch(seen: &SeenReport) -> bool {
    matches!(
        seen.packet(),
        Packet::Initialization { command: command::KEEPALIVE, data: [status, ..], .. } if *status == Keepalive::UserPresenceNeeded as u8
    )
}
