//! What the command line of `faultkey exercise` says.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use faultkey_lab::check::Gravity;
use faultkey_lab::config::{Config, duration};
use faultkey_lab::report::{Format, Transcripts};
use faultkey_lab::verdict::FailOn;
use url::Url;

use crate::permission::Permission;

/// Play failure scenarios against a relying party, and tell what is wrong with its answers.
///
/// Without --rp and --handling, both of the embedded relying party's ways of handling failures are played and shown side by side: `opaque`
/// (every failure is M0902) and `diagnosing` (best practice). The exit code is that of the diagnosing one.
///
/// Progress and the findings go to the terminal; index.html (for people), junit.xml (for CI) and report.json (for programs) go to --out.
///
/// What is the same in every run stands in faultkey.toml in the working directory (docs/config.md has every key). The command line wins.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Play only these: ids of `faultkey scenarios`, or paths of TOML files. Default: all.
    #[arg(long, value_name = "NAME|FILE", num_args = 1.., help_heading = PLAY)]
    scenario: Vec<String>,
    /// Play every scenario on this device (`faultkey profiles`). Default: the scenario's own.
    #[arg(long, value_name = "NAME", help_heading = PLAY)]
    profile: Option<String>,
    /// Keys, challenges, cut offsets and probabilities are drawn from this. The same seed gives the same run. Default: 902.
    #[arg(long, value_name = "N", help_heading = PLAY, hide_short_help = true)]
    seed: Option<u64>,
    /// Also run scenarios that wait in real time (minutes).
    #[arg(long, help_heading = PLAY, hide_short_help = true)]
    wait: bool,
    /// Only this way of handling failures of the embedded relying party.
    #[arg(long, conflicts_with = "rp", help_heading = PLAY, hide_short_help = true)]
    pub(super) handling: Option<HandlingName>,
    /// The file with what else is said, instead of faultkey.toml.
    #[arg(long, value_name = "FILE", help_heading = PLAY)]
    pub(super) config: Option<PathBuf>,
    /// The relying party to exercise, e.g. https://staging.shop.example. Default: the embedded one.
    #[arg(long, value_name = "URL", help_heading = RELYING_PARTY)]
    rp: Option<Url>,
    /// How to speak to it: the name of a built-in adapter, or a TOML file that describes its API (docs/adapters.md; `faultkey init` makes one).
    /// Default: fido-conformance.
    #[arg(long, value_name = "NAME|FILE", help_heading = RELYING_PARTY)]
    adapter: Option<String>,
    #[command(flatten, next_help_heading = RELYING_PARTY)]
    pub(super) permission: Permission,
    /// Trust these certificate authorities too (PEM), for an https relying party.
    #[arg(long, value_name = "FILE", help_heading = RELYING_PARTY, hide_short_help = true)]
    ca: Option<PathBuf>,
    /// Suffix for test account names. Default: a timestamp.
    #[arg(long, value_name = "TEXT", help_heading = RELYING_PARTY, hide_short_help = true)]
    accounts: Option<String>,
    /// Least time between two requests, for a relying party that limits their rate, e.g. `500ms` or `2s`. Default: 0ms.
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = LIMITS)]
    pace: Option<Duration>,
    /// How long to wait for one answer. Default: 10s.
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = LIMITS, hide_short_help = true)]
    request_timeout: Option<Duration>,
    /// How long the whole run may take. What was played until then is reported. Default: 30m.
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = LIMITS, hide_short_help = true)]
    time_limit: Option<Duration>,
    /// Command that starts the relying party again if it stops answering. Run by `sh -c`.
    #[arg(long, value_name = "COMMAND", help_heading = LIMITS, hide_short_help = true)]
    restart: Option<String>,
    /// How long to wait for a relying party that stopped answering to come back. Default: 30s.
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = LIMITS, hide_short_help = true)]
    comes_back_within: Option<Duration>,
    /// The folder for the reports. Those of an earlier run are removed from it. Default: faultkey-report.
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    out: Option<PathBuf>,
    /// What to write into the folder. Default: html,json,junit.
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', help_heading = OUTPUT, hide_short_help = true)]
    format: Vec<FormatName>,
    /// Exit with 1 on a finding of this gravity or a graver one. Default: no-way-out.
    #[arg(long, value_name = "GRAVITY", help_heading = OUTPUT)]
    fail_on: Option<FailOnName>,
    /// A report.json: exit with 1 on findings that are not in it only, and say which are new and which are gone.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    baseline: Option<PathBuf>,
    /// Exit with 1 if something could not be observed.
    #[arg(long, help_heading = OUTPUT, hide_short_help = true)]
    require_observable: bool,
    /// Leave cookies, tokens and values from the environment in reports and on the terminal (docs/adapters.md says what is masked without it).
    #[arg(long, help_heading = OUTPUT, hide_short_help = true)]
    pub(super) show_secrets: bool,
    /// Whose transcripts the reports hold. Default: failed.
    #[arg(long, value_name = "WHOSE", help_heading = OUTPUT, hide_short_help = true)]
    transcripts: Option<TranscriptsName>,
    /// What the report calls this run, e.g. a build number.
    #[arg(long, value_name = "TEXT", help_heading = OUTPUT, hide_short_help = true)]
    label: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum TranscriptsName {
    /// Those of failed scenarios.
    Failed,
    All,
}

