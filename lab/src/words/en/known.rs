//! What is known of findings: accepted ones, and those that an older report has.

use crate::accept::{AcceptNote, AcceptNoteKind, Accepted};
use crate::compare::{StandingChange, TargetComparison};
use crate::report::text::one_line;
use crate::verdict::Standing;
use crate::words::{Difference, free};

use super::run::{plural, standing};

/// Why a finding fails nothing, in a sentence.
#[must_use]
pub fn accepted(accepted: &Accepted) -> String {
    match accepted.until {
        Some(until) => format!("Until {until}: {}.", free(&accepted.reason)),
        None => format!("{}.", free(&accepted.reason)),
    }
}

/// What is wrong with an acceptance.
#[must_use]
pub fn accept_note(note: &AcceptNote) -> String {
    let (place, id) = (one_line(&note.place), note.id);
    match (note.kind, note.until) {
        (AcceptNoteKind::Expired, Some(until)) => format!("{place}: `{id}` was accepted until {until}, and is not any more."),
        (AcceptNoteKind::Expired, None) => format!("{place}: `{id}` is not accepted any more."),
        (AcceptNoteKind::Partly, _) => {
            let missing: Vec<String> = note.missing.iter().map(|id| format!("`{id}`")).collect();
            format!("{place}: `{id}` is accepted, but its finding fails all the same; accept these, too: {}.", missing.join(", "))
        }
        (AcceptNoteKind::MatchesNothing, _) => format!("{place}: `{id}` is accepted, and no finding has it; take it out."),
    }
}

/// Of a finding that the baseline has.
#[must_use]
pub const fn in_baseline() -> &'static str {
    "Known: the report that this run is compared with has it, too."
}

/// `3 new findings, 1 gone, 5 remain.`
#[must_use]
pub fn differences_counted(compared: &TargetComparison) -> String {
    let new = plural(compared.new.len() as u64, "new finding");
    let mut text = format!("{new}, {} gone, {} remaining", compared.gone.len(), compared.remaining.len());
    if !compared.not_looked_for.is_empty() {
        text.push_str(&format!(", {} not looked for again", compared.not_looked_for.len()));
    }
    text + "."
}

/// A heading.
#[must_use]
pub const fn difference(difference: Difference) -> &'static str {
    match difference {
        Difference::New => "New findings",
        Difference::Gone => "Gone",
        Difference::Remaining => "Remaining",
        Difference::NotLookedFor => "Not looked for again",
        Difference::Standings => "Scenarios that changed",
        Difference::Observable => "Observable now",
        Difference::NoLongerObservable => "No longer observable",
    }
}

/// `m0902-uv-not-set on yubikey-5: passed before, failed now.`
#[must_use]
pub fn standing_change(change: &StandingChange) -> String {
    let name = |then: Option<Standing>| then.map_or("not there", standing);
    let (scenario, profile) = (one_line(&change.scenario), one_line(&change.profile));
    format!("{scenario} on {profile}: {} before, {} now.", name(change.old), name(change.new))
}

/// How many scenarios only one of two runs has.
#[must_use]
pub fn scenarios_only_in(count: usize, new: bool) -> String {
    let scenarios = plural(count as u64, "scenario");
    if new { format!("{scenarios} in the new report only.") } else { format!("{scenarios} in the old report only.") }
}

/// Of a relying party that only one of two reports has.
#[must_use]
pub fn only_in(name: &str, new: bool) -> String {
    let name = one_line(name);
    if new { format!("{name} is in the new report only.") } else { format!("{name} is in the old report only.") }
}
