//! One scenario on one profile: how often it is played, and on what.

use std::time::Instant;

use faultkey_fault_injection::{Profile, Text};
use faultkey_relying_party::{AdapterError, Clock, Embedded, Mapping, Pace, Proxies, Target};

use super::play::{PlayError, Player};
use super::stage::{Reached, Setting, Stage};
use super::{ExerciseError, Foreign, Running, TargetPlan};
use crate::facts::{Attempt, BrokenOff, PartFacts, Skipped};
use crate::scenario::Scenario;

pub struct Part<'a> {
    pub scenario: &'a Scenario,
    pub profile: &'a Profile,
    /// Why it can't happen on this profile.
    pub impossible: Option<Text>,
    pub repeat: usize,
}

/// What an attempt does otherwise than the run, to find out what a relying party minds.
#[derive(Clone, Debug, Default)]
pub struct Otherwise {
    /// Claimed instead of the adapter file's.
    pub origin: Option<String>,
    /// The account's whole name.
    pub username: Option<String>,
}

impl Part<'_> {
    pub fn skipped(&self, run: &Running<'_>, skipped: Skipped) -> PartFacts {
        PartFacts { skipped: Some(skipped), ..self.blank(run) }
    }

    pub async fn play(&self, run: &Running<'_>) -> Result<PartFacts, ExerciseError> {
        if let Some(problem) = &self.impossible {
            return Ok(self.skipped(run, Skipped::ImpossibleOnProfile(problem.clone())));
        }
        let mut facts = self.blank(run);
        for number in 1..=self.repeat {
            let (mut attempt, error) = self.attempt(run, number, &Otherwise::default()).await?;
            match error {
                None => {}
                Some(error @ AdapterError::Impossible(_)) => {
                    // The adapter speaks English.
                    facts.skipped = Some(Skipped::ImpossibleOnProfile(Text::new(error.to_string(), error.to_string())));
                    return Ok(facts);
                }
                Some(error) => attempt.broken_off = Some(BrokenOff::Adapter { step: attempt.steps.len(), problem: error.to_string() }),
            }
            let ends = attempt.broken_off.is_some();
            facts.attempts.push(attempt);
            if ends {
                break;
            }
        }
        Ok(facts)
    }

    /// The same on another device; `None` where it can't happen on that one, or is played on it already.
    pub fn on(&self, profile: &'static Profile) -> Option<Part<'_>> {
        let fits = self.profile.name != profile.name && self.scenario.check_profile(&profile.name).is_ok();
        fits.then_some(Part { scenario: self.scenario, profile, impossible: None, repeat: self.repeat })
    }

    /// What was seen in a single attempt.
    pub fn played_once(&self, run: &Running<'_>, attempt: Attempt) -> PartFacts {
        PartFacts { attempts: vec![attempt], ..self.blank(run) }
    }

    fn blank(&self, run: &Running<'_>) -> PartFacts {
        let seed = self.scenario.seed.unwrap_or(run.plan.seed);
        let wait = if self.scenario.needs_real_wait && run.target.is_foreign() { " --wait" } else { "" };
        PartFacts {
            scenario: self.scenario.clone(),
            profile: self.profile.name.clone(),
            skipped: None,
            attempts: Vec::new(),
            replay: format!(
                "faultkey exercise --scenario {} --profile {} --seed {seed} {}{wait}",
                self.scenario.source,
                self.profile.name,
                run.target.arguments()
            ),
        }
    }

    /// Plays it once. With the error that ended it early, if one did: it can't be spoken to, or a fault can't happen to it.
    pub async fn attempt(
        &self,
        run: &Running<'_>,
        number: usize,
        otherwise: &Otherwise,
    ) -> Result<(Attempt, Option<AdapterError>), ExerciseError> {
        let mut attempt = Attempt::default();
        let bug = |problem: String| ExerciseError::Bug { scenario: self.scenario.id.clone(), profile: self.profile.name.clone(), problem };
        let seed = self.scenario.seed.unwrap_or(run.plan.seed);
        // The embedded relying party lives as long as this does.
        let mut embedded = None;
        let reached = match run.target {
            TargetPlan::Embedded { handling, .. } => {
                let clock = Clock::default();
                let running = Embedded::start(*handling, clock.clone(), seed).await?;
                let url = url::Url::parse("https://broker.test").map_err(|error| bug(error.to_string()))?;
                let target = Target { url, connect: Some(running.address()), certificate_authority: None, proxies: Proxies::default() };
                embedded = Some(running);
                let mut mapping = Mapping::built_in("embedded").ok_or_else(|| bug("the mapping `embedded` is missing".to_owned()))?;
                mapping.ask_in(run.plan.language);
                Reached { mapping, target, clock, pace: None, patience: None, answered: true }
            }
            TargetPlan::Foreign(foreign) => {
                let clock = if run.plan.include_real_wait { Clock::that_waits(run.progress.waiter()) } else { Clock::default() };
                let mut mapping = foreign.mapping.clone();
                mapping.origin = otherwise.origin.clone().or(mapping.origin);
                Reached {
                    mapping,
                    target: foreign.target.clone(),
                    clock,
                    pace: Some(Pace::new(foreign.pace, run.progress.waiter())),
                    patience: Some(foreign.patience),
                    answered: run.answered.get(),
                }
            }
        };
        let setting = Setting {
            profile: self.profile,
            seed,
            account: self.account(run, number),
            username: otherwise.username.clone(),
            plugged_in: self.scenario.breaks_reports(),
            reached,
        };
        let mut stage = match Stage::set(setting) {
            Ok(stage) => stage,
            Err(error @ AdapterError::NoAccountLeft(_)) => return Ok((attempt, Some(error))),
            Err(error) => return Err(ExerciseError::Adapter(error)),
        };
        let began = Instant::now();
        let played = tokio::select! {
            played = Player::new(&mut stage, &mut attempt).play(self.scenario) => Some(played),
            _ = run.stop.wait() => None,
        };
        attempt.transcript = stage.transcript.entries();
        attempt.accounts = stage.accounts().len();
        run.made(stage.accounts());
        attempt.took = began.elapsed();
        drop(embedded);
        match played {
            None => attempt.broken_off = Some(BrokenOff::RunEnded { step: attempt.steps.len() }),
            Some(Ok(())) => {}
            Some(Err(PlayError::Bug(problem))) => return Err(bug(problem)),
            Some(Err(PlayError::Adapter(error @ (AdapterError::Mapping(_) | AdapterError::Target(_))))) => {
                return Err(ExerciseError::Adapter(error));
            }
            Some(Err(PlayError::Adapter(error))) => return Ok((attempt, Some(error))),
        }
        Ok((attempt, None))
    }

    /// The start of the accounts' names.
    pub fn account(&self, run: &Running<'_>, number: usize) -> String {
        let model = if self.profile.catalogue.is_empty() { &self.profile.name } else { &self.profile.catalogue };
        let mut account = format!("{}-{}", self.scenario.id, model.to_lowercase());
        if self.repeat > 1 {
            account = format!("{account}-{number}");
        }
        match run.target {
            TargetPlan::Foreign(Foreign { accounts, .. }) if !accounts.is_empty() => format!("{account}-{accounts}"),
            _ => account,
        }
    }
}
