//! What a device says of itself on the bus.

/// The names and numbers by which an operating system knows a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub vendor_id: u16,
    pub product_id: u16,
    /// Binary-coded decimal, as USB's bcdDevice.
    pub device_release: u16,
    pub manufacturer: String,
    pub product: String,
    /// Tells several keys at one host apart.
    pub serial: String,
}

impl Default for Identity {
    /// pid.codes' product id for tests.
    fn default() -> Self {
        Self {
            vendor_id: 0x1209,
            product_id: 0x0001,
            device_release: 0x0100,
            manufacturer: "faultkey".to_owned(),
            product: "faultkey virtual security key".to_owned(),
            serial: "1".to_owned(),
        }
    }
}
