//! Findings that are known and accepted for now: they are shown, and fail nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::FindingId;
use crate::config::field;
use crate::date::Date;
use crate::verdict::{Finding, Run};

/// A finding that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// check/request, as the report has it, e.g. "replay/authentication-verify".
    #[serde(deserialize_with = "field::id")]
    #[schemars(schema_with = "field::id_schema")]
    pub id: FindingId,
    /// For people, e.g. the number of a ticket.
    #[serde(deserialize_with = "field::reason")]
    pub reason: String,
    /// The last day on which it counts.
    #[serde(default, deserialize_with = "field::date")]
    #[schemars(schema_with = "field::date_schema")]
    pub until: Option<Date>,
    /// File and line, as in `faultkey.toml:12`.
    #[serde(skip)]
    pub place: String,
}

/// Why a finding fails nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    pub reason: String,
    pub until: Option<Date>,
}

/// Something to tell about an acceptance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AcceptNote {
    pub kind: AcceptNoteKind,
    pub id: FindingId,
    pub until: Option<Date>,
    /// What else has to be accepted, or mended.
    pub missing: Vec<FindingId>,
    /// File and line.
    pub place: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AcceptNoteKind {
    /// Its last day is over; it accepts nothing any more.
    Expired,
    /// No finding of the run has its id.
    MatchesNothing,
    /// Its finding has further ids that are not accepted, and fails all the same.
    Partly,
}

/// Marks the findings of a run that are accepted, and notes acceptances that are expired or not enough. A finding is accepted when all its ids are.
///
/// `whole`: every scenario was to be played, so that an acceptance which matches nothing is worth a note.
pub fn apply(run: &mut Run, acceptances: &[Acceptance], today: Date, whole: bool) {
    let expired = |acceptance: &Acceptance| acceptance.until.is_some_and(|until| until < today);
    let good: Vec<&Acceptance> = acceptances.iter().filter(|acceptance| !expired(acceptance)).collect();
    for finding in run.targets.iter_mut().flat_map(|target| &mut target.findings) {
        finding.accepted = accepted(finding, &good);
    }
    let whole = whole && run.targets.iter().all(|target| target.incomplete.is_none());
    let judged = || run.targets.iter().filter(|target| !target.for_comparison);
    let matches =
        |acceptance: &Acceptance| judged().flat_map(|target| &target.findings).any(|finding| finding.ids().any(|id| id == acceptance.id));
    let note = |kind, acceptance: &Acceptance| AcceptNote {
        kind,
        id: acceptance.id,
        until: acceptance.until,
        missing: Vec::new(),
        place: acceptance.place.clone(),
    };
    let alone = acceptances.iter().filter_map(|acceptance| match acceptance {
        _ if expired(acceptance) => Some(note(AcceptNoteKind::Expired, acceptance)),
        _ if whole && !matches(acceptance) => Some(note(AcceptNoteKind::MatchesNothing, acceptance)),
        _ => None,
    });
    let partly = judged().flat_map(|target| &target.findings).filter_map(|finding| {
        let first = good.iter().find(|acceptance| finding.ids().any(|id| id == acceptance.id))?;
        // Those that are expired have a note.
        let missing: Vec<FindingId> = finding.ids().filter(|id| !acceptances.iter().any(|acceptance| acceptance.id == *id)).collect();
        (!missing.is_empty()).then(|| AcceptNote { missing, ..note(AcceptNoteKind::Partly, first) })
    });
    run.accept_notes = alone.chain(partly).collect();
}

/// With the reason of its own id, and the first day to end.
fn accepted(finding: &Finding, good: &[&Acceptance]) -> Option<Accepted> {
    let find = |id: FindingId| good.iter().find(|acceptance| acceptance.id == id);
    let all: Vec<_> = finding.ids().map(find).collect::<Option<_>>()?;
    let until = all.iter().filter_map(|acceptance| acceptance.until).min();
    Some(Accepted { reason: all.first()?.reason.clone(), until })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::verdict::{FailOn, Incomplete};

    const REPLAY: &str = "replay/authentication-verify";
    const ALSO: &str = "challenge-survives-refusal/authentication-verify";
    const NO_REGISTER_AGAIN: &str = "no-register-again/authentication-verify";

    fn acceptance(id: &str, until: Option<&str>) -> Acceptance {
        let until = until.map(|until| until.parse().unwrap());
        Acceptance { id: id.parse().unwrap(), reason: format!("ticket for {id}"), until, place: "faultkey.toml:7".to_owned() }
    }

    fn applied(acceptances: &[Acceptance]) -> Run {
        let mut run = sample::foreign();
        apply(&mut run, acceptances, "2026-12-01".parse().unwrap(), true);
        run
    }

    #[test]
    fn a_finding_is_accepted_when_all_its_ids_are() {
        let run = applied(&[acceptance(REPLAY, None)]);
        assert_eq!(run.targets[0].findings[0].accepted, None, "{ALSO} is not accepted");
        let [note] = run.accept_notes.as_slice() else { panic!("{:?}", run.accept_notes) };
        assert_eq!((note.kind, note.id.to_string().as_str()), (AcceptNoteKind::Partly, REPLAY));
        assert_eq!(note.missing, [ALSO.parse().unwrap()]);
        let run = applied(&[acceptance(ALSO, Some("2027-01-31")), acceptance(REPLAY, Some("2027-03-31"))]);
        let expected = Accepted { reason: format!("ticket for {REPLAY}"), until: Some("2027-01-31".parse().unwrap()) };
        assert_eq!(run.targets[0].findings[0].accepted, Some(expected));
    }

    #[test]
    fn what_is_accepted_fails_nothing() {
        let fails = |acceptances: &[Acceptance]| applied(acceptances).targets[0].fails(FailOn::default());
        let all = [acceptance(REPLAY, None), acceptance(ALSO, None), acceptance(NO_REGISTER_AGAIN, None)];
        assert!(fails(&[]));
        assert!(fails(&all[..2]));
        assert!(!fails(&all));
    }

    #[test]
    fn the_last_day_counts_and_the_day_after_does_not() {
        let accepted = |until| applied(&[acceptance(NO_REGISTER_AGAIN, Some(until))]);
        let run = accepted("2026-12-01");
        assert!(run.targets[0].findings[1].accepted.is_some() && run.accept_notes.is_empty());
        let run = accepted("2026-11-30");
        assert_eq!(run.targets[0].findings[1].accepted, None);
        let until = Some("2026-11-30".parse().unwrap());
        let (kind, id) = (AcceptNoteKind::Expired, NO_REGISTER_AGAIN.parse().unwrap());
        let note = AcceptNote { kind, id, until, missing: Vec::new(), place: "faultkey.toml:7".into() };
        assert_eq!(run.accept_notes, [note]);
    }

    #[test]
    fn what_matches_nothing_is_noted_where_everything_was_played() {
        let nothing = [acceptance("stack-trace/fallback", None)];
        let run = applied(&nothing);
        assert_eq!(run.accept_notes.iter().map(|note| note.kind).collect::<Vec<_>>(), [AcceptNoteKind::MatchesNothing]);
        let mut run = sample::foreign();
        apply(&mut run, &nothing, "2026-12-01".parse().unwrap(), false);
        assert_eq!(run.accept_notes, [], "some scenarios only");
        run.targets[0].incomplete = Some(Incomplete::TimeLimit);
        apply(&mut run, &nothing, "2026-12-01".parse().unwrap(), true);
        assert_eq!(run.accept_notes, [], "it ended early");
    }
}
