//! What authenticatorConfig sets, durably (CTAP2.3 §6.11).

use ciborium::Value;

use crate::device::Device;
use crate::{Change, StateKey, StoreError, cbor};

const SETTINGS: StateKey = StateKey::of("settings");

/// The settings as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub min_pin_length: u8,
    /// Relying parties that are told the minimum (extension minPinLength).
    pub min_pin_length_rp_ids: Vec<String>,
    pub force_pin_change: bool,
    pub pin_complexity_policy: bool,
    pub always_uv: bool,
    pub enterprise_attestation: bool,
    pub long_touch_for_reset: bool,
}

impl Settings {
    pub fn set(&self) -> Change {
        let rp_ids = self.min_pin_length_rp_ids.iter().map(|rp_id| Value::from(rp_id.as_str())).collect();
        let record = cbor::int_map([
            (1, Value::from(self.min_pin_length)),
            (2, Value::Array(rp_ids)),
            (3, Value::from(self.force_pin_change)),
            (4, Value::from(self.pin_complexity_policy)),
            (5, Value::from(self.always_uv)),
            (6, Value::from(self.enterprise_attestation)),
            (7, Value::from(self.long_touch_for_reset)),
        ]);
        Change::SetState(SETTINGS, cbor::write(&record))
    }

    fn read(record: &[u8]) -> Option<Self> {
        let tree = cbor::read_strict(record).ok()?;
        let values: Vec<&Value> = tree.as_map()?.iter().map(|(_, value)| value).collect();
        let [length, rp_ids, force, complexity, always_uv, enterprise, long_touch] = values.as_slice() else { return None };
        Some(Self {
            min_pin_length: length.as_integer()?.try_into().ok()?,
            min_pin_length_rp_ids: rp_ids.as_array()?.iter().map(|rp_id| rp_id.as_text().map(str::to_owned)).collect::<Option<_>>()?,
            force_pin_change: force.as_bool()?,
            pin_complexity_policy: complexity.as_bool()?,
            always_uv: always_uv.as_bool()?,
            enterprise_attestation: enterprise.as_bool()?,
            long_touch_for_reset: long_touch.as_bool()?,
        })
    }
}

impl Device {
    /// As they were set, or as the device leaves the factory.
    pub(crate) fn settings(&self) -> Result<Settings, StoreError> {
        let protection = &self.config.protection;
        let stored = self.store.state(&SETTINGS)?;
        Ok(stored.as_deref().and_then(Settings::read).unwrap_or_else(|| Settings {
            min_pin_length: protection.min_pin_length,
            min_pin_length_rp_ids: Vec::new(),
            force_pin_change: false,
            pin_complexity_policy: protection.pin_complexity_policy == Some(true),
            always_uv: protection.always_uv == Some(true),
            enterprise_attestation: false,
            long_touch_for_reset: protection.long_touch_for_reset == Some(true),
        }))
    }
}
