//! What a run found: plain data, written as `report.json`, and rendered by the reports. Made by [`crate::judge`].

mod circumstances;
mod found;

use faultkey_fault_injection::Text;
use faultkey_transport::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accept::{AcceptNote, Accepted};
use crate::check::{CheckId, FindingId, Gravity};
use crate::compare::TargetComparison;
use crate::confusion::ConfusionMatrix;
use crate::scenario::OutcomeClass;

pub use circumstances::{Circumstances, RelyingParty, Timing};
pub use found::{AnswerSummary, Blind, Found};

/// Everything that one call of `faultkey exercise` found.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// faultkey's version.
    pub version: String,
    pub seed: u64,
    /// What changes from run to run.
    #[serde(default)]
    pub circumstances: Circumstances,
    /// Acceptances that are expired or match nothing.
    #[serde(default)]
    pub accept_notes: Vec<AcceptNote>,
    /// One for each relying party (or way of handling) that was exercised.
    pub targets: Vec<TargetRun>,
}

/// From which gravity on a finding makes a run fail (`--fail-on`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    AtLeast(Gravity),
    Never,
}

impl Default for FailOn {
    fn default() -> Self {
        FailOn::AtLeast(Gravity::NoWayOut)
    }
}

/// One relying party's results.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TargetRun {
    /// The adapter's name for it, e.g. `embedded, diagnosing`.
    pub name: String,
    pub relying_party: RelyingParty,
    /// There to be compared with; its findings are shown and fail nothing.
    pub for_comparison: bool,
    /// Why not everything was played, if it was not.
    pub incomplete: Option<Incomplete>,
    /// The gravest first.
    pub findings: Vec<Finding>,
    /// What could not be seen, by what the adapter file would have to say.
    pub blind_spots: Vec<BlindSpot>,
    /// Requests that were refused because there were too many, in spite of waiting.
    pub rate_limited: bool,
    pub scenarios: Vec<ScenarioResult>,
    pub confusion: ConfusionMatrix,
    /// How many accounts were made.
    pub accounts: usize,
    /// What differs from the report that the run is compared with (`--baseline`).
    #[serde(default)]
    pub baseline: Option<TargetComparison>,
}

/// Why a run ended early. What was played until then is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Incomplete {
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// The run's own time limit.
    TimeLimit,
    /// The relying party stopped answering and did not come back.
    Gone,
}

impl TargetRun {
    /// Whether a finding is at least so grave. What is accepted fails nothing, and with a baseline only what is new fails.
    #[must_use]
    pub fn fails(&self, fail_on: FailOn) -> bool {
        let FailOn::AtLeast(gravity) = fail_on else { return false };
        if self.for_comparison {
            return false;
        }
        match &self.baseline {
            Some(compared) => compared.new.iter().any(|change| change.gravity <= gravity),
            None => self.findings.iter().any(|finding| finding.accepted.is_none() && finding.gravity <= gravity),
        }
    }

    /// Whether the finding is known, and fails nothing: accepted, or in the report that the run is compared with.
    #[must_use]
    pub fn is_known(&self, finding: &Finding) -> bool {
        finding.accepted.is_some() || (self.baseline.is_some() && !self.is_new(finding))
    }

    /// Whether the finding, or a further side of it, is not in the report that the run is compared with.
    #[must_use]
    pub fn is_new(&self, finding: &Finding) -> bool {
        self.baseline.as_ref().is_some_and(|compared| finding.ids().any(|id| compared.is_new(&id.to_string())))
    }

    /// How many scenarios stand so.
    #[must_use]
    pub fn count(&self, standing: Standing) -> usize {
        self.scenarios.iter().filter(|scenario| scenario.standing == standing).count()
    }
}

/// One thing that is wrong, told once.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    pub id: FindingId,
    pub gravity: Gravity,
    pub found: Found,
    /// What else the same change mends, or the same answer shows.
    pub also: Vec<Aspect>,
    /// Where it was seen.
    pub seen: Vec<SeenIn>,
    pub evidence: Option<Evidence>,
    /// The command that shows it again.
    pub replay: String,
    /// Why it fails nothing, if it is accepted.
    #[serde(default)]
    pub accepted: Option<Accepted>,
}

