//! One scenario on one profile: what its steps were expected to show, and what every ceremony must show anyway.

use faultkey_authenticator::{Effect, Status};
use faultkey_client::dom_exception::Because;
use faultkey_fault_injection::{Language, Text};
use faultkey_relying_party::Observation;

use crate::check::{CheckId, FindingId, Gravity, Request};
use crate::facts::{
    ArmedFacts, Attempt, BrokenOff, Ceremony, Ended, Kind, PartFacts, Phase, Replay, ReplayFrom, RunFacts, Skipped, StepFacts, StepSeen,
    WayTried,
};
use crate::scenario::{Action, FactCheck, OutcomeClass, Rule, Step};
use crate::verdict::{AnswerSummary, Blind, CheckResult, Found, Happened, KeyEffect, Reason, ScenarioResult, Standing, StepResult};
use crate::words::Words;

use super::findings::{Findings, Place};
use super::hook;
use super::look::{self, Look, Looked};
use super::options::{self, Challenges};
use super::outcome::{self, Times};
use super::recovery;

/// Judges one part, and adds to the findings.
pub fn judge(facts: &RunFacts, index: usize, part: &PartFacts, findings: &mut Findings, challenges: &mut Challenges) -> ScenarioResult {
    let mut result = blank(part);
    if let Some(skipped) = &part.skipped {
        (result.standing, result.reason) = skipped_standing(skipped);
        return result;
    }
    let times = if facts.challenge_lifetime.is_some() { Times::Lifetime } else { Times::Timeout };
    for (number, attempt) in part.attempts.iter().enumerate() {
        if facts.fresh_each_time {
            *challenges = Challenges::default();
        }
        let judging = Judging { part, attempt, place: Place { part: index, attempt: number, step: 0 }, times };
        let steps = judging.steps(findings, challenges);
        let (standing, reason) = judging.standing(&steps);
        // Of several repetitions the worst is told.
        if number == 0 || standing > result.standing {
            result = ScenarioResult { standing, reason, steps, transcript: attempt.transcript.clone(), ..result };
        }
    }
    result
}

/// Whether a step shows what it was played for: it comes before what broke the attempt off, and the fault that was armed for it fired.
pub fn is_judged(attempt: &Attempt, step: usize) -> bool {
    let ends = attempt.broken_off.as_ref().map(BrokenOff::step);
    ends.is_none_or(|ends| step < ends) && idle(attempt, step).is_none()
}

/// The fault that was armed last before the step, if it never fired.
fn idle(attempt: &Attempt, step: usize) -> Option<&ArmedFacts> {
    attempt.armed.iter().rev().find(|armed| armed.step < step).filter(|armed| armed.fired.is_empty())
}

fn blank(part: &PartFacts) -> ScenarioResult {
    let scenario = &part.scenario;
    ScenarioResult {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        words_en: scenario.words.en.clone(),
        words_ja: scenario.words.ja.clone(),
        catalogue: scenario.catalogue.clone(),
        profile: part.profile.clone(),
        evidence: scenario.evidence.to_string(),
        evidence_note: scenario.evidence_note.clone(),
        standing: Standing::NotPlayed,
        reason: Some(Reason::RunEnded),
        steps: Vec::new(),
        replay: part.replay.clone(),
        transcript: Vec::new(),
    }
}

fn skipped_standing(skipped: &Skipped) -> (Standing, Option<Reason>) {
    match skipped {
        Skipped::ImpossibleOnProfile(problem) => (Standing::DoesNotApply, Some(Reason::ImpossibleOnProfile { problem: problem.clone() })),
        Skipped::NeedsWait => (Standing::NotPlayed, Some(Reason::NeedsWait)),
        Skipped::RunEnded => (Standing::NotPlayed, Some(Reason::RunEnded)),
    }
}

/// One attempt while it is judged.
struct Judging<'a> {
    part: &'a PartFacts,
    attempt: &'a Attempt,
    place: Place,
    times: Times,
}

