//! `faultkey ctl`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use faultkey_attach::control::{self, Request, WaitFor, Wish};
use faultkey_attach::user::duration;
use faultkey_transport::escape::escaped;
use serde_json::Value;

use crate::output::{self, say};

/// Drive a key that is attached: touch it, arm faults, unplug it, wait for what it does.
///
/// It finds the one program that has keys attached; with several, say which, with --control. A script that says what it waits for needs no sleeping.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The control socket of `faultkey attach`, where several are running.
    #[arg(long, value_name = "PATH", global = true)]
    control: Option<PathBuf>,
    /// Which of several keys.
    #[arg(long, value_name = "N", global = true)]
    key: Option<usize>,
    /// Print the whole answer as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  faultkey ctl wait prompt && faultkey ctl touch          touch the key when it asks for it
  faultkey ctl touch --hold 10s                           the same where a long touch is wanted, e.g. to reset
  faultkey ctl presence once                              the next request is touched, and then no other
  faultkey ctl fault add no-credentials,schedule=once     the next authentication finds no credential
  faultkey ctl event fingerprint-enrolled                 the profile, or an armed fault, decides what it does to the keys
  faultkey ctl credentials list --json                    in the shape of WebDriver's virtual authenticators, private keys included
  faultkey ctl replug                                     a power cycle

Exit codes: 0 done, 2 not done, with the reason on standard error.";

#[derive(Subcommand)]
enum Command {
    /// Every key and its state.
    List,
    /// Everything that is known of a key: PIN and fingers, credentials, policies, what waits, armed faults, store and trace.
    Status,
    /// The user touches the key, with the finger that --verification says.
    Touch {
        /// Keep the finger there, e.g. 10s, where a key wants a long touch. It counts as held that long, without waiting.
        #[arg(long, value_name = "TIME")]
        hold: Option<String>,
    },
    /// The user says no.
    Refuse,
    /// The user presents a finger that is not enrolled.
    WrongFinger,
    /// When the user touches the key from now on. A request that waits is asked again.
    Presence {
        /// As --presence; `on` is always, `off` is never.
        #[arg(value_name = "auto|always|once|ask|never|after=TIME", num_args = 1..=2)]
        policy: Vec<String>,
    },
    /// Result of built-in user verification from now on.
    Verification {
        #[arg(value_name = "ok|fail")]
        policy: String,
    },
    /// Something happens to the device, e.g. fingerprint-enrolled; the profile says what that does to its keys.
    Event { event: String },
    /// Arm, disarm and list faults.
    Fault {
        #[command(subcommand)]
        command: Fault,
    },
    /// List, add and remove credentials.
    Credentials {
        #[command(subcommand)]
        command: Credentials,
    },
    /// Take the key off the bus.
    Unplug,
    /// Plug the key in again; if it is plugged in, unplug it first.
    Replug {
        /// Replace it with another key of the same kind: no credentials, no PIN, no settings.
        #[arg(long)]
        without_state: bool,
    },
    /// Wait for something at the key.
    Wait {
        /// A state (at once, if it is there): prompt, idle, plugged, unplugged. Or an event: exchange, fault.
        what: WaitName,
        /// Give up after this time, e.g. 5s or 300ms.
        #[arg(long, value_name = "TIME", default_value = "30s")]
        timeout: String,
        /// The first event after this number counts: what `list`, or the wait before, has as `last` in its JSON.
        #[arg(long, value_name = "NUMBER")]
        after: Option<u64>,
        /// Only a prompt, exchange or fault with this in its text.
        #[arg(long, value_name = "TEXT")]
        containing: Option<String>,
    },
    /// Write a trace of everything from now on: every report, message, prompt and decision. Ends the one before.
    Trace {
        /// JSON lines in a file that ends with .jsonl, a capture for Wireshark in .pcap.
        #[arg(required_unless_present = "off")]
        file: Option<PathBuf>,
        /// End the trace that is written.
        #[arg(long, conflicts_with = "file")]
        off: bool,
    },
    /// Unplug every key and end `faultkey attach`; this command returns when it has ended.
    Quit,
}

