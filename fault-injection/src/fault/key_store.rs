//! What happens to keys, credentials and counters. Changes of keys act through the device's events, as on real devices.

pub mod device_migrated_without_key;
pub mod key_invalidated_by_enrolment;
pub mod sign_count_rollback;
pub mod silent_key_regeneration;
pub mod stale_credential_picked;
