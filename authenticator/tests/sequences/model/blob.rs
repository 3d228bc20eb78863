//! largeBlobs (CTAP2.3 §6.10).

use faultkey_authenticator::Status;

use super::token::{LBW, Scope};
use super::{Run, Verdict, must, refuse};
use crate::request::{blob_array, fragment};

/// `maxMsgSize` less 64.
const LONGEST_FRAGMENT: usize = 7_609 - 64;

impl Run<'_, '_> {
    pub(super) fn read_blob(&mut self, count: usize, offset: usize) -> Verdict<()> {
        if count > LONGEST_FRAGMENT {
            return refuse(Status::InvalidLength);
        }
        let Some(rest) = self.model.durable.blob.get(offset..).map(<[u8]>::to_vec) else { return refuse(Status::InvalidParameter) };
        must(self.reply()?.bytes(1)? == &rest[..count.min(rest.len())], "the large blobs are others than were written")
    }

    pub(super) fn write_blob(&mut self, array: u8, part: u8, of: u8) -> Verdict<()> {
        let (offset, bytes, length) = fragment(array, part, of);
        let capacity = self.model.config.commands.large_blobs.unwrap_or_default().max(1_024);
        if offset == 0 {
            if length > capacity {
                return refuse(Status::LargeBlobStorageFull);
            }
            self.model.volatile.blob = (self.exchange.channel, length, Vec::new());
        }
        let (channel, _, written) = &self.model.volatile.blob;
        if offset != written.len() || (offset > 0 && *channel != self.exchange.channel) {
            return refuse(Status::InvalidSeq);
        }
        if self.model.is_protected() || self.model.durable.settings.always_uv {
            self.authorize(LBW, Scope::Any, false)?;
        }
        let (_, length, written) = &mut self.model.volatile.blob;
        if offset + bytes.len() > *length {
            return refuse(Status::InvalidParameter);
        }
        written.extend(bytes);
        if written.len() < *length {
            return self.granted();
        }
        let (_, _, whole) = std::mem::take(&mut self.model.volatile.blob);
        // Only what is written from one array has its hash.
        if (0..=3).all(|intact| blob_array(intact) != whole) {
            return refuse(Status::IntegrityFailure);
        }
        self.commit(|durable| durable.blob = whole)?;
        self.granted()
    }
}