#[derive(Subcommand)]
enum Fault {
    /// Arm a fault from now on.
    Add {
        #[arg(value_name = "NAME[,KEY=VALUE…]")]
        fault: String,
    },
    /// Disarm the faults with this name.
    Remove { fault: String },
    /// The armed faults, and how often each has fired.
    List,
    /// Disarm every fault.
    Clear,
}

#[derive(Subcommand)]
enum Credentials {
    /// Every credential, oldest first; with --json in WebDriver's shape, private keys included.
    List,
    /// Add one, from a file with JSON in WebDriver's shape (`-` is standard input).
    Add { file: PathBuf },
    /// Remove one.
    Remove {
        /// Its id in base64url, as `list` shows it.
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// Remove every credential.
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum WaitName {
    /// A request waits for the user.
    Prompt,
    /// No request is under way.
    Idle,
    /// The key is on the bus.
    Plugged,
    /// The key is off the bus.
    Unplugged,
    /// A request is answered, or never will be.
    Exchange,
    /// A fault decides.
    Fault,
}

pub fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let request = Request { key: arguments.key, wish: wish(arguments.command)? };
    let path = match arguments.control {
        Some(path) => path,
        None => control::path::running()?,
    };
    let answer = control::client::ask(&path, &request)?;
    if arguments.json {
        output::json(&answer.to_string());
    }
    match (answer.get("ok").and_then(Value::as_bool), answer.get("text").and_then(Value::as_str)) {
        (Some(true), text) => {
            if !arguments.json {
                // Names that relying parties chose are in it.
                for line in text.unwrap_or("done").lines() {
                    say!("{}", escaped(line));
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(answer.get("error").and_then(Value::as_str).unwrap_or("the answer is not understood").to_owned()),
    }
}

fn wish(command: Command) -> Result<Wish, String> {
    Ok(match command {
        Command::List => Wish::List,
        Command::Status => Wish::Status,
        Command::Touch { hold } => Wish::Touch { hold: hold.map(|hold| time("--hold", &hold)).transpose()? },
        Command::Refuse => Wish::Refuse,
        Command::WrongFinger => Wish::WrongFinger,
        Command::Presence { policy } => Wish::Presence { policy: policy.join(" ") },
        Command::Verification { policy } => Wish::Verification { policy },
        Command::Event { event } => Wish::Event { event },
        Command::Fault { command: Fault::Add { fault } } => Wish::FaultAdd { fault },
        Command::Fault { command: Fault::Remove { fault } } => Wish::FaultRemove { fault },
        Command::Fault { command: Fault::List } => Wish::FaultList,
        Command::Fault { command: Fault::Clear } => Wish::FaultClear,
        Command::Credentials { command: Credentials::List } => Wish::CredentialList,
        Command::Credentials { command: Credentials::Add { file } } => Wish::CredentialAdd { credential: json(&file)? },
        Command::Credentials { command: Credentials::Remove { id, .. } } => Wish::CredentialRemove { id },
        Command::Unplug => Wish::Unplug,
        Command::Replug { without_state } => Wish::Replug { without_state },
        Command::Wait { what, timeout, after, containing } => {
            let timeout = time("--timeout", &timeout)?;
            Wish::Wait { what: what.meant(), after, containing, timeout }
        }
        // The other program may be in another folder.
        Command::Trace { file, .. } => {
            let file = file.map(std::path::absolute).transpose().map_err(|error| format!("this folder is not known: {error}"))?;
            Wish::Trace { file }
        }
        Command::Quit => Wish::Quit,
    })
}

/// Milliseconds.
fn time(option: &str, text: &str) -> Result<u64, String> {
    let time = duration(text).ok_or_else(|| format!("{option}: expected a time, e.g. `5s` or `300ms`"))?;
    Ok(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn json(file: &std::path::Path) -> Result<Value, String> {
    let shown = file.display();
    let text = if file == std::path::Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    let text = text.map_err(|error| format!("{shown} can't be read: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{shown} is not JSON: {error}"))
}

impl WaitName {
    fn meant(self) -> WaitFor {
        match self {
            WaitName::Prompt => WaitFor::Prompt,
            WaitName::Idle => WaitFor::Idle,
            WaitName::Plugged => WaitFor::Plugged,
            WaitName::Unplugged => WaitFor::Unplugged,
            WaitName::Exchange => WaitFor::Exchange,
            WaitName::Fault => WaitFor::Fault,
        }
    }
}
