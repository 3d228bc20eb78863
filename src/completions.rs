//! `faultkey completions`

use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;
use faultkey_fault_injection::{profile, registry};
use faultkey_lab::scenario;
use faultkey_relying_party::Mapping;

use crate::output;

/// Print a completion script for a shell. It knows the names of scenarios, faults, profiles and built-in adapters.
///
/// The names are those of this version: print the script again after an update.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  faultkey completions bash > ~/.local/share/bash-completion/completions/faultkey
  faultkey completions zsh > ~/.zfunc/_faultkey       (with ~/.zfunc in $fpath)
  faultkey completions fish > ~/.config/fish/completions/faultkey.fish";

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut with_names(crate::Cli::command()), "faultkey", &mut script);
    output::text(&String::from_utf8_lossy(&script));
    Ok(ExitCode::SUCCESS)
}

/// Only for the script, which offers what an argument may be and refuses nothing: a file may stand for many of these names.
fn with_names(command: Command) -> Command {
    let of = command.get_name().to_owned();
    command.mut_args(|argument| with_names_of(&of, argument)).mut_subcommands(with_names)
}

fn with_names_of(command: &str, argument: Arg) -> Arg {
    let names = match (command, argument.get_id().as_str()) {
        (_, "scenario") => scenarios(),
        (_, "profile") | ("profiles", "name") => profiles(),
        (_, "adapter") => adapters(),
        (_, "fault") | ("faults", "name") => faults(),
        _ => return argument,
    };
    argument.value_parser(PossibleValuesParser::new(names))
}

fn offered(name: impl Into<String>, meaning: &str) -> PossibleValue {
    PossibleValue::new(name.into()).help(meaning.to_owned())
}

fn scenarios() -> Vec<PossibleValue> {
    // A test loads every scenario.
    scenario::all().unwrap_or_default().iter().map(|scenario| offered(&scenario.id, &scenario.title.en)).collect()
}

fn profiles() -> Vec<PossibleValue> {
    profile::all().iter().map(|profile| offered(&profile.name, &profile.title.en)).collect()
}

fn faults() -> Vec<PossibleValue> {
    registry::all().into_iter().map(|fault| offered(fault.name, fault.summary.en)).collect()
}

fn adapters() -> Vec<PossibleValue> {
    let title = |name| Mapping::built_in_title(name).map_or("", |title| title.en);
    Mapping::built_in_names().map(|name| offered(name, title(name))).collect()
}
