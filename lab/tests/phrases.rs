//! How much of what users, support desks and testers say `faultkey scenarios` finds. `phrases/field.toml` was there when the search was made;
//! `phrases/own.toml` was composed before it, and is not to be looked at when it is changed.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

use std::collections::BTreeSet;
use std::fmt;

use faultkey_lab::scenario::Scenario;
use faultkey_lab::search::{Hit, Search};
use serde::Deserialize;

/// Nobody looks further.
const LOOKED_AT: usize = 3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    phrase: Vec<Phrase>,
}

/// What is said, and what is right. Any of the ids is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrase {
    ids: Vec<String>,
    #[serde(default)]
    en: Said,
    #[serde(default)]
    ja: Said,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    One(String),
    Several(Vec<String>),
}

impl Default for Said {
    fn default() -> Self {
        Said::Several(Vec::new())
    }
}

impl Said {
    fn all(&self) -> &[String] {
        match self {
            Said::One(phrase) => std::slice::from_ref(phrase),
            Said::Several(phrases) => phrases,
        }
    }
}

impl Phrase {
    fn is_of(&self, scenario: &Scenario) -> bool {
        self.ids.contains(&scenario.id) || self.ids.iter().any(|id| scenario.catalogue.contains(id))
    }

    fn is_right(&self, hit: &Hit) -> bool {
        match hit {
            Hit::Scenario(scenario) => self.is_of(scenario),
            Hit::Entry(entry) => self.ids.contains(&entry.id),
            Hit::Fault(_) | Hit::Profile(_) => false,
        }
    }
}

#[derive(Default)]
struct Rate {
    right: usize,
    of: usize,
}

impl Rate {
    fn count(&mut self, right: bool) {
        self.right += usize::from(right);
        self.of += 1;
    }

    fn at_least(&self, percent: usize) -> bool {
        self.right * 100 >= self.of * percent
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.right, self.of)
    }
}

/// The rates of one language.
struct Measured {
    /// Of the phrases that a scenario fits: one that does, among the first three.
    scenario: Rate,
    /// Of all: a scenario, or an entry of the catalogue.
    anything: Rate,
}

fn read(text: &str) -> Vec<Phrase> {
    toml::from_str::<File>(text).expect("a file of phrases").phrase
}

fn field() -> Vec<Phrase> {
    read(include_str!("phrases/field.toml"))
}

fn own() -> Vec<Phrase> {
    read(include_str!("phrases/own.toml"))
}

fn measure(name: &str, search: &Search, phrases: &[Phrase], language: fn(&Phrase) -> &Said) -> Measured {
    let all = search.find("");
    let scenarios = || all.iter().filter_map(|hit| if let Hit::Scenario(scenario) = hit { Some(scenario) } else { None });
    let mut measured = Measured { scenario: Rate::default(), anything: Rate::default() };
    for phrase in phrases {
        let has_scenario = scenarios().any(|scenario| phrase.is_of(scenario));
        for said in language(phrase).all() {
            let found = search.find(said);
            let mut first = found.iter().take(LOOKED_AT).filter(|hit| phrase.is_right(hit)).peekable();
            measured.anything.count(first.peek().is_some());
            if has_scenario {
                measured.scenario.count(first.any(|hit| matches!(hit, Hit::Scenario(_))));
            }
        }
    }
    println!(
        "{name}: a right scenario among the first {LOOKED_AT}: {}; a right scenario or entry of the catalogue: {}",
        measured.scenario, measured.anything
    );
    measured
}

#[test]
fn nine_of_ten_phrases_of_the_field_find_a_scenario_that_fits() {
    let search = Search::built_in().unwrap();
    for measured in [
        measure("field, Japanese", &search, &field(), |phrase| &phrase.ja),
        measure("field, English", &search, &field(), |phrase| &phrase.en),
    ] {
        assert!(measured.scenario.at_least(90), "{}", measured.scenario);
        assert!(measured.anything.at_least(90), "{}", measured.anything);
    }
}

#[test]
fn four_of_five_phrases_that_the_search_was_not_made_with_find_what_fits() {
    let search = Search::built_in().unwrap();
    for measured in
        [measure("own, Japanese", &search, &own(), |phrase| &phrase.ja), measure("own, English", &search, &own(), |phrase| &phrase.en)]
    {
        assert_eq!(measured.anything.of, 20);
        assert!(measured.scenario.at_least(80), "{}", measured.scenario);
        assert!(measured.anything.at_least(80), "{}", measured.anything);
    }
}

/// A phrase whose id nobody has could never be found.
#[test]
fn every_id_of_the_phrases_is_there() {
    let search = Search::built_in().unwrap();
    let ids: BTreeSet<String> = field().into_iter().chain(own()).flat_map(|phrase| phrase.ids).collect();
    let missing: Vec<&String> = ids.iter().filter(|id| search.find(id).is_empty()).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn what_has_nothing_to_do_with_it_finds_nothing() {
    let search = Search::built_in().unwrap();
    let unrelated = [
        "how do I bake bread",
        "submarine",
        "no user ever said this",
        "the train is late",
        "what time does the bank open",
        "reset my router",
        "my car does not start",
        "the coffee machine is broken",
        "order a pizza",
        "call me a taxi",
        "the stock market is down today",
        "update my address",
        "天気予報",
        "カレーの作り方",
        "ラーメン屋 おすすめ",
        "銀行の営業時間",
        "印刷できない",
        "プリンターが動かない",
        "今日の電車の遅延",
        "電話番号を教えて",
        "株価が下がった",
        "住所変更",
        "xyzzy",
        "?",
        "the",
        "を",
    ];
    for query in unrelated {
        let found: Vec<String> = search.find(query).iter().map(|hit| format!("{hit:?}").chars().take(80).collect()).collect();
        assert_eq!(found, [""; 0], "{query}");
    }
}
