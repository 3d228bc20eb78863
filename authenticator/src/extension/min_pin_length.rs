//! minPinLength and pinComplexityPolicy: how the PIN is governed, told to relying parties that authenticatorConfig named
//! (CTAP2.3 §12.5, §12.6).

use super::{Extension, Inputs, Registration};
use crate::device::Device;
use crate::refusal::Refusal;
use crate::settings::Settings;

pub(super) fn length(inputs: &Inputs, about: &Registration, device: &Device) -> Result<Option<u8>, Refusal> {
    Ok(settings(Extension::MinPinLength, inputs, about, device)?.map(|settings| settings.min_pin_length))
}

pub(super) fn complexity(inputs: &Inputs, about: &Registration, device: &Device) -> Result<Option<bool>, Refusal> {
    Ok(settings(Extension::PinComplexityPolicy, inputs, about, device)?.map(|settings| settings.pin_complexity_policy))
}

/// The settings, if the relying party asks and may know. Any other is not refused, it just isn't answered.
fn settings(extension: Extension, inputs: &Inputs, about: &Registration, device: &Device) -> Result<Option<Settings>, Refusal> {
    if !inputs.is_asked(extension)? {
        return Ok(None);
    }
    Ok(Some(device.settings()?).filter(|settings| settings.min_pin_length_rp_ids.iter().any(|rp_id| rp_id == about.rp_id)))
}
