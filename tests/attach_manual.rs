//! docs/attach.md is true: each command of faultkey in it runs, its links lead somewhere, and the examples for CI can be read.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]
#![cfg(unix)]

mod attached;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use attached::{Attached, make_credential, program};

const MANUAL: &str = include_str!("../docs/attach.md");
const SELECTION: [u8; 1] = [0x0B];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lines of plain code blocks that begin so, without their comments, as words.
fn commands(beginning: &str) -> Vec<Vec<&'static str>> {
    let mut plain = None;
    let mut found = Vec::new();
    for line in MANUAL.lines() {
        match (line.strip_prefix("```"), plain) {
            (Some(opened), None) => plain = Some(opened.is_empty()),
            (Some(_), Some(_)) => plain = None,
            (None, Some(true)) if line.starts_with(beginning) => {
                let command = line.split(['#', '|']).next().unwrap_or_default();
                found.push(command.split_whitespace().skip(1).collect());
            }
            (None, _) => {}
        }
    }
    assert!(found.len() > 5, "{beginning}: {found:?}");
    found
}

/// A key at a socket gets ready anywhere; one for the kernel does, or says what is missing.
#[test]
fn each_attach_command_runs() {
    for words in commands("faultkey attach") {
        let folder = tempfile::tempdir().expect("a folder");
        let mut attach = program();
        attach.args(&words).current_dir(folder.path()).env("XDG_RUNTIME_DIR", folder.path());
        if words.contains(&"--print-udev-rule") {
            let done = attach.output().expect("the rule");
            assert_eq!(String::from_utf8_lossy(&done.stdout), include_str!("../attach/70-faultkey.rules"));
            continue;
        }
        if words.contains(&"--detach") {
            let done = attach.output().expect("faultkey attach");
            assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
            let quit = program().args(["ctl", "quit"]).env("XDG_RUNTIME_DIR", folder.path()).status().expect("faultkey ctl");
            assert!(quit.success());
            continue;
        }
        let mut child = attach.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("faultkey attach");
        let mut ready = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut ready).expect("a line");
        if ready.starts_with("ready at ") {
            assert!(Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status().expect("a shell").success());
            assert!(child.wait().expect("its end").success(), "{words:?}");
        } else {
            let done = child.wait_with_output().expect("its end");
            let told = String::from_utf8_lossy(&done.stderr);
            let for_the_kernel = !words.contains(&"--listen");
            assert!(for_the_kernel && done.status.code() == Some(2), "{words:?}: {told}");
            assert!(told.contains("/dev/uhid") || told.contains("vhci_hcd"), "{words:?}: {told}");
            println!("{}: not possible here, and says: {}", words.join(" "), told.trim_end());
        }
    }
}

#[test]
fn each_ctl_command_runs() {
    for words in commands("faultkey ctl") {
        let key = Attached::start(&["--presence", "ask"]);
        let words = words.strip_prefix(&["ctl"]).expect("ctl");
        let words: Vec<&str> = words.iter().copied().filter(|word| *word != "--json").collect();
        let mut host = key.host();
        // A credential to be shown, a fault to be disarmed, a trace to be ended, and a request that waits.
        host.send(&make_credential("broker.test"));
        key.ctl(&["wait", "prompt"]);
        key.ctl(&["touch"]);
        assert_eq!(host.reply()[0], 0);
        key.ctl(&["fault", "add", "no-credentials"]);
        if words.contains(&"add") {
            let credential = key.ctl(&["credentials", "list"])["credentials"][0].to_string();
            std::fs::write(key.folder().join("credential.json"), credential).expect("a file");
            key.ctl(&["credentials", "remove", "--all"]);
        }
        host.send(&SELECTION);
        key.ctl(&["wait", "prompt"]);
        key.ctl(&words);
    }
}

#[test]
fn its_links_lead_somewhere() {
    let links = MANUAL.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|link| !link.contains("://"));
    for link in links {
        assert!(root().join("docs").join(link).exists(), "{link} is not there");
    }
}

/// YAML by Python's parser; not more than that is checked of the two that need a hosted runner. The plain shell's is run.
#[test]
fn the_examples_for_ci_can_be_read() {
    let python = root().join(".test-env/python/bin/python");
    let has_yaml = |python: &Path| Command::new(python).args(["-c", "import yaml"]).output().is_ok_and(|done| done.status.success());
    let python = [python, "python3".into()].into_iter().find(|python| has_yaml(python));
    let Some(python) = python else {
        println!("SKIPPED: there is no Python with PyYAML here; install it with: pip install pyyaml");
        return;
    };
    for (file, expected) in [("action.yml", "runs"), ("examples/ci/github.yml", "jobs"), ("examples/ci/gitlab.yml", "end-to-end")] {
        let code = "import sys, yaml; print(' '.join(map(str, yaml.safe_load(open(sys.argv[1])))))";
        let done = Command::new(&python).args(["-c", code, file]).current_dir(root()).output().expect("Python");
        let members = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(members.split_whitespace().any(|member| member == expected), "{file}: {members} {}", String::from_utf8_lossy(&done.stderr));
    }
}

#[test]
fn the_plain_shells_example_runs() {
    let folder = Path::new(env!("CARGO_BIN_EXE_faultkey")).parent().expect("a folder");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let done = Command::new("sh").arg(root().join("examples/ci/socket.sh")).env("PATH", path).output().expect("a shell");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("faults armed: 1"), "{said} {}", String::from_utf8_lossy(&done.stderr));
}
