//! On a machine where nothing was installed by hand, a test that calls a program which nobody installs fails or is left out. So what the tests, the
//! tasks and action.yml call is looked up in their sources, and each program must be one that is installed, one that every Debian has, or our own.
//!
//! This reads tokens, not meanings: a program whose name is put together, or comes from elsewhere, is seen as an expression, and each of those is
//! listed below with what it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::machine::installed_programs;
use super::{Missing, is_debian, packages};
use crate::command::{output, root};

mod reading;
mod shell;

use reading::{Call, Callee};

/// Programs that come with a package which is installed for another program.
const WITH_ANOTHER: &[(&str, &str)] =
    &[("fido2-cred", "fido2-tools"), ("fido2-assert", "fido2-tools"), ("ssh", "openssh-client"), ("modprobe", "kmod"), ("udevadm", "udev")];

/// Programs of packages that every Debian has: essential ones, or of priority `required`. Where dpkg is there, a test asks it.
const BASE: &[(&str, &str)] = &[
    ("apt-cache", "apt"),
    ("apt-get", "apt"),
    ("bash", "bash"),
    ("cat", "coreutils"),
    ("chmod", "coreutils"),
    ("chown", "coreutils"),
    ("dmesg", "util-linux"),
    ("env", "coreutils"),
    ("id", "coreutils"),
    ("ln", "coreutils"),
    ("mkdir", "coreutils"),
    ("mkfifo", "coreutils"),
    ("mktemp", "coreutils"),
    ("mount", "mount"),
    ("nice", "coreutils"),
    ("nohup", "coreutils"),
    ("sed", "sed"),
    ("setpriv", "util-linux"),
    ("sh", "dash"),
    ("sleep", "coreutils"),
    ("tee", "coreutils"),
    ("uname", "coreutils"),
    ("useradd", "passwd"),
];

/// What `tools::ready` installs.
const TOOLS: &[&str] = &["python3", "node", "nodejs", "npm"];

/// Our own, and what building it needs: the help of `cargo xtask` says so.
const OURS: &[&str] = &["faultkey", "cargo", "git", "faultkey-no-such-program"];

/// Programs that a test can do without; the file says SKIPPED where they are missing.
const OPTIONAL: &[(&str, &str)] = &[("tshark", "attach/src/trace/tests.rs"), ("man", "tests/command_line.rs")];

/// What stands where a program's name would, and is none in the source: file, expression.
const EXPRESSIONS: &[(&str, &str)] = &[
    // The program under test, also as a copy of it.
    (ANYWHERE, "env!(\"CARGO_BIN_EXE_faultkey\")"),
    (ANYWHERE, "FAULTKEY"),
    ("tests/vm/missing.py", "program"),
    ("tests/output.rs", "program"),
    ("src/attach/detached.rs", "program"),
    ("attach/examples/bench/attaching.rs", "program"),
    // Programs that cargo built, and cargo.
    ("tests/vm/vhci.py", "program"),
    ("authenticator/tests/store_lock.rs", "crash_writer()"),
    ("xtask/src/bench.rs", "&self.bench"),
    ("xtask/src/mutants.rs", "&program"),
    ("xtask/src/crash.rs", "victim"),
    ("xtask/src/command.rs", "std::env::var_os(\"CARGO\").unwrap_or_else(||\"cargo\".into())"),
    // Where node and Python are, which `tools::ready` and `environment::prepare` have seen to.
    (ANYWHERE, "NODE"),
    (ANYWHERE, "sys.executable"),
    ("tests/command_line.rs", "environment::python()"),
    ("tests/attach_manual.rs", "python"),
    ("tests/attach_manual.rs", "&python"),
    ("tests/attestation-verifiers/verifiers.rs", "interpreter"),
    ("tests/python_fido2.rs", "python()"),
    ("tests/report-page/page.rs", "node"),
    // What `tools::chromium` found or installed.
    ("xtask/src/readme.rs", "chromium"),
    ("tests/relying-parties/server.rs", "&interpreter"),
    ("xtask/src/environment.rs", "&tools.python"),
    ("xtask/src/environment.rs", "&interpreter"),
    ("xtask/src/environment.rs", "&tools.npm"),
    ("xtask/src/readme.rs", "&environment.python"),
    ("xtask/src/readme.rs", "&faultkey"),
    // The bodies of functions that run what they are given: their callers are looked at.
    ("tests/vm/checks.py", "command"),
    ("tests/vm/checks.py", "command[0]"),
    ("tests/vm/page.py", "command"),
    ("tests/vm/libfido2.py", "name"),
    ("xtask/src/command.rs", "command.get_program()"),
    ("xtask/src/command.rs", "program"),
    // A list that is looked at where it is written.
    ("tests/vm/plugged.py", "command"),
    ("tests/vm/openssh.py", "ssh(folder,identity)"),
    // No program: a class of that name, and unittest's `run`.
    ("tests/vm/chromium.py", "relying_party"),
    ("tests/vm/python_fido2.py", "tests"),
];
const ANYWHERE: &str = "";

