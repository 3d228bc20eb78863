//! Finds the scenarios that fit what a user or a support desk says, in English or Japanese; where none does, the entry of the catalogue that
//! fits, and the faults that play it.
//!
//! A query is compared with sayings: titles, the words of scenarios, those of the catalogue's entries that they play, ids. Both are first turned
//! into meanings (`lab/data/synonyms.toml`) and, for what no meaning knows, into words. What is rare weighs more than what stands everywhere.

mod catalogue;
mod index;
mod meaning;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;

use faultkey_fault_injection::{FaultInfo, Profile, profile, registry};

use crate::scenario::{self, Action, Scenario, ScenarioError};
use index::{Fit, Index, Saying};
use meaning::Meanings;

pub use catalogue::{Entry, Known};

/// So many hits at most, but for the scenarios that say the query itself.
const LIMIT: usize = 5;
/// What is less than this part as near as the nearest is left out.
const CUT_OFF: f64 = 0.6;
/// What belongs to a scenario by an entry of the catalogue that it plays, against its own words; the less, the more entries it plays.
const OF_ENTRY: f64 = 0.9;
const OF_EACH_MORE: f64 = 0.02;
/// What no scenario plays, against the words of a scenario: what can be played is of more use.
const UNPLAYED: f64 = 0.85;

