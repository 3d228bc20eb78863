//! `faultkey man`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use crate::output::{self, complain};

/// Print the manual page, or write a page for each command into a folder.
#[derive(Args)]
#[command(after_help = "Examples:\n  faultkey man | man -l -\n  faultkey man ~/.local/share/man/man1")]
pub struct Arguments {
    /// The folder to write faultkey.1, faultkey-exercise.1 and so on into. Default: only faultkey.1, to standard output.
    folder: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let mut command = crate::Cli::command().disable_help_subcommand(true);
    // Names the subcommands' pages, and gives them the global options.
    command.build();
    match &arguments.folder {
        None => output::text(&page(&command)?),
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| format!("the folder {} can't be made: {error}", folder.display()))?;
            let count = write(&command, folder)?;
            complain!("{} written into {}", output::counted(count, "page"), folder.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The page of `command`, and those of all below it. How many.
fn write(command: &clap::Command, folder: &Path) -> Result<usize, String> {
    let file = folder.join(Man::new(command.clone()).get_filename());
    fs::write(&file, page(command)?).map_err(|error| format!("{} can't be written: {error}", file.display()))?;
    let mut count = 1;
    for subcommand in command.get_subcommands() {
        count += write(subcommand, folder)?;
    }
    Ok(count)
}

/// In roff.
fn page(command: &clap::Command) -> Result<String, String> {
    let mut page = Vec::new();
    let man = Man::new(command.clone()).source(format!("faultkey {}", env!("CARGO_PKG_VERSION"))).manual("faultkey");
    man.render(&mut page).map_err(|error| format!("the manual page can't be made: {error}"))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
