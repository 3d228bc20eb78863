//! Before anything is judged: one clean registration and one clean authentication, on a device that fits.

mod control;
mod probe;
mod problem;
mod tell;

use std::time::{Duration, Instant};

use faultkey_fault_injection::{Profile, profile};
use faultkey_relying_party::{AdapterError, Answer};
use faultkey_transport::transcript::What;
use faultkey_transport::{Entry, Secrets};

pub use control::{SessionUntold, Untold};
pub use probe::Probe;
pub use problem::{Elsewhere, NameForm, Problem};
pub use tell::{offered, rp_id};

use super::part::{Otherwise, Part};
use super::{ExerciseError, Foreign, Running};
use crate::check::{CheckId, Request};
use crate::facts::{Attempt, BrokenOff, Ceremony, Kind, PartFacts, Phase, RunFacts, StepSeen};
use crate::judge::judge;
use crate::scenario::{self, Scenario};
use crate::verdict::Finding;

/// The scenario of clean ceremonies.
pub const CLEAN: &str = "clean-ceremonies";

/// Devices that are tried in this order, until one can do what the options ask for.
const PROFILES: [&str; 5] = ["pixel-chrome", "windows-phone-qr", "security-key-full", "windows-hello", "iphone"];

/// What the clean ceremonies showed.
#[derive(Clone, Debug)]
pub struct Learnt {
    /// The device that could do what the options ask for.
    pub profile: String,
    /// Real time from the first request to the last answer.
    pub took: Duration,
    /// Sections of the adapter file that would let more be seen, and are not there.
    pub missing: Vec<&'static str>,
    /// No certificate of the server is checked.
    pub insecure: bool,
}

/// Why nothing can be judged: what was asked, what came back, and what is probably wrong.
#[derive(Debug)]
pub struct NotExercisable {
    pub problem: Problem,
    /// The adapter's name.
    pub adapter: String,
    pub profile: String,
    /// The origin that the client claimed.
    pub origin: String,
    pub account: String,
    /// The request at which the clean ceremonies ended.
    pub request: Request,
    /// Its number in the transcript, if it was sent.
    pub exchange: Option<usize>,
    /// The ceremony that was not accepted, if it came to one.
    pub ceremony: Option<Box<Ceremony>>,
    /// Why the relying party could not be spoken to, or which hook failed.
    pub error: Option<AdapterError>,
    /// What else was tried.
    pub tried: Vec<Tried>,
    pub transcript: Vec<Entry>,
    /// What is masked in it.
    pub secrets: Secrets,
}

/// Another attempt, and whether the request was accepted in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    pub probe: Probe,
    pub accepted: bool,
}

pub enum Outcome {
    /// On this device.
    Accepted(PartFacts, &'static Profile),
    /// No client can use the options; the facts say why.
    UnusableOptions(PartFacts),
    /// By a signal or the time limit.
    Stopped,
}

/// The relying party and the scenario that it has to accept.
struct Preflight<'a> {
    run: &'a Running<'a>,
    foreign: &'a Foreign,
    clean: Scenario,
}

/// A clean attempt that was not accepted.
struct Failed<'a> {
    part: Part<'a>,
    attempt: Attempt,
    error: Option<AdapterError>,
    account: String,
}

pub async fn play(run: &Running<'_>, foreign: &Foreign) -> Result<Outcome, ExerciseError> {
    let preflight = Preflight { run, foreign, clean: scenario::select(&[CLEAN.to_owned()])?.remove(0) };
    let profiles: Vec<&str> = run.plan.profile.as_deref().map_or_else(|| PROFILES.to_vec(), |forced| vec![forced]);
    let mut unsuitable: Vec<Failed<'_>> = Vec::new();
    for profile in profiles.into_iter().filter_map(profile::find) {
        let part = Part { scenario: &preflight.clean, profile, impossible: None, repeat: 1 };
        // The relying party's own time, over a real network; nothing hangs on it.
        let began = Instant::now();
        let (attempt, error) = part.attempt(run, 1, &Otherwise::default()).await?;
        if both_accepted(&attempt) {
            if let Some((untold, step)) = control::untold(&attempt) {
                return Err(preflight.not_judgeable(Problem::RefusalNotTold(untold), Some(step), &part, attempt));
            }
            // What is sent before a log-in may sign in itself.
            let session = foreign.mapping.session_path().filter(|_| !foreign.mapping.log_in_names_the_user());
            if let Some(untold) = session.and_then(|path| control::session_untold(&attempt, &path)) {
                return Err(preflight.not_judgeable(Problem::SessionNotTold(untold), None, &part, attempt));
            }
            let (missing, insecure) = (foreign.mapping.missing_sections(), foreign.mapping.is_insecure());
            run.progress.learnt(&run.name, &Learnt { profile: profile.name.clone(), took: began.elapsed(), missing, insecure });
            return Ok(Outcome::Accepted(part.played_once(run, attempt), profile));
        }
        let account = format!("{}-1", part.account(run, 1));
        let failed = Failed { part, attempt, error, account };
        match failed.attempt.broken_off {
            Some(BrokenOff::RunEnded { .. }) => return Ok(Outcome::Stopped),
            Some(BrokenOff::Unsuitable { .. }) => unsuitable.push(failed),
            _ => return preflight.explain(failed).await,
        }
    }
    // A device that has an algorithm says better what devices lack.
    let best = unsuitable.iter().position(|failed| {
        let offered = failed.attempt.last_ceremony().and_then(Ceremony::given).map(tell::offered).unwrap_or_default();
        tell::has_one_of(failed.part.profile, &offered)
    });
    let best = best.or(unsuitable.len().checked_sub(1));
    match best.map(|best| unsuitable.swap_remove(best)) {
        Some(failed) => preflight.explain(failed).await,
        None => Err(ExerciseError::Profile("no profile was tried".to_owned())),
    }
}