/// Words at the head of a Python list that is no command, and after the `--` of a command that is no wrapper.
const NO_PROGRAMS: &[&str] = &["uhid", "ok", "sign-count-went-back", "test_hid.Hid", "rp.test", "FIDO_2_0", "packed", "exercise"];

#[test]
fn every_program_that_tests_call_is_there() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in sources() {
        let path = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        wrong.extend(missing(&path, &fs::read_to_string(&file).unwrap(), &mut seen));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    // Had the scanner gone blind, all would be well.
    for program in [
        "qemu-system-x86_64",
        "fido2-assert",
        "usbip",
        "sshd",
        "Xvfb",
        "chromium",
        "pamtester",
        "podman",
        "sudo",
        "useradd",
        "sed",
        "busybox",
    ] {
        assert!(seen.contains(program), "{program} was not found in the sources; found were {seen:?}");
    }
    let listed = WITH_ANOTHER.iter().chain(BASE).chain(OPTIONAL).map(|(program, _)| *program).chain(NO_PROGRAMS.iter().copied());
    let unused: Vec<&str> = listed.filter(|program| !seen.contains(*program)).collect();
    assert_eq!(unused, [""; 0], "nothing calls these any more: strike them out of this file's lists");
}

/// What is wrong with a file's calls.
fn missing(path: &str, text: &str, seen: &mut BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut calls = reading::calls(path, text);
    // A path is seen twice where it is called.
    calls.dedup();
    for Call { line, callee } in calls {
        match callee {
            Callee::Program(name) => {
                if !(is_there(&name) || is_optional(&name, path, text) || NO_PROGRAMS.contains(&name.as_str())) {
                    wrong.push(format!(
                        "{path}:{line}: nobody installs `{name}`. Add it, with Debian's package, to MACHINE or CLIENTS in xtask/src/tools/machine.rs; \
                         if every Debian has it, to BASE in xtask/src/tools/programs_tests.rs"
                    ));
                }
                seen.insert(name);
            }
            Callee::Expression(text) => {
                if ![path, ANYWHERE].iter().any(|path| EXPRESSIONS.contains(&(path, text.as_str()))) {
                    wrong.push(format!(
                        "{path}:{line}: it can't be seen which program `{text}` is. Say it in EXPRESSIONS of xtask/src/tools/programs_tests.rs"
                    ));
                }
            }
        }
    }
    wrong
}

fn is_there(name: &str) -> bool {
    let installed = |name: &str| installed_programs().any(|(file, _)| file.rsplit('/').next() == Some(name));
    installed(name) || TOOLS.contains(&name) || OURS.contains(&name) || WITH_ANOTHER.iter().chain(BASE).any(|(program, _)| *program == name)
}

fn is_optional(name: &str, path: &str, text: &str) -> bool {
    OPTIONAL.contains(&(name, path)) && text.contains("SKIPPED")
}

/// Tests, tasks, and what tests run: action.yml and the examples.
fn sources() -> Vec<PathBuf> {
    let mut found = vec![root().join("action.yml")];
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && !["target", "node_modules", "docs"].contains(&name.as_str()) {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| ["rs", "py", "sh"].iter().any(|known| extension == *known)) {
                found.push(path);
            }
        }
    }
    // The lists themselves, and the fixtures of this test.
    found.retain(|path| !path.to_string_lossy().contains("xtask/src/tools/"));
    found.push(root().join("xtask/src/tools.rs"));
    found.sort();
    found
}

#[test]
fn what_comes_with_another_program_is_installed() {
    for &(program, package) in WITH_ANOTHER {
        assert!(installed_programs().any(|(_, installed)| installed == package), "{program}: {package} is not installed");
    }
    let tools = packages(&[Missing::Python, Missing::Node, Missing::Npm]);
    assert_eq!(tools, ["python3", "python3-venv", "nodejs", "npm"], "TOOLS says what is in these");
}

/// Where dpkg is. Elsewhere there is nobody to ask.
#[test]
fn every_debian_has_the_base() {
    if !is_debian() {
        return;
    }
    for &(program, package) in BASE {
        let standing = output("dpkg-query", &["-W", "-f", "${Essential} ${Priority}", package]).unwrap_or_default();
        assert!(standing.starts_with("yes") || standing.ends_with(" required"), "{package}, for {program}: {standing:?}");
        let files = output("dpkg", &["-L", package]).unwrap_or_default();
        assert!(files.lines().any(|file| file.rsplit_once("bin/").is_some_and(|(_, name)| name == program)), "{package} has no {program}");
    }
}

