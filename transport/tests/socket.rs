//! A real authenticator at real sockets.
#![cfg(unix)]

use std::io;
use std::path::Path;

use faultkey_authenticator::{Authenticator, Config as Device, MemoryStore, random};
use faultkey_transport::ctaphid::{BROADCAST, Config, Engine, Policy, Presence, Report, command, fragment};
use faultkey_transport::socket::{Address, ListenError, Listener};
use faultkey_transport::{Port, WallClock};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

type Key = Engine<Authenticator, Policy>;

fn engine(presence: Presence) -> Key {
    let authenticator = Authenticator::new(Device::default(), Box::<MemoryStore>::default(), random::stream(1, "socket"));
    Engine::new(Config::default(), authenticator, Policy { presence, ..Policy::default() })
}

/// Runs `client` while the key is served.
async fn with_key<T>(listener: &Listener, key: Key, client: impl Future<Output = io::Result<T>>) -> T {
    let (port, clock) = (Port::new(key), WallClock::start());
    tokio::select! {
        served = listener.serve(&port, &clock) => panic!("{served:?}"),
        result = client => result.unwrap(),
    }
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), channel: u32, command: u8, message: &[u8]) -> io::Result<()> {
    stream.write_all(&fragment(channel, command, message).unwrap().concat()).await
}

async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Report> {
    let mut report = [0; 64];
    stream.read_exact(&mut report).await?;
    Ok(report)
}

async fn open(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<u32> {
    send(stream, BROADCAST, command::INIT, b"12345678").await?;
    Ok(u32::from_be_bytes(receive(stream).await?[15..19].try_into().unwrap()))
}

/// A long PING and getInfo.
async fn converse(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    let channel = open(stream).await?;
    send(stream, channel, command::PING, &[7; 7_609]).await?;
    for report in fragment(channel, command::PING, &[7; 7_609]).unwrap() {
        assert_eq!(receive(stream).await?, report);
    }
    send(stream, channel, command::CBOR, &[0x04]).await?;
    let answer = receive(stream).await?;
    assert_eq!((&answer[..5], answer[7]), (&[&channel.to_be_bytes()[..], &[0x90]].concat()[..], 0x00));
    Ok(())
}

async fn at(path: &Path) -> Result<Listener, ListenError> {
    Listener::bind(&Address::Path(path.to_owned())).await
}

#[tokio::test]
async fn clients_come_one_after_another_over_tcp() {
    let listener = Listener::bind(&Address::Tcp("127.0.0.1:0".parse().unwrap())).await.unwrap();
    let Address::Tcp(address) = listener.address().unwrap() else { panic!("no TCP address") };
    let client = async {
        for _ in 0..3 {
            converse(&mut TcpStream::connect(address).await?).await?;
        }
        Ok(())
    };
    with_key(&listener, engine(Presence::AtOnce), client).await;
}

#[tokio::test]
async fn a_unix_socket_is_its_owners_only_and_goes_away() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let listener = at(&path).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(listener.address().unwrap(), Address::Path(path.clone()));
    with_key(&listener, engine(Presence::AtOnce), async { converse(&mut UnixStream::connect(&path).await?).await }).await;
    drop(listener);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_request_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let listener = at(&path).await.unwrap();
    let client = async {
        let mut first = UnixStream::connect(&path).await?;
        let channel = open(&mut first).await?;
        send(&mut first, channel, command::CBOR, &[0x0B]).await?;
        assert_eq!(receive(&mut first).await?[4..8], [0xBB, 0, 1, 2], "keepalive: user presence needed");
        drop(first);
        // Half a report is nobody's problem either.
        UnixStream::connect(&path).await?.write_all(&[0xFF; 63]).await?;
        converse(&mut UnixStream::connect(&path).await?).await
    };
    with_key(&listener, engine(Presence::Wait), client).await;
}

#[tokio::test]
async fn what_is_there_already_is_respected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let shown = path.display();
    let listener = at(&path).await.unwrap();
    let refused = at(&path).await.unwrap_err().to_string();
    assert_eq!(refused, format!("another program listens at {shown}; end it, or choose another path"));
    // What a killed program left behind is replaced.
    drop(listener);
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    drop(at(&path).await.unwrap());

    std::fs::write(&path, "precious").unwrap();
    let refused = at(&path).await.unwrap_err().to_string();
    assert_eq!(refused, format!("{shown} is there already and is no socket; nothing was changed, choose another path"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");

    let nowhere = folder.path().join("nowhere/key");
    let refused = at(&nowhere).await.unwrap_err().to_string();
    assert!(refused.starts_with(&format!("can't listen at {}: ", nowhere.display())), "{refused}");
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    for address in ["0.0.0.0:0", "192.0.2.1:80", "[::]:0"] {
        let refused = Listener::bind(&Address::Tcp(address.parse().unwrap())).await.unwrap_err().to_string();
        assert_eq!(
            refused,
            format!(
                "{address} is not a loopback address, and whoever reaches the key may use it; listen on 127.0.0.1 or [::1], or at a Unix socket"
            )
        );
    }
}
