//! Named faults, when they fire, the seams at which they act, and the profiles that say what a device can do.
//!
//! A fault never lives inside the thing it breaks: it stands at a seam, and each seam wraps the trait of the room below it.

pub mod armed;
pub mod envelope;
pub mod fault;
pub mod gate;
pub mod language;
pub mod layer;
mod moment;
mod parameters;
pub mod profile;
pub mod registry;
mod response_member;
pub mod scene;
pub mod seam;
mod selection;
mod suggestion;

pub use armed::{ArmedId, Faults, Fired, Listed};
pub use envelope::{FaultError, FaultSpec, Match, Schedule, Subject, Trigger};
pub use language::{Language, Text};
pub use layer::Layer;
pub use profile::Profile;
pub use registry::FaultInfo;
pub use seam::command::FaultySteps;
pub use seam::encoding::FaultyClientData;
pub use seam::key_store::FaultyStore;
pub use seam::network::{
    ConnectError, CutPoint, Ending, NetworkDecision, NetworkRequest, ProxyFailure, Relay, RelayReport, Tunnel, Upstream,
};
pub use seam::platform::FaultyPlatform;
pub use seam::report::{FaultyReports, ReportDecision, SeenReport};
