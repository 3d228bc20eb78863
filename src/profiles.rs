//! `faultkey profiles`

use std::process::ExitCode;

use faultkey_authenticator::Effect;
use faultkey_fault_injection::{Profile, profile};

use crate::output::{columns, hint, say, section};

/// List the device profiles, or explain one: what the device can do, what happens to its keys, what is not played yet.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  faultkey profiles\n  faultkey profiles android-device-bound")]
pub struct Arguments {
    /// The profile to explain.
    name: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    match &arguments.name {
        None => list(),
        Some(name) => explain(profile::find(name).ok_or_else(|| profile::unknown(name).to_string())?),
    }
    Ok(ExitCode::SUCCESS)
}

fn list() {
    let mut table = columns();
    for profile in profile::all() {
        table.add_row([profile.name.as_str(), &profile.catalogue, &profile.title]);
    }
    say!("{}", table.trim_fmt());
    hint!("\n`faultkey profiles NAME` explains one.");
}

fn explain(profile: &Profile) {
    say!("{}  ({})\n\n{}\n", profile.name, profile.catalogue, profile.title);
    let mut table = columns();
    for (name, value) in profile.facts() {
        table.add_row(["", name, &value]);
    }
    say!("Device\n{}\n", table.trim_fmt());
    let mut events = columns();
    for (event, effect) in profile.events.iter().filter(|(_, effect)| **effect != Effect::Nothing) {
        events.add_row(["", event.name(), effect.name()]);
    }
    say!("What happens to its keys (every other event does nothing)\n{}\n", events.trim_fmt());
    section("Evidence", &profile.evidence);
    if !profile.limits.is_empty() {
        section("Not played yet", &profile.limits.join("\n"));
    }
}
