//! Japanese.

mod known;

pub use super::en::*;
pub use known::{accept_note, accepted, difference, differences_counted, in_baseline, only_in, scenarios_only_in, standing_change};