impl From<TranscriptsName> for Transcripts {
    fn from(name: TranscriptsName) -> Transcripts {
        match name {
            TranscriptsName::Failed => Transcripts::Failed,
            TranscriptsName::All => Transcripts::All,
        }
    }
}

const PLAY: &str = "What to play";
const RELYING_PARTY: &str = "The relying party";
const LIMITS: &str = "Pace and limits";
const OUTPUT: &str = "Output and verdict";

const EXAMPLES: &str = "\
Examples:
  faultkey exercise
  faultkey exercise --handling diagnosing --scenario interrupted-login-committed
  faultkey exercise --rp http://localhost:3000
  faultkey exercise --rp https://staging.shop.example --adapter my-rp.toml --out report --fail-on unclear
  faultkey exercise --config ci/faultkey.toml --baseline baseline.json

Exit codes: 0 passed; 1 findings at or above --fail-on; 2 wrong usage or a wrong file; 3 the relying party could not be exercised, the run
could not be finished, or its result could not be printed; 130 and 143 ended by SIGINT and SIGTERM.";

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum HandlingName {
    /// Every failure is M0902, no retry.
    Opaque,
    /// A reason for each failure, a retry, a way out.
    Diagnosing,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum FailOnName {
    /// Someone can get in who should not, or the service can be stopped.
    Security,
    /// Records are wrong afterwards.
    State,
    /// The user can't go on.
    NoWayOut,
    /// It can't be told what happened.
    Unclear,
    /// Remarks, too.
    Advice,
    /// Nothing.
    Never,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    /// index.html, for people.
    Html,
    /// report.json, for programs (docs/report.md).
    Json,
    /// junit.xml, for CI servers.
    Junit,
    /// report.md, for tickets.
    Markdown,
    /// Annotations for a GitHub workflow, and the summary of its job: into $GITHUB_STEP_SUMMARY, else summary.md.
    Github,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Format {
        match name {
            FormatName::Html => Format::Html,
            FormatName::Json => Format::Json,
            FormatName::Junit => Format::Junit,
            FormatName::Markdown => Format::Markdown,
            FormatName::Github => Format::Github,
        }
    }
}

impl From<FailOnName> for FailOn {
    fn from(name: FailOnName) -> FailOn {
        FailOn::AtLeast(match name {
            FailOnName::Security => Gravity::Security,
            FailOnName::State => Gravity::State,
            FailOnName::NoWayOut => Gravity::NoWayOut,
            FailOnName::Unclear => Gravity::Unclear,
            FailOnName::Advice => Gravity::Advice,
            FailOnName::Never => return FailOn::Never,
        })
    }
}

impl Arguments {
    /// What the command line says.
    pub(super) fn config(&self) -> Config {
        Config {
            rp: self.rp.clone(),
            adapter: self.adapter.clone(),
            i_may_test: self.permission.hosts(),
            ca: self.ca.clone(),
            accounts: self.accounts.clone(),
            scenarios: (!self.scenario.is_empty()).then(|| self.scenario.clone()),
            profile: self.profile.clone(),
            seed: self.seed,
            wait: self.wait.then_some(true),
            pace: self.pace,
            request_timeout: self.request_timeout,
            time_limit: self.time_limit,
            restart: self.restart.clone(),
            comes_back_within: self.comes_back_within,
            out: self.out.clone(),
            label: self.label.clone(),
            formats: (!self.format.is_empty()).then(|| self.format.iter().copied().map(Format::from).collect()),
            transcripts: self.transcripts.map(Transcripts::from),
            fail_on: self.fail_on.map(FailOn::from),
            require_observable: self.require_observable.then_some(true),
            baseline: self.baseline.clone(),
            ..Config::default()
        }
    }
}
