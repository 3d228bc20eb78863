//! The eight layers. A fault belongs to just one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Text;

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

    /// For people, who see the name beside it.
    #[must_use]
    pub const fn label(self) -> Text<&'static str> {
        match self {
            Layer::KeyStore => Text::new("keys and their store", "鍵とその保管"),
            Layer::Command => Text::new("commands of the authenticator", "認証器のコマンド"),
            Layer::Report => Text::new("CTAPHID reports", "CTAPHIDのレポート"),
            Layer::Hybrid => Text::new("hybrid transport", "ハイブリッド（QRコード）"),
            Layer::Platform => Text::new("browser and operating system", "ブラウザとOS"),
            Layer::Encoding => Text::new("contents of the response", "応答の内容"),
            Layer::Network => Text::new("network", "ネットワーク"),
            Layer::RelyingParty => Text::new("relying party", "リライングパーティ（RP）"),
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
