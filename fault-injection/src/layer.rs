//! The eight layers. A fault belongs to just one.

use serde::{Deserialize, Serialize};

/// Where in the way of a ceremony a fault acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    KeyStore,
    Command,
    Report,
    Hybrid,
    Platform,
    Encoding,
    Network,
    RelyingParty,
}
