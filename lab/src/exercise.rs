//! Plays scenarios against relying parties, and has the facts judged.

mod check;
mod clean_up;
mod device;
mod part;
mod play;
mod preflight;
mod stage;
mod stop;
mod way;

use std::sync::Arc;
use std::time::Duration;

use faultkey_fault_injection::{Language, profile};
use faultkey_relying_party::{AdapterError, Handling, Mapping, Target, TestAccount, Waiter};
use faultkey_transport::transcript::What;

pub use check::{Checked, Line, Met, check};
pub use clean_up::CleanUp;
pub use preflight::{Elsewhere, Learnt, NameForm, NotExercisable, Probe, Problem, SessionUntold, Tried, Untold};
pub use stop::Stop;

use crate::facts::{BrokenOff, PartFacts, RunFacts, Skipped};
use crate::judge::judge;
use crate::report::text;
use crate::scenario::{Scenario, ScenarioError};
use crate::verdict::{Circumstances, Incomplete, RelyingParty, Run, TargetRun};
use part::Part;

/// What to play.
#[derive(Clone)]
pub struct Plan {
    pub targets: Vec<TargetPlan>,
    pub scenarios: Vec<Scenario>,
    /// Play every scenario on this profile, instead of on its own.
    pub profile: Option<String>,
    pub seed: u64,
    /// Also play what makes somebody else's relying party wait for real.
    pub include_real_wait: bool,
    /// In which the embedded relying party is asked. A foreign one's mapping says it itself.
    pub language: Language,
}

/// A relying party to exercise.
#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "a run has one or two")]
pub enum TargetPlan {
    /// The embedded one: a fresh one for each scenario, on virtual time.
    Embedded {
        handling: Handling,
        /// There to be compared with; its findings fail nothing.
        for_comparison: bool,
    },
    Foreign(Foreign),
}

/// A relying party that others wrote.
#[derive(Clone)]
pub struct Foreign {
    /// For the report: the adapter's name for it, or its URL.
    pub name: String,
    pub mapping: Mapping,
    pub target: Target,
    /// Goes into the accounts' names, so that a second run does not meet the first one's accounts.
    pub accounts: String,
    /// How to name this relying party in the command that plays a scenario again, e.g. `--rp URL --adapter FILE`.
    pub arguments: String,
    /// Least time between two requests.
    pub pace: Duration,
    /// How long an answer is waited for.
    pub patience: Duration,
    /// How long a relying party that stopped answering is waited for.
    pub comes_back_within: Duration,
    /// Brings a relying party back that stopped answering.
    pub restart: Option<Restart>,
}

/// Starts a relying party again.
///
/// # Errors
/// Why it could not be started, for a person.
pub type Restart = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What the caller is told while a run goes on.
pub trait Progress {
    /// A scenario begins: number `done` + 1 of `total`.
    fn started(&self, target: &str, scenario: &str, profile: &str, done: usize, total: usize);

    /// A scenario has ended.
    fn finished(&self, target: &str, scenario: &str, profile: &str, done: usize, total: usize);

    /// What was learnt before anything is judged, of somebody else's relying party.
    fn learnt(&self, target: &str, learnt: &Learnt);

    /// The run at somebody else's relying party has ended, and made accounts there.
    fn cleaned_up(&self, _target: &str, _clean_up: &CleanUp) {}

    /// The relying party stopped answering; it is waited for so long.
    fn stopped_answering(&self, target: &str, patience: Duration);

    /// What waits for a real clock.
    fn waiter(&self) -> Waiter;
}

/// Why a run could not be made. Never a verdict about the relying party.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExerciseError {
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A file, a URL or a certificate that was named is wrong.
    #[error("{0}")]
    Adapter(AdapterError),
    /// A clean registration and a clean authentication were not accepted, so nothing can be judged.
    #[error("the relying party can't be exercised")]
    NotExercisable(Box<NotExercisable>),
    #[error("scenario `{scenario}` on profile `{profile}`: {problem}; this is a bug in faultkey")]
    Bug { scenario: String, profile: String, problem: String },
    #[error("{0}")]
    Profile(String),
    #[error("cannot start the embedded relying party: {0}")]
    Embedded(#[from] std::io::Error),
}