impl Judging<'_> {
    fn steps(&self, findings: &mut Findings, challenges: &mut Challenges) -> Vec<StepResult> {
        let mut told = 0;
        let mut results = Vec::new();
        for (index, (step, facts)) in self.part.scenario.steps.iter().zip(&self.attempt.steps).enumerate() {
            let place = Place { step: index, ..self.place };
            let changed = matches!(step.action, Action::Hook(_)) && !hook::is_missing(&facts.seen);
            if changed || matches!(step.action, Action::StartOver) {
                told = 0;
            }
            if let StepSeen::Ceremony(ceremony) = &facts.seen {
                told += usize::from(is_told(ceremony));
            }
            let judged = is_judged(self.attempt, index);
            let looks = if judged { self.looks(index, step, facts, told) } else { Vec::new() };
            // What is true of any ceremony is judged also where the scenario came to nothing.
            for looked in self.always(index, facts, told, challenges) {
                findings.look(place, &looked);
            }
            for looked in &looks {
                findings.look(place, looked);
            }
            results.push(self.result(index, step, facts, &looks));
        }
        if let Some(BrokenOff::StoppedAnswering { step, request, exchange }) = &self.attempt.broken_off {
            let look = Look::Fails(Found::StoppedAnswering);
            let looked = Looked { check: CheckId::StoppedAnswering, request: *request, exchange: *exchange, look };
            findings.look(Place { step: *step, ..self.place }, &looked);
        }
        results
    }

    /// What the scenario expects of the step.
    fn looks(&self, index: usize, step: &Step, facts: &StepFacts, told: usize) -> Vec<Looked> {
        if let Some(blind) = hook::missing(self.part, self.attempt, index) {
            return hook::looks(step, &facts.seen, blind);
        }
        match (&step.action, &facts.seen) {
            (_, StepSeen::Ceremony(ceremony)) if self.has_nothing_to_sign_in_with(index, ceremony) => Vec::new(),
            (_, StepSeen::Ceremony(ceremony)) => {
                let expected = expected(step, ceremony);
                // A clean one could not succeed; one that is to fail in the client is judged as any other.
                if expected == [OutcomeClass::Ok] && self.lacks_discoverable(index, ceremony) {
                    return Vec::new();
                }
                let mut looks = outcome::judge(&expected, step.rule, ceremony, self.times);
                for forbidden in &step.forbid {
                    let looked = outcome::forbidden(*forbidden, ceremony, told);
                    looks.extend(looked.filter(|looked| !looks.iter().any(|other| other.check == looked.check)));
                }
                looks
            }
            (Action::Check(wanted), seen) => self.facts(index, wanted, seen),
            (_, StepSeen::Recovery(recovery)) => {
                let retry = recovery.as_it_is.as_ref().filter(|ceremony| !self.lacks_discoverable(index, ceremony));
                // A new passkey that no sign-in can find is told as that, once.
                let found_by_none = |way: &WayTried| match (&way.registration, &way.authentication) {
                    (Some(registration), Some(authentication)) => {
                        has_no_credential(authentication) && options::needs_what_was_not_required(registration, authentication)
                    }
                    _ => false,
                };
                if recovery.ways.iter().any(found_by_none) {
                    return Vec::new();
                }
                recovery::looks(recovery, retry)
            }
            (_, StepSeen::Fallback { answer, .. }) => recovery::fallback(answer).into_iter().collect(),
            (_, StepSeen::Replay(replay)) => vec![replayed(replay)],
            (_, StepSeen::Accounts { existing, missing }) => accounts(existing, missing),
            (_, StepSeen::OptionsAgain(again)) => {
                options::registered(self.attempt, index).and_then(|registered| options::excludes(registered, again)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// What is looked at whatever the scenario expects.
    fn always(&self, index: usize, facts: &StepFacts, told: usize, challenges: &mut Challenges) -> Vec<Looked> {
        let broken_off = self.attempt.broken_off.as_ref().filter(|broken_off| broken_off.step() == index);
        match &facts.seen {
            // Of a ceremony during which the relying party stopped answering, that is all that can be said.
            _ if matches!(broken_off, Some(BrokenOff::StoppedAnswering { .. })) => Vec::new(),
            StepSeen::Ceremony(ceremony) => {
                // What the device, the adapter file or a limit on the rate kept from going on, the relying party did not: of such a ceremony
                // only the answers themselves are judged, not whether the user was left with a way on.
                let mut looks = if broken_off.is_some() { look::answers(ceremony) } else { outcome::invariants(ceremony, told) };
                looks.extend(options::looks(ceremony));
                let registered = options::registered(self.attempt, index);
                looks.extend(registered.and_then(|registered| options::usernameless(registered, ceremony)));
                let given = [ceremony.options.as_ref().filter(|_| !ceremony.repeated), ceremony.new_options.as_ref()];
                let request = ceremony.kind.request(Phase::Options);
                looks.extend(given.into_iter().flatten().filter_map(|answer| challenges.count(request, answer)));
                looks
            }
            StepSeen::Replay(replay) => look::answer_looks(replay.request, &replay.again),
            StepSeen::Recovery(recovery) => recovery::ceremonies(recovery).flat_map(look::answers).collect(),
            StepSeen::Accounts { missing, .. } => look::answer_looks(Request::AuthenticationOptions, missing),
            StepSeen::OptionsAgain(again) => {
                let mut looks = look::answer_looks(Request::RegistrationOptions, again);
                looks.extend(challenges.count(Request::RegistrationOptions, again));
                looks
            }
            _ => Vec::new(),
        }
    }

    /// The account's only registrations were refused, which is judged where it happened: no client could sign in now.
    fn has_nothing_to_sign_in_with(&self, index: usize, ceremony: &Ceremony) -> bool {
        if ceremony.kind != Kind::Authentication || !matches!(ceremony.ended(), Ended::Client(_)) {
            return false;
        }
        let mut registrations = self.registrations(index).map(Ceremony::ended);
        registrations.next().is_some_and(|last| last == Ended::Refused && registrations.all(|ended| ended == Ended::Refused))
    }

    /// The options list no credential, and the device's own need not be discoverable: the device has none for them, whatever failed before.
    fn lacks_discoverable(&self, index: usize, ceremony: &Ceremony) -> bool {
        // The device made it, whatever became of the answer.
        let made = self.registrations(index).find(|registration| registration.credential_id().is_some());
        let impossible = made.is_some_and(|registration| options::needs_what_was_not_required(registration, ceremony));
        has_no_credential(ceremony) && ceremony.fired.is_empty() && impossible
    }

    /// Those of the account before the step, the last first.
    fn registrations(&self, before: usize) -> impl Iterator<Item = &Ceremony> {
        let steps = self.part.scenario.steps.iter().zip(&self.attempt.steps).take(before).rev();
        let of_account = steps.take_while(|(step, _)| !matches!(step.action, Action::StartOver));
        of_account.filter_map(|(_, facts)| match &facts.seen {
            StepSeen::Ceremony(ceremony) if ceremony.kind == Kind::Registration => Some(ceremony.as_ref()),
            _ => None,
        })
    }

    fn facts(&self, index: usize, wanted: &[FactCheck], seen: &StepSeen) -> Vec<Looked> {
        let seen: Vec<&StepSeen> = match seen {
            StepSeen::Several(several) => several.iter().collect(),
            one => vec![one],
        };
        let last = |wanted: Kind| {
            self.attempt.steps.iter().take(index).rev().find_map(|step| match &step.seen {
                StepSeen::Ceremony(ceremony) if ceremony.kind == wanted => ceremony.exchange(),
                _ => None,
            })
        };
        let looks = wanted.iter().zip(seen).filter_map(|(wanted, seen)| {
            let (check, look) = fact(wanted, seen)?;
            // Which request is to blame does not depend on when somebody looks.
            let kind = match wanted {
                FactCheck::Credentials(_) => Kind::Registration,
                FactCheck::SessionsAtMost(_) | FactCheck::DistinctReasons(_) => Kind::Authentication,
            };
            Some(Looked { check, request: kind.request(Phase::Verify), exchange: last(kind), look })
        });
        looks.collect()
    }

    fn result(&self, index: usize, step: &Step, facts: &StepFacts, looks: &[Looked]) -> StepResult {
        let checks: Vec<CheckResult> = looks.iter().map(check_result).collect();
        let ceremony = match &facts.seen {
            StepSeen::Ceremony(ceremony) => Some(ceremony),
            _ => None,
        };
        let fired = facts.fired.iter().map(|fired| Happened::Fault { fault: fired.fault.clone(), text: fired.text.clone() });
        let happened = facts.effect.map(|effect| Happened::Event { effect: key_effect(effect) }).into_iter().chain(fired).collect();
        StepResult {
            number: index + 1,
            action: Text::new(Words::of(Language::English).action(&step.action), Words::of(Language::Japanese).action(&step.action)),
            cause: step.cause.as_ref().map(|cause| cause.id.clone()),
            expected: if ceremony.is_some() { step.expect.clone() } else { Vec::new() },
            standing: standing(&checks),
            checks,
            happened,
            answer: ceremony.and_then(|ceremony| ceremony.summary()),
        }
    }

    fn standing(&self, steps: &[StepResult]) -> (Standing, Option<Reason>) {
        if let Some(broken_off) = &self.attempt.broken_off {
            return self.broken_off(broken_off);
        }
        let standings: Vec<Standing> = steps.iter().filter_map(|step| step.standing).collect();
        if standings.contains(&Standing::Failed) {
            return (Standing::Failed, None);
        }
        // What was played for nothing proves nothing.
        if let Some(armed) = self.attempt.armed.iter().find(|armed| armed.fired.is_empty()) {
            return (Standing::NotObservable, Some(Reason::FaultDidNotFire { fault: armed.fault.clone() }));
        }
        if self.attempt.steps.iter().any(|facts| hook::is_missing(&facts.seen)) {
            return (Standing::NotObservable, Some(Reason::NothingSeen));
        }
        if self.not_required() {
            return (Standing::DoesNotApply, Some(Reason::VerificationNotRequired));
        }
        if standings.contains(&Standing::Passed) {
            return (Standing::Passed, None);
        }
        (Standing::NotObservable, Some(Reason::NothingSeen))
    }

    /// The scenario's cause is a user who was not verified, and the options did not require that.
    fn not_required(&self) -> bool {
        self.part.scenario.steps.iter().zip(&self.attempt.steps).any(|(step, facts)| match &facts.seen {
            StepSeen::Ceremony(ceremony) if step.cause.is_some() => expected(step, ceremony) != step.expect,
            _ => false,
        })
    }

    fn broken_off(&self, broken_off: &BrokenOff) -> (Standing, Option<Reason>) {
        let number = |step: &usize| step + 1;
        match broken_off {
            BrokenOff::SetUp(step) => {
                let found = match self.attempt.steps.get(*step).map(|step| &step.seen) {
                    Some(StepSeen::Ceremony(ceremony)) => look::ending(ceremony),
                    _ => Found::NoAnswer { problem: String::new() },
                };
                (Standing::NotSetUp, Some(Reason::CleanStepFailed { step: number(step), found }))
            }
            BrokenOff::Unsuitable { step, lacks } => {
                (Standing::DoesNotApply, Some(Reason::DeviceLacks { step: number(step), lacks: lacks.clone() }))
            }
            BrokenOff::RateLimited { step } => (Standing::NotObservable, Some(Reason::RateLimited { step: number(step) })),
            BrokenOff::Adapter { step, problem } => {
                (Standing::NotObservable, Some(Reason::AdapterDoesNotFit { step: number(step), problem: problem.clone() }))
            }
            BrokenOff::StoppedAnswering { step, .. } => (Standing::Failed, Some(Reason::StoppedAnswering { step: number(step) })),
            BrokenOff::RunEnded { .. } => (Standing::NotPlayed, Some(Reason::RunEnded)),
        }
    }
}

/// The device has none of the credentials that are asked for.
fn has_no_credential(ceremony: &Ceremony) -> bool {
    matches!(ceremony.ended(), Ended::Client(exception) if exception.because == Because::Authenticator(Status::NoCredentials))
}

/// The registration was accepted, and the user was told so.
fn is_told(ceremony: &Ceremony) -> bool {
    let told = ceremony.shown().is_ok_and(|shown| (200..300).contains(&shown.status));
    ceremony.kind == Kind::Registration && ceremony.ended() == Ended::Accepted && told && !ceremony.repeated
}

/// User verification is judged by what the options ask for (WebAuthn-3 §7.2 step 17): where they don't require it, accepting is right.
fn expected(step: &Step, ceremony: &Ceremony) -> Vec<OutcomeClass> {
    let required = ceremony.given().and_then(|options| user_verification(options)).is_some_and(|wanted| wanted == "required");
    if step.rule == Some(Rule::UserVerification) && !required && !ceremony.failed() {
        return vec![OutcomeClass::Ok];
    }
    step.expect.clone()
}

fn user_verification(options: &serde_json::Value) -> Option<&str> {
    let own = options.get("userVerification").or_else(|| options.get("authenticatorSelection")?.get("userVerification"));
    own?.as_str()
}

fn fact(wanted: &FactCheck, seen: &StepSeen) -> Option<(CheckId, Look)> {
    fn of<T>(observation: &Observation<T>, look: impl FnOnce(&T) -> Option<Found>) -> Look {
        match observation {
            Observation::NotObservable(unseen) => Look::Unseen(unseen.into()),
            Observation::Seen(value) => look(value).map_or(Look::Holds, Look::Fails),
        }
    }
    Some(match (wanted, seen) {
        (FactCheck::Credentials(exactly), StepSeen::Credentials(rows)) => {
            let more = matches!(rows, Observation::Seen(rows) if rows > exactly);
            let check = if more { CheckId::DuplicateCredential } else { CheckId::AcceptedNotStored };
            let found =
                |rows: &usize| if more { Found::Rows { rows: *rows, registrations: *exactly } } else { Found::NotStored { rows: *rows } };
            (check, of(rows, |rows| (rows != exactly).then(|| found(rows))))
        }
        (FactCheck::SessionsAtMost(most), StepSeen::Sessions(sessions)) => {
            let look = of(sessions, |(before, after)| {
                (after.saturating_sub(*before) > *most).then_some(Found::Sessions { before: *before, after: *after })
            });
            (CheckId::ExtraSession, look)
        }
        (FactCheck::DistinctReasons(least), StepSeen::Reasons(reasons)) => {
            let look = of(reasons, |reasons| {
                let distinct: std::collections::BTreeSet<_> = reasons.iter().flatten().collect();
                // What was accepted needs no reason, and is judged at its own step.
                let found = match distinct.len() {
                    0 => Found::NothingLogged,
                    several => Found::ReasonsShared { reasons: several, failures: reasons.len() },
                };
                (distinct.len() < (*least).min(reasons.len())).then_some(found)
            });
            (CheckId::ReasonNotLogged, look)
        }
        _ => return None,
    })
}

/// The same session may be told again what stands; nobody else may.
fn replayed(replay: &Replay) -> Looked {
    let idempotent = replay.request == Request::RegistrationVerify && replay.from == ReplayFrom::SameCookies;
    let look = if replay.again.rate_limited() {
        Look::Unseen(Blind::RateLimited)
    } else if replay.again.accepted && !idempotent {
        Look::Fails(Found::AcceptedAgain { from: replay.from, answer: AnswerSummary::of(&replay.again) })
    } else {
        Look::Holds
    };
    Looked { check: CheckId::Replay, request: replay.request, exchange: Some(replay.again.exchange), look }
}

/// The same status and the same shape for a name with an account and one without. Timing is not judged.
fn accounts(existing: &faultkey_relying_party::Answer, missing: &faultkey_relying_party::Answer) -> Vec<Looked> {
    let shape = |answer: &faultkey_relying_party::Answer| answer.json.as_ref().map(super::shape::of).unwrap_or_default();
    let look = if existing.rate_limited() || missing.rate_limited() {
        Look::Unseen(Blind::RateLimited)
    } else if existing.status != missing.status {
        Look::Fails(Found::Statuses { existing: existing.status, missing: missing.status })
    } else if shape(existing) != shape(missing) {
        Look::Fails(Found::Shapes { existing: shape(existing), missing: shape(missing) })
    } else {
        Look::Holds
    };
    let request = Request::AuthenticationOptions;
    vec![Looked { check: CheckId::AccountEnumeration, request, exchange: Some(missing.exchange), look }]
}

const fn key_effect(effect: Effect) -> KeyEffect {
    match effect {
        Effect::Nothing => KeyEffect::Nothing,
        Effect::KeyInvalidated => KeyEffect::KeyInvalidated,
        Effect::CredentialGone => KeyEffect::CredentialGone,
        Effect::OtherKey => KeyEffect::OtherKey,
    }
}

fn check_result(looked: &Looked) -> CheckResult {
    let (standing, found, blind) = match &looked.look {
        Look::Holds => (Standing::Passed, None, None),
        Look::Fails(found) => (Standing::Failed, Some(found.clone()), None),
        Look::Unseen(blind) => (Standing::NotObservable, None, Some(blind.clone())),
    };
    CheckResult { id: FindingId { check: looked.check, request: looked.request }, standing, found, blind }
}

/// A remark fails no step.
fn standing(checks: &[CheckResult]) -> Option<Standing> {
    let fails = |check: &&CheckResult| check.standing == Standing::Failed && check.id.check.gravity() < Gravity::Advice;
    if checks.iter().any(|check| fails(&check)) {
        return Some(Standing::Failed);
    }
    if checks.iter().any(|check| check.standing != Standing::NotObservable) {
        return Some(Standing::Passed);
    }
    (!checks.is_empty()).then_some(Standing::NotObservable)
}
