//! `faultkey attach`

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use faultkey_attach::allow_list::Pattern;
use faultkey_attach::control;
use faultkey_attach::view::{Detail, View};
use faultkey_attach::{AllowList, Attached, Keyring, Keys, Place, Plan, Presence, Via};
use faultkey_fault_injection::FaultSpec;
use faultkey_transport::socket::Address;

use crate::attesting::Attesting;
use crate::serve::{VerificationName, profile_named};

/// Plug a virtual security key in, and drive it while it is plugged in.
///
/// The key is a device profile, with the faults that you arm. While it is attached, `faultkey ctl` in another shell touches it, arms and clears faults,
/// unplugs it and plugs it in again; this shell shows what happens. Test keys only.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// How the key is plugged in.
    #[arg(long, value_enum)]
    via: Option<ViaName>,
    /// With `--via socket`: where to listen. A loopback address with a port (0 lets the system choose), or a path for a Unix socket.
    #[arg(long, value_name = "ADDRESS:PORT|PATH")]
    listen: Option<String>,
    /// The device (`faultkey profiles`). May be given several times, for several keys.
    #[arg(long, value_name = "NAME", default_value = "security-key")]
    profile: Vec<String>,
    /// So many keys of the profile.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    keys: u8,
    /// Where the key keeps its credentials: a folder, in which they outlive this program, or `memory`. Starting again is plugging the key in again.
    #[arg(long, value_name = "DIR|memory", default_value = "memory")]
    store: String,
    /// Keys and credential ids are drawn from this. The same seed and the same requests to a new store give the same bytes.
    #[arg(long, value_name = "N", default_value_t = 902)]
    seed: u64,
    /// When the user touches the key: at once for relying parties on the allow list (auto), for any (always), for any but only once (once), when you say so
    /// (ask), not at all (never), or as auto but after a while, e.g. after=2s.
    #[arg(long, value_name = "auto|always|once|ask|never|after=TIME", default_value = "auto", num_args = 1..=2, action = clap::ArgAction::Append)]
    presence: Vec<String>,
    /// Which finger the user presents, or that the device has no reader. Default: as the profile has it, and the right finger.
    #[arg(long)]
    verification: Option<VerificationName>,
    /// The PIN of a key that has none yet.
    #[arg(long, value_name = "PIN")]
    pin: Option<String>,
    /// Arm a fault, with its parameters (`faultkey faults` lists them). May be given several times.
    #[arg(long, value_name = "NAME[,KEY=VALUE…]")]
    fault: Vec<FaultSpec>,
    #[command(flatten)]
    attesting: Attesting,
    /// Touches come by themselves for this RP ID, too; `*.NAME` is everything below it, `*` is every relying party. Without it they do for localhost,
    /// *.localhost, *.test and example.com.
    #[arg(long, value_name = "RPID", num_args = 1..)]
    allow_rp: Vec<Pattern>,
    /// Where `faultkey ctl` reaches the key. Default: a socket that `faultkey ctl` finds by itself.
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Show faults' decisions only.
    #[arg(long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  faultkey attach --via socket --listen key --profile yubikey-5 --store keys --pin 1234
  faultkey attach --via socket --listen 127.0.0.1:0 --presence ask     touches come from `faultkey ctl touch`
  faultkey ctl list                                                    in another shell: what is attached, and what it waits for

It prints one line when it is ready (on standard output), and what happens after that (on standard error). SIGTERM or Ctrl-C unplugs the key and ends it.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ViaName {
    /// At a socket, as raw 64-byte CTAPHID reports.
    Socket,
}

