//! A key at a socket: raw 64-byte reports over a Unix socket or loopback TCP. The only place of this crate with I/O and a real clock.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use faultkey_authenticator::{CommandSteps, Time};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep_until};

use crate::ctaphid::packet::REPORT_LENGTH;
use crate::ctaphid::{Engine, HidEvent, Report, Touch};

/// Turns the real clock into the time of the rooms below.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    start: Instant,
}

impl WallClock {
    /// [`Time::START`] is now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    #[must_use]
    pub fn now(&self) -> Time {
        Time::START + self.start.elapsed()
    }

    fn instant(&self, time: Time) -> Instant {
        self.start + Duration::from_millis(time.as_millis())
    }
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket, which only its owner can open.
    Path(PathBuf),
    /// TCP, on loopback only.
    Tcp(SocketAddr),
}

/// Why nothing listens there.
#[derive(Debug)]
#[non_exhaustive]
pub enum ListenError {
    NotLoopback(SocketAddr),
    /// Another program listens there.
    InUse(PathBuf),
    /// Something that is not a socket is there.
    NotASocket(PathBuf),
    /// This system has no Unix sockets.
    NoUnixSockets,
    Io {
        at: String,
        error: io::Error,
    },
}

impl std::fmt::Display for ListenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ListenError::NotLoopback(address) => write!(
                f,
                "{address} is not a loopback address, and whoever reaches the key may use it; listen on 127.0.0.1 or [::1], or at a Unix socket"
            ),
            ListenError::InUse(path) => write!(f, "another program listens at {}; end it, or choose another path", path.display()),
            ListenError::NotASocket(path) => {
                write!(f, "{} is there already and is no socket; nothing was changed, choose another path", path.display())
            }
            ListenError::NoUnixSockets => f.write_str("there are no Unix sockets on this system; listen on 127.0.0.1:PORT"),
            ListenError::Io { at, error } => write!(f, "can't listen at {at}: {error}"),
        }
    }
}

impl std::error::Error for ListenError {}

/// A socket that listens. A Unix socket's file is removed when this is dropped.
#[derive(Debug)]
pub struct Listener {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(unix::Socket),
}

impl Listener {
    /// Listens.
    ///
    /// # Errors
    /// [`ListenError`] with what to do about it.
    pub async fn bind(address: &Address) -> Result<Self, ListenError> {
        let inner = match address {
            Address::Tcp(address) if !address.ip().is_loopback() => return Err(ListenError::NotLoopback(*address)),
            Address::Tcp(address) => {
                let io = |error| ListenError::Io { at: address.to_string(), error };
                Inner::Tcp(TcpListener::bind(address).await.map_err(io)?)
            }
            Address::Path(path) => Self::at_path(path)?,
        };
        Ok(Self { inner })
    }

    #[cfg(unix)]
    fn at_path(path: &Path) -> Result<Inner, ListenError> {
        unix::Socket::bind(path).map(Inner::Unix)
    }

    #[cfg(not(unix))]
    fn at_path(_path: &Path) -> Result<Inner, ListenError> {
        Err(ListenError::NoUnixSockets)
    }

    /// Where it listens, with the port that the system chose if it was asked to.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<Address> {
        match &self.inner {
            Inner::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            Inner::Unix(socket) => Ok(Address::Path(socket.path.clone())),
        }
    }

    /// Lets one client after another speak to the engine, until the future is dropped. `watch` is told what happens.
    ///
    /// # Errors
    /// When no client can be accepted any more. What goes wrong with one client ends that client only.
    pub async fn serve<S: CommandSteps, T: Touch>(
        &self,
        engine: &mut Engine<S, T>,
        clock: &WallClock,
        mut watch: impl FnMut(Time, HidEvent),
    ) -> io::Result<Infallible> {
        loop {
            // A client that breaks off is a client that goes away.
            let _ = match &self.inner {
                Inner::Tcp(listener) => {
                    let (stream, _) = listener.accept().await?;
                    let _ = stream.set_nodelay(true);
                    attend(engine, clock, stream, &mut watch).await
                }
                #[cfg(unix)]
                Inner::Unix(socket) => attend(engine, clock, socket.listener.accept().await?.0, &mut watch).await,
            };
            engine.reset(clock.now());
            drain(engine, clock, &mut watch);
        }
    }
}

