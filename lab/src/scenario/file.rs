//! Reads a scenario file. Everything that can be wrong with one is told with file, line, field and what was expected.

use faultkey_fault_injection::{Profile, Text, profile, registry};
use schemars::{JsonSchema, Schema, schema_for};
use serde::Deserialize;
use toml::Spanned;

use super::error::line_of;
use super::names::{did_you_mean, list};
use super::step_file::{self, RawStep};
use super::{Action, CauseName, Evidence, OutcomeClass, Scenario, ScenarioError, Step, Words};

/// A failure scenario: what happens, step by step, and what is expected of the relying party.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Scenario")]
struct RawScenario {
    /// Lower-case letters, digits and hyphens.
    #[schemars(with = "String")]
    id: Spanned<String>,
    #[schemars(with = "String")]
    title: Spanned<String>,
    /// The title in Japanese; without one, the English one stands there, too.
    #[schemars(with = "Option<String>")]
    title_ja: Option<Spanned<String>>,
    /// Ids of the catalogue that it plays.
    #[serde(default)]
    catalogue: Vec<String>,
    /// Devices that it is played on.
    #[schemars(schema_with = "step_file::schema::profiles")]
    profiles: Spanned<Vec<Spanned<String>>>,
    evidence: Evidence,
    #[schemars(with = "String")]
    evidence_note: Spanned<String>,
    /// The same in Japanese.
    #[schemars(with = "Option<String>")]
    evidence_note_ja: Option<Spanned<String>>,
    /// The relying party's own clock has to go on.
    #[serde(default)]
    needs_real_wait: bool,
    seed: Option<u64>,
    /// How often it is played against somebody else's relying party, 1 to 100.
    #[schemars(with = "Option<usize>")]
    repeat: Option<Spanned<usize>>,
    words: RawWords,
    cause: Option<RawCause>,
    #[serde(default)]
    #[schemars(with = "Vec<RawStep>")]
    step: Vec<Spanned<RawStep>>,
}

/// The JSON Schema of a scenario file.
pub(super) fn schema() -> Schema {
    schema_for!(RawScenario)
}

/// What users say of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Words")]
struct RawWords {
    #[serde(default)]
    en: Vec<String>,
    #[serde(default)]
    ja: Vec<String>,
}

/// What went wrong.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Cause")]
pub(super) struct RawCause {
    id: String,
    title: String,
    /// The title in Japanese.
    title_ja: Option<String>,
}

impl From<RawCause> for CauseName {
    fn from(raw: RawCause) -> Self {
        CauseName { id: raw.id, title: in_both(raw.title, raw.title_ja) }
    }
}

/// English is what every author writes; where Japanese is missing, it stands there, too.
fn in_both(en: String, ja: Option<String>) -> Text {
    let ja = ja.unwrap_or_else(|| en.clone());
    Text { en, ja }
}

/// The file that is being read: where errors point to.
pub(super) struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    pub fn wrong(&self, offset: usize, field: impl Into<String>, problem: impl Into<String>) -> ScenarioError {
        ScenarioError::Wrong { file: self.name.to_owned(), line: line_of(self.text, offset), field: field.into(), problem: problem.into() }
    }
}