/// Plays the plan, until `stop` says so.
///
/// # Errors
/// When a scenario does not fit a profile, or a clean registration and authentication are not accepted.
pub async fn exercise(plan: &Plan, progress: &dyn Progress, stop: &Stop) -> Result<Run, ExerciseError> {
    let parts: Vec<Vec<Part<'_>>> = plan.targets.iter().map(|target| parts(plan, target)).collect::<Result<_, _>>()?;
    let count = Count { done: std::cell::Cell::new(0), total: parts.iter().map(Vec::len).sum() };
    let mut targets = Vec::new();
    for (target, parts) in plan.targets.iter().zip(parts) {
        let run = Running {
            plan,
            target,
            name: target.name(),
            progress,
            stop,
            count: &count,
            answered: std::cell::Cell::new(false),
            made: std::cell::RefCell::default(),
        };
        let played = run.play(parts).await;
        if matches!(&played, Err(ExerciseError::NotExercisable(problem)) if matches!(problem.problem, Problem::Unreachable(_))) {
            // No request has arrived, so there is no account.
            run.made.take();
        }
        // Also where nothing could be judged.
        run.clean_up().await;
        targets.push(played?);
    }
    Ok(Run {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: plan.seed,
        circumstances: Circumstances::default(),
        accept_notes: Vec::new(),
        targets,
    })
}

/// Scenarios so far, over all targets.
struct Count {
    done: std::cell::Cell<usize>,
    total: usize,
}

/// One target while it is exercised.
struct Running<'a> {
    plan: &'a Plan,
    target: &'a TargetPlan,
    name: String,
    progress: &'a dyn Progress,
    stop: &'a Stop,
    count: &'a Count,
    /// The relying party has accepted clean ceremonies.
    answered: std::cell::Cell<bool>,
    /// Accounts at somebody else's relying party.
    made: std::cell::RefCell<Vec<TestAccount>>,
}

impl Running<'_> {
    async fn play(&self, parts: Vec<Part<'_>>) -> Result<TargetRun, ExerciseError> {
        let mut facts = RunFacts { challenge_lifetime: None, fresh_each_time: !self.target.is_foreign(), parts: Vec::new() };
        let mut clean = None;
        let mut fitting = None;
        let mut gone = false;
        if let TargetPlan::Foreign(foreign) = self.target {
            facts.challenge_lifetime = foreign.mapping.challenge_lifetime();
            match preflight::play(self, foreign).await? {
                preflight::Outcome::Accepted(part, profile) => {
                    self.answered.set(true);
                    clean = Some(part);
                    fitting = Some(profile).filter(|_| self.plan.profile.is_none());
                }
                preflight::Outcome::Stopped => gone = self.stop.reason().is_none(),
                // No client can use these options: that is the finding, and there is no other.
                preflight::Outcome::UnusableOptions(part) => {
                    facts.parts.push(part);
                    return Ok(self.result(&facts, None));
                }
            }
        }
        let (waiting, playable): (Vec<_>, Vec<_>) =
            parts.into_iter().enumerate().partition(|(_, part)| self.target.is_foreign() && part.scenario.needs_real_wait);
        let mut played: Vec<(usize, PartFacts)> = Vec::new();
        for (index, part) in playable {
            if gone || self.stop.reason().is_some() {
                played.push((index, part.skipped(self, Skipped::RunEnded)));
                continue;
            }
            let result = match clean.take_if(|clean| part.scenario.id == clean.scenario.id) {
                Some(clean) => clean,
                None => {
                    let own = self.one(&part).await?;
                    let other = fitting.filter(|_| unsuitable(&own)).and_then(|profile| part.on(profile));
                    // Once, however many of the scenario's devices can't do what the options ask for.
                    match other.filter(|other| !played.iter().any(|(_, facts)| same(facts, other))) {
                        Some(other) => other.play(self).await?,
                        None => own,
                    }
                }
            };
            gone = stopped_answering(&result) && !self.comes_back().await;
            played.push((index, result));
        }
        played.extend(self.side_by_side(waiting, gone).await?);
        played.sort_by_key(|(index, _)| *index);
        facts.parts = played.into_iter().map(|(_, part)| part).collect();
        Ok(self.result(&facts, gone.then_some(Incomplete::Gone).or(self.stop.reason())))
    }

    fn result(&self, facts: &RunFacts, incomplete: Option<Incomplete>) -> TargetRun {
        let judged = judge(facts);
        TargetRun {
            name: self.name.clone(),
            relying_party: self.target.relying_party(facts),
            for_comparison: matches!(self.target, TargetPlan::Embedded { for_comparison: true, .. }),
            incomplete,
            findings: judged.findings,
            blind_spots: judged.blind_spots,
            rate_limited: judged.rate_limited,
            scenarios: judged.scenarios,
            confusion: judged.confusion,
            accounts: match self.target {
                // With those of devices that did not fit.
                TargetPlan::Foreign(_) => self.made.borrow().len(),
                TargetPlan::Embedded { .. } => facts.parts.iter().flat_map(|part| &part.attempts).map(|attempt| attempt.accounts).sum(),
            },
            baseline: None,
        }
    }

    async fn one(&self, part: &Part<'_>) -> Result<PartFacts, ExerciseError> {
        let (id, profile) = (&part.scenario.id, &part.profile.name);
        self.progress.started(&self.name, id, profile, self.count.done.get(), self.count.total);
        let result = part.play(self).await;
        self.count.done.set(self.count.done.get() + 1);
        self.progress.finished(&self.name, id, profile, self.count.done.get(), self.count.total);
        result
    }

    /// Scenarios that wait for a real clock wait together.
    async fn side_by_side(&self, parts: Vec<(usize, Part<'_>)>, gone: bool) -> Result<Vec<(usize, PartFacts)>, ExerciseError> {
        let play = async |index: usize, part: &Part<'_>| {
            let skip = if gone || self.stop.reason().is_some() {
                Some(Skipped::RunEnded)
            } else {
                (!self.plan.include_real_wait).then_some(Skipped::NeedsWait)
            };
            match skip {
                Some(skipped) => Ok((index, part.skipped(self, skipped))),
                None => self.one(part).await.map(|facts| (index, facts)),
            }
        };
        futures_util::future::join_all(parts.iter().map(|(index, part)| play(*index, part))).await.into_iter().collect()
    }

    /// Waits for a relying party that stopped answering.
    async fn comes_back(&self) -> bool {
        let TargetPlan::Foreign(foreign) = self.target else { return false };
        self.progress.stopped_answering(&self.name, foreign.comes_back_within);
        if let Some(restart) = &foreign.restart
            && restart().is_err()
        {
            return false;
        }
        let (wait, step) = (self.progress.waiter(), Duration::from_millis(250));
        let mut waited = Duration::ZERO;
        loop {
            if foreign.target.listens().await {
                return true;
            }
            if waited >= foreign.comes_back_within || self.stop.reason().is_some() {
                return false;
            }
            wait(step).await;
            waited += step;
        }
    }
}

