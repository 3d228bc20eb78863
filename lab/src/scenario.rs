//! Scenario files: one failure as users meet it, as steps with what is expected of the relying party at each.

mod built_in;
mod error;
mod file;
pub(crate) mod names;
mod outcome_class;
mod rule;
pub(crate) mod step;
mod step_file;

use std::fmt;
use std::path::Path;

use faultkey_fault_injection::{Layer, Text, registry};
use serde::{Deserialize, Serialize};

pub use error::ScenarioError;
pub use outcome_class::OutcomeClass;
pub use rule::Rule;
pub use step::{Action, FactCheck, Forbidden, Hook, Step, UserAct, way_name};

/// A scenario, loaded and checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub id: String,
    pub title: Text,
    pub words: Words,
    /// Entries of the catalogue of failures that it plays.
    pub catalogue: Vec<String>,
    /// One run each.
    pub profiles: Vec<String>,
    pub evidence: Evidence,
    /// What of it was observed, and what is inferred.
    pub evidence_note: Text,
    /// What the confusion matrix calls the cause that this scenario plays.
    pub cause: Option<CauseName>,
    /// A relying party that reads a real clock has to be waited for; such a run is off unless asked for.
    pub needs_real_wait: bool,
    /// Instead of the run's own.
    pub seed: Option<u64>,
    /// How often it is played, where the order of two requests is left to chance.
    pub repeat: usize,
    pub steps: Vec<Step>,
    /// What names it on the command line: the id of a built-in one, or the path of a file.
    pub source: String,
}

/// What users say when they meet this failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub en: Vec<String>,
    pub ja: Vec<String>,
}

/// A cause of failure: an id for programs, a title for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CauseName {
    pub id: String,
    pub title: Text,
}

/// Whether the failure was seen in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    Observed,
    Inferred,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Evidence::Observed => "observed",
            Evidence::Inferred => "inferred",
        })
    }
}

impl Scenario {
    /// Reads a scenario from TOML. `name` stands in errors for the file.
    ///
    /// # Errors
    /// With file, line, field and what was expected.
    pub fn parse(name: &str, text: &str) -> Result<Scenario, ScenarioError> {
        file::parse(name, text)
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    /// When it can't be read, or with file, line, field and what was expected.
    pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ScenarioError::Unreadable { file: name.clone(), source })?;
        let mut scenario = file::parse(&name, &text)?;
        scenario.source = name;
        Ok(scenario)
    }

    /// Whether it arms a fault in the reports of a key that is plugged in.
    #[must_use]
    pub fn breaks_reports(&self) -> bool {
        self.steps.iter().any(|step| match &step.action {
            Action::Arm(spec) => registry::find(&spec.name).is_some_and(|info| info.layer == Layer::Report),
            _ => false,
        })
    }

    /// Checks every fault that the scenario arms against `profile`: what cannot happen on it is refused, with the reason.
    ///
    /// # Errors
    /// With file, line and field.
    pub fn check_profile(&self, profile: &str) -> Result<(), ScenarioError> {
        file::check_profile(self, profile)
    }
}

/// The JSON Schema of a scenario file.
#[must_use]
pub fn schema() -> schemars::Schema {
    file::schema()
}

/// Every scenario that is built in, in the catalogue's order.
///
/// # Errors
/// Never in a program whose tests pass.
pub fn all() -> Result<Vec<Scenario>, ScenarioError> {
    built_in::FILES.iter().map(|(name, text)| Scenario::parse(name, text)).collect()
}

/// The scenarios that a command line names: ids of built-in ones, or paths of files (with a `/`, or ending in `.toml`). None is all.
///
/// # Errors
/// When there is no such scenario or file, or the file is wrong.
pub fn select(names: &[String]) -> Result<Vec<Scenario>, ScenarioError> {
    let all = all()?;
    if names.is_empty() {
        return Ok(all);
    }
    names.iter().map(|name| select_one(&all, name)).collect()
}

/// Whether a name is the path of a file: with a `/`, or ending in `.toml`.
pub(crate) fn is_path(name: &str) -> bool {
    name.contains('/') || Path::new(name).extension().is_some_and(|extension| extension == "toml")
}

fn select_one(all: &[Scenario], name: &str) -> Result<Scenario, ScenarioError> {
    if is_path(name) {
        return Scenario::load(Path::new(name));
    }
    all.iter().find(|scenario| scenario.id == name).cloned().ok_or_else(|| ScenarioError::Unknown {
        name: name.to_owned(),
        suggestion: names::did_you_mean(name, all.iter().map(|scenario| scenario.id.as_str())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The catalogue's scenarios that this version owes, by their numbers there.
    #[test]
    fn the_catalogues_scenarios_are_there() {
        let played: Vec<String> = all().unwrap().into_iter().flat_map(|s| s.catalogue).collect();
        for number in [1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 21, 26, 28] {
            assert!(played.contains(&format!("M-{number}")), "scenario {number} of the catalogue: {played:?}");
        }
    }

    /// A file of one's own may leave the Japanese out; ours don't.
    #[test]
    fn every_scenario_that_is_built_in_is_in_both_languages() {
        let is_japanese = |text: &str| text.chars().any(|c| ('ぁ'..='ヺ').contains(&c) || ('一'..='鿿').contains(&c));
        for scenario in all().unwrap() {
            let causes = scenario.cause.iter().chain(scenario.steps.iter().filter_map(|step| step.cause.as_ref()));
            for text in [&scenario.title, &scenario.evidence_note].into_iter().chain(causes.map(|cause| &cause.title)) {
                assert!(!is_japanese(&text.en), "{}: {}", scenario.id, text.en);
                assert!(is_japanese(&text.ja), "{}: {}", scenario.id, text.ja);
            }
            assert!(!scenario.words.en.is_empty() && !scenario.words.ja.is_empty(), "{}", scenario.id);
        }
    }

    #[test]
    fn every_file_of_the_folder_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        let mut files: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        let mut built_in: Vec<&str> = built_in::FILES.iter().map(|(name, _)| name.rsplit('/').next().unwrap()).collect();
        built_in.sort_unstable();
        assert_eq!(files, built_in);
    }

    #[test]
    fn a_wrong_name_gets_a_suggestion() {
        let error = select(&["m0902-unkown-credential".to_owned()]).unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no scenario named `m0902-unkown-credential`, did you mean `m0902-unknown-credential`?; `faultkey scenarios` lists them"
        );
        let error = select(&["nowhere/nothing.toml".to_owned()]).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the scenario file nowhere/nothing.toml: "), "{error}");
    }
}
