//! Versions of the protocol, and since which specification a thing is there.

use serde::{Deserialize, Serialize};

/// A version of the protocol, as getInfo member 0x01 names it. There is no `FIDO_2_2` (CTAP2.3 §6.4): a key of CTAP 2.2 says `FIDO_2_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Version {
    #[serde(rename = "U2F_V2")]
    U2fV2,
    #[serde(rename = "FIDO_2_0")]
    Fido2_0,
    #[serde(rename = "FIDO_2_1_PRE")]
    Fido2_1Pre,
    #[serde(rename = "FIDO_2_1")]
    Fido2_1,
    #[serde(rename = "FIDO_2_3")]
    Fido2_3,
}

impl Version {
    /// Every version, oldest first.
    pub const ALL: [Self; 5] = [Self::U2fV2, Self::Fido2_0, Self::Fido2_1Pre, Self::Fido2_1, Self::Fido2_3];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::U2fV2 => "U2F_V2",
            Self::Fido2_0 => "FIDO_2_0",
            Self::Fido2_1Pre => "FIDO_2_1_PRE",
            Self::Fido2_1 => "FIDO_2_1",
            Self::Fido2_3 => "FIDO_2_3",
        }
    }
}

/// The specification that has a thing first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Since {
    U2f,
    Ctap2_0,
    /// The drafts of CTAP 2.1, which keys have shipped; later versions have it too.
    Ctap2_1Preview,
    /// The same, but replaced by something else in CTAP 2.1: only a key that says `FIDO_2_1_PRE` has it.
    Prototype,
    Ctap2_1,
    Ctap2_2,
    Ctap2_3,
}

impl Since {
    /// For documents, e.g. `CTAP 2.1`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::U2f => "U2F 1.0",
            Self::Ctap2_0 => "CTAP 2.0",
            Self::Ctap2_1Preview | Self::Prototype => "CTAP 2.1 preview",
            Self::Ctap2_1 => "CTAP 2.1",
            Self::Ctap2_2 => "CTAP 2.2",
            Self::Ctap2_3 => "CTAP 2.3",
        }
    }

    /// The lowest version with which a device can have it.
    #[must_use]
    pub const fn version(self) -> Version {
        match self {
            Self::U2f => Version::U2fV2,
            Self::Ctap2_0 => Version::Fido2_0,
            Self::Ctap2_1Preview | Self::Prototype => Version::Fido2_1Pre,
            Self::Ctap2_1 | Self::Ctap2_2 => Version::Fido2_1,
            Self::Ctap2_3 => Version::Fido2_3,
        }
    }

    /// Whether a device that says `versions` can have it.
    #[must_use]
    pub fn is_in(self, versions: &[Version]) -> bool {
        match self {
            // U2F is another protocol, not a smaller one.
            Self::U2f | Self::Prototype => versions.contains(&self.version()),
            _ => versions.iter().any(|version| *version >= self.version()),
        }
    }
}