#[test]
fn an_unknown_program_is_found_wherever_it_is_called() {
    let fixtures = [
        ("tests/a.rs", "fn f() {\n    Command::new(\"unknown\").arg(\"x\");\n}", 2),
        ("tests/a.rs", "// Command::new(\"no\")\nlet name = tokio::process::Command::new(\n    \"unknown\",\n);", 3),
        ("tests/a.rs", "Command::new(\"sh\").args([\"-c\", &format!(\"cat x | unknown {y}\")])", 1),
        ("tests/a.rs", "Command::new(\"sh\").args([\"-c\", \"exec \\\"$0\\\" \\\"$@\\\" >&-\\nunknown\"])", 1),
        ("tests/a.rs", "let c = '\"'; Command::new(\"/usr/bin/unknown\")", 1),
        ("tests/a.rs", "qemu.args([\"--pdeathsig\", \"KILL\", \"--\", \"unknown\"]);", 1),
        ("xtask/src/a.rs", "output(\"unknown\", &[\"-u\"])", 1),
        ("xtask/src/a.rs", "const A: &str = r#\"mount -t a\nunknown --daemon\n\"#;", 2),
        ("tests/vm/a.py", "run(\"cat\")\nrun('unknown', \"-I\")", 2),
        ("tests/vm/a.py", "run(*as_user(\"a\", [1]), \"unknown\", path)", 1),
        ("tests/vm/a.py", "subprocess.Popen([\"unknown\", \"-M\", node])", 1),
        ("tests/vm/a.py", "verify = [*before, \"unknown\"]  # run(\"no\")", 1),
        ("tests/vm/a.py", "def a():\n    return [\"unknown\", \"-x\"]", 2),
        ("tests/vm/a.py", "shutil.which(\"unknown\")", 1),
        ("tests/vm/a.py", "LAUNCH = {\"executablePath\": \"/usr/bin/unknown\"}", 1),
        ("tests/vm/a.py", "TO_TRY = \"\"\"\nfor a in b c; do\n    echo \"$(unknown --a 2>&1)\"\ndone\n\"\"\"", 3),
        ("tests/vm/a.py", "run(\"sh\", \"-c\", \"cd x && unknown\")", 1),
        ("action.yml", "    - run: sudo unknown | sed 's/a b; c/$(d)/'", 1),
        ("action.yml", "    - name: a\n      run: |\n        # no\n        A=1 sudo -E env B=2 unknown\n      env: x", 4),
        ("examples/a.sh", "set -eu\n[ -e x ] && { unknown; }", 2),
    ];
    for (path, text, line) in fixtures {
        let wrong = missing(path, text, &mut BTreeSet::new());
        assert_eq!(wrong.len(), 1, "{text}: {wrong:?}");
        assert!(wrong[0].starts_with(&format!("{path}:{line}: nobody installs `unknown`. Add it, ")), "{text}: {wrong:?}");
    }
}

#[test]
fn a_program_that_cannot_be_seen_must_be_explained() {
    for (path, text) in [("tests/a.rs", "Command::new(&found)"), ("tests/vm/a.py", "run(found, \"-a\")")] {
        let wrong = missing(path, text, &mut BTreeSet::new());
        assert!(
            matches!(wrong.as_slice(), [one] if one.contains(":1: it can't be seen which program `") && one.contains("found")),
            "{wrong:?}"
        );
    }
}

#[test]
fn what_is_no_call_is_none() {
    let fixtures = [
        (
            "tests/a.rs",
            "/// `Command::new(\"unknown\")`\nlet a = b'\\''; foo.output().unwrap(); let s: &'static str = \"Command::new(\\\"unknown\\\")\";",
        ),
        (
            "tests/vm/a.py",
            "\"\"\"run(\"unknown\")\"\"\"\nshown[\"unknown\"]\ndef run(*command): pass\nrun(*command)\nrun(*PODMAN, \"--rootfs\", x)",
        ),
        (
            "examples/a.sh",
            "# unknown\necho 'unknown; unknown' \"| unknown\"\ncase $a in\n    b=*) c=${d#*=} ;;\nesac\n$B unknown >/dev/null 2>&1",
        ),
    ];
    for (path, text) in fixtures {
        assert_eq!(missing(path, text, &mut BTreeSet::new()), [""; 0], "{text}");
    }
}
