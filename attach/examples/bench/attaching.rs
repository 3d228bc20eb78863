//! From the order to plug a key in to the moment at which a host can use it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use faultkey_attach::{Keyring, Place, Plan, Stack, Via};
use faultkey_fault_injection::profile;
use faultkey_transport::socket::Address;

use crate::table;

const ROUNDS: usize = 50;
/// Fewer where it takes longer: the kernel, and whole programs.
const ROUNDS_IN_THE_KERNEL: usize = 20;
const STARTS: usize = 20;
#[cfg(target_os = "linux")]
const PATIENCE: Duration = Duration::from_secs(10);
/// For the kernel to clear away the key before. Not measured.
const PAUSE: Duration = Duration::from_millis(200);

/// A key as `faultkey attach` makes it when nothing else is said.
pub fn plan() -> Result<Plan, String> {
    Ok(Plan::new(profile::find("security-key").ok_or("there is no profile security-key")?.clone()))
}

pub async fn at_a_socket(program: &Path) -> Result<(), String> {
    let folder = Folder::new()?;
    let path = folder.path("key");
    for (name, on_disk) in [("memory", false), ("sled", true)] {
        let mut times = Vec::new();
        for round in 0..ROUNDS {
            let place = if on_disk { Place::Folder(folder.path(&format!("store-{round}"))) } else { Place::Memory };
            let plan = Plan { place, ..plan()? };
            times.push(attach(plan, Via::Socket(Address::Path(path.clone()))).await?);
        }
        table::line_with_goal(&format!("attach to ready, socket, store: {name}"), &times);
    }
    let socket = ["--via", "socket", "--listen"].map(str::to_owned).into_iter().chain([path.display().to_string()]);
    table::line_with_goal("  the program, from its start to its line `ready`", &starts(program, &folder, socket.collect())?);
    Ok(())
}

pub async fn in_the_kernel(program: &Path) -> Result<(), String> {
    let folder = Folder::new()?;
    for (name, via, stack) in
        [("UHID", Via::Uhid, Stack::Own), ("USB/IP", Via::UsbIp, Stack::Own), ("USB/IP, usbd-ctaphid", Via::UsbIp, Stack::UsbdCtaphid)]
    {
        let what = format!("attach to ready, {name}");
        let mut times = Vec::new();
        let mut refused = None;
        while times.len() < ROUNDS_IN_THE_KERNEL && refused.is_none() {
            match attach(Plan { stack, ..plan()? }, via.clone()).await {
                Ok(time) => {
                    times.push(time);
                    tokio::time::sleep(PAUSE).await;
                }
                Err(why) => refused = Some(why),
            }
        }
        if let Some(why) = refused {
            table::remark(&what, &format!("not measured: {why}"));
            continue;
        }
        table::line_with_goal(&what, &times);
        if stack == Stack::Own {
            ours(&via).await?;
        }
        let mut options = vec!["--via", if matches!(via, Via::Uhid) { "uhid" } else { "usbip" }];
        if stack == Stack::UsbdCtaphid {
            options.extend(["--stack", "usbd-ctaphid"]);
        }
        let options = options.into_iter().map(str::to_owned).collect();
        table::line("  the program, from its start to its line `ready`", &starts(program, &folder, options)?);
    }
    Ok(())
}

/// How long it takes until the key is ready, device node there.
async fn attach(plan: Plan, via: Via) -> Result<Duration, String> {
    let started = Instant::now();
    let mut keyring = Keyring::default();
    keyring.add(plan, via, None, None)?;
    let attached = keyring.attach().await?;
    let took = started.elapsed();
    attached.end().await;
    Ok(took)
}

/// The part of it that is faultkey's: until the kernel has been told. The rest is the kernel's, which asks the device what it is, and makes the node.
#[cfg(target_os = "linux")]
async fn ours(via: &Via) -> Result<(), String> {
    use faultkey_authenticator::Time;
    use faultkey_transport::usbip::vhci;
    use faultkey_transport::{Port, WallClock, uhid};

    let is_uhid = matches!(via, Via::Uhid);
    let failed = |error: &dyn std::fmt::Display| error.to_string();
    let mut times = Vec::new();
    for _ in 0..ROUNDS_IN_THE_KERNEL {
        let started = Instant::now();
        let (mut key, mut meter) = plan()?.build().map_err(|error| failed(&error))?;
        let power_up = meter.power_up().map_err(|error| failed(&error))?;
        key.plug(Time::START, power_up).map_err(|error| failed(&error))?;
        let identity = faultkey_attach::identity::of(key.profile(), 1);
        // The node is waited for all the same: a key that is gone at once is none to the kernel.
        if is_uhid {
            let link = uhid::plug(&identity).map_err(|error| failed(&error))?;
            times.push(started.elapsed());
            link.node().appears(PATIENCE).await.map_err(|error| failed(&error))?;
        } else {
            let link = vhci::plug(&identity).map_err(|error| failed(&error))?;
            times.push(started.elapsed());
            let (node, port, clock) = (link.node(), Port::new(key), WallClock::start());
            tokio::select! {
                ended = link.run(&port, &clock) => return Err(format!("the kernel let the key go: {ended:?}")),
                node = node.appears(PATIENCE) => drop(node.map_err(|error| failed(&error))?),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    let told = if is_uhid { "UHID_CREATE2 is written" } else { "vhci_hcd has the device" };
    table::line(&format!("  faultkey's part: until {told}"), &times);
    Ok(())
}

#[cfg(not(target_os = "linux"))]
async fn ours(_via: &Via) -> Result<(), String> {
    Ok(())
}

/// Starts the program so often, and stops the time when it says that it is ready.
fn starts(program: &Path, folder: &Folder, options: Vec<String>) -> Result<Vec<Duration>, String> {
    let failed = |error: std::io::Error| format!("{} attach {}: {error}", program.display(), options.join(" "));
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let started = Instant::now();
        let mut command = Command::new(program);
        command.args(["attach", "--quiet", "--control"]).arg(folder.path("control")).args(&options);
        let mut running = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut line = String::new();
        BufReader::new(running.stdout.take().ok_or("no output")?).read_line(&mut line).map_err(failed)?;
        times.push(started.elapsed());
        // By `quit`, so that the next one finds everything cleared.
        let quit = Command::new(program).arg("ctl").arg("--control").arg(folder.path("control")).arg("quit").output().map_err(failed)?;
        if !line.starts_with("ready at ") || !quit.status.success() {
            drop(running.kill());
            return Err(format!("{} attach {} did not get ready: {line}", program.display(), options.join(" ")));
        }
        running.wait().map_err(failed)?;
    }
    Ok(times)
}

/// A folder for one run, gone at its end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("faultkey-bench-{}", std::process::id()));
        std::fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left lies in the folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