impl Preflight<'_> {
    /// The adapter file can't be judged with: a refusal would be told as an acceptance, or a signed-in user as none.
    fn not_judgeable(&self, problem: Problem, step: Option<usize>, part: &Part<'_>, attempt: Attempt) -> ExerciseError {
        let own = self.foreign.target.url.origin().ascii_serialization();
        let authentication = |seen: &StepSeen| matches!(seen, StepSeen::Ceremony(ceremony) if ceremony.kind == Kind::Authentication);
        let step = step.or_else(|| attempt.steps.iter().position(|step| authentication(&step.seen)));
        let ceremony = match step.and_then(|step| attempt.steps.into_iter().nth(step)).map(|step| step.seen) {
            Some(StepSeen::Ceremony(ceremony)) => Some(ceremony),
            _ => None,
        };
        ExerciseError::NotExercisable(Box::new(NotExercisable {
            problem,
            adapter: self.foreign.mapping.name.clone(),
            profile: part.profile.name.clone(),
            origin: self.foreign.mapping.origin.clone().unwrap_or(own),
            account: format!("{}-1", part.account(self.run, 1)),
            request: Request::AuthenticationVerify,
            exchange: ceremony.as_ref().and_then(|ceremony| ceremony.exchange()),
            ceremony,
            error: None,
            tried: Vec::new(),
            transcript: attempt.transcript,
            secrets: self.foreign.mapping.secrets().clone(),
        }))
    }

    /// Finds out why a clean attempt was not accepted.
    async fn explain(&self, failed: Failed<'_>) -> Result<Outcome, ExerciseError> {
        let Failed { part, attempt, error, account } = failed;
        let own = self.foreign.target.url.origin().ascii_serialization();
        let origin = self.foreign.mapping.origin.clone().unwrap_or(own);
        let ceremony = attempt.last_ceremony();
        let request = ceremony.map_or(Request::RegistrationOptions, Ceremony::request);
        let seen = tell::Seen {
            mapping: &self.foreign.mapping,
            url: &self.foreign.target.url,
            origin: &origin,
            account: &account,
            ceremony,
            broken_off: attempt.broken_off.as_ref(),
            transcript: &attempt.transcript,
            profile: part.profile,
            all_profiles_tried: self.run.plan.profile.is_none(),
        };
        let problem = match &error {
            None => tell::problem(&seen),
            Some(error) => tell::error(error).unwrap_or(Problem::Refused { status: 0 }),
        };
        let mut tried = Vec::new();
        let problem = if problem.is_unexplained() { self.probed(&seen, problem, request, &part, &mut tried).await? } else { problem };
        let (request, exchange) = match (&error, &attempt.broken_off) {
            (Some(AdapterError::Mismatch(mismatch)), _) => (request, Some(mismatch.exchange)),
            // It may have died of the request before.
            (_, Some(BrokenOff::StoppedAnswering { request, exchange, .. })) => (*request, *exchange),
            _ => (request, ceremony.and_then(Ceremony::exchange).or_else(|| last_request(&attempt.transcript))),
        };
        let attempt = match problem {
            Problem::UnusableOptions { .. } => {
                let facts = part.played_once(self.run, attempt);
                let mut lone = RunFacts { challenge_lifetime: None, fresh_each_time: false, parts: vec![facts] };
                let found = finding_says_why(&lone);
                match lone.parts.pop() {
                    Some(facts) if found => return Ok(Outcome::UnusableOptions(facts)),
                    facts => facts.and_then(|mut facts| facts.attempts.pop()).unwrap_or_default(),
                }
            }
            _ => attempt,
        };
        let profile = part.profile.name.clone();
        let Attempt { steps, transcript, .. } = attempt;
        let ceremony = steps.into_iter().rev().find_map(|step| match step.seen {
            StepSeen::Ceremony(ceremony) => Some(ceremony),
            _ => None,
        });
        let adapter = self.foreign.mapping.name.clone();
        Err(ExerciseError::NotExercisable(Box::new(NotExercisable {
            problem,
            adapter,
            profile,
            origin,
            account,
            request,
            exchange,
            ceremony,
            error,
            tried,
            transcript,
            secrets: self.foreign.mapping.secrets().clone(),
        })))
    }

    /// What other attempts show of a bare refusal.
    async fn probed(
        &self,
        seen: &tell::Seen<'_>,
        problem: Problem,
        request: Request,
        part: &Part<'_>,
        tried: &mut Vec<Tried>,
    ) -> Result<Problem, ExerciseError> {
        let stem = if self.foreign.accounts.is_empty() { format!("{:x}", self.run.plan.seed) } else { self.foreign.accounts.clone() };
        for (index, probe) in probe::probes(seen, request, &stem).into_iter().enumerate() {
            let username = format!("{}-probe-{}", part.account(self.run, 1), index + 1);
            let found = self.accepts(&probe, username, request, part.profile).await?;
            tried.push(Tried { probe: probe.clone(), accepted: matches!(found, Probed::Accepted) });
            match found {
                Probed::Accepted => return Ok(probe.problem(seen).unwrap_or(problem)),
                Probed::Refused => {}
                Probed::Ended => break,
            }
        }
        Ok(probe::unexplained(seen, request).filter(|_| matches!(problem, Problem::Refused { .. })).unwrap_or(problem))
    }

    /// Whether the request is accepted when one thing is done otherwise.
    async fn accepts(&self, probe: &Probe, username: String, request: Request, profile: &Profile) -> Result<Probed, ExerciseError> {
        let scenario = probe.scenario(&self.clean);
        let other = probe.profile();
        let part = Part { scenario: &scenario, profile: other.as_ref().unwrap_or(profile), impossible: None, repeat: 1 };
        let (attempt, error) = part.attempt(self.run, 1, &probe.otherwise(username)).await?;
        let ended = matches!(
            attempt.broken_off,
            Some(BrokenOff::RunEnded { .. } | BrokenOff::RateLimited { .. } | BrokenOff::StoppedAnswering { .. })
        );
        Ok(match accepted(&attempt, request) {
            true => Probed::Accepted,
            false if ended || error.is_some() => Probed::Ended,
            false => Probed::Refused,
        })
    }
}

