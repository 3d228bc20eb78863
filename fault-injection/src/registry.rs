//! The one explicit list of faults.

mod manual;
mod reach;

use crate::fault::{Fault, command, encoding, key_store, network, platform, report};
use crate::parameters::Parameters;
use crate::suggestion::nearest;
use crate::{FaultError, FaultSpec, Layer, Profile, Text};

pub use manual::manual;

/// What `faultkey faults NAME` prints.
#[derive(Clone, Debug)]
pub struct FaultInfo {
    pub name: &'static str,
    pub layer: Layer,
    /// One line.
    pub summary: Text<&'static str>,
    /// What it does, exactly.
    pub effect: Text<&'static str>,
    /// What it counts as an opportunity to act.
    pub opportunity: Text<&'static str>,
    /// The seam at which it acts.
    pub seam: Seam,
    /// `observed`, `specified` or `inferred`, with the source.
    pub evidence: Text<&'static str>,
    /// Catalogue entries, e.g. `AK-03`.
    pub catalogue: &'static [&'static str],
    /// What a good relying party does.
    pub good_rp: Text<&'static str>,
    pub parameters: &'static [ParameterInfo],
    /// A table of TOML as a scenario has it.
    pub example: &'static str,
}

impl FaultInfo {
    /// The example as the command line writes it, e.g. `cut-verify,at=n5,schedule=once`: what `faultkey ctl fault add` and `--fault` take.
    #[must_use]
    pub fn command_line_example(&self) -> String {
        let table: Option<toml::Table> = format!("fault = {}", self.example).parse().ok();
        let spec = table.and_then(|table| FaultSpec::from_toml(table.get("fault")?.as_table()?).ok());
        // A test reads every example; the name alone is an example, too.
        spec.map_or_else(|| self.name.to_owned(), |spec| spec.to_string())
    }
}

/// One parameter of a fault.
#[derive(Clone, Debug)]
pub struct ParameterInfo {
    pub name: &'static str,
    /// e.g. `n0 … n7`, `integer 0 to 71`.
    pub accepts: Text<&'static str>,
    pub default: Text<&'static str>,
    pub meaning: Text<&'static str>,
}

/// Where a fault looks, which decides what `subject` and `on-match` can see there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seam {
    /// Events of the device.
    Event,
    /// Commands of the authenticator, and its store.
    Authenticator,
    /// The client's data.
    ClientData,
    /// Reports between a host and the device, and the connection.
    Report,
    /// Calls of the page or app.
    Platform,
    /// The response's JSON on its way from the client to the page, which sends it.
    Response,
    /// Requests to the relying party.
    Network,
}

impl Seam {
    /// What can be seen there.
    #[must_use]
    pub const fn sees(self) -> &'static [&'static str] {
        match self {
            Seam::Event => &[],
            Seam::Authenticator | Seam::Report => &["rp-id", "ceremony", "user"],
            Seam::ClientData => &["origin", "ceremony"],
            Seam::Platform | Seam::Response => &["rp-id", "origin", "ceremony"],
            Seam::Network => &["ceremony"],
        }
    }

    /// Whether it is at the authenticator, so that the fault can be armed while a key is attached.
    #[must_use]
    pub const fn is_at_the_key(self) -> bool {
        match self {
            Seam::Event | Seam::Authenticator | Seam::Report => true,
            Seam::ClientData | Seam::Platform | Seam::Response | Seam::Network => false,
        }
    }

    const fn described(self) -> &'static str {
        match self {
            Seam::Event => "it changes the whole device, which belongs to no single relying party, account or ceremony",
            Seam::Authenticator => "an authenticator sees relying party, account and ceremony, but no origin",
            Seam::Report => "reports belong to a command, which names relying party, account and ceremony, but no origin",
            Seam::ClientData => "client data names origin and ceremony, but neither RP ID nor account",
            Seam::Platform => "a call names RP ID, origin and ceremony, but not always an account",
            Seam::Response => "a response belongs to a call, which names RP ID, origin and ceremony, but not always an account",
            Seam::Network => "the network sees which ceremony a request belongs to, and nothing else",
        }
    }
}

