//! The formats of a report, as the program writes and prints them, and the commands of docs/report.md.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const ONE: [&str; 5] = ["exercise", "--handling", "opaque", "--scenario", "interrupted-login-committed"];

fn faultkey(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultkey"));
    command.env_remove("GITHUB_STEP_SUMMARY").env("LC_ALL", "C").current_dir(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_changes_from_run_to_run_stands_in_the_circumstances() {
    let folder = tempfile::tempdir().unwrap();
    let read = |out: &str| -> Value {
        let ended = faultkey(folder.path(), &[&ONE[..], &["--out", out, "--label", "build 7"]].concat());
        assert_eq!(ended.status.code(), Some(1), "{}", text(&ended.stderr));
        serde_json::from_str(&fs::read_to_string(folder.path().join(out).join("report.json")).unwrap()).unwrap()
    };
    let (mut first, mut second) = (read("first"), read("second"));
    let circumstances = first["circumstances"].take();
    assert_ne!(circumstances, second["circumstances"].take());
    assert_eq!(first, second);
    assert_eq!(first.to_string(), second.to_string());
    assert_eq!(
        circumstances["command"],
        "faultkey exercise --handling opaque --scenario interrupted-login-committed --out first --label 'build 7'"
    );
    assert_eq!(circumstances["label"], "build 7");
    let started = circumstances["started"].as_str().unwrap();
    assert!(started.len() == 20 && started.starts_with("20") && started.ends_with('Z'), "{started}");
    let took = circumstances["milliseconds"].as_u64().unwrap();
    let timings = circumstances["timings"].as_array().unwrap();
    assert_eq!(timings.len(), first["targets"][0]["scenarios"].as_array().unwrap().len());
    assert!(timings.iter().all(|timing| timing["milliseconds"].as_u64().unwrap() <= took), "{circumstances}");
    let junit = fs::read_to_string(folder.path().join("first/junit.xml")).unwrap();
    assert!(junit.contains("classname=\"faultkey.embedded-opaque.scenarios\"") && junit.contains(" time=\""), "{junit}");
}

#[test]
fn the_formats_that_are_asked_for_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let ended = faultkey(folder.path(), &[&ONE[..], &["--format", "markdown,github", "--out", "out"]].concat());
    assert_eq!(names(&folder.path().join("out")), ["report.md", "summary.md"]);
    let out = text(&ended.stdout);
    assert!(out.lines().any(|line| line.starts_with("::error title=")), "{out}");
    assert!(out.contains("out/report.md\n"), "{out}");

    let step = folder.path().join("step.md");
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultkey"));
    command.env("GITHUB_STEP_SUMMARY", &step).current_dir(folder.path()).args(ONE).args(["--format", "json,github", "--out", "out"]);
    assert_eq!(command.output().unwrap().status.code(), Some(1));
    // Those of the run before are gone.
    assert_eq!(names(&folder.path().join("out")), ["report.json"]);
    assert!(fs::read_to_string(step).unwrap().contains("<details><summary><code>"));
}

#[test]
fn a_report_is_printed_again() {
    let folder = tempfile::tempdir().unwrap();
    let ran = faultkey(folder.path(), &[&ONE[..], &["--format", "html,json,junit,markdown"]].concat());
    let file = |name: &str| fs::read_to_string(folder.path().join("faultkey-report").join(name)).unwrap();
    let again = |arguments: &[&str]| {
        let ended = faultkey(folder.path(), &[&["report", "faultkey-report/report.json"], arguments].concat());
        assert!(ended.status.success(), "{}", text(&ended.stderr));
        text(&ended.stdout).to_owned()
    };
    for (format, name) in [("html", "index.html"), ("junit", "junit.xml"), ("markdown", "report.md")] {
        assert!(again(&["--format", format]) == file(name), "{name} is another one");
    }
    assert!(text(&ran.stdout).starts_with(again(&[]).trim_end()));
    assert!(again(&["--format", "github"]).starts_with("::error title="));

    let report: Value = serde_json::from_str(&file("report.json")).unwrap();
    let id = report["targets"][0]["findings"][0]["id"].as_str().unwrap();
    let ticket = again(&["--finding", id]);
    assert!(ticket.starts_with("## ") && ticket.contains(&format!("\n`{id}`\n")), "{ticket}");
    assert!(again(&["--finding", id, "--lang", "ja"]).contains("検出内容"));

    for (arguments, said) in [
        (&["faultkey-report/report.json", "--finding", "replay/fallback"][..], "has no finding `replay/fallback`; it has "),
        (&["faultkey-report/report.json", "--finding", id, "--format", "html"], "--finding prints Markdown"),
        (&["faultkey-report/junit.xml"], "is not JSON"),
        (&["no-such.json"], "can't be read"),
    ] {
        let ended = faultkey(folder.path(), &[&["report"], arguments].concat());
        assert_eq!(ended.status.code(), Some(2));
        assert!(text(&ended.stderr).contains(said), "{said}: {}", text(&ended.stderr));
    }
}

/// The lines after `$ ` are run, against the embedded relying party where they name no other.
#[test]
fn the_commands_of_the_manual_run() {
    let manual = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.md")).unwrap();
    let commands: Vec<&str> = manual.lines().filter_map(|line| line.trim_start().strip_prefix("$ ")).collect();
    assert!(commands.len() >= 4, "{commands:?}");
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_faultkey")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    for command in commands {
        let ended = Command::new("sh").args(["-c", command]).env("PATH", &path).current_dir(folder.path()).output().unwrap();
        let code = ended.status.code();
        // The opaque relying party has findings.
        let expected = if command.contains("--handling opaque") { 1 } else { 0 };
        assert_eq!(code, Some(expected), "{command}: {}{}", text(&ended.stdout), text(&ended.stderr));
    }
}
