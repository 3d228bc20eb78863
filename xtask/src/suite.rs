//! The test suite, as a list of steps.

use crate::command::{cargo, succeed};
use crate::crash;
#[cfg(unix)]
use crate::devices;
use crate::environment::{self, Environment};
use crate::readme;
use crate::steps::Steps;
use crate::tools;
#[cfg(unix)]
use crate::tools::NoMachine;

const CRASHES: u32 = 100;
/// More than the hundred thousand that are promised.
const SEQUENCES: u32 = 100_200;

/// Everything that must hold.
pub fn test() -> Result<(), String> {
    let mut steps = Steps::default();
    let environment = prepared(&mut steps)?;
    steps.take("cargo test", || {
        // A suite that writes its expectations anew would always pass.
        succeed(cargo_test(&environment, &["--workspace"]).env_remove("FAULTKEY_BLESS"))
    })?;
    steps.take("Sequences against the model", || sequences_of(SEQUENCES))?;
    steps.take("README: exercise", || readme::exercise(&environment))?;
    steps.take("Crash test", || crash::run(CRASHES))?;
    #[cfg(unix)]
    let skipped = devices_of(&mut steps, &environment, &devices::named(&[])?)?;
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
    steps.take("Sequences against the model", || sequences_of(count))?;
    steps.summary();
    Ok(())
}

/// Optimised: without, they take ten times as long. `cargo test` alone plays a few.
fn sequences_of(count: u32) -> Result<(), String> {
    let mut command = cargo(&["test", "--release", "--package", "faultkey-authenticator", "--test", "sequences", "--", "--nocapture"]);
    succeed(command.env("FAULTKEY_SEQUENCES", count.to_string()))
}

fn prepared(steps: &mut Steps) -> Result<Environment, String> {
    let tools = steps.take("Python and Node", tools::ready)?;
    steps.take("Packages", || environment::prepare(&tools))
}

fn cargo_test(environment: &Environment, arguments: &[&str]) -> std::process::Command {
    let mut command = cargo(&["test"]);
    command.args(arguments).env("FAULTKEY_TEST_PYTHON", &environment.python).env("FAULTKEY_TEST_NODE", &environment.node);
    command
}
