//! A host that has fetched a device: its bytes in, the device's bytes out. No I/O.

use faultkey_authenticator::Time;

use super::wire::{self, Command};
use super::{DeviceRecord, ProtocolError};
use crate::usb::Device;

/// One host's connection to one device.
#[derive(Debug)]
pub struct Connection {
    device_id: u32,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
}

impl Connection {
    #[must_use]
    pub fn new(record: &DeviceRecord) -> Self {
        Self { device_id: record.device_id(), incoming: Vec::new(), outgoing: Vec::new() }
    }

    /// Bytes from the host. At most one command that is not whole is kept. The device goes on by [`Device::work`].
    ///
    /// # Errors
    /// [`ProtocolError`], after which nothing that comes has a meaning.
    pub fn receive(&mut self, now: Time, device: &mut Device<'_>, bytes: &[u8]) -> Result<(), ProtocolError> {
        self.incoming.extend_from_slice(bytes);
        let mut done = 0;
        while let Some((command, length)) = Command::parse(self.incoming.get(done..).unwrap_or_default(), self.device_id)? {
            done += length;
            match command {
                Command::Submit(transfer) => device.submit(now, transfer),
                Command::Unlink { id, target } => {
                    // Transfers that are over are reported first: the host looks for them no more afterwards.
                    self.collect(device);
                    let hit = device.unlink(target);
                    self.outgoing.extend(wire::unlinked(id, hit));
                }
            }
        }
        self.incoming.drain(..done);
        self.collect(device);
        Ok(())
    }

    /// Takes the transfers that are over.
    pub fn collect(&mut self, device: &mut Device<'_>) {
        while let Some(completion) = device.next_completion() {
            self.outgoing.extend(wire::submitted(&completion));
        }
    }

    /// Bytes for the host.
    #[must_use]
    pub fn outgoing(&self) -> &[u8] {
        &self.outgoing
    }

    /// So many of them are sent.
    pub fn sent(&mut self, count: usize) {
        self.outgoing.drain(..count.min(self.outgoing.len()));
    }
}
