//! Plays scenarios against relying parties and judges them.

mod ceremony;
mod device;
mod forbidden;
mod invariant;
mod outcome;
mod play;
#[cfg(test)]
mod sample;
mod sentence;
mod stage;
mod way;
mod whole_run;

use faultkey_fault_injection::{Profile, profile};
use faultkey_relying_party::{AdapterError, Clock, Embedded, Handling, Mapping, Target, Waiter};

use crate::scenario::{Scenario, ScenarioError};
use crate::verdict::{Run, ScenarioVerdict, TargetRun};
use play::{PlayError, Played, Player};
use stage::{Setting, Stage};

/// What to play.
#[derive(Clone, Debug)]
pub struct Plan {
    pub targets: Vec<TargetPlan>,
    pub scenarios: Vec<Scenario>,
    /// Play every scenario on this profile, instead of on its own.
    pub profile: Option<String>,
    pub seed: u64,
    /// Also play what makes somebody else's relying party wait for real.
    pub include_real_wait: bool,
}

/// A relying party to exercise.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a run has one or two")]
pub enum TargetPlan {
    /// The embedded one: a fresh one for each scenario, on virtual time.
    Embedded(Handling),
    Foreign {
        /// For the report, e.g. its URL.
        name: String,
        mapping: Box<Mapping>,
        target: Target,
        /// Goes into the accounts' names, so that a second run does not meet the first one's accounts.
        accounts: String,
        /// How to name this relying party in the command that plays a scenario again, e.g. `--rp URL --adapter FILE`.
        arguments: String,
    },
}

/// What the caller is told while a run goes on.
pub trait Progress {
    /// A scenario begins: number `done` + 1 of `total`.
    fn started(&mut self, target: &str, scenario: &str, profile: &str, done: usize, total: usize);

    /// A scenario has ended. (The judgement may still become worse: what needs a look at all scenarios is judged last.)
    fn finished(&mut self, target: &str, verdict: &ScenarioVerdict, done: usize, total: usize);

    /// Somebody else's relying party reads a real clock: what waits so long. Asked for only with [`Plan::include_real_wait`].
    fn waiter(&self) -> Waiter;
}

/// Why a run could not be made. Never a verdict about the relying party.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExerciseError {
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    #[error("scenario `{scenario}` on profile `{profile}`: {source}")]
    Adapter { scenario: String, profile: String, source: AdapterError },
    #[error("scenario `{scenario}` on profile `{profile}`: {problem}; this is a bug in faultkey")]
    Bug { scenario: String, profile: String, problem: String },
    #[error("{0}")]
    Profile(String),
    #[error("cannot start the embedded relying party: {0}")]
    Embedded(#[from] std::io::Error),
}

/// One scenario on one profile.
struct Part<'a> {
    scenario: &'a Scenario,
    profile: &'static Profile,
    /// Why it is not played.
    skip: Option<String>,
}

/// Plays the plan.
///
/// # Errors
/// When a scenario does not fit a profile, or a relying party can't be spoken to with no fault in the way.
pub async fn exercise(plan: &Plan, progress: &mut dyn Progress) -> Result<Run, ExerciseError> {
    let mut targets = Vec::new();
    let parts: Vec<Vec<Part<'_>>> = plan.targets.iter().map(|target| parts(plan, target)).collect::<Result<_, _>>()?;
    let total = parts.iter().map(Vec::len).sum();
    let mut done = 0;
    for (target, parts) in plan.targets.iter().zip(parts) {
        let name = target.name();
        let mut verdicts = Vec::new();
        for part in parts {
            let (id, profile) = (&part.scenario.id, &part.profile.name);
            progress.started(&name, id, profile, done, total);
            let result = match &part.skip {
                Some(why) => sentence::skipped(plan, target, &part, why),
                None => play(plan, target, &part, progress).await?,
            };
            done += 1;
            progress.finished(&name, &result.verdict, done, total);
            verdicts.push(result);
        }
        let confusion = whole_run::judge(&mut verdicts);
        targets.push(TargetRun { name, scenarios: verdicts.into_iter().map(|result| result.verdict).collect(), confusion });
    }
    Ok(Run { version: env!("CARGO_PKG_VERSION").to_owned(), seed: plan.seed, targets })
}

