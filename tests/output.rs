//! Output that can't be written: a reader that has gone, a full disk, streams that are closed from the start. Nothing panics, and a verdict that
//! was not printed is no success.

#![cfg(target_os = "linux")]

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, pipe};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const UNPRINTED: &str = "standard output can't be written: ";

/// Where the two streams go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Streams {
    /// To a pipe that nothing reads any more.
    ReaderGone,
    /// To `| head -1`.
    ReaderOfOneLine,
    OutputFull,
    OutputClosed,
    ErrorsFull,
    ErrorsClosed,
    /// With standard input.
    AllClosed,
}

const ALL: [Streams; 7] = [
    Streams::ReaderGone,
    Streams::ReaderOfOneLine,
    Streams::OutputFull,
    Streams::OutputClosed,
    Streams::ErrorsFull,
    Streams::ErrorsClosed,
    Streams::AllClosed,
];

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").expect("/dev/full")
}

/// The program with its streams like that. It must end by itself, without a panic, in a folder of its own; its exit code, and what it said on
/// standard error.
fn run(streams: Streams, arguments: &[&str], folder: &Path) -> (i32, String) {
    let program = env!("CARGO_BIN_EXE_faultkey");
    let closing = |what: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec \"$0\" \"$@\" {what}"), program]);
        shell
    };
    let mut command = match streams {
        Streams::OutputClosed => closing(">&-"),
        Streams::ErrorsClosed => closing("2>&-"),
        Streams::AllClosed => closing("<&- >&- 2>&-"),
        _ => Command::new(program),
    };
    // No key of this user's is found.
    command.args(arguments).current_dir(folder).env("XDG_RUNTIME_DIR", folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Output { status, stdout, stderr } = match streams {
        Streams::ReaderGone => {
            let (reader, writer) = pipe().expect("a pipe");
            drop(reader);
            command.stdout(writer).output()
        }
        Streams::ReaderOfOneLine => {
            let mut child = command.spawn().expect("faultkey");
            let mut first = String::new();
            BufReader::with_capacity(1, child.stdout.take().expect("a pipe")).read_line(&mut first).expect("a line");
            // The reader is dropped.
            child.wait_with_output()
        }
        Streams::OutputFull => command.stdout(full()).output(),
        Streams::ErrorsFull => command.stderr(full()).output(),
        _ => command.output(),
    }
    .expect("faultkey");
    let told = String::from_utf8_lossy(&stderr).into_owned();
    assert!(!told.contains("panicked") && !String::from_utf8_lossy(&stdout).contains("panicked"), "{arguments:?}, {streams:?}: {told}");
    let code = status.code().unwrap_or_else(|| panic!("{arguments:?}, {streams:?}: ended by a signal: {status}"));
    assert_ne!(code, 101, "{arguments:?}, {streams:?}: {told}");
    (code, told)
}

#[test]
fn an_error_moves_no_cursor_and_turns_no_text_around() {
    let folder = tempfile::tempdir().expect("a folder");
    let done = Command::new(env!("CARGO_BIN_EXE_faultkey")).args(["faults", "\u{1b}[31m\u{202e}x"]).current_dir(folder.path()).output();
    let told = String::from_utf8(done.expect("faultkey").stderr).expect("UTF-8");
    assert!(told.contains("31m") && !told.contains('\u{1b}') && !told.contains('\u{202e}'), "{told:?}");
}

fn store(folder: &Path) -> String {
    let file = folder.join("in.json");
    std::fs::write(&file, r#"{"format":"faultkey-store","version":1,"authenticators":[]}"#).expect("a file");
    let store = folder.join("store").to_str().expect("a path in UTF-8").to_owned();
    let imported =
        Command::new(env!("CARGO_BIN_EXE_faultkey")).args(["store", "import", "--store", &store]).arg(&file).output().expect("faultkey");
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    store
}

#[test]
fn commands_that_tell_something_end_quietly_when_nothing_reads_it_and_with_2_when_it_does_not_fit() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(folder.path());
    let commands: [&[&str]; 23] = [
        &[],
        &["man"],
        &["schema"],
        &["adapter", "list"],
        &["--lang", "ja", "exercise", "--help"],
        &["--help"],
        &["--version"],
        &["help", "exercise"],
        &["exercise", "--help"],
        &["scenarios"],
        &["scenarios", "fingerprint"],
        &["faults"],
        &["faults", "cut-verify"],
        &["profiles"],
        &["profiles", "yubikey-5"],
        &["info"],
        &["info", "--json"],
        &["attach", "--print-udev-rule"],
        &["attestation", "roots"],
        &["attestation", "mds"],
        &["completions", "bash"],
        &["completions", "powershell"],
        &["store", "export", "--store", &store, "-"],
    ];
    for arguments in commands {
        for streams in ALL {
            let (code, told) = run(streams, arguments, folder.path());
            if streams == Streams::OutputFull {
                assert_eq!(code, 2, "{arguments:?}: {told}");
                assert!(told.contains(UNPRINTED), "{arguments:?}: {told}");
            } else {
                assert_eq!((code, told.as_str()), (0, ""), "{arguments:?}, {streams:?}");
            }
        }
    }
}

#[test]
fn commands_that_fail_do_so_wherever_they_can_say_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let commands: [&[&str]; 6] = [
        &["ctl", "list"],
        &["ctl", "--json", "status"],
        &["faults", "no-such-fault"],
        &["scenarios", "submarine"],
        &["info", "--no-such-option"],
        &["--lang", "ja", "no-such-command"],
    ];
    for arguments in commands {
        for streams in ALL.into_iter().filter(|streams| *streams != Streams::ReaderOfOneLine) {
            let (code, told) = run(streams, arguments, folder.path());
            assert_eq!(code, 2, "{arguments:?}, {streams:?}: {told}");
        }
    }
}

#[test]
fn a_store_that_is_sound_is_no_success_when_that_can_not_be_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(folder.path());
    for (streams, expected) in [
        (Streams::ReaderGone, 3),
        (Streams::OutputFull, 3),
        (Streams::OutputClosed, 0),
        (Streams::ErrorsFull, 0),
        (Streams::ErrorsClosed, 0),
        (Streams::AllClosed, 0),
    ] {
        let (code, told) = run(streams, &["store", "check", "--store", &store], folder.path());
        assert_eq!((code, told.contains(UNPRINTED)), (expected, expected == 3), "{streams:?}: {told}");
    }
}

const EXERCISE: [&str; 7] = ["exercise", "--handling", "diagnosing", "--scenario", "interrupted-login-committed", "--out", "report"];

#[test]
fn exercise_never_panics() {
    for streams in ALL {
        let folder = tempfile::tempdir().expect("a folder");
        let (code, told) = run(streams, &EXERCISE, folder.path());
        if [Streams::ErrorsFull, Streams::ErrorsClosed].contains(&streams) {
            assert_eq!(code, 0, "{streams:?}: {told}");
        }
    }
}

#[test]
fn exercise_is_no_success_when_its_verdict_can_not_be_printed_and_its_reports_are_there() {
    for streams in [Streams::ReaderGone, Streams::OutputFull] {
        let folder = tempfile::tempdir().expect("a folder");
        let (code, told) = run(streams, &EXERCISE, folder.path());
        assert_eq!(code, 3, "{streams:?}: {told}");
        for file in ["index.html", "junit.xml", "report.json"] {
            assert!(folder.path().join("report").join(file).is_file(), "{streams:?}: {file}");
        }
    }
}