/// What the relying party's server says that it is, e.g. `nginx/1.25`: by the first answer that says so.
fn server(facts: &RunFacts) -> Option<String> {
    let entries = facts.parts.iter().flat_map(|part| &part.attempts).flat_map(|attempt| &attempt.transcript);
    let mut headers = entries.filter_map(|entry| match &entry.what {
        What::HttpResponse { headers, .. } => Some(headers),
        _ => None,
    });
    let server = headers.find_map(|headers| headers.iter().find(|(name, _)| name == "server"))?;
    Some(text::cut(&text::one_line(&server.1), SERVER)).filter(|server| !server.is_empty())
}

/// Columns of what a server says that it is.
const SERVER: usize = 100;

/// The device can't do what the relying party's options ask for.
fn unsuitable(part: &PartFacts) -> bool {
    part.attempts.iter().any(|attempt| matches!(attempt.broken_off, Some(BrokenOff::Unsuitable { .. })))
}

fn same(facts: &PartFacts, part: &Part<'_>) -> bool {
    facts.scenario.id == part.scenario.id && facts.profile == part.profile.name
}

fn stopped_answering(part: &PartFacts) -> bool {
    part.attempts.iter().any(|attempt| matches!(attempt.broken_off, Some(BrokenOff::StoppedAnswering { .. })))
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
            let mut impossible = None;
            if let Err(error) = scenario.check_profile(name) {
                if plan.scenarios.len() == 1 {
                    return Err(error.into());
                }
                impossible = Some(error.text());
            }
            parts.push(Part { scenario, profile, impossible, repeat: if target.is_foreign() { scenario.repeat } else { 1 } });
        }
    }
    Ok(parts)
}

impl TargetPlan {
    /// As in the report.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            TargetPlan::Embedded { handling, .. } => format!("embedded, {}", handling_name(*handling)),
            TargetPlan::Foreign(foreign) => foreign.name.clone(),
        }
    }

    /// Whom it is about.
    fn relying_party(&self, facts: &RunFacts) -> RelyingParty {
        match self {
            TargetPlan::Embedded { .. } => {
                RelyingParty { name: self.name(), url: None, version: Some(env!("CARGO_PKG_VERSION").to_owned()) }
            }
            TargetPlan::Foreign(foreign) => {
                let mut url = foreign.target.url.clone();
                // A URL that can't have them has none.
                let _ = (url.set_username(""), url.set_password(None));
                RelyingParty { name: foreign.mapping.name.clone(), url: Some(url.to_string()), version: server(facts) }
            }
        }
    }

    const fn is_foreign(&self) -> bool {
        matches!(self, TargetPlan::Foreign(_))
    }

    /// As on the command line.
    fn arguments(&self) -> String {
        match self {
            TargetPlan::Embedded { handling, .. } => format!("--handling {}", handling_name(*handling)),
            TargetPlan::Foreign(foreign) => foreign.arguments.clone(),
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
