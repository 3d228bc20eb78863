//! From facts to findings: the one place where a verdict is made. Nothing here reads a text that was written for a person.

mod cause;
mod findings;
mod hook;
mod look;
mod options;
mod outcome;
mod part;
mod recovery;
mod shape;
#[cfg(test)]
mod tests;

use crate::confusion::ConfusionMatrix;
use crate::facts::{BrokenOff, RunFacts};
use crate::verdict::{BlindSpot, Finding, ScenarioResult};
use findings::Findings;
use options::Challenges;

/// What the facts say of a relying party.
#[derive(Debug)]
pub struct Judged {
    /// The gravest first.
    pub findings: Vec<Finding>,
    pub blind_spots: Vec<BlindSpot>,
    pub scenarios: Vec<ScenarioResult>,
    pub confusion: ConfusionMatrix,
    /// Some requests were refused because there were too many.
    pub rate_limited: bool,
}

/// Judges a run.
#[must_use]
pub fn judge(facts: &RunFacts) -> Judged {
    let mut findings = Findings::default();
    let mut challenges = Challenges::default();
    let parts = facts.parts.iter().enumerate();
    let scenarios = parts.map(|(index, part)| part::judge(facts, index, part, &mut findings, &mut challenges)).collect();
    let causes = cause::played(facts);
    for raw in cause::shared_answers(&causes) {
        findings.add(raw);
    }
    let broken_off = facts.parts.iter().flat_map(|part| &part.attempts).filter_map(|attempt| attempt.broken_off.as_ref());
    let rate_limited = broken_off.into_iter().any(|broken_off| matches!(broken_off, BrokenOff::RateLimited { .. }));
    let (findings, blind_spots) = findings.told(facts);
    Judged { findings, blind_spots, scenarios, confusion: cause::matrix(&causes), rate_limited }
}
