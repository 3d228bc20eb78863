//! `faultkey serve`

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use crate::output::say;
use clap::{Args, ValueEnum};
use faultkey_authenticator::config::{BuiltInVerification, Version};
use faultkey_authenticator::{Authenticator, Event, MemoryStore, SledStore, Store, StoreError, Time, random};
use faultkey_fault_injection::registry::Seam;
use faultkey_fault_injection::{FaultSpec, Faults, FaultyReports, FaultySteps, Profile, Trigger, profile, registry};
use faultkey_transport::ctaphid::{self, Ctap1, Engine, Policy, Presence, Report, Verification};
use faultkey_transport::socket::{Address, Listener};
use faultkey_transport::{LineEvent, Port, ReportDevice, Transcript, WallClock};

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
    place: Place,
    /// The device (`faultkey profiles`).
    #[arg(long, value_name = "NAME", default_value = "security-key")]
    profile: String,
    /// Where the key keeps its credentials: a folder, in which they outlive this program, or `memory`. Starting again is plugging the key in again.
    #[arg(long, value_name = "DIR|memory", default_value = "memory")]
    store: String,
    /// Keys and credential ids are drawn from this. The same seed and the same requests to a new store give the same bytes.
    #[arg(long, value_name = "N", default_value_t = 902)]
    seed: u64,
    /// When the user touches the key: at once, never (the key gives up after its own time), or after a while, e.g. `after=2s`, `after=300ms`.
    #[arg(long, value_name = "auto|never|after=TIME", default_value = "auto")]
    presence: PresenceName,
    /// Which finger the user presents, or that the device has no reader. Default: as the profile has it, and the right finger.
    #[arg(long)]
    verification: Option<VerificationName>,
    /// Arm a fault, with its parameters (`faultkey faults` lists them). May be given several times.
    #[arg(long, value_name = "NAME[,KEY=VALUE…]")]
    fault: Vec<FaultSpec>,
}

const EXAMPLES: &str = "\
Examples:
  faultkey serve --socket /run/user/1000/key                       a plain security key that is touched at once
  faultkey serve --listen 127.0.0.1:0 --profile yubikey-5          over TCP, at a port that the system chooses and the first line says
  faultkey serve --socket key --store keys --presence after=2s     keeps its credentials in the folder keys; its user is slow
  faultkey serve --socket key --fault sign-count-rollback          its counter goes back

It prints one line when it is ready, and each decision of a fault after that (on standard error). SIGTERM or Ctrl-C ends it, and its socket's file goes away.";

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// Listen at a Unix socket with this path.
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Listen on this loopback address, e.g. 127.0.0.1:9902; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

#[derive(Clone, Copy, ValueEnum)]
enum VerificationName {
    /// A finger that is enrolled.
    Ok,
    /// A finger that is not.
    Fail,
    /// The device can't verify its user.
    None,
}

#[derive(Clone, Copy)]
struct PresenceName(Presence);

impl FromStr for PresenceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected `auto`, `never`, or `after=` with a time, e.g. `after=2s` or `after=300ms`".to_owned();
        let presence = match text {
            "auto" => Presence::AtOnce,
            "never" => Presence::Wait,
            other => {
                let time = other.strip_prefix("after=").ok_or_else(wrong)?;
                let (number, unit) = match (time.strip_suffix("ms"), time.strip_suffix('s')) {
                    (Some(number), _) => (number, 1),
                    (None, Some(number)) => (number, 1_000),
                    (None, None) => return Err(wrong()),
                };
                let number: u32 = number.parse().map_err(|_| wrong())?;
                Presence::After(Duration::from_millis(u64::from(number) * unit))
            }
        };
        Ok(Self(presence))
    }
}

pub fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("the runtime can't be started: {error}"))?.block_on(serve(&arguments))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(arguments: &Arguments) -> Result<(), String> {
    let profile = configured(arguments)?;
    let faults = armed(arguments, &profile)?;
    let (store, power_up) = store(&arguments.store, &profile, &faults)?;
    // A key that is plugged in again goes on with other chance: it must not make the same credential twice.
    let chance = random::stream(arguments.seed, &format!("authenticator, power-up {power_up}"));
    let authenticator = Authenticator::new(profile.authenticator.clone(), store, chance);
    let engine = engine(arguments, &profile, faults.steps(authenticator));

    let mut end = Ends::new().map_err(|error| format!("signals can't be received: {error}"))?;
    let address = match (&arguments.place.socket, arguments.place.listen) {
        (Some(path), _) => Address::Path(path.clone()),
        (None, Some(address)) => Address::Tcp(address),
        (None, None) => return Err("say where to listen, with --socket or --listen".to_owned()),
    };
    let listener = Listener::bind(&address).await.map_err(|error| error.to_string())?;
    let place = match listener.address() {
        Ok(Address::Tcp(address)) => address.to_string(),
        Ok(Address::Path(path)) => path.display().to_string(),
        Err(error) => return Err(format!("the system does not say where it listens: {error}")),
    };
    let clock = WallClock::start();
    say!("ready at {place}: {}, seed {}, power-up {power_up}", profile.name, arguments.seed);
    io::stdout().flush().map_err(|error| format!("the ready line can't be printed: {error}"))?;

    let port = Port::new(Watched { device: faults.reports(engine), faults, told: 0 });
    tokio::select! {
        served = plugged_in(&listener, &port, &clock) => served.map_err(|error| format!("no host can be accepted any more at {place}: {error}")),
        () = end.reached() => Ok(()),
    }
}

