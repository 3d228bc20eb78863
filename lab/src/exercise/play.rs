//! Plays the steps of one scenario on its stage, and judges each.

mod recovery;

use faultkey_authenticator::Effect;
use faultkey_fault_injection::FaultSpec;
use faultkey_relying_party::{AccountState, AdapterError, LogLine, Observation, Wish};
use faultkey_transport::transcript::What;

use super::ceremony::{Ceremony, Ended, Kind};
use super::device::effect_text;
use super::forbidden;
use super::invariant::Invariants;
use super::outcome;
use super::stage::{Ask, Stage};
use crate::scenario::{Action, FactCheck, Scenario, Step, UserAct};
use crate::verdict::{AnswerSummary, Check, Judgement, OutcomeClass, StepVerdict, worst};

/// What a scenario left behind.
#[derive(Debug, Default)]
pub struct Played {
    pub steps: Vec<StepVerdict>,
    pub invariants: Invariants,
    /// What happened to the device, in order.
    pub device: Vec<String>,
    /// What the relying party answered at the steps that went wrong, in order.
    pub answers: Vec<String>,
    /// What was offered there.
    pub ways: Vec<String>,
    /// Answers to causes, for the confusion matrix.
    pub causes: Vec<CausePlayed>,
}

/// A cause's answer within a scenario.
#[derive(Clone, Debug)]
pub struct CausePlayed {
    /// Index of the step.
    pub step: usize,
    pub id: String,
    pub title: String,
    pub shown: Option<String>,
    pub api: Option<String>,
    pub code: Option<String>,
    pub logged: Option<String>,
}

/// Why a scenario could not be played to its end.
#[derive(Debug)]
pub enum PlayError {
    Adapter(AdapterError),
    Bug(String),
}

impl From<AdapterError> for PlayError {
    fn from(error: AdapterError) -> Self {
        PlayError::Adapter(error)
    }
}

/// A fault that was armed, by the step that armed it, and whether it acted.
struct Armed {
    step: usize,
    name: String,
    /// Decisions of all faults before it was armed.
    from: usize,
}

/// One scenario while it is played.
pub struct Player<'a, 'b> {
    stage: &'a mut Stage<'b>,
    played: Played,
    armed: Vec<Armed>,
    enumeration_looked_at: bool,
}

impl<'a, 'b> Player<'a, 'b> {
    pub fn new(stage: &'a mut Stage<'b>) -> Self {
        Player { stage, played: Played::default(), armed: Vec::new(), enumeration_looked_at: false }
    }

    pub async fn play(mut self, scenario: &Scenario) -> Result<Played, PlayError> {
        self.stage.adapter.prepare(&self.stage.account).await?;
        for (index, step) in scenario.steps.iter().enumerate() {
            let text = format!("step {}: {}", index + 1, step.action);
            self.stage.transcript.record(self.stage.clock().now(), What::Note { text });
            self.step(index, step).await?;
        }
        self.judge_whether_faults_acted();
        Ok(self.played)
    }

    async fn step(&mut self, index: usize, step: &Step) -> Result<(), PlayError> {
        let mut checks = Vec::new();
        let mut ceremony = None;
        match &step.action {
            Action::Register { replace, user_verification, resident_key, attestation, user } => {
                let wish = Wish {
                    user_verification: user_verification.clone(),
                    resident_key: resident_key.clone(),
                    attestation: attestation.clone(),
                    replace: *replace,
                };
                let ask = ask(step, wish, false, *user);
                ceremony = Some(self.stage.register(&ask).await?);
            }
            Action::LogIn { usernameless, user_verification, user } => {
                let wish = Wish { user_verification: user_verification.clone(), ..clean_wish() };
                ceremony = Some(self.stage.log_in(&ask(step, wish, *usernameless, *user)).await?);
            }
            Action::Retry => match self.stage.retry(&ask(step, clean_wish(), false, UserAct::Approve)).await? {
                Some(repeated) => ceremony = Some(repeated),
                None => {
                    checks.push(Check::not_observable("sent again", "no verify request was sent before, so there is nothing to repeat"))
                }
            },
            Action::Event(event) => {
                let now = self.stage.clock().now();
                let fired = self.stage.faults.fired().len();
                let effect = self.stage.device.happen(now, *event).map_err(|error| PlayError::Bug(error.to_string()))?;
                self.stage.lasting_cause |= effect != Effect::Nothing;
                let by: Vec<String> =
                    self.stage.faults.fired().into_iter().skip(fired).map(|fired| format!(" ({})", fired.fault)).collect();
                self.played.device.push(format!("{}: {}{}", event.name(), effect_text(effect), by.concat()));
            }
            Action::Arm(spec) => self.arm(index, spec)?,
            Action::Clear(name) => self.stage.faults.clear(name.as_deref()),
            Action::Advance(time) => {
                self.stage.look_again();
                self.stage.clock().advance(*time);
            }
            Action::Hook(hook) => checks.push(self.hook(*hook).await?),
            Action::FallBack(way) => checks.push(self.fall_back(*way).await?),
            Action::Recover(ways) => checks = self.recover(ways).await?,
            Action::StartOver => {
                self.stage.start_over().await?;
                self.played.invariants.account_emptied();
            }
            Action::Check(facts) => checks = self.facts(facts).await?,
        }
        let mut answer = None;
        if let Some(ceremony) = ceremony {
            checks = outcome::judge(&step.expect, &ceremony);
            checks.extend(step.forbid.iter().filter_map(|forbidden| forbidden::check(*forbidden, &ceremony)));
            answer = ceremony.summary();
            self.after_ceremony(index, step, &ceremony, answer.as_ref()).await?;
        }
        self.played.steps.push(StepVerdict {
            number: index + 1,
            action: step.action.to_string(),
            cause: step.cause.as_ref().map(|cause| cause.id.clone()),
            expected: if matches!(step.action, Action::Recover(_)) { vec![OutcomeClass::Ok] } else { step.expect.clone() },
            judgement: worst(&checks),
            checks,
            answer,
        });
        Ok(())
    }

