//! The fuller view, for a person at a terminal: the chosen key's state, what happens as it happens, armed faults, what waits, keys to press.
//!
//! Keys put news into an [`Inbox`] and never wait for it. A thread of its own takes them into the [`Model`] of what is shown, looks at the keys, and
//! draws, thirty times a second at most ([`draw::draw`] is all of the drawing).

pub mod draw;
mod inbox;
pub mod model;
#[cfg(not(unix))]
#[path = "screen/nowhere.rs"]
mod terminal;
#[cfg(unix)]
mod terminal;
mod wrap;

pub use inbox::{Inbox, News};
pub use model::{Model, Scroll};
pub use terminal::{Screen, is_wanted};
