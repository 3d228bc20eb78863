//! What a server's list says of a device.

use crate::Identity;

/// The bus number of every device here.
const BUS: u32 = 1;

/// A device in the list, at its place on the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRecord {
    /// 1 is the first.
    pub number: u32,
    pub identity: Identity,
}

impl DeviceRecord {
    /// How hosts name it: `1-1` is the first.
    #[must_use]
    pub fn bus_id(&self) -> String {
        format!("{BUS}-{}", self.number)
    }

    /// The number that every command of its host carries.
    #[must_use]
    pub fn device_id(&self) -> u32 {
        (BUS << 16) | self.number
    }

    /// `struct usbip_usb_device`.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = text::<256>(&format!("/sys/devices/virtual/faultkey/{}", self.bus_id()));
        bytes.extend(text::<32>(&self.bus_id()));
        for number in [BUS, self.number, super::wire::FULL_SPEED] {
            bytes.extend(number.to_be_bytes());
        }
        for number in [self.identity.vendor_id, self.identity.product_id, self.identity.device_release] {
            bytes.extend(number.to_be_bytes());
        }
        // Class, subclass and protocol are the interface's; configuration 1 of 1, one interface.
        bytes.extend([0, 0, 0, 1, 1, 1]);
        bytes
    }

    /// `struct usbip_usb_interface` of the one interface: HID.
    pub(super) fn interface_bytes() -> [u8; 4] {
        [3, 0, 0, 0]
    }
}

/// `LENGTH` bytes, the last of which is 0.
fn text<const LENGTH: usize>(text: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = text.bytes().take(LENGTH - 1).collect();
    bytes.resize(LENGTH, 0);
    bytes
}
