//! What a run found: plain data, written as `report.json`, and rendered by the reports.

use faultkey_transport::Entry;
use serde::{Deserialize, Serialize};

use crate::confusion::ConfusionMatrix;

/// How an expectation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    Held,
    /// The relying party offers no way to see it. Never counted as passed.
    NotObservable,
    FellShort,
}

impl std::fmt::Display for Judgement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Judgement::Held => "held",
            Judgement::NotObservable => "not observable",
            Judgement::FellShort => "fell short",
        })
    }
}

/// The outcome classes (catalogue §0.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OutcomeClass {
    #[serde(rename = "O-OK")]
    Ok,
    #[serde(rename = "O-TOLERATE")]
    Tolerate,
    #[serde(rename = "O-SECURITY-REJECT")]
    SecurityReject,
    #[serde(rename = "O-KEY-MISMATCH")]
    KeyMismatch,
    #[serde(rename = "O-UNKNOWN-CRED")]
    UnknownCredential,
    #[serde(rename = "O-OPAQUE-CLIENT")]
    OpaqueClient,
    #[serde(rename = "O-RETRY-NEW-CHALLENGE")]
    RetryNewChallenge,
    #[serde(rename = "O-RECONCILE")]
    Reconcile,
    #[serde(rename = "O-ALREADY")]
    Already,
    #[serde(rename = "O-POLICY")]
    Policy,
    #[serde(rename = "O-UNSUPPORTED")]
    Unsupported,
    #[serde(rename = "O-RISK")]
    Risk,
}

/// Everything that one call of `faultkey exercise` found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// faultkey's version.
    pub version: String,
    pub seed: u64,
    /// One for each relying party (or way of handling) that was exercised.
    pub targets: Vec<TargetRun>,
}

impl Run {
    /// The worst judgement of all relying parties.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        self.targets.iter().map(TargetRun::judgement).max().unwrap_or(Judgement::NotObservable)
    }
}

/// From which judgement on a run counts as failed (`--fail-on`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    #[default]
    FellShort,
    /// Also what could not be seen.
    NotObservable,
    Never,
}

/// One relying party's results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TargetRun {
    /// e.g. `embedded, diagnosing` or the URL.
    pub name: String,
    pub scenarios: Vec<ScenarioVerdict>,
    pub confusion: ConfusionMatrix,
}

impl TargetRun {
    /// Whether this counts as failed when `fail_on` or worse does.
    #[must_use]
    pub fn fails(&self, fail_on: FailOn) -> bool {
        let judgement = self.judgement();
        match fail_on {
            FailOn::FellShort => judgement == Judgement::FellShort,
            FailOn::NotObservable => judgement >= Judgement::NotObservable,
            FailOn::Never => false,
        }
    }

    /// The worst judgement of all scenarios that ran.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        self.scenarios.iter().filter(|s| s.skipped.is_none()).map(|s| s.judgement).max().unwrap_or(Judgement::NotObservable)
    }
}

/// One scenario on one profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScenarioVerdict {
    pub id: String,
    pub title: String,
    /// What users say, in English and in Japanese.
    pub words_en: Vec<String>,
    pub words_ja: Vec<String>,
    pub catalogue: Vec<String>,
    pub profile: String,
    /// `observed` or `inferred`.
    pub evidence: String,
    pub evidence_note: String,
    /// Why it was not played, if it was not.
    pub skipped: Option<String>,
    pub judgement: Judgement,
    /// Sentences for a person: what the device did, what the RP answered, whether its state is right,
    /// whether the user has a way out, what was expected, what to change.
    pub device_did: String,
    pub rp_answered: String,
    pub state: String,
    pub way_out: String,
    pub expected: String,
    pub advice: String,
    pub steps: Vec<StepVerdict>,
    pub invariants: Vec<InvariantVerdict>,
    /// The command that plays just this again.
    pub replay: String,
    pub transcript: Vec<Entry>,
}

/// One step of a scenario.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepVerdict {
    /// Counted from 1.
    pub number: usize,
    /// e.g. `log in`, `event fingerprint-enrolled`.
    pub action: String,
    /// The cause whose answer this step shows, for the confusion matrix.
    pub cause: Option<String>,
    pub expected: Vec<OutcomeClass>,
    pub judgement: Judgement,
    pub checks: Vec<Check>,
    /// What the RP answered in the end, if it was asked.
    pub answer: Option<AnswerSummary>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    /// e.g. `refused`, `credential row kept`.
    pub what: String,
    pub judgement: Judgement,
    /// What was found, or why it can't be seen.
    pub found: String,
}

