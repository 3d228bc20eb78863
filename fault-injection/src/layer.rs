//! The eight layers. A fault belongs to just one.

use std::fmt;

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

impl Layer {
    /// The name used for folders, on the command line and in transcripts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Layer::KeyStore => "key_store",
            Layer::Command => "command",
            Layer::Report => "report",
            Layer::Hybrid => "hybrid",
            Layer::Platform => "platform",
            Layer::Encoding => "encoding",
            Layer::Network => "network",
            Layer::RelyingParty => "relying_party",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
