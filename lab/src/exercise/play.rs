//! Plays the steps of one scenario on its stage, and writes down what they show. Nothing is judged here.

mod recovery;

use std::time::Duration;

use faultkey_authenticator::{Effect, Status};
use faultkey_client::dom_exception::Because;
use faultkey_fault_injection::FaultSpec;
use faultkey_relying_party::{AdapterError, Answer, Arrived, Lost, Observation, Wish};
use faultkey_transport::transcript::What;

use super::stage::{Ask, Stage};
use crate::check::Request;
use crate::facts::{ArmedFacts, Attempt, BrokenOff, Ceremony, Ended, Kind, StepFacts, StepSeen};
use crate::scenario::{Action, FactCheck, OutcomeClass, Rule, Scenario, Step, UserAct};

/// Why a scenario could not be played to its end.
#[derive(Debug)]
pub enum PlayError {
    Adapter(AdapterError),
    /// Of faultkey.
    Bug(String),
}

impl From<AdapterError> for PlayError {
    fn from(error: AdapterError) -> Self {
        PlayError::Adapter(error)
    }
}

/// A fault that was armed, by the step that armed it.
struct Armed {
    step: usize,
    name: String,
    id: faultkey_fault_injection::ArmedId,
}

/// One scenario while it is played. What it has shown so far is in `attempt`, also when the playing ends early.
pub struct Player<'a, 'b> {
    stage: &'a mut Stage<'b>,
    attempt: &'a mut Attempt,
    armed: Vec<Armed>,
    /// What was registered, or what the relying party knows, was changed by an event or a hook.
    changed: bool,
}

impl<'a, 'b> Player<'a, 'b> {
    pub fn new(stage: &'a mut Stage<'b>, attempt: &'a mut Attempt) -> Self {
        Player { stage, attempt, armed: Vec::new(), changed: false }
    }

