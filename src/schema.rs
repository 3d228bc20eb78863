//! `faultkey schema`

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use faultkey_fault_injection::profile;
use faultkey_lab::config::Config;
use faultkey_lab::{report, scenario};
use faultkey_relying_party::Mapping;

use crate::output;

/// Print the JSON Schema of a file that you write, so that your editor completes and checks it, or of report.json.
///
/// An editor with a TOML language server reads the schema that the file's first line names: `#:schema ./adapter.schema.json`.
#[derive(Args)]
#[command(after_help = "Example:\n  faultkey schema adapter > adapter.schema.json")]
pub struct Arguments {
    /// Of which file.
    of: File,
}

#[derive(Clone, Copy, ValueEnum)]
enum File {
    /// How faultkey speaks to a relying party (docs/adapters.md).
    Adapter,
    /// A failure, step by step (docs/scenarios.md).
    Scenario,
    /// A device.
    Profile,
    /// `faultkey.toml` (docs/config.md).
    Config,
    /// `report.json` (docs/report.md).
    Report,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let schema = match arguments.of {
        File::Adapter => Mapping::schema(),
        File::Scenario => scenario::schema(),
        File::Profile => profile::schema(),
        File::Config => Config::schema(),
        File::Report => report::json::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| format!("the schema can't be written: {error}"))?;
    output::json(&text);
    Ok(ExitCode::SUCCESS)
}
