//! The engine in virtual time.

pub mod bench;
mod channels;
mod ctap1;
mod errors;
mod lock;
mod property;
mod user;
