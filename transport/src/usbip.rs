//! USB/IP 1.1.1: a USB device over a socket, as the kernels of Linux speak it (Documentation/usb/usbip_protocol.rst).
//!
//! [`vhci`] plugs a device straight into this computer's kernel: no tool, no port, and it is gone with the program. A [`Server`] waits for hosts
//! that fetch its devices, here or elsewhere. What is plugged in says which stack it has: a [`crate::Port`] of any [`crate::ReportDevice`] the own
//! one, a [`crate::usbd_ctaphid::UsbdCtaphid`] the other.
//!
//! # How hosts fetch a device from a server
//!
//! Linux, with the package `usbip` (`linux-tools-generic` on Ubuntu), where the server is at 127.0.0.1:3240:
//!
//! ```text
//! sudo modprobe vhci_hcd
//! usbip list -r 127.0.0.1                      # 1-1: faultkey : unknown product (1209:0001)
//! sudo usbip attach -r 127.0.0.1 -b 1-1        # with --tcp-port N before "attach" where it is not 3240
//! usbip port                                   # which port it got
//! sudo usbip detach -p 0
//! ```
//!
//! Windows, with the driver usbip-win2 (not tried): `usbip attach -r ADDRESS -b 1-1`, `usbip port`, `usbip detach -p 1`. From Windows 10 version
//! 1903, only programs of the administrator and Windows' own WebAuthn reach a security key there; browsers go by the latter.
//!
//! A server on another computer: leave it on loopback and forward the port, `ssh -L 3240:127.0.0.1:3240 HOST`. USB/IP has no password and no
//! encryption. A device is one host's at a time; the next is told that it is busy. A host that detaches leaves it to the next, without loss of
//! its credentials. USB/IP has no word for suspend: the host only stops asking.

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
