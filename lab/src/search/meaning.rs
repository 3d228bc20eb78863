//! Which words mean the same (`lab/data/synonyms.toml`), and what a text means by them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;

use super::text;

const FILE: &str = include_str!("../../data/synonyms.toml");

/// The words of an entry stand within so many more words of each other.
const BETWEEN: usize = 3;

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// One of the meanings, by its number.
    Meaning(usize),
    /// A word that no meaning knows.
    Word(String),
    /// One or two kanji of a word that no meaning knows.
    Kanji(String),
    /// A word as it stands, where a meaning knows it.
    Exact(String),
}

/// What a text says.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub features: BTreeSet<Feature>,
    /// The meanings among them for which several words stand together: no accident.
    pub together: BTreeSet<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMeaning {
    #[serde(default)]
    en: Vec<String>,
    #[serde(default)]
    ja: Vec<String>,
}

/// All meanings.
pub struct Meanings {
    /// English words of their own, by their stem.
    words: BTreeMap<String, BTreeSet<usize>>,
    /// Several English words that stand near each other.
    groups: Vec<(Vec<Part>, usize)>,
    /// Japanese words in hiragana by their first character, the longest first.
    japanese: BTreeMap<char, Vec<(String, usize)>>,
    japanese_groups: Vec<(Vec<Part>, usize)>,
}

/// A word of an entry of several, and what it means by itself.
struct Part {
    word: String,
    meanings: BTreeSet<usize>,
}

impl Meanings {
    pub fn built_in() -> Result<Self, toml::de::Error> {
        let raw: BTreeMap<String, RawMeaning> = toml::from_str(FILE)?;
        let mut meanings = Meanings { words: BTreeMap::new(), groups: Vec::new(), japanese: BTreeMap::new(), japanese_groups: Vec::new() };
        let (mut groups, mut japanese_groups) = (Vec::new(), Vec::new());
        for (number, meaning) in raw.into_values().enumerate() {
            for entry in meaning.en {
                match text::words(&text::fold(&entry)).as_slice() {
                    [word] => {
                        meanings.words.entry(word.clone()).or_default().insert(number);
                    }
                    words => groups.push((words.to_vec(), number)),
                }
            }
            for entry in meaning.ja {
                let parts: Vec<String> = entry.split_whitespace().map(|part| text::hiragana(&text::fold(part))).collect();
                match parts.as_slice() {
                    [word] => {
                        let Some(first) = word.chars().next() else { continue };
                        meanings.japanese.entry(first).or_default().push((word.clone(), number));
                    }
                    _ => japanese_groups.push((parts, number)),
                }
            }
        }
        for words in meanings.japanese.values_mut() {
            words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }
        let part = |word: String| Part { meanings: meanings.words.get(&word).cloned().unwrap_or_default(), word };
        meanings.groups = groups.into_iter().map(|(parts, number)| (parts.into_iter().map(part).collect(), number)).collect();
        let part = |word: String| Part { meanings: meanings.alone(&word), word };
        meanings.japanese_groups =
            japanese_groups.into_iter().map(|(parts, number)| (parts.into_iter().map(part).collect(), number)).collect();
        Ok(meanings)
    }

    /// What a Japanese word means by itself.
    fn alone(&self, word: &str) -> BTreeSet<usize> {
        let beginning = word.chars().next().and_then(|first| self.japanese.get(&first)).into_iter().flatten();
        beginning.filter(|(other, _)| other == word).map(|(_, meaning)| *meaning).collect()
    }

    /// What a text says. `known`: the nearest word to one that is mistyped.
    pub fn of(&self, said: &str, known: impl Fn(&str) -> Option<String>) -> Said {
        let folded = text::fold(said);
        let mut said = Said::default();
        self.english(&folded, known, &mut said);
        self.japanese(&folded, &mut said);
        said.features.extend(said.together.iter().map(|meaning| Feature::Meaning(*meaning)));
        said
    }

    pub fn knows(&self, word: &str) -> bool {
        self.words.contains_key(word)
    }

    pub fn words(&self) -> impl Iterator<Item = &String> {
        self.words.keys()
    }

    fn english(&self, folded: &str, known: impl Fn(&str) -> Option<String>, said: &mut Said) {
        let words: Vec<String> = text::words(folded).into_iter().map(|word| known(&word).unwrap_or(word)).collect();
        for word in &words {
            match self.words.get(word) {
                Some(meanings) => {
                    said.features.extend(meanings.iter().map(|meaning| Feature::Meaning(*meaning)));
                    said.features.insert(Feature::Exact(word.clone()));
                }
                None if text::is_stop_word(word) || word.len() == 1 => {}
                None => {
                    said.features.insert(Feature::Word(word.clone()));
                }
            }
        }
        let none = BTreeSet::new();
        let words: Vec<(&str, &BTreeSet<usize>)> =
            words.iter().map(|word| (word.as_str(), self.words.get(word).unwrap_or(&none))).collect();
        let met = self.groups.iter().filter(|(group, _)| stand_together(group, &words));
        said.together.extend(met.map(|(_, meaning)| *meaning));
    }

