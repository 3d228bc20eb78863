//! `faultkey schema`

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use faultkey_fault_injection::{Text, profile};
use faultkey_lab::config::Config;
use faultkey_lab::{report, scenario};
use faultkey_relying_party::Mapping;
use serde_json::json;

use crate::language::language;
use crate::output::{self, columns, say};

/// List the files that you write, or print the JSON Schema of one, so that your editor completes and checks it; or that of report.json.
///
/// An editor with a TOML language server reads the schema that the file's first line names: `#:schema ./adapter.schema.json`.
#[derive(Args)]
#[command(after_help = "Examples:\n  faultkey schema\n  faultkey schema adapter > adapter.schema.json")]
pub struct Arguments {
    /// Of which file. Default: a list of all.
    of: Option<File>,
    /// Print the list as JSON, in every language.
    #[arg(long, conflicts_with = "of")]
    json: bool,
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

impl File {
    const fn title(self) -> Text<&'static str> {
        match self {
            File::Adapter => Text::new("how faultkey speaks to a relying party (docs/adapters.md)", "RPとの通信方法（docs/adapters.md）"),
            File::Scenario => Text::new("a failure, step by step (docs/scenarios.md)", "失敗の手順（docs/scenarios.md）"),
            File::Profile => Text::new("a device", "端末"),
            File::Config => {
                Text::new("what `faultkey exercise` does by default (docs/config.md)", "`faultkey exercise`の既定の動作（docs/config.md）")
            }
            File::Report => Text::new("what a report.json says (docs/report.md)", "report.jsonの内容（docs/report.md）"),
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    match arguments.of {
        None if arguments.json => {
            let file = |file: &File| json!({ "name": name(*file), "title": file.title() });
            output::json(&format!("{:#}", json!({ "schemas": File::value_variants().iter().map(file).collect::<Vec<_>>() })));
        }
        None => {
            let mut table = columns();
            for file in File::value_variants() {
                table.add_row([name(*file).as_str(), file.title().get(language(None))]);
            }
            say!("{}", table.trim_fmt());
        }
        Some(file) => {
            let schema = match file {
                File::Adapter => Mapping::schema(),
                File::Scenario => scenario::schema(),
                File::Profile => profile::schema(),
                File::Config => Config::schema(),
                File::Report => report::json::schema(),
            };
            let text = serde_json::to_string_pretty(&schema).map_err(|error| format!("the schema can't be written: {error}"))?;
            output::json(&text);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn name(file: File) -> String {
    file.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
