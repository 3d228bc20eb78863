//! The seams: each wraps a trait of a room below, asks the armed faults, and applies what they decide.

pub mod command;
pub mod encoding;
pub mod key_store;
pub mod network;
pub mod platform;
pub mod report;
