//! What was seen in a run: plain data, without a verdict. [`crate::judge`] turns it into findings.

mod ceremony;
#[cfg(test)]
pub(crate) mod sample;

use std::time::Duration;

use faultkey_authenticator::Effect;
use faultkey_fault_injection::{Fired, Text};
use faultkey_relying_party::{Answer, Fallback, Observation};
use faultkey_transport::Entry;
use serde::{Deserialize, Serialize};

pub use ceremony::{Asked, Ceremony, ChallengeProbe, Ended, Kind, Phase, Sees, State};

use crate::check::Request;
use crate::scenario::Scenario;

/// Everything that was seen of one relying party.
#[derive(Debug)]
pub struct RunFacts {
    /// How long a challenge is good for, if the adapter file says so.
    pub challenge_lifetime: Option<Duration>,
    /// Each attempt was played on a relying party of its own, so that what it gives twice in a run it gave once.
    pub fresh_each_time: bool,
    /// In the order in which they were played.
    pub parts: Vec<PartFacts>,
}

/// One scenario on one profile.
#[derive(Debug)]
pub struct PartFacts {
    pub scenario: Scenario,
    pub profile: String,
    /// Why it was not played, if it was not.
    pub skipped: Option<Skipped>,
    /// One, or several where the order of two requests is left to chance.
    pub attempts: Vec<Attempt>,
    /// The command that plays just this again.
    pub replay: String,
}

/// Why a scenario was not played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// The scenario's faults can't happen on this profile: what the loader says.
    ImpossibleOnProfile(Text),
    /// The relying party's own clock would have to move for so long.
    NeedsWait,
    /// The run had ended before: by a signal, its time limit, or a relying party that did not come back.
    RunEnded,
}

/// A scenario as it was played once.
#[derive(Debug, Default)]
pub struct Attempt {
    /// As far as they were played; the step's index in the scenario is its index here.
    pub steps: Vec<StepFacts>,
    pub armed: Vec<ArmedFacts>,
    /// What broke it off, if something did.
    pub broken_off: Option<BrokenOff>,
    pub transcript: Vec<Entry>,
    /// How many accounts were made.
    pub accounts: usize,
    /// Real time; of the relying party, so no verdict hangs on it.
    pub took: Duration,
}

/// What broke an attempt off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokenOff {
    /// A clean step of the set-up failed; its index.
    SetUp(usize),
    /// The device can't do what the options ask for; the step's index, and what it lacks.
    Unsuitable { step: usize, lacks: String },
    /// The relying party limited the rate of requests, longer than the adapter waits.
    RateLimited { step: usize },
    /// The adapter file does not fit an answer or a hook; the step's index, and what did not fit.
    Adapter { step: usize, problem: String },
    /// The relying party no longer answers; the request before which it did.
    StoppedAnswering { step: usize, request: Request, exchange: Option<usize> },
    /// A signal, or the run's time limit.
    RunEnded { step: usize },
}

impl BrokenOff {
    /// Index of the step at which it happened.
    #[must_use]
    pub const fn step(&self) -> usize {
        match self {
            BrokenOff::SetUp(step)
            | BrokenOff::Unsuitable { step, .. }
            | BrokenOff::RateLimited { step }
            | BrokenOff::Adapter { step, .. }
            | BrokenOff::StoppedAnswering { step, .. }
            | BrokenOff::RunEnded { step } => *step,
        }
    }
}

/// A fault that a step armed, and whether it fired.
#[derive(Clone, Debug)]
pub struct ArmedFacts {
    /// Index of the step that armed it.
    pub step: usize,
    pub fault: String,
    pub fired: Vec<Fired>,
}

/// What one step showed.
#[derive(Debug)]
pub struct StepFacts {
    /// A fault had fired, an event had changed a key, or a hook the relying party's state, before this step or in it.
    pub disturbed: bool,
    /// What faults decided in this step.
    pub fired: Vec<Fired>,
    /// What an event did to the device's keys.
    pub effect: Option<Effect>,
    pub seen: StepSeen,
}