    pub async fn play(mut self, scenario: &Scenario) -> Result<(), PlayError> {
        self.stage.adapter.prepare(&self.stage.account).await?;
        for (index, step) in scenario.steps.iter().enumerate() {
            let text = format!("step {}: {}", index + 1, step.action);
            self.stage.transcript.record(self.stage.clock().now(), What::Note { text });
            let disturbed = self.disturbed();
            let (seen, effect) = self.step(index, step, scenario).await?;
            self.attempt.broken_off = self.broken_off(index, step, &seen, disturbed).await;
            let fired = match &seen {
                StepSeen::Ceremony(ceremony) => ceremony.fired.clone(),
                _ => Vec::new(),
            };
            self.attempt.steps.push(StepFacts { disturbed, fired, effect, seen });
            self.note_armed();
            if self.attempt.broken_off.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// From now on a clean step may be refused for what happened before it.
    fn disturbed(&self) -> bool {
        self.changed || self.armed.iter().any(|armed| !self.fired_by(armed).is_empty())
    }

    fn fired_by(&self, armed: &Armed) -> Vec<faultkey_fault_injection::Fired> {
        self.stage.faults.fired().into_iter().filter(|fired| fired.armed == armed.id).collect()
    }

    fn note_armed(&mut self) {
        let armed = self.armed.iter().map(|armed| ArmedFacts { step: armed.step, fault: armed.name.clone(), fired: self.fired_by(armed) });
        self.attempt.armed = armed.collect();
    }

    async fn step(&mut self, index: usize, step: &Step, scenario: &Scenario) -> Result<(StepSeen, Option<Effect>), PlayError> {
        let mut effect = None;
        let ceremony = |ceremony| StepSeen::Ceremony(Box::new(ceremony));
        let seen = match &step.action {
            Action::Register { replace, user_verification, resident_key, attestation, user } => {
                let wish = Wish {
                    user_verification: user_verification.clone(),
                    resident_key: resident_key.clone(),
                    attestation: attestation.clone(),
                    replace: *replace,
                };
                let registered = self.stage.register(&ask(step, wish, false, *user)).await?;
                if !registered.failed() {
                    self.stage.lasting_cause = false;
                }
                ceremony(registered)
            }
            Action::LogIn { usernameless, user_verification, user } => {
                let wish = Wish { user_verification: user_verification.clone(), ..clean_wish() };
                ceremony(self.stage.log_in(&ask(step, wish, *usernameless, *user)).await?)
            }
            Action::Retry => match self.stage.retry(&ask(step, clean_wish(), false, UserAct::Approve)).await? {
                Some(repeated) => ceremony(repeated),
                None => StepSeen::NothingToRepeat,
            },
            Action::Replay { of, from } => match self.stage.replay(*of, *from).await? {
                Some(replay) => StepSeen::Replay(Box::new(replay)),
                None => StepSeen::NothingToRepeat,
            },
            Action::CompareAccounts => self.compare_accounts().await?,
            Action::OptionsAgain => StepSeen::OptionsAgain(Box::new(self.stage.registration_options_again(&clean_wish()).await?)),
            Action::Event(event) => {
                let now = self.stage.clock().now();
                let happened = self.stage.device.happen(now, *event).map_err(|error| PlayError::Bug(error.to_string()))?;
                self.stage.lasting_cause |= happened != Effect::Nothing;
                self.changed |= happened != Effect::Nothing;
                effect = Some(happened);
                StepSeen::Nothing
            }
            Action::Arm(spec) => {
                self.arm(index, spec, scenario)?;
                StepSeen::Nothing
            }
            Action::Clear(name) => {
                self.stage.faults.clear(name.as_deref());
                StepSeen::Nothing
            }
            Action::Advance(time) => {
                self.stage.look_again();
                let time = self.stage.expiry().filter(|_| scenario.needs_real_wait).unwrap_or(*time);
                self.stage.clock().pass(time).await;
                StepSeen::Nothing
            }
            Action::Hook(hook) => StepSeen::Hook(self.hook(*hook).await?),
            Action::FallBack(way) => StepSeen::Fallback { way: *way, answer: Box::new(self.fall_back(*way).await?) },
            Action::Recover(ways) => StepSeen::Recovery(Box::new(self.recover(ways).await?)),
            Action::StartOver => {
                self.stage.start_over().await?;
                self.changed = false;
                self.armed_so_far();
                StepSeen::Nothing
            }
            Action::Check(facts) => self.facts(facts, scenario).await?,
        };
        Ok((seen, effect))
    }

    /// A new account has met no fault: those that were armed before are only remembered.
    fn armed_so_far(&mut self) {
        self.note_armed();
    }

    /// What keeps the rest from being played.
    async fn broken_off(&mut self, index: usize, step: &Step, seen: &StepSeen, disturbed: bool) -> Option<BrokenOff> {
        // Whoever does not even take a connection died of the request before.
        let mut before =
            self.attempt.steps.iter().flat_map(|step| answers(&step.seen)).last().map(|(request, answer)| (request, answer.exchange));
        for (request, answer) in answers(seen) {
            if answer.rate_limited() {
                return Some(BrokenOff::RateLimited { step: index });
            }
            if let Some(unread) = &answer.unread {
                return Some(BrokenOff::Adapter { step: index, problem: unread.to_string() });
            }
            if self.stopped_answering(answer).await {
                let refused = answer.arrived == Arrived::Nothing(Lost::Refused);
                let (request, exchange) = before.filter(|_| refused).unwrap_or((request, answer.exchange));
                return Some(BrokenOff::StoppedAnswering { step: index, request, exchange: Some(exchange) });
            }
            before = Some((request, answer.exchange));
        }
        if let StepSeen::Recovery(recovery) = seen
            && let Some(lacks) = recovery.ways.iter().filter_map(|way| way.registration.as_ref()).find_map(lacks)
        {
            return Some(BrokenOff::Unsuitable { step: index, lacks });
        }
        let StepSeen::Ceremony(ceremony) = seen else { return None };
        if let Some(lacks) = lacks(ceremony) {
            return Some(BrokenOff::Unsuitable { step: index, lacks });
        }
        let clean = !disturbed && ceremony.fired.is_empty() && step.expect == [OutcomeClass::Ok];
        (clean && ceremony.failed()).then_some(BrokenOff::SetUp(index))
    }

    /// No fault was in the way, no answer came, and nothing listens any more.
    async fn stopped_answering(&self, answer: &Answer) -> bool {
        let lost = match &answer.arrived {
            Arrived::Whole => return false,
            Arrived::Nothing(lost) | Arrived::Part(lost) => lost,
        };
        !answer.faulted && *lost != Lost::TimedOut && !self.stage.adapter.listens().await
    }

    fn arm(&mut self, step: usize, spec: &FaultSpec, scenario: &Scenario) -> Result<(), PlayError> {
        let now = self.stage.clock().now();
        let mut spec = spec.clone();
        // A relying party with a clock of its own is waited for as long as its challenges last, and no longer.
        if let (true, Some(expiry), true) = (scenario.needs_real_wait, self.stage.expiry(), spec.parameters.contains_key(DELAY)) {
            let milliseconds = i64::try_from(expiry.as_millis()).unwrap_or(i64::MAX);
            spec.parameters.insert(DELAY.to_owned(), toml::Value::Integer(milliseconds));
        }
        let name = spec.name.clone();
        let id = self.stage.faults.arm(now, spec).map_err(|error| PlayError::Bug(error.to_string()))?;
        self.armed.push(Armed { step, name, id });
        Ok(())
    }

    async fn compare_accounts(&mut self) -> Result<StepSeen, PlayError> {
        let (existing, missing) = (self.stage.account.username.clone(), format!("{}-missing", self.stage.account.username));
        let existing = self.stage.options_for(&existing, &clean_wish()).await?;
        let missing = self.stage.options_for(&missing, &clean_wish()).await?;
        Ok(StepSeen::Accounts { existing: Box::new(existing), missing: Box::new(missing) })
    }

    async fn facts(&mut self, facts: &[FactCheck], scenario: &Scenario) -> Result<StepSeen, PlayError> {
        let mut several = Vec::new();
        for fact in facts {
            several.push(match fact {
                FactCheck::DistinctReasons(_) => StepSeen::Reasons(self.reasons(scenario)),
                FactCheck::Credentials(_) => StepSeen::Credentials(match self.stage.adapter.credentials(&self.stage.account).await? {
                    Observation::Seen(rows) => Observation::Seen(rows.len()),
                    Observation::NotObservable(unseen) => Observation::NotObservable(unseen),
                }),
                FactCheck::SessionsAtMost(_) => StepSeen::Sessions(self.sessions().await?),
            });
        }
        Ok(StepSeen::Several(several))
    }

    /// Before the last authentication that was no repetition, and now.
    async fn sessions(&mut self) -> Result<Observation<(u64, u64)>, PlayError> {
        let before = self.attempt.steps.iter().rev().find_map(|step| match &step.seen {
            StepSeen::Ceremony(ceremony) if ceremony.kind == Kind::Authentication && !ceremony.repeated => Some(&ceremony.before.account),
            _ => None,
        });
        let before = match before {
            Some(Observation::Seen(account)) => account.sessions,
            _ => None,
        };
        Ok(match self.stage.adapter.account_state(&self.stage.account).await? {
            Observation::NotObservable(unseen) => Observation::NotObservable(unseen),
            Observation::Seen(account) => match account.sessions {
                Some(now) => Observation::Seen((before.unwrap_or(0), now)),
                None => Observation::NotObservable(faultkey_relying_party::Unseen::NoField { section: "hooks.account", field: "sessions" }),
            },
        })
    }

    /// What was logged for each step that has a cause and failed.
    fn reasons(&self, scenario: &Scenario) -> Observation<Vec<Option<String>>> {
        let mut reasons = Vec::new();
        for (step, facts) in scenario.steps.iter().zip(&self.attempt.steps) {
            let (Some(_), StepSeen::Ceremony(ceremony)) = (&step.cause, &facts.seen) else { continue };
            if !ceremony.failed() {
                continue;
            }
            match ceremony.logged() {
                Observation::NotObservable(unseen) => return Observation::NotObservable(unseen),
                Observation::Seen(reason) => reasons.push(reason),
            }
        }
        Observation::Seen(reasons)
    }
}

/// The parameter of a fault that lets time pass.
const DELAY: &str = "by";

/// Every answer that a step got, with its request, in order.
fn answers(seen: &StepSeen) -> Vec<(Request, &Answer)> {
    match seen {
        StepSeen::Ceremony(ceremony) => ceremony.requests(),
        StepSeen::Replay(replay) => vec![(replay.request, &replay.again)],
        StepSeen::Accounts { existing, missing } => {
            vec![(Request::AuthenticationOptions, existing.as_ref()), (Request::AuthenticationOptions, missing.as_ref())]
        }
        StepSeen::OptionsAgain(answer) => vec![(Request::RegistrationOptions, answer.as_ref())],
        StepSeen::Fallback { answer, .. } => match answer.as_ref() {
            Observation::Seen(answer) => vec![(Request::Fallback, answer)],
            Observation::NotObservable(_) => Vec::new(),
        },
        StepSeen::Recovery(recovery) => {
            let ways = recovery.ways.iter().flat_map(|way| {
                let answer = match &way.answer {
                    Observation::Seen(answer) => Some((Request::Fallback, answer)),
                    Observation::NotObservable(_) => None,
                };
                let ceremonies = way.registration.iter().chain(&way.authentication).flat_map(Ceremony::requests);
                answer.into_iter().chain(ceremonies)
            });
            recovery.as_it_is.iter().flat_map(Ceremony::requests).chain(ways).collect()
        }
        _ => Vec::new(),
    }
}

/// What the device, with no fault in the way, can't do of what the options ask for.
fn lacks(ceremony: &Ceremony) -> Option<String> {
    let Ended::Client(exception) = ceremony.ended() else { return None };
    if !ceremony.fired.is_empty() {
        return None;
    }
    match exception.because {
        Because::Unsuitable(what) => Some(what),
        Because::Authenticator(status @ (Status::UnsupportedOption | Status::UnsupportedAlgorithm | Status::InvalidOption)) => {
            Some(status.name().to_owned())
        }
        _ => None,
    }
}

fn ask(step: &Step, wish: Wish, usernameless: bool, user: UserAct) -> Ask {
    Ask {
        wish,
        usernameless,
        user,
        probe_new_options: step.expect.contains(&OutcomeClass::RetryNewChallenge),
        // What could not even be read was no attempt.
        probe_challenge: step.rule != Some(Rule::Form),
    }
}

/// What nothing in particular is asked of.
pub fn clean_ask(replace: bool) -> Ask {
    let wish = Wish { replace, ..clean_wish() };
    Ask { wish, usernameless: false, user: UserAct::Approve, probe_new_options: false, probe_challenge: true }
}

pub fn clean_wish() -> Wish {
    Wish { user_verification: "preferred".to_owned(), resident_key: "preferred".to_owned(), attestation: "none".to_owned(), replace: false }
}

/// A challenge counts as expired so long after its lifetime.
pub const MARGIN: Duration = Duration::from_secs(5);
