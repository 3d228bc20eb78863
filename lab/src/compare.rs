//! Two runs beside each other: what is new, what is gone, what remains.
//!
//! What is compared is read from `report.json` by names alone, so that a report of an older version, with checks that this one does not know, can
//! be compared as well.

mod snapshot;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Gravity;
use crate::verdict::{FailOn, Run, Standing};
pub(crate) use snapshot::read;
use snapshot::{Problem, Target};
pub use snapshot::{Snapshot, SnapshotError};

/// What differs between two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    pub targets: Vec<TargetComparison>,
    /// Names of targets that only the old run has.
    pub only_old: Vec<String>,
    /// Names of targets that only the new run has; all their findings are new.
    pub only_new: Vec<String>,
}

/// What differs at one relying party. Findings stand by their ids, own ones and further sides alike; accepted ones are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetComparison {
    pub name: String,
    /// There to be compared with; it fails nothing.
    pub for_comparison: bool,
    /// The gravest first.
    pub new: Vec<Change>,
    /// Looked for again, and not found.
    pub gone: Vec<Change>,
    pub remaining: Vec<Change>,
    /// Not found, but not every scenario that showed it was played again.
    pub not_looked_for: Vec<Change>,
    /// Scenarios that stand otherwise than before.
    pub standings: Vec<StandingChange>,
    /// Checks that could not be observed before.
    pub observable: Vec<String>,
    /// Checks that could be observed before.
    pub no_longer_observable: Vec<String>,
}

/// An id of a finding, and how grave it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    pub gravity: Gravity,
    pub id: String,
}

/// A scenario that stands otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StandingChange {
    pub scenario: String,
    pub profile: String,
    /// `None`: the old run has it not.
    pub old: Option<Standing>,
    /// `None`: the new run has it not.
    pub new: Option<Standing>,
}

impl TargetComparison {
    /// Whether this id of a finding is new.
    #[must_use]
    pub fn is_new(&self, id: &str) -> bool {
        self.new.iter().any(|change| change.id == id)
    }
}

impl Comparison {
    /// Whether a new finding is at least so grave.
    #[must_use]
    pub fn fails(&self, fail_on: FailOn) -> bool {
        let FailOn::AtLeast(gravity) = fail_on else { return false };
        self.targets.iter().filter(|target| !target.for_comparison).flat_map(|target| &target.new).any(|change| change.gravity <= gravity)
    }
}

/// Compares two runs, relying party by relying party: those of one name, then those that are left, by their order.
#[must_use]
pub fn compare(old: &Snapshot, new: &Snapshot) -> Comparison {
    let pairs = pairs(&old.targets, &new.targets);
    let only_old = old.targets.iter().enumerate().filter(|(index, _)| !pairs.values().any(|old| *old == Some(*index)));
    let only_new = new.targets.iter().enumerate().filter(|(index, _)| pairs.get(index).copied().flatten().is_none());
    Comparison {
        targets: new
            .targets
            .iter()
            .enumerate()
            .map(|(index, target)| one(pairs.get(&index).copied().flatten().and_then(|old_index| old.targets.get(old_index)), target))
            .collect(),
        only_old: only_old.map(|(_, target)| target.name.clone()).collect(),
        only_new: only_new.map(|(_, target)| target.name.clone()).collect(),
    }
}

/// Notes at each target of a run what differs from an older one.
pub fn against(run: &mut Run, baseline: &Snapshot) {
    let compared = compare(baseline, &Snapshot::of(run));
    for (target, compared) in run.targets.iter_mut().zip(compared.targets) {
        target.baseline = Some(compared);
    }
}

/// For each new target, the old one.
fn pairs(old: &[Target], new: &[Target]) -> BTreeMap<usize, Option<usize>> {
    let mut pairs: BTreeMap<usize, Option<usize>> = BTreeMap::new();
    let mut free: Vec<usize> = (0..old.len()).collect();
    for (index, target) in new.iter().enumerate() {
        let same = free.iter().position(|old_index| old.get(*old_index).is_some_and(|old| old.key() == target.key()));
        pairs.insert(index, same.map(|position| free.remove(position)));
    }
    for pair in pairs.values_mut().filter(|pair| pair.is_none()) {
        *pair = (!free.is_empty()).then(|| free.remove(0));
    }
    pairs
}

fn one(old: Option<&Target>, new: &Target) -> TargetComparison {
    let empty = Target::default();
    let old = old.unwrap_or(&empty);
    let (before, now) = (old.problems(), new.problems());
    let change = |(id, problem): (&&str, &Problem<'_>)| Change { gravity: problem.gravity, id: (**id).to_owned() };
    let changes = |problems: &BTreeMap<&str, Problem<'_>>, which: &dyn Fn(&str, &Problem<'_>) -> bool| {
        let mut changes: Vec<Change> = problems.iter().filter(|(id, problem)| which(id, problem)).map(change).collect();
        changes.sort();
        changes
    };
    // One that is accepted now is not gone.
    let found = |id: &str| now.contains_key(id) || new.accepted().any(|accepted| accepted == id);
    let looked_for = |problem: &Problem<'_>| new.has_played(problem.seen);
    TargetComparison {
        name: new.name.clone(),
        for_comparison: new.for_comparison,
        new: changes(&now, &|id, _| !before.contains_key(id)),
        gone: changes(&before, &|id, problem| !found(id) && looked_for(problem)),
        remaining: changes(&now, &|id, _| before.contains_key(id)),
        not_looked_for: changes(&before, &|id, problem| !found(id) && !looked_for(problem)),
        standings: standings(old, new),
        observable: old.blind().filter(|check| !new.blind().any(|other| other == *check)).map(str::to_owned).collect(),
        no_longer_observable: new.blind().filter(|check| !old.blind().any(|other| other == *check)).map(str::to_owned).collect(),
    }
}

fn standings(old: &Target, new: &Target) -> Vec<StandingChange> {
    let (before, now) = (old.standings(), new.standings());
    let keys = now.keys().chain(before.keys().filter(|key| !now.contains_key(*key)));
    let change = |key: &(&str, &str)| StandingChange {
        scenario: key.0.to_owned(),
        profile: key.1.to_owned(),
        old: before.get(key).copied(),
        new: now.get(key).copied(),
    };
    keys.map(change).filter(|change| change.old != change.new).collect()
}

#[cfg(test)]
mod tests;
