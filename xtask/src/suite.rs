//! The test suite, as a list of steps.

use std::process::Command;

use crate::command::{cargo, succeed};
use crate::crash;
#[cfg(unix)]
use crate::devices;
use crate::environment::{self, Environment};
use crate::readme;
use crate::steps::{Beside, Steps};
use crate::tools;
#[cfg(unix)]
use crate::tools::NoMachine;

const CRASHES: u32 = 100;
/// More than the hundred thousand that are promised.
const SEQUENCES: u32 = 100_200;

const AGAINST_THE_MODEL: &str = "Sequences against the model";

/// Everything that must hold.
pub fn test() -> Result<(), String> {
    let mut steps = Steps::default();
    let environment = prepared(&mut steps)?;
    let chromium = steps.take("Chromium", tools::chromium)?;
    steps.take("cargo test", || {
        let mut test = cargo_test(&environment, &["--workspace", "--no-fail-fast"]);
        test.envs(chromium.iter().map(|chromium| ("FAULTKEY_TEST_CHROMIUM", chromium)));
        // A suite that writes its expectations anew would always pass.
        succeed(test.env_remove("FAULTKEY_BLESS"))
    })?;
    steps.take("README: exercise", || readme::exercise(&environment))?;
    steps.take("Crash test", || crash::run(CRASHES))?;
    steps.take("Sequences against the model, built", || succeed(&mut sequences_of(SEQUENCES, &["--no-run"])))?;
    // The virtual machine has one processor, and minutes of work for it.
    let sequences = Beside::start(AGAINST_THE_MODEL, &sequences_of(SEQUENCES, &[]));
    #[cfg(unix)]
    let skipped = devices::named(&[]).and_then(|boots| devices_of(&mut steps, &environment, &boots));
    // Whatever failed, both are told.
    let played = steps.join(sequences);
    #[cfg(unix)]
    let skipped = skipped?;
    played?;
    steps.summary();
    #[cfg(unix)]
    if let Some(reason) = skipped {
        println!("\nSKIPPED: real software in a virtual machine: {reason}");
    }
    Ok(())
}

/// Only real software, in front of a key that the kernel takes for real.
#[cfg(unix)]
pub fn devices(parts: &[&str]) -> Result<(), String> {
    let boots = devices::named(parts)?;
    let mut steps = Steps::default();
    let environment = prepared(&mut steps)?;
    match devices_of(&mut steps, &environment, &boots)? {
        Some(reason) => Err(reason),
        None => {
            steps.summary();
            Ok(())
        }
    }
}

/// Says why it was skipped, if it was.
#[cfg(unix)]
fn devices_of(steps: &mut Steps, environment: &Environment, boots: &[devices::Boot]) -> Result<Option<String>, String> {
    let there = steps.take("Virtual machine", || match tools::devices_ready() {
        Ok(()) => environment::prepare_browsers(environment).map(|()| None),
        Err(NoMachine::NotHere(reason)) => {
            println!("SKIPPED: {reason}");
            Ok(Some(reason))
        }
        Err(NoMachine::Failed(reason)) => Err(reason),
    })?;
    if there.is_some() {
        return Ok(there);
    }
    steps.take("faultkey, optimised", || succeed(&mut cargo(&["build", "--release", "--package", "faultkey"])))?;
    for boot in boots {
        steps.take(&boot.heading(), || boot.run(environment))?;
    }
    Ok(None)
}

/// Only the relying parties on other people's libraries.
pub fn relying_parties() -> Result<(), String> {
    let mut steps = Steps::default();
    let environment = prepared(&mut steps)?;
    steps.take("Relying parties", || succeed(&mut cargo_test(&environment, &["--package", "faultkey", "--test", "relying_parties"])))?;
    steps.summary();
    Ok(())
}

/// Only the clients that others wrote, in front of `faultkey serve`.
pub fn clients() -> Result<(), String> {
    let mut steps = Steps::default();
    let environment = prepared(&mut steps)?;
    steps.take("Clients", || succeed(&mut cargo_test(&environment, &["--package", "faultkey", "--test", "python_fido2"])))?;
    steps.summary();
    Ok(())
}

/// Only random sequences of commands against the model of the authenticator.
pub fn sequences(count: u32) -> Result<(), String> {
    let mut steps = Steps::default();
    steps.take(AGAINST_THE_MODEL, || succeed(&mut sequences_of(count, &[])))?;
    steps.summary();
    Ok(())
}

/// Optimised: without, they take ten times as long. `cargo test` alone plays a few. Of the whole workspace, so that what the program is made of
/// is not built again with other features.
fn sequences_of(count: u32, options: &[&str]) -> Command {
    let mut command = cargo(&["test", "--release", "--workspace", "--test", "sequences"]);
    command.args(options).args(["--", "--nocapture"]).env("FAULTKEY_SEQUENCES", count.to_string());
    command
}

fn prepared(steps: &mut Steps) -> Result<Environment, String> {
    let tools = steps.take("Python and Node", tools::ready)?;
    steps.take("Packages", || environment::prepare(&tools))
}

fn cargo_test(environment: &Environment, arguments: &[&str]) -> Command {
    let mut command = cargo(&["test"]);
    command.args(arguments).env("FAULTKEY_TEST_PYTHON", &environment.python).env("FAULTKEY_TEST_NODE", &environment.node);
    command
}
