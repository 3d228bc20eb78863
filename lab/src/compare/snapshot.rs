//! What of a report is compared.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::check::{FindingId, Gravity};
use crate::report::json::SCHEMA;
use crate::verdict::{Run, Standing};

/// What of a run is compared with another.
#[derive(Clone, Debug, Deserialize)]
pub struct Snapshot {
    pub(super) targets: Vec<Target>,
}

/// Why a file can't be compared.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    #[error("{file} is not JSON: {problem}; expected a report.json of `faultkey exercise`")]
    NotJson { file: String, problem: String },
    #[error("{file} is no report of faultkey; expected a report.json of `faultkey exercise`")]
    NoReport { file: String },
    #[error("{file} is a {schema}; this faultkey reads {SCHEMA}: make it again with `faultkey exercise` of this version")]
    OtherVersion { file: String, schema: String },
    #[error("{file} says that it is a {SCHEMA}, but is not as one is: {problem}; make it again with `faultkey exercise`")]
    Damaged { file: String, problem: String },
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Target {
    pub name: String,
    relying_party: Option<Named>,
    #[serde(default)]
    pub for_comparison: bool,
    findings: Vec<Found>,
    #[serde(default)]
    blind_spots: Vec<Blind>,
    scenarios: Vec<Scenario>,
}

#[derive(Clone, Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Found {
    id: String,
    gravity: Gravity,
    #[serde(default)]
    also: Vec<Also>,
    #[serde(default)]
    seen: Vec<Seen>,
    /// Whatever it says.
    accepted: Option<serde::de::IgnoredAny>,
}

#[derive(Clone, Debug, Deserialize)]
struct Also {
    id: String,
}

/// Where a finding was seen.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Seen {
    scenario: String,
    profile: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Blind {
    checks: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Scenario {
    id: String,
    profile: String,
    standing: Standing,
}

/// What is wrong under one id.
pub(super) struct Problem<'a> {
    pub gravity: Gravity,
    pub seen: &'a [Seen],
}

/// What `T` has of a `report.json`.
pub(crate) fn read<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, SnapshotError> {
    let file = || file.to_owned();
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| SnapshotError::NotJson { file: file(), problem: error.to_string() })?;
    let schema = value.get("schema").and_then(serde_json::Value::as_str);
    let schema = schema.filter(|schema| schema.starts_with("faultkey-report/"));
    match schema {
        None => Err(SnapshotError::NoReport { file: file() }),
        Some(schema) if schema != SCHEMA => Err(SnapshotError::OtherVersion { file: file(), schema: schema.to_owned() }),
        Some(_) => serde_json::from_value(value).map_err(|error| SnapshotError::Damaged { file: file(), problem: error.to_string() }),
    }
}

impl Snapshot {
    /// Reads a `report.json`. `file` is its name in errors.
    ///
    /// # Errors
    /// When it is none, or one of another version of the format.
    pub fn read(text: &str, file: &str) -> Result<Snapshot, SnapshotError> {
        read(text, file)
    }

    /// Of a run that has just been made.
    #[must_use]
    pub fn of(run: &Run) -> Snapshot {
        let targets = run.targets.iter().map(|target| Target {
            name: target.name.clone(),
            relying_party: Some(Named { name: target.relying_party.name.clone() }),
            for_comparison: target.for_comparison,
            findings: target
                .findings
                .iter()
                .map(|finding| Found {
                    id: finding.id.to_string(),
                    gravity: finding.gravity,
                    also: finding.also.iter().map(|aspect| Also { id: aspect.id.to_string() }).collect(),
                    seen: finding.seen.iter().map(|seen| Seen { scenario: seen.scenario.clone(), profile: seen.profile.clone() }).collect(),
                    accepted: finding.accepted.as_ref().map(|_| serde::de::IgnoredAny),
                })
                .collect(),
            blind_spots: target
                .blind_spots
                .iter()
                .map(|spot| Blind { checks: spot.checks.iter().map(|check| check.name().to_owned()).collect() })
                .collect(),
            scenarios: target
                .scenarios
                .iter()
                .map(|scenario| Scenario { id: scenario.id.clone(), profile: scenario.profile.clone(), standing: scenario.standing })
                .collect(),
        });
        Snapshot { targets: targets.collect() }
    }
}

impl Target {
    /// The same in every run against this relying party, wherever it listens.
    pub fn key(&self) -> &str {
        self.relying_party.as_ref().map_or(&self.name, |relying_party| &relying_party.name)
    }

    /// What is wrong and not accepted, by id.
    pub fn problems(&self) -> BTreeMap<&str, Problem<'_>> {
        let open = self.findings.iter().filter(|finding| finding.accepted.is_none());
        let of = |finding: &Found, id: &str| {
            // A further side is as grave as its own check is; one that this version does not know, as its finding.
            let known: Option<FindingId> = id.parse().ok();
            known.filter(|_| id != finding.id).map_or(finding.gravity, |id| id.check.gravity())
        };
        let mut problems = BTreeMap::new();
        for finding in open {
            for id in std::iter::once(&finding.id).chain(finding.also.iter().map(|also| &also.id)) {
                problems.insert(id.as_str(), Problem { gravity: of(finding, id), seen: &finding.seen });
            }
        }
        problems
    }

    /// Ids that are accepted.
    pub fn accepted(&self) -> impl Iterator<Item = &str> {
        let accepted = self.findings.iter().filter(|finding| finding.accepted.is_some());
        accepted.flat_map(|finding| std::iter::once(finding.id.as_str()).chain(finding.also.iter().map(|also| also.id.as_str())))
    }

    /// Whether all of these were played to their end. What no scenario showed is looked for in every run.
    pub fn has_played(&self, seen: &[Seen]) -> bool {
        let played = |seen: &Seen| {
            self.scenarios.iter().any(|scenario| {
                (&scenario.id, &scenario.profile) == (&seen.scenario, &seen.profile)
                    && matches!(scenario.standing, Standing::Passed | Standing::Failed)
            })
        };
        seen.iter().all(played)
    }

    pub fn standings(&self) -> BTreeMap<(&str, &str), Standing> {
        self.scenarios.iter().map(|scenario| ((scenario.id.as_str(), scenario.profile.as_str()), scenario.standing)).collect()
    }

    /// Checks that could not be observed.
    pub fn blind(&self) -> impl Iterator<Item = &str> {
        self.blind_spots.iter().flat_map(|spot| &spot.checks).map(String::as_str)
    }
}
