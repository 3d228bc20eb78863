//! `faultkey init`

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use faultkey_relying_party::init::{self, Written};

use crate::output::{self, complain};

/// Write the first draft of an adapter file, which says how to speak to your relying party.
///
/// Record a registration and a log-in with a passkey in a browser: open the developer tools' network panel before the page, register, sign out, log in,
/// and export as HAR with contents. No value of the recording goes into the file but paths, names and constants. What the recording does not
/// show stands in the file as `# not found`, and on standard error.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The recording of a browser (HAR 1.2).
    #[arg(long, value_name = "FILE")]
    har: PathBuf,
    /// The file to write; one that exists is not overwritten. Default: standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  faultkey init --har shop.har --out shop.toml
  faultkey adapter check shop.toml --rp https://staging.shop.example

Exit codes: 0 written; 2 wrong usage, or a file that can't be read or written.";

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    if let Some(out) = &arguments.out {
        not_there(out)?;
    }
    let har = &arguments.har;
    let text = fs::read_to_string(har).map_err(|error| format!("the recording {} can't be read: {error}", har.display()))?;
    let written = init::from_har(&text, &har.display().to_string()).map_err(|error| error.to_string())?;
    tell(&written);
    match &arguments.out {
        Some(out) => write_new(out, &written.toml)?,
        None => output::text(&written.toml),
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(written: &Written) {
    complain!("Found:");
    written.found.iter().for_each(|line| complain!("  {}", faultkey_attach::escape::escaped(line)));
    if written.unknown.is_empty() {
        return complain!("Nothing is missing.");
    }
    complain!("Not found:");
    for unknown in &written.unknown {
        complain!("  {}", faultkey_attach::escape::escaped(&unknown.to_string()));
        if let Some(to_write) = unknown.to_write() {
            complain!("    write: {}", faultkey_attach::escape::escaped(&to_write));
        }
    }
}

fn not_there(out: &Path) -> Result<(), String> {
    match out.try_exists() {
        Ok(true) => Err(exists(out)),
        _ => Ok(()),
    }
}

fn exists(out: &Path) -> String {
    format!("{} exists, and is not overwritten; name another file with --out, or move it away", out.display())
}

fn write_new(out: &Path, text: &str) -> Result<(), String> {
    let written = OpenOptions::new().write(true).create_new(true).open(out).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {
            complain!("written: {}", out.display());
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(exists(out)),
        Err(error) => Err(format!("{} can't be written: {error}; name another file with --out", out.display())),
    }
}