/// What is played against a target, in order. A profile that is forced on many scenarios skips those that can't happen on it.
fn parts<'a>(plan: &'a Plan, target: &TargetPlan) -> Result<Vec<Part<'a>>, ExerciseError> {
    let mut parts = Vec::new();
    for scenario in &plan.scenarios {
        let names = plan.profile.as_ref().map_or_else(|| scenario.profiles.iter().collect(), |forced| vec![forced]);
        for name in names {
            let Some(profile) = profile::find(name) else {
                return Err(ExerciseError::Profile(profile::unknown(name).to_string()));
            };
            let mut skip = None;
            if let Err(error) = scenario.check_profile(name) {
                if plan.scenarios.len() == 1 {
                    return Err(error.into());
                }
                skip = Some(error.to_string());
            }
            if scenario.needs_real_wait && target.is_foreign() && !plan.include_real_wait {
                skip = Some("it needs the relying party's own clock to pass; play it with --wait".to_owned());
            }
            parts.push(Part { scenario, profile, skip });
        }
    }
    Ok(parts)
}

/// A scenario that was played, with what the judgement over all scenarios needs.
struct PlayedPart {
    verdict: ScenarioVerdict,
    played: Played,
    /// Indices of steps that forbid a generic code.
    no_generic_code: Vec<usize>,
}

async fn play(plan: &Plan, target: &TargetPlan, part: &Part<'_>, progress: &dyn Progress) -> Result<PlayedPart, ExerciseError> {
    let name = |source| ExerciseError::Adapter { scenario: part.scenario.id.clone(), profile: part.profile.name.clone(), source };
    let bug = |problem: String| ExerciseError::Bug { scenario: part.scenario.id.clone(), profile: part.profile.name.clone(), problem };
    let seed = part.scenario.seed.unwrap_or(plan.seed);
    let clock = if target.is_foreign() && plan.include_real_wait { Clock::that_waits(progress.waiter()) } else { Clock::default() };
    // The embedded relying party lives as long as this does.
    let mut embedded = None;
    let (mapping, at, accounts) = match target {
        TargetPlan::Embedded(handling) => {
            let running = Embedded::start(*handling, clock.clone(), seed).await?;
            let url = url::Url::parse("https://broker.test").map_err(|error| bug(error.to_string()))?;
            let at = Target { url, connect: Some(running.address()), certificate_authority: None };
            embedded = Some(running);
            (Mapping::built_in("embedded").ok_or_else(|| bug("the mapping `embedded` is missing".to_owned()))?, at, String::new())
        }
        TargetPlan::Foreign { mapping, target, accounts, .. } => (mapping.as_ref().clone(), target.clone(), accounts.clone()),
    };
    let model = if part.profile.catalogue.is_empty() { &part.profile.name } else { &part.profile.catalogue };
    let mut account = format!("{}-{}", part.scenario.id, model.to_lowercase());
    if !accounts.is_empty() {
        account = format!("{account}-{accounts}");
    }
    let plugged_in = part.scenario.breaks_reports();
    let setting = Setting { profile: part.profile, seed, account, mapping, target: at, clock, plugged_in };
    let mut stage = Stage::set(setting).map_err(name)?;
    let played = Player::new(&mut stage).play(part.scenario).await.map_err(|error| match error {
        PlayError::Adapter(source) => name(source),
        PlayError::Bug(problem) => bug(problem),
    })?;
    drop(embedded);
    Ok(sentence::verdict(plan, target, part, played, stage.transcript.entries()))
}

impl TargetPlan {
    /// As in the report.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            TargetPlan::Embedded(handling) => format!("embedded, {}", handling_name(*handling)),
            TargetPlan::Foreign { name, .. } => name.clone(),
        }
    }

    const fn is_foreign(&self) -> bool {
        matches!(self, TargetPlan::Foreign { .. })
    }

    /// As on the command line.
    fn arguments(&self) -> String {
        match self {
            TargetPlan::Embedded(handling) => format!("--handling {}", handling_name(*handling)),
            TargetPlan::Foreign { arguments, .. } => arguments.clone(),
        }
    }
}

const fn handling_name(handling: Handling) -> &'static str {
    match handling {
        Handling::Opaque => "opaque",
        Handling::Diagnosing => "diagnosing",
    }
}

#[cfg(test)]
mod tests;
