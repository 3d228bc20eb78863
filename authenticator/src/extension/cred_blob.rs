//! credBlob: a few bytes of the relying party's, kept with a discoverable credential (CTAP2.3 §12.2).

use ciborium::Value;

use super::{Extension, ExtensionData, Inputs, Registration};
use crate::members;
use crate::refusal::Refusal;

/// Whether the blob is kept: not one that is too long, nor one for a credential that isn't discoverable. The registration goes on all the same.
pub(super) fn at_registration(inputs: &Inputs, about: &Registration, data: &mut ExtensionData) -> Result<Option<bool>, Refusal> {
    let Some(blob) = inputs.get(Extension::CredBlob, members::bytes)? else { return Ok(None) };
    let is_kept = about.discoverable && blob.len() <= inputs.supported.max_cred_blob_length;
    data.cred_blob = is_kept.then_some(blob);
    Ok(Some(is_kept))
}

/// The blob, or no bytes if there is none.
pub(super) fn answer(data: &ExtensionData) -> Value {
    Value::Bytes(data.cred_blob.clone().unwrap_or_default())
}
