//! USB/IP 1.1.1: a USB device over a socket, as the kernels of Linux speak it (Documentation/usb/usbip_protocol.rst).
//!
//! [`vhci`] plugs a device straight into this computer's kernel. A [`Server`] waits for hosts that fetch its devices, here or elsewhere.

pub mod connection;
mod link;
mod record;
pub mod server;
#[cfg(unix)]
pub mod vhci;
pub mod wire;

pub use connection::Connection;
pub use record::DeviceRecord;
pub use server::{Reach, Server, Slot};
pub use wire::ProtocolError;