/// Serves until the key is unplugged for good.
async fn plugged_in(listener: &Listener, port: &Port<Watched>, clock: &WallClock) -> Result<(), String> {
    loop {
        match listener.serve(port, clock).await.map_err(|error| error.to_string())? {
            LineEvent::Unplug { again_after: Some(after), keeps_state } => {
                tokio::time::sleep(after).await;
                port.with(|key| key.plug_in(clock.now(), keeps_state)).map_err(|error| error.to_string())?;
            }
            LineEvent::Unplug { again_after: None, .. } => {
                eprintln!("the key is unplugged, and nobody plugs it in again");
                return Ok(());
            }
            LineEvent::BusReset | LineEvent::Stall => {}
        }
    }
}

/// A key that says what its faults decide.
struct Watched {
    device: FaultyReports<Key>,
    faults: Faults,
    told: usize,
}

impl Watched {
    /// Says what was decided since.
    fn tell(&mut self) {
        while self.device.inner_mut().next_event().is_some() {}
        for decision in self.faults.fired_since(self.told) {
            eprintln!("{}: {}", decision.fault, decision.text);
            self.told += 1;
        }
    }

    /// Power again, for the same key or for an empty one.
    fn plug_in(&mut self, now: Time, keeps_state: bool) -> Result<(), StoreError> {
        let authenticator = self.device.inner_mut().steps_mut().inner_mut();
        if !keeps_state {
            authenticator.happen(Event::Reset)?;
        }
        authenticator.power_cycle(now);
        Ok(())
    }
}

impl ReportDevice for Watched {
    fn receive(&mut self, now: Time, report: &Report) {
        self.device.receive(now, report);
        self.tell();
    }

    fn next_report(&mut self, now: Time) -> Option<Report> {
        let report = self.device.next_report(now);
        self.tell();
        report
    }

    fn backlog(&self) -> usize {
        self.device.backlog()
    }

    fn tick(&mut self, now: Time) {
        self.device.tick(now);
        self.tell();
    }

    fn deadline(&self) -> Option<Time> {
        self.device.deadline()
    }

    fn reset(&mut self, now: Time) {
        self.device.reset(now);
        self.tell();
    }

    fn next_line_event(&mut self) -> Option<LineEvent> {
        self.device.next_line_event()
    }
}

/// The profile, with what the command line changes.
fn configured(arguments: &Arguments) -> Result<Profile, String> {
    let mut profile = profile::find(&arguments.profile).ok_or_else(|| profile::unknown(&arguments.profile).to_string())?.clone();
    let verification = &mut profile.authenticator.verification;
    match arguments.verification {
        Some(VerificationName::None) => *verification = BuiltInVerification::Absent,
        Some(VerificationName::Ok | VerificationName::Fail) if *verification != BuiltInVerification::Ready => {
            return Err(format!("--verification: {} has no built-in verification that is set up; leave it out", profile.name));
        }
        _ => {}
    }
    Ok(profile)
}

/// The faults, if they can happen here.
fn armed(arguments: &Arguments, profile: &Profile) -> Result<Faults, String> {
    let faults = Faults::new(arguments.seed, profile, Transcript::new());
    for spec in &arguments.fault {
        let info = registry::find(&spec.name).ok_or_else(|| registry::unknown(&spec.name).to_string())?;
        if !matches!(info.seam, Seam::Authenticator | Seam::Report) || matches!(spec.trigger, Trigger::AfterEvent(_)) {
            return Err(format!(
                "--fault {}: it acts in the client, on the network, or when something happens to the device, and a key at a socket has none of these; it can be played with `faultkey exercise`",
                spec.name
            ));
        }
        faults.arm(faultkey_authenticator::Time::START, spec.clone()).map_err(|error| error.to_string())?;
    }
    Ok(faults)
}

/// The store behind the faults, and how often the key had power with it.
fn store(place: &str, profile: &Profile, faults: &Faults) -> Result<(Box<dyn Store>, u64), String> {
    if place == "memory" {
        return Ok((Box::new(faults.store(MemoryStore::default())), 1));
    }
    let folder = Path::new(place);
    // Opening it keeps every other program out, so that nobody counts at the same time.
    let store = SledStore::open(folder, &profile.name).map_err(|error| error.to_string())?;
    let power_up = count(&folder.join("power-ups"))?;
    Ok((Box::new(faults.store(store)), power_up))
}

/// Adds one to the number in a file, and is durable when it returns.
fn count(file: &Path) -> Result<u64, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{} can't be used: {error}", file.display());
    let before = match fs::read_to_string(file) {
        Ok(text) => text.trim().parse::<u64>().map_err(|error| failed(&error))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(failed(&error)),
    };
    let now = before.saturating_add(1);
    let new = file.with_extension("new");
    let written = fs::File::create(&new).and_then(|mut open| {
        writeln!(open, "{now}")?;
        open.sync_all()
    });
    written.and_then(|()| fs::rename(&new, file)).map_err(|error| failed(&error))?;
    Ok(now)
}

type Key = Engine<FaultySteps<Authenticator>, Policy>;

fn engine(arguments: &Arguments, profile: &Profile, steps: FaultySteps<Authenticator>) -> Key {
    let device = &profile.authenticator;
    let [_, major, minor, build] = device.firmware_version.to_be_bytes();
    let config = ctaphid::Config {
        device_version: [major, minor, build],
        user_action_timeout: device.user_action_timeout,
        ctap1: if device.protection.versions.contains(&Version::U2fV2) { Ctap1::Implemented } else { Ctap1::Absent },
        ..ctaphid::Config::default()
    };
    let verification = if matches!(arguments.verification, Some(VerificationName::Fail)) { Verification::Fail } else { Verification::Ok };
    Engine::new(config, steps, Policy { presence: arguments.presence.0, verification })
}

/// What ends the program well.
struct Ends {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Ends {
    /// From now on these signals don't kill.
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn reached(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Ends {
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn reached(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
