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

/// One relying party's results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TargetRun {
    /// e.g. `embedded, diagnosing` or the URL.
    pub name: String,
    pub scenarios: Vec<ScenarioVerdict>,
    pub confusion: ConfusionMatrix,
}

impl TargetRun {
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