pub fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let via = match arguments.via {
        Some(ViaName::Socket) | None => match &arguments.listen {
            Some(listen) => Via::Socket(address(listen)),
            None => return Err("say where to listen, e.g. --listen 127.0.0.1:0 or --listen PATH".to_owned()),
        },
    };
    let presence: Presence = arguments.presence.join(" ").parse().map_err(|error: String| format!("--presence: {error}"))?;
    let mut names = arguments.profile;
    if let (&[ref only], more) = (names.as_slice(), arguments.keys) {
        names = vec![only.clone(); usize::from(more)];
    } else if arguments.keys > 1 {
        return Err("--keys: there are several --profile already, one key each; leave one of the two out".to_owned());
    }
    let place = Place::parse(&arguments.store);
    let mut plans = Vec::new();
    for (name, number) in names.iter().zip(1..) {
        let mut profile = profile_named(name)?;
        arguments.attesting.apply(&mut profile.authenticator.attestation)?;
        let plan = Plan {
            number,
            seed: arguments.seed,
            place: place.of_key(number),
            presence,
            verification: arguments.verification.map(VerificationName::planned),
            allow_list: AllowList::default().with(arguments.allow_rp.clone()),
            pin: arguments.pin.clone(),
            faults: arguments.fault.clone(),
            ..Plan::new(profile)
        };
        plans.push((plan, via.of_key(number)));
    }
    let control = match arguments.control {
        Some(path) => Some(path),
        None => Some(control::path::for_this_process()?),
    };
    let shown = if arguments.quiet { Shown::Faults } else { Shown::Everything };
    Session { plans, control, shown }.run()
}

/// `ADDRESS:PORT`, or else a path.
fn address(text: &str) -> Address {
    text.parse::<SocketAddr>().map_or_else(|_| Address::Path(PathBuf::from(text)), Address::Tcp)
}

/// What standard error shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Everything,
    Faults,
}

/// Keys to be attached, and how they are driven.
pub struct Session {
    pub plans: Vec<(Plan, Via)>,
    pub control: Option<PathBuf>,
    pub shown: Shown,
}

impl Session {
    /// Attaches the keys until a signal or a controller ends it.
    pub fn run(self) -> Result<ExitCode, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| format!("the runtime can't be started: {error}"))?.block_on(self.attach())?;
        Ok(ExitCode::SUCCESS)
    }

    async fn attach(self) -> Result<(), String> {
        let mut end = Ends::new().map_err(|error| format!("signals can't be received: {error}"))?;
        let detail = if self.shown == Shown::Everything { Detail::Everything } else { Detail::Faults };
        let (view, _finished) = View::start(io::stderr(), detail, self.plans.len() > 1);
        let mut keyring = Keyring::default();
        for (plan, via) in self.plans {
            keyring.add(plan, via, Some(view.clone())).map_err(|error| error.to_string())?;
        }
        let control = self.control.map(|path| control::Server::bind(&path).map_err(|error| error.to_string())).transpose()?;
        let mut attached = keyring.attach().await?;
        ready(&attached);
        if let Some(control) = &control {
            view.say(&format!("drive it from another shell: faultkey ctl --control {}", control.path().display()));
        }
        drop(view);
        let keys = attached.keys().clone();
        let ended = tokio::select! {
            ended = attached.run() => ended,
            ended = serve(control.as_ref(), &keys) => ended,
            () = end.reached() => Ok(()),
        };
        attached.end().await;
        ended
    }
}

/// One line for each key.
fn ready(attached: &Attached) {
    let mut out = io::stdout();
    for seat in attached.keys().seats() {
        let (name, seed, power_up) = seat.port().with(|key| (key.profile().name.clone(), key.seed(), key.power_up()));
        // Whoever does not read it is not told.
        let _ = writeln!(out, "ready at {}: {name}, seed {seed}, power-up {power_up}", seat.place());
    }
    let _ = out.flush();
}

async fn serve(server: Option<&control::Server>, keys: &std::sync::Arc<Keys>) -> Result<(), String> {
    match server {
        Some(server) => server.serve(keys).await.map_err(|error| format!("no controller can be accepted any more: {error}")),
        None => std::future::pending().await,
    }
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
