//! `NO_PROXY`: who is reached without a proxy.

use std::net::IpAddr;

use url::Host;

/// An entry of the list. Programs differ in details; this is what curl and Go have in common, which is the most that a list can rely on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exception {
    /// `*`
    All,
    /// A name and all names under it, with or without a dot before it.
    Domain { name: String, port: Option<u16> },
    /// An address, or all whose first bits are the same.
    Address { address: IpAddr, bits: u32, port: Option<u16> },
}

impl Exception {
    pub(super) fn list(text: &str) -> Vec<Exception> {
        text.split(|each: char| each == ',' || each.is_whitespace()).filter(|entry| !entry.is_empty()).map(Exception::read).collect()
    }

    fn read(entry: &str) -> Exception {
        if entry == "*" {
            return Exception::All;
        }
        let (host, port) = split_port(entry);
        let (address, bits) = host.split_once('/').map_or((host, None), |(address, bits)| (address, bits.parse().ok()));
        if let Ok(address) = address.parse::<IpAddr>() {
            return Exception::Address { address, bits: bits.unwrap_or(width(address)), port };
        }
        let name = host.trim_start_matches("*.").trim_matches('.').to_ascii_lowercase();
        Exception::Domain { name, port }
    }

    pub(super) fn covers(&self, host: &Host<&str>, at: u16) -> bool {
        let is_port = |port: &Option<u16>| port.is_none_or(|port| port == at);
        let is_in =
            |own: IpAddr, address: &IpAddr, bits: &u32| width(own) == width(*address) && prefix(own, *bits) == prefix(*address, *bits);
        match (self, host) {
            (Exception::All, _) => true,
            (Exception::Domain { name, port }, Host::Domain(host)) => {
                let host = host.trim_end_matches('.');
                let above = host.strip_suffix(name.as_str());
                !name.is_empty() && is_port(port) && above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
            }
            (Exception::Address { address, bits, port }, Host::Ipv4(own)) => is_port(port) && is_in((*own).into(), address, bits),
            (Exception::Address { address, bits, port }, Host::Ipv6(own)) => is_port(port) && is_in((*own).into(), address, bits),
            _ => false,
        }
    }
}

/// A port stands after the only colon, or after the bracket of an IPv6 address.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some((address, rest)) = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (address, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

const fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The first bits, at the place where they are.
fn prefix(address: IpAddr, bits: u32) -> u128 {
    let number = match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => u128::from(address),
    };
    number.checked_shr(width(address).saturating_sub(bits)).unwrap_or(0)
}
