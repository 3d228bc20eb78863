//! Before anything is judged: one clean registration and one clean authentication, on a device that fits.

use std::time::Duration;

use faultkey_fault_injection::profile;
use faultkey_relying_party::Answer;
use faultkey_transport::Entry;

use super::part::Part;
use super::{ExerciseError, Foreign, Running};
use crate::check::{Gravity, Request};
use crate::facts::{Attempt, BrokenOff, Ceremony, Kind, PartFacts, RunFacts, StepSeen};
use crate::judge::judge;
use crate::scenario;

/// The scenario of clean ceremonies.
pub const CLEAN: &str = "clean-ceremonies";

/// Devices that are tried in this order, until one can do what the options ask for.
const PROFILES: [&str; 4] = ["pixel-chrome", "security-key-full", "windows-hello", "iphone"];

/// What the clean ceremonies showed.
#[derive(Clone, Debug)]
pub struct Learnt {
    /// The device that could do what the options ask for.
    pub profile: String,
    /// Real time from the first request to the last answer.
    pub took: Duration,
    /// Sections of the adapter file that would let more be seen, and are not there.
    pub missing: Vec<&'static str>,
}

/// Why nothing can be judged: what was asked, and what came back.
#[derive(Debug)]
pub struct NotExercisable {
    pub profile: String,
    /// The request at which the clean ceremonies ended.
    pub request: Request,
    pub broken_off: BrokenOff,
    /// The ceremony that was not accepted, if it came to one.
    pub ceremony: Option<Box<Ceremony>>,
    pub transcript: Vec<Entry>,
}

pub enum Outcome {
    Accepted(PartFacts),
    /// No client can use the options; the facts say why.
    UnusableOptions(PartFacts),
    /// By a signal or the time limit.
    Stopped,
}

pub async fn play(run: &Running<'_>, foreign: &Foreign) -> Result<Outcome, ExerciseError> {
    let clean = scenario::select(&[CLEAN.to_owned()])?.remove(0);
    let profiles: Vec<&str> = run.plan.profile.as_deref().map_or_else(|| PROFILES.to_vec(), |forced| vec![forced]);
    let mut unsuitable = None;
    for name in profiles {
        let Some(profile) = profile::find(name) else { continue };
        let part = Part { scenario: &clean, profile, impossible: None, repeat: 1 };
        let mut facts = part.play(run).await?;
        let Some(attempt) = facts.attempts.first() else { continue };
        if both_accepted(attempt) {
            run.progress.learnt(&run.name, &learnt(foreign, name, attempt));
            return Ok(Outcome::Accepted(facts));
        }
        match attempt.broken_off {
            Some(BrokenOff::RunEnded { .. }) => return Ok(Outcome::Stopped),
            Some(BrokenOff::Unsuitable { .. }) => unsuitable = Some((name, facts)),
            _ => {
                let lone = RunFacts { challenge_lifetime: None, fresh_each_time: false, parts: vec![facts] };
                let unusable = judge(&lone).findings.iter().any(|finding| {
                    finding.id.request == Request::RegistrationOptions && finding.gravity < Gravity::Advice && never_asked(&lone)
                });
                facts = lone.parts.into_iter().next().unwrap_or_else(|| part.skipped(run, crate::facts::Skipped::RunEnded));
                if unusable {
                    return Ok(Outcome::UnusableOptions(facts));
                }
                return Err(not_exercisable(name, facts));
            }
        }
    }
    match unsuitable {
        Some((name, facts)) => Err(not_exercisable(name, facts)),
        None => Err(ExerciseError::Profile("no profile was tried".to_owned())),
    }
}

/// The client threw before the relying party was asked to verify.
fn never_asked(facts: &RunFacts) -> bool {
    facts.parts.iter().flat_map(PartFacts::ceremonies).all(|(_, _, ceremony)| ceremony.verify.is_none())
}

fn both_accepted(attempt: &Attempt) -> bool {
    let accepted = |kind: Kind| {
        attempt.steps.iter().any(|step| match &step.seen {
            StepSeen::Ceremony(ceremony) => ceremony.kind == kind && !ceremony.failed(),
            _ => false,
        })
    };
    accepted(Kind::Registration) && accepted(Kind::Authentication)
}

fn learnt(foreign: &Foreign, profile: &str, attempt: &Attempt) -> Learnt {
    Learnt { profile: profile.to_owned(), took: attempt.took, missing: foreign.mapping.missing_sections() }
}

fn not_exercisable(profile: &str, facts: PartFacts) -> ExerciseError {
    let attempt = facts.attempts.into_iter().next().unwrap_or_default();
    let last = attempt.steps.into_iter().rev().find_map(|step| match step.seen {
        StepSeen::Ceremony(ceremony) => Some(ceremony),
        _ => None,
    });
    let request = last.as_ref().map_or(Request::RegistrationOptions, |ceremony| ceremony.request());
    ExerciseError::NotExercisable(Box::new(NotExercisable {
        profile: profile.to_owned(),
        request,
        broken_off: attempt.broken_off.unwrap_or(BrokenOff::RunEnded { step: 0 }),
        ceremony: last,
        transcript: attempt.transcript,
    }))
}

impl NotExercisable {
    /// The answer at which it ended.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        let ceremony = self.ceremony.as_ref()?;
        ceremony.verify.as_ref().or(ceremony.options.as_ref())
    }
}