/// Reads a fault's parameters.
pub(crate) type Load = fn(&Parameters) -> Result<Box<dyn Fault>, FaultError>;

/// One line of the registry: the description and the loader of `fault/<layer>/<name>.rs`.
macro_rules! registry {
    ($($layer:ident :: $fault:ident),* $(,)?) => {
        const REGISTRY: &[(&FaultInfo, Load)] = &[$((&$layer::$fault::INFO, $layer::$fault::load)),*];
    };
}

registry![
    key_store::device_migrated_without_key,
    key_store::key_invalidated_by_enrolment,
    key_store::sign_count_rollback,
    key_store::silent_key_regeneration,
    key_store::stale_credential_picked,
    command::ed_set_empty_map,
    command::no_credentials,
    command::no_op,
    command::operation_denied,
    command::unsolicited_extension,
    command::user_action_timeout,
    report::bus_reset,
    report::cancel_late,
    report::channel_busy,
    report::endpoint_stall,
    report::init_nonce_mismatch,
    report::keepalive_forever,
    report::no_keepalive,
    report::report_delayed,
    report::report_dropped,
    report::report_duplicated,
    report::report_reordered,
    report::report_truncated,
    report::seq_gap,
    report::slow_key,
    report::unplug_mid_command,
    report::wrong_cid,
    report::wrong_length,
    platform::ceremony_aborted,
    platform::not_allowed_for_everything,
    platform::provider_unsupported,
    encoding::be_flag_flip,
    encoding::challenge_other_session,
    encoding::response_member_missing,
    encoding::response_member_wrong_type,
    encoding::response_of_other_ceremony,
    encoding::rp_id_hash_swapped,
    encoding::short_signature,
    encoding::sig_bitflip,
    encoding::type_swapped,
    encoding::up_flag_clear,
    encoding::user_handle_mismatch,
    encoding::uv_flag_clear,
    encoding::wrong_origin,
    network::cut_options,
    network::cut_verify,
    network::delayed_verify,
    network::duplicate_verify,
];

/// Every fault, sorted by layer, then name.
#[must_use]
pub fn all() -> Vec<&'static FaultInfo> {
    REGISTRY.iter().map(|(info, _)| *info).collect()
}

/// The fault with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static FaultInfo> {
    REGISTRY.iter().map(|(info, _)| *info).find(|info| info.name == name)
}

/// The error for a name that no fault has, with the nearest one that exists.
#[must_use]
pub fn unknown(name: &str) -> FaultError {
    FaultError::Unknown { name: name.to_owned(), nearest: nearest(name, all().iter().map(|info| info.name)).map(str::to_owned) }
}

/// Checks name and parameters, whether it can ever fire, and whether it can happen on `profile`, without arming it.
///
/// # Errors
/// The first thing wrong with it.
pub fn check(spec: &FaultSpec, profile: &Profile) -> Result<(), FaultError> {
    load(spec, profile).map(|_| ())
}

/// The fault, ready to look.
pub(crate) fn load(spec: &FaultSpec, profile: &Profile) -> Result<(&'static FaultInfo, Box<dyn Fault>), FaultError> {
    let Some((info, load)) = REGISTRY.iter().find(|(info, _)| info.name == spec.name) else { return Err(unknown(&spec.name)) };
    let fault = load(&Parameters::new(info, &spec.parameters)?)?;
    reach::check(info, spec, fault.as_ref())?;
    fault.possible(profile).map_err(|reason| FaultError::Impossible {
        fault: spec.name.clone(),
        profile: profile.name.clone(),
        reason: Box::new(reason),
    })?;
    Ok((info, fault))
}

/// Loads a fault from a command line, for tests.
#[cfg(test)]
pub(crate) fn loaded(line: &str) -> Box<dyn Fault> {
    let spec: FaultSpec = line.parse().expect("a fault");
    let (info, load) = REGISTRY.iter().find(|(info, _)| info.name == spec.name).expect("a known fault");
    load(&Parameters::new(info, &spec.parameters).expect("known parameters")).expect("good parameters")
}

#[cfg(test)]
mod japanese;
#[cfg(test)]
mod tests;
