//! A scripted host of USB/IP against both stacks: in memory with virtual time, and over real sockets.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

mod control;
mod differential;
#[path = "../faulty/mod.rs"]
mod faulty;
mod firmware;
mod host;
mod hostile;
mod line;
mod probes;
mod reports;
mod server;

use faultkey_authenticator::{Authenticator, Config as Settings, MemoryStore, random};
use faultkey_transport::Port;
use faultkey_transport::ctaphid::{Config, Engine, Policy, Presence};
use faultkey_transport::usbd_ctaphid::{App, UsbdCtaphid};

/// The own engine with a real authenticator.
fn key(presence: Presence) -> Port<Engine<Authenticator, Policy>> {
    Port::new(Engine::new(Config::default(), authenticator(), Policy { presence, ..Policy::default() }))
}

/// The same with usbd-ctaphid.
fn firmware(presence: Presence) -> UsbdCtaphid<App<Authenticator, Policy>> {
    UsbdCtaphid(Port::new(App::new(Config::default(), authenticator(), Policy { presence, ..Policy::default() })))
}

fn authenticator() -> Authenticator {
    Authenticator::new(Settings::default(), Box::<MemoryStore>::default(), random::stream(1, "usb"))
}
