//! `faultkey exercise`

mod progress;
mod stop;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::{Args, ValueEnum};
use faultkey_lab::check::Gravity;
use faultkey_lab::exercise::{self, ExerciseError, Foreign, Plan, Restart, TargetPlan};
use faultkey_lab::report::{self, terminal};
use faultkey_lab::scenario;
use faultkey_lab::verdict::{FailOn, Incomplete, Run};
use faultkey_relying_party::{Handling, Proxies, Target};
use url::Url;

use crate::output::{self, VERDICT_NOT_PRINTED, complain};
use crate::permission::Permission;
use crate::{adapter, global, language};
pub use progress::Terminal;
pub use stop::on_signals_and_after;

/// Play failure scenarios against a relying party, and tell what is wrong with its answers.
///
/// Without --rp and --handling, both of the embedded relying party's ways of handling failures are played and shown side by side: `opaque`
/// (every failure is M0902) and `diagnosing` (best practice). The exit code is that of the diagnosing one.
///
/// Progress and the findings go to the terminal; index.html (for people), junit.xml (for CI) and report.json (for programs) go to --out.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Play only these: ids of `faultkey scenarios`, or paths of TOML files. Default: all.
    #[arg(long, value_name = "NAME|FILE", num_args = 1..)]
    scenario: Vec<String>,
    /// The relying party to exercise, e.g. https://staging.shop.example. Default: the embedded one.
    #[arg(long, value_name = "URL")]
    rp: Option<Url>,
    #[command(flatten)]
    permission: Permission,
    /// How to speak to it: the name of a built-in adapter, or a TOML file that describes its API (docs/adapters.md; `faultkey init` makes one).
    #[arg(long, value_name = "NAME|FILE", default_value = "fido-conformance", requires = "rp")]
    adapter: String,
    /// Trust these certificate authorities too (PEM), for an https relying party.
    #[arg(long, value_name = "FILE", requires = "rp")]
    ca: Option<PathBuf>,
    /// Suffix for test account names. Default: a timestamp.
    #[arg(long, value_name = "TEXT", requires = "rp")]
    accounts: Option<String>,
    /// Also run scenarios that wait in real time (minutes).
    #[arg(long, requires = "rp")]
    wait: bool,
    /// Least time between two requests, for a relying party that limits their rate, e.g. `500ms` or `2s`.
    #[arg(long, value_name = "TIME", requires = "rp", value_parser = duration, default_value = "0ms")]
    pace: Duration,
    /// How long to wait for one answer.
    #[arg(long, value_name = "TIME", requires = "rp", value_parser = duration, default_value = "10s")]
    request_timeout: Duration,
    /// How long the whole run may take. What was played until then is reported.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "30m")]
    time_limit: Duration,
    /// Command that starts the relying party again if it stops answering. Run by `sh -c`.
    #[arg(long, value_name = "COMMAND", requires = "rp")]
    restart: Option<String>,
    /// How long to wait for a relying party that stopped answering to come back.
    #[arg(long, value_name = "TIME", requires = "rp", value_parser = duration, default_value = "30s")]
    comes_back_within: Duration,
    /// Only this way of handling failures of the embedded relying party.
    #[arg(long, conflicts_with = "rp")]
    handling: Option<HandlingName>,
    /// Play every scenario on this device (`faultkey profiles`). Default: the scenario's own.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Keys, challenges, cut offsets and probabilities are drawn from this. The same seed gives the same run.
    #[arg(long, value_name = "N", default_value_t = 902)]
    seed: u64,
    /// The folder for the reports.
    #[arg(long, value_name = "DIR", default_value = "faultkey-report")]
    out: PathBuf,
    /// Exit with 1 on a finding of this gravity or a graver one.
    #[arg(long, value_name = "GRAVITY", default_value = "no-way-out")]
    fail_on: FailOnName,
    /// Exit with 1 if something could not be observed.
    #[arg(long)]
    require_observable: bool,
}

const EXAMPLES: &str = "\
Examples:
  faultkey exercise
  faultkey exercise --handling diagnosing --scenario interrupted-login-committed
  faultkey exercise --rp http://localhost:3000
  faultkey exercise --rp https://staging.shop.example --adapter my-rp.toml --out report --fail-on unclear

Exit codes: 0 passed; 1 findings at or above --fail-on; 2 wrong usage or a wrong file; 3 the relying party could not be exercised, the run
could not be finished, or its result could not be printed; 130 and 143 ended by SIGINT and SIGTERM.";

#[derive(Clone, Copy, ValueEnum)]
enum HandlingName {
    /// Every failure is M0902, no retry.
    Opaque,
    /// A reason for each failure, a retry, a way out.
    Diagnosing,
}

