//! The device's side of USB: descriptors, control requests and endpoints by `usb-device`, on a bus without wires and without I/O.
//!
//! A host's transfers go into a [`Device`], their ends come out. Behind it stands a [`Function`], one of two stacks: [`HidFunction`], which hands
//! reports to any [`crate::ReportDevice`], and `usbd-ctaphid`, the class that Solo 2 and Nitrokey 3 run.

pub mod bus;
pub mod device;
pub mod function;
pub mod hid;
pub mod parts;
pub mod transfer;

pub use bus::VirtualBus;
pub use device::Device;
pub use function::{Function, Pluggable};
pub use hid::HidFunction;
pub use parts::Parts;
pub use transfer::{Completion, Ending, Payload, Transfer};
