//! authenticatorLargeBlobs (CTAP2.3 §6.10): one array of blobs for the whole device, read and written in fragments.

use ciborium::Value;
use sha2::{Digest, Sha256};

use crate::command::get_info::Named;
use crate::command::{Decision, Turn};
use crate::device::Device;
use crate::members::{self, Members};
use crate::pin_uv::{Permissions, RpScope};
use crate::refusal::Refusal;
use crate::{Change, ChannelId, StateKey, Status, StoreError, Time};

/// The serialized array, its hash included. Absent: [`INITIAL`].
const ARRAY: StateKey = StateKey::of("large-blob-array");

/// The initial serialized large-blob array: an empty CBOR array and its hash (§6.10.3).
const INITIAL: [u8; 17] = [0x80, 0x76, 0xbe, 0x8b, 0x52, 0x8d, 0x00, 0x75, 0xf7, 0xaa, 0xe9, 0x8d, 0x6f, 0xa5, 0x7a, 0x6d, 0x3c];

/// The truncated SHA-256 at the end of the array.
const HASH: usize = 16;

/// Every device has room for as much as this.
const LEAST_CAPACITY: u64 = 1_024;

/// The command's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// How many bytes to read.
    pub get: Option<u64>,
    /// The fragment to write.
    pub set: Option<Vec<u8>>,
    pub offset: Option<u64>,
    /// Of the whole array, with the first fragment.
    pub length: Option<u64>,
    pub pin_uv_auth_param: Option<Vec<u8>>,
    pub pin_uv_auth_protocol: Option<u64>,
}

impl Parameters {
    pub(crate) fn read(tree: &Value) -> Result<Self, Refusal> {
        let members = Members::of("largeBlobs", tree)?;
        Ok(Self {
            get: members.optional(0x01, "get", members::unsigned)?,
            set: members.optional(0x02, "set", members::bytes)?,
            offset: members.optional(0x03, "offset", members::unsigned)?,
            length: members.optional(0x04, "length", members::unsigned)?,
            pin_uv_auth_param: members.optional(0x05, "pinUvAuthParam", members::bytes)?,
            pin_uv_auth_protocol: members.optional(0x06, "pinUvAuthProtocol", members::unsigned)?,
        })
    }
}

/// An array that is being written: `expectedLength`, and the fragments whose end is `expectedNextOffset`.
#[derive(Debug, Default)]
pub(crate) struct Write {
    /// Who writes; another can only begin anew.
    pub channel: ChannelId,
    expected_length: u64,
    written: Vec<u8>,
}

/// `largeBlobs`
pub(super) fn option(device: &Device) -> Option<Named> {
    device.config.commands.large_blobs.map(|_| ("largeBlobs", true))
}

fn invalid(why: &'static str) -> Refusal {
    Refusal::rule(Status::InvalidParameter, why)
}

/// §6.10.2
pub(super) fn start(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    let Some(capacity) = device.config.commands.large_blobs else {
        return Err(Refusal::rule(Status::InvalidCommand, "the authenticator has no authenticatorLargeBlobs"));
    };
    let Some(offset) = parameters.offset else { return Err(invalid("largeBlobs has no offset")) };
    match (parameters.get, &parameters.set) {
        (Some(count), None) => get(device, count, offset, parameters),
        (None, Some(fragment)) => set(device, now, fragment, offset, capacity, parameters),
        (None, None) => Err(invalid("largeBlobs has neither get nor set")),
        (Some(_), Some(_)) => Err(invalid("largeBlobs has both get and set")),
    }
}

/// `maxFragmentLength`: what a message holds beside 64 bytes of frame.
fn check_fragment(device: &Device, length: u64) -> Result<(), Refusal> {
    if length > device.config.max_message_size.saturating_sub(64) as u64 {
        return Err(Refusal::rule(Status::InvalidLength, "the fragment is longer than maxFragmentLength"));
    }
    Ok(())
}

