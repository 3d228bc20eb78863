//! `faultkey serve`: the short form of `faultkey attach --via socket`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use faultkey_attach::{AllowList, Place, Plan, PlannedVerification, Presence, Verification, Via};
use faultkey_fault_injection::{FaultSpec, Profile, profile};
use faultkey_transport::socket::Address;

use crate::attach::{Session, Shown, Way};
use crate::attesting::Attesting;

/// Serve a security key at a socket: raw 64-byte CTAPHID reports, as a USB key would send them.
///
/// For CTAP clients and test suites that can open a socket instead of a USB device: one connection is one host, which sends 64 bytes a report and reads
/// 64 bytes a report. Hosts come one after another. The key is a device profile, with the faults that you arm. docs/serve.md shows a client in Python.
///
/// Whoever reaches the socket can use the key: a Unix socket is for you alone (mode 0600), TCP listens on loopback only. Test keys only.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    place: PlaceToListen,
    /// The device (`faultkey profiles`).
    #[arg(long, value_name = "NAME", default_value = "security-key")]
    profile: String,
    /// Where the key keeps its credentials: a folder, in which they outlive this program, or `memory`. A restart counts as a power cycle.
    #[arg(long, value_name = "DIR|memory", default_value = "memory")]
    store: String,
    /// Keys and credential ids are drawn from this. The same seed and the same requests to a new store give the same bytes.
    #[arg(long, value_name = "N", default_value_t = 902)]
    seed: u64,
    /// When the user touches the key: at once, never (the key gives up after its own time), or after a while, e.g. `after=2s`, `after=300ms`.
    #[arg(long, value_name = "auto|never|after=TIME", default_value = "auto")]
    presence: Presence,
    /// Result of built-in user verification. Default: success, on a profile that has built-in verification.
    #[arg(long)]
    verification: Option<VerificationName>,
    /// Arm a fault, with its parameters (`faultkey faults` lists them). May be given several times.
    #[arg(long, value_name = "NAME[,KEY=VALUE…]")]
    fault: Vec<FaultSpec>,
    /// Let `faultkey ctl --control PATH` drive the key while it runs.
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    #[command(flatten)]
    attesting: Attesting,
}

const EXAMPLES: &str = "\
Examples:
  faultkey serve --socket /run/user/1000/key                       a plain security key that is touched at once
  faultkey serve --listen 127.0.0.1:0 --profile yubikey-5          over TCP, at a port that the system chooses and the first line says
  faultkey serve --socket key --store keys --presence after=2s     keeps its credentials in the folder keys; its user is slow
  faultkey serve --socket key --fault sign-count-rollback          its counter goes back

It prints one line when it is ready, and each decision of a fault after that (on standard error). SIGTERM or Ctrl-C ends it, and its socket's file goes away.
It is `faultkey attach --via socket` with touches for every relying party, without a view, and with a control socket only where you say so.";

#[derive(Args)]
#[group(required = true, multiple = false)]
struct PlaceToListen {
    /// Listen at a Unix socket with this path.
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Listen on this loopback address, e.g. 127.0.0.1:9902; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum VerificationName {
    /// It succeeds: an enrolled finger.
    Ok,
    /// It fails: a finger that is not enrolled.
    Fail,
    /// The device has no built-in verification.
    None,
}

impl VerificationName {
    pub fn planned(self) -> PlannedVerification {
        match self {
            VerificationName::Ok => PlannedVerification::Finger(Verification::Ok),
            VerificationName::Fail => PlannedVerification::Finger(Verification::Fail),
            VerificationName::None => PlannedVerification::NoReader,
        }
    }
}

pub fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let address = match (arguments.place.socket, arguments.place.listen) {
        (Some(path), _) => Address::Path(path),
        (None, Some(address)) => Address::Tcp(address),
        (None, None) => return Err("say where to listen, with --socket or --listen".to_owned()),
    };
    let mut profile = profile_named(&arguments.profile)?;
    arguments.attesting.apply(&mut profile.authenticator)?;
    let plan = Plan {
        seed: arguments.seed,
        place: Place::parse(&arguments.store),
        presence: arguments.presence,
        verification: arguments.verification.map(VerificationName::planned),
        // No page reaches a socket of one's own.
        allow_list: AllowList::any(),
        faults: arguments.fault,
        ..Plan::new(profile)
    };
    let session =
        Session { plans: vec![plan], way: Way::Via(Via::Socket(address)), control: arguments.control, shown: Shown::Faults, trace: None };
    session.run()
}

pub fn profile_named(name: &str) -> Result<Profile, String> {
    Ok(profile::find(name).ok_or_else(|| profile::unknown(name).to_string())?.clone())
}
