//! How a kind of device attests, and who certifies it.

use serde::{Deserialize, Serialize};

use crate::attestation::{AttestationFormat, Issuance};

/// Formats, certificates and what the metadata says of the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Attestation {
    /// Preferred first. `none` need not be listed: any device can leave the attestation out. `enterprise` is never chosen by preference; it
    /// is given when it is asked for and may be given.
    pub formats: Vec<AttestationFormat>,
    /// To whom the enterprise attestation is given, on a device that has the option `ep`.
    #[serde(default)]
    pub enterprise: Enterprise,
    #[serde(default)]
    pub issuance: Issuance,
    /// What metadata says of the model, newest last; empty: `NOT_FIDO_CERTIFIED`.
    #[serde(default)]
    pub statuses: Vec<String>,
}

/// Which enterprise attestation a device has (CTAP2.3 §7.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Enterprise {
    /// Vendor-facilitated: the RP IDs that the vendor burnt in. Empty: the device has only the other kind.
    pub rp_ids: Vec<String>,
    /// Platform-managed: the platform decides for whom it asks.
    pub platform_managed: bool,
}

impl Default for Enterprise {
    fn default() -> Self {
        Self { rp_ids: Vec::new(), platform_managed: true }
    }
}

impl Enterprise {
    /// Whether the enterprise attestation is given to `rp_id` for this value of `enterpriseAttestation`: 1 or 2 (CTAP2.3 §6.1.2 step 9).
    #[must_use]
    pub fn is_given(&self, requested: u64, rp_id: &str) -> bool {
        let is_listed = self.rp_ids.iter().any(|own| own == rp_id);
        match (self.platform_managed, requested) {
            // A device that knows no platforms takes 2 as 1.
            (false, _) | (true, 1) => is_listed,
            (true, _) => true,
        }
    }
}

impl From<AttestationFormat> for Attestation {
    /// This format, and everything else as usual.
    fn from(format: AttestationFormat) -> Self {
        Self { formats: vec![format], enterprise: Enterprise::default(), issuance: Issuance::default(), statuses: Vec::new() }
    }
}

impl Attestation {
    /// What the device gives when nobody asks for a format.
    #[must_use]
    pub fn preferred(&self) -> AttestationFormat {
        self.supported().next().unwrap_or_default()
    }

    /// The formats that a platform can choose from, preferred first, `none` among them.
    pub fn supported(&self) -> impl Iterator<Item = AttestationFormat> {
        let none = (!self.formats.contains(&AttestationFormat::None)).then_some(AttestationFormat::None);
        self.formats.iter().copied().filter(|format| *format != AttestationFormat::Enterprise).chain(none)
    }

    /// Their identifiers, each once.
    #[must_use]
    pub fn identifiers(&self) -> Vec<&'static str> {
        let mut identifiers = Vec::new();
        for identifier in self.supported().map(AttestationFormat::identifier) {
            if !identifiers.contains(&identifier) {
                identifiers.push(identifier);
            }
        }
        identifiers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enterprise_attestation_is_given_to_whom_it_may() {
        let given = |platform_managed, requested, rp_id| {
            Enterprise { rp_ids: vec!["corp.test".to_owned()], platform_managed }.is_given(requested, rp_id)
        };
        // The three cases of step 9.2.2: only vendor-facilitated; vendor-facilitated among both; platform-managed.
        for requested in [1, 2] {
            assert!(given(false, requested, "corp.test") && !given(false, requested, "other.test"));
        }
        assert!(given(true, 1, "corp.test") && !given(true, 1, "other.test") && given(true, 2, "other.test"));
        let neither = Enterprise { rp_ids: Vec::new(), platform_managed: false };
        assert!(!neither.is_given(1, "corp.test") && !neither.is_given(2, "corp.test"));
    }

    #[test]
    fn none_is_always_supported_and_each_identifier_is_told_once() {
        use AttestationFormat::{Enterprise, None, Packed, PackedSelf, Tpm};
        let of = |formats: &[AttestationFormat]| Attestation { formats: formats.to_vec(), ..None.into() };
        assert_eq!(of(&[Packed, PackedSelf, Tpm, Enterprise]).identifiers(), ["packed", "tpm", "none"]);
        assert_eq!(of(&[None, Packed]).identifiers(), ["none", "packed"]);
        assert_eq!((of(&[]).preferred(), of(&[Enterprise]).preferred(), of(&[Tpm]).preferred()), (None, None, Tpm));
    }
}
