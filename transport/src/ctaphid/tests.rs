//! The engine in virtual time.

mod bench;
mod channels;
mod errors;
mod lock;
mod property;
mod user;
