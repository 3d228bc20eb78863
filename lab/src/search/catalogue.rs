//! The catalogue of failures (`lab/data/catalogue.toml`): what can go wrong, whether or not a scenario plays it.

use faultkey_fault_injection::{FaultInfo, Text, registry};
use serde::{Deserialize, Serialize};

use crate::scenario::Words;

const FILE: &str = include_str!("../../data/catalogue.toml");

/// An entry of the catalogue.
#[derive(Clone, Debug)]
pub struct Entry {
    /// e.g. `NW-05`.
    pub id: String,
    /// One line.
    pub title: Text,
    pub known: Known,
    /// What users say of it.
    pub words: Words,
    /// What programs say: exceptions, CTAP status.
    pub codes: Vec<String>,
}

/// How a failure is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    Observed,
    Specified,
    Inferred,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCatalogue {
    entry: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    id: String,
    evidence: Known,
    en: String,
    ja: String,
    words: RawWords,
    #[serde(default)]
    codes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWords {
    en: Vec<String>,
    ja: Vec<String>,
}

pub fn built_in() -> Result<Vec<Entry>, toml::de::Error> {
    let raw: RawCatalogue = toml::from_str(FILE)?;
    let entries = raw.entry.into_iter().map(|raw| Entry {
        id: raw.id,
        title: Text::new(raw.en, raw.ja),
        known: raw.evidence,
        words: Words { en: raw.words.en, ja: raw.words.ja },
        codes: raw.codes,
    });
    Ok(entries.collect())
}

impl Entry {
    /// The faults that play it.
    #[must_use]
    pub fn faults(&self) -> Vec<&'static FaultInfo> {
        registry::all().into_iter().filter(|fault| fault.catalogue.iter().any(|cited| cites(cited, &self.id))).collect()
    }
}

/// Whether what is cited is the entry, or the entry of which it is a variant: `AK-01` for `AK-01a`.
pub fn cites(cited: &str, id: &str) -> bool {
    id.strip_prefix(cited).is_some_and(|rest| rest.is_empty() || rest.len() == 1 && rest.starts_with(|c: char| c.is_ascii_lowercase()))
}
