//! `faultkey report`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use faultkey_lab::report::{self, Format, Settings, github, markdown, terminal};
use faultkey_lab::verdict::Finding;

use crate::exercise::screen;
use crate::language;
use crate::output;

/// Print a report.json again in another format.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A report.json of `faultkey exercise`.
    file: PathBuf,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    format: FormatName,
    /// Only this finding, for a ticket: its id, e.g. replay/authentication-verify. In Markdown.
    #[arg(long, value_name = "CHECK/REQUEST")]
    finding: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  faultkey report faultkey-report/report.json
  faultkey report faultkey-report/report.json --format markdown --finding replay/authentication-verify";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// As `faultkey exercise` prints it.
    Terminal,
    /// index.html, with the transcripts that the file has.
    Html,
    /// junit.xml.
    Junit,
    /// Every finding, for tickets.
    Markdown,
    /// Annotations for a GitHub workflow.
    Github,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let file = arguments.file.display().to_string();
    let text = std::fs::read_to_string(&arguments.file).map_err(|error| format!("the report {file} can't be read: {error}"))?;
    let run = report::json::read(&text, &file).map_err(|error| error.to_string())?;
    let words = language::words();
    let rendered = |format| report::render(&run, format, &Settings { words, ..Settings::default() }).map_err(|error| error.to_string());
    if let Some(id) = &arguments.finding {
        if !matches!(arguments.format, FormatName::Markdown | FormatName::Terminal) {
            return Err("--finding prints Markdown; leave --format out, or say `--format markdown`".to_owned());
        }
        let findings = || run.targets.iter().flat_map(|target| &target.findings);
        let is_meant = |finding: &&Finding| finding.ids().any(|of| of.to_string() == *id);
        let finding = findings().find(is_meant).ok_or_else(|| {
            let ids: Vec<String> = findings().map(|finding| finding.id.to_string()).collect();
            match ids.as_slice() {
                [] => format!("{file} has no finding `{id}`, and no other"),
                ids => format!("{file} has no finding `{id}`; it has {}", ids.join(", ")),
            }
        })?;
        output::text(&markdown::finding(finding, words));
        return Ok(ExitCode::SUCCESS);
    }
    match arguments.format {
        FormatName::Terminal => {
            let told = output::try_painted(&terminal::render(&run, screen(words)));
            told.map_err(|error| output::not_printed(&error))?;
        }
        FormatName::Html => output::text(&rendered(Format::Html)?),
        FormatName::Junit => output::text(&rendered(Format::Junit)?),
        FormatName::Markdown => output::text(&rendered(Format::Markdown)?),
        FormatName::Github => output::text(&github::annotations(&run, words)),
    }
    Ok(ExitCode::SUCCESS)
}
