//! A device plugged straight into this computer's kernel: vhci_hcd takes one end of a socket pair by a file in sysfs. No `usbip` tool, no port.

use std::fmt;
use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::link::attend;
use super::wire::FULL_SPEED;
use super::{Connection, DeviceRecord};
use crate::device_node::{self, SHARED_DEV, UDEV_RULE};
use crate::usb::{Device, Parts, Pluggable};
use crate::{Identity, LineEvent, WallClock};

/// The driver's folder.
pub const SYSFS: &str = "/sys/devices/platform/vhci_hcd.0";
/// Another program may be faster at a port that was free.
const MOST_TRIES: usize = 16;

/// Why no device can be plugged in.
#[derive(Debug)]
#[non_exhaustive]
pub enum PlugError {
    /// The kernel has no vhci_hcd, or not yet. With the folder that is missing.
    NoModule(PathBuf),
    /// This user may not. With the file.
    NoPermission(PathBuf),
    /// A container's sysfs that can't be written. With the file.
    ReadOnly(PathBuf),
    /// A container's AppArmor profile, which keeps root out as well.
    Confined {
        file: PathBuf,
        profile: String,
    },
    /// All of so many ports are taken.
    NoFreePort(usize),
    Io {
        path: PathBuf,
        error: io::Error,
    },
}

impl fmt::Display for PlugError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlugError::NoModule(folder) => write!(
                f,
                "{} is not there: the kernel's module vhci_hcd is not loaded. This loads it: sudo modprobe vhci_hcd (where it is not installed: the \
                 package linux-modules-extra-$(uname -r) on Ubuntu; a container has the computer's kernel: load it there)",
                folder.display()
            ),
            PlugError::NoPermission(file) => write!(
                f,
                "{0} is there, but you may not write it. A udev rule allows it from now on to the group plugdev: {UDEV_RULE} && sudo \
                 udevadm trigger --sysname-match=vhci_hcd.0\n  This allows it until the module is loaded again: sudo chown \"$USER\" {0}",
                file.display()
            ),
            PlugError::ReadOnly(file) => {
                let (file, folder) = (file.display(), file.parent().unwrap_or(file).display());
                write!(
                    f,
                    "{file} can't be written, because sysfs is read-only here. Start the container with --volume {folder}:{folder} {SHARED_DEV}"
                )
            }
            PlugError::Confined { file, profile } => write!(
                f,
                "{} can't be written: this container's AppArmor profile, {profile}, forbids it. Start the container with --security-opt apparmor=unconfined",
                file.display()
            ),
            PlugError::NoFreePort(ports) => write!(
                f,
                "all {ports} ports of vhci_hcd are taken. This lists them: usbip port; this frees one: sudo usbip detach -p NUMBER"
            ),
            PlugError::Io { path, error } => write!(f, "{} can't be used: {error}", path.display()),
        }
    }
}

impl std::error::Error for PlugError {}

impl PlugError {
    fn new(path: &Path, error: io::Error) -> Self {
        let is_root = rustix::process::geteuid().is_root();
        Self::explained(path, error, is_root.then(apparmor_profile).flatten())
    }

    /// `confined` is the profile that keeps root out, where there is one.
    fn explained(path: &Path, error: io::Error, confined: Option<String>) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => match confined {
                Some(profile) => PlugError::Confined { file: path.to_owned(), profile },
                None => PlugError::NoPermission(path.to_owned()),
            },
            io::ErrorKind::ReadOnlyFilesystem => PlugError::ReadOnly(path.to_owned()),
            _ => PlugError::Io { path: path.to_owned(), error },
        }
    }
}

/// The AppArmor profile that this program is confined by.
fn apparmor_profile() -> Option<String> {
    profile_in(&fs::read_to_string("/proc/self/attr/current").ok()?)
}

/// The file has `docker-default (enforce)`, or `unconfined`, or what another security module says.
fn profile_in(label: &str) -> Option<String> {
    label.trim_end_matches(['\n', '\0']).strip_suffix(" (enforce)").map(str::to_owned)
}

/// A device that is plugged in. Dropping it unplugs it; so does the end of the program, however it comes: the kernel sees its socket closed.
#[derive(Debug)]
pub struct VhciLink {
    stream: tokio::net::UnixStream,
    record: DeviceRecord,
    port: u32,
    sysfs: PathBuf,
}

/// Plugs a device in. Needs a tokio runtime.
///
/// # Errors
/// [`PlugError`] with what is missing, and what mends it.
pub fn plug(identity: &Identity) -> Result<VhciLink, PlugError> {
    plug_at(Path::new(SYSFS), identity)
}

