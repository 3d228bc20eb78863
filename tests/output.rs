//! Output that can't be written: a reader that has gone, a full disk, streams that are closed from the start. Nothing panics, and a verdict that
//! was not printed is no success.

#![cfg(target_os = "linux")]

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write, pipe};
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

/// What a terminal would obey: a title (OSC), a cleared screen (CSI), C1, and text that runs from right to left.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{feff}x";

#[track_caller]
fn assert_harmless(output: &[u8], named: &str) {
    let told = String::from_utf8(output.to_vec()).expect("UTF-8");
    assert!(told.contains(named), "{named} in {told:?}");
    let obeyed = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    assert!(!told.contains(obeyed), "{told:?}");
}

fn faultkey(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faultkey")).args(arguments).output().expect("faultkey")
}

#[test]
fn names_in_files_and_arguments_drive_no_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    // An authenticator in a store.
    let (file, store) = (place("in.json"), place("store"));
    let credential = serde_json::json!({
        "id": "AQEBAQEBAQEBAQEBAQEBAQ", "rpId": "broker.test", "user": { "id": "AQ", "name": EVIL, "displayName": null },
        "key": { "alg": -7, "d": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE" },
        "discoverable": true, "backupEligible": true, "backupState": false, "created": 1, "signCount": 0,
    });
    let authenticator = serde_json::json!({ "name": EVIL, "signCount": 0, "credentials": [credential] });
    let text = serde_json::json!({ "format": "faultkey-store", "version": 1, "authenticators": [authenticator] }).to_string();
    std::fs::write(&file, text).expect("a file");
    let imported = faultkey(&["store", "import", "--store", &store, &file]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    assert_harmless(&faultkey(&["store", "check", "--store", &store]).stdout, "owned");
    let exported = faultkey(&["store", "export", "--store", &store, "-"]).stdout;
    assert_harmless(&exported, "owned");
    let exported: serde_json::Value = serde_json::from_slice(&exported).expect("JSON all the same");
    assert_eq!(exported["authenticators"][0]["name"], EVIL);
    // A scenario's title, in a report and in an error.
    let scenario = include_str!("../scenarios/clean-ceremonies.toml");
    let titled = |more: &str| {
        let lines = scenario.lines().map(|line| match line.starts_with("title = ") {
            true => format!("title = {}", toml::Value::from(EVIL)),
            false => line.to_owned(),
        });
        format!("{}\n{more}", lines.collect::<Vec<_>>().join("\n"))
    };
    let (good, bad, out) = (place("good.toml"), place("bad.toml"), place("out"));
    std::fs::write(&good, titled("")).expect("a file");
    std::fs::write(&bad, titled(&format!("{} = 1", toml::Value::from(EVIL)))).expect("a file");
    let played = faultkey(&["exercise", "--handling", "diagnosing", "--scenario", &good, "--out", &out]);
    assert_harmless(&played.stdout, "report: ");
    assert_harmless(&faultkey(&["exercise", "--scenario", &bad, "--out", &out]).stderr, "owned");
    // What is typed.
    assert_harmless(&faultkey(&["profiles", EVIL]).stderr, "owned");
    assert_harmless(&faultkey(&["exercise", "--seed", EVIL]).stderr, "invalid value");
    assert_harmless(
        &faultkey(&["exercise", "--rp", "http://localhost:1", "--adapter", &format!("{EVIL}.toml"), "--out", &out]).stderr,
        "owned",
    );
}

#[test]
fn what_another_program_says_drives_no_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    // A controller's error, and its answer as JSON.
    let socket = folder.path().join("ctl");
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    let controller = std::thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            let mut stream = stream.expect("a connection");
            BufReader::new(&stream).read_line(&mut String::new()).expect("a request");
            let answer = serde_json::json!({ "ok": false, "error": EVIL });
            stream.write_all(format!("{answer}\n").as_bytes()).expect("an answer");
        }
    });
    let path = socket.to_str().expect("a path in UTF-8");
    assert_harmless(&faultkey(&["ctl", "--control", path, "list"]).stderr, "owned");
    let answered = faultkey(&["ctl", "--control", path, "--json", "list"]).stdout;
    assert_harmless(&answered, "owned");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&answered).expect("JSON")["error"], EVIL);
    controller.join().expect("a controller");

    // A relying party's page in place of JSON.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://localhost:{}", listener.local_addr().expect("its address").port());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _request = std::io::Read::read(&mut stream, &mut [0; 65_536]);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n", EVIL.len());
            // Whoever cut the connection does not want it.
            let _ = stream.write_all(format!("{head}{EVIL}").as_bytes());
        }
    });
    let out = folder.path().join("out");
    let out = out.to_str().expect("a path in UTF-8");
    for arguments in [&["exercise", "--out", out, "--rp", &url][..], &["adapter", "check", "fido-conformance", "--rp", &url]] {
        assert_harmless(&faultkey(arguments).stderr, "owned");
    }
    let hooks = folder.path().join("hooks.toml");
    let embedded = include_str!("../relying-party/adapters/embedded.toml").replace("https://broker.test", &url);
    std::fs::write(&hooks, embedded).expect("a file");
    let done = faultkey(&["exercise", "--out", out, "--rp", &url, "--adapter", hooks.to_str().expect("a path in UTF-8")]);
    assert_harmless(&done.stderr, "owned");

    // Its log.
    for more in [&[][..], &["--json"]] {
        let mut rp =
            Command::new(env!("CARGO_BIN_EXE_faultkey")).args(["rp", "--port", "0"]).args(more).stdout(Stdio::piped()).spawn().expect("rp");
        let mut lines = BufReader::new(rp.stdout.take().expect("a pipe"));
        let mut line = || {
            let mut line = String::new();
            lines.read_line(&mut line).expect("a line");
            line
        };
        let ready = line();
        let port: u16 = ready.trim().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let failure =
            serde_json::json!({ "username": EVIL, "ceremony": "registration", "phase": "dialog", "error": EVIL, "message": EVIL });
        let body = failure.to_string();
        let head = "POST /ceremony/failure HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json";
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        stream.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).expect("a request");
        let told = line();
        rp.kill().expect("it runs");
        rp.wait().expect("its end");
        assert_harmless(told.as_bytes(), "owned");
    }
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
