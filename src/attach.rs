//! `faultkey attach`

mod detached;
mod ends;
mod keyboard;
mod scenario;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use faultkey_attach::allow_list::Pattern;
use faultkey_attach::control;
use faultkey_attach::screen::{self, Inbox, Screen};
use faultkey_attach::view::{Detail, View};
use faultkey_attach::{AllowList, Attached, Keyring, Keys, Place, Plan, Presence, Stack, Via};
use faultkey_fault_injection::FaultSpec;
use faultkey_transport::socket::Address;
use faultkey_transport::usbip::{Reach, Server};

use self::ends::Ends;
use crate::attesting::Attesting;
use crate::output::{complain, say, try_line};
use crate::serve::{VerificationName, profile_named};

/// Plug a virtual security key in, and drive it while it is plugged in.
///
/// The key is a device profile, with the faults that you arm. While it is attached, `faultkey ctl` in another shell touches it, arms and clears faults,
/// unplugs it and plugs it in again; this shell shows what happens. Test keys only.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// How the key is plugged in. Default: UHID; where that can't be had, USB/IP.
    #[arg(long, value_enum)]
    via: Option<ViaName>,
    /// With --via socket: where to listen, a loopback address with a port (0 lets the system choose) or a path for a Unix socket. With --via usbip: wait at
    /// this address (usually port 3240) for a host that fetches the key, instead of plugging it into this computer.
    #[arg(long, value_name = "ADDRESS:PORT|PATH")]
    listen: Option<String>,
    /// With --via usbip --listen: let hosts elsewhere fetch the key. USB/IP has no password.
    #[arg(long)]
    expose: bool,
    /// The key's CTAPHID: faultkey's own, or (with --via usbip) usbd-ctaphid, which Solo 2 and Nitrokey 3 have.
    #[arg(long, value_enum, default_value = "own")]
    stack: StackName,
    /// The device (`faultkey profiles`). May be given several times, for several keys.
    /// Default: security-key, or the scenario's.
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// Number of keys to create.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    keys: u8,
    /// Where the key keeps its credentials: a folder, in which they outlive this program, or `memory`. A restart counts as a power cycle.
    #[arg(long, value_name = "DIR|memory", default_value = "memory")]
    store: String,
    /// Keys and credential ids are drawn from this. The same seed and the same requests to a new store give the same bytes.
    #[arg(long, value_name = "N", default_value_t = 902)]
    seed: u64,
    /// When the user touches the key: at once for relying parties on the allow list (auto), for any (always), for any but only once (once), when you say so
    /// (ask), not at all (never), or as auto but after a while, e.g. after=2s.
    #[arg(long, value_name = "auto|always|once|ask|never|after=TIME", default_value = "auto", num_args = 1..=2, action = clap::ArgAction::Append)]
    presence: Vec<String>,
    /// Result of built-in user verification. Default: success, on a profile that has built-in verification.
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
    /// Play a scenario (`faultkey scenarios`; a name or a file): its device, faults and events, while you register and log in.
    #[arg(long, value_name = "NAME|FILE")]
    scenario: Option<String>,
    /// Write a trace: JSON lines in a file that ends with .jsonl, a capture for Wireshark in .pcap (docs/trace.md).
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Where `faultkey ctl` reaches the key. Default: a socket that `faultkey ctl` finds by itself.
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Run in the background: this command returns as soon as the key is ready, and `faultkey ctl quit` unplugs it.
    #[arg(long)]
    detach: bool,
    /// With --detach: the file to log to. Without it, there is no log.
    #[arg(long, value_name = "FILE", requires = "detach")]
    log: Option<PathBuf>,
    /// Show faults' decisions only.
    #[arg(long)]
    quiet: bool,
    /// Show plain lines in a terminal, too, instead of a screen.
    #[arg(long)]
    plain: bool,
    /// Print the udev rule that lets users plug keys in without root, and end.
    #[arg(long)]
    print_udev_rule: bool,
}

/// Shipped beside the code, too.
const UDEV_RULE: &str = include_str!("../attach/70-faultkey.rules");

const EXAMPLES: &str = "\
Examples:
  faultkey attach                                                      a plain security key for this computer's browsers
  faultkey attach --profile yubikey-5 --pin 1234 --store keys          another one, with a PIN; its credentials stay in the folder keys
  faultkey attach --fault no-credentials,trigger.nth=2                 the second authentication finds no credential
  faultkey attach --via socket --listen key --profile yubikey-5 --store keys --pin 1234
  faultkey attach --via socket --listen 127.0.0.1:0 --presence ask     touches come from `faultkey ctl touch`
  faultkey attach --detach --log key.log                               in a script: goes on in the background once it is ready
  faultkey ctl list                                                    in another shell: what is attached, and what it waits for

