//! python-fido2 as the client of `faultkey serve`: the key that it takes for real.
//!
//! `cargo xtask clients` makes the environment and runs this. One test here for each `tests/clients/python_fido2/test_*.py`.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]
#![cfg(unix)]

mod environment;

use std::path::{Path, PathBuf};
use std::process::Command;

use environment::python;

#[test]
fn hid() {
    passes("test_hid");
}

#[test]
fn commands() {
    passes("test_commands");
}

#[test]
fn client_pin() {
    passes("test_client_pin");
}

#[test]
fn management() {
    passes("test_management");
}

#[test]
fn user() {
    passes("test_user");
}

#[test]
fn ceremonies() {
    passes("test_ceremonies");
}

#[test]
fn program() {
    passes("test_program");
}

#[test]
fn attach() {
    passes("test_attach");
}

/// The screen on a pseudo-terminal.
#[test]
fn screen() {
    passes("test_screen");
}

#[test]
fn u2f() {
    passes("test_u2f");
}

#[test]
fn client_extensions() {
    passes("test_client_extensions");
}

/// Report faults at the far end.
#[test]
fn reports() {
    passes("test_reports");
}

/// README and docs/serve.md: their commands run, and their example prints what they say.
#[test]
fn manual() {
    passes("test_manual");
}

#[test]
fn every_file_is_run() {
    let here = include_str!("python_fido2.rs");
    let files = std::fs::read_dir(folder()).expect("the folder of the Python tests");
    let mut found = 0;
    for name in files.map(|file| file.expect("a file").file_name().into_string().expect("a plain name")) {
        if let Some(name) = name.strip_suffix(".py").filter(|name| name.starts_with("test_")) {
            assert!(here.contains(&format!("passes(\"{name}\")")), "{name}.py is not run");
            found += 1;
        }
    }
    assert!(found > 0);
}

/// Runs one file of Python tests, none of which may be skipped.
fn passes(file: &str) {
    let done = Command::new(python())
        .args(["-B", "-m", "unittest", "-v", file])
        .current_dir(folder())
        .env("FAULTKEY", env!("CARGO_BIN_EXE_faultkey"))
        .env("PYTHONWARNINGS", "error::ResourceWarning")
        .output()
        .expect("Python");
    let log = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{file}:\n{log}");
    let count: usize = log
        .lines()
        .find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("{file} does not say how many tests ran:\n{log}"));
    assert!(count > 0 && log.lines().last() == Some("OK"), "{file}:\n{log}");
    println!("{file}: {count} tests passed");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/python_fido2")
}