/// The same, where the driver's folder is elsewhere.
///
/// # Errors
/// [`PlugError`].
pub fn plug_at(sysfs: &Path, identity: &Identity) -> Result<VhciLink, PlugError> {
    if !sysfs.is_dir() {
        return Err(PlugError::NoModule(sysfs.to_owned()));
    }
    let attach = sysfs.join("attach");
    let (ours, theirs) = UnixStream::pair().map_err(|error| PlugError::new(sysfs, error))?;
    ours.set_nonblocking(true).map_err(|error| PlugError::new(sysfs, error))?;
    let mut tries = 0;
    let port = loop {
        let port = free_port(sysfs)?;
        let record = DeviceRecord { number: port + 1, identity: identity.clone() };
        let line = format!("{port} {} {} {FULL_SPEED}", theirs.as_raw_fd(), record.device_id());
        tries += 1;
        match fs::OpenOptions::new().write(true).open(&attach).and_then(|mut file| io::Write::write_all(&mut file, line.as_bytes())) {
            Ok(()) => break port,
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && tries < MOST_TRIES => {}
            Err(error) => return Err(PlugError::new(&attach, error)),
        }
    };
    // The kernel has the other end; ours alone keeps the device plugged in.
    drop(theirs);
    let stream = tokio::net::UnixStream::from_std(ours).map_err(|error| PlugError::new(sysfs, error))?;
    let record = DeviceRecord { number: port + 1, identity: identity.clone() };
    Ok(VhciLink { stream, record, port, sysfs: sysfs.to_owned() })
}

impl VhciLink {
    /// The port of vhci_hcd, as `usbip port` shows it.
    #[must_use]
    pub fn port(&self) -> u32 {
        self.port
    }

    /// The device node that programs open, once the kernel has made it: `/dev/hidraw3`. Only while [`VhciLink::run`] runs: the kernel asks first.
    pub fn node(&self) -> Node {
        Node { port: self.port, sysfs: self.sysfs.clone() }
    }

    /// Carries transfers until the device unplugs itself, or is unplugged by `usbip detach` (`None`).
    ///
    /// # Errors
    /// When the kernel does not go on.
    pub async fn run<P: Pluggable>(self, plugged: &P, clock: &WallClock) -> io::Result<Option<LineEvent>> {
        let parts = Parts::default();
        let mut device = Device::new(&parts, &self.record.identity, plugged.function(&parts));
        let attended = attend(&mut device, plugged, clock, Connection::new(&self.record), self.stream).await;
        device.reset(clock.now());
        attended
    }
}

/// Where the device node will be.
#[derive(Clone, Debug)]
pub struct Node {
    port: u32,
    sysfs: PathBuf,
}

impl Node {
    /// Waits for it: `/dev/hidraw3`.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] when there is none after `patience`.
    pub async fn appears(&self, patience: Duration) -> io::Result<PathBuf> {
        let name = || self.find(Path::new("/sys/bus/usb/devices"));
        device_node::appears(name, "usbhid and hid_generic", patience).await
    }

    /// `hidraw3`.
    fn find(&self, devices: &Path) -> Option<String> {
        let ports = ports(&self.sysfs).ok()?;
        let bus_id = &ports.iter().find(|port| port.number == self.port)?.bus_id;
        let interface = devices.join(format!("{bus_id}:1.0"));
        let names = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
        let mut nodes = names(interface).flat_map(|hid| names(hid.path().join("hidraw")));
        nodes.find_map(|node| node.file_name().into_string().ok())
    }
}

/// One port, as the driver's files `status`, `status.1` and so on have it, a line each: `hs  0000 004 000 00000000 000000 0-0`.
#[derive(Debug)]
struct Port {
    number: u32,
    high_speed: bool,
    free: bool,
    /// Of the device, once the kernel has set it up.
    bus_id: String,
}

/// `VDEV_ST_NULL`.
const FREE: &str = "004";

impl Port {
    fn parse(line: &str) -> Option<Self> {
        let [hub, number, status, _speed, _device, _socket, bus_id] = *line.split_whitespace().collect::<Vec<_>>() else { return None };
        let number = number.parse().ok()?;
        Some(Port { number, high_speed: hub == "hs", free: status == FREE, bus_id: bus_id.to_owned() })
    }
}

fn ports(sysfs: &Path) -> Result<Vec<Port>, PlugError> {
    let mut ports = Vec::new();
    for controller in 0.. {
        let path = if controller == 0 { sysfs.join("status") } else { sysfs.join(format!("status.{controller}")) };
        match fs::read_to_string(&path) {
            // The heading is no port.
            Ok(text) => ports.extend(text.lines().filter_map(Port::parse)),
            Err(error) if controller > 0 && error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(PlugError::new(&path, error)),
        }
    }
    Ok(ports)
}

/// A port for devices up to USB 2: those of the high-speed hub.
fn free_port(sysfs: &Path) -> Result<u32, PlugError> {
    let ports = ports(sysfs)?;
    let fitting = || ports.iter().filter(|port| port.high_speed);
    fitting().find(|port| port.free).map(|port| port.number).ok_or_else(|| PlugError::NoFreePort(fitting().count()))
}

#[cfg(test)]
mod tests;
