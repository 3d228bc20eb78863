//! Under `--lang ja` a person reads Japanese: no English sentence is left, outside code, names and what others wrote.

#[path = "../../lab/src/words/tests/english.rs"]
mod english;
mod html;

use std::path::Path;
use std::process::Command;

use faultkey_fault_injection::{profile, registry};

/// What is still English, and is not looked at. Each is told when the test runs.
const STILL_ENGLISH: [&str; 9] =
    ["help init", "help adapter", "help info", "help attach", "help ctl", "help serve", "help rp", "help store", "help attestation"];

/// The program's output and errors.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultkey"));
    // The locale is another one, so that the option alone decides.
    command.args(["--lang", "ja"]).args(arguments).env("LC_ALL", "C").current_dir(folder);
    let output = command.output().expect("the program starts");
    String::from_utf8(output.stdout).expect("UTF-8") + &String::from_utf8(output.stderr).expect("UTF-8")
}

/// Lines with English in them, each with the command that printed it.
fn complaints(command: &str, text: &str) -> Vec<String> {
    assert!(!text.trim().is_empty(), "{command} says nothing");
    let text = english::unquoted(text);
    let lines = text.lines().filter_map(|line| {
        let found = english::english(line);
        (!found.is_empty()).then(|| format!("{command}\n    {}\n    {found:?}", line.trim()))
    });
    lines.collect()
}

#[test]
#[allow(clippy::disallowed_macros, reason = "says what was not looked at")]
fn no_english_sentence_is_left_in_japanese_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["exercise", "--out", "report"],
        vec!["exercise", "--rp", "http://127.0.0.1:9", "--out", "report-2"],
        vec!["scenarios"],
        vec!["scenarios", "作業が中断しました"],
        vec!["scenarios", "submarine"],
        vec!["faults"],
        vec!["faults", "no-such-fault"],
        vec!["profiles"],
        vec!["profiles", "no-such-profile"],
        vec!["--help"],
    ];
    commands.extend(registry::all().iter().map(|fault| vec!["faults", fault.name]));
    commands.extend(profile::all().iter().map(|profile| vec!["profiles", profile.name.as_str()]));
    let subcommands =
        ["init", "adapter", "exercise", "scenarios", "faults", "profiles", "info", "attach", "ctl", "serve", "rp", "store", "attestation"];
    commands.extend(subcommands.map(|subcommand| vec!["help", subcommand]));
    let mut found = Vec::new();
    for command in &commands {
        let name = command.join(" ");
        if let Some(still) = STILL_ENGLISH.iter().find(|still| name.starts_with(**still)) {
            println!("not looked at, still English ({still}): faultkey {name}");
            continue;
        }
        found.extend(complaints(&format!("faultkey {name}"), &said(folder.path(), command)));
    }
    let page = std::fs::read_to_string(folder.path().join("report/index.html")).expect("the report");
    assert!(page.contains("<html lang=\"ja\""), "the report's language: {}", &page[..200]);
    found.extend(complaints("report/index.html", &html::read_text(&page)));
    assert!(found.is_empty(), "{} lines in English:\n{}", found.len(), found.join("\n"));
}