    fn japanese(&self, folded: &str, said: &mut Said) {
        if folded.is_ascii() {
            return;
        }
        let text = text::hiragana(folded);
        let mut covered: Vec<Range<usize>> = Vec::new();
        let mut met: BTreeSet<usize> = BTreeSet::new();
        let mut next = 0;
        // The longest word at each place, in all its meanings.
        for (at, first) in text.char_indices() {
            let Some(words) = self.japanese.get(&first).filter(|_| at >= next) else { continue };
            let Some((word, _)) = words.iter().find(|(word, _)| stands_at(&text, at, word)) else { continue };
            met.extend(words.iter().filter(|(other, _)| other == word).map(|(_, meaning)| *meaning));
            said.features.insert(Feature::Exact(word.clone()));
            next = at + word.len();
            covered.push(at..next);
        }
        let stands = |part: &Part| {
            !part.meanings.is_disjoint(&met) || text.match_indices(&part.word).any(|(at, _)| stands_at(&text, at, &part.word))
        };
        let groups = self.japanese_groups.iter().filter(|(group, _)| group.iter().all(stands));
        said.together.extend(groups.map(|(_, meaning)| *meaning));
        said.features.extend(met.iter().map(|meaning| Feature::Meaning(*meaning)));
        rest(folded, &covered, &mut said.features);
    }
}

/// Whether all words of the group stand near each other, each as itself or as one that means the same.
fn stand_together(group: &[Part], words: &[(&str, &BTreeSet<usize>)]) -> bool {
    let same = |part: &Part, (word, meanings): &(&str, &BTreeSet<usize>)| part.word == *word || !part.meanings.is_disjoint(meanings);
    if group.len() > words.len() || !group.iter().all(|part| words.iter().any(|word| same(part, word))) {
        return false;
    }
    words.windows((group.len() + BETWEEN).min(words.len())).any(|near| {
        let mut free: Vec<_> = near.iter().collect();
        group.iter().all(|part| match free.iter().position(|word| same(part, word)) {
            Some(place) => {
                free.remove(place);
                true
            }
            None => false,
        })
    })
}

/// Whether a word stands at this place; a Latin one not within another.
fn stands_at(text: &str, at: usize, word: &str) -> bool {
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let before = text.get(..at).and_then(|text| text.chars().next_back());
    let Some(after) = text.get(at..).and_then(|text| text.strip_prefix(word)) else { return false };
    !(latin(word.chars().next()) && latin(before) || latin(word.chars().next_back()) && latin(after.chars().next()))
}

/// The words that no meaning has covered: katakana as it stands, kanji in pairs.
fn rest(folded: &str, covered: &[Range<usize>], features: &mut BTreeSet<Feature>) {
    // Hiragana and katakana are equally long, so a place in the one is a place in the other.
    let free = |at: usize| !covered.iter().any(|range| range.contains(&at));
    let script = |c: char| if text::is_kanji(c) { 1 } else { 2 * u8::from(text::is_katakana(c)) };
    let mut run = String::new();
    let mut of = 0;
    for (at, c) in folded.char_indices().chain([(folded.len(), ' ')]) {
        let here = if free(at) { script(c) } else { 0 };
        if here != of && !run.is_empty() {
            add_run(&run, of == 1, features);
            run.clear();
        }
        of = here;
        if here != 0 {
            run.push(c);
        }
    }
}

fn add_run(run: &str, kanji: bool, features: &mut BTreeSet<Feature>) {
    let chars: Vec<char> = run.chars().collect();
    if !kanji {
        if chars.len() > 1 {
            features.insert(Feature::Word(run.to_owned()));
        }
    } else if chars.len() == 1 {
        features.insert(Feature::Kanji(run.to_owned()));
    } else {
        features.extend(chars.windows(2).map(|pair| Feature::Kanji(pair.iter().collect())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Said {
        Meanings::built_in().unwrap().of(text, |_| None)
    }

    #[test]
    fn both_languages_mean_the_same() {
        for (english, japanese) in [("fingerprint", "指紋"), ("the VPN", "VPN"), ("proxy", "プロキシー"), ("phones", "スマホ")] {
            let meanings = |text| {
                let is_meaning = |feature: &Feature| matches!(feature, Feature::Meaning(_));
                said(text).features.into_iter().filter(is_meaning).collect::<Vec<_>>()
            };
            assert!(!meanings(english).is_empty());
            assert_eq!(meanings(english), meanings(japanese), "{english}");
        }
    }

    #[test]
    fn several_words_stand_near_each_other_in_any_order_and_as_what_means_the_same() {
        let new_phone = said("new phone").together;
        assert_eq!(new_phone.len(), 1);
        for other in ["a new iPhone", "the phone is new", "新しいスマホ", "新しいアイフォンに", "replaced my handset"] {
            assert!(said(other).together.is_superset(&new_phone), "{other}");
        }
        for other in ["new", "phone", "new and so far unknown in every other way, my phone", "スマホ"] {
            assert!(said(other).together.is_disjoint(&new_phone), "{other}");
        }
    }

    #[test]
    fn the_longest_word_counts_and_a_latin_one_is_no_part_of_another() {
        let meanings = Meanings::built_in().unwrap();
        let key = meanings.of("キーが抜けた", |_| None);
        assert!(key.features.contains(&Feature::Exact("抜け".to_owned())), "{key:?}");
        assert!(!meanings.of("spring", |_| None).features.iter().any(|feature| *feature == Feature::Exact("ng".to_owned())));
        let passkey = meanings.of("パスキー", |_| None).features;
        assert!(passkey.iter().all(|feature| matches!(feature, Feature::Meaning(_) | Feature::Exact(_))), "{passkey:?}");
        assert_eq!(meanings.of("未知語と片仮名ト", |_| None).features.len(), 4, "kanji in pairs");
    }
}
