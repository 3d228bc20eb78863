//! The embedded relying party: a small broker on axum and webauthn-rs.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::Clock;

/// How the embedded relying party handles failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handling {
    /// Every failure is M0902, no retry, as in the story.
    Opaque,
    /// The best practice that the catalogue's outcome classes describe.
    Diagnosing,
}

/// A running embedded relying party. Dropping it stops it.
pub struct Embedded {
    _private: (),
}

impl Embedded {
    /// Listens on a free port of loopback. RP ID `broker.test`, origin `https://broker.test` (so that transcripts hold no port).
    /// Session ids and challenges are drawn from `seed`, time is read from `clock`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(_handling: Handling, _clock: Clock, _seed: u64) -> std::io::Result<Embedded> {
        todo!()
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        todo!()
    }
}
