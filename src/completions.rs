//! `faultkey completions`

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::output;

/// Print a completion script for a shell.
///
/// For example: `faultkey completions bash > ~/.local/share/bash-completion/completions/faultkey`
#[derive(clap::Args)]
pub struct Arguments {
    shell: Shell,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::Cli::command(), "faultkey", &mut script);
    output::text(&String::from_utf8_lossy(&script));
    Ok(ExitCode::SUCCESS)
}
