//! `faultkey compare`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use faultkey_lab::compare::{Snapshot, compare};
use faultkey_lab::report::terminal;
use faultkey_lab::verdict::FailOn;

use crate::exercise::{FailOnName, screen};
use crate::language;
use crate::output::{self, VERDICT_NOT_PRINTED, complain};

/// Say what two reports of `faultkey exercise` differ in: findings that are new, gone or remain, scenarios that stand otherwise, what can be observed.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The report.json of the older run.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The report.json of the newer run.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Exit with 1 on a new finding of this gravity or a graver one. Default: no-way-out.
    #[arg(long, value_name = "GRAVITY")]
    fail_on: Option<FailOnName>,
    /// Print it for a program.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  faultkey compare baseline.json faultkey-report/report.json
  faultkey compare baseline.json faultkey-report/report.json --fail-on advice --json

Exit codes: 0 nothing new at or above --fail-on; 1 new findings; 2 a file that can't be read; 3 the result could not be printed.";

const NEW_FINDINGS: u8 = 1;

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let comparison = compare(&read(&arguments.old)?, &read(&arguments.new)?);
    let fails = comparison.fails(arguments.fail_on.map(FailOn::from).unwrap_or_default());
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&comparison).map_err(|error| format!("the result can't be written: {error}"))?,
        false => terminal::comparison(&comparison, screen(language::words())).trim_end().to_owned(),
    };
    if let Err(error) = output::try_line(format_args!("{text}")) {
        complain!("faultkey: {}", output::not_printed(&error));
        return Ok(ExitCode::from(if fails { NEW_FINDINGS } else { VERDICT_NOT_PRINTED }));
    }
    Ok(if fails { ExitCode::from(NEW_FINDINGS) } else { ExitCode::SUCCESS })
}

pub fn read(path: &Path) -> Result<Snapshot, String> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("the report {file} can't be read: {error}"))?;
    Snapshot::read(&text, &file).map_err(|error| error.to_string())
}