#[derive(Clone, Copy, ValueEnum)]
enum FailOnName {
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

/// What a run does to a server.
const HAPPENS: &str = "a run makes accounts there, and sends hundreds of wrong answers";

const FINDINGS: u8 = 1;
/// Not exercised, not finished, or not told.
const NO_VERDICT: u8 = 3;
const INTERRUPTED: u8 = 130;
const TERMINATED: u8 = 143;

pub fn run(arguments: Arguments) -> Result<ExitCode, String> {
    if let Some(url) = &arguments.rp {
        arguments.permission.check(url, HAPPENS)?;
    }
    let plan = Plan {
        targets: targets(&arguments)?,
        scenarios: scenario::select(&arguments.scenario).map_err(|error| error.to_string())?,
        profile: arguments.profile.clone(),
        seed: arguments.seed,
        include_real_wait: arguments.wait,
    };
    report::try_directory(&arguments.out).map_err(|error| error.to_string())?;
    let progress = Terminal::new();
    // One thread: two deliveries of one request then meet the embedded relying party in the same order in every run.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime can't be started: {error}"))?;
    let (result, stopped) = runtime.block_on(async {
        let stop = on_signals_and_after(arguments.time_limit);
        (exercise::exercise(&plan, &progress, &stop).await, stop.reason())
    });
    progress.clear();
    match result {
        Ok(run) => {
            let code = tell(&run, &arguments);
            progress.tell_of_accounts();
            Ok(code)
        }
        Err(ExerciseError::NotExercisable(problem)) => {
            complain!("{}", faultkey_lab::help::page(&problem, arguments.rp.as_ref()));
            progress.tell_of_accounts();
            Ok(ExitCode::from(code_of(stopped).unwrap_or(NO_VERDICT)))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Reports first, then the screen; the exit code says what of that failed.
fn tell(run: &Run, arguments: &Arguments) -> ExitCode {
    if let Err(error) =
        report::write_all(run, &arguments.out, &report::Settings { words: language::words(), ..report::Settings::default() })
    {
        complain!("faultkey: {error}");
        return ExitCode::from(NO_VERDICT);
    }
    let words = language::words();
    let screen = terminal::Screen {
        width: output::terminal_width(),
        colour: global::colour(),
        plain: !std::io::stdout().is_terminal(),
        detail: global::detail(),
        words,
    };
    let mut text = terminal::render(run, screen);
    if !global::quiet() {
        text.push_str(&format!("\n{}\n", words.report_at(&arguments.out.join("index.html").display().to_string())));
    }
    let told = output::try_text(&text);
    if let Err(error) = told {
        complain!("faultkey: {}", output::not_printed(&error));
        return ExitCode::from(VERDICT_NOT_PRINTED);
    }
    let incomplete = run.targets.iter().find_map(|target| target.incomplete);
    if let Some(code) = code_of(incomplete) {
        return ExitCode::from(code);
    }
    let fails = run.targets.iter().any(|target| target.fails(arguments.fail_on.into()));
    let unseen = arguments.require_observable && run.targets.iter().any(|target| !target.blind_spots.is_empty());
    if fails || unseen { ExitCode::from(FINDINGS) } else { ExitCode::SUCCESS }
}

pub fn code_of(incomplete: Option<Incomplete>) -> Option<u8> {
    Some(match incomplete? {
        Incomplete::Interrupted => INTERRUPTED,
        Incomplete::Terminated => TERMINATED,
        Incomplete::TimeLimit | Incomplete::Gone => NO_VERDICT,
    })
}

fn targets(arguments: &Arguments) -> Result<Vec<TargetPlan>, String> {
    let embedded = |handling, for_comparison| TargetPlan::Embedded { handling, for_comparison };
    Ok(match (&arguments.rp, arguments.handling) {
        (Some(url), _) => vec![TargetPlan::Foreign(foreign(url, arguments)?)],
        (None, Some(HandlingName::Opaque)) => vec![embedded(Handling::Opaque, false)],
        (None, Some(HandlingName::Diagnosing)) => vec![embedded(Handling::Diagnosing, false)],
        (None, None) => vec![embedded(Handling::Opaque, true), embedded(Handling::Diagnosing, false)],
    })
}

fn foreign(url: &Url, arguments: &Arguments) -> Result<Foreign, String> {
    let (_, mapping) = adapter::read(&arguments.adapter)?;
    let accounts = arguments.accounts.clone().unwrap_or_else(accounts);
    let mut replay = format!("--rp {url} --adapter {}", arguments.adapter);
    replay.push_str(&arguments.permission.arguments());
    if let Some(ca) = &arguments.ca {
        replay.push_str(&format!(" --ca {}", ca.display()));
    }
    Ok(Foreign {
        name: format!("{} at {url}", mapping.name),
        mapping,
        target: Target {
            url: url.clone(),
            connect: None,
            certificate_authority: arguments.ca.clone(),
            proxies: Proxies::from_environment(),
        },
        accounts,
        arguments: replay,
        pace: arguments.pace,
        patience: arguments.request_timeout,
        comes_back_within: arguments.comes_back_within,
        restart: arguments.restart.clone().map(restart),
    })
}

/// A suffix that no other run has.
pub fn accounts() -> String {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    format!("{:x}", since_epoch.map_or(0, |time| time.as_millis()))
}

fn restart(command: String) -> Restart {
    Arc::new(move || {
        let spawned = std::process::Command::new("sh").args(["-c", &command]).stdin(std::process::Stdio::null()).spawn();
        spawned.map(|_| ()).map_err(|error| format!("`{command}` can't be started: {error}"))
    })
}

/// `500ms`, `2s`, `30m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let wrong = || format!("`{text}` is no time; expected a whole number with `ms`, `s` or `m`, e.g. `500ms`");
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("30m"), Ok(Duration::from_secs(1800)));
        for wrong in ["", "5", "s", "-1s", "1h", "18446744073709551615m"] {
            assert!(duration(wrong).unwrap_err().contains("expected a whole number with"), "{wrong}");
        }
    }
}
