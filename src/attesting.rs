//! How a served key attests, where the command line says other than its profile.

use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use faultkey_authenticator::Config;
use faultkey_authenticator::attestation::{AttestationFormat, Date};

/// What may be changed of a profile's attestation.
#[derive(clap::Args)]
#[command(next_help_heading = "Attestation")]
pub struct Attesting {
    /// The formats that it gives, preferred first, instead of the profile's: none, packed-self, packed, tpm, android-key, android-safetynet, fido-u2f,
    /// apple, compound.
    #[arg(long, value_name = "FORMAT,…", value_delimiter = ',')]
    attestation: Vec<AttestationFormat>,
    /// The seed of the authority that certifies it: `faultkey attestation roots --seed N` is the root. Default: the profile's, 0.
    #[arg(long, value_name = "N")]
    attestation_seed: Option<u64>,
    /// Its serial number, which its enterprise attestation names.
    #[arg(long, value_name = "N")]
    device_serial: Option<u64>,
    /// An RP ID to which the vendor gives the enterprise attestation, instead of the profile's. May be given several times.
    #[arg(long, value_name = "RP_ID")]
    enterprise_rp_id: Vec<String>,
    /// What time it is when the key starts, for android-safetynet, which says when it attested: `now`, or a day such as 2025-01-31.
    #[arg(long, value_name = "now|DATE", default_value = "now")]
    attested_at: Moment,
}

#[derive(Clone, Copy)]
enum Moment {
    Now,
    Day(Date),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "now" { Ok(Self::Now) } else { text.parse().map(Self::Day).map_err(|error| format!("{error}; or `now`")) }
    }
}

impl Attesting {
    /// Changes what the command line says.
    ///
    /// # Errors
    /// What can't be had, for a person.
    pub fn apply(&self, device: &mut Config) -> Result<(), String> {
        let own = &mut device.attestation;
        if self.attestation.contains(&AttestationFormat::Enterprise) {
            return Err(
                "--attestation enterprise: the enterprise attestation is given to a platform that asks for it, after it was enabled; \
                choose --profile security-key-full, and say to whom with --enterprise-rp-id"
                    .to_owned(),
            );
        }
        if !self.attestation.is_empty() {
            own.formats.clone_from(&self.attestation);
        }
        if !self.enterprise_rp_id.is_empty() {
            if !device.protection.enterprise_attestation {
                return Err("--enterprise-rp-id: this device has no enterprise attestation (its getInfo has no option `ep`); \
                    choose --profile security-key-full"
                    .to_owned());
            }
            own.enterprise.rp_ids.clone_from(&self.enterprise_rp_id);
        }
        let issuance = &mut own.issuance;
        issuance.seed = self.attestation_seed.unwrap_or(issuance.seed);
        issuance.device_serial = self.device_serial.unwrap_or(issuance.device_serial);
        issuance.attested_at = match self.attested_at {
            Moment::Now => {
                let since =
                    SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| "the system's clock stands before 1970; set --attested-at")?;
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            }
            Moment::Day(date) => date.milliseconds(),
        };
        Ok(())
    }
}
