//! The project's own tasks, run with `cargo xtask`.

#![allow(clippy::disallowed_macros, reason = "a task may fail where it can't print")]

mod bench;
mod command;
mod crash;
#[cfg(unix)]
mod devices;
mod environment;
mod mutants;
mod readme;
mod steps;
mod suite;
mod tools;
#[cfg(unix)]
mod vm;

use std::process::ExitCode;

const HELP: &str = "\
The project's own tasks.

Usage: cargo xtask <TASK>

Tasks:
  test             The whole test suite. Needs git and the Rust toolchain; installs what else is missing where it can
                   (Debian packages when root, Python and npm packages into private folders), otherwise says how
  relying-parties  Only the part that exercises relying parties on other people's libraries.
                   FAULTKEY_BLESS=1 in the environment writes the expectation files and docs/findings.md anew
  clients          Only the part in which clients that others wrote use a key of `faultkey serve`
  sequences N      Plays N random sequences of commands on the authenticator and on a model of CTAP 2.3 (FAULTKEY_SEED=N in the
                   environment: others). A failure prints the shortest sequence, which plays again with FAULTKEY_SEQUENCE=FILE
  crash N          Kills a program that writes to a store N times at random moments, and checks that nothing acknowledged was lost
  mutants [FILE…]  Changes everything that judges a relying party, a place at a time, and says what the lab's tests don't notice and
                   lab/mutants-equivalent.txt doesn't list (hours; installs cargo-mutants into target/tools). FILE: only there
  bench            How long it takes until a host can use a key, by socket, UHID and USB/IP, and how long an exchange takes
  bench demo       Processor time of `faultkey exercise` without a relying party
  devices [PART…]  Only the part in which browsers, libfido2, OpenSSH, PAM and python-fido2 use a key that the kernel takes for real, in a virtual
                   machine. PART is one of them (`cargo xtask devices help` names them)
  vm [OPTIONS] -- COMMAND
                   Runs a command in a throwaway virtual machine with /dev/uhid and vhci_hcd, and with this computer's programs and files (read only).
                   --cpus N, --memory MIB, --time-limit SECONDS, --writable DIR. The exit code is the command's; 124 when the time is up
  readme-picture [--check]
                   Writes the matrix that `faultkey exercise` prints into README.md and README.ja.md; --check only compares
  help             This text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    #[cfg(unix)]
    if let ["vm", ..] = words.as_slice() {
        return match vm::main(arguments.get(1..).unwrap_or_default()) {
            Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)),
            Err(failure) => {
                eprintln!("cargo xtask vm: {failure}");
                ExitCode::from(125)
            }
        };
    }
    let outcome = match words.as_slice() {
        ["test"] => suite::test(),
        ["relying-parties"] => suite::relying_parties(),
        ["clients"] => suite::clients(),
        ["sequences", count] => match count.parse() {
            Ok(count) => suite::sequences(count),
            Err(_) => return misused(&format!("`{count}` is not a number of sequences")),
        },
        #[cfg(unix)]
        ["devices", parts @ ..] => suite::devices(parts),
        ["mutants", files @ ..] => mutants::run(files),
        ["readme-picture"] => readme::picture(false),
        ["readme-picture", "--check"] => readme::picture(true),
        ["bench"] => bench::bench(),
        ["bench", "demo"] => bench::demo(),
        ["crash", times] => match times.parse() {
            Ok(times) => crash::run(times),
            Err(_) => return misused(&format!("`{times}` is not a number of crashes")),
        },
        ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        [] => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
        _ => return misused(&format!("there is no task `{}`", words.join(" "))),
    };
    match outcome {
        Ok(()) => {
            // Neither measuring nor writing is a test.
            if !matches!(words.first(), Some(&"bench" | &"readme-picture")) {
                println!("cargo xtask {}: all passed", words.join(" "));
            }
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("cargo xtask {}: failed: {failure}", words.join(" "));
            ExitCode::FAILURE
        }
    }
}

fn misused(problem: &str) -> ExitCode {
    eprint!("cargo xtask: {problem}\n\n{HELP}");
    ExitCode::from(2)
}
