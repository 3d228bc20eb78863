//! `faultkey adapter`

mod list;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use faultkey_lab::config::{Config, duration};
use faultkey_lab::exercise::{self, Checked, ExerciseError, Foreign};
use faultkey_lab::help;
use faultkey_relying_party::{Mapping, Proxies, Target, without_user};
use url::Url;

use crate::exercise::{Terminal, accounts, code_of, on_signals_and_after};
use crate::language;
use crate::output::{self, complain};
use crate::permission::Permission;

/// List the built-in adapters, and check adapter files, which say how to speak to a relying party.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(list::Arguments),
    Check(Box<Check>),
}

/// Register and log in cleanly, and say of each line of the file what it met.
///
/// Where that does not work, it explains what probably is wrong, as `faultkey exercise` does.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
struct Check {
    /// The adapter: a TOML file, or the name of a built-in one. Default: that of faultkey.toml.
    #[arg(value_name = "FILE|NAME")]
    adapter: Option<String>,
    /// The relying party, e.g. https://staging.shop.example. Default: that of faultkey.toml.
    #[arg(long, value_name = "URL")]
    rp: Option<Url>,
    /// The file with what else is said, instead of faultkey.toml (docs/config.md).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    permission: Permission,
    /// Trust these certificate authorities too (PEM), for an https relying party.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Suffix for test account names. Default: a timestamp.
    #[arg(long, value_name = "TEXT")]
    accounts: Option<String>,
    /// Least time between two requests, e.g. `500ms` or `2s`. Default: 0ms.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pace: Option<Duration>,
    /// How long to wait for one answer. Default: 10s.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    request_timeout: Option<Duration>,
    /// The device (`faultkey profiles`). Default: one that fits the options.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Show cookies, tokens and values from the environment, too (docs/adapters.md says what is masked without it).
    #[arg(long)]
    show_secrets: bool,
}

const EXAMPLES: &str = "\
Examples:
  faultkey adapter check shop.toml --rp https://staging.shop.example
  faultkey adapter check fido-conformance --rp http://localhost:3000

Exit codes: 0 accepted; 2 wrong usage or a wrong file; 3 a clean registration and log-in were not accepted.";

/// What a check does to a server.
const HAPPENS: &str = "a check makes an account or a few there, and sends a wrong answer or two";

const NOT_ACCEPTED: u8 = 3;
/// A check has nothing that waits.
const LONGEST: Duration = Duration::from_secs(600);

pub fn run(arguments: Arguments) -> Result<ExitCode, String> {
    match arguments.action {
        Action::List(arguments) => Ok(list::run(&arguments)),
        Action::Check(arguments) => check(&arguments),
    }
}

impl Check {
    /// What the command line says.
    fn config(&self) -> Config {
        Config {
            rp: self.rp.clone(),
            adapter: self.adapter.clone(),
            i_may_test: self.permission.hosts(),
            ca: self.ca.clone(),
            accounts: self.accounts.clone(),
            profile: self.profile.clone(),
            pace: self.pace,
            request_timeout: self.request_timeout,
            ..Config::default()
        }
    }
}

fn check(arguments: &Check) -> Result<ExitCode, String> {
    let file = Config::read(arguments.config.as_deref()).map_err(|error| error.to_string())?;
    let config = arguments.config().over(file);
    let missing = |what: &str, key: &str| format!("name {what}, or write `{key}` into {}", Config::FILE);
    let adapter = config.adapter.as_deref().ok_or_else(|| missing("the adapter: faultkey adapter check FILE", "adapter"))?;
    let url = config.rp.as_ref().ok_or_else(|| missing("the relying party with --rp URL", "rp"))?;
    Permission::of(&config).check(url, HAPPENS)?;
    let (text, mut mapping) = read(adapter)?;
    let language = language::language(config.language);
    mapping.ask_in(language);
    if arguments.show_secrets {
        mapping.secrets().reveal();
    }
    // No request has it, and nothing that is printed.
    let shown = &without_user(url);
    let foreign = Foreign {
        name: format!("{} at {shown}", mapping.name),
        mapping,
        target: Target { url: url.clone(), connect: None, certificate_authority: config.ca.clone(), proxies: Proxies::from_environment() },
        accounts: config.accounts.clone().unwrap_or_else(accounts),
        arguments: format!("--rp {shown} --adapter {adapter}"),
        pace: config.pace(),
        patience: config.request_timeout(),
        comes_back_within: Duration::ZERO,
        restart: None,
    };
    let target = foreign.name.clone();
    let progress = Terminal::new(language);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime can't be started: {error}"))?;
    let (result, stopped) = runtime.block_on(async {
        let stop = on_signals_and_after(LONGEST);
        let checked = exercise::check(foreign, &text, config.profile.clone(), config.seed(), &progress, &stop).await;
        (checked, stop.reason())
    });
    progress.clear();
    let code = match result {
        Ok(checked @ Checked::Accepted { .. }) => {
            output::try_line(format_args!("{}", help::checked(&target, adapter, &checked, language)))
                .map_err(|error| output::not_printed(&error))?;
            ExitCode::SUCCESS
        }
        Ok(checked) => {
            complain!("{}", help::checked(&target, adapter, &checked, language));
            ExitCode::from(code_of(stopped).unwrap_or(NOT_ACCEPTED))
        }
        Err(ExerciseError::NotExercisable(problem)) => {
            complain!("{}", help::page(&problem, Some(shown), language));
            ExitCode::from(code_of(stopped).unwrap_or(NOT_ACCEPTED))
        }
        Err(error) => return Err(error.to_string()),
    };
    progress.tell_of_accounts();
    Ok(code)
}

/// The text of an adapter, built in or in a file, and what it says.
pub fn read(adapter: &str) -> Result<(String, Mapping), String> {
    if let Some(text) = Mapping::built_in_text(adapter) {
        let mapping = Mapping::parse(text, adapter).map_err(|error| error.to_string())?;
        return Ok((text.to_owned(), mapping));
    }
    let path = Path::new(adapter);
    // Meant as a name.
    if !path.exists() && path.extension().is_none() && path.components().count() == 1 {
        return Err(unknown(adapter));
    }
    let mapping = Mapping::load(path).map_err(|error| error.to_string())?;
    let text = std::fs::read_to_string(path).map_err(|error| format!("the adapter file {adapter} cannot be read: {error}"))?;
    Ok((text, mapping))
}

/// What there is instead.
pub fn unknown(name: &str) -> String {
    let names: Vec<&str> = Mapping::built_in_names().collect();
    format!("there is no built-in adapter `{name}`, only {}; a file's name ends in .toml", names.join(", "))
}