/// What was found.
#[derive(Clone, Debug)]
pub enum Hit {
    Scenario(Box<Scenario>),
    /// An entry of the catalogue that no scenario plays.
    Entry(Entry),
    /// A fault that no scenario arms.
    Fault(&'static FaultInfo),
    /// A device on which no scenario is played unless asked for.
    Profile(&'static Profile),
}

/// Why nothing can be searched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    #[error("the catalogue or the synonyms that are built in are broken: {0}")]
    Data(#[from] toml::de::Error),
}

/// Everything that can be found, made ready.
pub struct Search {
    hits: Vec<Hit>,
    index: Index,
}

impl Search {
    /// Over all that is built in.
    ///
    /// # Errors
    /// Never in a program whose tests pass.
    pub fn built_in() -> Result<Self, SearchError> {
        let scenarios = scenario::all()?;
        let entries = catalogue::built_in()?;
        let unplayed = entries.iter().filter(|entry| !scenarios.iter().any(|scenario| plays(scenario, &entry.id))).cloned();
        let armed: BTreeSet<String> = scenarios.iter().flat_map(faults).collect();
        let unarmed = registry::all().into_iter().filter(|fault| !armed.contains(fault.name));
        let used: BTreeSet<&String> = scenarios.iter().flat_map(|scenario| &scenario.profiles).collect();
        let unused = profile::all().iter().filter(|profile| !used.contains(&profile.name));
        let hits: Vec<Hit> = (scenarios.iter().cloned().map(Box::new).map(Hit::Scenario))
            .chain(unplayed.map(Hit::Entry))
            .chain(unarmed.map(Hit::Fault))
            .chain(unused.map(Hit::Profile))
            .collect();
        let index = Index::new(Meanings::built_in()?, hits.iter().map(|hit| sayings(hit, &entries)));
        Ok(Search { hits, index })
    }

    /// What fits a query, the nearest first. Nothing searched for is every scenario.
    #[must_use]
    pub fn find(&self, query: &str) -> Vec<Hit> {
        if query.trim().is_empty() {
            return self.hits.iter().filter(|hit| matches!(hit, Hit::Scenario(_))).cloned().collect();
        }
        let fits = self.hits.iter().zip(self.index.fits(query));
        let mut fits: Vec<(&Hit, Fit)> = fits.filter_map(|(hit, fit)| named(hit, query, fit).map(|fit| (hit, fit))).collect();
        // What says the query itself goes first, and of that the scenarios. Of what fits equally well the order stays.
        let rank = |(hit, fit): &(&Hit, Fit)| (!fit.exact, fit.exact && !matches!(hit, Hit::Scenario(_)));
        fits.sort_by(|one, other| rank(one).cmp(&rank(other)).then(other.1.score.total_cmp(&one.1.score)));
        let best = fits.first().map_or(0.0, |(_, fit)| fit.score);
        let kept = fits.into_iter().enumerate().filter(|(rank, (hit, fit))| {
            let itself = fit.exact && matches!(hit, Hit::Scenario(_));
            itself || *rank < LIMIT && (fit.exact || fit.score >= CUT_OFF * best)
        });
        without_faults_of_entries(kept.map(|(_, (hit, _))| hit.clone()).collect())
    }
}

/// A query that names something, alone or among other words.
fn names_in(query: &str) -> impl Iterator<Item = String> {
    let whole = std::iter::once(query.trim());
    whole.chain(query.split_whitespace().filter(|word| word.contains('-'))).map(plain)
}

/// Case and hyphens make no difference in a name.
fn plain(name: &str) -> String {
    text::fold(name).replace('-', "")
}

fn plays(scenario: &Scenario, id: &str) -> bool {
    scenario.catalogue.iter().any(|cited| catalogue::cites(cited, id))
}

fn faults(scenario: &Scenario) -> impl Iterator<Item = String> {
    scenario.steps.iter().filter_map(|step| match &step.action {
        Action::Arm(spec) => Some(spec.name.clone()),
        _ => None,
    })
}

/// Everything that is called by a name of its own.
fn names(hit: &Hit) -> Vec<String> {
    // Whoever looks for AK-01 finds AK-01a, too.
    let with_whole = |id: &str| [plain(id), plain(id.trim_end_matches(|c: char| c.is_ascii_lowercase()))];
    match hit {
        Hit::Scenario(scenario) => {
            let called = [scenario.id.clone()].into_iter().chain(scenario.profiles.iter().cloned()).chain(faults(scenario));
            called.map(|name| plain(&name)).chain(scenario.catalogue.iter().flat_map(|id| with_whole(id))).collect()
        }
        Hit::Entry(entry) => with_whole(&entry.id).into(),
        Hit::Fault(fault) => vec![plain(fault.name)],
        Hit::Profile(profile) => vec![plain(&profile.name)],
    }
}

/// Named hits go before all others.
fn named(hit: &Hit, query: &str, fit: Option<Fit>) -> Option<Fit> {
    let names = names(hit);
    if names_in(query).any(|name| names.contains(&name)) { Some(Fit { exact: true, score: 1.0 }) } else { fit }
}

fn sayings(hit: &Hit, entries: &[Entry]) -> Vec<Saying> {
    match hit {
        Hit::Scenario(scenario) => {
            let id = scenario.id.replace('-', " ");
            let titles = [&scenario.title].into_iter().chain(causes(scenario)).flat_map(|text| [&text.en, &text.ja]);
            let own = said(&scenario.words.en).chain(said(&scenario.words.ja)).chain(titles.map(String::as_str)).chain([id.as_str()]);
            let mut all = shared(own, 1.0);
            let played: Vec<&Entry> = entries.iter().filter(|entry| plays(scenario, &entry.id)).collect();
            #[allow(clippy::cast_precision_loss)]
            let share = OF_ENTRY - OF_EACH_MORE * played.len() as f64;
            all.extend(played.into_iter().flat_map(|entry| of_entry(entry, share)));
            all
        }
        Hit::Entry(entry) => of_entry(entry, UNPLAYED),
        Hit::Fault(fault) => shared([fault.name.replace('-', " ").as_str(), fault.summary.en, fault.summary.ja].into_iter(), UNPLAYED),
        Hit::Profile(profile) => shared([profile.title.en.as_str(), profile.title.ja.as_str()].into_iter(), UNPLAYED),
    }
}

fn of_entry(entry: &Entry, share: f64) -> Vec<Saying> {
    let titles = [entry.title.en.as_str(), entry.title.ja.as_str()];
    shared(said(&entry.words.en).chain(said(&entry.words.ja)).chain(titles).chain(said(&entry.codes)), share)
}

fn causes(scenario: &Scenario) -> impl Iterator<Item = &faultkey_fault_injection::Text> {
    let of_steps = scenario.steps.iter().filter_map(|step| step.cause.as_ref());
    scenario.cause.iter().chain(of_steps).map(|cause| &cause.title)
}

fn said(words: &[String]) -> impl Iterator<Item = &str> {
    words.iter().map(String::as_str)
}

fn shared<'a>(texts: impl Iterator<Item = &'a str>, share: f64) -> Vec<Saying> {
    texts.map(|text| Saying { text: text.to_owned(), share }).collect()
}

/// An entry names its faults.
fn without_faults_of_entries(hits: Vec<Hit>) -> Vec<Hit> {
    let told: BTreeSet<&str> = hits
        .iter()
        .filter_map(|hit| match hit {
            Hit::Entry(entry) => Some(entry.faults()),
            _ => None,
        })
        .flatten()
        .map(|fault| fault.name)
        .collect();
    hits.iter().filter(|hit| !matches!(hit, Hit::Fault(fault) if told.contains(fault.name))).cloned().collect()
}
