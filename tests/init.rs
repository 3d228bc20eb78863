//! `faultkey init` and `faultkey adapter check` as processes: from a recording or a server to an adapter that a run accepts.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use faultkey_relying_party::{Clock, Embedded, Handling};

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn faultkey(arguments: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_faultkey")).args(arguments).output().expect("the program starts");
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// The embedded relying party on a port of its own, with RP ID `localhost`.
struct Running {
    _runtime: tokio::runtime::Runtime,
    url: String,
}

fn running() -> Running {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let rp = Embedded::with_page(Handling::Diagnosing, Clock::default(), 1, 0, Arc::new(|_, _, _| {}));
    let rp = runtime.block_on(rp).expect("a relying party");
    let url = format!("http://localhost:{}", rp.address().port());
    // It lives as long as its runtime.
    std::mem::forget(rp);
    Running { _runtime: runtime, url }
}

const HAR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/relying-party/src/init/tests/har/embedded.har");

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_recording_of_chromium_becomes_an_adapter_that_a_run_accepts() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("made.toml");
    let made = faultkey(&["init", "--har", HAR, "--out", text(&out)]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert!(made.stdout.is_empty(), "{}", made.stdout);
    assert!(
        made.stderr.contains("registration options: POST /attestation/options (entry 2), options at the whole answer"),
        "{}",
        made.stderr
    );
    assert!(made.stderr.contains("write: [session] path = \"/…\", pointer = \"/…\""), "{}", made.stderr);

    let again = faultkey(&["init", "--har", HAR, "--out", text(&out)]);
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("made.toml exists, and is not overwritten"), "{}", again.stderr);

    // The recording is of another port.
    let rp = running();
    let adapter = std::fs::read_to_string(&out).expect("the file");
    assert!(adapter.contains("origin = \"http://localhost:8931\""), "{adapter}");
    std::fs::write(&out, adapter.replace("http://localhost:8931", &rp.url)).expect("the file");
    let checked = faultkey(&["adapter", "check", text(&out), "--rp", &rp.url]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    assert!(checked.stdout.contains("[registration.options] options = \"\": found, RP ID localhost, 3 algorithms"), "{}", checked.stdout);
    assert!(checked.stderr.contains("the run made 1 account there, to stay"), "{}", checked.stderr);
}

#[test]
fn a_server_is_recognised_and_the_adapter_fits_it() {
    let rp = running();
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("made.toml");
    let made = faultkey(&["init", "--rp", &rp.url, "--out", text(&out)]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert!(made.stderr.contains("Taken: the adapter `fido-conformance`, by POST /attestation/options."), "{}", made.stderr);
    let checked = faultkey(&["adapter", "check", text(&out), "--rp", &rp.url]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
}

#[test]
fn what_can_not_be_done_has_an_exit_code_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = folder.path().join("wrong.toml");
    std::fs::write(&wrong, "name = 1").expect("the file");
    let file = text(&wrong);
    for (arguments, code, says) in [
        (vec!["init", "--har", file], 2, "wrong.toml:1:2: this is no HAR 1.2: "),
        (vec!["init", "--har", "/nowhere.har"], 2, "the recording /nowhere.har can't be read"),
        (vec!["init", "--adapter", "no-such"], 2, "there is no built-in adapter `no-such`, only fido-conformance, "),
        (vec!["init", "--rp", "http://localhost:1"], 3, "cannot be reached"),
        (vec!["init", "--rp", "https://shop.example.com"], 2, "add: --i-may-test shop.example.com"),
        (vec!["adapter", "check", file, "--rp", "http://localhost:1"], 2, "wrong.toml:1"),
        (vec!["adapter", "check", "fido-conformance", "--rp", "http://localhost:1"], 3, "nothing-listens"),
        (vec!["adapter", "check", "fido-conformance", "--rp", "https://shop.example.com"], 2, "add: --i-may-test shop.example.com"),
    ] {
        let ended = faultkey(&arguments);
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_built_in_adapter_is_a_file_to_start_from() {
    let printed = faultkey(&["init", "--adapter", "keycloak"]);
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    assert!(printed.stdout.starts_with("# Keycloak's pages"), "{}", printed.stdout);
}
