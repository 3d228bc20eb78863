//! A key at Linux's UHID: the kernel takes it for a USB key that was plugged in, and makes its device node.

pub mod event;
mod reader;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::io::Errno;
use tokio::sync::mpsc;
use tokio::time::Instant;

use self::event::Event;
use crate::ctaphid::Report;
use crate::device_node::{self, SHARED_DEV, UDEV_RULE};
use crate::{Identity, LineEvent, Port, ReportDevice, WallClock};

const DEVICE: &str = "/dev/uhid";
/// The kernel keeps 64 reports for a program that reads late and forgets the next ones, without a word. A short message goes at once.
const BURST: u32 = 32;
/// After that, one report so often; a key on USB is asked no more often either.
const INTERVAL: Duration = Duration::from_millis(5);
/// A host that sends and never reads is not read from either, once so many reports wait for it.
const MOST_BACKLOG: usize = 256;

/// Why no key can be plugged in.
#[derive(Debug)]
#[non_exhaustive]
pub enum PlugError {
    /// The kernel has no UHID, or not yet.
    NoModule(io::Error),
    /// This user may not.
    NoPermission,
    /// This container may not.
    NoDeviceRule,
    Io(io::Error),
}

impl std::fmt::Display for PlugError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PlugError::NoModule(error) => write!(
                f,
                "{DEVICE} can't be opened ({error}): the kernel's module uhid is not loaded. This loads it: sudo modprobe uhid (a container has the \
                 computer's kernel: load it there, and start the container with {SHARED_DEV})"
            ),
            PlugError::NoPermission => write!(
                f,
                "{DEVICE} is there, but you may not open it. A udev rule allows it from now on to the group plugdev: {UDEV_RULE} && sudo \
                 udevadm trigger --name-match=uhid"
            ),
            PlugError::NoDeviceRule => {
                write!(f, "{DEVICE} is there, but this container may not open it. Start the container with {SHARED_DEV}")
            }
            PlugError::Io(error) => write!(f, "{DEVICE} can't be used: {error}"),
        }
    }
}

impl std::error::Error for PlugError {}

impl From<io::Error> for PlugError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => PlugError::NoModule(error),
            // Of the file's mode or its access control list; the other error is the control group's, which keeps root out as well.
            io::ErrorKind::PermissionDenied if error.raw_os_error() == Some(Errno::ACCESS.raw_os_error()) => PlugError::NoPermission,
            io::ErrorKind::PermissionDenied => PlugError::NoDeviceRule,
            // The node is made at boot even where the module is not.
            _ if error.raw_os_error() == Some(Errno::NODEV.raw_os_error()) => PlugError::NoModule(error),
            _ => PlugError::Io(error),
        }
    }
}

/// A key that is plugged in. Dropping it unplugs it; so does the end of the program, however it comes.
#[derive(Debug)]
pub struct UhidLink {
    device: Arc<File>,
    /// What the kernel tells.
    events: mpsc::Receiver<io::Result<Event>>,
    /// Where it is plugged in: no other device says the same.
    phys: String,
}

/// Plugs a key in. Needs a tokio runtime.
///
/// # Errors
/// [`PlugError`] with what is missing, and what mends it.
pub fn plug(identity: &Identity) -> Result<UhidLink, PlugError> {
    use std::os::unix::fs::OpenOptionsExt;
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let device = File::options().read(true).write(true).custom_flags(nonblocking).open(DEVICE)?;
    Ok(UhidLink::new(device, identity)?)
}

impl UhidLink {
    /// `device` does not block.
    fn new(device: File, identity: &Identity) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let phys = format!("faultkey/{}/{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let device = Arc::new(device);
        let link = Self { events: reader::start(Arc::clone(&device))?, device, phys };
        link.write(&event::create(identity, &link.phys))?;
        Ok(link)
    }

    /// The device node that programs open, once the kernel has made it.
    pub fn node(&self) -> Node {
        Node { phys: self.phys.clone() }
    }