    /// Invariants, sentences, and the confusion matrix's row.
    async fn after_ceremony(
        &mut self,
        index: usize,
        step: &Step,
        ceremony: &Ceremony,
        answer: Option<&AnswerSummary>,
    ) -> Result<(), PlayError> {
        self.played.invariants.look(ceremony);
        self.note_decisions(ceremony, &step.action.to_string());
        if ceremony.kind == Kind::Registration && ceremony.ended() == Ended::Accepted {
            self.stage.lasting_cause = false;
            self.look_at_enumeration().await?;
        }
        let went_wrong = step.cause.is_some() || ceremony.failed();
        if went_wrong {
            let place = step.action.to_string();
            let shown = match ceremony.shown() {
                Ok(shown) => outcome::answer_text(shown),
                Err(why) => format!("not observable: {why}"),
            };
            let client =
                if ceremony.reported.is_some() { format!("{}; then shown ", outcome::how_it_ended(ceremony)) } else { String::new() };
            self.played.answers.push(format!("{place}: {client}{shown}"));
            self.played.ways.push(format!("{place}: {}", ways_text(ceremony)));
        }
        // Where the ceremony went through as if nothing were wrong, the user is shown nothing that could be confused with something else.
        if let Some(cause) = step.cause.as_ref().filter(|_| ceremony.says_something()) {
            self.played.causes.push(CausePlayed {
                step: index,
                id: cause.id.clone(),
                title: cause.title.clone(),
                shown: answer.and_then(|answer| shown_text(answer, ceremony.sees.ways)),
                api: answer.map(|answer| match &answer.code {
                    Some(code) => format!("{} {code}", answer.status),
                    None => answer.status.to_string(),
                }),
                code: answer.and_then(|answer| answer.code.clone()),
                logged: answer.and_then(|answer| answer.logged.clone()),
            });
        }
        Ok(())
    }

    fn arm(&mut self, step: usize, spec: &FaultSpec) -> Result<(), PlayError> {
        let from = self.stage.faults.fired().len();
        let now = self.stage.clock().now();
        self.stage.faults.arm(now, spec.clone()).map_err(|error| PlayError::Bug(error.to_string()))?;
        self.armed.push(Armed { step, name: spec.name.clone(), from });
        Ok(())
    }

    /// A fault that never met its opportunity proves nothing: the step that armed it says so.
    fn judge_whether_faults_acted(&mut self) {
        let fired = self.stage.faults.fired();
        for armed in &self.armed {
            let decision = fired.iter().skip(armed.from).find(|fired| fired.fault == armed.name);
            let check = match decision {
                Some(decision) => Check::new("the fault acted", Judgement::Held, decision.text.clone()),
                None => Check::not_observable("the fault acted", format!("{} met no opportunity to act", armed.name)),
            };
            if let Some(step) = self.played.steps.get_mut(armed.step) {
                step.judgement = step.judgement.max(check.judgement);
                step.checks.push(check);
            }
        }
    }

    fn note_decisions(&mut self, ceremony: &Ceremony, action: &str) {
        self.played.device.extend(ceremony.fired.iter().map(|fired| format!("{action}: {} ({})", fired.fault, fired.text)));
    }

