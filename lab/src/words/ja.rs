//! Japanese.

pub use super::en::*;
