//! Running other programs.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The workspace's folder.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map_or_else(|| PathBuf::from("."), PathBuf::from)
}

/// The cargo that runs this task, in the workspace's folder.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    // What `cargo run` says of this package is nothing to the build: ring is built anew whenever it differs, and all that stands on ring.
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// Where cargo builds to.
pub fn target() -> Result<PathBuf, String> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .map_err(|error| format!("can't run cargo: {error}"))?;
    let metadata = String::from_utf8_lossy(&metadata.stdout);
    let target = metadata.split_once("\"target_directory\":\"").and_then(|(_, after)| after.split_once('"'));
    target.map(|(path, _)| path.into()).ok_or_else(|| "cargo does not say where it builds to".to_owned())
}

/// Runs to the end with the output shown, and gives the exit code.
pub fn exit_code(command: &mut Command) -> Result<i32, String> {
    let status = command.status().map_err(|error| format!("`{}` could not be started: {error}", shown(command)))?;
    status.code().ok_or_else(|| format!("`{}` was ended by a signal", shown(command)))
}

/// Runs to the end with the output shown; any exit code but 0 is a failure.
pub fn succeed(command: &mut Command) -> Result<(), String> {
    match exit_code(command)? {
        0 => Ok(()),
        code => Err(format!("`{}` ended with {code}", shown(command))),
    }
}

/// The same command, for when nobody else wants a processor, where there is `nice`.
pub fn nicely(command: &Command) -> Command {
    let mut patient = if cfg!(unix) {
        let mut nice = Command::new("nice");
        nice.args(["-n", "19"]).arg(command.get_program());
        nice
    } else {
        Command::new(command.get_program())
    };
    patient.args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        patient.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => patient.env(name, value),
            None => patient.env_remove(name),
        };
    }
    patient
}

/// What a program prints, if it is there and ends well.
pub fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The command line as a person would type it, without folders.
pub fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_shown_without_folders() {
        let mut command = Command::new("/usr/bin/npm");
        command.args(["ci", "--ignore-scripts"]);
        assert_eq!(shown(&command), "npm ci --ignore-scripts");
    }

    #[test]
    #[cfg(unix)]
    fn a_patient_command_does_the_same() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $PWD $FAULTKEY_PATIENCE $(nice)"]).current_dir("/").env("FAULTKEY_PATIENCE", "endless");
        let output = nicely(&command).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "/ endless 19\n");
    }

    #[test]
    fn a_program_that_is_not_there_prints_nothing() {
        assert_eq!(output("faultkey-no-such-program", &[]), None);
    }

    #[test]
    fn the_root_is_the_workspace() {
        assert!(root().join("Cargo.lock").is_file());
    }
}