fn get(device: &Device, count: u64, offset: u64, parameters: &Parameters) -> Decision {
    if parameters.length.is_some() {
        return Err(invalid("length comes with get"));
    }
    if parameters.pin_uv_auth_param.is_some() || parameters.pin_uv_auth_protocol.is_some() {
        return Err(invalid("pinUvAuthParam or pinUvAuthProtocol comes with get"));
    }
    check_fragment(device, count)?;
    let array = array(device)?;
    let rest = usize::try_from(offset).ok().and_then(|offset| array.get(offset..));
    let Some(rest) = rest else { return Err(invalid("offset is beyond the end of the array")) };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let config = rest.get(..count).unwrap_or(rest).to_vec();
    Ok(Turn::answer(vec![(0x01, Value::Bytes(config))]))
}

fn array(device: &Device) -> Result<Vec<u8>, StoreError> {
    Ok(device.store.state(&ARRAY)?.unwrap_or_else(|| INITIAL.to_vec()))
}

fn set(device: &mut Device, now: Time, fragment: &[u8], offset: u64, capacity: usize, parameters: &Parameters) -> Decision {
    check_fragment(device, fragment.len() as u64)?;
    if offset == 0 {
        let Some(length) = parameters.length else { return Err(invalid("the first fragment comes without length")) };
        if length > LEAST_CAPACITY && length > capacity as u64 {
            return Err(Refusal::rule(Status::LargeBlobStorageFull, "the array is longer than maxSerializedLargeBlobArray"));
        }
        if length < INITIAL.len() as u64 {
            return Err(invalid("length is less than that of an empty array"));
        }
        device.between.large_blob_write = Write { channel: device.channel, expected_length: length, written: Vec::new() };
    } else if parameters.length.is_some() {
        return Err(invalid("length comes with a later fragment"));
    }
    let write = &device.between.large_blob_write;
    if offset != write.written.len() as u64 || (offset > 0 && write.channel != device.channel) {
        return Err(Refusal::rule(Status::InvalidSeq, "the fragment does not begin where the last one ended"));
    }
    authorize(device, now, fragment, offset, parameters)?;
    let write = &mut device.between.large_blob_write;
    let end = offset.saturating_add(fragment.len() as u64);
    if end > write.expected_length {
        return Err(invalid("the fragment goes beyond the length that was announced"));
    }
    write.written.extend_from_slice(fragment);
    if end < write.expected_length {
        return Ok(Turn::answer(Vec::new()));
    }
    // The last fragment: all or nothing, and the next write begins anew.
    let array = std::mem::take(write).written;
    if !is_intact(&array) {
        return Err(Refusal::rule(Status::IntegrityFailure, "the array does not end with the first 16 bytes of its SHA-256"));
    }
    let stored = device.store.commit(&[Change::SetState(ARRAY, array)])?;
    Ok(Turn::stored(stored, Vec::new()))
}

/// "If the authenticator is protected by some form of user verification, or alwaysUv is true"
fn authorize(device: &mut Device, now: Time, fragment: &[u8], offset: u64, parameters: &Parameters) -> Result<(), Refusal> {
    if !device.is_protected_by_verification()? && !device.settings()?.always_uv {
        return Ok(());
    }
    let offset = u32::try_from(offset).unwrap_or(u32::MAX).to_le_bytes();
    let message = [&[0xff; 32][..], &[0x0c, 0x00], &offset, &Sha256::digest(fragment)].concat();
    let (param, protocol) = (parameters.pin_uv_auth_param.as_deref(), parameters.pin_uv_auth_protocol);
    device.check_pin_uv_auth(now, param, protocol, &message, Permissions::LARGE_BLOB_WRITE, RpScope::Any).map(drop)
}

/// The last 16 bytes are the first of SHA-256 over what is before them.
fn is_intact(array: &[u8]) -> bool {
    let Some((content, hash)) = array.len().checked_sub(HASH).and_then(|end| array.split_at_checked(end)) else { return false };
    Sha256::digest(content).starts_with(hash)
}

#[cfg(test)]
mod tests;
