//! `faultkey exercise`

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use crate::output::{complain, say};
use clap::{Args, ValueEnum};
use faultkey_lab::exercise::{self, Plan, Progress, TargetPlan};
use faultkey_lab::report::{self, terminal};
use faultkey_lab::scenario;
use faultkey_lab::verdict::{FailOn, Run, ScenarioVerdict};
use faultkey_relying_party::{Handling, Mapping, Target, Waiter};
use indicatif::{ProgressBar, ProgressStyle};
use url::Url;

/// Play failure scenarios against a relying party, and say of each how it did.
///
/// Without --rp and --handling, both of the embedded relying party's ways of handling failures are played and shown side by side: `opaque` (every
/// failure is M0902, as in the story) and `diagnosing` (best practice). The exit code then tells whether the diagnosing one held.
///
/// Progress and the table go to the terminal; index.html (for people), junit.xml (for CI) and report.json (for programs) go to --out.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Play only these: ids of `faultkey scenarios`, or paths of TOML files. Default: all.
    #[arg(long, value_name = "NAME|FILE", num_args = 1..)]
    scenario: Vec<String>,
    /// The relying party to exercise, e.g. https://staging.example.com. Default: the embedded one.
    #[arg(long, value_name = "URL")]
    rp: Option<Url>,
    /// How to speak to it: `fido-conformance`, or a TOML file that maps its API (docs/adapters.md).
    #[arg(long, value_name = "NAME|FILE", default_value = "fido-conformance", requires = "rp")]
    adapter: String,
    /// Trust these certificate authorities too (PEM), for an https relying party.
    #[arg(long, value_name = "FILE", requires = "rp")]
    ca: Option<PathBuf>,
    /// Goes into the names of the accounts that are registered. Default: the time, so that no two runs meet.
    #[arg(long, value_name = "TEXT", requires = "rp")]
    accounts: Option<String>,
    /// Also play what makes a relying party with a real clock wait for real (minutes).
    #[arg(long, requires = "rp")]
    wait: bool,
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
    /// From which judgement on the exit code is 1.
    #[arg(long, value_name = "JUDGEMENT", default_value = "fell-short")]
    fail_on: FailOnName,
}

const EXAMPLES: &str = "\
Examples:
  faultkey exercise
  faultkey exercise --handling diagnosing --scenario interrupted-login-committed
  faultkey exercise --rp http://localhost:3000
  faultkey exercise --rp https://staging.example.com --adapter my-rp.toml --out report --fail-on not-observable

Exit codes: 0 every expectation held; 1 the relying party fell short; 2 wrong usage, a broken file, or a relying party that can't be reached.";

#[derive(Clone, Copy, ValueEnum)]
enum HandlingName {
    /// Every failure is M0902, no retry.
    Opaque,
    /// A reason for each failure, a retry, a way out.
    Diagnosing,
}

#[derive(Clone, Copy, ValueEnum)]
enum FailOnName {
    /// Something was seen that should not be.
    FellShort,
    /// Something could not be seen.
    NotObservable,
    /// Nothing: only broken input and unreachable relying parties fail.
    Never,
}

pub fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let both = arguments.rp.is_none() && arguments.handling.is_none();
    let plan = Plan {
        targets: targets(&arguments)?,
        scenarios: scenario::select(&arguments.scenario).map_err(|error| error.to_string())?,
        profile: arguments.profile.clone(),
        seed: arguments.seed,
        include_real_wait: arguments.wait,
    };
    say!("seed {}", plan.seed);
    let mut progress = Bar::new();
    // One thread: two deliveries of one request then meet the embedded relying party in the same order in every run.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime can't be started: {error}"))?;
    let run = runtime.block_on(exercise::exercise(&plan, &mut progress)).map_err(|error| error.to_string())?;
    progress.bar.finish_and_clear();
    show(&run, &arguments.out)?;
    let fail_on = match arguments.fail_on {
        FailOnName::FellShort => FailOn::FellShort,
        FailOnName::NotObservable => FailOn::NotObservable,
        FailOnName::Never => FailOn::Never,
    };
    // The opaque one is there to be compared with; the verdict is about the other.
    let judged = if both { &run.targets[run.targets.len().saturating_sub(1)..] } else { &run.targets[..] };
    Ok(if judged.iter().any(|target| target.fails(fail_on)) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn targets(arguments: &Arguments) -> Result<Vec<TargetPlan>, String> {
    Ok(match (&arguments.rp, arguments.handling) {
        (Some(url), _) => vec![foreign(url, arguments)?],
        (None, Some(HandlingName::Opaque)) => vec![TargetPlan::Embedded(Handling::Opaque)],
        (None, Some(HandlingName::Diagnosing)) => vec![TargetPlan::Embedded(Handling::Diagnosing)],
        (None, None) => vec![TargetPlan::Embedded(Handling::Opaque), TargetPlan::Embedded(Handling::Diagnosing)],
    })
}

fn foreign(url: &Url, arguments: &Arguments) -> Result<TargetPlan, String> {
    let mapping = match Mapping::built_in(&arguments.adapter) {
        Some(mapping) => mapping,
        None => Mapping::load(Path::new(&arguments.adapter)).map_err(|error| error.to_string())?,
    };
    let since_epoch = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_millis());
    let accounts = arguments.accounts.clone().unwrap_or_else(|| format!("{:x}", since_epoch()));
    let mut replay = format!("--rp {url} --adapter {} --accounts {accounts}-again", arguments.adapter);
    if let Some(ca) = &arguments.ca {
        replay.push_str(&format!(" --ca {}", ca.display()));
    }
    Ok(TargetPlan::Foreign {
        name: url.to_string(),
        mapping: Box::new(mapping),
        target: Target { url: url.clone(), connect: None, certificate_authority: arguments.ca.clone() },
        accounts,
        arguments: replay,
    })
}

fn show(run: &Run, out: &Path) -> Result<(), String> {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let width = crate::output::terminal_width();
    say!("{}", terminal::render(run, terminal::Screen { width, colour }));
    report::write_all(run, out).map_err(|error| error.to_string())?;
    say!("report: {}", out.join("index.html").display());
    Ok(())
}

/// A bar on a terminal; one line for each scenario elsewhere, so that a CI log shows where a run stands.
struct Bar {
    bar: ProgressBar,
}

impl Bar {
    fn new() -> Self {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        Self { bar }
    }
}

impl Progress for Bar {
    fn started(&mut self, target: &str, scenario: &str, profile: &str, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        self.bar.set_message(format!("{target}: {scenario} on {profile}"));
    }

    fn finished(&mut self, target: &str, verdict: &ScenarioVerdict, done: usize, total: usize) {
        self.bar.set_position(done as u64);
        if self.bar.is_hidden() {
            complain!("[{done}/{total}] {target}: {} on {}: {}", verdict.id, verdict.profile, verdict.judgement);
        }
    }

    fn waiter(&self) -> Waiter {
        let bar = self.bar.clone();
        Arc::new(move |how_long| {
            bar.set_message(format!("waiting {} s for the relying party's clock", how_long.as_secs()));
            if bar.is_hidden() {
                complain!("waiting {} s for the relying party's clock", how_long.as_secs());
            }
            std::thread::sleep(how_long);
        })
    }
}