pub(super) fn parse(name: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let source = Source { name, text };
    let raw: RawScenario =
        toml::from_str(text).map_err(|error| source.wrong(error.span().map_or(0, |span| span.start), "", error.message().trim()))?;
    identifier(&source, &raw.id)?;
    let texts = [
        ("field `title`", Some(&raw.title)),
        ("field `title-ja`", raw.title_ja.as_ref()),
        ("field `evidence-note`", Some(&raw.evidence_note)),
        ("field `evidence-note-ja`", raw.evidence_note_ja.as_ref()),
    ];
    for (field, value) in texts.into_iter().filter_map(|(field, value)| Some((field, value?))) {
        if value.get_ref().trim().is_empty() {
            return Err(source.wrong(value.span().start, field, "is empty; expected a sentence for a person"));
        }
    }
    let profiles = profiles(&source, &raw.profiles)?;
    if raw.step.is_empty() {
        return Err(source.wrong(0, "field `step`", "there is no step; expected `[[step]]` tables, each with `do = \"…\"`"));
    }
    let mut steps = Vec::new();
    for (index, step) in raw.step.into_iter().enumerate() {
        let start = step.span().start;
        steps.push(step_file::check(&source, index + 1, start, step.into_inner())?);
    }
    let repeat = raw.repeat.as_ref().map_or(1, |repeat| *repeat.get_ref());
    if let (0 | 101.., Some(repeat)) = (repeat, &raw.repeat) {
        return Err(source.wrong(repeat.span().start, "field `repeat`", format!("is {}; expected 1 to 100", repeat.get_ref())));
    }
    let cause = raw.cause.map(CauseName::from);
    name_the_cause(&mut steps, cause.as_ref());
    let scenario = Scenario {
        source: raw.id.get_ref().clone(),
        id: raw.id.into_inner(),
        title: in_both(raw.title.into_inner(), raw.title_ja.map(Spanned::into_inner)),
        words: Words { en: raw.words.en, ja: raw.words.ja },
        catalogue: raw.catalogue,
        profiles: profiles.iter().map(|profile| profile.name.clone()).collect(),
        evidence: raw.evidence,
        evidence_note: in_both(raw.evidence_note.into_inner(), raw.evidence_note_ja.map(Spanned::into_inner)),
        cause,
        needs_real_wait: raw.needs_real_wait,
        seed: raw.seed,
        repeat,
        steps,
    };
    for profile in profiles {
        check_faults(name, &scenario, profile)?;
    }
    Ok(scenario)
}

fn identifier(source: &Source<'_>, id: &Spanned<String>) -> Result<(), ScenarioError> {
    let fits = !id.get_ref().is_empty() && id.get_ref().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if fits {
        return Ok(());
    }
    let problem = format!("{:?} is no id; expected lower-case letters, digits and hyphens, e.g. `m0902-counter-restored`", id.get_ref());
    Err(source.wrong(id.span().start, "field `id`", problem))
}

fn profiles(source: &Source<'_>, raw: &Spanned<Vec<Spanned<String>>>) -> Result<Vec<&'static Profile>, ScenarioError> {
    let known = || profile::all().iter().map(|profile| profile.name.as_str());
    if raw.get_ref().is_empty() {
        let problem = format!("names no profile; expected one or more of {}", list(known()));
        return Err(source.wrong(raw.span().start, "field `profiles`", problem));
    }
    let find = |name: &Spanned<String>| {
        profile::find(name.get_ref()).ok_or_else(|| {
            let problem = format!(
                "there is no profile `{}`{} (`faultkey profiles` lists them)",
                name.get_ref(),
                did_you_mean(name.get_ref(), known())
            );
            source.wrong(name.span().start, "field `profiles`", problem)
        })
    };
    raw.get_ref().iter().map(find).collect()
}

/// The scenario's cause belongs to the first ceremony that is expected to go wrong, unless a step names its own.
fn name_the_cause(steps: &mut [Step], cause: Option<&CauseName>) {
    if steps.iter().any(|step| step.cause.is_some()) {
        return;
    }
    let goes_wrong = |step: &&mut Step| {
        let ceremony = matches!(step.action, Action::Register { .. } | Action::LogIn { .. } | Action::Retry);
        ceremony && step.expect.iter().any(|class| !matches!(class, OutcomeClass::Ok | OutcomeClass::Tolerate))
    };
    if let Some(step) = steps.iter_mut().find(goes_wrong) {
        step.cause = cause.cloned();
    }
}

pub(super) fn check_profile(scenario: &Scenario, name: &str) -> Result<(), ScenarioError> {
    let Some(profile) = profile::find(name) else {
        let suggestion = did_you_mean(name, profile::all().iter().map(|profile| profile.name.as_str()));
        let problem = format!("there is no profile `{name}`{suggestion} (`faultkey profiles` lists them)");
        return Err(ScenarioError::Wrong { file: scenario.source.clone(), line: 1, field: "field `profiles`".to_owned(), problem });
    };
    check_faults(&scenario.source, scenario, profile)
}

/// A fault that does not exist, has a wrong parameter or cannot happen on the profile is refused before anything runs.
fn check_faults(file: &str, scenario: &Scenario, profile: &Profile) -> Result<(), ScenarioError> {
    for (index, step) in scenario.steps.iter().enumerate() {
        let Action::Arm(spec) = &step.action else { continue };
        if let Err(problem) = registry::check(spec, profile) {
            return Err(ScenarioError::Fault { file: file.to_owned(), line: step.line, step: index + 1, problem: Box::new(problem) });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
