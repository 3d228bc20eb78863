//! The embedded relying party, spoken to as a browser would, with a key made by hand: it can be wrong in every way.

mod browser;
mod clean;
mod client_failures;
mod device;
mod diagnosis;
mod language;
mod opaque;
mod page;
mod platform;
mod recovery;
mod repetition;
mod wire;
