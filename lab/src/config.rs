//! What to play, against whom and how: `faultkey.toml`, and the command line, which wins. `docs/config.md` explains it.

mod default;
pub(crate) mod field;
mod keys;

use std::path::{Path, PathBuf};
use std::time::Duration;

use faultkey_fault_injection::Language;
use faultkey_relying_party::place::place;
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::accept::Acceptance;
use crate::report::{Format, Transcripts};
use crate::scenario;
use crate::verdict::FailOn;
pub use field::duration;

/// What a file or a command line says; `None` where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The relying party, e.g. https://staging.shop.example. A password in it stands in an environment variable: {env:NAME}.
    #[serde(deserialize_with = "field::url")]
    #[schemars(with = "Option<String>")]
    pub rp: Option<Url>,
    /// How to speak to it: the name of a built-in adapter, or a TOML file that describes its API.
    pub adapter: Option<String>,
    /// Hosts that may be tested; needed for public ones.
    pub i_may_test: Option<Vec<String>>,
    /// Certificate authorities (PEM) to trust as well.
    pub ca: Option<PathBuf>,
    /// Suffix for the names of test accounts.
    #[serde(deserialize_with = "field::filled")]
    pub accounts: Option<String>,
    /// What to play: ids of scenarios, or paths of TOML files. Without it, all.
    pub scenarios: Option<Vec<String>>,
    /// The device that every scenario is played on. Without it, the scenario's own.
    pub profile: Option<String>,
    /// What keys, challenges, cut offsets and probabilities are drawn from.
    pub seed: Option<u64>,
    /// Also run scenarios that wait in real time (minutes).
    pub wait: Option<bool>,
    /// Least time between two requests, e.g. "500ms".
    #[serde(deserialize_with = "field::time")]
    #[schemars(schema_with = "field::time_schema")]
    pub pace: Option<Duration>,
    /// How long to wait for one answer, e.g. "10s".
    #[serde(deserialize_with = "field::time")]
    #[schemars(schema_with = "field::time_schema")]
    pub request_timeout: Option<Duration>,
    /// How long the whole run may take, e.g. "30m".
    #[serde(deserialize_with = "field::time")]
    #[schemars(schema_with = "field::time_schema")]
    pub time_limit: Option<Duration>,
    /// Command that starts the relying party again if it stops answering. Run by `sh -c`.
    pub restart: Option<String>,
    /// How long to wait for a relying party that stopped answering to come back, e.g. "30s".
    #[serde(deserialize_with = "field::time")]
    #[schemars(schema_with = "field::time_schema")]
    pub comes_back_within: Option<Duration>,
    /// The folder for the reports.
    pub out: Option<PathBuf>,
    /// Which reports are written. Without it, html, json and junit.
    pub formats: Option<Vec<Format>>,
    /// In which language reports are written.
    pub language: Option<Language>,
    /// What the report calls this run, e.g. a build number; {env:NAME} stands for an environment variable.
    #[serde(deserialize_with = "field::filled")]
    pub label: Option<String>,
    /// Whose transcripts the reports hold.
    pub transcripts: Option<Transcripts>,
    /// Exit with 1 on a finding of this gravity or a graver one.
    #[serde(deserialize_with = "field::fail_on")]
    #[schemars(with = "Option<field::FailOnName>")]
    pub fail_on: Option<FailOn>,
    /// Exit with 1 if something could not be observed.
    pub require_observable: Option<bool>,
    /// A report.json: only findings that are not in it make the run fail.
    pub baseline: Option<PathBuf>,
    /// Findings that are known, and fail nothing for now.
    pub accept: Vec<Acceptance>,
}

/// What is wrong with a file, with file, line and field.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    /// The file that is read where none is named.
    pub const FILE: &str = "faultkey.toml";

    /// Reads a file. Without a name, `faultkey.toml` of the working directory, if it is there.
    ///
    /// # Errors
    /// With file, line, field and what was expected.
    pub fn read(path: Option<&Path>) -> Result<Config, ConfigError> {
        let named = path.is_some();
        let path = path.unwrap_or(Path::new(Config::FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Config::parse(&text, path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => Ok(Config::default()),
            Err(error) => Err(ConfigError(format!("the file {} can't be read: {error}", path.display()))),
        }
    }

    /// Reads the text of a file. Relative paths in it start at its folder.
    ///
    /// # Errors
    /// With file, line, field and what was expected.
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        let file = path.display();
        let refuse = |span, problem: &str| ConfigError(format!("{file}:{}: {problem}", place(text, span)));
        if let Some((span, problem)) = keys::unknown(text) {
            return Err(refuse(Some(span), &problem));
        }
        let read: Result<Config, toml::de::Error> = toml::from_str(text);
        let mut config = read.map_err(|error| refuse(error.span(), &error.message().trim_end().replace('\n', ", ")))?;
        for (acceptance, line) in config.accept.iter_mut().zip(keys::lines_of_acceptances(text)) {
            acceptance.place = format!("{file}:{line}");
        }
        config.start_paths_at(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// The JSON Schema of the file.
    #[must_use]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Config)
    }

    fn start_paths_at(&mut self, folder: &Path) {
        for path in [&mut self.ca, &mut self.out, &mut self.baseline].into_iter().flatten() {
            *path = folder.join(&path);
        }
        let scenarios = self.scenarios.iter_mut().flatten();
        for name in scenarios.chain(&mut self.adapter).filter(|name| scenario::is_path(name)) {
            *name = folder.join(&name).display().to_string();
        }
    }

    /// What this says, and where it says nothing, what `file` says. Hosts that may be tested and accepted findings are those of both.
    #[must_use]
    pub fn over(self, file: Config) -> Config {
        macro_rules! first {
            ($($field:ident),*) => {
                Config {
                    $($field: self.$field.or(file.$field),)*
                    i_may_test: both(self.i_may_test, file.i_may_test),
                    accept: [self.accept, file.accept].concat(),
                }
            };
        }
        first!(
            rp,
            adapter,
            ca,
            accounts,
            scenarios,
            profile,
            seed,
            wait,
            pace,
            request_timeout,
            time_limit,
            restart,
            comes_back_within,
            out,
            formats,
            language,
            label,
            transcripts,
            fail_on,
            require_observable,
            baseline
        )
    }

    /// The first key that says something of a relying party, and has no meaning without one.
    #[must_use]
    pub fn needs_rp(&self) -> Option<&'static str> {
        let said = [
            ("adapter", self.adapter.is_some()),
            ("ca", self.ca.is_some()),
            ("accounts", self.accounts.is_some()),
            ("wait", self.wait.is_some()),
            ("pace", self.pace.is_some()),
            ("request-timeout", self.request_timeout.is_some()),
            ("restart", self.restart.is_some()),
            ("comes-back-within", self.comes_back_within.is_some()),
        ];
        said.into_iter().find(|(_, said)| *said).map(|(key, _)| key)
    }
}

fn both(first: Option<Vec<String>>, second: Option<Vec<String>>) -> Option<Vec<String>> {
    match (first, second) {
        (Some(first), Some(second)) => Some([first, second].concat()),
        (first, second) => first.or(second),
    }
}

#[cfg(test)]
mod tests;
