//! Virtual keys that are plugged in, and what drives them while they are: the user's gestures, faults, events, a trace.

pub mod allow_list;
#[cfg(unix)]
pub mod background;
pub mod control;
pub mod credential;
pub mod error;
pub mod happening;
pub mod identity;
pub mod key;
#[cfg(unix)]
pub mod keyboard;
pub mod keyring;
pub mod link;
pub mod log;
pub mod place;
pub mod plan;
pub mod screen;
pub mod script;
pub mod seat;
pub mod shared_store;
pub mod state;
pub mod summary;
pub mod text;
pub mod trace;
pub mod trace_file;
mod usb_key;
pub mod user;
pub mod view;

pub use allow_list::AllowList;
pub use error::AttachError;
pub use faultkey_transport::escape;
pub use happening::{Happening, Watcher};
pub use key::{Key, Stack};
pub use keyring::{Attached, Keyring, Keys};
pub use link::Via;
pub use log::Log;
pub use place::{Place, PowerMeter};
pub use plan::{Plan, PlannedVerification};
pub use shared_store::SharedStore;
pub use state::KeyState;
pub use trace::Trace;
pub use user::{Presence, User, Verification};
