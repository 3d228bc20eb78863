//! PIN, tokens and settings: what of CTAP 2.1 and later a kind of device has.

use serde::{Deserialize, Serialize};

use super::Version;
use crate::pin_uv::PinUvAuthProtocol;

/// How a device protects what it holds, and which of that can be configured. The default is a device of CTAP 2.1 without PIN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Protection {
    /// Advertised, and obeyed: what none of them has ([`super::Feature`]), the device hasn't.
    pub versions: Vec<Version>,
    /// Takes a PIN (`clientPin`).
    pub client_pin: bool,
    /// A PIN that is set at the factory; after a reset there is none.
    pub pin: Option<String>,
    /// Preferred first.
    pub protocols: Vec<PinUvAuthProtocol>,
    /// Issues tokens with permissions (`pinUvAuthToken`).
    pub pin_uv_auth_token: bool,
    /// Issues the persistent token (`perCredMgmtRO`).
    pub persistent_token: bool,
    /// `noMcGaPermissionsWithClientPin`
    pub no_mc_ga_permissions_with_client_pin: bool,
    /// Makes non-discoverable credentials without verification (`makeCredUvNotRqd`).
    pub make_cred_uv_not_required: bool,
    /// `alwaysUv`: absent, or how it stands at first.
    pub always_uv: Option<bool>,
    /// Has authenticatorConfig (`authnrCfg`).
    pub authenticator_config: bool,
    /// `acfg` may be asked of built-in verification (`uvAcfg`).
    pub uv_authenticator_config: bool,
    /// Enterprise attestation (`ep`).
    pub enterprise_attestation: bool,
    /// `setMinPINLength`
    pub set_min_pin_length: bool,
    /// Code points, from 4 (`minPINLength`).
    pub min_pin_length: u8,
    /// Code points, 8 to 63 (`maxPINLength`).
    pub max_pin_length: u8,
    pub max_rp_ids_for_set_min_pin_length: usize,
    /// `pinComplexityPolicy`: absent, or how it stands at first.
    pub pin_complexity_policy: Option<bool>,
    pub pin_complexity_policy_url: Option<String>,
    /// `longTouchForReset`: absent, or how it stands at first.
    pub long_touch_for_reset: Option<bool>,
    /// Transports on which a reset is taken; empty: not told.
    pub transports_for_reset: Vec<String>,
    /// Vendor commands of authenticatorConfig that do nothing but succeed.
    pub vendor_prototype_config_commands: Option<Vec<u64>>,
    pub preferred_platform_uv_attempts: Option<u8>,
    /// FIDO registry of predefined values §3.1.
    pub uv_modality: Option<u32>,
    pub certifications: std::collections::BTreeMap<String, u64>,
}

impl Default for Protection {
    fn default() -> Self {
        Self {
            versions: vec![Version::Fido2_0, Version::Fido2_1],
            client_pin: false,
            pin: None,
            protocols: vec![PinUvAuthProtocol::Two, PinUvAuthProtocol::One],
            pin_uv_auth_token: false,
            persistent_token: false,
            no_mc_ga_permissions_with_client_pin: false,
            make_cred_uv_not_required: true,
            always_uv: None,
            authenticator_config: false,
            uv_authenticator_config: false,
            enterprise_attestation: false,
            set_min_pin_length: false,
            min_pin_length: 4,
            max_pin_length: 63,
            max_rp_ids_for_set_min_pin_length: 0,
            pin_complexity_policy: None,
            pin_complexity_policy_url: None,
            long_touch_for_reset: None,
            transports_for_reset: Vec::new(),
            vendor_prototype_config_commands: None,
            preferred_platform_uv_attempts: None,
            uv_modality: None,
            certifications: std::collections::BTreeMap::new(),
        }
    }
}

impl Protection {
    /// Everything that CTAP 2.3 has, no PIN set.
    #[must_use]
    pub fn full() -> Self {
        Self {
            versions: vec![Version::Fido2_0, Version::Fido2_1Pre, Version::Fido2_1, Version::Fido2_3],
            client_pin: true,
            pin_uv_auth_token: true,
            persistent_token: true,
            always_uv: Some(false),
            authenticator_config: true,
            uv_authenticator_config: true,
            enterprise_attestation: true,
            set_min_pin_length: true,
            max_rp_ids_for_set_min_pin_length: 8,
            pin_complexity_policy: Some(false),
            long_touch_for_reset: Some(false),
            transports_for_reset: vec!["usb".to_owned()],
            vendor_prototype_config_commands: Some(Vec::new()),
            preferred_platform_uv_attempts: Some(3),
            uv_modality: Some(0x02),
            ..Self::default()
        }
    }
    /// The device speaks `version` or a later one.
    #[must_use]
    pub fn is_at_least(&self, version: Version) -> bool {
        self.versions.iter().any(|own| *own >= version)
    }
}
