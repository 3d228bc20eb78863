//! `faultkey attestation`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::output::say;
use faultkey_authenticator::Config;
use faultkey_authenticator::attestation::metadata::{self, Edition, Model, STATUSES};
use faultkey_authenticator::attestation::{AttestationFormat, Authority, Date, Issuance};
use faultkey_fault_injection::profile;

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

/// The root certificate as PEM.
#[derive(clap::Args)]
struct Roots {
    #[command(flatten)]
    issuer: Issuer,
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
    /// The authority's seed; devices attest under that of seed 0.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write to this file instead of the screen.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Issuer {
    fn issuance(&self) -> Issuance {
        Issuance { seed: self.seed, ..Issuance::default() }
    }
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let (text, out) = match &arguments.command {
        Command::Roots(roots) => {
            let issuance = roots.issuer.issuance();
            let authority = Authority::from_seed(issuance.seed, issuance.validity).map_err(|error| error.to_string())?;
            (authority.root_pem(), &roots.issuer.out)
        }
        Command::Mds(mds) => (blob(mds)?, &mds.issuer.out),
    };
    write(&text, out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn blob(mds: &Mds) -> Result<String, String> {
    let edition = Edition { number: mds.number, effective: mds.effective, next_update: mds.next_update };
    let own = Config::default();
    let mut models = vec![model("faultkey", &own, Vec::new())];
    let mut seen = BTreeSet::from([[0; 16], own.aaguid]);
    let mut statuses = statuses(&mds.status)?;
    // Profiles may share a model; the first one that is named here or has it speaks for it.
    for profile in profile::all() {
        let named: Vec<String> = statuses.extract_if(.., |(name, _)| *name == profile.name).map(|(_, status)| status).collect();
        let device = &profile.authenticator;
        if device.aaguid == [0; 16] && !named.is_empty() {
            return Err(format!("profile {} has no model number (its AAGUID is zero), so metadata can't speak of it", profile.name));
        }
        if seen.insert(device.aaguid) {
            models.push(model(&profile.title, device, named));
        } else if let Some(model) = models.iter_mut().find(|model| model.aaguid == device.aaguid).filter(|_| !named.is_empty()) {
            model.statuses = named;
        }
    }
    metadata::blob(mds.issuer.issuance(), &models, edition).map_err(|error| error.to_string())
}

fn model(description: &str, device: &Config, mut statuses: Vec<String>) -> Model {
    if statuses.is_empty() {
        statuses.push("NOT_FIDO_CERTIFIED".to_owned());
    }
    // Metadata speaks of the attestation that is asked for: the root is listed whatever the profile gives by itself.
    let attestation = if device.attestation == AttestationFormat::None { AttestationFormat::Packed } else { device.attestation };
    Model {
        aaguid: device.aaguid,
        description: format!("{description} (emulated by faultkey)"),
        attestation,
        algorithms: device.algorithms.clone(),
        platform: device.platform,
        statuses,
    }
}

/// Reads `PROFILE=STATUS`.
fn statuses(texts: &[String]) -> Result<Vec<(String, String)>, String> {
    let read = |text: &String| {
        let (name, status) = text.split_once('=').ok_or_else(|| format!("--status {text}: expected PROFILE=STATUS"))?;
        let profile = profile::find(name).ok_or_else(|| profile::unknown(name).to_string())?;
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
