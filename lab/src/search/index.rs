//! What can be found, by which sayings, and how near a query comes to each.

use std::collections::{BTreeMap, BTreeSet};

use super::meaning::{Feature, Meanings, Said};
use super::text;

/// A word this long may be mistyped in one place.
const LONG_WORD: usize = 6;

/// How much a feature weighs beside a meaning or a word of its own: parts of a word less than the whole.
const KANJI: f64 = 0.5;
const EXACT: f64 = 0.3;
/// A word that is found nowhere, beside the rarest that is.
const UNKNOWN: f64 = 0.75;

/// What makes a fit: how near the nearest saying is, how much of the query is found in any, and how many of them speak of it.
const NEAREST: f64 = 0.6;
const FOUND: f64 = 0.3;
const DENSE: f64 = 0.1;

/// So much of a query has to be found; less where it is more than one word.
const FOUND_OF_ONE: f64 = 0.55;
const FOUND_OF_SEVERAL: f64 = 0.3;

/// A text that people say, and how directly it belongs to what is found by it.
#[derive(Clone, Debug)]
pub struct Saying {
    pub text: String,
    pub share: f64,
}

/// How well a document fits a query.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Fit {
    /// The query is one of its sayings.
    pub exact: bool,
    /// 0 to 1.
    pub score: f64,
}

struct Document {
    sayings: Vec<(String, BTreeSet<Feature>, f64)>,
}

/// All documents, by the number under which they were added.
pub struct Index {
    meanings: Meanings,
    documents: Vec<Document>,
    /// In how many documents a feature is.
    spread: BTreeMap<Feature, usize>,
}

impl Index {
    pub fn new(meanings: Meanings, documents: impl Iterator<Item = Vec<Saying>>) -> Self {
        let read = |saying: Saying| (text::fold(&saying.text), meanings.of(&saying.text, |_| None).features, saying.share);
        let documents: Vec<Document> = documents.map(|sayings| Document { sayings: sayings.into_iter().map(read).collect() }).collect();
        let mut spread = BTreeMap::new();
        for document in &documents {
            let features: BTreeSet<&Feature> = document.sayings.iter().flat_map(|(_, features, _)| features).collect();
            for feature in features {
                *spread.entry(feature.clone()).or_insert(0) += 1;
            }
        }
        Index { meanings, documents, spread }
    }

    /// The fit of each document, by its number; of those that don't fit, `None`.
    pub fn fits(&self, query: &str) -> Vec<Option<Fit>> {
        let folded = text::fold(query);
        let asked = self.meanings.of(query, |word| self.nearest_word(word));
        self.documents.iter().map(|document| self.fit(&folded, &asked, document)).collect()
    }

    fn fit(&self, folded: &str, said: &Said, document: &Document) -> Option<Fit> {
        let exact = document.sayings.iter().filter(|(saying, ..)| saying == folded).map(|(.., share)| *share);
        if let Some(score) = exact.max_by(f64::total_cmp) {
            return Some(Fit { exact: true, score });
        }
        let asked = &said.features;
        let all = self.weight(asked.iter());
        let bag: BTreeSet<&Feature> = document.sayings.iter().flat_map(|(_, features, _)| features).collect();
        let met: Vec<&Feature> = asked.iter().filter(|feature| bag.contains(feature)).collect();
        let found = self.weight(met.iter().copied()) / all;
        let words = |feature: &&Feature| match feature {
            Feature::Exact(_) => 0,
            Feature::Meaning(meaning) if said.together.contains(meaning) => 2,
            _ => 1,
        };
        let several = met.iter().map(words).sum::<usize>() > 1;
        if found < if several { FOUND_OF_SEVERAL } else { FOUND_OF_ONE } {
            return None;
        }
        let near = |(_, features, share): &(String, BTreeSet<Feature>, f64)| {
            let both = self.weight(asked.intersection(features));
            share * 2.0 * both / (all + self.weight(features.iter()))
        };
        let nearest = document.sayings.iter().map(near).max_by(f64::total_cmp)?;
        let share = document.sayings.iter().map(|(.., share)| *share).max_by(f64::total_cmp)?;
        let speaking = document.sayings.iter().filter(|(_, features, _)| 2.0 * self.weight(asked.intersection(features)) >= all).count();
        #[allow(clippy::cast_precision_loss)]
        let dense = speaking as f64 / document.sayings.len() as f64;
        Some(Fit { exact: false, score: NEAREST * nearest + share * (FOUND * found + DENSE * dense) })
    }

    fn weight<'a>(&self, features: impl Iterator<Item = &'a Feature>) -> f64 {
        features.map(|feature| self.weight_of(feature)).sum()
    }

    /// The rarer, the heavier.
    #[allow(clippy::cast_precision_loss)]
    fn weight_of(&self, feature: &Feature) -> f64 {
        let documents = self.documents.len() as f64;
        let rare = |spread: f64| (1.0 + documents / spread).ln();
        let weight = match self.spread.get(feature) {
            Some(spread) => rare(*spread as f64),
            None if matches!(feature, Feature::Exact(_)) => return 0.0,
            None => UNKNOWN * rare(1.0),
        };
        match feature {
            Feature::Meaning(_) | Feature::Word(_) => weight,
            Feature::Kanji(_) => KANJI * weight,
            Feature::Exact(_) => EXACT * weight,
        }
    }

    /// The only known word that differs in one place from one that nobody knows.
    fn nearest_word(&self, word: &str) -> Option<String> {
        let known = |word: &str| self.meanings.knows(word) || self.spread.contains_key(&Feature::Word(word.to_owned()));
        if word.len() < LONG_WORD || !word.chars().all(|c| c.is_ascii_alphabetic()) || known(word) {
            return None;
        }
        let said = self.spread.keys().filter_map(|feature| match feature {
            Feature::Word(word) => Some(word),
            _ => None,
        });
        let all: BTreeSet<&String> = self.meanings.words().chain(said).collect();
        let mut near = all.into_iter().filter(|other| other.len() + 1 >= LONG_WORD && strsim::damerau_levenshtein(word, other) == 1);
        near.next().filter(|_| near.next().is_none()).cloned()
    }
}
