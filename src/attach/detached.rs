//! `faultkey attach --detach`: the key goes on in a process of its own, and this one ends as soon as the key is ready.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use crate::output::{complain, say};

/// Set for the process that is to keep the key.
const KEEPER: &str = "FAULTKEY_ATTACH_KEEPER";

const WARNING: &str = "warning: ";

/// Whether this is the process that keeps the key.
pub fn is_keeper() -> bool {
    env::var_os(KEEPER).is_some()
}

/// Starts the same command again as the keeper, and waits until all of its keys are ready. What happens to them goes to `log`, or nowhere.
///
/// # Errors
/// What the keeper says when a key can't be plugged in.
pub fn start(keys: usize, log: Option<&Path>) -> Result<ExitCode, String> {
    let mut keeper = spawn(log)?;
    let mut said = BufReader::new(keeper.stdout.take().ok_or("the process for the key has no output")?).lines();
    let mut ready = 0;
    while ready < keys {
        match said.next() {
            Some(Ok(line)) if line.starts_with(WARNING) => complain!("{line}"),
            Some(Ok(line)) => {
                say!("{line}");
                ready += 1;
            }
            _ => return Err(why_not(keeper, log)),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Warns the person, whichever process they see.
pub fn warn(text: &str) {
    if is_keeper() { say!("{WARNING}{text}") } else { complain!("{WARNING}{text}") }
}

fn spawn(log: Option<&Path>) -> Result<Child, String> {
    let program = env::current_exe().map_err(|error| format!("--detach: this program does not find itself: {error}"))?;
    let errors = match log {
        Some(path) => File::create(path).map_err(|error| format!("--log: {} can't be written: {error}", path.display()))?.into(),
        None => Stdio::piped(),
    };
    let mut keeper = Command::new(program);
    keeper.args(env::args_os().skip(1)).env(KEEPER, OsStr::new("1"));
    keeper.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    keeper.spawn().map_err(|error| format!("--detach: no process can be started: {error}"))
}

/// The keeper's last words, without the name that this process prints before its own.
fn why_not(mut keeper: Child, log: Option<&Path>) -> String {
    let mut told = String::new();
    let read = match (log, keeper.stderr.take()) {
        (Some(path), _) => fs::read_to_string(path).map(|text| told = text),
        (None, Some(mut errors)) => errors.read_to_string(&mut told).map(|_| ()),
        (None, None) => Ok(()),
    };
    let ended = keeper.wait();
    match (told.rsplit_once("faultkey: "), read, ended) {
        (Some((_, reason)), ..) => reason.trim_end().to_owned(),
        (None, Ok(()), Ok(status)) => format!("the process for the key ended before the key was ready ({status}): {told}"),
        (None, Err(error), _) | (None, _, Err(error)) => format!("the process for the key does not say why it ended: {error}"),
    }
}