It prints one line when it is ready (on standard output), and what happens after that (on standard error); in a terminal it shows that on a screen, with keys to
press. SIGTERM, Ctrl-C or the end of the terminal unplugs the key and ends it.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ViaName {
    /// Linux's UHID: the kernel sees a HID device, and no USB.
    Uhid,
    /// USB/IP: the kernel's vhci_hcd sees a whole USB device.
    Usbip,
    /// At a socket, as raw 64-byte CTAPHID reports.
    Socket,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StackName {
    Own,
    UsbdCtaphid,
}

pub fn run(arguments: Arguments) -> Result<ExitCode, String> {
    if arguments.print_udev_rule {
        say!("{}", UDEV_RULE.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let scenario = arguments.scenario.as_deref().map(scenario::find).transpose()?;
    let way = way(&arguments)?;
    let stack = match arguments.stack {
        StackName::Own => Stack::Own,
        StackName::UsbdCtaphid if arguments.via == Some(ViaName::Usbip) => Stack::UsbdCtaphid,
        StackName::UsbdCtaphid => return Err("--stack usbd-ctaphid: it is a USB stack; say --via usbip with it".to_owned()),
    };
    let presence: Presence = arguments.presence.join(" ").parse().map_err(|error: String| format!("--presence: {error}"))?;
    let mut names = arguments.profile;
    if names.is_empty() {
        names.push(scenario.as_ref().and_then(|scenario| scenario.profiles.first()).map_or("security-key", String::as_str).to_owned());
    }
    if let ([only], more) = (names.as_slice(), arguments.keys) {
        names = vec![only.clone(); usize::from(more)];
    } else if arguments.keys > 1 {
        return Err("--keys: there are several --profile already, one key each; leave one of the two out".to_owned());
    }
    if arguments.detach && !detached::is_keeper() {
        return detached::start(names.len(), arguments.log.as_deref());
    }
    let place = Place::parse(&arguments.store);
    let mut plans = Vec::new();
    for (name, number) in names.iter().zip(1..) {
        let mut profile = profile_named(name)?;
        arguments.attesting.apply(&mut profile.authenticator)?;
        let plan = Plan {
            number,
            seed: arguments.seed,
            place: place.of_key(number),
            presence,
            verification: arguments.verification.map(VerificationName::planned),
            allow_list: AllowList::default().with(arguments.allow_rp.clone()),
            pin: arguments.pin.clone(),
            faults: arguments.fault.clone(),
            stack,
            script: scenario.as_ref().map(|scenario| scenario::script(scenario, name)).transpose()?.unwrap_or_default(),
            ..Plan::new(profile)
        };
        plans.push(plan);
    }
    let control = match arguments.control {
        Some(path) => Some(path),
        None => Some(control::path::for_this_process()?),
    };
    let shown = match arguments.quiet {
        true => Shown::Faults,
        false if !arguments.plain && screen::is_wanted() => Shown::Screen,
        false => Shown::Everything,
    };
    Session { plans, way, control, shown, trace: arguments.trace }.run()
}

/// Where the keys go.
fn way(arguments: &Arguments) -> Result<Way, String> {
    let needless = |option: &str| {
        Err(format!("{option}: a key that is plugged into this computer has no address; leave it out, or say --via socket or --via usbip"))
    };
    match (arguments.via, &arguments.listen) {
        (_, None) if arguments.expose => Err("--expose: it is for --via usbip --listen ADDRESS:PORT".to_owned()),
        (None | Some(ViaName::Uhid), Some(_)) => needless("--listen"),
        (None, None) => Ok(Way::Via(Via::Whatever)),
        (Some(ViaName::Uhid), None) => Ok(Way::Via(Via::Uhid)),
        (Some(ViaName::Usbip), None) => Ok(Way::Via(Via::UsbIp)),
        (Some(ViaName::Usbip), Some(listen)) => {
            let address = listen.parse().map_err(|_| format!("--listen: `{listen}` is no address with a port, e.g. 127.0.0.1:3240"))?;
            Ok(Way::UsbIpServer(address, if arguments.expose { Reach::Anybody } else { Reach::Loopback }))
        }
        (Some(ViaName::Socket), Some(listen)) => Ok(Way::Via(Via::Socket(address(listen)))),
        (Some(ViaName::Socket), None) => Err("say where to listen, e.g. --listen 127.0.0.1:0 or --listen PATH".to_owned()),
    }
}

/// `ADDRESS:PORT`, or else a path.
fn address(text: &str) -> Address {
    text.parse::<SocketAddr>().map_or_else(|_| Address::Path(PathBuf::from(text)), Address::Tcp)
}

/// What is shown of what happens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Everything, on the terminal's screen.
    Screen,
    /// Everything, in lines on standard error.
    Everything,
    /// What faults decide, in the same way.
    Faults,
}

/// How all keys of a session are plugged in.
pub enum Way {
    Via(Via),
    UsbIpServer(SocketAddr, Reach),
}

/// Keys to be attached, and how they are driven.
pub struct Session {
    pub plans: Vec<Plan>,
    pub way: Way,
    pub control: Option<PathBuf>,
    pub shown: Shown,
    pub trace: Option<PathBuf>,
}

impl Session {
    /// Attaches the keys until a signal, a key press or a controller ends it.
    pub fn run(self) -> Result<ExitCode, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime.map_err(|error| format!("the runtime can't be started: {error}"))?, self.attach())?;
        Ok(ExitCode::SUCCESS)
    }

    async fn attach(self) -> Result<(), String> {
        let mut end = Ends::new().map_err(|error| format!("signals can't be received: {error}"))?;
        let several = self.plans.len() > 1;
        let inbox = Inbox::default();
        let lines = |detail| {
            let (view, finished) = View::start(io::stderr(), detail, several);
            (view, Some(finished))
        };
        let (view, _finished) = match self.shown {
            Shown::Screen => (View::onto_screen(inbox.clone(), several), None),
            Shown::Everything => lines(Detail::Everything),
            Shown::Faults => lines(Detail::Faults),
        };
        let (via, server) = match self.way {
            Way::Via(via) => (via, None),
            Way::UsbIpServer(address, reach) => {
                let server = Arc::new(Server::bind(address, reach).await.map_err(|error| error.to_string())?);
                if let Some(warning) = server.warning() {
                    detached::warn(&warning);
                }
                (Via::UsbIpServer(Arc::clone(&server)), Some(server))
            }
        };
        let mut keyring = Keyring::default();
        for plan in self.plans {
            let via = via.of_key(plan.number);
            keyring.add(plan, via, Some(view.clone()), self.trace.as_deref())?;
        }
        let control = self.control.map(|path| control::Server::bind(&path).map_err(|error| error.to_string())).transpose()?;
        let mut attached = keyring.attach().await?;
        // One obstacle is in the way of all of them.
        if let Some(obstacle) = attached.keys().seats().iter().find_map(|seat| seat.obstacle()) {
            detached::warn(&obstacle);
        }
        ready(&attached);
        #[cfg(unix)]
        if detached::is_keeper() {
            faultkey_attach::background::leave_session();
        }
        if let Some(control) = &control {
            view.say(&format!("drive it from another shell: faultkey ctl --control {}", control.path().display()));
        }
        let keys = Arc::clone(attached.keys());
        let hand = keyboard::Hand::open();
        let mut screen = match self.shown {
            Shown::Screen => {
                let screen = Screen::open(Arc::clone(&keys), view.clone(), inbox);
                Some(screen.map_err(|error| format!("the terminal can't be used: {error}; --plain does without"))?)
            }
            Shown::Everything | Shown::Faults => None,
        };
        let ended = tokio::select! {
            () = broken(screen.as_mut()) => Err("the screen can't be drawn any more; --plain does without".to_owned()),
            ended = attached.run() => ended,
            ended = serve(control.as_ref(), &keys) => ended,
            ended = hand_out(server.as_deref()) => ended,
            () = keyboard::attend(hand, &keys, &view) => Ok(()),
            () = end.reached() => Ok(()),
        };
        let states = keys.states();
        attached.end().await;
        if let Some(screen) = screen {
            screen.close();
            // Whoever does not read it is not told.
            states.iter().for_each(|state| complain!("{}", state.parting()));
        }
        ended
    }
}

async fn broken(screen: Option<&mut Screen>) {
    match screen {
        Some(screen) => screen.broken().await,
        None => std::future::pending().await,
    }
}

/// Lets hosts fetch the keys over USB/IP.
async fn hand_out(server: Option<&Server>) -> Result<(), String> {
    match server {
        Some(server) => server.serve().await.map_err(|error| format!("no host can be accepted any more: {error}")),
        None => std::future::pending().await,
    }
}

/// One line for each key.
fn ready(attached: &Attached) {
    for seat in attached.keys().seats() {
        let (name, seed, power_up) = seat.port().with(|key| (key.profile().name.clone(), key.seed(), key.power_up()));
        // Whoever does not read it is not told.
        let _ = try_line(format_args!("ready at {}: {name}, seed {seed}, power-up {power_up}", seat.place()));
    }
}

async fn serve(server: Option<&control::Server>, keys: &Arc<Keys>) -> Result<(), String> {
    match server {
        Some(server) => server.serve(keys).await.map_err(|error| format!("no controller can be accepted any more: {error}")),
        None => std::future::pending().await,
    }
}
