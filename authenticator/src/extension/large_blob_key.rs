//! largeBlobKey: a credential's key to its entry in the large-blob array (CTAP2.3 §12.3).

use super::{Extension, ExtensionData, Inputs, Registration, Secret};
use crate::device::Device;
use crate::refusal::Refusal;
use crate::{Status, members};

/// Only `true` is a legal input, here as in an authentication.
pub(super) fn is_asked(inputs: &Inputs) -> Result<bool, Refusal> {
    match inputs.get(Extension::LargeBlobKey, members::boolean)? {
        Some(false) => Err(Refusal::member(Status::InvalidOption, "extensions.largeBlobKey", "is false, which it may not be")),
        asked => Ok(asked.is_some()),
    }
}

pub(super) fn at_registration(inputs: &Inputs, about: &Registration, device: &mut Device, data: &mut ExtensionData) -> Result<(), Refusal> {
    if !is_asked(inputs)? {
        return Ok(());
    }
    if !about.discoverable {
        return Err(Refusal::member(
            Status::InvalidOption,
            "extensions.largeBlobKey",
            "is asked for a credential that is not discoverable",
        ));
    }
    data.large_blob_key = Some(Secret::generate(&mut device.apart));
    Ok(())
}