impl Finding {
    /// Every id for which it stands, its own first.
    pub fn ids(&self) -> impl Iterator<Item = FindingId> {
        std::iter::once(self.id).chain(self.also.iter().map(|aspect| aspect.id))
    }

    /// The ids of the same check at other requests.
    pub fn elsewhere(&self) -> impl Iterator<Item = FindingId> {
        self.also.iter().map(|aspect| aspect.id).filter(|id| id.check == self.id.check)
    }

    /// What other checks found.
    pub fn further(&self) -> impl Iterator<Item = &Aspect> {
        self.also.iter().filter(|aspect| aspect.id.check != self.id.check)
    }
}

/// A further side of a finding.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Aspect {
    pub id: FindingId,
    pub found: Found,
}

/// A scenario that showed a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SeenIn {
    pub scenario: String,
    pub profile: String,
    /// Counted from 1.
    pub step: usize,
    /// In how many of how many repetitions, where it was repeated.
    pub times: Option<(usize, usize)>,
}

/// One request and its answer, as they went over the wire. Long bodies are cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Number of the request's entry in the transcript of the first scenario that showed the finding.
    pub entry: usize,
    pub method: String,
    pub path: String,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// `None`: no answer came.
    pub status: Option<u16>,
    pub answer: String,
    /// Bytes of the whole body, where it was cut.
    #[serde(default)]
    pub body_cut_of: Option<usize>,
    /// The same of the answer.
    #[serde(default)]
    pub answer_cut_of: Option<usize>,
}

/// What an addition to the adapter file would show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlindSpot {
    pub blind: Blind,
    /// The checks that it would make visible.
    pub checks: Vec<CheckId>,
}

/// How a scenario, a step or a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    Passed,
    /// Nothing of what was expected could be seen.
    NotObservable,
    /// This device can't do it, or not with these options.
    DoesNotApply,
    /// A clean step before the failure was not accepted.
    NotSetUp,
    NotPlayed,
    Failed,
}

impl Standing {
    pub const ALL: [Standing; 6] =
        [Standing::Passed, Standing::NotObservable, Standing::DoesNotApply, Standing::NotSetUp, Standing::NotPlayed, Standing::Failed];
}

/// One scenario on one profile.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioResult {
    pub id: String,
    pub title: Text,
    /// What users say, in English and in Japanese.
    pub words_en: Vec<String>,
    pub words_ja: Vec<String>,
    pub catalogue: Vec<String>,
    pub profile: String,
    /// `observed` or `inferred`.
    pub evidence: String,
    pub evidence_note: Text,
    pub standing: Standing,
    /// Why it was not played, did not apply, could not be set up or seen.
    pub reason: Option<Reason>,
    pub steps: Vec<StepResult>,
    /// The command that plays just this again.
    pub replay: String,
    #[schemars(with = "Vec<serde_json::Value>")]
    pub transcript: Vec<Entry>,
}

/// Why a scenario has no verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reason {
    /// What the loader says of the fault.
    ImpossibleOnProfile {
        problem: Text,
    },
    NeedsWait,
    RunEnded,
    /// The answer to the clean step.
    CleanStepFailed {
        step: usize,
        found: Found,
    },
    DeviceLacks {
        step: usize,
        lacks: String,
    },
    RateLimited {
        step: usize,
    },
    AdapterDoesNotFit {
        step: usize,
        problem: String,
    },
    StoppedAnswering {
        step: usize,
    },
    FaultDidNotFire {
        fault: String,
    },
    NothingSeen,
    /// The options do not require what the scenario leaves out.
    VerificationNotRequired,
}

/// One step of a scenario.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StepResult {
    /// Counted from 1.
    pub number: usize,
    /// e.g. `sign in`, `event fingerprint-enrolled`.
    pub action: Text,
    /// The cause whose answer this step shows, for the confusion matrix.
    pub cause: Option<String>,
    pub expected: Vec<OutcomeClass>,
    /// `None` where nothing was expected.
    pub standing: Option<Standing>,
    pub checks: Vec<CheckResult>,
    pub happened: Vec<Happened>,
    /// What the user was shown in the end.
    pub answer: Option<AnswerSummary>,
}

