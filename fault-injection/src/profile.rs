//! Device profiles: what a kind of device can do, and what each event does to its keys (catalogue §3.2). TOML files in `profiles/`.

use std::collections::BTreeMap;

use faultkey_authenticator::{Config, Effect, Event};

/// One kind of device.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The name on the command line and in scenario files, e.g. `android-device-bound`.
    pub name: String,
    pub title: String,
    /// The catalogue's number, e.g. `P08`.
    pub catalogue: String,
    /// `observed` or `inferred`, and what of it.
    pub evidence: String,
    /// What of the real device this profile does not play yet.
    pub limits: Vec<String>,
    pub authenticator: Config,
    pub events: BTreeMap<Event, Effect>,
}

/// Every profile, in the catalogue's order.
#[must_use]
pub fn all() -> &'static [Profile] {
    todo!()
}

/// The profile with this name.
#[must_use]
pub fn find(_name: &str) -> Option<&'static Profile> {
    todo!()
}
