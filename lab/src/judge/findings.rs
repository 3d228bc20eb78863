//! Looks that failed become findings: each thing once, with where it was seen, and one request and answer as evidence.

use std::collections::{BTreeMap, BTreeSet};

use faultkey_transport::{Entry, What};

use crate::check::{CheckId, FindingId};
use crate::facts::RunFacts;
use crate::verdict::{Aspect, Blind, BlindSpot, Evidence, Finding, Found, SeenIn};

use super::look::{Look, Looked};

/// Characters of a body that a report keeps as evidence: more than any ceremony's.
const EVIDENCE: usize = 8_000;

/// One failed look, and where.
#[derive(Clone, Debug)]
pub struct Raw {
    pub id: FindingId,
    pub found: Found,
    pub place: Place,
    pub exchange: Option<usize>,
}

/// Indices into the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub part: usize,
    pub attempt: usize,
    pub step: usize,
}

/// All that failed and all that could not be seen, in the order in which it was looked at.
#[derive(Debug, Default)]
pub struct Findings {
    raw: Vec<Raw>,
    blind: BTreeMap<Blind, BTreeSet<CheckId>>,
}

impl Findings {
    pub fn add(&mut self, raw: Raw) {
        self.raw.push(raw);
    }

    /// Takes in what a look failed of, or could not see.
    pub fn look(&mut self, place: Place, looked: &Looked) {
        let Looked { check, request, exchange, look } = looked;
        match look {
            Look::Holds => {}
            Look::Fails(found) => {
                self.add(Raw { id: FindingId { check: *check, request: *request }, found: found.clone(), place, exchange: *exchange });
            }
            Look::Unseen(blind @ (Blind::Section { .. } | Blind::Field { .. } | Blind::HookFailed { .. })) => {
                self.blind.entry(blind.clone()).or_default().insert(*check);
            }
            Look::Unseen(Blind::NotReached | Blind::RateLimited | Blind::FaultDidNotFire | Blind::NothingToCompare) => {}
        }
    }

    /// Findings, the gravest first, and blind spots.
    pub fn told(self, facts: &RunFacts) -> (Vec<Finding>, Vec<BlindSpot>) {
        let mut by_id: BTreeMap<FindingId, Vec<Raw>> = BTreeMap::new();
        for raw in self.raw {
            by_id.entry(raw.id).or_default().push(raw);
        }
        let mut groups: Vec<Group> = Vec::new();
        // In the order of the table of checks: the gravest leads, whatever was seen first.
        for (id, raws) in by_id {
            let Some(first) = raws.first() else { continue };
            let mended = groups.iter().position(|group| group.id.check.mend() == id.check.mend());
            // All of it is a further side of what graver findings show; or else what only it shows is its evidence.
            let own = raws.iter().find(|raw| !groups.iter().any(|group| group.shows(raw)));
            let covered = own.is_none().then(|| groups.iter().position(|group| raws.iter().any(|raw| group.shows(raw)))).flatten();
            match mended.or(covered).and_then(|group| groups.get_mut(group)) {
                Some(group) => {
                    group.also.push(Aspect { id, found: first.found.clone() });
                    group.raws.extend(raws);
                }
                None => groups.push(Group { id, evidence: own.unwrap_or(first).clone(), also: Vec::new(), raws }),
            }
        }
        let findings = groups.into_iter().map(|group| group.finding(facts)).collect();
        let blind_spots = self.blind.into_iter().map(|(blind, checks)| BlindSpot { blind, checks: checks.into_iter().collect() }).collect();
        (findings, blind_spots)
    }
}

/// What is told as one finding.
struct Group {
    id: FindingId,
    evidence: Raw,
    also: Vec<Aspect>,
    raws: Vec<Raw>,
}

impl Group {
    /// Whether a request and answer that show it show this, too.
    fn shows(&self, raw: &Raw) -> bool {
        let at = |raw: &Raw| (raw.place.part, raw.place.attempt, raw.exchange);
        raw.exchange.is_some() && self.raws.iter().any(|other| at(other) == at(raw))
    }

    fn finding(self, facts: &RunFacts) -> Finding {
        Finding {
            id: self.id,
            gravity: self.id.check.gravity(),
            seen: seen_in(facts, &self.raws),
            evidence: evidence(facts, &self.evidence),
            replay: facts.parts.get(self.evidence.place.part).map(|part| part.replay.clone()).unwrap_or_default(),
            found: self.evidence.found,
            also: self.also,
            accepted: None,
        }
    }
}

/// Each scenario and profile once, at the first step that showed it.
fn seen_in(facts: &RunFacts, raws: &[Raw]) -> Vec<SeenIn> {
    let mut places: BTreeMap<usize, (usize, BTreeSet<usize>)> = BTreeMap::new();
    for raw in raws {
        let (step, attempts) = places.entry(raw.place.part).or_insert((raw.place.step, BTreeSet::new()));
        *step = (*step).min(raw.place.step);
        attempts.insert(raw.place.attempt);
    }
    let seen = places.into_iter().filter_map(|(part, (step, attempts))| {
        let part = facts.parts.get(part)?;
        let times = (part.attempts.len() > 1).then_some((attempts.len(), part.attempts.len()));
        Some(SeenIn { scenario: part.scenario.id.clone(), profile: part.profile.clone(), step: step + 1, times })
    });
    let mut seen: Vec<SeenIn> = seen.collect();
    seen.sort();
    seen
}

fn evidence(facts: &RunFacts, raw: &Raw) -> Option<Evidence> {
    let entries = &facts.parts.get(raw.place.part)?.attempts.get(raw.place.attempt)?.transcript;
    let number = raw.exchange?;
    let mut from = entries.iter().skip_while(|entry| entry.number != number);
    let What::HttpRequest { method, path, headers, body, .. } = &from.next()?.what else { return None };
    let answer = from.find(|entry| matches!(entry.what, What::HttpResponse { .. } | What::NetworkError { .. } | What::HttpRequest { .. }));
    let (status, answer) = match answer {
        Some(Entry { what: What::HttpResponse { status, body, .. }, .. }) => (Some(*status), body.as_str()),
        Some(Entry { what: What::NetworkError { text }, .. }) => (None, text.as_str()),
        _ => (None, ""),
    };
    let ((body, body_cut_of), (answer, answer_cut_of)) = (cut(body), cut(answer));
    let (method, path, headers) = (method.clone(), path.clone(), headers.clone());
    Some(Evidence { entry: number, method, path, headers, body, status, answer, body_cut_of, answer_cut_of })
}

/// The first characters, and how many bytes there are if these are not all.
fn cut(text: &str) -> (String, Option<usize>) {
    match text.char_indices().nth(EVIDENCE) {
        Some((end, _)) => (text.get(..end).unwrap_or_default().to_owned(), Some(text.len())),
        None => (text.to_owned(), None),
    }
}
