//! uvm: by which method the user was verified (WebAuthn-2 §10.3; WebAuthn-3 has it no more).

use ciborium::Value;

use crate::config::BuiltInVerification;
use crate::device::Device;

// FIDO Registry of Predefined Values §3.1.
const PRESENCE_INTERNAL: u32 = 0x0000_0001;
const FINGERPRINT_INTERNAL: u32 = 0x0000_0002;
const PASSCODE_EXTERNAL: u32 = 0x0000_0800;

/// Key and matcher protection (§3.2, §3.3): a platform keeps both in its trusted execution environment, a security key in its chip.
const TRUSTED_ENVIRONMENT: (u16, u16) = (0x0004, 0x0002);
const SECURE_ELEMENT: (u16, u16) = (0x0008, 0x0004);

/// One factor: method, key protection, matcher protection.
pub(super) fn answer(is_asked: bool, verified: bool, device: &Device) -> Option<Value> {
    let config = &device.config;
    let method = match config.verification {
        _ if !verified => PRESENCE_INTERNAL,
        BuiltInVerification::Ready => config.protection.uv_modality.unwrap_or(FINGERPRINT_INTERNAL),
        BuiltInVerification::Absent | BuiltInVerification::NotEnrolled => PASSCODE_EXTERNAL,
    };
    let (key, matcher) = if config.platform { TRUSTED_ENVIRONMENT } else { SECURE_ELEMENT };
    let factor = Value::Array(vec![Value::from(method), Value::from(key), Value::from(matcher)]);
    is_asked.then(|| Value::Array(vec![factor]))
}
