//! A server of devices that hosts fetch over TCP.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::link::attend;
use super::wire::{self, ImportRefusal, Operation};
use super::{Connection, DeviceRecord};
use crate::socket::ListenError;
use crate::usb::{Device, Parts, Pluggable};
use crate::{Identity, LineEvent, WallClock};

/// The port that hosts ask at when they are not told another.
pub const DEFAULT_PORT: u16 = 3240;
/// How long a host may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// Hosts that may be saying it at the same time. More are sent away.
const MOST_UNDECIDED: usize = 64;

/// Who may reach the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Programs on this computer.
    #[default]
    Loopback,
    /// Whoever can reach the address. USB/IP asks nobody for a password.
    Anybody,
}

/// Listens, lists its devices and hands them out, each to one host at a time.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    shelf: Arc<Shelf>,
    patience: Duration,
}

type Shelf = Mutex<BTreeMap<u32, Entry>>;

#[derive(Debug)]
struct Entry {
    record: DeviceRecord,
    busy: Arc<AtomicBool>,
    hosts: mpsc::UnboundedSender<Host>,
}

/// A host that has fetched the device. Dropping it makes the device free.
#[derive(Debug)]
struct Host {
    stream: TcpStream,
    claim: Claim,
}

#[derive(Debug)]
struct Claim(Arc<AtomicBool>);

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Server {
    /// Listens. Port 0 is one that the system chooses; hosts expect [`DEFAULT_PORT`].
    ///
    /// # Errors
    /// [`ListenError`] with what to do about it.
    pub async fn bind(address: SocketAddr, reach: Reach) -> Result<Self, ListenError> {
        if reach == Reach::Loopback && !address.ip().is_loopback() {
            return Err(ListenError::NotLoopback(address));
        }
        let listener = TcpListener::bind(address).await.map_err(|error| ListenError::Io { at: address.to_string(), error })?;
        Ok(Self { listener, shelf: Arc::default(), patience: PATIENCE })
    }

    /// How long a host may take to say what it wants, if not 10 seconds.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What the person who started it must know: `None` where only this computer's programs reach it.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let address = self.address().ok().filter(|address| !address.ip().is_loopback())?;
        Some(format!(
            "whoever reaches {address} can fetch this key and use it: USB/IP has no password and no encryption. Listen on 127.0.0.1 and forward the \
             port over ssh, unless this network is yours alone"
        ))
    }

    /// Puts a device on the shelf, with the lowest bus id that is free. Dropping the slot takes it away.
    #[must_use]
    pub fn plug(&self, identity: &Identity) -> Slot {
        let mut shelf = lock(&self.shelf);
        let number = (1..).find(|number| !shelf.contains_key(number)).unwrap_or(u32::MAX);
        let record = DeviceRecord { number, identity: identity.clone() };
        let (sender, hosts) = mpsc::unbounded_channel();
        shelf.insert(number, Entry { record: record.clone(), busy: Arc::default(), hosts: sender });
        Slot { record, hosts, shelf: Arc::clone(&self.shelf) }
    }

    /// Answers hosts. The devices that they fetch are served by [`Slot::run`].
    ///
    /// # Errors
    /// When no host can be accepted any more. What goes wrong with one host ends that host only.
    pub async fn serve(&self) -> io::Result<()> {
        let mut undecided = JoinSet::new();
        loop {
            let (stream, _) = self.listener.accept().await?;
            while undecided.try_join_next().is_some() {}
            if undecided.len() < MOST_UNDECIDED {
                let (shelf, patience) = (Arc::clone(&self.shelf), self.patience);
                undecided.spawn(async move {
                    // A host that breaks off, says nonsense or nothing is a host that goes away.
                    let _ = timeout(patience, welcome(stream, &shelf)).await;
                });
            }
        }
    }
}

/// One operation, as the servers of Linux do it.
async fn welcome(mut stream: TcpStream, shelf: &Shelf) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match read_operation(&mut stream).await? {
        Operation::DeviceList => {
            let devices: Vec<DeviceRecord> = lock(shelf).values().map(|entry| entry.record.clone()).collect();
            stream.write_all(&wire::device_list(&devices)).await?;
            stream.shutdown().await
        }
        Operation::Import(bus_id) => match claim(shelf, &bus_id) {
            Ok((record, claim, hosts)) => {
                stream.write_all(&wire::import(Ok(&record))).await?;
                // A slot that is gone has no use for it: dropped, and with it the connection.
                let _ = hosts.send(Host { stream, claim });
                Ok(())
            }
            Err(refusal) => {
                stream.write_all(&wire::import(Err(refusal))).await?;
                stream.shutdown().await
            }
        },
    }
}

async fn read_operation(stream: &mut TcpStream) -> io::Result<Operation> {
    let mut bytes = Vec::new();
    loop {
        match Operation::parse(&bytes)? {
            Some((operation, _)) => return Ok(operation),
            None => {
                // Not one byte more than the operation has: the next are for the device.
                let missing = if bytes.len() < 8 { 8 - bytes.len() } else { Operation::LONGEST - bytes.len() };
                let read = stream.take(u64::try_from(missing).unwrap_or(0)).read_buf(&mut bytes).await?;
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
    }
}

type Claimed = (DeviceRecord, Claim, mpsc::UnboundedSender<Host>);

fn claim(shelf: &Shelf, bus_id: &[u8]) -> Result<Claimed, ImportRefusal> {
    let shelf = lock(shelf);
    let entry = shelf.values().find(|entry| entry.record.bus_id().as_bytes() == bus_id).ok_or(ImportRefusal::NoDevice)?;
    if entry.busy.swap(true, Ordering::AcqRel) {
        return Err(ImportRefusal::Busy);
    }
    Ok((entry.record.clone(), Claim(Arc::clone(&entry.busy)), entry.hosts.clone()))
}

/// A device's place at the server.
#[derive(Debug)]
pub struct Slot {
    record: DeviceRecord,
    hosts: mpsc::UnboundedReceiver<Host>,
    shelf: Arc<Shelf>,
}

impl Slot {
    /// How hosts name the device: `1-1`.
    #[must_use]
    pub fn bus_id(&self) -> String {
        self.record.bus_id()
    }

    /// Lets one host after another have the device, until it unplugs itself: then no host has it any more.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn run<P: Pluggable>(mut self, plugged: &P, clock: &WallClock) -> io::Result<LineEvent> {
        let parts = Parts::default();
        let identity = self.record.identity.clone();
        let mut device = Device::new(&parts, &identity, plugged.function(&parts));
        loop {
            let Host { stream, claim } = tokio::select! {
                host = self.hosts.recv() => host.ok_or(io::ErrorKind::BrokenPipe)?,
                gone = unplugged(&mut device, plugged, clock) => {
                    device.reset(clock.now());
                    return Ok(gone);
                }
            };
            let connection = Connection::new(&self.record);
            let attended = attend(&mut device, plugged, clock, connection, stream).await;
            device.reset(clock.now());
            drop(claim);
            if let Ok(Some(event)) = attended {
                return Ok(event);
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        lock(&self.shelf).remove(&self.record.number);
    }
}

/// Until a device that no host has unplugs itself.
async fn unplugged(device: &mut Device<'_>, plugged: &impl Pluggable, clock: &WallClock) -> LineEvent {
    loop {
        device.work(clock.now());
        if let Some(event) = device.next_line_event() {
            return event;
        }
        tokio::select! {
            () = clock.reach(device.deadline()) => {}
            () = plugged.changed() => {}
        }
    }
}

fn lock(shelf: &Shelf) -> MutexGuard<'_, BTreeMap<u32, Entry>> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}
