//! The ways by which a key reaches its host.

#[cfg(unix)]
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use faultkey_transport::socket::{Address, Listener};
#[cfg(target_os = "linux")]
use faultkey_transport::uhid;
#[cfg(unix)]
use faultkey_transport::usbip::vhci;
use faultkey_transport::usbip::{Server, Slot};
use faultkey_transport::{Identity, LineEvent, Port, WallClock};

use crate::Key;
use crate::usb_key::UsbKey;

/// How a key is plugged in.
#[derive(Clone, Debug)]
pub enum Via {
    /// UHID, and where that can't be had, USB/IP into this computer's kernel.
    Whatever,
    /// Linux's UHID: no USB in between.
    Uhid,
    /// USB/IP into this computer's kernel.
    UsbIp,
    /// USB/IP over TCP, for hosts that fetch the key.
    UsbIpServer(Arc<Server>),
    /// At a socket, as raw 64-byte reports.
    Socket(Address),
}

/// A link that stands. Dropping it takes the key off the bus.
pub(crate) enum Plugged {
    #[cfg(target_os = "linux")]
    Uhid(uhid::UhidLink),
    #[cfg(unix)]
    UsbIp(vhci::VhciLink),
    UsbIpServer(Slot, Option<SocketAddr>),
    Socket(Listener),
}

/// Where a host finds a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// For a person, and for a host that is told.
    pub text: String,
    /// The device node, if that is where.
    pub node: Option<PathBuf>,
}

/// How long the kernel may take to make a device node: milliseconds, but for USB in an emulated machine on a busy computer.
const PATIENCE: Duration = Duration::from_secs(30);

impl Via {
    /// The way of the `number`th of several keys, counted from 1: its own path, or its own port.
    #[must_use]
    pub fn of_key(&self, number: usize) -> Self {
        let Via::Socket(address) = self else { return self.clone() };
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
    pub(crate) async fn plug(&self, identity: &Identity) -> Result<Plugged, String> {
        match self {
            Via::Whatever => match uhid(identity) {
                Ok(plugged) => Ok(plugged),
                Err(no_uhid) => usbip(identity).map_err(|no_usbip| {
                    format!(
                        "no key can be plugged in here. One of these two is needed:\n  UHID: {no_uhid}\n  USB/IP: {no_usbip}\nA key at a socket needs neither: faultkey attach --via socket --listen PATH"
                    )
                }),
            },
            Via::Uhid => uhid(identity),
            Via::UsbIp => usbip(identity),
            Via::UsbIpServer(server) => Ok(Plugged::UsbIpServer(server.plug(identity), server.address().ok())),
            Via::Socket(address) => Ok(Plugged::Socket(Listener::bind(address).await.map_err(|error| error.to_string())?)),
        }
    }
}

#[cfg(target_os = "linux")]
fn uhid(identity: &Identity) -> Result<Plugged, String> {
    uhid::plug(identity).map(Plugged::Uhid).map_err(|error| error.to_string())
}

#[cfg(not(target_os = "linux"))]
fn uhid(_identity: &Identity) -> Result<Plugged, String> {
    Err("only Linux has it".to_owned())
}

#[cfg(unix)]
fn usbip(identity: &Identity) -> Result<Plugged, String> {
    vhci::plug(identity).map(Plugged::UsbIp).map_err(|error| error.to_string())
}

#[cfg(not(unix))]
fn usbip(_identity: &Identity) -> Result<Plugged, String> {
    Err("only Linux's kernel takes a key directly; `--via usbip --listen 127.0.0.1:3240` waits for one that fetches it".to_owned())
}

impl Plugged {
    /// The same way again: a port that the system chose, or the kernel's way that was found, is kept.
    pub fn again(&self) -> Option<Via> {
        match self {
            #[cfg(target_os = "linux")]
            Plugged::Uhid(_) => Some(Via::Uhid),
            #[cfg(unix)]
            Plugged::UsbIp(_) => Some(Via::UsbIp),
            Plugged::UsbIpServer(..) => None,
            Plugged::Socket(listener) => listener.address().ok().map(Via::Socket),
        }
    }

    /// Until the key leaves the bus by itself. `ready` is told where a host finds the key, as soon as it does.
    pub async fn run(self, port: &Port<Key>, clock: &WallClock, ready: impl FnOnce(Found)) -> Result<LineEvent, String> {
        match self {
            #[cfg(target_os = "linux")]
            Plugged::Uhid(link) => {
                let node = link.node();
                tokio::select! {
                    ended = link.run(port, clock) => ended.map_err(|error| format!("UHID does not go on: {error}")),
                    error = announced(node.appears(PATIENCE), ready) => Err(error),
                }
            }
            #[cfg(unix)]
            Plugged::UsbIp(link) => {
                let (node, key) = (link.node(), UsbKey::new(port));
                tokio::select! {
                    ended = link.run(&key, clock) => match ended {
                        Ok(Some(event)) => Ok(event),
                        // By `usbip detach`.
                        Ok(None) => Ok(LineEvent::Unplug { again_after: None, keeps_state: true }),
                        Err(error) => Err(format!("the kernel's vhci_hcd does not go on: {error}")),
                    },
                    error = announced(node.appears(PATIENCE), ready) => Err(error),
                }
            }
            Plugged::UsbIpServer(slot, address) => {
                let at = address.map(|address| address.to_string()).unwrap_or_default();
                ready(Found { text: format!("{at}, bus id {}", slot.bus_id()), node: None });
                slot.run(&UsbKey::new(port), clock).await.map_err(|error| format!("USB/IP does not go on: {error}"))
            }
            Plugged::Socket(listener) => {
                let text = place(&listener).map_err(|error| format!("the system does not say where it listens: {error}"))?;
                ready(Found { text, node: None });
                listener.serve(port, clock).await.map_err(|error| format!("no host can be accepted any more: {error}"))
            }
        }
    }
}

/// Tells that the node is there, or ends with the reason why it is not.
#[cfg(unix)]
async fn announced(node: impl Future<Output = io::Result<PathBuf>>, ready: impl FnOnce(Found)) -> String {
    match node.await {
        Ok(node) => {
            ready(Found { text: node.display().to_string(), node: Some(node) });
            pending().await
        }
        Err(error) => error.to_string(),
    }
}

fn place(listener: &Listener) -> io::Result<String> {
    Ok(match listener.address()? {
        Address::Tcp(address) => address.to_string(),
        Address::Path(path) => path.display().to_string(),
    })
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
            (Via::Uhid, Via::Uhid),
        ] {
            assert_eq!(format!("{:?}", via.of_key(1)), format!("{via:?}"));
            assert_eq!(format!("{:?}", via.of_key(2)), format!("{second:?}"));
        }
    }
}
