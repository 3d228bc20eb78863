//! Which extensions a kind of device has.

use serde::{Deserialize, Serialize};

use super::CredProtect;

/// An extension of the authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Extension {
    #[serde(rename = "credProtect")]
    CredProtect,
    #[serde(rename = "credBlob")]
    CredBlob,
    #[serde(rename = "largeBlobKey")]
    LargeBlobKey,
    #[serde(rename = "minPinLength")]
    MinPinLength,
    #[serde(rename = "pinComplexityPolicy")]
    PinComplexityPolicy,
    #[serde(rename = "hmac-secret")]
    HmacSecret,
    #[serde(rename = "hmac-secret-mc")]
    HmacSecretMc,
    #[serde(rename = "thirdPartyPayment")]
    ThirdPartyPayment,
    #[serde(rename = "uvm")]
    Uvm,
}

impl Extension {
    /// Every extension, in the order of CTAP2.3 §12.
    pub const ALL: [Self; 9] = [
        Self::CredProtect,
        Self::CredBlob,
        Self::LargeBlobKey,
        Self::MinPinLength,
        Self::PinComplexityPolicy,
        Self::HmacSecret,
        Self::HmacSecretMc,
        Self::ThirdPartyPayment,
        Self::Uvm,
    ];

    /// Its name in messages.
    #[must_use]
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::CredProtect => "credProtect",
            Self::CredBlob => "credBlob",
            Self::LargeBlobKey => "largeBlobKey",
            Self::MinPinLength => "minPinLength",
            Self::PinComplexityPolicy => "pinComplexityPolicy",
            Self::HmacSecret => "hmac-secret",
            Self::HmacSecretMc => "hmac-secret-mc",
            Self::ThirdPartyPayment => "thirdPartyPayment",
            Self::Uvm => "uvm",
        }
    }
}

/// The extensions of one kind of device. The default has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Extensions {
    /// In the order in which getInfo lists them (member 0x02).
    pub supported: Vec<Extension>,
    /// What a credential gets when less, or nothing, is asked for.
    pub default_cred_protect: CredProtect,
    /// `maxCredBlobLength`, from 32.
    pub max_cred_blob_length: usize,
}

impl Default for Extensions {
    fn default() -> Self {
        Self { supported: Vec::new(), default_cred_protect: CredProtect::default(), max_cred_blob_length: 32 }
    }
}

impl Extensions {
    /// All of them.
    #[must_use]
    pub fn full() -> Self {
        Self { supported: Extension::ALL.to_vec(), ..Self::default() }
    }

    #[must_use]
    pub fn has(&self, extension: Extension) -> bool {
        self.supported.contains(&extension)
    }

    /// Member 0x02 of getInfo; empty: the member is absent.
    #[must_use]
    pub fn identifiers(&self) -> Vec<&'static str> {
        self.supported.iter().map(|extension| extension.identifier()).collect()
    }

    /// Member 0x0F of getInfo, which goes with credBlob (CTAP2.3 §12.2).
    #[must_use]
    pub fn max_cred_blob_length(&self) -> Option<usize> {
        self.has(Extension::CredBlob).then_some(self.max_cred_blob_length)
    }

    pub(super) fn lowest_cred_protect(&self) -> CredProtect {
        if self.has(Extension::CredProtect) { self.default_cred_protect } else { CredProtect::default() }
    }
}