    /// Invariant I8, once for each scenario.
    async fn look_at_enumeration(&mut self) -> Result<(), PlayError> {
        if self.enumeration_looked_at {
            return Ok(());
        }
        self.enumeration_looked_at = true;
        let (existing, missing) = (self.stage.account.username.clone(), format!("{}-nobody", self.stage.account.username));
        let existing = self.stage.options_for(&existing, &clean_wish()).await?;
        let missing = self.stage.options_for(&missing, &clean_wish()).await?;
        self.played.invariants.enumeration(&existing, &missing);
        Ok(())
    }

    async fn facts(&mut self, facts: &[FactCheck]) -> Result<Vec<Check>, PlayError> {
        let mut checks = Vec::new();
        for fact in facts {
            checks.push(match fact {
                FactCheck::DistinctReasons(least) => self.distinct_reasons(*least).await?,
                FactCheck::Credentials(exactly) => {
                    let what = format!("{} stored", outcome::count(*exactly));
                    match self.stage.adapter.credentials(&self.stage.account).await? {
                        Observation::NotObservable(why) => Check::not_observable(&what, why.to_string()),
                        Observation::Seen(rows) => Check::is(&what, rows.len() == *exactly, outcome::count(rows.len())),
                    }
                }
                FactCheck::SessionsAtMost(most) => {
                    let what = format!("at most {most} session{}", if *most == 1 { "" } else { "s" });
                    match self.stage.adapter.account_state(&self.stage.account).await? {
                        Observation::Seen(AccountState { sessions: Some(sessions), .. }) => {
                            Check::is(&what, sessions <= *most, format!("{sessions}"))
                        }
                        Observation::Seen(_) => Check::not_observable(&what, "the account hook does not tell"),
                        Observation::NotObservable(why) => Check::not_observable(&what, why.to_string()),
                    }
                }
            });
        }
        Ok(checks)
    }

    async fn distinct_reasons(&mut self, least: usize) -> Result<Check, PlayError> {
        let what = format!("{least} causes are logged with {least} different reasons");
        let log: Observation<Vec<LogLine>> = self.stage.adapter.log(&self.stage.account).await?;
        if let Observation::NotObservable(why) = log {
            return Ok(Check::not_observable(&what, why.to_string()));
        }
        let mut reasons: Vec<&str> = Vec::new();
        for cause in &self.played.causes {
            let reason = cause.logged.as_deref().unwrap_or("(nothing logged)");
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        let found = format!("{} causes, {} reasons: {}", self.played.causes.len(), reasons.len(), reasons.join(", "));
        Ok(Check::is(&what, reasons.len() >= least, found))
    }
}

fn ask(step: &Step, wish: Wish, usernameless: bool, user: UserAct) -> Ask {
    let probe_new_options = step.expect.contains(&OutcomeClass::RetryNewChallenge);
    Ask { wish, usernameless, user, probe_new_options }
}

fn clean_wish() -> Wish {
    Wish { user_verification: "preferred".to_owned(), resident_key: "preferred".to_owned(), attestation: "none".to_owned(), replace: false }
}

/// Message and ways out, as the user has them before the eyes.
fn shown_text(answer: &AnswerSummary, sees_ways: bool) -> Option<String> {
    let message = answer.message.as_deref().filter(|message| !message.is_empty());
    match (message, sees_ways) {
        (None, false) => None,
        (message, false) => message.map(str::to_owned),
        // Who got in needs no way out.
        (Some(message), true) if answer.next.is_empty() && (200..300).contains(&answer.status) => Some(message.to_owned()),
        (message, true) => {
            let ways = if answer.next.is_empty() { "no way out".to_owned() } else { answer.next.join(", ") };
            Some(format!("{} [{ways}]", message.unwrap_or("(no message)")))
        }
    }
}

fn ways_text(ceremony: &Ceremony) -> String {
    match ceremony.shown() {
        Err(why) => format!("not observable: {why}"),
        Ok(_) if !ceremony.sees.ways => format!("not observable: {}", outcome::WAYS_UNSEEN),
        Ok(shown) if shown.next.is_empty() && (200..300).contains(&shown.status) => "none needed".to_owned(),
        Ok(shown) if shown.next.is_empty() => "none is offered".to_owned(),
        Ok(_) => {
            let list = ceremony.ways.iter().map(|(way, there)| match there {
                Observation::Seen(true) => way.clone(),
                Observation::Seen(false) => format!("{way} (leads nowhere)"),
                Observation::NotObservable(_) => format!("{way} (not looked at)"),
            });
            list.collect::<Vec<_>>().join(", ")
        }
    }
}
