//! Who speaks: a channel is one client, as far as the authenticator can tell (CTAP2.3 §11.2.4).

use crate::device::Device;
use crate::pin_uv::PinUvAuthToken;

/// One channel to the authenticator. The number is the transport's; CTAPHID has its channel ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub u32);

impl ChannelId {
    /// The one channel of a transport that has no more, and of a caller that names none.
    pub const ONLY: Self = Self(0);
}

impl std::fmt::Display for ChannelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl Device {
    /// The next command comes on `channel`.
    ///
    /// What goes on only right after its own command ends with another channel's command, as with any other. A token, an enrolment and
    /// large blobs that are being written stay their own channel's.
    pub fn hear(&mut self, channel: ChannelId) {
        if self.channel != channel {
            self.channel = channel;
            self.end_successions();
        }
    }

    /// Nobody has `channel` any more: its token and its unfinished sequences end.
    pub fn close(&mut self, channel: ChannelId) {
        if self.channel == channel {
            self.end_successions();
        }
        self.token.take_if(|token: &mut PinUvAuthToken| token.channel == channel);
        self.between.enrollment.take_if(|enrollment| enrollment.channel == channel);
        if self.between.large_blob_write.channel == channel {
            self.between.large_blob_write = crate::command::large_blobs::Write::default();
        }
    }

    /// What goes on only right after its own command.
    fn end_successions(&mut self) {
        self.remembered = None;
        self.between.enumeration = None;
        self.between.ctap1 = None;
    }
}

#[cfg(test)]
mod tests;
