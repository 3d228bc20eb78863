//! setPIN and changePIN (CTAP2.3 §6.5.5.5, §6.5.5.6), and the check of a PIN that all subcommands with one share.

use sha2::{Digest, Sha256};

use super::{Parameters, required};
use crate::command::{Decision, Turn};
use crate::device::Device;
use crate::pin_uv::{Pin, SharedSecret, TRIES, TRIES_PER_POWER_CYCLE, complexity};
use crate::refusal::Refusal;
use crate::{Response, Status};

const NEW_PIN_ENC: &str = "clientPIN member 0x05 (newPinEnc)";
const PIN_HASH_ENC: &str = "clientPIN member 0x06 (pinHashEnc)";
const PARAM: &str = "clientPIN member 0x04 (pinUvAuthParam)";

pub(super) fn set(device: &mut Device, parameters: &Parameters) -> Decision {
    // Steps 1 and 2.
    let protocol = parameters.protocol(device)?;
    let _present = required(parameters.key_agreement.as_ref(), "clientPIN member 0x03 (keyAgreement)")?;
    let new_pin_enc = required(parameters.new_pin_enc.as_deref(), NEW_PIN_ENC)?;
    let param = required(parameters.pin_uv_auth_param.as_deref(), PARAM)?;
    // Step 3
    if device.pin()?.is_some() {
        return Err(Refusal::rule(Status::PinAuthInvalid, "a PIN is set already; changePIN changes it"));
    }
    // Steps 4 and 5.
    let secret = parameters.shared_secret(device, protocol)?;
    verify(&secret, new_pin_enc, param)?;
    // Steps 6 to 12.
    let pin = new_pin(device, &secret, new_pin_enc)?;
    store(device, &pin)
}

pub(super) fn change(device: &mut Device, parameters: &Parameters) -> Decision {
    // Steps 1 and 2.
    let protocol = parameters.protocol(device)?;
    let _present = required(parameters.key_agreement.as_ref(), "clientPIN member 0x03 (keyAgreement)")?;
    let pin_hash_enc = required(parameters.pin_hash_enc.as_deref(), PIN_HASH_ENC)?;
    let new_pin_enc = required(parameters.new_pin_enc.as_deref(), NEW_PIN_ENC)?;
    let param = required(parameters.pin_uv_auth_param.as_deref(), PARAM)?;
    // Step 3
    let current = device.pin_to_compare()?;
    // Steps 4 and 5.
    let secret = parameters.shared_secret(device, protocol)?;
    verify(&secret, &[new_pin_enc, pin_hash_enc].concat(), param)?;
    // Steps 6 to 8.
    device.compare_pin(&current, &secret, pin_hash_enc)?;
    // Steps 9 to 12, and 14.
    let pin = new_pin(device, &secret, new_pin_enc)?;
    // Step 13
    if device.settings()?.force_pin_change && current.has_hash(&pin.hash) {
        return Err(Refusal::rule(Status::PinPolicyViolation, "the PIN must be changed, and the new one is the old one"));
    }
    store(device, &pin)
}

fn verify(secret: &SharedSecret, message: &[u8], param: &[u8]) -> Result<(), Refusal> {
    if secret.verify(message, param) {
        return Ok(());
    }
    Err(Refusal::rule(Status::PinAuthInvalid, "pinUvAuthParam is not the shared secret's over this request"))
}

