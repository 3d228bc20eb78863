//! `faultkey profiles`

use std::process::ExitCode;

use faultkey_authenticator::algorithm;
use faultkey_authenticator::config::{BuiltInVerification, SignCountPolicy};
use faultkey_authenticator::{Config, Effect};
use faultkey_fault_injection::{Profile, profile};

use crate::output::{columns, say, section};

/// List the device profiles, or explain one: what the device can do, which events change its keys, what is not implemented.
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
    say!("{}\n\n`faultkey profiles NAME` explains one profile.", table.trim_fmt());
}

fn explain(profile: &Profile) {
    let device = &profile.authenticator;
    say!("{}  ({})\n\n{}\n", profile.name, profile.catalogue, profile.title);
    let mut table = columns();
    let mut row = |name: &str, value: String| {
        table.add_row(["", name, &value]);
    };
    row("AAGUID", faultkey_authenticator::authenticator_data::format_aaguid(&device.aaguid));
    row("attachment", if device.platform { "platform" } else { "cross-platform" }.to_owned());
    row("transports", device.transports.join(", "));
    row("algorithms", algorithms(device));
    row("attestation", device.attestation.identifiers().join(", "));
    row("built-in verification", verification(device.verification).to_owned());
    row("signature counter", sign_count(device.sign_count).to_owned());
    row("backup", backup(device).to_owned());
    row("credential id", format!("{} bytes", device.credential_id_length));
    say!("Device\n{}\n", table.trim_fmt());
    let mut events = columns();
    for (event, effect) in profile.events.iter().filter(|(_, effect)| **effect != Effect::Nothing) {
        events.add_row(["", event.name(), effect.name()]);
    }
    if events.is_empty() {
        say!("No event changes its keys.\n");
    } else {
        say!("Events that change its keys (no other event does)\n{}\n", events.trim_fmt());
    }
    section("Evidence", &profile.evidence);
    if !profile.limits.is_empty() {
        section("Not implemented", &profile.limits.join("\n"));
    }
}

/// By name; a number that has none here stays a number.
fn algorithms(device: &Config) -> String {
    let names = device.algorithms.iter().map(|number| algorithm::name(*number).map_or_else(|| number.to_string(), str::to_owned));
    names.collect::<Vec<_>>().join(", ")
}

const fn verification(verification: BuiltInVerification) -> &'static str {
    match verification {
        BuiltInVerification::Absent => "none",
        BuiltInVerification::NotEnrolled => "available, nothing enrolled",
        BuiltInVerification::Ready => "ready",
    }
}

const fn sign_count(policy: SignCountPolicy) -> &'static str {
    match policy {
        SignCountPolicy::Global => "one for the whole device",
        SignCountPolicy::PerCredential => "one for each credential",
        SignCountPolicy::Zero => "always zero",
    }
}

const fn backup(device: &Config) -> &'static str {
    match (device.backup_eligible, device.backup_state) {
        (false, _) => "not eligible",
        (true, false) => "eligible, not backed up",
        (true, true) => "eligible, backed up",
    }
}
