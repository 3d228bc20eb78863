//! What changes from run to run, apart from what the seed decides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When, how and for what a run was made. Filled in by the program, which may read a clock; nothing is judged by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Circumstances {
    /// When the run began, as RFC 3339 in UTC.
    pub started: Option<String>,
    /// How long it took, in milliseconds of real time.
    pub milliseconds: Option<u64>,
    /// The command line, with secrets masked.
    pub command: Option<String>,
    /// What the caller calls this run, e.g. a build number.
    pub label: Option<String>,
    /// How long each scenario took.
    pub timings: Vec<Timing>,
}

/// How long one scenario took on one profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// The target's name.
    pub target: String,
    /// Its id.
    pub scenario: String,
    /// The device.
    pub profile: String,
    /// Real time, with that of the relying party.
    pub milliseconds: u64,
}

/// Whom an adapter speaks to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RelyingParty {
    /// `name` of the adapter.
    pub name: String,
    /// Without user and password.
    pub url: Option<String>,
    /// Its own version, where it tells it.
    pub version: Option<String>,
}
