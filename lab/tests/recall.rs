//! What `exercise` finds: nothing at a relying party that does everything right, and at one with a weakness that weakness.

#[path = "recall/answer.rs"]
mod answer;
#[path = "recall/ceremony.rs"]
mod ceremony;
#[path = "recall/hooks.rs"]
mod hooks;
#[path = "recall/options.rs"]
mod options;
#[path = "recall/reason.rs"]
mod reason;
#[path = "recall/reports.rs"]
mod reports;
#[path = "recall/server.rs"]
mod server;
#[path = "recall/state.rs"]
mod state;
#[path = "recall/verify.rs"]
mod verify;
#[path = "recall/weakness.rs"]
mod weakness;
