//! What can be found, by which sayings, and how near a query comes to each.

use std::collections::{BTreeMap, BTreeSet};

use super::meaning::{Feature, Meanings, Said};
use super::text;

/// A word this long may be mistyped in one place.
const LONG_WORD: usize = 6;

/// How much a feature weighs beside a meaning or a word of its own: a part of a word less than the whole, a spelling less than what it means.
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
    sayings: Vec<Read>,
    /// Of all its sayings.
    features: BTreeSet<usize>,
}

/// A saying, with its features by their numbers.
struct Read {
    folded: String,
    features: BTreeSet<usize>,
    weight: f64,
    share: f64,
}

/// All documents, by the number under which they were added.
pub struct Index {
    meanings: Meanings,
    documents: Vec<Document>,
    /// Every feature that is in a document, with its number.
    numbers: BTreeMap<Feature, usize>,
    /// By number: the rarer, the heavier.
    weights: Vec<f64>,
}

/// What is asked for.
struct Query {
    folded: String,
    /// Those that are in a document.
    features: BTreeSet<usize>,
    /// How many words each of them stands for.
    words: BTreeMap<usize, usize>,
    /// With those that are in none.
    weight: f64,
}

impl Index {
    pub fn new(meanings: Meanings, documents: impl Iterator<Item = Vec<Saying>>) -> Self {
        let mut numbers: BTreeMap<Feature, usize> = BTreeMap::new();
        let mut read = |saying: Saying| {
            let features = meanings.of(&saying.text, |_| None).features.into_iter().map(|feature| {
                let next = numbers.len();
                *numbers.entry(feature).or_insert(next)
            });
            Read { folded: text::fold(&saying.text), features: features.collect(), weight: 0.0, share: saying.share }
        };
        let mut documents: Vec<Document> = documents
            .map(|sayings| {
                let sayings: Vec<Read> = sayings.into_iter().map(&mut read).collect();
                Document { features: sayings.iter().flat_map(|saying| saying.features.iter().copied()).collect(), sayings }
            })
            .collect();
        let mut spread = vec![0; numbers.len()];
        for number in documents.iter().flat_map(|document| &document.features) {
            spread[*number] += 1;
        }
        let mut weights = vec![0.0; numbers.len()];
        for (feature, number) in &numbers {
            weights[*number] = part_of(feature) * rare(documents.len(), spread[*number]);
        }
        for saying in documents.iter_mut().flat_map(|document| &mut document.sayings) {
            saying.weight = saying.features.iter().map(|number| weights[*number]).sum();
        }
        Index { meanings, documents, numbers, weights }
    }

    /// The fit of each document, by its number; of those that don't fit, `None`.
    pub fn fits(&self, query: &str) -> Vec<Option<Fit>> {
        let query = self.read(query);
        self.documents.iter().map(|document| self.fit(&query, document)).collect()
    }

    fn read(&self, query: &str) -> Query {
        let Said { features, together } = self.meanings.of(query, |word| self.nearest_word(word));
        let mut read = Query { folded: text::fold(query), features: BTreeSet::new(), words: BTreeMap::new(), weight: 0.0 };
        for feature in features {
            match self.numbers.get(&feature) {
                Some(number) => {
                    let words = match feature {
                        Feature::Exact(_) => 0,
                        Feature::Meaning(meaning) if together.contains(&meaning) => 2,
                        _ => 1,
                    };
                    read.features.insert(*number);
                    read.words.insert(*number, words);
                    read.weight += self.weights[*number];
                }
                None if matches!(feature, Feature::Exact(_)) => {}
                None => read.weight += UNKNOWN * part_of(&feature) * rare(self.documents.len(), 1),
            }
        }
        read
    }

    fn fit(&self, query: &Query, document: &Document) -> Option<Fit> {
        let exact = document.sayings.iter().filter(|saying| saying.folded == query.folded).map(|saying| saying.share);
        if let Some(score) = exact.max_by(f64::total_cmp) {
            return Some(Fit { exact: true, score });
        }
        let found = self.common(&query.features, &document.features) / query.weight;
        let words: usize = query.words.iter().filter(|(number, _)| document.features.contains(number)).map(|(_, words)| words).sum();
        // Not so either where there is nothing to look for, which makes it no number.
        let enough = found >= if words > 1 { FOUND_OF_SEVERAL } else { FOUND_OF_ONE };
        if !enough {
            return None;
        }
        let mut nearest: f64 = 0.0;
        let mut speaking = 0;
        for saying in &document.sayings {
            let common = self.common(&query.features, &saying.features);
            nearest = nearest.max(saying.share * 2.0 * common / (query.weight + saying.weight));
            speaking += usize::from(2.0 * common >= query.weight);
        }
        let share = document.sayings.iter().map(|saying| saying.share).max_by(f64::total_cmp)?;
        #[allow(clippy::cast_precision_loss)]
        let dense = speaking as f64 / document.sayings.len() as f64;
        Some(Fit { exact: false, score: NEAREST * nearest + share * (FOUND * found + DENSE * dense) })
    }

    /// What two texts have in common.
    fn common(&self, one: &BTreeSet<usize>, other: &BTreeSet<usize>) -> f64 {
        one.iter().filter(|number| other.contains(number)).map(|number| self.weights[*number]).sum()
    }

    /// The only known word that differs in one place from one that nobody knows.
    fn nearest_word(&self, word: &str) -> Option<String> {
        let known = |word: &str| self.meanings.knows(word) || self.numbers.contains_key(&Feature::Word(word.to_owned()));
        if word.len() < LONG_WORD || !word.chars().all(|c| c.is_ascii_alphabetic()) || known(word) {
            return None;
        }
        let said = self.numbers.keys().filter_map(|feature| match feature {
            Feature::Word(word) => Some(word),
            _ => None,
        });
        let all: BTreeSet<&String> = self.meanings.words().chain(said).collect();
        let mut near = all.into_iter().filter(|other| other.len() + 1 >= LONG_WORD && strsim::damerau_levenshtein(word, other) == 1);
        near.next().filter(|_| near.next().is_none()).cloned()
    }
}

#[allow(clippy::cast_precision_loss)]
fn rare(documents: usize, spread: usize) -> f64 {
    (1.0 + documents as f64 / spread.max(1) as f64).ln()
}

/// How much of a word it is.
const fn part_of(feature: &Feature) -> f64 {
    match feature {
        Feature::Meaning(_) | Feature::Word(_) => 1.0,
        Feature::Kanji(_) => KANJI,
        Feature::Exact(_) => EXACT,
    }
}
