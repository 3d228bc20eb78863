//! Causes of failure and the answers to them, over all scenarios: which of them a relying party does not tell apart.

use crate::check::{CheckId, FindingId, Request};
use crate::confusion::{Cause, CauseAnswer, ConfusionMatrix};
use crate::facts::{PartFacts, RunFacts, StepSeen};
use crate::scenario::CauseName;
use crate::verdict::{AnswerSummary, Found};

use super::findings::{Place, Raw};
use super::part;

/// So many causes under one answer are too many to tell what happened. Two are often the right thing.
const TOO_MANY: usize = 3;

/// A cause with the answer to it.
#[derive(Clone, Debug)]
pub struct Played {
    pub cause: CauseName,
    /// The scenario and profile that showed it.
    scenario: String,
    place: Place,
    request: Request,
    exchange: Option<usize>,
    /// Message and ways out, as the user has them before the eyes.
    shown: Option<String>,
    /// Status and code.
    api: Option<String>,
    logged: Option<String>,
    /// The whole answer, where the adapter file reads neither code nor message from it: what stands in it may tell causes apart all the same.
    unread: Option<String>,
    answer: Option<AnswerSummary>,
}

impl Played {
    /// All that could tell it from another cause.
    fn says(&self) -> (Request, [Option<&str>; 4]) {
        (self.request, [&self.shown, &self.api, &self.logged, &self.unread].map(Option::as_deref))
    }
}

/// Every cause that was played and answered with a failure, each once: of several answers (several profiles) the first counts.
pub fn played(facts: &RunFacts) -> Vec<Played> {
    let mut all: Vec<Played> = Vec::new();
    for (index, part) in facts.parts.iter().enumerate() {
        for played in of_part(index, part) {
            if !all.iter().any(|other| other.cause.id == played.cause.id) {
                all.push(played);
            }
        }
    }
    all
}

fn of_part(index: usize, part: &PartFacts) -> Vec<Played> {
    // Repetitions answer the same.
    let Some(attempt) = part.attempts.first() else { return Vec::new() };
    let steps = part.scenario.steps.iter().zip(&attempt.steps).enumerate();
    let of_step = |(step, (wanted, facts)): (usize, (&crate::scenario::Step, &crate::facts::StepFacts))| {
        let (Some(cause), StepSeen::Ceremony(ceremony)) = (&wanted.cause, &facts.seen) else { return None };
        // Where the ceremony went through as if nothing were wrong, the user is shown nothing that could be confused with something else.
        if !ceremony.says_something() || !part::is_judged(attempt, step) {
            return None;
        }
        let answer = ceremony.summary();
        let unread = ceremony.shown().ok().filter(|shown| shown.code.is_none() && shown.message.is_none());
        Some(Played {
            cause: cause.clone(),
            scenario: format!("{} on {}", part.scenario.id, part.profile),
            place: Place { part: index, attempt: 0, step },
            request: ceremony.shown_at(),
            exchange: ceremony.shown_exchange(),
            shown: answer.as_ref().and_then(|answer| shown_text(answer, ceremony.sees.ways)),
            api: answer.as_ref().map(|answer| match &answer.code {
                Some(code) => format!("{} {code}", answer.status),
                None => answer.status.to_string(),
            }),
            logged: answer.as_ref().and_then(|answer| answer.logged.clone()),
            unread: unread.map(|shown| shown.text.clone()),
            answer,
        })
    };
    steps.filter_map(of_step).collect()
}

fn shown_text(answer: &AnswerSummary, sees_ways: bool) -> Option<String> {
    match (answer.message.as_deref(), sees_ways) {
        (message, false) => message.map(str::to_owned),
        // Who got in needs no way out.
        (Some(message), true) if answer.next.is_empty() && (200..300).contains(&answer.status) => Some(message.to_owned()),
        (message, true) => Some(format!("{} [{}]", message.unwrap_or_default(), answer.next.join(", "))),
    }
}

/// Too many causes under one answer that neither the user, nor the caller of the API, nor a reader of the log can tell apart. One finding
/// for each request.
pub fn shared_answers(causes: &[Played]) -> Vec<Raw> {
    let answered: Vec<&Played> = causes.iter().filter(|played| played.answer.is_some()).collect();
    let mut raws: Vec<(usize, Raw)> = Vec::new();
    for first in &answered {
        let same = |other: &&&Played| other.says() == first.says();
        let group: Vec<&&Played> = answered.iter().filter(same).collect();
        let Some(answer) = first.answer.clone().filter(|_| group.len() >= TOO_MANY) else { continue };
        let found =
            Found::SharedAnswer { causes: group.iter().map(|played| played.cause.id.clone()).collect(), of: answered.len(), answer };
        let id = FindingId { check: CheckId::GenericAnswer, request: first.request };
        let raw = Raw { id, found, place: first.place, exchange: first.exchange };
        match raws.iter_mut().find(|(_, other)| other.id == id) {
            Some((size, other)) if *size < group.len() => (*size, *other) = (group.len(), raw),
            Some(_) => {}
            None => raws.push((group.len(), raw)),
        }
    }
    raws.into_iter().map(|(_, raw)| raw).collect()
}

pub fn matrix(causes: &[Played]) -> ConfusionMatrix {
    let answers: Vec<CauseAnswer> = causes
        .iter()
        .map(|played| CauseAnswer {
            cause: Cause { id: played.cause.id.clone(), title: played.cause.title.clone(), scenario: played.scenario.clone() },
            shown: played.shown.clone(),
            api: played.api.clone(),
            logged: played.logged.clone(),
        })
        .collect();
    ConfusionMatrix::build(&answers)
}