/// What became of a probe.
enum Probed {
    Accepted,
    Refused,
    /// The relying party does not answer any more, or the run is to end.
    Ended,
}

/// What makes a client throw over options, and is a finding of its own.
const UNUSABLE: [CheckId; 2] = [CheckId::UserIdTooLong, CheckId::ChallengeShort];

fn finding_says_why(lone: &RunFacts) -> bool {
    judge(lone).findings.iter().flat_map(Finding::ids).any(|id| UNUSABLE.contains(&id.check))
}

fn both_accepted(attempt: &Attempt) -> bool {
    accepted(attempt, Request::RegistrationVerify) && accepted(attempt, Request::AuthenticationVerify)
}

/// Whether this request was accepted.
fn accepted(attempt: &Attempt, request: Request) -> bool {
    attempt.steps.iter().any(|step| {
        let StepSeen::Ceremony(ceremony) = &step.seen else { return false };
        let given = ceremony.options.as_ref().is_some_and(|options| options.accepted);
        (given && request == ceremony.kind.request(Phase::Options))
            || (!ceremony.failed() && request == ceremony.kind.request(Phase::Verify))
    })
}

fn last_request(transcript: &[Entry]) -> Option<usize> {
    transcript.iter().rev().find(|entry| matches!(entry.what, What::HttpRequest { .. })).map(|entry| entry.number)
}

impl Attempt {
    fn last_ceremony(&self) -> Option<&Ceremony> {
        self.steps.iter().rev().find_map(|step| match &step.seen {
            StepSeen::Ceremony(ceremony) => Some(ceremony.as_ref()),
            _ => None,
        })
    }
}

impl NotExercisable {
    /// The answer at which it ended.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        let ceremony = self.ceremony.as_ref()?;
        ceremony.verify.as_ref().or(ceremony.options.as_ref())
    }
}
