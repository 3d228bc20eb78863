//! What only a look at all scenarios of a relying party can judge: invariant I7, generic codes, and the confusion matrix.

use std::collections::BTreeSet;

use super::invariant;
use super::play::CausePlayed;
use super::{PlayedPart, sentence};
use crate::confusion::{Cause, CauseAnswer, ConfusionMatrix};
use crate::verdict::{Check, Judgement};

/// Judges, adds what it found to each verdict, and builds the matrix.
pub fn judge(parts: &mut [PlayedPart]) -> ConfusionMatrix {
    let all: Vec<(String, CausePlayed)> = parts
        .iter()
        .flat_map(|part| part.played.causes.iter().map(|cause| (format!("{} on {}", part.verdict.id, part.verdict.profile), cause.clone())))
        .collect();
    let causes: Vec<&CausePlayed> = all.iter().map(|(_, cause)| cause).collect();
    for part in parts.iter_mut() {
        let own: Vec<CausePlayed> = part.played.causes.clone();
        for cause in &own {
            if !part.no_generic_code.contains(&cause.step) {
                continue;
            }
            if let (Some(check), Some(step)) = (generic_code(cause, &causes), part.verdict.steps.get_mut(cause.step)) {
                step.judgement = step.judgement.max(check.judgement);
                step.checks.push(check);
            }
        }
        let reasons = own.iter().map(|cause| finer_reason(cause, &causes)).max_by_key(|check| check.judgement);
        if let Some(check) = reasons {
            part.verdict.invariants.push(invariant::verdict(7, check));
            part.verdict.invariants.sort_by_key(|invariant| number(&invariant.id));
        }
        sentence::conclude(part);
    }
    let answers: Vec<CauseAnswer> = all
        .iter()
        .map(|(scenario, cause)| CauseAnswer {
            cause: Cause { id: cause.id.clone(), title: cause.title.clone(), scenario: scenario.clone() },
            shown: cause.shown.clone(),
            api: cause.api.clone(),
            logged: cause.logged.clone(),
        })
        .collect();
    ConfusionMatrix::build(&answers)
}

fn number(id: &str) -> usize {
    id.trim_start_matches('I').parse().unwrap_or(usize::MAX)
}

/// The other causes, whose answers could be confused with this one's.
fn others<'a>(cause: &CausePlayed, causes: &[&'a CausePlayed]) -> Vec<&'a CausePlayed> {
    causes.iter().filter(|other| other.id != cause.id).copied().collect()
}

pub const ANSWER_OF_ITS_OWN: &str = "the answer is not also another cause's";

/// `None` with nothing to compare.
fn generic_code(cause: &CausePlayed, causes: &[&CausePlayed]) -> Option<Check> {
    let others = others(cause, causes);
    if others.is_empty() {
        return None;
    }
    // Status and code for the caller, message and ways out for the user: an answer is another cause's too if neither tells them apart.
    let answer = |cause: &CausePlayed| (cause.api.clone(), cause.shown.clone());
    let own = answer(cause);
    let Some(named) = cause.code.as_ref().or(cause.shown.as_ref()).cloned() else {
        return Some(Check::not_observable(ANSWER_OF_ITS_OWN, "neither a code nor what the user is shown can be seen"));
    };
    let same: BTreeSet<&str> = others.iter().filter(|other| answer(other) == own).map(|other| other.id.as_str()).collect();
    if same.is_empty() {
        return Some(Check::is(ANSWER_OF_ITS_OWN, true, named));
    }
    let some: Vec<&str> = same.iter().take(3).copied().collect();
    let more = if same.len() > some.len() { ", …" } else { "" };
    let plural = if same.len() == 1 { "" } else { "s" };
    let found = format!("{named} is also the answer to {} other cause{plural} ({}{more})", same.len(), some.join(", "));
    Some(Check::is(ANSWER_OF_ITS_OWN, false, found))
}

/// I7: what is shown differs from what some other cause gets, or at least the logged reason does.
fn finer_reason(cause: &CausePlayed, causes: &[&CausePlayed]) -> Check {
    let what = "a reason finer than one code for all";
    let others = others(cause, causes);
    if others.is_empty() {
        let (why, judgement) = invariant::nothing_to_compare();
        return Check::new(what, judgement, why);
    }
    let count: BTreeSet<&str> = others.iter().map(|other| other.id.as_str()).collect();
    let apart = |see: fn(&CausePlayed) -> Option<&str>| -> Option<BTreeSet<&str>> {
        let own = see(cause)?;
        Some(others.iter().filter(|other| see(other).is_some_and(|answer| answer != own)).map(|other| other.id.as_str()).collect())
    };
    let shown = apart(|cause| cause.shown.as_deref());
    let api = apart(|cause| cause.api.as_deref());
    let logged = apart(|cause| cause.logged.as_deref());
    let told = [&shown, &api].into_iter().flatten().map(BTreeSet::len).max();
    match (told, logged.as_ref().map(BTreeSet::len)) {
        (Some(told), _) if told > 0 => Check::is(what, true, format!("answered otherwise than {told} of {} other causes", count.len())),
        (_, Some(told)) if told > 0 => {
            Check::is(what, true, format!("answered like every other cause, but logged otherwise than {told} of {}", count.len()))
        }
        (Some(_), Some(_)) => {
            let code = cause.code.clone().unwrap_or_default();
            Check::is(what, false, format!("{code} is shown and logged for each of {} causes", count.len() + 1))
        }
        (Some(_), None) => Check::new(what, Judgement::NotObservable, "answered like every other cause; what is logged can't be seen"),
        (None, _) => Check::new(what, Judgement::NotObservable, "what the user is shown can't be seen"),
    }
}