    /// Carries reports until the device unplugs itself.
    ///
    /// # Errors
    /// When the kernel does not go on.
    pub async fn run<D: ReportDevice>(mut self, port: &Port<D>, clock: &WallClock) -> io::Result<LineEvent> {
        let mut pace = Pace::default();
        loop {
            let now = Instant::now();
            let held_back = pace.held_back(now);
            let (next, line_event, deadline, backlog) = port.with(|device| {
                let next = if held_back.is_none() { device.next_report(clock.now()) } else { None };
                let idle = held_back.is_none() && next.is_none();
                (next, if idle { device.next_line_event() } else { None }, device.deadline(), device.backlog())
            });
            // There is no endpoint to stall. A device that leaves the bus, for how long ever, is gone.
            if let Some(event @ (LineEvent::Unplug { .. } | LineEvent::BusReset)) = line_event {
                return Ok(event);
            }
            if let Some(report) = next {
                self.send(&report)?;
                pace.sent(now);
                continue;
            }
            tokio::select! {
                event = self.events.recv(), if backlog < MOST_BACKLOG => {
                    let ended = || io::Error::new(io::ErrorKind::BrokenPipe, "nobody reads from it any more");
                    self.take(event.ok_or_else(ended)??, port, clock)?;
                }
                () = clock.reach(deadline) => port.with(|device| device.tick(clock.now())),
                () = wait(held_back) => {}
                () = port.changed() => {}
            }
        }
    }

    fn take<D: ReportDevice>(&self, event: Event, port: &Port<D>, clock: &WallClock) -> io::Result<()> {
        match event {
            Event::Output(report) => {
                port.with(|device| device.receive(clock.now(), &report));
                Ok(())
            }
            // Whoever asks, or sets, sleeps in the kernel until it is answered.
            Event::GetReport { id } => self.write(&event::get_report_refused(id)),
            Event::SetReport { id, report: Some(report) } => {
                port.with(|device| device.receive(clock.now(), &report));
                self.write(&event::set_report_done(id))
            }
            Event::SetReport { id, report: None } => self.write(&event::set_report_refused(id)),
            // A key on USB does not learn which programs have it open.
            Event::Start | Event::Stop | Event::Open | Event::Close | Event::Other(_) => Ok(()),
        }
    }

    fn send(&self, report: &Report) -> io::Result<()> {
        self.write(&event::input(report))
    }

    /// The kernel takes every event at once, and whole.
    fn write(&self, event: &[u8]) -> io::Result<()> {
        self.device.as_ref().write_all(event)
    }
}

/// Where the device node will be.
#[derive(Clone, Debug)]
pub struct Node {
    phys: String,
}

impl Node {
    /// Waits for it: `/dev/hidraw3`.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] when there is none after `patience`.
    pub async fn appears(&self, patience: Duration) -> io::Result<PathBuf> {
        let name = || find(Path::new("/sys/class/hidraw"), &self.phys);
        device_node::appears(name, "hid_generic and hidraw", patience).await
    }
}

impl Drop for UhidLink {
    fn drop(&mut self) {
        // At once. If it can't be, the key goes when the reader has closed its end.
        let _ = self.write(&event::destroy());
    }
}

async fn wait(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// How fast reports go: a burst that is paid back over time.
#[derive(Debug, Default)]
struct Pace {
    /// When everything that was sent would have been, at one report an interval.
    paid_at: Option<Instant>,
}

impl Pace {
    /// When the next one may go, if not now.
    fn held_back(&self, now: Instant) -> Option<Instant> {
        self.paid_at.and_then(|paid| paid.checked_sub(INTERVAL * (BURST - 1))).filter(|earliest| *earliest > now)
    }

    fn sent(&mut self, now: Instant) {
        self.paid_at = Some(self.paid_at.map_or(now, |paid| paid.max(now)) + INTERVAL);
    }
}

/// The name of the hidraw device at this place.
fn find(class: &Path, phys: &str) -> Option<String> {
    let wanted = format!("HID_PHYS={phys}");
    let names = fs::read_dir(class).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut there = names.filter(|name| {
        let told = fs::read_to_string(class.join(name).join("device/uevent")).unwrap_or_default();
        told.lines().any(|line| line == wanted)
    });
    there.next()
}

#[cfg(test)]
mod tests;
