//! A key at a socket: raw 64-byte reports over a Unix socket or loopback TCP.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::ctaphid::Report;
use crate::ctaphid::packet::REPORT_LENGTH;
use crate::{LineEvent, Port, ReportDevice, WallClock};

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

    /// Lets one host after another speak to the device, until it unplugs itself: then no host is connected any more.
    ///
    /// # Errors
    /// When no host can be accepted any more. What goes wrong with one host ends that host only.
    pub async fn serve<D: ReportDevice>(&self, port: &Port<D>, clock: &WallClock) -> io::Result<LineEvent> {
        loop {
            // A host that breaks off is a host that goes away.
            let attended = match &self.inner {
                Inner::Tcp(listener) => {
                    let (stream, _) = listener.accept().await?;
                    let _ = stream.set_nodelay(true);
                    attend(port, clock, stream).await
                }
                #[cfg(unix)]
                Inner::Unix(socket) => attend(port, clock, socket.listener.accept().await?.0).await,
            };
            port.with(|device| device.reset(clock.now()));
            if let Ok(Some(event)) = attended {
                return Ok(event);
            }
        }
    }
}

/// A host that sends and never reads is not read from either, once so many reports wait for it.
const MOST_BACKLOG: usize = 256;

/// One host, until it goes away (`None`) or the device does.
async fn attend<D: ReportDevice>(
    port: &Port<D>,
    clock: &WallClock,
    stream: impl AsyncRead + AsyncWrite + Unpin,
) -> io::Result<Option<LineEvent>> {
    let (reader, mut writer) = tokio::io::split(stream);
    let mut reader = BufReader::new(reader);
    let mut incoming: Report = [0; REPORT_LENGTH];
    let mut filled = 0;
    let mut outgoing: Option<(Report, usize)> = None;
    loop {
        let (next, line_event, deadline, backlog) = port.with(|device| {
            let next = outgoing.is_none().then(|| device.next_report(clock.now())).flatten();
            let idle = outgoing.is_none() && next.is_none();
            (next, idle.then(|| device.next_line_event()).flatten(), device.deadline(), device.backlog())
        });
        outgoing = outgoing.or(next.map(|report| (report, 0)));
        // A socket has no endpoint to stall. A device that leaves the bus, for how long ever, is gone.
        if let Some(event @ (LineEvent::Unplug { .. } | LineEvent::BusReset)) = line_event {
            return Ok(Some(event));
        }
        // `read` and `write` lose nothing when another branch comes first.
        tokio::select! {
            read = reader.read(incoming.get_mut(filled..).unwrap_or_default()), if backlog < MOST_BACKLOG => {
                match read? {
                    0 => return Ok(None),
                    count => filled += count,
                }
                if filled == REPORT_LENGTH {
                    filled = 0;
                    port.with(|device| device.receive(clock.now(), &incoming));
                }
            }
            written = write(&mut writer, outgoing.as_ref()) => {
                if let Some((_, done)) = &mut outgoing {
                    *done += written?;
                }
                outgoing = outgoing.filter(|(_, done)| *done < REPORT_LENGTH);
            }
            () = clock.reach(deadline) => port.with(|device| device.tick(clock.now())),
            () = port.changed() => {}
        }
    }
}

async fn write(writer: &mut (impl AsyncWrite + Unpin), outgoing: Option<&(Report, usize)>) -> io::Result<usize> {
    match outgoing {
        Some((report, done)) => writer.write(report.get(*done..).unwrap_or_default()).await,
        None => pending().await,
    }
}

/// Unix sockets that only their owner can open.
#[cfg(unix)]
pub mod unix {
    use std::fs::{self, DirBuilder, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
    use std::path::{Path, PathBuf};

    use tokio::net::UnixListener;

    use super::ListenError;

    /// A socket that listens; its file goes away with it.
    #[derive(Debug)]
    pub struct Socket {
        pub listener: UnixListener,
        pub path: PathBuf,
    }

    impl Socket {
        /// Listens at `path`, with mode 0600 from the first moment on.
        ///
        /// # Errors
        /// [`ListenError`] with what to do about it.
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
