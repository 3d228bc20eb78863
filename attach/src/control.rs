//! The control side: JSON lines over a Unix socket, one request and one answer each.

mod answer;
#[cfg(unix)]
pub mod client;
#[cfg(not(unix))]
#[path = "control/nowhere.rs"]
pub mod client;
pub mod path;
mod request;
#[cfg(unix)]
mod server;
mod wait;

pub use answer::answer;
#[cfg(not(unix))]
pub use client::Server;
pub use request::{Request, WaitFor, Wish};
#[cfg(unix)]
pub use server::Server;
