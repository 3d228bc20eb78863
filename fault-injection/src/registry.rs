//! The one explicit list of faults.

use crate::{FaultError, FaultSpec, Layer, Profile};

/// What `faultkey faults NAME` prints.
#[derive(Clone, Debug)]
pub struct FaultInfo {
    pub name: &'static str,
    pub layer: Layer,
    /// One line.
    pub summary: &'static str,
    /// What it does, exactly.
    pub effect: &'static str,
    /// `observed`, `specified` or `inferred`, with the source.
    pub evidence: &'static str,
    /// Catalogue entries, e.g. `AK-03`.
    pub catalogue: &'static [&'static str],
    /// What a good relying party does.
    pub good_rp: &'static str,
    pub parameters: &'static [ParameterInfo],
}

/// One parameter of a fault.
#[derive(Clone, Debug)]
pub struct ParameterInfo {
    pub name: &'static str,
    /// e.g. `n0 … n7`, `integer 0 to 71`.
    pub accepts: &'static str,
    pub default: &'static str,
    pub meaning: &'static str,
}

/// Every fault, sorted by layer, then name.
#[must_use]
pub fn all() -> Vec<&'static FaultInfo> {
    todo!()
}

/// The fault with this name.
#[must_use]
pub fn find(_name: &str) -> Option<&'static FaultInfo> {
    todo!()
}

/// Checks name, parameters and whether it can happen on `profile`, without arming it.
///
/// # Errors
/// The first thing wrong with it.
pub fn check(_spec: &FaultSpec, _profile: &Profile) -> Result<(), FaultError> {
    todo!()
}