/// The new PIN, decrypted and checked against length and policy.
fn new_pin(device: &Device, secret: &SharedSecret, new_pin_enc: &[u8]) -> Result<Pin, Refusal> {
    let violation = |why| Refusal::rule(Status::PinPolicyViolation, why);
    let Some(padded) = secret.decrypt(new_pin_enc) else {
        return Err(Refusal::rule(Status::PinAuthInvalid, "newPinEnc is no ciphertext"));
    };
    if padded.len() != 64 {
        return Err(Refusal::rule(Status::InvalidParameter, "the padded new PIN is not 64 bytes long"));
    }
    let length = padded.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let bytes = padded.get(..length).unwrap_or_default();
    // §6.5.1: at most 63 bytes of UTF-8, so that padding is always there.
    if length > 63 {
        return Err(violation("the new PIN is longer than 63 bytes"));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(violation("the new PIN is not UTF-8")) };
    // §6.5.1: platforms send Normalization Form C. Another form would lock out a user whose next platform does.
    if !unicode_normalization::is_nfc(text) {
        return Err(violation("the new PIN is not in Normalization Form C"));
    }
    let settings = device.settings()?;
    let code_points = u8::try_from(text.chars().count()).unwrap_or(u8::MAX);
    if code_points < settings.min_pin_length {
        return Err(violation("the new PIN is shorter than minPINLength"));
    }
    if code_points > device.config.protection.max_pin_length {
        return Err(violation("the new PIN is longer than maxPINLength"));
    }
    if settings.pin_complexity_policy && !complexity::is_complex(text) {
        return Err(violation("the new PIN is too simple for pinComplexityPolicy"));
    }
    Ok(Pin::of(text))
}

/// setPIN steps 11 and 12, changePIN steps 15 to 21: in one commit.
fn store(device: &mut Device, pin: &Pin) -> Decision {
    let mut settings = device.settings()?;
    let mut changes = vec![pin.set(), Device::set_pin_tries_left(TRIES), Device::without_persistent_token()];
    if settings.force_pin_change {
        settings.force_pin_change = false;
        changes.push(settings.set());
    }
    let stored = device.store.commit(&changes)?;
    device.token = None;
    device.wrong_pins_in_a_row = 0;
    Ok(Turn::Decided(Response::Stored(stored, Vec::new())))
}

impl Pin {
    pub(crate) fn of(text: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(text).into();
        let hash = digest.first_chunk().copied().unwrap_or_default();
        Self { hash, code_points: u8::try_from(text.chars().count()).unwrap_or(u8::MAX) }
    }
}

impl Device {
    /// Three wrong PINs in a row (CTAP2.3 §6.5.5.6 step 7.1.2).
    pub(crate) fn needs_power_cycle(&self) -> bool {
        self.wrong_pins_in_a_row >= TRIES_PER_POWER_CYCLE
    }

    /// The PIN, if it may be tried now.
    pub(super) fn pin_to_compare(&self) -> Result<Pin, Refusal> {
        let Some(pin) = self.pin()? else { return Err(Refusal::rule(Status::PinNotSet, "no PIN is set")) };
        if self.pin_tries_left()? == 0 {
            return Err(Refusal::rule(Status::PinBlocked, "no PIN tries are left; only a reset helps"));
        }
        if self.needs_power_cycle() {
            return Err(Refusal::rule(Status::PinAuthBlocked, "three PINs in a row were wrong; the authenticator needs a power cycle"));
        }
        Ok(pin)
    }

    /// One try: the retries are durable before the comparison, so that cutting the power gives none back.
    pub(super) fn compare_pin(&mut self, pin: &Pin, secret: &SharedSecret, pin_hash_enc: &[u8]) -> Result<(), Refusal> {
        let left = self.pin_tries_left()?.saturating_sub(1);
        let _durable = self.store.commit(&[Self::set_pin_tries_left(left)])?;
        let is_right = secret.decrypt(pin_hash_enc).is_some_and(|hash| pin.has_hash(&hash));
        if is_right {
            // A PIN is the way out of blocked verification (§6.5.2.3).
            let tries = Self::set_verification_tries_left(self.config.verification_tries);
            let _durable = self.store.commit(&[Self::set_pin_tries_left(TRIES), tries])?;
            self.wrong_pins_in_a_row = 0;
            self.verifications_since_pin = 0;
            return Ok(());
        }
        // `regenerate()`: a new key agreement for the next try.
        self.key_agreement = None;
        self.wrong_pins_in_a_row = self.wrong_pins_in_a_row.saturating_add(1);
        if left == 0 {
            return Err(Refusal::rule(Status::PinBlocked, "the PIN is wrong, and it was the last try"));
        }
        if self.needs_power_cycle() {
            return Err(Refusal::rule(Status::PinAuthBlocked, "the PIN is wrong for the third time in a row"));
        }
        Err(Refusal::rule(Status::PinInvalid, "the PIN is wrong"))
    }
}