/// What happened to the device, or on its way to the relying party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Happened {
    /// A fault fired; what it did, as the fault words it.
    Fault { fault: String, text: Text },
    /// An event did this to the keys.
    Event { effect: KeyEffect },
}

/// What an event does to a device's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyEffect {
    Nothing,
    KeyInvalidated,
    CredentialGone,
    OtherKey,
}

/// One check of a step.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    pub id: FindingId,
    pub standing: Standing,
    /// What was found, where it failed.
    pub found: Option<Found>,
    /// Why it can't be seen.
    pub blind: Option<Blind>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Request;

    fn target(check: CheckId) -> TargetRun {
        let finding = Finding {
            id: FindingId { check, request: Request::AuthenticationVerify },
            gravity: check.gravity(),
            found: Found::Locked,
            also: Vec::new(),
            seen: Vec::new(),
            evidence: None,
            replay: String::new(),
            accepted: None,
        };
        TargetRun {
            name: String::new(),
            relying_party: RelyingParty { name: String::new(), url: None, version: None },
            for_comparison: false,
            incomplete: None,
            findings: vec![finding],
            blind_spots: Vec::new(),
            rate_limited: false,
            scenarios: Vec::new(),
            confusion: ConfusionMatrix::build(&[]),
            accounts: 0,
            baseline: None,
        }
    }

    #[test]
    fn the_same_check_at_another_request_is_elsewhere_and_another_check_is_further() {
        let [first, elsewhere, further] = [
            FindingId { check: CheckId::Replay, request: Request::AuthenticationVerify },
            FindingId { check: CheckId::Replay, request: Request::RegistrationVerify },
            FindingId { check: CheckId::ExtraSession, request: Request::AuthenticationVerify },
        ];
        let mut finding = target(CheckId::Replay).findings.remove(0);
        finding.also = [elsewhere, further].map(|id| Aspect { id, found: Found::Locked }).to_vec();
        assert_eq!(finding.ids().collect::<Vec<_>>(), [first, elsewhere, further]);
        assert_eq!(finding.elsewhere().collect::<Vec<_>>(), [elsewhere]);
        assert_eq!(finding.further().map(|aspect| aspect.id).collect::<Vec<_>>(), [further]);
    }

    #[test]
    fn what_fails_is_the_callers_choice() {
        let at_least = FailOn::AtLeast;
        assert!(target(CheckId::Replay).fails(at_least(Gravity::Security)));
        assert!(!target(CheckId::AccountLocked).fails(at_least(Gravity::Security)));
        assert!(target(CheckId::NoFallback).fails(FailOn::default()));
        assert!(!target(CheckId::GenericAnswer).fails(FailOn::default()));
        assert!(target(CheckId::StackTrace).fails(at_least(Gravity::Advice)));
        assert!(!target(CheckId::Replay).fails(FailOn::Never));
        let compared = TargetRun { for_comparison: true, ..target(CheckId::Replay) };
        assert!(!compared.fails(at_least(Gravity::Advice)));
    }

    #[test]
    fn a_finding_has_its_own_id_and_those_of_its_further_sides() {
        let mut finding = target(CheckId::Replay).findings.remove(0);
        let aspect = FindingId { check: CheckId::ChallengeSurvivesRefusal, request: Request::AuthenticationVerify };
        finding.also = vec![Aspect { id: aspect, found: Found::SameChallenge }];
        assert_eq!(finding.ids().collect::<Vec<_>>(), [finding.id, aspect]);
    }

    #[test]
    fn scenarios_are_counted_as_they_stand() {
        use crate::facts::sample::{part, run};
        let mut run = run(["a", "b", "c"].map(|id| part(id, Vec::new())).into());
        run.parts[1].skipped = Some(crate::facts::Skipped::NeedsWait);
        let counted = TargetRun { scenarios: crate::judge::judge(&run).scenarios, ..target(CheckId::Replay) };
        assert_eq!(Standing::ALL.map(|standing| counted.count(standing)), [0, 2, 0, 0, 1, 0]);
    }
}