/// By what the step does.
#[derive(Debug)]
pub enum StepSeen {
    /// Nothing that could be judged.
    Nothing,
    Ceremony(Box<Ceremony>),
    /// A `retry` with no verify request before it.
    NothingToRepeat,
    /// Rows that the relying party has for the account.
    Credentials(Observation<usize>),
    /// Sessions of the account before the last authentication and now.
    Sessions(Observation<(u64, u64)>),
    /// Reasons logged for the failures so far, one for each cause; `None`: nothing was logged.
    Reasons(Observation<Vec<Option<String>>>),
    /// Several of the facts of one `check` step.
    Several(Vec<StepSeen>),
    /// A hook was called.
    Hook(Observation<()>),
    Fallback {
        way: Fallback,
        answer: Box<Observation<Answer>>,
    },
    Recovery(Box<Recovery>),
    /// Options for a name with an account, and for one without.
    Accounts {
        existing: Box<Answer>,
        missing: Box<Answer>,
    },
    /// An answer that had been accepted was sent again.
    Replay(Box<Replay>),
    /// Options asked for once more, in the session in which the account has registered.
    OptionsAgain(Box<Answer>),
}

/// An accepted answer, sent again.
#[derive(Debug)]
pub struct Replay {
    pub request: Request,
    pub from: ReplayFrom,
    pub first: Answer,
    pub again: Answer,
}

/// Whose cookies the repetition carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReplayFrom {
    /// None: anybody could send it.
    NoSession,
    /// Those of a new session that was given options of its own.
    AnotherSession,
    /// Those with which it was sent first.
    SameCookies,
}

/// What became of the user after the scenario.
#[derive(Debug)]
pub struct Recovery {
    /// A clean authentication with the passkey as it is; `None` where the cause lasts, so that it can't work.
    pub as_it_is: Option<Ceremony>,
    pub ways: Vec<WayTried>,
}

/// One way back to a working passkey.
#[derive(Debug)]
pub struct WayTried {
    pub way: Fallback,
    /// The other authentication.
    pub answer: Observation<Answer>,
    /// The old passkey was removed by the signed-in user, where it kept the device from making a new one.
    pub removal: Option<Observation<()>>,
    /// A new passkey, where the other authentication was accepted.
    pub registration: Option<Ceremony>,
    /// Signed in with it.
    pub authentication: Option<Ceremony>,
}

impl WayTried {
    #[must_use]
    pub fn works(&self) -> bool {
        self.authentication.as_ref().is_some_and(|ceremony| !ceremony.failed())
    }
}

impl PartFacts {
    /// Every ceremony of every attempt, with the index of its attempt and of its step.
    pub fn ceremonies(&self) -> impl Iterator<Item = (usize, usize, &Ceremony)> {
        self.attempts.iter().enumerate().flat_map(|(attempt, played)| {
            played.steps.iter().enumerate().filter_map(move |(step, facts)| match &facts.seen {
                StepSeen::Ceremony(ceremony) => Some((attempt, step, ceremony.as_ref())),
                _ => None,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::sample::{attempt, good_refusal, part, played, registered, signed_in};
    use super::*;

    #[test]
    fn where_an_attempt_was_broken_off() {
        let text = String::new;
        let all = [
            BrokenOff::SetUp(1),
            BrokenOff::Unsuitable { step: 2, lacks: text() },
            BrokenOff::RateLimited { step: 3 },
            BrokenOff::Adapter { step: 4, problem: text() },
            BrokenOff::StoppedAnswering { step: 5, request: Request::Fallback, exchange: None },
            BrokenOff::RunEnded { step: 6 },
        ];
        assert_eq!(all.each_ref().map(BrokenOff::step), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_way_works_when_the_new_passkey_signs_in() {
        let way = |authentication| WayTried {
            removal: None,
            way: Fallback::Phone,
            answer: Observation::Seen(Answer::default()),
            registration: Some(registered()),
            authentication,
        };
        assert!(way(Some(signed_in())).works());
        assert!(!way(Some(good_refusal())).works());
        assert!(!way(None).works());
    }

    #[test]
    fn ceremonies_with_their_places() {
        let mut facts = part("s", vec![played(registered()), played(signed_in())]);
        facts.attempts.push(attempt(vec![StepSeen::Nothing, StepSeen::Ceremony(Box::new(good_refusal()))]));
        let places: Vec<_> = facts.ceremonies().map(|(attempt, step, ceremony)| (attempt, step, ceremony.failed())).collect();
        assert_eq!(places, [(0, 0, false), (0, 1, false), (1, 1, true)]);
    }
}
