//! The ways by which a key reaches its host.

use std::net::SocketAddr;

use faultkey_transport::socket::{Address, Listener};
use faultkey_transport::{LineEvent, Port, WallClock};

use crate::Key;

/// How a key is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// At a socket, as raw 64-byte reports.
    Socket(Address),
}

/// A link that stands. Dropping it takes the key off the bus.
pub(crate) enum Plugged {
    Socket(Listener),
}

impl Via {
    /// The way of the `number`th of several keys, counted from 1: its own path, or its own port.
    #[must_use]
    pub fn of_key(&self, number: usize) -> Self {
        let Via::Socket(address) = self;
        Via::Socket(match address {
            Address::Path(path) if number > 1 => {
                let mut name = path.file_name().unwrap_or_default().to_owned();
                name.push(format!("-{number}"));
                Address::Path(path.with_file_name(name))
            }
            Address::Tcp(address) if number > 1 && address.port() != 0 => {
                let more = u16::try_from(number - 1).unwrap_or(u16::MAX);
                Address::Tcp(SocketAddr::new(address.ip(), address.port().saturating_add(more)))
            }
            other => other.clone(),
        })
    }

    /// Puts the key on the bus.
    pub(crate) async fn plug(&self) -> Result<Plugged, String> {
        let Via::Socket(address) = self;
        Ok(Plugged::Socket(Listener::bind(address).await.map_err(|error| error.to_string())?))
    }
}

impl Plugged {
    /// Where a host finds the key.
    pub fn place(&self) -> Result<String, String> {
        let Plugged::Socket(listener) = self;
        match listener.address() {
            Ok(Address::Tcp(address)) => Ok(address.to_string()),
            Ok(Address::Path(path)) => Ok(path.display().to_string()),
            Err(error) => Err(format!("the system does not say where it listens: {error}")),
        }
    }

    /// The same way again: a port that the system chose is kept.
    pub fn again(&self) -> Option<Via> {
        let Plugged::Socket(listener) = self;
        listener.address().ok().map(Via::Socket)
    }

    /// Until the key leaves the bus by itself.
    pub async fn run(self, port: &Port<Key>, clock: &WallClock) -> Result<LineEvent, String> {
        let Plugged::Socket(listener) = self;
        listener.serve(port, clock).await.map_err(|error| format!("no host can be accepted any more: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_keys_have_a_way_each() {
        let path = |text: &str| Via::Socket(Address::Path(text.into()));
        let tcp = |text: &str| Via::Socket(Address::Tcp(text.parse().unwrap()));
        for (via, second) in [
            (path("/run/key"), path("/run/key-2")),
            (tcp("127.0.0.1:9902"), tcp("127.0.0.1:9903")),
            (tcp("127.0.0.1:0"), tcp("127.0.0.1:0")),
        ] {
            assert_eq!((via.of_key(1), via.of_key(2)), (via.clone(), second));
        }
    }
}
