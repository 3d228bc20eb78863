//! The second stack on USB: `usbd-ctaphid`, the CTAPHID of Solo 2 and Nitrokey 3, as it is, with what it does otherwise than CTAP 2.3.
//!
//! It takes reports apart and hands whole messages to a [`MessageDevice`]; [`App`] is one, which runs an authenticator and asks its user. A
//! [`UsbdCtaphid`] plugs it in. [`DEVIATIONS`] says how the stack differs from the own engine.

mod app;
mod deviations;
mod function;
mod message_device;

pub use app::App;
pub use deviations::{DEVIATIONS, Deviation};
pub use function::UsbdCtaphid;
pub use message_device::MessageDevice;
