//! The program `faultkey`: one file per subcommand, no logic of its own.

mod adapter;
mod attach;
mod attestation;
mod attesting;
mod compare;
mod completions;
mod ctl;
mod exercise;
mod faults;
mod global;
mod help;
mod info;
mod init;
mod language;
mod man;
mod output;
mod permission;
mod profiles;
mod report;
mod rp;
mod scenarios;
mod schema;
mod serve;
mod store;

use std::process::ExitCode;

use clap::{FromArgMatches, Parser, Subcommand};

use crate::output::complain;

/// A software FIDO2 authenticator that fails on purpose, for testing relying parties.
///
/// faultkey plays the failures that users of passkeys run into (a fingerprint enrolled again, a phone replaced, a connection cut after the server had
/// committed) against your relying party, and checks for each whether it identified the cause, kept its state correct and left the user a way out.
#[derive(Parser)]
#[command(name = "faultkey", version, max_term_width = 110, after_long_help = START)]
struct Cli {
    #[command(flatten)]
    global: global::Global,
    #[command(subcommand)]
    command: Option<Command>,
}

const START: &str = "\
Start here:
  faultkey exercise                       a demonstration on the embedded relying party
  faultkey exercise --rp https://staging.shop.example --adapter my-rp.toml
                                          the same failures, played against yours
  faultkey scenarios 作業が中断しました     which failures may lie behind what a user says
  faultkey faults cut-verify              one fault: its effect, the evidence, what to do about it

faultkey makes test keys only.

Exit codes:
  0  success
  1  the relying party failed, or a store is damaged
  2  wrong usage, or a broken file
  3  no verdict: the relying party could not be exercised, or the verdict could not be printed";

#[derive(Subcommand)]
enum Command {
    Init(init::Arguments),
    Adapter(adapter::Arguments),
    Exercise(exercise::Arguments),
    Compare(compare::Arguments),
    Report(report::Arguments),
    Scenarios(scenarios::Arguments),
    Faults(faults::Arguments),
    Profiles(profiles::Arguments),
    Info(info::Arguments),
    Attach(attach::Arguments),
    Ctl(ctl::Arguments),
    Serve(serve::Arguments),
    Rp(rp::Arguments),
    Store(store::Arguments),
    Attestation(attestation::Arguments),
    Schema(schema::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

fn main() -> ExitCode {
    // What is no Unicode is said by clap.
    let arguments: Vec<String> = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let language = language::language(global::said(&arguments, "--lang").and_then(language::of_tag));
    let parsed = help::command(&arguments).try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = parsed.unwrap_or_else(|error| help::end(&error, language));
    cli.global.set();
    let Some(command) = cli.command else {
        output::text(help::greeting(language));
        return ExitCode::SUCCESS;
    };
    let result = match command {
        Command::Init(arguments) => init::run(&arguments),
        Command::Adapter(arguments) => adapter::run(arguments),
        Command::Exercise(arguments) => exercise::run(arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Scenarios(arguments) => scenarios::run(&arguments),
        Command::Faults(arguments) => faults::run(&arguments),
        Command::Profiles(arguments) => profiles::run(&arguments),
        Command::Info(arguments) => info::run(&arguments),
        Command::Attach(arguments) => attach::run(arguments),
        Command::Ctl(arguments) => ctl::run(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Rp(arguments) => rp::run(&arguments),
        Command::Store(arguments) => store::run(arguments),
        Command::Attestation(arguments) => attestation::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            complain!("faultkey: {error}");
            ExitCode::from(2)
        }
    }
}
