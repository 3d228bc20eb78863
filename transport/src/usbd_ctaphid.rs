//! The second stack on USB: `usbd-ctaphid`, the CTAPHID of Solo 2 and Nitrokey 3, as it is, with what it does otherwise than CTAP 2.3.
//!
//! It takes reports apart and hands whole messages to an app; here that is an [`App`], which runs an authenticator and asks its user. A
//! [`crate::Port`] of one is [`crate::usb::Pluggable`]. [`DEVIATIONS`] says how it differs from the own engine.

mod app;
mod deviations;
mod function;

pub use app::App;
pub use deviations::{DEVIATIONS, Deviation};
