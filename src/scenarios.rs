//! `faultkey scenarios`

use std::process::ExitCode;

use faultkey_lab::scenario::{self, Scenario};

use crate::output::{columns, hint, say};

/// List all scenarios, or those that match a symptom in the user's own words, in English or Japanese.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  faultkey scenarios\n  faultkey scenarios 作業が中断しました\n  faultkey scenarios fingerprint")]
pub struct Arguments {
    /// A symptom: words from a scenario's id, from its title or from what users say.
    symptom: Vec<String>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let symptom = arguments.symptom.join(" ");
    let found = scenario::search(&symptom).map_err(|error| error.to_string())?;
    if found.is_empty() {
        return Err(format!("no scenario matches {symptom:?}; `faultkey scenarios` lists all of them with what users say"));
    }
    say!("{}", table(&found).trim_fmt());
    hint!("\n`faultkey exercise --scenario ID` plays one scenario.");
    Ok(ExitCode::SUCCESS)
}

fn table(scenarios: &[Scenario]) -> comfy_table::Table {
    let mut table = columns();
    for scenario in scenarios {
        let words: Vec<&str> = scenario.words.ja.iter().chain(&scenario.words.en).map(String::as_str).collect();
        let about = format!(
            "{}\nUsers say: {}\nEvidence: {}. Profiles: {}.",
            scenario.title.en,
            words.join(" / "),
            scenario.evidence,
            scenario.profiles.join(", ")
        );
        table.add_row([scenario.id.as_str(), &about]);
    }
    table
}
