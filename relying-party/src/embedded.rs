//! The embedded relying party: a small broker on axum and webauthn-rs.
//!
//! It is a test relying party. It verifies for real, with webauthn-rs; besides, it serves hooks that no real one may serve, and
//! anybody may register the first passkey of an account, as the FIDO conformance API has it. Once there is a passkey, only a
//! session that has proven itself otherwise (password, telephone) or logged in in full may replace it.
//!
//! Time is the [`Clock`] that it is given; session ids, challenges and user handles are drawn from the seed. webauthn-rs draws a
//! challenge from the operating system each time it makes a ceremony's state; that one is thrown away and never leaves (see
//! `verifier.rs`), so no byte of an answer comes from the operating system.

mod accept_language;
mod account;
mod answer;
mod authentication;
mod broker;
mod challenge;
mod client_data;
mod client_error;
mod client_failure;
mod fallback;
mod hooks;
mod journal;
mod page;
mod reason;
mod refusal;
mod registration;
mod request;
mod routes;
mod server;
mod session;
mod site;
mod verifier;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Clock;

/// Sees each line of the log as it is written: the user name, the reason, the text.
pub type LogReader = Arc<dyn Fn(&str, &str, &str) + Send + Sync>;

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
    server: server::Server,
}

impl Embedded {
    /// Listens on a free port of loopback. RP ID `broker.test`, origin `https://broker.test` (so that transcripts hold no port).
    /// Session ids and challenges are drawn from `seed`, time is read from `clock`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(handling: Handling, clock: Clock, seed: u64) -> std::io::Result<Embedded> {
        let broker = broker::Broker::new(handling, site::Site::default(), clock, seed);
        Ok(Embedded { server: server::Server::start(0, |_| routes::router(broker)).await? })
    }

    /// The same for people with browsers: at `http://localhost:PORT` (0 for a free one), which is the origin, with a page for registering and
    /// logging in. RP ID `localhost`. `reader` sees the log as it is written, and what the page says of each ceremony, under the reason `page`.
    ///
    /// # Errors
    /// When the port can't be had.
    pub async fn with_page(handling: Handling, clock: Clock, seed: u64, port: u16, reader: LogReader) -> std::io::Result<Embedded> {
        let serve = |address: SocketAddr| {
            let mut broker = broker::Broker::new(handling, site::Site::localhost(address.port()), clock, seed);
            broker.journal.reader = Some(Arc::clone(&reader));
            page::add(routes::router(broker), reader)
        };
        Ok(Embedded { server: server::Server::start(port, serve).await? })
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }
}