/// A host that sends and never reads is not read from either, once so many reports wait for it.
const MOST_BACKLOG: usize = 256;

/// One client, until it goes away.
async fn attend<S: CommandSteps, T: Touch>(
    engine: &mut Engine<S, T>,
    clock: &WallClock,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    watch: &mut impl FnMut(Time, HidEvent),
) -> io::Result<()> {
    let (reader, mut writer) = tokio::io::split(stream);
    let mut reader = BufReader::new(reader);
    let mut incoming: Report = [0; REPORT_LENGTH];
    let mut filled = 0;
    let mut outgoing: Option<(Report, usize)> = None;
    loop {
        drain(engine, clock, watch);
        if outgoing.is_none() {
            outgoing = engine.next_report().map(|report| (report, 0));
        }
        let deadline = engine.deadline();
        // `read` and `write` lose nothing when another branch comes first.
        tokio::select! {
            read = reader.read(incoming.get_mut(filled..).unwrap_or_default()), if engine.backlog() < MOST_BACKLOG => {
                match read? {
                    0 => return Ok(()),
                    count => filled += count,
                }
                if filled == REPORT_LENGTH {
                    filled = 0;
                    engine.receive(clock.now(), &incoming);
                }
            }
            written = write(&mut writer, outgoing.as_ref()) => {
                if let Some((_, done)) = &mut outgoing {
                    *done += written?;
                }
                outgoing = outgoing.filter(|(_, done)| *done < REPORT_LENGTH);
            }
            () = reach(clock, deadline) => engine.tick(clock.now()),
        }
    }
}

async fn write(writer: &mut (impl AsyncWrite + Unpin), outgoing: Option<&(Report, usize)>) -> io::Result<usize> {
    match outgoing {
        Some((report, done)) => writer.write(report.get(*done..).unwrap_or_default()).await,
        None => pending().await,
    }
}

async fn reach(clock: &WallClock, deadline: Option<Time>) {
    match deadline {
        Some(deadline) => sleep_until(clock.instant(deadline)).await,
        None => pending().await,
    }
}

fn drain<S: CommandSteps, T: Touch>(engine: &mut Engine<S, T>, clock: &WallClock, watch: &mut impl FnMut(Time, HidEvent)) {
    while let Some(event) = engine.next_event() {
        watch(clock.now(), event);
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, DirBuilder, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
    use std::path::{Path, PathBuf};

    use tokio::net::UnixListener;

    use super::ListenError;

    #[derive(Debug)]
    pub struct Socket {
        pub listener: UnixListener,
        pub path: PathBuf,
    }

    impl Socket {
        pub fn bind(path: &Path) -> Result<Self, ListenError> {
            let io = |error| ListenError::Io { at: path.display().to_string(), error };
            if let Ok(there) = fs::symlink_metadata(path) {
                if !there.file_type().is_socket() {
                    return Err(ListenError::NotASocket(path.to_owned()));
                }
                // A program that was killed leaves its socket's file behind; nobody answers there.
                if std::os::unix::net::UnixStream::connect(path).is_ok() {
                    return Err(ListenError::InUse(path.to_owned()));
                }
            }
            let listener = Self::bind_privately(path).map_err(io)?;
            Ok(Self { listener, path: path.to_owned() })
        }

        /// Bound in a folder that nobody else can enter, and moved when its mode is right: there is no moment for anybody else.
        fn bind_privately(path: &Path) -> io::Result<UnixListener> {
            let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
            // Short, since a socket's whole path has to fit into about 100 bytes.
            let folder = path.with_file_name(format!(".fk{}", std::process::id()));
            DirBuilder::new().mode(0o700).create(&folder)?;
            let inside = folder.join(name);
            let bound = UnixListener::bind(&inside).and_then(|listener| {
                fs::set_permissions(&inside, Permissions::from_mode(0o600))?;
                fs::rename(&inside, path)?;
                Ok(listener)
            });
            let _ = fs::remove_file(&inside);
            fs::remove_dir(&folder)?;
            bound
        }
    }

    impl Drop for Socket {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
