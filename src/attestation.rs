//! `faultkey attestation`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::output::say;
use faultkey_authenticator::Config;
use faultkey_authenticator::attestation::metadata::{self, Edition, Model, STATUSES};
use faultkey_authenticator::attestation::{Authority, Date, Issuance};
use faultkey_fault_injection::{Profile, profile};

/// Export what a relying party must trust to accept the emulator's attestation: its root certificate, or its metadata.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Roots(Roots),
    Mds(Mds),
}

/// The root certificate as PEM: of one seed, of one profile, or all that the profiles attest under.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  faultkey attestation roots --out roots.pem\n  faultkey attestation roots --seed 7     for faultkey serve --attestation-seed 7"
)]
struct Roots {
    #[command(flatten)]
    issuer: Issuer,
    /// Of this device profile (`faultkey profiles`).
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

/// A FIDO metadata BLOB (MDS3): every device profile that has a model number, signed under the same root.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  faultkey attestation mds --status yubikey-5=REVOKED --out blob.jwt")]
struct Mds {
    #[command(flatten)]
    issuer: Issuer,
    /// The status of a profile's model instead of NOT_FIDO_CERTIFIED; more than one for a history, newest last.
    #[arg(long, value_name = "PROFILE=STATUS")]
    status: Vec<String>,
    /// The BLOB's number; verifiers want it to rise.
    #[arg(long, default_value_t = 1)]
    number: u32,
    /// Since when the statuses hold.
    #[arg(long, default_value = "2024-01-01")]
    effective: Date,
    /// Until when verifiers may keep the BLOB.
    #[arg(long, default_value = "2049-01-01")]
    next_update: Date,
}

#[derive(clap::Args)]
struct Issuer {
    /// The authority's seed, as `faultkey serve --attestation-seed` has it. Default: as the profiles have it, which is 0 for every built-in one.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write to this file instead of the screen.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Issuer {
    /// The profile's issuance, under the seed of the command line if there is one.
    fn issuance(&self, own: Issuance) -> Issuance {
        Issuance { seed: self.seed.unwrap_or(own.seed), ..own }
    }
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let (text, out) = match &arguments.command {
        Command::Roots(roots) => (pem(roots)?, &roots.issuer.out),
        Command::Mds(mds) => (blob(mds)?, &mds.issuer.out),
    };
    write(&text, out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn named(name: &str) -> Result<&'static Profile, String> {
    profile::find(name).ok_or_else(|| profile::unknown(name).to_string())
}

/// Each root once.
fn pem(roots: &Roots) -> Result<String, String> {
    let profiles: Vec<&Profile> = match &roots.profile {
        Some(name) => vec![named(name)?],
        None => profile::all().iter().collect(),
    };
    let mut pems: Vec<String> = Vec::new();
    for profile in profiles {
        let issuance = roots.issuer.issuance(profile.authenticator.attestation.issuance);
        let authority = Authority::from_seed(issuance.seed, issuance.validity).map_err(|error| error.to_string())?;
        let pem = authority.root_pem();
        if !pems.contains(&pem) {
            pems.push(pem);
        }
    }
    Ok(pems.concat())
}

fn blob(mds: &Mds) -> Result<String, String> {
    let edition = Edition { number: mds.number, effective: mds.effective, next_update: mds.next_update };
    let mut models: Vec<Model> = Vec::new();
    let mut seen = BTreeSet::from([[0; 16]]);
    let mut statuses = statuses(&mds.status)?;
    // Profiles may share a model; the first one that is named here or has it speaks for it.
    for profile in profile::all() {
        let named: Vec<String> = statuses.extract_if(.., |(name, _)| *name == profile.name).map(|(_, status)| status).collect();
        let device = &profile.authenticator;
        if device.aaguid == [0; 16] && !named.is_empty() {
            return Err(format!("profile {} has no model number (its AAGUID is zero), so metadata can't speak of it", profile.name));
        }
        if seen.insert(device.aaguid) {
            models.push(model(&mds.issuer, &profile.title.en, device, named));
        } else if let Some(model) = models.iter_mut().find(|model| model.aaguid == device.aaguid).filter(|_| !named.is_empty()) {
            model.statuses = named;
        }
    }
    metadata::blob(mds.issuer.issuance(Issuance::default()), &models, edition).map_err(|error| error.to_string())
}

/// `statuses` come before those of the profile.
fn model(issuer: &Issuer, description: &str, device: &Config, mut statuses: Vec<String>) -> Model {
    if statuses.is_empty() {
        statuses.clone_from(&device.attestation.statuses);
    }
    if statuses.is_empty() {
        statuses.push("NOT_FIDO_CERTIFIED".to_owned());
    }
    Model {
        aaguid: device.aaguid,
        description: format!("{description} (emulated by faultkey)"),
        issuance: issuer.issuance(device.attestation.issuance),
        formats: device.attestation.supported().collect(),
        algorithms: device.algorithms.clone(),
        platform: device.platform,
        statuses,
    }
}

/// Reads `PROFILE=STATUS`.
fn statuses(texts: &[String]) -> Result<Vec<(String, String)>, String> {
    let read = |text: &String| {
        let (name, status) = text.split_once('=').ok_or_else(|| format!("--status {text}: expected PROFILE=STATUS"))?;
        let profile = named(name)?;
        if !STATUSES.contains(&status) {
            return Err(format!("--status {text}: expected one of {}", STATUSES.join(", ")));
        }
        Ok((profile.name.clone(), status.to_owned()))
    };
    texts.iter().map(read).collect()
}

fn write(text: &str, out: Option<&Path>) -> Result<(), String> {
    match out {
        None => say!("{}", text.trim_end()),
        Some(path) => std::fs::write(path, text).map_err(|error| format!("can't write {}: {error}", path.display()))?,
    }
    Ok(())
}
