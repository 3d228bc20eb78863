//! The PIN as it is stored, and its tries (CTAP2.3 §6.5.1).

use ciborium::Value;
use subtle::ConstantTimeEq;

use crate::cbor;
use crate::device::Device;
use crate::fingerprint::Fingerprint;
use crate::{Change, StateKey, StoreError};

/// Tries until the PIN is blocked for ever (CTAP2.3 §6.5.2.2: at most 8).
pub(crate) const TRIES: u8 = 8;
/// Wrong tries in a row until a power cycle is needed (CTAP2.3 §6.5.5.6).
pub(crate) const TRIES_PER_POWER_CYCLE: u8 = 3;

const PIN: StateKey = StateKey::of("pin");
/// Says that the PIN of the factory is not the PIN any more.
const AFTER_FACTORY: StateKey = StateKey::of("after-factory");
const TRIES_LEFT: StateKey = StateKey::of("pin-retries");

/// What is kept of a PIN.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    /// `LEFT(SHA-256(PIN), 16)`.
    pub hash: [u8; 16],
    /// `PINCodePointLength`.
    pub code_points: u8,
}

impl Pin {
    pub fn has_hash(&self, hash: &[u8]) -> bool {
        self.hash.ct_eq(hash).into()
    }

    pub fn set(&self) -> Change {
        let record = cbor::int_map([(1, Value::Bytes(self.hash.to_vec())), (2, Value::from(self.code_points))]);
        Change::SetState(PIN, cbor::write(&record))
    }

    fn read(record: &[u8]) -> Option<Self> {
        let tree = cbor::read_strict(record).ok()?;
        let [(_, hash), (_, code_points)] = tree.as_map()?.as_slice() else { return None };
        let code_points = code_points.as_integer()?.try_into().ok()?;
        Some(Self { hash: hash.as_bytes()?.as_slice().try_into().ok()?, code_points })
    }
}

impl Device {
    pub(crate) fn pin(&self) -> Result<Option<Pin>, StoreError> {
        if let Some(record) = self.store.state(&PIN)? {
            return Ok(Pin::read(&record));
        }
        let Some(factory) = &self.config.protection.pin else { return Ok(None) };
        Ok(self.store.state(&AFTER_FACTORY)?.is_none().then(|| Pin::of(factory)))
    }

    /// Everything a reset does to the store: no credentials, no PIN, no settings; counters stay.
    pub(crate) fn erasure(&self) -> Vec<Change> {
        let mut changes = vec![Change::Clear, Change::ClearState];
        if self.config.protection.pin.is_some() {
            changes.push(Change::SetState(AFTER_FACTORY, Vec::new()));
        }
        // No finger of the factory's either.
        changes.extend(self.config.commands.fingerprint_sensor.as_ref().map(|_| Fingerprint::keep(&[])));
        changes
    }

    /// `pinRetries`.
    pub(crate) fn pin_tries_left(&self) -> Result<u8, StoreError> {
        Ok(self.store.state(&TRIES_LEFT)?.and_then(|bytes| bytes.first().copied()).unwrap_or(TRIES).min(TRIES))
    }

    pub(crate) fn set_pin_tries_left(tries: u8) -> Change {
        Change::SetState(TRIES_LEFT, vec![tries])
    }
}
