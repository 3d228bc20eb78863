//! `faultkey store`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::output::{self, VERDICT_NOT_PRINTED, complain, counted, say};
use clap::{Args, Subcommand};
use faultkey_authenticator::store::{AuthenticatorReport, Database, Report, write_private};
use faultkey_transport::escape::escaped;
use serde_json::{Value, json};

/// Export, import or check a key store on disk.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write everything in a store as JSON, private keys included, into a file that only you can read (mode 0600).
    Export {
        #[command(flatten)]
        store: StoreFolder,
        /// The file to write; `-` is standard output.
        file: PathBuf,
    },
    /// Put an exported file into a store: all of it, or nothing.
    Import {
        #[command(flatten)]
        store: StoreFolder,
        /// The file to read.
        file: PathBuf,
        /// Replace credentials that the store has already.
        #[arg(long)]
        overwrite: bool,
    },
    /// Read every record of a store and report what can't be read. Changes nothing.
    Check {
        #[command(flatten)]
        store: StoreFolder,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct StoreFolder {
    /// The folder of the store.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
}

impl StoreFolder {
    /// A store that must be there already: opening makes one, and reading from a store just made would hide a mistyped path.
    fn existing(&self) -> Result<Database, String> {
        if !self.store.join("db").is_file() {
            return Err(format!("there is no store in {}; check the path given with --store", self.store.display()));
        }
        Database::open(&self.store).map_err(|error| error.to_string())
    }
}

pub fn run(arguments: Arguments) -> Result<ExitCode, String> {
    match arguments.command {
        Command::Export { store, file } => export(&store.existing()?, &file),
        Command::Import { store, file, overwrite } => import(&store, &file, overwrite),
        Command::Check { store, json } => check(&store.existing()?, json),
    }
}

fn export(database: &Database, file: &Path) -> Result<ExitCode, String> {
    let exported = database.export().map_err(|error| error.to_string())?;
    let text = format!("{exported:#}\n");
    if file == Path::new("-") {
        output::json(text.trim_end());
    } else {
        write_private(file, text.as_bytes()).map_err(|error| error.to_string())?;
        complain!("{} holds private keys; its mode is 0600", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn import(store: &StoreFolder, file: &Path, overwrite: bool) -> Result<ExitCode, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{} can't be read: {error}", file.display()))?;
    let database = Database::open(&store.store).map_err(|error| error.to_string())?;
    let imported = database.import(&text, overwrite).map_err(|error| format!("{}: {error}", file.display()))?;
    let (credentials, authenticators) = (counted(imported.credentials, "credential"), counted(imported.authenticators, "authenticator"));
    say!("{credentials} of {authenticators} imported, {} replaced", imported.replaced);
    Ok(ExitCode::SUCCESS)
}

fn check(database: &Database, as_json: bool) -> Result<ExitCode, String> {
    let report = database.check().map_err(|error| error.to_string())?;
    let printed = if as_json {
        output::try_json(&format!("{:#}", data(&report)))
    } else {
        lines(&report).iter().try_for_each(|line| output::try_line(format_args!("{line}")))
    };
    if let Err(error) = &printed {
        complain!("faultkey: {}", output::not_printed(error));
    }
    Ok(match (report.is_sound(), printed) {
        (true, Ok(())) => ExitCode::SUCCESS,
        (true, Err(_)) => ExitCode::from(VERDICT_NOT_PRINTED),
        (false, _) => ExitCode::FAILURE,
    })
}

fn data(report: &Report) -> Value {
    let authenticator =
        |found: &AuthenticatorReport| json!({ "name": found.name, "credentials": found.credentials, "invalidated": found.invalidated });
    json!({
        "sound": report.is_sound(),
        "authenticators": report.authenticators.iter().map(authenticator).collect::<Vec<_>>(),
        "problems": report.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn lines(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for authenticator in &report.authenticators {
        let credentials = counted(authenticator.credentials, "credential");
        lines.push(format!("{}: {credentials}, {} invalidated", escaped(&authenticator.name), authenticator.invalidated));
    }
    lines.extend(report.problems.iter().map(|problem| format!("damaged: {}", escaped(&problem.to_string()))));
    lines.push(
        if report.is_sound() { "every record can be read" } else { "nothing was deleted; export what can be read, or restore a copy" }
            .to_owned(),
    );
    lines
}