/// The answer as the user and the caller of the API see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerSummary {
    pub status: u16,
    pub code: Option<String>,
    pub message: Option<String>,
    pub next: Vec<String>,
    /// The reason that the RP logged, where that can be seen.
    pub logged: Option<String>,
}

/// One of I1 to I12 (catalogue §0.6).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InvariantVerdict {
    /// `I1` … `I12`.
    pub id: String,
    pub title: String,
    pub judgement: Judgement,
    pub found: String,
}

impl Check {
    pub(crate) fn new(what: &str, judgement: Judgement, found: impl Into<String>) -> Self {
        Check { what: what.to_owned(), judgement, found: found.into() }
    }

    pub(crate) fn not_observable(what: &str, why: impl Into<String>) -> Self {
        Check::new(what, Judgement::NotObservable, why)
    }

    /// Held if `holds`, with what was found in either case.
    pub(crate) fn is(what: &str, holds: bool, found: impl Into<String>) -> Self {
        Check::new(what, if holds { Judgement::Held } else { Judgement::FellShort }, found)
    }
}

/// The worst of all checks; with none there is nothing that fell short.
pub(crate) fn worst(checks: &[Check]) -> Judgement {
    checks.iter().map(|check| check.judgement).max().unwrap_or(Judgement::Held)
}

impl OutcomeClass {
    /// The name in scenario files and in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            OutcomeClass::Ok => "O-OK",
            OutcomeClass::Tolerate => "O-TOLERATE",
            OutcomeClass::SecurityReject => "O-SECURITY-REJECT",
            OutcomeClass::KeyMismatch => "O-KEY-MISMATCH",
            OutcomeClass::UnknownCredential => "O-UNKNOWN-CRED",
            OutcomeClass::OpaqueClient => "O-OPAQUE-CLIENT",
            OutcomeClass::RetryNewChallenge => "O-RETRY-NEW-CHALLENGE",
            OutcomeClass::Reconcile => "O-RECONCILE",
            OutcomeClass::Already => "O-ALREADY",
            OutcomeClass::Policy => "O-POLICY",
            OutcomeClass::Unsupported => "O-UNSUPPORTED",
            OutcomeClass::Risk => "O-RISK",
        }
    }

    /// What a relying party does then, in a few words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            OutcomeClass::Ok => "accepted, with a session or a stored passkey",
            OutcomeClass::Tolerate => "unusual but legal, so accepted",
            OutcomeClass::SecurityReject => "refused with a 4xx and a precise reason, nothing changed",
            OutcomeClass::KeyMismatch => "refused, the passkey's row kept, registering again offered after another authentication",
            OutcomeClass::UnknownCredential => "refused, the device told that this passkey is unknown, another way offered",
            OutcomeClass::OpaqueClient => "nothing counted against the account, retry and another way offered",
            OutcomeClass::RetryNewChallenge => "a new try with a new challenge offered",
            OutcomeClass::Reconcile => "told that it had worked, whoever asks again gets the same answer",
            OutcomeClass::Already => "told that the account already has a passkey, with a way on",
            OutcomeClass::Policy => "refused by policy, saying which, with an alternative",
            OutcomeClass::Unsupported => "told what the device lacks, with a fallback",
            OutcomeClass::Risk => "accepted or stepped up with a note of the risk, never locked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confusion::ConfusionMatrix;

    fn target(judgement: Judgement) -> TargetRun {
        let scenario = ScenarioVerdict {
            id: String::new(),
            title: String::new(),
            words_en: Vec::new(),
            words_ja: Vec::new(),
            catalogue: Vec::new(),
            profile: String::new(),
            evidence: String::new(),
            evidence_note: String::new(),
            skipped: None,
            judgement,
            device_did: String::new(),
            rp_answered: String::new(),
            state: String::new(),
            way_out: String::new(),
            expected: String::new(),
            advice: String::new(),
            steps: Vec::new(),
            invariants: Vec::new(),
            replay: String::new(),
            transcript: Vec::new(),
        };
        let skipped =
            ScenarioVerdict { skipped: Some("needs a real wait".to_owned()), judgement: Judgement::FellShort, ..scenario.clone() };
        TargetRun { name: String::new(), scenarios: vec![scenario, skipped], confusion: ConfusionMatrix::build(&[]) }
    }

    #[test]
    fn what_fails_is_the_callers_choice() {
        let fails = |judgement, on| target(judgement).fails(on);
        assert!(!fails(Judgement::Held, FailOn::NotObservable));
        assert!(!fails(Judgement::NotObservable, FailOn::FellShort));
        assert!(fails(Judgement::NotObservable, FailOn::NotObservable));
        assert!(fails(Judgement::FellShort, FailOn::FellShort));
        assert!(!fails(Judgement::FellShort, FailOn::Never));
    }
}
