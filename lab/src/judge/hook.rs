//! A change behind the user's back that the adapter file has no hook for: nothing was changed, so what follows shows nothing.

use faultkey_relying_party::Observation;

use crate::check::CheckId;
use crate::facts::{Attempt, PartFacts, StepSeen};
use crate::scenario::{Action, OutcomeClass, Rule, Step};
use crate::verdict::Blind;

use super::look::{self, Look, Looked};

/// Why the last hook before the step changed nothing. A new account needs none.
pub fn missing(part: &PartFacts, attempt: &Attempt, step: usize) -> Option<Blind> {
    let before = part.scenario.steps.iter().zip(&attempt.steps).take(step).rev();
    let mut of_account = before.take_while(|(step, _)| !matches!(step.action, Action::StartOver));
    of_account.find_map(|(_, facts)| unseen(&facts.seen))
}

/// Whether the hook of this step is missing.
pub fn is_missing(seen: &StepSeen) -> bool {
    unseen(seen).is_some()
}

/// What a ceremony would have shown.
pub fn looks(step: &Step, seen: &StepSeen, blind: Blind) -> Vec<Looked> {
    match seen {
        StepSeen::Ceremony(ceremony) if step.expect != [OutcomeClass::Ok] => {
            let check = step.rule.and_then(Rule::accepted).unwrap_or(CheckId::NoAnswer);
            vec![look::at_end(check, ceremony, Look::Unseen(blind))]
        }
        _ => Vec::new(),
    }
}

fn unseen(seen: &StepSeen) -> Option<Blind> {
    match seen {
        StepSeen::Hook(Observation::NotObservable(unseen)) => Some(Blind::from(unseen)),
        _ => None,
    }
}
